//! Reference values (R4 `search.html#reference`): `Type/id`, `id`, or a url.

use fhir::{LogicalId, ReferenceText, ResourceType};

use super::filter::any;
use super::text::unescape;
use super::{Parser, Refusal};
use crate::parameter::{Parameter, Source};
use crate::path::Only;
use crate::values::Target;
use crate::{Clause, ReferenceTest};

/// A value as it was read.
struct Value {
    /// The text as it stands in the query.
    text: String,
    kind: ValueKind,
}

enum ValueKind {
    /// A resource of this server; the type is known if the value or the modifier says it.
    Local(Option<ResourceType>, LogicalId),
    /// Something else; the type that its text shows.
    Url(Option<ResourceType>, String),
}

impl Parser<'_> {
    pub(super) fn references(
        &mut self,
        parameter: &Parameter,
        modifier: Option<&str>,
        values: &[&str],
    ) -> Result<Clause, Refusal> {
        let named = match modifier {
            None => None,
            Some(modifier) => {
                let kind: Option<ResourceType> = modifier.parse().ok();
                let possible =
                    kind.filter(|kind| parameter.targets.is_empty() || parameter.targets.contains(kind));
                Some(possible.ok_or_else(|| Refusal::modifier(parameter.code, modifier))?)
            }
        };
        let read = |value: &&str| self.value(named, &unescape(value));
        let values: Vec<Value> =
            values.iter().map(read).collect::<Option<_>>().ok_or_else(|| Refusal::value(parameter.code))?;
        let groups = self.grouped(parameter, |source| {
            values.iter().filter_map(|value| self.reference(source, value)).collect()
        });
        let clause = any(groups, |slots, values| Clause::Reference { slots, values });
        self.bind_to_book(&clause, &values);
        Ok(clause)
    }

    fn value(&self, named: Option<ResourceType>, text: &str) -> Option<Value> {
        let kind = match Target::of_reference(text, self.context.base.trim_end_matches('/')) {
            Target::Local(kind, id) => {
                if named.is_some_and(|named| named != kind) {
                    return None;
                }
                ValueKind::Local(Some(kind), id)
            }
            Target::Url(url) => match LogicalId::try_from(url) {
                Ok(id) => ValueKind::Local(named, id),
                Err(_) if url.contains(':') => ValueKind::Url(type_of(url).or(named), url.to_owned()),
                Err(_) => return None,
            },
            Target::Nothing => return None,
        };
        Some(Value { text: text.to_owned(), kind })
    }

    /// What a value means for the references of a source; `None` when it cannot be there.
    fn reference(&self, source: &Source, value: &Value) -> Option<ReferenceTest> {
        let hasher = self.registry.hasher();
        let url = |url: &str| ReferenceTest { target: hasher.url(url), target_type: Some(-1) };
        if source.url {
            return Some(url(&value.text));
        }
        match (&value.kind, &source.only) {
            (ValueKind::Url(kind, _), Only::Target(only)) if *kind != Some(*only) => None,
            (ValueKind::Url(_, text), _) => Some(url(text)),
            (ValueKind::Local(kind, id), _) => {
                let kind = match (*kind, source.targets.as_slice()) {
                    (Some(kind), targets) if targets.is_empty() || targets.contains(&kind) => Some(kind),
                    (Some(_), _) => return None,
                    (None, [only]) => Some(*only),
                    (None, _) => None,
                };
                let target_type = kind.and_then(|kind| i16::try_from(kind.index()).ok());
                Some(ReferenceTest { target: hasher.reference_id(id.as_str()), target_type })
            }
        }
    }

    /// A reference to one patient, in the element that alone decides the book, binds the search to that book.
    fn bind_to_book(&mut self, clause: &Clause, values: &[Value]) {
        let Some(deciding) = self.definition.deciding_slot.and_then(|slot| self.registry.slot(slot)) else {
            return;
        };
        let ([Value { kind: ValueKind::Local(_, id), .. }], Clause::Reference { slots, values }) =
            (values, clause)
        else {
            return;
        };
        let patient = i16::try_from(ResourceType::PATIENT.index()).ok();
        if slots.as_slice() == [deciding]
            && matches!(values.as_slice(), [test] if test.target_type == patient)
        {
            self.plan.book.get_or_insert_with(|| id.clone());
        }
    }
}

/// The type that a literal url shows.
fn type_of(url: &str) -> Option<ResourceType> {
    match ReferenceText::parse(url) {
        ReferenceText::Literal { resource_type, .. } => Some(resource_type),
        _ => None,
    }
}
