//! The bindings and invariants of R4 itself, by type and element.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use fhir::{Severity, TypeId};
use fhirpath::Expression;

/// How much a binding demands (R4 `terminologies.html#strength`). Examples demand nothing that could be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strength {
    /// The code must be in the value set.
    Required,
    /// The code should be in the value set when that has one that fits.
    Extensible,
    /// The code is best taken from the value set.
    Preferred,
}

impl Strength {
    pub(crate) fn named(code: &str) -> Option<Self> {
        match code {
            "required" => Some(Self::Required),
            "extensible" => Some(Self::Extensible),
            "preferred" => Some(Self::Preferred),
            _ => None,
        }
    }
}

/// A binding to a value set.
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    pub(crate) strength: Strength,
    /// Canonical url, with or without `|version`.
    pub(crate) value_set: Arc<str>,
}

/// An invariant.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) key: String,
    /// Error or warning.
    pub(crate) severity: Severity,
    pub(crate) expression: Expression,
    pub(crate) english: String,
    pub(crate) vietnamese: String,
}

/// What R4 demands of one element besides its structure.
#[derive(Debug, Default)]
pub(crate) struct ElementRules {
    pub(crate) binding: Option<Binding>,
    pub(crate) invariants: Vec<Rule>,
}

/// What R4 demands of a type.
#[derive(Debug, Default)]
pub(crate) struct TypeRules {
    pub(crate) invariants: Vec<Rule>,
    pub(crate) elements: HashMap<&'static str, ElementRules>,
}

static NONE: LazyLock<TypeRules> = LazyLock::new(TypeRules::default);
static RULES: LazyLock<HashMap<TypeId, TypeRules>> = LazyLock::new(|| {
    let texts = texts(include_str!("../definitions/r4-rule-texts.tsv"));
    read(include_str!("../definitions/r4-rules.tsv"), &texts)
});

/// Invariants that are judged by code of their own and not by an expression.
const OWN_CODE: [&str; 10] =
    ["ele-1", "ext-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "ref-1", "txt-1", "txt-2"];

/// The rules of a type.
pub(crate) fn of_type(type_id: TypeId) -> &'static TypeRules {
    RULES.get(&type_id).unwrap_or(&NONE)
}

/// Whether R4 itself has an invariant of that key: snapshots repeat them.
pub(crate) fn is_r4_key(key: &str) -> bool {
    static KEYS: LazyLock<std::collections::HashSet<&'static str>> = LazyLock::new(|| {
        let lines = include_str!("../definitions/r4-rules.tsv").lines();
        lines.filter(|line| line.starts_with("I\t")).filter_map(|line| line.split('\t').nth(2)).collect()
    });
    OWN_CODE.contains(&key) || KEYS.contains(key)
}

fn texts(table: &'static str) -> HashMap<&'static str, (&'static str, &'static str)> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut fields = line.split('\t');
            Some((fields.next()?, (fields.next()?, fields.next()?)))
        })
        .collect()
}

type Texts = HashMap<&'static str, (&'static str, &'static str)>;

fn read(table: &'static str, texts: &Texts) -> HashMap<TypeId, TypeRules> {
    let mut rules: HashMap<TypeId, TypeRules> = HashMap::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&'static str> = line.split('\t').collect();
        match fields.as_slice() {
            ["B", path, strength, value_set] => {
                let (Some((type_id, name)), Some(strength)) = (owner(path), Strength::named(strength)) else {
                    continue;
                };
                let elements = &mut rules.entry(type_id).or_default().elements;
                elements.entry(name).or_default().binding =
                    Some(Binding { strength, value_set: (*value_set).into() });
            }
            ["I", path, key, severity, expression] => {
                let Some(rule) = rule(path, key, severity, expression, texts) else { continue };
                match TypeId::named(path) {
                    Some(type_id) => rules.entry(type_id).or_default().invariants.push(rule),
                    None => {
                        let Some((type_id, name)) = owner(path) else { continue };
                        let elements = &mut rules.entry(type_id).or_default().elements;
                        elements.entry(name).or_default().invariants.push(rule);
                    }
                }
            }
            _ => {}
        }
    }
    rules
}

fn rule(path: &str, key: &str, severity: &str, expression: &str, texts: &Texts) -> Option<Rule> {
    let (english, vietnamese) = texts
        .get(format!("{key}/{path}").as_str())
        .or_else(|| texts.get(key))
        .copied()
        .unwrap_or((expression, expression));
    Some(Rule {
        key: key.to_owned(),
        severity: if severity == "warning" { Severity::Warning } else { Severity::Error },
        expression: Expression::parse(expression).ok()?,
        english: english.to_owned(),
        vietnamese: vietnamese.to_owned(),
    })
}

/// Type and name of an element of that path: `Observation.component.value[x]`.
fn owner(path: &'static str) -> Option<(TypeId, &'static str)> {
    let (owner, name) = path.rsplit_once('.')?;
    Some((TypeId::named(owner)?, name.strip_suffix("[x]").unwrap_or(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood_and_has_its_texts() {
        let texts = texts(include_str!("../definitions/r4-rule-texts.tsv"));
        let mut wrong = Vec::new();
        for line in include_str!("../definitions/r4-rules.tsv").lines().filter(|line| !line.starts_with('#'))
        {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let fine = match fields.as_slice() {
                ["B", path, strength, _] => {
                    let known = owner(path).is_some_and(|(type_id, name)| type_id.element(name).is_some());
                    known && Strength::named(strength).is_some()
                }
                ["I", path, key, severity, expression] => {
                    let known = TypeId::named(path).is_some()
                        || owner(path).is_some_and(|(type_id, name)| type_id.element(name).is_some());
                    let has_text =
                        texts.contains_key(key) || texts.contains_key(format!("{key}/{path}").as_str());
                    known
                        && has_text
                        && ["error", "warning"].contains(severity)
                        && Expression::parse(expression).is_ok()
                }
                _ => false,
            };
            if !fine {
                wrong.push(line);
            }
        }
        assert_eq!(wrong, Vec::<&str>::new());
    }
}
