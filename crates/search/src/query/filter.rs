//! Parameters that select resources: from values to a clause.

use fhir::{LogicalId, ResourceType};

use super::criterion::Asked;
use super::text::{split, unescape};
use super::{Reader, Refusal, date, quantity};
use crate::parameter::{ParameterType, Source};
use crate::{Check, Clause, DateTest, QuantityTest, StringTest, fold, values, words};

/// Most values that one parameter may join by OR; a statement of the database has a limit too.
pub(super) const MOST_VALUES: usize = 500;

impl Reader<'_> {
    pub(super) fn filter(
        self,
        asked: &Asked<'_>,
        modifier: Option<&str>,
        value: &str,
    ) -> Result<Clause, Refusal> {
        if modifier == Some("missing") {
            return self.missing(asked, value);
        }
        let values = split(value, b',');
        if values.len() > MOST_VALUES || values.iter().any(|value| value.is_empty()) {
            return Err(Refusal::value(asked.code));
        }
        // A reference without a type is asked for with each type that it may have.
        let each = if asked.kind == ParameterType::Reference { asked.targets().len().clamp(1, 8) } else { 1 };
        if values.len() > 1 && !self.take(values.len() * each) {
            return Err(Refusal::value(asked.code));
        }
        let plain = || match modifier {
            None => Ok(()),
            Some(modifier) => Err(Refusal::modifier(asked.code, modifier)),
        };
        match (asked.code, asked.kind) {
            ("_id", _) => match modifier {
                None => self.ids(asked, &values),
                Some("not") => Ok(Clause::Not(Box::new(self.ids(asked, &values)?))),
                Some(other) => Err(Refusal::modifier("_id", other)),
            },
            ("_lastUpdated", _) => {
                plain()?;
                Ok(Clause::LastUpdated(self.dates(asked.code, &values)?))
            }
            ("_text" | "_content", _) => {
                plain()?;
                self.full_text(asked.code, &values)
            }
            (_, ParameterType::Token) => self.tokens(asked, modifier, &values),
            (_, ParameterType::Uri) => self.uris(asked, modifier, &values),
            (_, ParameterType::Reference) => self.references(asked, modifier, &values),
            (_, ParameterType::String) => self.strings(asked, modifier, &values),
            (_, ParameterType::Date) => {
                plain()?;
                let values = self.dates(asked.code, &values)?;
                Ok(self.dates_clause(&asked.sources(), values))
            }
            (_, kind @ (ParameterType::Number | ParameterType::Quantity)) => {
                plain()?;
                let test = |value: &&str| quantity::test(self.registry.hasher(), kind, value);
                let values = values.iter().map(test).collect::<Option<Vec<_>>>();
                let values = values.ok_or_else(|| Refusal::value(asked.code))?;
                Ok(self.quantities_clause(&asked.sources(), values))
            }
            (_, ParameterType::Composite) => {
                plain()?;
                self.composite(asked, &values)
            }
            (_, ParameterType::Special) => {
                plain()?;
                self.special(asked, &values)
            }
        }
    }

    fn ids(self, asked: &Asked<'_>, values: &[&str]) -> Result<Clause, Refusal> {
        let read = values.iter().map(|value| LogicalId::try_from(&*unescape(value)));
        let ids: Vec<LogicalId> = read.collect::<Result<_, _>>().map_err(|_| Refusal::value("_id"))?;
        let types: Vec<ResourceType> = asked.parameters.iter().map(|(kind, _)| *kind).collect();
        ids.iter().for_each(|id| self.name(&types, id));
        Ok(Clause::Id(ids))
    }

    /// `:missing`: the presence mask of the resource knows.
    fn missing(self, asked: &Asked<'_>, value: &str) -> Result<Clause, Refusal> {
        let missing = match value {
            "true" => true,
            "false" => false,
            _ => return Err(Refusal::value(asked.code)),
        };
        let present = if matches!(asked.code, "_id" | "_lastUpdated") {
            Clause::EVERYTHING
        } else {
            let bits: Option<Vec<(ResourceType, u8)>> =
                asked.parameters.iter().map(|(kind, parameter)| Some((*kind, parameter.bit?))).collect();
            Clause::Present(bits.ok_or_else(|| Refusal::modifier(asked.code, "missing"))?)
        };
        Ok(if missing { Clause::Not(Box::new(present)) } else { present })
    }

    pub(super) fn dates(self, code: &str, values: &[&str]) -> Result<Vec<DateTest>, Refusal> {
        let (zone, now) = (self.registry.time_zone(), self.context.now);
        let tests = values.iter().map(|value| date::test(&unescape(value), zone, now));
        tests.collect::<Option<_>>().ok_or_else(|| Refusal::value(code))
    }

    pub(super) fn dates_clause(self, sources: &[&Source], values: Vec<DateTest>) -> Clause {
        let slots = self.registry.slots_of(sources.iter().copied());
        if slots.is_empty() { Clause::NOTHING } else { Clause::Date { slots, values } }
    }

    pub(super) fn quantities_clause(self, sources: &[&Source], values: Vec<QuantityTest>) -> Clause {
        let slots = self.registry.slots_of(sources.iter().copied());
        if slots.is_empty() { Clause::NOTHING } else { Clause::Quantity { slots, values } }
    }

    fn uris(self, asked: &Asked<'_>, modifier: Option<&str>, values: &[&str]) -> Result<Clause, Refusal> {
        let sources = asked.sources();
        let texts: Vec<String> = values.iter().map(|value| unescape(value).into_owned()).collect();
        let slots = self.registry.slots_of(sources.iter().copied());
        let check = match modifier {
            None => {
                let found = texts.into_iter().map(|text| super::TokenText { system: None, code: Some(text) });
                return Ok(self.registry.token_clause(&sources, &found.collect::<Vec<_>>()));
            }
            Some("below") => Check::UriBelow { slots, values: texts },
            Some("above") => Check::UriAbove { slots, values: texts },
            Some(other) => return Err(Refusal::modifier(asked.code, other)),
        };
        Ok(Clause::Check { superset: Box::new(self.present(asked)), check: Box::new(check) })
    }

    /// The condition that the parameter has a value.
    fn present(self, asked: &Asked<'_>) -> Clause {
        self.missing(asked, "false").unwrap_or(Clause::EVERYTHING)
    }

    fn strings(self, asked: &Asked<'_>, modifier: Option<&str>, values: &[&str]) -> Result<Clause, Refusal> {
        let refused = || Refusal::value(asked.code);
        let sources = asked.sources();
        let slots = self.registry.slots_of(sources.iter().copied());
        let words_slots: Vec<_> =
            sources.iter().filter_map(|source| self.registry.slot(source.words?)).collect();
        let mut plain = Vec::new();
        let mut clauses = Vec::new();
        for value in values {
            let text = unescape(value);
            let folded = fold(&text);
            match modifier {
                Some("exact") => {
                    plain.push(StringTest::Exact {
                        folded,
                        exact: values::exact(self.registry.hasher(), &text),
                    });
                }
                _ if folded.is_empty() => return Err(refused()),
                Some("contains") => plain.push(StringTest::Contains(folded)),
                Some(other) => return Err(Refusal::modifier(asked.code, other)),
                None if !words_slots.is_empty() && words(&folded).next().is_some() => {
                    let mut slots = [slots.as_slice(), words_slots.as_slice()].concat();
                    slots.sort_unstable();
                    slots.dedup();
                    let each = words(&folded).map(|word| Clause::String {
                        slots: slots.clone(),
                        values: vec![StringTest::StartsWith(word.to_owned())],
                    });
                    let mut each: Vec<Clause> = each.collect();
                    clauses.push(if each.len() == 1 { each.remove(0) } else { Clause::All(each) });
                }
                None => plain.push(StringTest::StartsWith(folded)),
            }
        }
        if !plain.is_empty() {
            clauses.push(Clause::String { slots, values: plain });
        }
        Ok(if clauses.len() == 1 { clauses.remove(0) } else { Clause::Any(clauses) })
    }

    /// `_text` and `_content`: every word begins a word.
    fn full_text(self, code: &str, values: &[&str]) -> Result<Clause, Refusal> {
        let each = |value: &&str| {
            let text = unescape(value);
            let found: Vec<String> = text
                .split_whitespace()
                .flat_map(|piece| words(&fold(piece)).map(str::to_owned).collect::<Vec<_>>())
                .collect();
            (!found.is_empty()).then_some(found)
        };
        let values = values.iter().map(each).collect::<Option<_>>().ok_or_else(|| Refusal::value(code))?;
        let check = Check::Words { narrative: code == "_text", values };
        Ok(Clause::Check { superset: Box::new(Clause::EVERYTHING), check: Box::new(check) })
    }
}
