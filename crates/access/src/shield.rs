//! The location shield: a copy of a resource without what tells where somebody lives or is treated, and the way back when
//! such a copy is sent again.

use std::collections::HashSet;

use fhir::ResourceType;
use json::{Member, Node, Value};

/// Elements of a `Patient` that tell where somebody lives, or who is near.
const OF_PATIENT: [&str; 6] =
    ["address", "telecom", "contact", "managingOrganization", "generalPractitioner", "text"];
/// Elements of an `Encounter` that tell where somebody is treated.
const OF_ENCOUNTER: [&str; 4] = ["location", "serviceProvider", "hospitalization", "text"];
/// Values of extensions that tell a place, or lead to one.
const VALUES: [&str; 4] = ["valueAddress", "valueContactPoint", "valueContactDetail", "valueReference"];

/// The location shield of books.
#[derive(Debug, Clone, Copy)]
pub struct Shield;

impl Shield {
    /// The types whose resources are shown without some elements.
    pub const PARTLY: [ResourceType; 2] = [ResourceType::PATIENT, ResourceType::ENCOUNTER];
    /// What `meta.security` says of a copy from which something was taken out: the system.
    pub const SYSTEM: &'static str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
    /// And the code.
    pub const CODE: &'static str = "REDACTED";
    /// The type whose resources are not shown at all: it tells with whom somebody lives.
    pub const WHOLLY: ResourceType = ResourceType::RELATED_PERSON;

    /// Whether elements of this type are taken out.
    pub fn is_about(resource_type: ResourceType) -> bool {
        Self::PARTLY.contains(&resource_type)
    }

    /// Takes out what tells a place.
    pub fn redact(resource_type: ResourceType, resource: &mut Node<'_>) {
        let names = guarded(resource_type);
        if names.is_empty() {
            return;
        }
        if let Value::Object(members) = &mut resource.value {
            members.retain(|(name, _)| !names.contains(&plain(name)));
        }
        if let Some(meta) = resource.get_mut("meta") {
            // The address of the system that it came from.
            meta.take("source");
        }
        let contained = resource.take("contained");
        without_places(resource);
        let Some(contained) = contained else { return };
        // What is referred to still keeps its place, so that no reference leads nowhere.
        let wanted = local_references(resource);
        let kept =
            contained.items().iter().filter(|item| item.text("id").is_some_and(|id| wanted.contains(id)));
        let kept: Vec<Node<'static>> = kept.map(outline).collect();
        push_items(resource, "contained", kept);
    }

    /// Says in `meta.security` that something was taken out.
    pub fn mark(resource: &mut Node<'_>) {
        if Self::is_marked(resource) {
            return;
        }
        let coding =
            vec![("system".into(), Node::string(Self::SYSTEM)), ("code".into(), Node::string(Self::CODE))];
        if let Some(meta) = meta_of(resource) {
            push_items(meta, "security", vec![Node::new(Value::Object(coding))]);
        }
    }

    /// Whether `meta.security` says so.
    pub fn is_marked(resource: &Node<'_>) -> bool {
        let security = resource.get("meta").and_then(|meta| meta.get("security"));
        security.is_some_and(|security| security.items().iter().any(is_mark))
    }

    /// Puts into what is sent what it lacks because it was taken out of `stored`. What is sent wins.
    pub fn restore(resource_type: ResourceType, stored: &Node<'_>, sent: &mut Node<'_>) {
        let names = guarded(resource_type);
        if names.is_empty() {
            return;
        }
        if !Self::is_marked(stored) {
            unmark(sent);
        }
        let given: HashSet<String> = sent.members().iter().map(|(name, _)| plain(name).to_owned()).collect();
        let missing = |name: &str| names.contains(&plain(name)) && !given.contains(plain(name));
        let taken: Vec<Member<'static>> =
            stored.members().iter().filter(|(name, _)| missing(name)).map(copy).collect();
        if let Value::Object(members) = &mut sent.value {
            members.extend(taken);
        }
        if let Some(source) = stored.get("meta").and_then(|meta| meta.get("source"))
            && let Some(meta) = meta_of(sent).filter(|meta| meta.get("source").is_none())
        {
            push(meta, "source", source.to_static());
        }
        for name in ["extension", "modifierExtension"] {
            let there = sent.get(name).map(copies).unwrap_or_default();
            let known = stored.get(name).map(copies).unwrap_or_default();
            let hidden = known.into_iter().filter(|item| tells_place(item) && !there.contains(item));
            push_items(sent, name, hidden.collect());
        }
        restore_contained(stored, sent);
    }
}

fn guarded(resource_type: ResourceType) -> &'static [&'static str] {
    match resource_type {
        ResourceType::PATIENT => &OF_PATIENT,
        ResourceType::ENCOUNTER => &OF_ENCOUNTER,
        _ => &[],
    }
}

/// The name of an element without the underscore of what stands beside a primitive.
fn plain(name: &str) -> &str {
    name.strip_prefix('_').unwrap_or(name)
}

