//! From a resource to its index rows, and to the patient in whose book it belongs.

use fhir::{LogicalId, ReferenceText, ResourceType};
use fhirpath::{Collection, Context, Item};
use json::Node;

use crate::definitions::{SlotDefinition, TypeDefinition};
use crate::parameter::{Composite, Source, Table};
use crate::path::Only;
use crate::quantity::Extent;
use crate::{IndexRows, Registry, Slot, TextSource, values};

/// What indexing a resource gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extracted {
    /// How it can be found: sorted, without repetition.
    pub rows: IndexRows,
    /// The one patient in whose book it belongs; `None` when it names none or several.
    pub patient: Option<LogicalId>,
}

/// What the walk through a resource found.
#[derive(Default)]
struct Filled {
    /// Slots with values.
    slots: Vec<usize>,
    /// By slot, the types that its references name; of a url the type that it shows.
    targets: Vec<(usize, ResourceType)>,
}

impl Registry {
    /// The index rows of a resource and the patient whose book it is part of.
    ///
    /// The book: of the parameters that put the type into the Patient compartment, the first that finds a
    /// patient of this server decides (`patient`, `subject`, `beneficiary`, then the others in the order of
    /// the compartment definition; of a type that the compartment leaves out `patient`, then `subject`). If it finds several, the resource is in the shared book.
    pub fn extract(&self, resource_type: ResourceType, resource: &Node<'_>) -> Extracted {
        let definition = self.definition(resource_type);
        let mut rows = IndexRows::default();
        let mut patients: Vec<(usize, LogicalId)> = Vec::new();
        let mut filled = Filled::default();
        self.walk(definition, resource_type, resource, |index, slot, items| {
            let Some(number) = self.slot(index) else { return };
            let before = rows.len();
            for item in items {
                if slot.table == Table::Reference {
                    let target = values::Target::of(item, self.base());
                    filled.targets.extend(target.resource_type().map(|kind| (index, kind)));
                    if let values::Target::Local(ResourceType::PATIENT, id) = target {
                        patients.push((index, id));
                    }
                }
                index_item(self, slot.table, number, item, &mut rows);
            }
            if rows.len() > before || items.iter().any(|item| is_value(self, slot.table, item)) {
                filled.slots.push(index);
            }
        });
        sort(&mut rows.tokens);
        sort(&mut rows.strings);
        sort(&mut rows.dates);
        sort(&mut rows.references);
        sort(&mut rows.quantities);
        rows.present = self.presence(definition, resource_type, resource, &rows, &filled);
        Extracted { rows, patient: book(definition, &patients) }
    }

    /// The bits of the parameters that have a value.
    fn presence(
        &self,
        definition: &TypeDefinition,
        resource_type: ResourceType,
        resource: &Node<'_>,
        rows: &IndexRows,
        filled: &Filled,
    ) -> i64 {
        let mut present = 0;
        for parameter in &definition.parameters {
            let Some(bit) = parameter.bit else { continue };
            let has_value = |source: &Source| {
                filled.slots.contains(&source.slot) && self.source_has_value(source, rows, filled)
            };
            let has = if parameter.composites.is_empty() {
                parameter.sources.iter().any(has_value)
            } else {
                parameter.composites.iter().any(|composite| {
                    composite.components.iter().all(|component| component.sources.iter().any(has_value))
                        && self.composite_has_value(composite, resource_type, resource)
                })
            };
            if has {
                present |= 1_i64 << bit;
            }
        }
        present
    }

    /// Whether rows of a source exist that the parameter takes.
    fn source_has_value(&self, source: &Source, rows: &IndexRows, filled: &Filled) -> bool {
        match &source.only {
            Only::All => true,
            Only::Target(kind) => filled.targets.contains(&(source.slot, *kind)),
            Only::System(system) => {
                let Some(slot) = self.slot(source.slot) else { return false };
                let system = self.hasher().system(system);
                rows.tokens.iter().any(|row| row.slot == slot && row.system == system)
            }
        }
    }

