//! The concepts of a code system that pass the filters of a value set (R4 `filter-operator`).

use regex_lite::{Regex, RegexBuilder};

use crate::code_system::{CodeSystem, Concept};
use crate::value_set::{Filter, Operator};

/// Memory for one regular expression.
const REGEX_SIZE: usize = 1 << 20;
/// Nesting of one regular expression.
const REGEX_DEPTH: u32 = 50;
/// Longest regular expression.
const REGEX_LENGTH: usize = 500;

/// For each concept whether it passes all filters; `None` when a filter cannot be understood.
pub(crate) fn chosen(system: &CodeSystem, filters: &[Filter]) -> Option<Vec<bool>> {
    let mut chosen = vec![true; system.concepts.len()];
    for filter in filters {
        let passes = passes(system, filter)?;
        for (all, one) in chosen.iter_mut().zip(passes) {
            *all &= one;
        }
    }
    Some(chosen)
}

fn passes(system: &CodeSystem, filter: &Filter) -> Option<Vec<bool>> {
    let operator = filter.operator?;
    let of_concepts = matches!(&*filter.property, "concept" | "code");
    match operator {
        Operator::IsA | Operator::DescendentOf | Operator::IsNotA | Operator::Generalizes => {
            if !of_concepts {
                return None;
            }
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
        _ => by_value(system, filter, operator),
    }
}

/// What a filter compares.
enum Side {
    Code,
    Display,
    Parent,
    Child,
    Property,
}

fn by_value(system: &CodeSystem, filter: &Filter, operator: Operator) -> Option<Vec<bool>> {
    let name = &*filter.property;
    let side = match name {
        "concept" | "code" => Side::Code,
        "display" => Side::Display,
        "parent" => Side::Parent,
        "child" => Side::Child,
        _ => Side::Property,
    };
    let has = |concept: &Concept| concept.properties.iter().any(|(property, _)| &**property == name);
    let declared = || system.declared.iter().any(|declared| &**declared == name);
    // A property that nobody knows has no values that could be compared.
    if matches!(side, Side::Property) && !declared() && !system.concepts.iter().any(has) {
        return None;
    }
    let test = Test::new(operator, &filter.value)?;
    let code_of = |at: &u32| system.concept(*at).map(|concept| &*concept.code);
    let passes = |concept: &Concept| match side {
        Side::Code => test.any(std::iter::once(&*concept.code)),
        Side::Display => test.any(concept.display.as_deref().into_iter()),
        Side::Parent => test.any(concept.parents.iter().filter_map(code_of)),
        Side::Child => test.any(concept.children.iter().filter_map(code_of)),
        Side::Property => {
            let values = concept.properties.iter().filter(|(property, _)| &**property == name);
            test.any(values.map(|(_, value)| value.text()))
        }
    };
    Some(system.concepts.iter().map(passes).collect())
}

enum Test {
    Equal(Box<str>),
    In(Vec<Box<str>>),
    NotIn(Vec<Box<str>>),
    Matches(Regex),
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
            Operator::Regex => Self::Matches(regex(value)?),
            _ => return None,
        })
    }

    /// Whether any value passes; for the contraries, whether none fails.
    fn any<T: AsRef<str>>(&self, mut values: impl Iterator<Item = T>) -> bool {
        let among = |codes: &[Box<str>], value: &T| codes.iter().any(|code| **code == *value.as_ref());
        match self {
            Self::Equal(wanted) => values.any(|value| *value.as_ref() == **wanted),
            Self::In(codes) => values.any(|value| among(codes, &value)),
            Self::NotIn(codes) => values.all(|value| !among(codes, &value)),
            Self::Matches(regex) => values.any(|value| regex.is_match(value.as_ref())),
            Self::Exists(wanted) => values.next().is_some() == *wanted,
        }
    }
}

/// The whole value must match, as in XML Schema.
fn regex(pattern: &str) -> Option<Regex> {
    if pattern.len() > REGEX_LENGTH {
        return None;
    }
    let whole = format!("^(?:{pattern})$");
    RegexBuilder::new(&whole).size_limit(REGEX_SIZE).nest_limit(REGEX_DEPTH).build().ok()
}