fn copy((name, node): &Member<'_>) -> Member<'static> {
    (name.to_string().into(), node.to_static())
}

fn copies(list: &Node<'_>) -> Vec<Node<'static>> {
    list.items().iter().map(Node::to_static).collect()
}

/// The `meta` of a resource, which is made when there is none.
fn meta_of<'n, 'a>(resource: &'n mut Node<'a>) -> Option<&'n mut Node<'a>> {
    if resource.get("meta").is_none() {
        push(resource, "meta", Node::new(Value::Object(Vec::new())));
    }
    resource.get_mut("meta")
}

fn push<'a>(node: &mut Node<'a>, name: &str, value: Node<'a>) {
    if let Value::Object(members) = &mut node.value {
        members.push((name.to_owned().into(), value));
    }
}

/// Appends to the array of that name, which is made when there is none.
fn push_items<'a>(node: &mut Node<'a>, name: &str, more: Vec<Node<'a>>) {
    if more.is_empty() {
        return;
    }
    match node.get_mut(name).map(|list| &mut list.value) {
        Some(Value::Array(items)) => items.extend(more),
        Some(other) => *other = Value::Array(more),
        None => push(node, name, Node::new(Value::Array(more))),
    }
}

fn is_mark(coding: &Node<'_>) -> bool {
    coding.text("system") == Some(Shield::SYSTEM) && coding.text("code") == Some(Shield::CODE)
}

fn unmark(sent: &mut Node<'_>) {
    let Some(meta) = sent.get_mut("meta") else { return };
    if let Some(Value::Array(items)) = meta.get_mut("security").map(|security| &mut security.value) {
        items.retain(|coding| !is_mark(coding));
        if items.is_empty() {
            meta.take("security");
        }
    }
    if meta.members().is_empty() {
        sent.take("meta");
    }
}

/// Whether a value of an extension, at any depth of it, tells a place.
fn tells_place(extension: &Node<'_>) -> bool {
    extension.members().iter().any(|(name, value)| {
        VALUES.contains(&name.as_ref())
            || value.each().iter().any(|item| !item.members().is_empty() && tells_place(item))
    })
}

/// Takes out the extensions that tell a place, wherever they stand.
fn without_places(node: &mut Node<'_>) {
    match &mut node.value {
        Value::Object(members) => {
            members.retain_mut(|(name, value)| {
                if let (true, Value::Array(items)) = (name.ends_with("xtension"), &mut value.value) {
                    items.retain(|item| !tells_place(item));
                    return !items.is_empty();
                }
                let before = is_empty(value);
                without_places(value);
                before || !is_empty(value)
            });
        }
        Value::Array(items) => {
            for item in items.iter_mut() {
                let before = is_empty(item);
                without_places(item);
                // In the array beside a primitive one the others keep their places.
                if !before && is_empty(item) {
                    item.value = Value::Null;
                }
            }
        }
        _ => {}
    }
}

fn is_empty(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Object(members) => members.is_empty(),
        Value::Array(items) => items.iter().all(|item| item.value == Value::Null),
        _ => false,
    }
}

/// The ids that references inside of the resource name: `#id`.
fn local_references(node: &Node<'_>) -> HashSet<String> {
    fn walk(node: &Node<'_>, found: &mut HashSet<String>) {
        if let Some(id) = node.text("reference").and_then(|text| text.strip_prefix('#')) {
            found.insert(id.to_owned());
        }
        node.items().iter().for_each(|item| walk(item, found));
        node.members().iter().for_each(|(_, value)| walk(value, found));
    }
    let mut found = HashSet::new();
    walk(node, &mut found);
    found
}

/// A contained resource of which nothing is told but that it is there.
fn outline(contained: &Node<'_>) -> Node<'static> {
    let told = contained.members().iter().filter(|(name, _)| matches!(name.as_ref(), "resourceType" | "id"));
    Node::new(Value::Object(told.map(copy).collect()))
}

fn is_outline(contained: &Node<'_>) -> bool {
    contained.members().iter().all(|(name, _)| matches!(name.as_ref(), "resourceType" | "id"))
}

/// Puts contained resources back: those of which only the outline came, and those that what was put back refers to.
fn restore_contained(stored: &Node<'_>, sent: &mut Node<'_>) {
    let known = stored.get("contained").map(copies).unwrap_or_default();
    let of_id = |id: Option<&str>| known.iter().find(|item| id.is_some() && item.text("id") == id);
    if let Some(Value::Array(items)) = sent.get_mut("contained").map(|list| &mut list.value) {
        for item in items.iter_mut().filter(|item| is_outline(item)) {
            if let Some(whole) = of_id(item.text("id")) {
                *item = whole.clone();
            }
        }
    }
    // Each round adds at least one of them.
    for _ in 0..known.len() {
        let wanted = local_references(sent);
        let there: HashSet<String> = sent
            .get("contained")
            .map(|list| list.items().iter().filter_map(|item| item.text("id")).map(str::to_owned).collect())
            .unwrap_or_default();
        let lacking = |item: &&Node<'static>| {
            item.text("id").is_some_and(|id| wanted.contains(id) && !there.contains(id))
        };
        let more: Vec<Node<'static>> = known.iter().filter(lacking).cloned().collect();
        if more.is_empty() {
            return;
        }
        push_items(sent, "contained", more);
    }
}
