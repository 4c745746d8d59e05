//! Refusals as HTTP answers.

use std::fmt;

use actix_web::HttpResponse;
use actix_web::ResponseError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use fhir::Fault;
use interactions::Problem;

use crate::negotiation::FHIR_JSON;

/// A refusal on its way to the client.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) problem: Problem,
    /// Whether the rest of the request was not read, so that the connection cannot be used again.
    pub(crate) close: bool,
    /// For 405: the methods that are allowed.
    pub(crate) allow: Option<&'static str>,
    /// For 401: another challenge than that of Bearer; for 403: what is missing.
    pub(crate) challenge: Option<String>,
    /// For 415 to a patch: what it may be.
    pub(crate) accept_patch: Option<&'static str>,
}

impl Failure {
    pub(crate) fn new(status: u16, fault: Fault) -> Self {
        Problem::new(status, fault).into()
    }

    /// Whether the type of the body is to blame.
    pub(crate) fn is_about_content_type(&self) -> bool {
        self.problem.issues.iter().any(|issue| issue.fault == Fault::WrongContentType)
    }

    /// The connection is closed after the answer.
    pub(crate) fn closing(status: u16, fault: Fault) -> Self {
        Self { close: true, ..Self::new(status, fault) }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self { problem, close: false, allow: None, challenge: None, accept_patch: None }
    }
}

impl From<access::Denied> for Failure {
    fn from(denied: access::Denied) -> Self {
        // RFC 6750, section 3.1: a token that holds and does not reach so far.
        let lacks_scope = denied == access::Denied::InsufficientScope;
        let challenge =
            lacks_scope.then(|| "Bearer realm=\"healthbook\", error=\"insufficient_scope\"".to_owned());
        let allow = (denied == access::Denied::NeverWritten).then_some(interactions::READ_ONLY);
        Self { challenge, allow, ..Problem::from(denied).into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(formatter)
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CONTENT_TYPE, FHIR_JSON));
        if let Some(version) = self.problem.current {
            response.insert_header((header::ETAG, format!("W/\"{version}\"")));
        }
        if let Some(challenge) = &self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge.as_str()));
        } else if self.problem.status == 401 {
            // RFC 6750, section 3.1: a token that was shown and does not hold is told from none at all.
            let shown = self.problem.issues.iter().any(|issue| issue.fault == Fault::InvalidToken);
            let challenge = if shown {
                "Bearer realm=\"healthbook\", error=\"invalid_token\""
            } else {
                "Bearer realm=\"healthbook\""
            };
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        let runs = self.problem.issues.iter().any(|issue| issue.fault == Fault::RequestRunning);
        if self.problem.status == 503 || runs {
            response.insert_header((header::RETRY_AFTER, "1"));
        }
        if self.problem.status == 429 {
            response.insert_header((header::RETRY_AFTER, "600"));
        }
        if let Some(allow) = self.allow {
            response.insert_header((header::ALLOW, allow));
        }
        if let Some(accept) = self.accept_patch {
            response.insert_header((HeaderName::from_static("accept-patch"), accept));
        }
        if self.close {
            response.force_close();
        }
        response.body(self.problem.outcome())
    }
}
