//! Token values (R4 `search.html#token`): `code`, `system|code`, `|code`, `system|`.

use super::text::{split_once, unescape};
use super::{Reader, Refusal};
use crate::identifier_system::{canonical_system, other_form};
use crate::parameter::{Source, TokenShape};
use crate::path::Only;
use crate::{Check, Clause, LookupKind, Registry, Slot, TokenTest, fold};

use super::criterion::Asked;

/// A value as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenText {
    pub system: Option<String>,
    pub code: Option<String>,
}

impl TokenText {
    pub fn read(value: &str) -> Option<Self> {
        let owned = |text: &str| unescape(text).into_owned();
        match split_once(value, b'|') {
            None => Some(Self { system: None, code: Some(owned(value)) }),
            Some(("", "")) => None,
            Some((system, "")) => Some(Self { system: Some(owned(system)), code: None }),
            Some((system, code)) => Some(Self { system: Some(owned(system)), code: Some(owned(code)) }),
        }
    }
}

impl Reader<'_> {
    pub(super) fn tokens(
        self,
        asked: &Asked<'_>,
        modifier: Option<&str>,
        values: &[&str],
    ) -> Result<Clause, Refusal> {
        let sources = asked.sources();
        let refused = || Refusal::value(asked.code);
        let read = || values.iter().map(|value| TokenText::read(value)).collect::<Option<Vec<_>>>();
        let texts = || values.iter().map(|value| unescape(value).into_owned()).collect::<Vec<_>>();
        let may_be = |names: &[&str]| {
            sources.iter().any(|source| {
                source.types.is_empty() || source.types.iter().any(|kind| names.contains(&kind.name()))
            })
        };
        let fits = match modifier {
            Some("text") => may_be(&["CodeableConcept", "Coding", "Identifier"]),
            Some("of-type") => may_be(&["Identifier"]),
            _ => true,
        };
        if let Some(modifier) = modifier.filter(|_| !fits) {
            return Err(Refusal::modifier(asked.code, modifier));
        }
        let clause = match modifier {
            None => self.registry.token_clause(&sources, &read().ok_or_else(refused)?),
            Some("not") => {
                Clause::Not(Box::new(self.registry.token_clause(&sources, &read().ok_or_else(refused)?)))
            }
            Some("text") => {
                let values: Vec<String> = texts().iter().map(|text| fold(text)).collect();
                if values.iter().any(String::is_empty) {
                    return Err(refused());
                }
                let slots = self.registry.slots_of(sources.iter().copied());
                Clause::Check {
                    superset: Box::new(Clause::EVERYTHING),
                    check: Box::new(Check::TokenText { slots, values }),
                }
            }
            Some("of-type") => self.of_type(&sources, values).ok_or_else(refused)?,
            Some("in") => asked.lookup(LookupKind::ValueSet, texts()),
            Some("not-in") => Clause::Not(Box::new(asked.lookup(LookupKind::ValueSet, texts()))),
            Some("below") => asked.lookup(LookupKind::CodesBelow, owned(values)),
            Some("above") => asked.lookup(LookupKind::CodesAbove, owned(values)),
            Some(other) => return Err(Refusal::modifier(asked.code, other)),
        };
        Ok(clause)
    }

    /// `system|code|value` of an Identifier: the value is looked for in the index, the type in the resource.
    fn of_type(self, sources: &[&Source], values: &[&str]) -> Option<Clause> {
        let mut wanted = Vec::new();
        let mut tokens = Vec::new();
        for value in values {
            let parts = super::text::split(value, b'|');
            let [system, code, value] = parts.as_slice() else { return None };
            let [system, code, value] = [system, code, value].map(|part| unescape(part).into_owned());
            if code.is_empty() || value.is_empty() {
                return None;
            }
            tokens.push(TokenText { system: None, code: Some(value.clone()) });
            wanted.push([system, code, value]);
        }
        let slots = self.registry.slots_of(sources.iter().copied());
        let superset = Box::new(self.registry.token_clause(sources, &tokens));
        Some(Clause::Check { superset, check: Box::new(Check::OfType { slots, values: wanted }) })
    }
}

fn owned(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

impl Registry {
    /// The condition that any of the sources has any of the values.
    pub(crate) fn token_clause(&self, sources: &[&Source], values: &[TokenText]) -> Clause {
        let other = |value: &TokenText| {
            let system = canonical_system(value.system.as_deref()?);
            let (system, code) = other_form(system, value.code.as_deref()?)?;
            Some(TokenText { system: Some(system.to_owned()), code: Some(code.to_owned()) })
        };
        let others: Vec<TokenText> = values.iter().filter_map(other).collect();
        let groups = self.grouped(sources, |source| {
            values.iter().chain(&others).filter_map(|value| self.token_test(source, value)).collect()
        });
        any(groups, |slots, values| Clause::Token { slots, values })
    }

    /// What a value means for the tokens of a source; `None` when it cannot be there.
    fn token_test(&self, source: &Source, value: &TokenText) -> Option<TokenTest> {
        let hasher = self.hasher();
        let code = value.code.as_deref().map(|code| hasher.code(code));
        let asked = value.system.as_deref().map(canonical_system);
        let system = match (source.tokens, &source.only, asked) {
            (TokenShape::ContactPoint, Only::System(only), Some(asked))
                if !asked.is_empty() && asked != only =>
            {
                return None;
            }
            (TokenShape::ContactPoint, Only::System(only), _) => Some(hasher.system(only)),
            // Which system the element implies is not known: any code of a system cannot be asked of it.
            (TokenShape::Implied, _, Some(asked)) if code.is_none() && !asked.is_empty() => return None,
            (TokenShape::ContactPoint, _, Some("")) | (TokenShape::Implied, _, _) | (_, _, None) => None,
            (_, _, Some(asked)) => Some(hasher.system(asked)),
        };
        // Tokens of implied system are all stored with none: naming it lets the index answer alone.
        let system = if source.tokens == TokenShape::Implied { Some(0) } else { system };
        Some(TokenTest { code, system })
    }

    /// Sources whose values are asked for in the same way, each group with that way.
    pub(crate) fn grouped<T: PartialEq>(
        &self,
        sources: &[&Source],
        tests: impl Fn(&Source) -> Vec<T>,
    ) -> Vec<(Vec<Slot>, Vec<T>)> {
        let mut groups: Vec<(Vec<&Source>, Vec<T>)> = Vec::new();
        for source in sources {
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
        let groups = groups.into_iter().map(|(sources, values)| (self.slots_of(sources), values));
        groups.filter(|(slots, values)| !slots.is_empty() && !values.is_empty()).collect()
    }
}

/// One clause, several joined by OR, or none that can be true.
pub(super) fn any<T>(groups: Vec<(Vec<Slot>, T)>, clause: impl Fn(Vec<Slot>, T) -> Clause) -> Clause {
    let mut clauses: Vec<Clause> = groups.into_iter().map(|(slots, values)| clause(slots, values)).collect();
    match (clauses.pop(), clauses.is_empty()) {
        (None, _) => Clause::NOTHING,
        (Some(only), true) => only,
        (Some(last), false) => {
            clauses.push(last);
            Clause::Any(clauses)
        }
    }
}
