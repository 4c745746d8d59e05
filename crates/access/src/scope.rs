//! SMART App Launch scopes, version 2.

use fhir::ResourceType;

/// Whose data a scope is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScopeContext {
    /// `patient/`: one patient, the one of the launch context.
    Patient,
    /// `user/`: whatever the user may.
    User,
    /// `system/`: whatever the client may.
    System,
}

/// The letters of a scope: `cruds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ScopeInteractions {
    /// `c`
    pub create: bool,
    /// `r`
    pub read: bool,
    /// `u`
    pub update: bool,
    /// `d`
    pub delete: bool,
    /// `s`
    pub search: bool,
}

/// One scope about resources, for example `patient/Observation.rs?category=laboratory`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whose data.
    pub context: ScopeContext,
    /// The type; `None` for `*`, which means future types too.
    pub resource_type: Option<ResourceType>,
    /// Which interactions.
    pub interactions: ScopeInteractions,
    /// The search parameters behind `?`, as they were written.
    pub filter: Option<String>,
}

impl ScopeInteractions {
    /// `cruds`
    pub const ALL: Self = Self { create: true, read: true, update: true, delete: true, search: true };
}

/// The scopes of a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Scopes {
    /// The scopes about resources.
    pub resources: Vec<Scope>,
}

impl Scopes {
    /// `user/*.cruds` and its like: whatever the context admits.
    pub fn everything(context: ScopeContext) -> Self {
        let interactions = ScopeInteractions::ALL;
        Self { resources: vec![Scope { context, resource_type: None, interactions, filter: None }] }
    }
}
