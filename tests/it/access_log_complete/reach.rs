//! What a run has reached: a comparison of what was never asked, or always refused, shows nothing.

use std::collections::BTreeMap;

use super::model::Books;
use super::proxy::Exchange;

/// What a long run must have been answered, each at least once with success.
const MUST: [&str; 36] = [
    "GET /fhir/:type/:id",
    "HEAD /fhir/:type/:id",
    "GET /fhir/:type/:id/_history/:version",
    "HEAD /fhir/:type/:id/_history/:version",
    "a version out of another book than that of the resource",
    "GET /fhir/:type/:id/_history",
    "GET /fhir/:type/_history",
    "GET /fhir/_history",
    "GET /fhir/:type",
    "POST /fhir/:type/_search",
    "GET /fhir/",
    "GET /fhir/:type/:id/:type",
    "POST /fhir/:type",
    "PUT /fhir/:type/:id",
    "PUT /fhir/:type",
    "PATCH /fhir/:type/:id",
    "PATCH /fhir/:type",
    "DELETE /fhir/:type/:id",
    "POST /fhir",
    "GET /fhir/:type/:id/$everything",
    "POST /fhir/:type/:id/$everything",
    "GET /fhir/:type/:id/$summary",
    "POST /fhir/:type/:id/$summary",
    "GET /fhir/:type/:id/$timeline",
    "GET /fhir/:type/$lastn",
    "POST /fhir/:type/$lastn",
    "POST /fhir/:type/$validate",
    "POST /fhir/:type/$match",
    "somebody found by $match",
    "GET /fhir/Provenance/:id",
    "GET /fhir/Provenance",
    "a search with _revinclude=Provenance:target",
    "GET /fhir/AuditEvent",
    "GET /fhir/AuditEvent/:id",
    "GET /transparency/extract",
    "POST /access/emergency",
];

/// How often each kind of request was answered with success, and how often not.
#[derive(Default)]
pub struct Reach(BTreeMap<String, (usize, usize)>);

impl Reach {
    pub fn add(&mut self, exchange: &Exchange, books: &Books) {
        let is_success = (200..300).contains(&exchange.answer.status);
        let (path, query) = exchange.target.split_once('?').unwrap_or((&exchange.target, ""));
        let mut count = |kind: String| {
            let (found, refused) = self.0.entry(kind).or_default();
            *if is_success { found } else { refused } += 1;
        };
        count(format!("{} {}", exchange.method, shape(path)));
        if let [_, "fhir", kind, id, "_history", version] = path.split('/').collect::<Vec<_>>()[..] {
            let name = format!("{kind}/{id}");
            if is_success && books.of(&name, version) != books.last(&name) {
                count("a version out of another book than that of the resource".to_owned());
            }
        }
        if query.contains("_revinclude=Provenance:target") {
            count("a search with _revinclude=Provenance:target".to_owned());
        }
        if path.ends_with("/$match") && exchange.answer.text().contains("\"fullUrl\"") {
            count("somebody found by $match".to_owned());
        }
    }

    /// What was never answered with success.
    pub fn missing(&self) -> Vec<&'static str> {
        let is_missing = |kind: &&str| self.0.get(*kind).is_none_or(|(found, _)| *found == 0);
        MUST.into_iter().filter(is_missing).collect()
    }

    /// A line for each kind.
    pub fn told(&self) -> String {
        let line = |(kind, (found, refused)): (&String, &(usize, usize))| {
            format!("{found:>7} answered, {refused:>7} refused or not there: {kind}")
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// A path without what it names.
fn shape(path: &str) -> String {
    let is_type = |part: &str| part.starts_with(|first: char| first.is_ascii_uppercase());
    let parts: Vec<&str> = path.split('/').collect();
    let mut shape: Vec<&str> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        shape.push(match index.checked_sub(1).map(|before| parts[before]) {
            _ if part.starts_with(['$', '_']) || ["Provenance", "AuditEvent", "*"].contains(part) => part,
            Some("_history") => ":version",
            Some(before) if is_type(before) => ":id",
            // `/access/blocks/ID`, `/access/relations/ID/end`
            Some("blocks" | "relations") => ":id",
            _ if is_type(part) => ":type",
            _ => part,
        });
    }
    shape.join("/")
}
