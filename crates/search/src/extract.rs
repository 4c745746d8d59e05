//! From a resource to its index rows, and to the patient in whose book it belongs.

use fhir::{LogicalId, ReferenceText, ResourceType};
use fhirpath::{Collection, Context, ElementItem};
use json::Node;

use crate::definitions::{R4, SlotDefinition, TypeDefinition};
use crate::parameter::Table;
use crate::{IndexRows, Registry, Slot, values};

/// What indexing a resource gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// How it can be found: sorted, without repetition.
    pub rows: IndexRows,
    /// The one patient in whose book it belongs; `None` when it names none or several.
    pub patient: Option<LogicalId>,
}

impl Registry {
    /// The index rows of a resource and the patient whose book it is part of.
    ///
    /// The book: of the parameters that put the type into the Patient compartment, the first that finds a
    /// patient of this server decides (`patient`, `subject`, `beneficiary`, then the others in the order of
    /// the compartment definition). If it finds several, the resource is in the shared book.
    pub fn extract(&self, resource_type: ResourceType, resource: &Node<'_>) -> Extracted {
        let definition = self.definition(resource_type);
        let mut rows = IndexRows::default();
        let mut patients: Vec<(usize, LogicalId)> = Vec::new();
        walk(definition, resource, |index, slot, items| {
            let Some(number) = self.slot(index) else { return };
            for item in items {
                match slot.table {
                    Table::Token => values::token_rows(self.hasher(), number, item, &mut rows.tokens),
                    Table::String => values::string_rows(number, item, &mut rows.strings),
                    Table::Date => values::date_rows(self.time_zone(), number, item, &mut rows.dates),
                    Table::Reference => {
                        let found = values::Target::of(item, self.base());
                        found.rows(self.hasher(), number, &mut rows.references);
                        if let values::Target::Local(ResourceType::PATIENT, id) = found {
                            patients.push((index, id));
                        }
                    }
                }
            }
        });
        sort(&mut rows.tokens);
        sort(&mut rows.strings);
        sort(&mut rows.dates);
        sort(&mut rows.references);
        Extracted { rows, patient: book(definition, &patients) }
    }

    /// The resources of this server that a resource refers to through any of these slots, in order, each once:
    /// what `_include` adds. Canonical urls are not resolved.
    pub fn references_of(
        &self,
        resource_type: ResourceType,
        resource: &Node<'_>,
        slots: &[Slot],
    ) -> Vec<(ResourceType, LogicalId)> {
        let context = context(self.definition(resource_type), resource);
        let mut found = Vec::new();
        for index in slots.iter().filter_map(|slot| self.slot_index(*slot)) {
            let Some(slot) = R4.slots.get(index).filter(|slot| slot.resource_type == resource_type) else {
                continue;
            };
            for item in evaluate(slot, &context) {
                if let values::Target::Local(kind, id) = values::Target::of(&item, self.base()) {
                    let target = (kind, id);
                    if !found.contains(&target) {
                        found.push(target);
                    }
                }
            }
        }
        found
    }

    /// The resource that the text of a reference names, if it is one of this server: relative, or under the
    /// base that the registry was given.
    pub fn local_target(&self, reference: &str) -> Option<(ResourceType, LogicalId)> {
        ReferenceText::parse(reference).local(self.base()).map(|(kind, id)| (kind, id.clone()))
    }
}

fn context<'a>(definition: &TypeDefinition, resource: &'a Node<'a>) -> Context<'a> {
    Context::new(ElementItem::new(resource, definition.type_id))
}

/// Calls back with every slot of the type that has values in the resource.
fn walk<'a>(
    definition: &TypeDefinition,
    resource: &'a Node<'a>,
    mut found: impl FnMut(usize, &SlotDefinition, &Collection<'a>),
) {
    let context = context(definition, resource);
    let members =
        resource.members().iter().filter_map(|(name, _)| definition.by_member.get(&**name)).flatten();
    for index in definition.always.iter().chain(members) {
        if let Some(slot) = R4.slots.get(*index) {
            found(*index, slot, &evaluate(slot, &context));
        }
    }
}

/// An expression that fails on a resource finds nothing in it: the resource is stored all the same.
fn evaluate<'a>(slot: &SlotDefinition, context: &Context<'a>) -> Collection<'a> {
    slot.expression.evaluate(context).unwrap_or_default()
}

fn sort<T: Ord>(rows: &mut Vec<T>) {
    rows.sort_unstable();
    rows.dedup();
}

fn book(definition: &TypeDefinition, patients: &[(usize, LogicalId)]) -> Option<LogicalId> {
    for slots in &definition.patient_slots {
        let mut named = patients.iter().filter(|(slot, _)| slots.contains(slot)).map(|(_, id)| id);
        if let Some(first) = named.next() {
            return named.all(|other| other == first).then(|| first.clone());
        }
    }
    None
}

#[cfg(test)]
#[path = "extract_tests.rs"]
mod tests;
