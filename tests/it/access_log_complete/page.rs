//! What an answer shows, as JSON or XML.

use std::collections::BTreeSet;

use serde_json::Value;

use super::words::tag;

/// Whom the `AuditEvent`s of an answer in JSON are about: the entities with the role of a patient.
pub fn people_of_events(body: &str) -> BTreeSet<String> {
    let parsed: Value = serde_json::from_str(body).unwrap_or_default();
    let listed = parsed["entry"].as_array().cloned().unwrap_or_default();
    let events = listed.into_iter().map(|entry| entry["resource"].clone()).chain([parsed]);
    let entities = events
        .filter(|event| event["resourceType"] == "AuditEvent")
        .flat_map(|event| event["entity"].as_array().cloned().unwrap_or_default());
    let people = entities.filter(|entity| entity["role"]["code"] == "1");
    people.filter_map(|entity| entity["what"]["reference"].as_str().map(str::to_owned)).collect()
}

/// What is told by a resource: name and version. A `Provenance` that is made of a version tells that version.
fn told(resource: &Value) -> Option<(String, Option<String>)> {
    let (kind, id) = (resource["resourceType"].as_str()?, resource["id"].as_str()?);
    if is_made(kind, id) {
        let target = resource["target"][0]["reference"].as_str()?;
        let (name, version) = target.split_once("/_history/")?;
        return Some((name.to_owned(), Some(version.to_owned())));
    }
    Some((format!("{kind}/{id}"), resource["meta"]["versionId"].as_str().map(str::to_owned)))
}

/// Whether that is a `Provenance` that is made when it is asked for (docs/provenance.md, section 1).
pub fn is_made(kind: &str, id: &str) -> bool {
    kind == "Provenance" && id.starts_with("write-")
}

/// The resources of an answer: name, version, whether as `include`.
#[derive(Default)]
pub struct Page(pub Vec<(String, String, bool)>);

impl Page {
    pub fn of(body: &str) -> Self {
        if body.starts_with('<') {
            return Self::of_xml(body);
        }
        let parsed: Value = serde_json::from_str(body).unwrap_or_default();
        let none = Vec::new();
        let is_bundle = parsed["resourceType"] == "Bundle";
        let Some(list) = parsed["entry"].as_array().or(is_bundle.then_some(&none)) else {
            let shown = told(&parsed).map(|(name, version)| (name, version.unwrap_or_default(), false));
            return Self(shown.into_iter().collect());
        };
        let shown = list.iter().filter_map(|entry| {
            let mode = entry["search"]["mode"].as_str().unwrap_or_default();
            if mode == "outcome" {
                return None;
            }
            let resource = &entry["resource"];
            // The table of contents of a document is made for the answer.
            if resource["resourceType"] == "Composition" && resource["meta"]["versionId"].is_null() {
                return None;
            }
            let deleted = || Some((entry["request"]["url"].as_str()?.to_owned(), None));
            let (named, version) = told(resource).or_else(deleted)?;
            let tagged = || tag(entry["response"]["etag"].as_str().unwrap_or_default());
            Some((named, version.unwrap_or_else(tagged), mode == "include"))
        });
        Self(shown.collect())
    }

    /// The same of a Bundle in XML: what stands between its tags.
    fn of_xml(body: &str) -> Self {
        let value = |entry: &str, tag: &str| {
            let rest = entry.split(&format!("<{tag} value=\"")).nth(1)?;
            rest.split('"').next().map(str::to_owned)
        };
        let shown = body.split("<entry>").skip(1).filter_map(|entry| {
            let mode = value(entry, "mode").unwrap_or_default();
            let full_url = value(entry, "fullUrl").filter(|_| mode != "outcome")?;
            let parts: Vec<&str> = full_url.rsplit('/').collect();
            Some((format!("{}/{}", parts[1], parts[0]), value(entry, "versionId")?, mode == "include"))
        });
        Self(shown.collect())
    }
}
