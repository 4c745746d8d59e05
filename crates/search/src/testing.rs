//! What the tests of this crate share.

use std::collections::HashMap;
use std::sync::LazyLock;

use fhir::{Instant, LogicalId, ResourceType};
use jiff::tz::TimeZone;
use json::Node;

use crate::{Clause, Extracted, Hasher, ParsedQuery, QueryContext, Registry, Slot, Subject};

static SLOTS: LazyLock<HashMap<String, Slot>> = LazyLock::new(|| {
    Registry::slot_expressions(&[])
        .into_iter()
        .zip(1_i16..)
        .map(|(name, number)| (name, Slot(number)))
        .collect()
});

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    Registry::new(&SLOTS, Vec::new(), Hasher::new([1; 16]), zone).with_base("http://own/fhir")
});

/// A registry with all slots, in Vietnamese time, at `http://own/fhir`.
pub(crate) fn registry() -> &'static Registry {
    &REGISTRY
}

/// The number of a slot.
pub(crate) fn slot(name: &str) -> Slot {
    *SLOTS.get(name).unwrap_or_else(|| panic!("no slot {name}"))
}

/// The name of a slot.
pub(crate) fn slot_name(slot: Slot) -> &'static str {
    SLOTS.iter().find(|(_, number)| **number == slot).map(|(name, _)| name.as_str()).unwrap()
}

/// Microseconds of a moment.
pub(crate) fn moment(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

/// A resource of that text, and its type. The text lives as long as the tests.
pub(crate) fn resource(text: &str) -> (ResourceType, &'static Node<'static>) {
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
    (node.text("resourceType").unwrap().parse().unwrap(), Box::leak(Box::new(node)))
}

/// What indexing a resource gives.
pub(crate) fn extract(text: &str) -> Extracted {
    let (kind, node) = resource(text);
    registry().extract(kind, node)
}

/// At this moment.
pub(crate) fn context() -> QueryContext<'static> {
    let now = Instant::try_from("2026-11-25T00:00:00Z").unwrap();
    QueryContext { base: "http://own/fhir", now, default_count: 20, most_count: 500 }
}

/// A query on types that are separated by commas; none means every type.
pub(crate) fn parse_with(registry: &Registry, types: &str, query: &[(&str, &str)]) -> ParsedQuery {
    let pairs: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let types: Vec<ResourceType> =
        types.split(',').filter(|kind| !kind.is_empty()).map(|kind| kind.parse().unwrap()).collect();
    registry.parse(&types, &pairs, &context())
}

/// Whether a resource, stored at 2026-11-25T10:30:00.123Z, is found by a query of its type with this condition.
pub(crate) fn finds(text: &str, name: &str, value: &str) -> bool {
    let (kind, node) = resource(text);
    let parsed = parse_with(registry(), kind.as_str(), &[(name, value)]);
    assert_eq!(parsed.issues().count(), 0, "{name}={value}: {:?}", parsed.issues().next());
    let clause = Clause::All(parsed.plan.clauses);
    let found = holds(registry(), &clause, kind, node);
    // What the index alone is asked for must let everything through that is found.
    assert!(!found || holds(registry(), &superset(&clause), kind, node), "superset of {name}={value}");
    found
}

/// The clause with its checks left to the index, where that can only add to what it finds.
fn superset(clause: &Clause) -> Clause {
    match clause {
        Clause::All(parts) => Clause::All(parts.iter().map(superset).collect()),
        Clause::Any(parts) => Clause::Any(parts.iter().map(superset).collect()),
        Clause::Check { superset, .. } => (**superset).clone(),
        other => other.clone(),
    }
}

/// Whether a condition holds for a resource.
pub(crate) fn holds(registry: &Registry, clause: &Clause, kind: ResourceType, node: &Node<'_>) -> bool {
    let id = LogicalId::try_from(node.text("id").unwrap_or("x")).unwrap();
    let updated = Instant::try_from("2026-11-25T10:30:00.123Z").unwrap();
    let rows = registry.extract(kind, node).rows;
    registry.holds(clause, &Subject { resource_type: kind, id: &id, updated, resource: node, rows: &rows })
}
