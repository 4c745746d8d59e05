//! Conditions that need something from the database before they can be tested: value sets, code hierarchies, Lists,
//! hierarchies of resources. Whoever can read the database finds it and turns the condition into a plain one.

use fhir::{LogicalId, ResourceType};

use crate::query::TokenText;
use crate::{Clause, ReferenceTest, Registry};

/// What has to be looked up.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// How.
    pub kind: LookupKind,
    /// The types that are searched.
    pub types: Vec<ResourceType>,
    /// The parameter.
    pub code: String,
    /// The values of the query, any of which may hold: a ValueSet, `system|code`, a reference, an id of a List.
    pub values: Vec<String>,
}

/// How to look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookupKind {
    /// `:in`: the codes of ValueSets.
    ValueSet,
    /// `:below` of a token: the code and those it subsumes.
    CodesBelow,
    /// `:above` of a token: the code and those that subsume it.
    CodesAbove,
    /// `:below` of a reference: the resource and all that are part of it.
    ReferencesBelow,
    /// `:above` of a reference: the resource and all it is part of.
    ReferencesAbove,
    /// `_list`: the members of a List.
    Members,
}

/// A code that was found: system and code; `None` for any.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FoundCode {
    /// The system.
    pub system: Option<String>,
    /// The code; `None` for every code of the system.
    pub code: Option<String>,
}

impl Registry {
    /// The condition that a token parameter has one of these codes.
    pub fn codes_clause(&self, lookup: &Lookup, codes: Vec<FoundCode>) -> Clause {
        let values: Vec<TokenText> =
            codes.into_iter().map(|found| TokenText { system: found.system, code: found.code }).collect();
        let clauses = lookup.types.iter().filter_map(|kind| self.definition(*kind).parameter(&lookup.code));
        let sources: Vec<_> = clauses.flat_map(|parameter| &parameter.sources).collect();
        self.token_clause(&sources, &values)
    }

    /// The condition that a reference parameter leads to one of these.
    pub fn references_clause(&self, lookup: &Lookup, targets: &[(ResourceType, LogicalId)]) -> Clause {
        let parameters =
            lookup.types.iter().filter_map(|kind| self.definition(*kind).parameter(&lookup.code));
        let slots = self.slots_of(parameters.flat_map(|parameter| &parameter.sources));
        if slots.is_empty() || targets.is_empty() {
            return Clause::NOTHING;
        }
        let test = |(kind, id): &(ResourceType, LogicalId)| ReferenceTest {
            target: self.hasher().reference_id(id.as_str()),
            target_type: i16::try_from(kind.index()).ok(),
        };
        Clause::Reference { slots, values: targets.iter().map(test).collect() }
    }
}
