//! Any access at will, for tests of what enforces it.

use std::sync::Arc;

use fhir::{Instant, LogicalId};

use crate::access::Limits;
use crate::{Access, Author, Grantee, Purpose, Reach, ScopeFilter};

/// The parts of an access.
#[derive(Debug, Clone)]
pub struct TestAccess {
    /// See [`Access::visible`].
    pub visible: Reach,
    /// See [`Access::writable`].
    pub writable: Option<Reach>,
    /// See [`Access::own`].
    pub own: Option<LogicalId>,
    /// See [`Access::grantee`].
    pub grantee: Option<Grantee>,
    /// See [`Access::author`].
    pub author: Author,
    /// See [`Access::within`].
    pub within: Option<LogicalId>,
    /// See [`Access::filters`].
    pub filters: Vec<ScopeFilter>,
    /// See [`Access::purpose`].
    pub purpose: Option<Purpose>,
    /// See [`Access::sees_shielded`].
    pub sees_shielded: bool,
    /// See [`Access::at`].
    pub at: Instant,
}

impl From<TestAccess> for Access {
    fn from(parts: TestAccess) -> Self {
        let TestAccess {
            visible,
            writable,
            own,
            grantee,
            author,
            within,
            filters,
            purpose,
            sees_shielded,
            at,
        } = parts;
        Self {
            subject: Some(Arc::from("test")),
            visible,
            writable,
            own,
            grantee,
            author,
            within,
            limits: Arc::new(Limits { filters: filters.into(), ..Limits::default() }),
            purpose,
            facility: None,
            sees_shielded,
            by_server: false,
            at,
            policy_version: Arc::from("test"),
        }
    }
}
