//! The concepts of a code system that pass the filters of a value set (R4 `filter-operator`).

use std::collections::HashSet;

use regex_lite::{Regex, RegexBuilder};

use crate::budget::Budget;
use crate::code_system::{CodeSystem, Concept};
use crate::value_set::{Filter, Operator};

/// Memory for one regular expression.
const REGEX_SIZE: usize = 1 << 16;
/// Nesting of one regular expression.
const REGEX_DEPTH: u32 = 50;
/// Longest regular expression.
const REGEX_LENGTH: usize = 500;
/// Longest value that is held against a regular expression, in characters. A longer one does not match.
const REGEX_VALUE: usize = 4_096;
/// Characters times states of a regular expression that cost as much as looking at a concept.
const REGEX_STEP: usize = 64;
/// States of a regular expression with counted repetitions, which the size allows at most.
const REGEX_STATES: usize = 2_000;

/// For each concept whether it passes all filters; `None` when a filter cannot be understood or paid for.
pub(crate) fn chosen(system: &CodeSystem, filters: &[Filter], budget: &mut Budget) -> Option<Vec<bool>> {
    // Each filter looks at each concept.
    budget.spend(system.concepts.len().saturating_mul(1 + filters.len()))?;
    let mut chosen = vec![true; system.concepts.len()];
    for filter in filters {
        let passes = passes(system, filter, budget)?;
        for (all, one) in chosen.iter_mut().zip(passes) {
            *all &= one;
        }
    }
    Some(chosen)
}

fn passes(system: &CodeSystem, filter: &Filter, budget: &mut Budget) -> Option<Vec<bool>> {
    let operator = filter.operator?;
    let of_concepts = matches!(&*filter.property, "concept" | "code");
    match operator {
        Operator::IsA | Operator::DescendentOf | Operator::IsNotA | Operator::Generalizes => {
            if !of_concepts {
                return None;
            }
            budget.spend(links(system))?;
            let mut found = vec![false; system.concepts.len()];
            let begin = system.find(&filter.value);
            let related = match (operator, begin) {
                (Operator::Generalizes, Some(begin)) => system.ancestors(begin),
                (Operator::Generalizes, None) => Vec::new(),
                _ => system.below(&filter.value),
            };
            let itself = begin.filter(|_| operator != Operator::DescendentOf);
            for at in related.into_iter().chain(itself) {
                if let Some(place) = usize::try_from(at).ok().and_then(|at| found.get_mut(at)) {
                    *place = true;
                }
            }
            if operator == Operator::IsNotA {
                found.iter_mut().for_each(|it| *it = !*it);
            }
            Some(found)
        }
        _ => by_value(system, filter, operator, budget),
    }
}

/// Links between concepts, which may be many more than concepts.
fn links(system: &CodeSystem) -> usize {
    system.concepts.iter().map(|concept| concept.parents.len()).sum()
}

/// What a filter compares.
enum Side {
    Code,
    Display,
    Parent,
    Child,
    Property,
}

fn by_value(
    system: &CodeSystem,
    filter: &Filter,
    operator: Operator,
    budget: &mut Budget,
) -> Option<Vec<bool>> {
    let name = &*filter.property;
    let side = match name {
        "concept" | "code" => Side::Code,
        "display" => Side::Display,
        "parent" => Side::Parent,
        "child" => Side::Child,
        _ => Side::Property,
    };
    budget.spend(match side {
        Side::Code | Side::Display => 0,
        Side::Parent | Side::Child => links(system),
        Side::Property => {
            let properties = system.concepts.iter().map(|concept| concept.properties.len());
            properties.sum::<usize>().saturating_add(system.declared.len())
        }
    })?;
    let has = |concept: &Concept| concept.properties.iter().any(|(property, _)| &**property == name);
    let declared = || system.declared.iter().any(|declared| &**declared == name);
    // A property that nobody knows has no values that could be compared.
    if matches!(side, Side::Property) && !declared() && !system.concepts.iter().any(has) {
        return None;
    }
    let test = Test::new(operator, &filter.value)?;
    let code_of = |at: &u32| system.concept(*at).map(|concept| &*concept.code);
    let passes = |concept: &Concept| match side {
        Side::Code => test.any(std::iter::once(&*concept.code), budget),
        Side::Display => test.any(concept.display.as_deref().into_iter(), budget),
        Side::Parent => test.any(concept.parents.iter().filter_map(code_of), budget),
        Side::Child => test.any(concept.children.iter().filter_map(code_of), budget),
        Side::Property => {
            let values = concept.properties.iter().filter(|(property, _)| &**property == name);
            test.any(values.map(|(_, value)| value.text()), budget)
        }
    };
    system.concepts.iter().map(passes).collect()
}

enum Test {
    Equal(Box<str>),
    In(HashSet<Box<str>>),
    NotIn(HashSet<Box<str>>),
    Matches { regex: Regex, states: usize },
    Exists(bool),
}

impl Test {
    fn new(operator: Operator, value: &str) -> Option<Self> {
        let codes = || value.split(',').map(|code| code.trim().into()).collect();
        Some(match operator {
            Operator::Equal => Self::Equal(value.into()),
            Operator::In => Self::In(codes()),
            Operator::NotIn => Self::NotIn(codes()),
            Operator::Exists => Self::Exists(value.parse().ok()?),
            Operator::Regex => {
                let states = if value.contains('{') { REGEX_STATES } else { value.len() };
                Self::Matches { regex: regex(value)?, states }
            }
            _ => return None,
        })
    }

    /// Whether any value passes; for the contraries, whether none fails. `None` when it costs too much.
    fn any<T: AsRef<str>>(&self, mut values: impl Iterator<Item = T>, budget: &mut Budget) -> Option<bool> {
        Some(match self {
            Self::Equal(wanted) => values.any(|value| *value.as_ref() == **wanted),
            Self::In(codes) => values.any(|value| codes.contains(value.as_ref())),
            Self::NotIn(codes) => values.all(|value| !codes.contains(value.as_ref())),
            Self::Matches { regex, states } => {
                for value in values {
                    let value = value.as_ref();
                    if value.chars().nth(REGEX_VALUE).is_some() {
                        continue;
                    }
                    budget.spend(value.len().saturating_mul(*states) / REGEX_STEP)?;
                    if regex.is_match(value) {
                        return Some(true);
                    }
                }
                false
            }
            Self::Exists(wanted) => values.next().is_some() == *wanted,
        })
    }
}

/// The whole value must match, as in XML Schema.
fn regex(pattern: &str) -> Option<Regex> {
    if pattern.len() > REGEX_LENGTH {
        return None;
    }
    let built = |pattern: &str| {
        RegexBuilder::new(pattern).size_limit(REGEX_SIZE).nest_limit(REGEX_DEPTH).build().ok()
    };
    // A pattern that is none by itself could end the group around it.
    built(pattern)?;
    built(&format!("^(?:{pattern})$"))
}
