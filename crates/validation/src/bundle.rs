//! Bundles as units: which references lead to which entries, and what holds for all of them together
//! (R4 `bundle.html`, `documents.html`).

use std::collections::{HashMap, HashSet};

use fhir::{Fault, ReferenceText};
use json::Node;

use crate::report::Report;

/// The entries of a Bundle by what references call them.
#[derive(Debug)]
pub(crate) struct Entries<'a> {
    by_url: HashMap<&'a str, usize>,
    /// `Type/id` of the resource itself.
    by_identity: HashMap<String, usize>,
    resources: Vec<Option<&'a Node<'a>>>,
    pub(crate) kind: &'a str,
}

impl<'a> Entries<'a> {
    pub(crate) fn of(bundle: &'a Node<'a>) -> Self {
        let entries = bundle.get("entry").map(Node::items).unwrap_or_default();
        let mut found = Self {
            by_url: HashMap::new(),
            by_identity: HashMap::new(),
            resources: Vec::with_capacity(entries.len()),
            kind: bundle.text("type").unwrap_or_default(),
        };
        for (index, entry) in entries.iter().enumerate() {
            let resource = entry.get("resource");
            found.resources.push(resource);
            if let Some(url) = entry.text("fullUrl") {
                found.by_url.entry(url).or_insert(index);
            }
            if let Some(resource) = resource
                && let (Some(name), Some(id)) = (resource.text("resourceType"), resource.text("id"))
            {
                found.by_identity.entry(format!("{name}/{id}")).or_insert(index);
            }
        }
        found
    }

    /// The entry that a reference leads to: by fullUrl, by the base of the entry it stands in, by type and id.
    pub(crate) fn index_of(&self, reference: &str, full_url: Option<&str>) -> Option<usize> {
        if let Some(index) = self.by_url.get(reference) {
            return Some(*index);
        }
        let ReferenceText::Literal { base, resource_type, id, .. } = ReferenceText::parse(reference) else {
            return None;
        };
        let identity = format!("{resource_type}/{id}");
        let base = base.or_else(|| match ReferenceText::parse(full_url?) {
            ReferenceText::Literal { base, .. } => base,
            _ => None,
        });
        let by_base = base.and_then(|base| self.by_url.get(format!("{base}/{identity}").as_str()));
        by_base.or_else(|| self.by_identity.get(&identity)).copied()
    }

    pub(crate) fn find(&self, reference: &str, full_url: Option<&str>) -> Option<&'a Node<'a>> {
        self.resources.get(self.index_of(reference, full_url)?).copied().flatten()
    }

    /// Whether entries are meant to be read together, so that a urn must lead to one of them.
    pub(crate) fn is_closed(&self) -> bool {
        !matches!(self.kind, "history")
    }
}

/// A reference that was met inside of an entry.
#[derive(Debug)]
pub(crate) struct Met<'a> {
    pub(crate) entry: usize,
    pub(crate) text: &'a str,
    pub(crate) full_url: Option<&'a str>,
    pub(crate) place: String,
}

/// What holds for the Bundle as a whole: urls of entries, references between them.
pub(crate) fn check<'a>(
    bundle: &'a Node<'a>,
    entries: &Entries<'a>,
    met: &[Met<'a>],
    outer: &str,
    report: &mut Report,
) {
    for (index, entry) in bundle.get("entry").map(Node::items).unwrap_or_default().iter().enumerate() {
        full_url(entry, index, entries.kind, outer, report);
    }
    let is_document = entries.kind == "document";
    for reference in met {
        if entries.index_of(reference.text, reference.full_url).is_some() {
            continue;
        }
        let is_urn = reference.text.starts_with("urn:uuid:") || reference.text.starts_with("urn:oid:");
        // The Composition of a document leads to entries only; other resources may refer to what is elsewhere.
        let of_composition = is_document && reference.entry == 0 && !reference.text.starts_with('#');
        if (is_urn && entries.is_closed()) || of_composition {
            report.error(&reference.place, Fault::BundleReference);
        }
    }
    if is_document && report.wants_advice() {
        unreached(entries, met, outer, report);
    }
}

fn full_url(entry: &Node<'_>, index: usize, kind: &str, outer: &str, report: &mut Report) {
    let Some(resource) = entry.get("resource") else { return };
    let place = || format!("{outer}.entry[{index}]");
    let Some(url) = entry.text("fullUrl") else {
        let is_needed =
            !matches!(kind, "batch" | "transaction" | "batch-response" | "transaction-response" | "history");
        if is_needed && resource.text("resourceType") != Some("OperationOutcome") {
            report.error(&place(), Fault::BundleFullUrl);
        }
        return;
    };
    if let ReferenceText::Literal { resource_type, id, base: Some(_), .. } = ReferenceText::parse(url)
        && let Some(name) = resource.text("resourceType")
    {
        let is_same =
            name == resource_type.as_str() && resource.text("id").is_none_or(|own| own == id.as_str());
        if !is_same {
            report.error(&format!("{}.fullUrl", place()), Fault::BundleFullUrl);
        }
    }
}

/// Entries that no chain of references joins to the Composition, in either direction.
fn unreached(entries: &Entries<'_>, met: &[Met<'_>], outer: &str, report: &mut Report) {
    let mut joined: HashMap<usize, Vec<usize>> = HashMap::new();
    for reference in met {
        if let Some(target) = entries.index_of(reference.text, reference.full_url) {
            joined.entry(reference.entry).or_default().push(target);
            joined.entry(target).or_default().push(reference.entry);
        }
    }
    let mut seen = HashSet::from([0_usize]);
    let mut waiting = vec![0_usize];
    while let Some(index) = waiting.pop() {
        for next in joined.get(&index).into_iter().flatten() {
            if seen.insert(*next) {
                waiting.push(*next);
            }
        }
    }
    for index in (0..entries.resources.len()).filter(|index| !seen.contains(index)) {
        report.advise(&format!("{outer}.entry[{index}]"), Fault::BundleUnreached);
    }
}
