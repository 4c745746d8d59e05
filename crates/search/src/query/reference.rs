//! Reference values (R4 `search.html#reference`): `Type/id`, `id`, or a url.

use fhir::{LogicalId, ResourceType};

use super::composite::on_component;
use super::criterion::Asked;
use super::text::unescape;
use super::token::any;
use super::{Reader, Refusal, TokenText};
use crate::parameter::{Source, TokenShape};
use crate::path::Only;
use crate::values::Target;
use crate::{Check, Clause, LookupKind, ReferenceTest};

/// A value as it was read.
pub(super) struct Value {
    /// The text as it stands in the query.
    text: String,
    pub(super) kind: ValueKind,
}

pub(super) enum ValueKind {
    /// A resource of this server; the type is known if the value or the modifier says it.
    Local(Option<ResourceType>, LogicalId),
    /// Something else; the type that its text shows.
    Url(Option<ResourceType>, String),
}

impl Reader<'_> {
    pub(super) fn references(
        self,
        asked: &Asked<'_>,
        modifier: Option<&str>,
        values: &[&str],
    ) -> Result<Clause, Refusal> {
        let refused = || Refusal::value(asked.code);
        let sources = asked.sources();
        let named = match modifier {
            None => None,
            Some("identifier") => return self.identifiers(&sources, values).ok_or_else(refused),
            Some(modifier @ ("below" | "above")) => {
                let texts: Vec<String> = values.iter().map(|value| unescape(value).into_owned()).collect();
                let read: Vec<Value> = texts.iter().filter_map(|text| self.value(None, text)).collect();
                self.name_targets(&sources, &read);
                let kind = if modifier == "below" {
                    LookupKind::ReferencesBelow
                } else {
                    LookupKind::ReferencesAbove
                };
                return Ok(asked.lookup(kind, texts));
            }
            Some(modifier) => {
                let kind: Option<ResourceType> = modifier.parse().ok();
                let targets = asked.targets();
                let possible = kind.filter(|kind| targets.is_empty() || targets.contains(kind));
                Some(possible.ok_or_else(|| Refusal::modifier(asked.code, modifier))?)
            }
        };
        self.reference_clause(&sources, named, values).ok_or_else(refused)
    }

    /// `:identifier`: a logical reference.
    fn identifiers(self, sources: &[&Source], values: &[&str]) -> Option<Clause> {
        let values = values.iter().map(|value| TokenText::read(value)).collect::<Option<Vec<_>>>()?;
        let mut clauses = Vec::new();
        for source in sources {
            let Some(slot) = source.identifiers else { continue };
            let named = Source { slot, only: Only::All, tokens: TokenShape::System, ..(*source).clone() };
            let clause = self.registry.token_clause(&[&named], &values);
            let Only::Target(target) = source.only else {
                clauses.push(clause);
                continue;
            };
            let slots = self.registry.slots_of([*source]);
            let check = Check::TargetIdentifier { slots, target, clause: on_component(clause.clone()) };
            clauses.push(Clause::Check { superset: Box::new(clause), check: Box::new(check) });
        }
        Some(if clauses.len() == 1 { clauses.remove(0) } else { Clause::Any(clauses) })
    }

    /// The condition that any of the sources refers to any of the values.
    pub(super) fn reference_clause(
        self,
        sources: &[&Source],
        named: Option<ResourceType>,
        values: &[&str],
    ) -> Option<Clause> {
        let read = |value: &&str| self.value(named, &unescape(value));
        let values: Vec<Value> = values.iter().map(read).collect::<Option<_>>()?;
        self.name_targets(sources, &values);
        let groups = self.registry.grouped(sources, |source| {
            values.iter().flat_map(|value| self.reference(source, value)).collect()
        });
        Some(any(groups, |slots, values| Clause::Reference { slots, values }))
    }

    fn value(self, named: Option<ResourceType>, text: &str) -> Option<Value> {
        let kind = match Target::of_reference(text, self.context.base.trim_end_matches('/')) {
            Target::Local(kind, id) => {
                if named.is_some_and(|named| named != kind) {
                    return None;
                }
                ValueKind::Local(Some(kind), id)
            }
            Target::Url(url) => match LogicalId::try_from(url) {
                Ok(id) => ValueKind::Local(named, id),
                Err(_) if url.contains(':') => ValueKind::Url(Target::type_of(url).or(named), url.to_owned()),
                Err(_) => return None,
            },
            Target::Nothing => return None,
        };
        Some(Value { text: text.to_owned(), kind })
    }

    /// What a value means for the references of a source; nothing when it cannot be there. An id without a type is
    /// asked for with each type that the element may have, so that the index finds it.
    fn reference(self, source: &Source, value: &Value) -> Vec<ReferenceTest> {
        let hasher = self.registry.hasher();
        let url = |url: &str| vec![ReferenceTest { target: hasher.url(url), target_type: Some(-1) }];
        if source.url {
            return url(&value.text);
        }
        match (&value.kind, &source.only) {
            (ValueKind::Url(kind, _), Only::Target(only)) if *kind != Some(*only) => Vec::new(),
            (ValueKind::Url(_, text), _) => url(text),
            (ValueKind::Local(kind, id), _) => {
                let target = hasher.reference_id(id.as_str());
                let test = |kind: &ResourceType| ReferenceTest {
                    target,
                    target_type: i16::try_from(kind.index()).ok(),
                };
                match (kind, source.targets.as_slice()) {
                    (Some(kind), targets) if targets.is_empty() || targets.contains(kind) => vec![test(kind)],
                    (Some(_), _) => Vec::new(),
                    (None, []) => vec![ReferenceTest { target, target_type: None }],
                    (None, targets) => targets.iter().map(test).collect(),
                }
            }
        }
    }

    /// A reference to one patient, in the element that alone decides the book, binds the search to that book.
    pub(super) fn book_of(
        self,
        resource_type: ResourceType,
        clause: &Clause,
        value: &str,
    ) -> Option<LogicalId> {
        let deciding = self.registry.slot(self.registry.definition(resource_type).deciding_slot?)?;
        let Clause::Reference { slots, values } = clause else { return None };
        let patient = i16::try_from(ResourceType::PATIENT.index()).ok();
        let decides = slots.as_slice() == [deciding]
            && matches!(values.as_slice(), [test] if test.target_type == patient);
        match self.value(None, &unescape(value))?.kind {
            ValueKind::Local(_, id) if decides => Some(id),
            _ => None,
        }
    }
}
