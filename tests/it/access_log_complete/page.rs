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

/// The resources of an answer: name, version, whether as `include`.
#[derive(Default)]
pub struct Page(pub Vec<(String, String, bool)>);

impl Page {
    pub fn of(body: &str) -> Self {
        if body.starts_with('<') {
            return Self::of_xml(body);
        }
        let parsed: Value = serde_json::from_str(body).unwrap_or_default();
        let name = |resource: &Value| {
            Some((resource["resourceType"].as_str()?, resource["id"].as_str()?))
                .map(|(kind, id)| format!("{kind}/{id}"))
        };
        let none = Vec::new();
        let is_bundle = parsed["resourceType"] == "Bundle";
        let Some(list) = parsed["entry"].as_array().or(is_bundle.then_some(&none)) else {
            let version = parsed["meta"]["versionId"].as_str().unwrap_or_default().to_owned();
            return Self(name(&parsed).into_iter().map(|name| (name, version.clone(), false)).collect());
        };
        let shown = list.iter().filter_map(|entry| {
            let mode = entry["search"]["mode"].as_str().unwrap_or_default();
            if mode == "outcome" {
                return None;
            }
            let resource = &entry["resource"];
            let named = name(resource).or_else(|| entry["request"]["url"].as_str().map(str::to_owned))?;
            let tagged = tag(entry["response"]["etag"].as_str().unwrap_or_default());
            let version = resource["meta"]["versionId"].as_str().map_or(tagged, str::to_owned);
            Some((named, version, mode == "include"))
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
