//! Why an interaction was refused: an HTTP status, and the issues of the `OperationOutcome`.

use access::Denied;
use fhir::{Fault, Issue, Severity, VersionId};
use record_store::{Precondition, StoreError, WriteError};

/// The methods that what is never written answers.
pub const READ_ONLY: &str = "GET, HEAD";

/// A refusal. FHIR defines its interactions in terms of HTTP, so the status belongs to the meaning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("refused with status {status}")]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// What is wrong; at least one issue.
    pub issues: Vec<Issue>,
    /// The version that is current, when the refusal is about versions.
    pub current: Option<VersionId>,
}

impl Problem {
    /// A refusal for one reason.
    pub fn new(status: u16, fault: Fault) -> Self {
        Self::from_issue(status, Issue::error(fault))
    }

    /// A refusal for one issue.
    pub fn from_issue(status: u16, issue: Issue) -> Self {
        Self { status, issues: vec![issue], current: None }
    }

    /// A refusal for several issues.
    pub fn from_issues(status: u16, issues: Vec<Issue>) -> Self {
        Self { status, issues, current: None }
    }

    /// 400
    pub fn bad_request(fault: Fault) -> Self {
        Self::new(400, fault)
    }

    /// 404: it does not exist, or not for this caller.
    pub fn not_found() -> Self {
        Self::new(404, Fault::NotFound)
    }

    /// 412: `current` is the version that is there.
    pub fn version_conflict(current: Option<VersionId>) -> Self {
        let fault = match current {
            Some(version) => Fault::VersionConflict { current: version.to_string() },
            None => Fault::NothingToMatch,
        };
        Self { current, ..Self::new(412, fault) }
    }

    /// A write whose precondition does not hold.
    pub(crate) fn precondition_failed(precondition: Precondition, current: Option<VersionId>) -> Self {
        match precondition {
            Precondition::Absent => Self { current, ..Self::new(409, Fault::IdTaken) },
            _ => Self::version_conflict(current),
        }
    }

    /// The same refusal with the place of its issues seen from the Bundle that holds the entry.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        self.issues = self.issues.into_iter().map(|issue| issue.within(outer)).collect();
        self
    }

    /// The same refusal with one place for all its issues.
    #[must_use]
    pub(crate) fn at(mut self, place: &str) -> Self {
        self.issues = self.issues.into_iter().map(|issue| issue.at(place)).collect();
        self
    }

    /// The same refusal for what would have been a remark: under `Prefer: handling=strict`.
    #[must_use]
    pub(crate) fn into_errors(mut self) -> Self {
        for issue in &mut self.issues {
            issue.severity = Severity::Error;
        }
        self
    }

    /// Whether trying the same again may succeed: what the database could not do says nothing about what was asked.
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 500 | 503 | 504)
    }

    /// The `OperationOutcome`.
    pub fn outcome(&self) -> String {
        fhir::outcome_json(&self.issues)
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Unauthenticated => Self::new(401, Fault::LoginRequired),
            Denied::Forbidden | Denied::InsufficientScope => Self::new(403, Fault::Forbidden),
            Denied::NeverWritten => Self::new(405, Fault::WrongMethod { allowed: READ_ONLY.to_owned() }),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Timeout => Self::new(504, Fault::Timeout),
            StoreError::Busy | StoreError::NotLogged => Self::new(503, Fault::Busy),
            StoreError::Away(_) => {
                tracing::error!(error = %error, "the database is not available");
                Self::new(503, Fault::Busy)
            }
            StoreError::TooCostly => Self::new(400, Fault::SearchTooCostly),
            StoreError::WalkEnded => Self::new(410, Fault::WalkEnded),
            StoreError::Unusable(_) | StoreError::Database(_) | StoreError::Corrupt => {
                tracing::error!(error = %error, "the store failed");
                Self::new(500, Fault::Internal)
            }
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::ConditionChanged | WriteError::StateChanged => {
                Self::new(409, Fault::ConditionUnstable)
            }
            WriteError::VersionConflict { current, .. } => Self::version_conflict(current),
            WriteError::Repeated => crate::idempotency::repeated(),
            WriteError::Forbidden => Self::new(403, Fault::Forbidden),
            WriteError::Busy => Self::new(503, Fault::Busy),
            WriteError::Store(error) => error.into(),
        }
    }
}
