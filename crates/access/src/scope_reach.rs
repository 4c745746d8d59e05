//! How far the scopes of a token reach: which types by which letter, and with which restrictions.

use crate::{Interaction, Role, Scope, ScopeContext, ScopeFilter, Scopes, StaffRole, TypeSet};

/// A letter of `cruds`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Letter {
    Create,
    Read,
    Update,
    Delete,
    Search,
}

impl Letter {
    /// The letters that admit an interaction: any of them.
    pub fn of(interaction: Interaction) -> &'static [Self] {
        match interaction {
            Interaction::Read | Interaction::VersionRead | Interaction::History => &[Self::Read],
            Interaction::Search | Interaction::TypeHistory => &[Self::Search],
            Interaction::ReadOperation => &[Self::Read, Self::Search],
            Interaction::Create => &[Self::Create],
            Interaction::Update => &[Self::Update],
            Interaction::Delete => &[Self::Delete],
        }
    }

    /// By which letter a type is seen while an interaction runs: the first that the token has for it.
    fn seen(interaction: Interaction) -> &'static [Self] {
        match interaction {
            Interaction::Search | Interaction::TypeHistory => &[Self::Search, Self::Read],
            Interaction::Update => &[Self::Read, Self::Search, Self::Update],
            Interaction::Delete => &[Self::Read, Self::Search, Self::Delete],
            _ => &[Self::Read, Self::Search],
        }
    }

    fn is_of(self, scope: &Scope) -> bool {
        match self {
            Self::Create => scope.interactions.create && scope.filter.is_none(),
            Self::Read => scope.interactions.read,
            Self::Update => scope.interactions.update && scope.filter.is_none(),
            Self::Delete => scope.interactions.delete && scope.filter.is_none(),
            Self::Search => scope.interactions.search,
        }
    }
}

/// The scopes of a token that count for a caller.
pub(crate) struct ScopeReach<'a> {
    scopes: Vec<&'a Scope>,
    /// Whether they reach one patient only.
    pub patient: bool,
}

impl<'a> ScopeReach<'a> {
    /// Who has scopes about one patient has none about others: those are not counted beside.
    pub fn new(scopes: &'a Scopes, role: Role) -> Self {
        let context = match role {
            Role::Staff(StaffRole::System) => ScopeContext::System,
            _ => ScopeContext::User,
        };
        let patient = scopes.resources.iter().any(|scope| scope.context == ScopeContext::Patient);
        let counts = if patient { ScopeContext::Patient } else { context };
        Self { scopes: scopes.resources.iter().filter(|scope| scope.context == counts).collect(), patient }
    }

    /// Whether they restrict nothing.
    pub fn is_everything(&self) -> bool {
        let everything = |scope: &&&Scope| {
            scope.resource_type.is_none()
                && scope.filter.is_none()
                && scope.interactions == crate::ScopeInteractions::ALL
        };
        self.scopes.iter().any(|scope| everything(&scope))
    }

    /// The types with one of the letters.
    pub fn types(&self, letters: &[Letter]) -> TypeSet {
        let mut types = TypeSet::NONE;
        for scope in self.scopes.iter().filter(|scope| letters.iter().any(|letter| letter.is_of(scope))) {
            match scope.resource_type {
                None => return TypeSet::ALL,
                Some(resource_type) => types.insert(resource_type),
            }
        }
        types
    }

    /// The types that are seen while an interaction runs.
    pub fn seen(&self, interaction: Interaction) -> TypeSet {
        self.types(Letter::seen(interaction))
    }

    /// The restrictions on what is seen while an interaction runs: per type those of the scopes of its letter, unless
    /// one of them is without.
    pub fn filters(&self, interaction: Interaction) -> Vec<ScopeFilter> {
        if self.scopes.iter().all(|scope| scope.filter.is_none()) {
            return Vec::new();
        }
        let mut named = TypeSet::NONE;
        for resource_type in self.scopes.iter().filter_map(|scope| scope.resource_type) {
            named.insert(resource_type);
        }
        let mut filters = Vec::new();
        for resource_type in named.iter() {
            let of_type = |scope: &&&Scope| scope.resource_type.is_none_or(|of| of == resource_type);
            if let Some(any_of) = restrictions(self.scopes.iter().filter(of_type).copied(), interaction) {
                filters.push(ScopeFilter { types: std::iter::once(resource_type).collect(), any_of });
            }
        }
        let wild = self.scopes.iter().filter(|scope| scope.resource_type.is_none()).copied();
        if let Some(any_of) = restrictions(wild, interaction) {
            filters.push(ScopeFilter { types: TypeSet::ALL.without(&named), any_of });
        }
        filters
    }
}

/// `None` when they do not restrict.
fn restrictions<'a>(
    scopes: impl Iterator<Item = &'a Scope> + Clone,
    interaction: Interaction,
) -> Option<Vec<String>> {
    let letter =
        Letter::seen(interaction).iter().find(|letter| scopes.clone().any(|scope| letter.is_of(scope)))?;
    let mut any_of: Vec<String> = Vec::new();
    for scope in scopes.filter(|scope| letter.is_of(scope)) {
        let filter = scope.filter.as_ref()?;
        if !any_of.contains(filter) {
            any_of.push(filter.clone());
        }
    }
    Some(any_of)
}

/// What satisfies a filter of the policy and one of the scopes.
pub(crate) fn both(policy: &[ScopeFilter], scopes: Vec<ScopeFilter>) -> Vec<ScopeFilter> {
    let mut filters = Vec::new();
    let mut rest = scopes;
    for rule in policy {
        let mut alone = rule.types;
        for scope in &mut rest {
            let types = scope.types.and(&rule.types);
            if types.is_empty() {
                continue;
            }
            let pairs = rule
                .any_of
                .iter()
                .flat_map(|one| scope.any_of.iter().map(move |other| format!("{one}&{other}")));
            filters.push(ScopeFilter { types, any_of: pairs.collect() });
            scope.types = scope.types.without(&types);
            alone = alone.without(&types);
        }
        if !alone.is_empty() {
            filters.push(ScopeFilter { types: alone, any_of: rule.any_of.clone() });
        }
    }
    filters.extend(rest.into_iter().filter(|filter| !filter.types.is_empty()));
    filters
}
