//! Scopes against scopes: what of a request a client may have.

use crate::{Scope, ScopeInteractions, Scopes};

impl ScopeInteractions {
    /// The letters that both have.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            create: self.create && other.create,
            read: self.read && other.read,
            update: self.update && other.update,
            delete: self.delete && other.delete,
            search: self.search && other.search,
        }
    }

    /// Whether there is no letter.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Whether all of these letters are among those.
    pub fn is_within(self, other: Self) -> bool {
        self.and(other) == self
    }

    fn readonly(self) -> Self {
        Self { create: false, update: false, delete: false, ..self }
    }
}

impl Scope {
    /// What this scope and another have in common; `None` when that is nothing.
    fn and(&self, other: &Self) -> Option<Self> {
        if self.context != other.context {
            return None;
        }
        let resource_type = match (self.resource_type, other.resource_type) {
            (one, None) => one,
            (None, other) => other,
            (one, other) if one == other => one,
            _ => return None,
        };
        let filter = match (&self.filter, &other.filter) {
            (None, None) => None,
            (Some(filter), None) | (None, Some(filter)) => Some(filter.clone()),
            (Some(one), Some(other)) if one == other => Some(one.clone()),
            // What satisfies both.
            (Some(one), Some(other)) => Some(format!("{one}&{other}")),
        };
        let mut interactions = self.interactions.and(other.interactions);
        if filter.is_some() {
            interactions = interactions.readonly();
        }
        (!interactions.is_empty()).then_some(Self {
            context: self.context,
            resource_type,
            interactions,
            filter,
        })
    }

    /// Whether one scope permits all that this one permits. Restrictions are compared as they are written.
    fn is_covered_by(&self, other: &Self) -> bool {
        self.context == other.context
            && (other.resource_type.is_none() || other.resource_type == self.resource_type)
            && self.interactions.is_within(other.interactions)
            && (other.filter.is_none() || other.filter == self.filter)
    }
}

impl Scopes {
    /// What of these a client gets that is allowed those: never more than either.
    #[must_use]
    pub fn narrow(&self, allowed: &Self) -> Self {
        let mut resources: Vec<Scope> = Vec::new();
        for requested in &self.resources {
            for scope in allowed.resources.iter().filter_map(|allowed| requested.and(allowed)) {
                if resources.iter().any(|known| scope.is_covered_by(known)) {
                    continue;
                }
                resources.retain(|known| !known.is_covered_by(&scope));
                resources.push(scope);
            }
        }
        Self { resources }
    }

    /// Whether these permit nothing that those do not permit. Each letter of each scope must be covered; restrictions
    /// are compared as they are written.
    pub fn is_within(&self, allowed: &Self) -> bool {
        self.resources.iter().all(|scope| {
            scope.letters().all(|interactions| {
                let letter = Scope { interactions, ..scope.clone() };
                allowed.resources.iter().any(|allowed| letter.is_covered_by(allowed))
            })
        })
    }
}

impl Scope {
    /// Its letters, one by one.
    fn letters(&self) -> impl Iterator<Item = ScopeInteractions> {
        let none = ScopeInteractions::default();
        let all = [
            ScopeInteractions { create: true, ..none },
            ScopeInteractions { read: true, ..none },
            ScopeInteractions { update: true, ..none },
            ScopeInteractions { delete: true, ..none },
            ScopeInteractions { search: true, ..none },
        ];
        let interactions = self.interactions;
        all.into_iter().filter(move |letter| letter.is_within(interactions))
    }
}
