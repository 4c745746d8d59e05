//! `_filter` (R4 `search_filter.html`): from the tree of its text to clauses.
//!
//! Where R4 is silent: `eq` of a string compares folded texts; `ne` looks for an element
//! that is not equal.

use fhir::ResourceType;

use super::criterion::Asked;
use super::filter_text::{FilterOperator, FilterStep, FilterTree, parse_filter};
use super::{Reader, Refusal, date, quantity};
use crate::parameter::ParameterType;
use crate::{Check, Clause, LookupKind, Prefix, StringTest, fold};

impl Reader<'_> {
    pub(super) fn filter_expression(
        self,
        types: &[ResourceType],
        text: &str,
        depth: usize,
    ) -> Result<Clause, Refusal> {
        let tree = parse_filter(text).map_err(|_| Refusal::value("_filter"))?;
        // An unknown name inside of a filter cannot be left out.
        self.tree(types, &tree, depth).map_err(|refusal| match refusal {
            Refusal::Unknown(fault) => Refusal::Error(fault),
            error => error,
        })
    }

    fn tree(self, types: &[ResourceType], tree: &FilterTree, depth: usize) -> Result<Clause, Refusal> {
        let all = |trees: &[FilterTree]| {
            trees.iter().map(|tree| self.tree(types, tree, depth)).collect::<Result<Vec<_>, _>>()
        };
        Ok(match tree {
            FilterTree::And(trees) => Clause::All(all(trees)?),
            FilterTree::Or(trees) => Clause::Any(all(trees)?),
            FilterTree::Not(tree) => Clause::Not(Box::new(self.tree(types, tree, depth)?)),
            FilterTree::Test { path, operator, value } => self.path(types, path, *operator, value, depth)?,
        })
    }

    fn path(
        self,
        types: &[ResourceType],
        path: &[FilterStep],
        operator: FilterOperator,
        value: &str,
        depth: usize,
    ) -> Result<Clause, Refusal> {
        let refused = || Refusal::value("_filter");
        let (step, rest) = path.split_first().ok_or_else(refused)?;
        if !self.take(1) {
            return Err(refused());
        }
        let asked = self.find(types, &step.name)?;
        if rest.is_empty() {
            return self.test(&asked, operator, value);
        }
        self.chain_to(&asked, step.resource_type.as_deref(), depth, |types| {
            let condition = self.path(types, rest, operator, value, depth + 1)?;
            match &step.filter {
                None => Ok(condition),
                Some(tree) => Ok(Clause::All(vec![self.tree(types, tree, depth + 1)?, condition])),
            }
        })
    }

    fn test(self, asked: &Asked<'_>, operator: FilterOperator, value: &str) -> Result<Clause, Refusal> {
        // A comma is no separator here.
        let escaped = value.replace('\\', "\\\\").replace(',', "\\,");
        let as_parameter = |modifier| self.filter(asked, modifier, &escaped);
        let refused = || Refusal::value("_filter");
        let ordered = |prefix| self.ordered(asked, prefix, value).ok_or_else(refused);
        match operator {
            FilterOperator::Present => {
                self.filter(asked, Some("missing"), opposite(value).ok_or_else(refused)?)
            }
            FilterOperator::Equal => match asked.kind {
                ParameterType::String => self.string(asked, value, StringTest::Folded).ok_or_else(refused),
                ParameterType::Date | ParameterType::Number | ParameterType::Quantity => {
                    ordered(Prefix::Equal)
                }
                _ => as_parameter(None),
            },
            FilterOperator::NotEqual => match asked.kind {
                ParameterType::Date | ParameterType::Number | ParameterType::Quantity => {
                    ordered(Prefix::NotEqual)
                }
                _ => {
                    let clause = self.test(asked, FilterOperator::Equal, value)?;
                    if asked.code == "_id" {
                        return Ok(Clause::Not(Box::new(clause)));
                    }
                    let sources =
                        asked.sources().into_iter().filter_map(|source| self.registry.text_source(source));
                    let sources = sources.collect();
                    let superset = Box::new(self.filter(asked, Some("missing"), "false")?);
                    Ok(Clause::Check { superset, check: Box::new(Check::Other { sources, clause }) })
                }
            },
            FilterOperator::Contains => self.string(asked, value, StringTest::Contains).ok_or_else(refused),
            FilterOperator::StartsWith => {
                self.string(asked, value, StringTest::StartsWith).ok_or_else(refused)
            }
            FilterOperator::EndsWith => self.string(asked, value, StringTest::EndsWith).ok_or_else(refused),
            FilterOperator::Greater => ordered(Prefix::GreaterThan),
            FilterOperator::Less => ordered(Prefix::LessThan),
            FilterOperator::GreaterOrEqual => ordered(Prefix::GreaterOrEqual),
            FilterOperator::LessOrEqual => ordered(Prefix::LessOrEqual),
            FilterOperator::Approximate => ordered(Prefix::Approximately),
            FilterOperator::StartsAfter => ordered(Prefix::StartsAfter),
            FilterOperator::EndsBefore => ordered(Prefix::EndsBefore),
            FilterOperator::Overlaps => ordered(Prefix::Overlaps),
            FilterOperator::Subsumes if asked.kind == ParameterType::Token => as_parameter(Some("below")),
            FilterOperator::SubsumedBy if asked.kind == ParameterType::Token => as_parameter(Some("above")),
            FilterOperator::InValueSet | FilterOperator::NotInValueSet
                if asked.kind == ParameterType::Token =>
            {
                let inside = asked.lookup(LookupKind::ValueSet, vec![value.to_owned()]);
                Ok(if operator == FilterOperator::InValueSet {
                    inside
                } else {
                    Clause::Not(Box::new(inside))
                })
            }
            FilterOperator::RefersTo if asked.kind == ParameterType::Reference => as_parameter(None),
            _ => Err(refused()),
        }
    }

    fn string(self, asked: &Asked<'_>, value: &str, test: impl Fn(String) -> StringTest) -> Option<Clause> {
        if asked.kind == ParameterType::Uri && !value.is_empty() {
            let slots = self.registry.slots_of(asked.sources());
            let check = Check::UriText { slots, test: test(value.to_owned()) };
            let superset = self.filter(asked, Some("missing"), "false").ok()?;
            return Some(Clause::Check { superset: Box::new(superset), check: Box::new(check) });
        }
        let folded = Some(fold(value)).filter(|folded| !folded.is_empty())?;
        if asked.kind != ParameterType::String {
            return None;
        }
        let slots = self.registry.slots_of(asked.sources());
        (!slots.is_empty()).then(|| Clause::String { slots, values: vec![test(folded)] })
    }

    fn ordered(self, asked: &Asked<'_>, prefix: Prefix, value: &str) -> Option<Clause> {
        match (asked.code, asked.kind) {
            (code, ParameterType::Date) => {
                let test = date::test_with(prefix, value, self.registry.time_zone(), self.context.now)?;
                Some(match code {
                    "_lastUpdated" => Clause::LastUpdated(vec![test]),
                    _ => self.dates_clause(&asked.sources(), vec![test]),
                })
            }
            (_, kind @ (ParameterType::Number | ParameterType::Quantity)) => {
                let test = quantity::test_with(self.registry.hasher(), kind, prefix, value)?;
                Some(self.quantities_clause(&asked.sources(), vec![test]))
            }
            _ => None,
        }
    }
}

/// `pr true` is `:missing=false`.
fn opposite(value: &str) -> Option<&'static str> {
    match value {
        "true" => Some("false"),
        "false" => Some("true"),
        _ => None,
    }
}
