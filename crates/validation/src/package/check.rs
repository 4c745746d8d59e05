//! Whether everything in a package can be understood: asked when it is added, so that nothing is found out later.

use std::collections::HashSet;

use fhirpath::Expression;
use json::{Limits, Node};

use super::{Package, PackageError, url};

impl Package {
    /// What of the package cannot be understood, at most one fault for each resource: its structure by R4, its url,
    /// the FHIRPath of its invariants.
    pub fn check(&self) -> Vec<PackageError> {
        let mut seen = HashSet::new();
        let mut expressions = Expressions::default();
        let mut faults = Vec::new();
        for text in &self.resources {
            let fault = match json::parse(text.as_bytes(), &Limits::default()) {
                Ok(resource) => {
                    check(&resource, &mut seen, &mut expressions).map(|reason| (named(&resource), reason))
                }
                Err(error) => Some((url(text).unwrap_or_default(), error.to_string())),
            };
            faults.extend(fault.map(|(resource, reason)| PackageError::Resource { resource, reason }));
        }
        faults
    }
}

/// How a resource is called: by its url, or by its type and id.
fn named(resource: &Node<'_>) -> String {
    let part = |name| resource.text(name).unwrap_or_default();
    match part("url") {
        "" => format!("{}/{}", part("resourceType"), part("id")),
        url => url.to_owned(),
    }
}

fn check(
    resource: &Node<'_>,
    seen: &mut HashSet<[String; 3]>,
    expressions: &mut Expressions,
) -> Option<String> {
    let (_, issues) = fhir::check_resource(resource);
    if let Some(issue) = issues.first() {
        let place = issue.expression.as_deref().unwrap_or_default();
        let more = if issues.len() > 1 { format!(" (and {} more)", issues.len() - 1) } else { String::new() };
        return Some(format!("{place}: {}{more}", issue.fault.english()));
    }
    let part = |name: &str| resource.text(name).unwrap_or_default().to_owned();
    let kind = part("resourceType");
    // A NamingSystem has no url in R4; its unique ids stand for it.
    if kind != "NamingSystem" {
        if part("url").is_empty() {
            return Some(format!("a {kind} without a url"));
        }
        if !seen.insert([kind.clone(), part("url"), part("version")]) {
            return Some(format!("two of type {kind} have this url and version"));
        }
    }
    if kind == "StructureDefinition" { unreadable_invariant(resource, expressions) } else { None }
}

/// The first invariant whose expression is not FHIRPath that can be read.
fn unreadable_invariant(resource: &Node<'_>, expressions: &mut Expressions) -> Option<String> {
    let elements =
        ["differential", "snapshot"].into_iter().filter_map(|part| resource.get(part)?.get("element"));
    for element in elements.flat_map(Node::items) {
        let constraints = element.get("constraint").map(Node::items).unwrap_or_default();
        for constraint in constraints {
            let Some(expression) = constraint.text("expression") else { continue };
            if !expressions.can_be_read(expression) {
                let key = constraint.text("key").unwrap_or_default();
                let id = element.text("id").or(element.text("path")).unwrap_or_default();
                return Some(format!("the FHIRPath of the invariant {key} of {id} cannot be read"));
            }
        }
    }
    None
}

/// Expressions that were read before: a snapshot repeats those of R4 many times.
#[derive(Default)]
struct Expressions {
    good: HashSet<String>,
}

impl Expressions {
    fn can_be_read(&mut self, text: &str) -> bool {
        if self.good.contains(text) {
            return true;
        }
        let good = Expression::parse(text).is_ok();
        if good {
            self.good.insert(text.to_owned());
        }
        good
    }
}
