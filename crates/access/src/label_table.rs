//! The labels of a policy, and the codes that give them.

use std::collections::HashMap;

use crate::Labels;

/// A label of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its bit.
    pub labels: Labels,
    /// The code in consents, in `meta.security` and in the policy.
    pub code: String,
    /// Name in Vietnamese.
    pub vietnamese: String,
    /// Name in English.
    pub english: String,
    /// Whether it is the location shield, which closes no visit.
    pub shield: bool,
}

/// Which codes of one system give which labels.
#[derive(Debug, Clone, Default)]
struct SystemCodes {
    exact: HashMap<String, Labels>,
    beginnings: HashMap<String, Labels>,
    longest: usize,
}

/// The labels of a policy, and the codes that give them.
#[derive(Debug, Clone, Default)]
pub struct LabelTable {
    labels: Vec<Label>,
    all: Labels,
    shield: Labels,
    systems: HashMap<String, SystemCodes>,
    without_system: Option<String>,
    own_system: String,
    confidentiality: Vec<String>,
    harmless: Vec<String>,
    shield_codes: Vec<String>,
}

/// Systems and codes that are no code sets.
pub(crate) struct Security {
    pub own_system: String,
    pub confidentiality: Vec<String>,
    pub harmless: Vec<String>,
    pub shield_codes: Vec<String>,
    /// The system of codings that name none.
    pub without_system: Option<String>,
}

/// Codes are longer than any that exists long before this.
const LONGEST_CODE: usize = 64;

impl LabelTable {
    pub(crate) fn new(security: Security) -> Self {
        let Security { own_system, confidentiality, harmless, shield_codes, without_system } = security;
        Self { own_system, confidentiality, harmless, shield_codes, without_system, ..Self::default() }
    }

    pub(crate) fn add(&mut self, label: Label) {
        self.all = self.all | label.labels;
        if label.shield {
            self.shield = self.shield | label.labels;
        }
        self.labels.push(label);
    }

    pub(crate) fn add_codes(&mut self, system: &str, labels: Labels, begins: &[String], codes: &[String]) {
        let of = self.systems.entry(system.to_owned()).or_default();
        for code in codes {
            let known = of.exact.entry(code.clone()).or_default();
            *known = *known | labels;
        }
        for begin in begins {
            let begin = normal(begin);
            of.longest = of.longest.max(begin.len());
            let known = of.beginnings.entry(begin).or_default();
            *known = *known | labels;
        }
    }

    /// The labels, by their bits.
    pub fn iter(&self) -> impl Iterator<Item = &Label> {
        self.labels.iter()
    }

    /// Every label of the table.
    pub fn all(&self) -> Labels {
        self.all
    }

    /// The labels of special secrecy: all but the location shield.
    pub fn special(&self) -> Labels {
        self.all.without(self.shield)
    }

    /// The location shield.
    pub fn shield(&self) -> Labels {
        self.shield
    }

    /// The label of a code of the policy's own code system.
    pub fn label(&self, code: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.code == code)
    }

    /// The codes of a set, `UNKNOWN` among them.
    pub fn codes(&self, labels: Labels) -> Vec<&str> {
        let known = self.labels.iter().filter(|label| label.labels.is_within(labels));
        let unknown = Labels::UNKNOWN.is_within(labels).then_some("UNKNOWN");
        known.map(|label| label.code.as_str()).chain(unknown).collect()
    }

    /// The labels that a `Coding` gives wherever it stands.
    pub fn of_coding(&self, system: Option<&str>, code: &str) -> Labels {
        if code.len() > LONGEST_CODE {
            return Labels::NONE;
        }
        let Some(of) = system.or(self.without_system.as_deref()).and_then(|system| self.systems.get(system))
        else {
            return Labels::NONE;
        };
        let mut labels = of.exact.get(code).copied().unwrap_or_default();
        if of.longest > 0 {
            let code = normal(code);
            for end in 1..=of.longest.min(code.len()) {
                if let Some(more) = code.get(..end).and_then(|begin| of.beginnings.get(begin)) {
                    labels = labels | *more;
                }
            }
        }
        labels
    }

    /// The labels that an entry of `meta.security` gives: what is about confidentiality and not known is the most
    /// restricted. `shieldable` says whether the resource is one that the location shield is about.
    pub fn of_security(&self, system: Option<&str>, code: Option<&str>, shieldable: bool) -> Labels {
        let about = system.is_none_or(|system| self.confidentiality.iter().any(|known| known == system));
        let Some(code) = code else { return if about { Labels::UNKNOWN } else { Labels::NONE } };
        let own = system == Some(self.own_system.as_str());
        if shieldable && about && self.shield_codes.iter().any(|known| known == code) {
            return self.shield;
        }
        let labels = if own {
            let label = self.label(code).filter(|label| !label.shield);
            label.map(|label| label.labels).unwrap_or_default()
        } else {
            self.of_coding(system, code)
        };
        let harmless = !own && self.harmless.iter().any(|known| known == code);
        if about && labels.is_empty() && !harmless { Labels::UNKNOWN } else { labels }
    }

    /// The label that a consent names: of the policy's own code system, or by a code that gives it. The location
    /// shield cannot be named.
    pub(crate) fn of_consent(&self, system: Option<&str>, code: &str) -> Option<Labels> {
        let labels = if system == Some(self.own_system.as_str()) {
            self.label(code)?.labels
        } else if system.is_some_and(|system| self.confidentiality.iter().any(|known| known == system)) {
            self.of_coding(system, code)
        } else {
            return None;
        };
        let labels = labels.without(self.shield);
        (!labels.is_empty()).then_some(labels)
    }
}

/// Codes of classifications are written with and without the point, in either case.
fn normal(code: &str) -> String {
    code.chars()
        .filter(|character| character.is_ascii_alphanumeric())
        .map(|character| character.to_ascii_uppercase())
        .collect()
}
