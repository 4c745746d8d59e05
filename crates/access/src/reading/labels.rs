//! The labels that a resource gives: codes anywhere in it, and its `meta.security`.

use fhir::ResourceType;
use json::{Node, Value};

use crate::{LabelTable, Labels, PolicyDocument};

/// The labels of a resource.
pub(super) fn labels(document: &PolicyDocument, resource_type: ResourceType, node: &Node<'_>) -> Labels {
    let table = document.labels();
    let mut labels = Labels::NONE;
    // What says about labels does not carry them: who hides HIV from a facility does not say so by hiding it.
    if !matches!(resource_type.as_str(), "Consent" | "AuditEvent") {
        walk(table, "", node, &mut labels);
    }
    let shieldable = resource_type.as_str() == "Patient";
    let security = node.get("meta").and_then(|meta| meta.get("security"));
    for coding in security.map(Node::each).unwrap_or_default() {
        labels = labels | table.of_security(coding.text("system"), coding.text("code"), shieldable);
    }
    labels
}

/// The parser bounds the depth of a document.
fn walk(table: &LabelTable, name: &str, node: &Node<'_>, labels: &mut Labels) {
    match &node.value {
        Value::Array(items) => items.iter().for_each(|item| walk(table, name, item, labels)),
        Value::Object(members) => {
            let system = node.text("system");
            // Where a code stands without a system, only a `Coding` is a code of a classification.
            if let Some(code) = node.text("code")
                && (system.is_some() || name == "coding" || name.ends_with("Coding"))
            {
                *labels = *labels | table.of_coding(system, code);
            }
            // What `meta` says is read apart: there a code may mean another thing.
            for (name, member) in members.iter().filter(|(name, _)| name != "meta") {
                walk(table, name, member, labels);
            }
        }
        _ => {}
    }
}
