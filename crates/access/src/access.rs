//! The proof that the gate was asked.

use std::sync::Arc;

use fhir::{Instant, LogicalId};

use crate::{Author, Authority, ContentLimit, Grantee, Labels, Purpose, TypeSet};

/// One permission: by this right, these types, with at most these labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The rule of the policy, for example `treat/physician/presence`.
    pub rule: Arc<str>,
    /// By what right.
    pub authority: Authority,
    /// Which types.
    pub types: TypeSet,
    /// The labels that what is touched may carry.
    pub labels: Labels,
    /// The labels that it may carry besides where the caller's own facility gave them.
    pub own_labels: Labels,
}

/// How far an access reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Everything.
    Everything,
    /// What at least one line permits and no denial of the book closes.
    Lines(Arc<[Line]>),
}

/// A limit of a scope: of this type only what a search with these parameters would find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeFilter {
    /// The types.
    pub types: TypeSet,
    /// Query texts, any of which admits a resource: `category=laboratory`.
    pub any_of: Vec<String>,
}

/// What limits an access besides its lines. One pointer: an `Access` travels with every job.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    pub filters: Arc<[ScopeFilter]>,
    pub contents: Arc<[ContentLimit]>,
}

/// Proof of a decision: what may be seen and, if that was asked, written. Only [`Policy`](crate::Policy) makes one.
#[derive(Debug, Clone)]
pub struct Access {
    pub(crate) subject: Option<Arc<str>>,
    pub(crate) visible: Reach,
    pub(crate) writable: Option<Reach>,
    pub(crate) own: Option<LogicalId>,
    pub(crate) grantee: Option<Grantee>,
    pub(crate) author: Author,
    pub(crate) within: Option<LogicalId>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) facility: Option<String>,
    pub(crate) sees_shielded: bool,
    pub(crate) by_server: bool,
    pub(crate) at: Instant,
    pub(crate) policy_version: Arc<str>,
}

impl Access {
    /// The account or client that asks; `None` for the server itself and its operator.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// What may be seen.
    pub fn visible(&self) -> &Reach {
        &self.visible
    }

    /// What may be written; `None` when that was not asked.
    pub fn writable(&self) -> Option<&Reach> {
        self.writable.as_ref()
    }

    /// Limits of what may stand in elements of what is written; see [`check_content`](Self::check_content).
    pub fn contents(&self) -> &[ContentLimit] {
        &self.limits.contents
    }

    /// Whether writing was granted, to something at least.
    pub fn may_write(&self) -> bool {
        self.writable.is_some()
    }

    /// Whether it covers everything, with no exception.
    pub fn is_unlimited(&self) -> bool {
        self.visible == Reach::Everything
            && self.within.is_none()
            && self.limits.filters.is_empty()
            && self.sees_shielded
    }

    /// Whether the server itself does it, in a job of its own: what belongs to the population registry is its to write.
    pub fn is_by_server(&self) -> bool {
        self.by_server
    }

    /// The citizen whose own book [`Authority::Own`] means.
    pub fn own(&self) -> Option<&LogicalId> {
        self.own.as_ref()
    }

    /// Under whose name grants and denials of books are looked up.
    pub fn grantee(&self) -> Option<&Grantee> {
        self.grantee.as_ref()
    }

    /// Who is the author of what is written under it.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// The only book that may be touched, by its `Patient`, besides what belongs to no book.
    pub fn within(&self) -> Option<&LogicalId> {
        self.within.as_ref()
    }

    /// Limits by scopes. A type that none names is not limited; a filter that cannot be evaluated admits nothing.
    pub fn filters(&self) -> &[ScopeFilter] {
        &self.limits.filters
    }

    /// What for.
    pub fn purpose(&self) -> Option<Purpose> {
        self.purpose
    }

    /// Code of the facility that asks, if the caller belongs to one.
    pub fn facility(&self) -> Option<&str> {
        self.facility.as_deref()
    }

    /// Whether addresses and places of shielded people are shown.
    pub fn sees_shielded(&self) -> bool {
        self.sees_shielded
    }

    /// The moment of the decision, against which grants and denials are held.
    pub fn at(&self) -> Instant {
        self.at
    }

    /// The version of the policy that decided.
    pub fn policy_version(&self) -> &str {
        &self.policy_version
    }
}
