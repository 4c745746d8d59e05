//! A policy that was read and checked: clocks, ages, labels, rules.

use std::collections::BTreeMap;
use std::sync::Arc;

use fhir::{Instant, ResourceType};
use jiff::tz::TimeZone;

use crate::interaction::Action;
use crate::source::{Effect, Sentence};
use crate::{Ages, Authority, LabelTable, Labels, Purpose, Role, TypeSet};

/// A policy that was read and checked.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    pub(crate) text: Arc<str>,
    pub(crate) version: Arc<str>,
    pub(crate) zone: TimeZone,
    pub(crate) relation_system: String,
    pub(crate) clocks: BTreeMap<Authority, i64>,
    pub(crate) ages: Ages,
    pub(crate) classes: BTreeMap<String, TypeSet>,
    pub(crate) labels: LabelTable,
    pub(crate) rules: Vec<Rule>,
    pub(crate) sees_shielded: Vec<Role>,
    pub(crate) opens_labels: Vec<Purpose>,
    pub(crate) facts_version: Arc<str>,
    pub(crate) words: Words,
}

/// Sentences for people.
#[derive(Debug, Clone, Default)]
pub(crate) struct Words {
    pub roles: BTreeMap<Role, Sentence>,
    pub rights: BTreeMap<Authority, Sentence>,
    pub purposes: BTreeMap<Purpose, Sentence>,
}

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub id: Arc<str>,
    pub effect: Effect,
    pub roles: Vec<Role>,
    pub purposes: Vec<Purpose>,
    pub actions: Vec<Action>,
    pub authorities: Vec<Authority>,
    pub types: TypeSet,
    /// `None` in a `forbid`: whatever it carries.
    pub labels: Option<Labels>,
    pub own_labels: Labels,
    pub contents: Vec<ContentLimit>,
    pub filters: Vec<(ResourceType, String)>,
    /// What its limits mean, for people.
    pub says: Option<Sentence>,
}

/// A limit of what may be written: in this element only these codes of this system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentLimit {
    /// The type.
    pub resource_type: ResourceType,
    /// The element, a `CodeableConcept`.
    pub element: String,
    /// The code system.
    pub system: String,
    /// The codes, one of which each value of the element has.
    pub codes: Vec<String>,
}

impl Rule {
    pub(crate) fn is_about(&self, role: Role, purpose: Purpose, action: Action) -> bool {
        self.roles.contains(&role) && self.purposes.contains(&purpose) && self.actions.contains(&action)
    }
}

impl PolicyDocument {
    /// The text as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The zone in which days begin.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The code system of relations in `Consent.category`.
    pub fn relation_system(&self) -> &str {
        &self.relation_system
    }

    /// The labels.
    pub fn labels(&self) -> &LabelTable {
        &self.labels
    }

    /// The age table.
    pub fn ages(&self) -> &Ages {
        &self.ages
    }

    /// A class of types.
    pub fn class(&self, name: &str) -> Option<TypeSet> {
        self.classes.get(name).copied()
    }

    /// Whether a permit for this purpose opens the labels that it names; else it opens what has none.
    pub fn opens_labels(&self, purpose: Purpose) -> bool {
        self.opens_labels.contains(&purpose)
    }

    /// The ids of the rules.
    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().map(|rule| &*rule.id)
    }

    /// When a relation ends that begins at a moment; `None` when the policy has no clock for it.
    pub fn ends(&self, authority: Authority, from: Instant) -> Option<Instant> {
        let length = self.clocks.get(&authority)?;
        Some(Instant::from_microseconds(from.microseconds().saturating_add(*length)))
    }
}