    fn composite_has_value(
        &self,
        composite: &Composite,
        resource_type: ResourceType,
        resource: &Node<'_>,
    ) -> bool {
        let Some(element) = &composite.element else { return true };
        let context = || self.context(resource_type, resource);
        let elements = element.evaluate(&context()).unwrap_or_default();
        elements.iter().any(|element| {
            composite.components.iter().all(|component| {
                let focus = context().with_focus(element.clone());
                let Some(table) = component.kind.table() else { return false };
                let items = component.expression.evaluate(&focus).unwrap_or_default();
                items.iter().any(|item| is_value(self, table, item))
            })
        })
    }

    /// The texts by which a resource is sorted under a token, uri or reference parameter: codes, uris, references.
    pub fn sort_texts(
        &self,
        resource_type: ResourceType,
        resource: &Node<'_>,
        sources: &[TextSource],
    ) -> Vec<String> {
        let mut texts = Vec::new();
        for source in sources {
            let Some(definition) = self.slot_definition(source.slot) else { continue };
            for item in &self.items(source.slot, resource_type, resource) {
                if definition.table == Table::Reference {
                    let target = values::Target::of(item, self.base());
                    if source.target.is_none() || target.resource_type() == source.target {
                        texts.extend(target.text());
                    }
                } else {
                    values::tokens(item, &mut |system, code| {
                        if !code.is_empty() && source.system.as_deref().is_none_or(|wanted| wanted == system)
                        {
                            texts.push(code.to_owned());
                        }
                    });
                }
            }
        }
        texts
    }

    /// The resources of this server that a resource refers to through any of these slots, in order, each once:
    /// what `_include` adds. Canonical urls are not resolved.
    pub fn references_of(
        &self,
        resource_type: ResourceType,
        resource: &Node<'_>,
        slots: &[Slot],
    ) -> Vec<(ResourceType, LogicalId)> {
        let mut found = Vec::new();
        for slot in slots {
            for item in &self.items(*slot, resource_type, resource) {
                if let values::Target::Local(kind, id) = values::Target::of(item, self.base()) {
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

    /// Calls back with every slot of the type that has values in the resource.
    fn walk<'a>(
        &self,
        definition: &TypeDefinition,
        resource_type: ResourceType,
        resource: &'a Node<'a>,
        mut found: impl FnMut(usize, &SlotDefinition, &Collection<'a>),
    ) {
        let context = self.context(resource_type, resource);
        let members =
            resource.members().iter().filter_map(|(name, _)| definition.by_member.get(&**name)).flatten();
        for index in definition.always.iter().chain(members) {
            if let Some(slot) = self.slot_at(*index) {
                found(*index, slot, &evaluate(slot, &context));
            }
        }
    }
}

/// Adds the rows of one item to those of its table.
pub(crate) fn index_item(
    registry: &Registry,
    table: Table,
    slot: Slot,
    item: &Item<'_>,
    rows: &mut IndexRows,
) {
    let hasher = registry.hasher();
    match table {
        Table::Token | Table::ReferenceIdentifier => values::token_rows(hasher, slot, item, &mut rows.tokens),
        Table::String => values::string_rows(hasher, slot, item, &mut rows.strings),
        Table::Words => values::word_rows(slot, item, &mut rows.strings),
        Table::Date => values::date_rows(registry.time_zone(), slot, item, &mut rows.dates),
        Table::Reference => {
            values::Target::of(item, registry.base()).rows(hasher, slot, &mut rows.references);
        }
        Table::Quantity => rows.quantities.extend(Extent::of(item).map(|extent| extent.row(hasher, slot))),
    }
}

/// Whether an item is a value that a search can find: not only extensions, nor the display of a reference. A concept
/// without a code is found by its text.
pub(crate) fn is_value(registry: &Registry, table: Table, item: &Item<'_>) -> bool {
    let kind = item.element().map(|element| element.type_id().name());
    match (table, kind) {
        (Table::Token, Some("CodeableConcept" | "Coding" | "Identifier" | "ContactPoint")) => true,
        (Table::Reference, _) => {
            values::Target::of(item, registry.base()) != values::Target::Nothing
                || item.node().is_some_and(|node| node.get("identifier").is_some())
        }
        _ => {
            let mut rows = IndexRows::default();
            index_item(registry, table, Slot(0), item, &mut rows);
            rows != IndexRows::default() || (table == Table::Words && item.text().is_some())
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

#[cfg(test)]
#[path = "presence_tests.rs"]
mod presence_tests;
