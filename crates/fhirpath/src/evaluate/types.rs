//! `is`, `as`, `ofType`, `type()`, `conformsTo()`.

use fhir::{Kind, TypeId};

use super::{Evaluator, Outcome, single};
use crate::error::EvaluateError;
use crate::item::{Collection, Item};
use crate::tree::{TypeSpecifier, TypeTest};

impl<'a> Evaluator<'_, 'a> {
    pub(super) fn type_test(
        &self,
        input: &[Item<'a>],
        test: TypeTest,
        specifier: &TypeSpecifier,
        out: &mut Collection<'a>,
    ) -> Outcome {
        self.charge(input.len())?;
        match test {
            TypeTest::Is => {
                let item = single(input, test.name())?;
                out.extend(item.map(|item| Item::from(is(item, specifier))));
            }
            TypeTest::As if self.context.strict && input.len() > 1 => {
                return Err(EvaluateError::NotSingle(test.name()));
            }
            // The search parameters of R4 say `as` of several components and mean `ofType`.
            TypeTest::As | TypeTest::OfType => {
                out.extend(input.iter().filter(|item| is_cast(item, specifier)).cloned());
            }
        }
        Ok(())
    }

    /// Whether the resource conforms to the base definition of a type; profiles are not known here.
    pub(super) fn conforms_to(&self, input: &[Item<'a>], url: &str) -> Result<Option<bool>, EvaluateError> {
        let unknown = EvaluateError::Unsupported("conformsTo");
        let Some(item) = single(input, "conformsTo")? else {
            return Ok(None);
        };
        let name = url.strip_prefix("http://hl7.org/fhir/StructureDefinition/").ok_or(unknown.clone())?;
        let type_id = TypeId::named(name).ok_or(unknown)?;
        Ok(Some(item.type_id().is_some_and(|own| own.is_a(type_id))))
    }
}

fn is(item: &Item<'_>, specifier: &TypeSpecifier) -> bool {
    match item {
        Item::Element(element) => specifier.fhir.is_some_and(|type_id| element.type_id().is_a(type_id)),
        Item::Value(value) => specifier.system == Some(value.system_type()),
    }
}

/// A cast takes a primitive only for what it is itself: a code is a string, but not cast to one.
fn is_cast(item: &Item<'_>, specifier: &TypeSpecifier) -> bool {
    match item.type_id() {
        Some(type_id) if type_id.kind() == Kind::Primitive => specifier.fhir == Some(type_id),
        _ => is(item, specifier),
    }
}
