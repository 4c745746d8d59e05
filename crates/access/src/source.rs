//! The text of a policy as TOML has it, before it is checked.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::interaction::Action;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub version: String,
    pub time_zone: String,
    pub label_system: String,
    pub relation_system: String,
    #[serde(default)]
    pub confidentiality_systems: Vec<String>,
    #[serde(default)]
    pub harmless: Vec<String>,
    #[serde(default)]
    pub shield: Vec<String>,
    #[serde(default)]
    pub opens_labels: Vec<String>,
    #[serde(default)]
    pub sees_shielded: Vec<String>,
    pub clocks: BTreeMap<String, String>,
    pub ages: AgesSource,
    #[serde(default)]
    pub classes: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub systems: BTreeMap<String, Vec<String>>,
    #[serde(default, rename = "label")]
    pub labels: Vec<LabelSource>,
    #[serde(default, rename = "rule")]
    pub rules: Vec<RuleSource>,
    #[serde(default)]
    pub words: WordsSource,
}

/// Sentences for people, by code; what has none is printed with its code alone.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WordsSource {
    #[serde(default)]
    pub roles: BTreeMap<String, Sentence>,
    #[serde(default)]
    pub rights: BTreeMap<String, Sentence>,
    #[serde(default)]
    pub purposes: BTreeMap<String, Sentence>,
}

/// One sentence in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sentence {
    pub vi: String,
    pub en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgesSource {
    pub majority: u8,
    pub steps: Vec<AgeSource>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgeSource {
    pub from: u8,
    pub closes: Vec<String>,
    #[serde(default)]
    pub joins: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelSource {
    pub bit: u8,
    pub code: String,
    pub vi: String,
    pub en: String,
    #[serde(default)]
    pub sets: Vec<SetSource>,
    #[serde(default)]
    pub shield: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetSource {
    pub of: String,
    #[serde(default)]
    pub begins: Vec<String>,
    #[serde(default)]
    pub codes: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Effect {
    #[default]
    Permit,
    Forbid,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleSource {
    pub id: String,
    #[serde(default)]
    pub effect: Effect,
    pub roles: Vec<String>,
    pub purposes: Vec<String>,
    pub interactions: Vec<Action>,
    pub authorities: Vec<String>,
    pub types: Vec<String>,
    /// Absent in a `forbid`: whatever it carries.
    pub labels: Option<Vec<String>>,
    #[serde(default)]
    pub own_labels: Vec<String>,
    #[serde(default)]
    pub content: Vec<ContentSource>,
    #[serde(default)]
    pub filter: Vec<FilterSource>,
    /// What its limits mean, for people.
    pub says: Option<Sentence>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContentSource {
    #[serde(rename = "type")]
    pub resource_type: String,
    pub element: String,
    pub system: String,
    pub codes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FilterSource {
    #[serde(rename = "type")]
    pub resource_type: String,
    pub query: String,
}
