//! What criteria name by its id: a number of matches, or that there are none, tells of it, although it is not shown.

use fhir::{LogicalId, ResourceType};

use super::Reader;
use super::reference::{Value, ValueKind};
use crate::parameter::Source;

/// Something that criteria name: the value of a reference, an `_id`, a `_list`, also behind a chain and within `_has` or
/// `_filter`. What is in nobody's book by its type is left out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Named {
    /// Of which types it can be; empty means any.
    pub types: Vec<ResourceType>,
    /// The id.
    pub id: LogicalId,
}

impl From<(ResourceType, LogicalId)> for Named {
    fn from((resource_type, id): (ResourceType, LogicalId)) -> Self {
        Self { types: vec![resource_type], id }
    }
}

impl Reader<'_> {
    /// Notes an id that is named, and of which types it can be; no type means any.
    pub(super) fn name(self, types: &[ResourceType], id: &LogicalId) {
        let is_any = types.is_empty() || types.len() >= ResourceType::all().count();
        let kept = types.iter().copied().filter(|kind| !is_any && self.registry.lies_in_books(*kind));
        let mut types: Vec<ResourceType> = kept.collect();
        types.sort_unstable();
        types.dedup();
        if is_any || !types.is_empty() {
            self.named.borrow_mut().push(Named { types, id: id.clone() });
        }
    }

    /// Notes the resources of this server that references of these sources may lead to.
    pub(super) fn name_targets(self, sources: &[&Source], values: &[Value]) {
        let sources: Vec<&&Source> = sources.iter().filter(|source| !source.url).collect();
        if sources.is_empty() {
            return;
        }
        let is_any = sources.iter().any(|source| source.targets.is_empty());
        let targets = sources.iter().flat_map(|source| source.targets.iter().copied());
        let possible: Vec<ResourceType> = if is_any { Vec::new() } else { targets.collect() };
        for value in values {
            match &value.kind {
                ValueKind::Local(Some(kind), id) => self.name(&[*kind], id),
                ValueKind::Local(None, id) => self.name(&possible, id),
                ValueKind::Url(..) => {}
            }
        }
    }
}
