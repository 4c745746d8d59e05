//! Parameters that select resources: from values to a clause.

use fhir::LogicalId;

use super::text::{split, split_once, unescape};
use super::{Parser, Refusal, date};
use crate::parameter::{Parameter, ParameterType, Source, TokenShape};
use crate::path::Only;
use crate::{Clause, Slot, StringTest, TokenTest, fold};

/// Most values that one parameter may join by OR; a statement of the database has a limit too.
const MOST_VALUES: usize = 500;

impl Parser<'_> {
    pub(super) fn filter(
        &mut self,
        parameter: &Parameter,
        modifier: Option<&str>,
        value: &str,
    ) -> Result<Clause, Refusal> {
        let values = split(value, b',');
        if values.len() > MOST_VALUES || values.iter().any(|value| value.is_empty()) {
            return Err(Refusal::value(parameter.code));
        }
        if parameter.kind == ParameterType::Reference {
            return self.references(parameter, modifier, &values);
        }
        if let Some(modifier) = modifier
            && !(parameter.kind == ParameterType::String && matches!(modifier, "exact" | "contains"))
        {
            return Err(Refusal::modifier(parameter.code, modifier));
        }
        match (parameter.code, parameter.kind) {
            ("_id", _) => ids(&values),
            ("_lastUpdated", _) => Ok(Clause::LastUpdated(self.dates(parameter, &values)?)),
            (_, ParameterType::Token) => self.tokens(parameter, &values),
            (_, ParameterType::Uri) => Ok(self.uris(parameter, &values)),
            (_, ParameterType::String) => self.strings(parameter, modifier, &values),
            (_, ParameterType::Date) => Ok(Clause::Date {
                slots: self.slots(&parameter.sources),
                values: self.dates(parameter, &values)?,
            }),
            _ => Err(Refusal::Unknown(Refusal::unsupported(parameter.code, parameter.kind.as_str()))),
        }
    }

    pub(super) fn slots<'s>(&self, sources: impl IntoIterator<Item = &'s Source>) -> Vec<Slot> {
        let mut slots: Vec<Slot> =
            sources.into_iter().filter_map(|source| self.registry.slot(source.slot)).collect();
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    /// Sources whose values are asked for in the same way, each group with that way.
    pub(super) fn grouped<T: PartialEq>(
        &self,
        parameter: &Parameter,
        tests: impl Fn(&Source) -> Vec<T>,
    ) -> Vec<(Vec<Slot>, Vec<T>)> {
        let mut groups: Vec<(Vec<&Source>, Vec<T>)> = Vec::new();
        for source in &parameter.sources {
            let mut values: Vec<T> = Vec::new();
            for test in tests(source) {
                if !values.contains(&test) {
                    values.push(test);
                }
            }
            match groups.iter_mut().find(|(_, other)| *other == values) {
                Some((sources, _)) => sources.push(source),
                None => groups.push((vec![source], values)),
            }
        }
        let groups = groups.into_iter().map(|(sources, values)| (self.slots(sources), values));
        groups.filter(|(slots, values)| !slots.is_empty() && !values.is_empty()).collect()
    }

    fn dates(&self, parameter: &Parameter, values: &[&str]) -> Result<Vec<crate::DateTest>, Refusal> {
        let (zone, now) = (self.registry.time_zone(), self.context.now);
        let tests = values.iter().map(|value| date::test(&unescape(value), zone, now));
        tests.collect::<Option<_>>().ok_or_else(|| Refusal::value(parameter.code))
    }

    fn tokens(&self, parameter: &Parameter, values: &[&str]) -> Result<Clause, Refusal> {
        let values: Vec<TokenText> = values
            .iter()
            .map(|value| TokenText::read(value))
            .collect::<Option<_>>()
            .ok_or_else(|| Refusal::value(parameter.code))?;
        let groups = self.grouped(parameter, |source| {
            values.iter().filter_map(|value| self.token(source, value)).collect()
        });
        Ok(any(groups, |slots, values| Clause::Token { slots, values }))
    }

    /// What a value means for the tokens of a source; `None` when it cannot be there.
    fn token(&self, source: &Source, value: &TokenText) -> Option<TokenTest> {
        let hasher = self.registry.hasher();
        let code = value.code.as_deref().map(|code| hasher.code(code));
        let asked = value.system.as_deref();
        let system = match (source.tokens, &source.only, asked) {
            (TokenShape::ContactPoint, Only::System(only), Some(asked))
                if !asked.is_empty() && asked != only =>
            {
                return None;
            }
            (TokenShape::ContactPoint, Only::System(only), _) => Some(hasher.system(only)),
            (TokenShape::ContactPoint, _, Some("")) | (TokenShape::Implied, _, _) | (_, _, None) => None,
            (_, _, Some(asked)) => Some(hasher.system(asked)),
        };
        // Tokens of implied system are all stored with none: naming it lets the index answer alone.
        let system = if source.tokens == TokenShape::Implied { Some(0) } else { system };
        Some(TokenTest { code, system })
    }

    fn uris(&self, parameter: &Parameter, values: &[&str]) -> Clause {
        let hasher = self.registry.hasher();
        let values = values
            .iter()
            .map(|value| TokenTest { code: Some(hasher.code(&unescape(value))), system: Some(0) });
        Clause::Token { slots: self.slots(&parameter.sources), values: values.collect() }
    }

    fn strings(
        &self,
        parameter: &Parameter,
        modifier: Option<&str>,
        values: &[&str],
    ) -> Result<Clause, Refusal> {
        let test = |value: &&str| {
            let text = unescape(value);
            let folded = fold(&text);
            match modifier {
                Some("exact") => Some(StringTest::Exact { folded, exact: text.into_owned() }),
                _ if folded.is_empty() => None,
                Some(_) => Some(StringTest::Contains(folded)),
                None => Some(StringTest::StartsWith(folded)),
            }
        };
        let values =
            values.iter().map(test).collect::<Option<_>>().ok_or_else(|| Refusal::value(parameter.code))?;
        Ok(Clause::String { slots: self.slots(&parameter.sources), values })
    }
}

/// One clause, several joined by OR, or none that can be true.
pub(super) fn any<T>(mut groups: Vec<(Vec<Slot>, T)>, clause: impl Fn(Vec<Slot>, T) -> Clause) -> Clause {
    match (groups.pop(), groups.is_empty()) {
        (None, _) => Clause::Nothing,
        (Some((slots, values)), true) => clause(slots, values),
        (Some(last), false) => {
            groups.push(last);
            Clause::Any(groups.into_iter().map(|(slots, values)| clause(slots, values)).collect())
        }
    }
}

fn ids(values: &[&str]) -> Result<Clause, Refusal> {
    let ids = values.iter().map(|value| LogicalId::try_from(&*unescape(value)));
    ids.collect::<Result<_, _>>().map(Clause::Id).map_err(|_| Refusal::value("_id"))
}

/// `code`, `system|code`, `|code`, `system|`
struct TokenText {
    system: Option<String>,
    code: Option<String>,
}

impl TokenText {
    fn read(value: &str) -> Option<Self> {
        let owned = |text: &str| unescape(text).into_owned();
        match split_once(value, b'|') {
            None => Some(Self { system: None, code: Some(owned(value)) }),
            Some(("", "")) => None,
            Some((system, "")) => Some(Self { system: Some(owned(system)), code: None }),
            Some((system, code)) => Some(Self { system: Some(owned(system)), code: Some(owned(code)) }),
        }
    }
}
