//! The answer of `$match`: identities and nothing else, whoever may see more of these people.

use fhir::Fault;
use serde_json::{Map, Value, json};

use super::GradedPerson;
use crate::bundle_text::BundleText;
use crate::registry::VERIFICATION;
use crate::{OLD_IDENTITY_CARD, Problem, Service, is_citizen_number};

/// The extension with the grade.
const GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";
/// What says that a resource is shown in part.
const SUBSETTED: &str = "http://terminology.hl7.org/CodeSystem/v3-ObservationValue";
/// Elements of an identity.
const SHOWN: [&str; 8] =
    ["resourceType", "id", "active", "name", "gender", "birthDate", "deceasedBoolean", "deceasedDateTime"];
/// Elements of an identifier that tell no place.
const OF_IDENTIFIER: [&str; 4] = ["use", "system", "value", "period"];
/// Elements of a name.
const OF_NAME: [&str; 6] = ["use", "text", "family", "given", "prefix", "period"];

pub(super) fn bundle(service: &Service, total: usize, found: &[GradedPerson]) -> Result<String, Problem> {
    let mut bundle = BundleText::new("searchset", u64::try_from(total).ok(), &[]);
    for one in found {
        let failed = || Problem::new(500, Fault::Internal);
        let text = one.record.inspect()?.ok_or_else(failed)?;
        let patient: Value = serde_json::from_str(&text).map_err(|_| failed())?;
        let url = format!("{}/Patient/{}", service.base(), one.record.id);
        let search = json!({
            "extension": [{"url": GRADE, "valueCode": one.grade.code()}],
            "mode": "match",
            "score": one.score,
        });
        bundle.graded(&url, &identity(&patient).to_string(), &search.to_string());
    }
    Ok(bundle.finish())
}

fn items<'v>(value: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn only(value: &Value, names: &[&str]) -> Value {
    let kept = names.iter().filter_map(|name| Some(((*name).to_owned(), value.get(name)?.clone())));
    Value::Object(kept.collect())
}

/// Who somebody is: names, dates, sex, the numbers of the registry, and who replaced whom.
fn identity(patient: &Value) -> Value {
    let is_number =
        |it: &&Value| is_citizen_number(text(it, "system")) || text(it, "system") == OLD_IDENTITY_CARD;
    let lists = [
        ("name", items(patient, "name").map(|it| only(it, &OF_NAME)).collect::<Vec<_>>()),
        (
            "identifier",
            items(patient, "identifier").filter(is_number).map(|it| only(it, &OF_IDENTIFIER)).collect(),
        ),
        ("link", items(patient, "link").filter(|it| text(it, "type") == "replaced-by").cloned().collect()),
    ];
    let meta = patient.get("meta").cloned().unwrap_or_default();
    let subsetted = json!({"system": SUBSETTED, "code": "SUBSETTED"});
    let tags = items(&meta, "tag").filter(|tag| text(tag, "system") == VERIFICATION).cloned();
    let tags: Vec<Value> = tags.chain([subsetted]).collect();
    let mut identity = Map::new();
    for name in SHOWN {
        if let Some(value) = patient.get(name) {
            identity.insert(name.to_owned(), value.clone());
        }
        if name == "id" {
            let mut shown = only(&meta, &["versionId", "lastUpdated"]);
            if let Some(members) = shown.as_object_mut() {
                members.insert("tag".to_owned(), json!(tags));
            }
            identity.insert("meta".to_owned(), shown);
        }
    }
    for (name, list) in lists {
        if list.is_empty() {
            identity.remove(name);
        } else {
            identity.insert(name.to_owned(), json!(list));
        }
    }
    Value::Object(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_tells_no_place_and_nobody_else() {
        let whole = json!({
            "resourceType": "Patient", "id": "a", "active": true, "birthDate": "1985-03-07", "gender": "male",
            "meta": {"versionId": "1", "source": "urn:his:HIDDEN", "tag": [{"system": VERIFICATION, "code": "verified"}, {"code": "HIDDEN"}]},
            "extension": [{"url": "urn:healthbook:registry", "valueString": "HIDDEN"}],
            "name": [{"text": "Nguyễn Văn An", "extension": [{"url": "u", "valueString": "HIDDEN"}]}],
            "identifier": [
                {"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": "099085123456", "assigner": {"display": "HIDDEN"}},
                {"system": "urn:his", "value": "HIDDEN"}],
            "address": [{"text": "HIDDEN"}], "telecom": [{"value": "HIDDEN"}], "contact": [{"name": {"text": "HIDDEN"}}],
            "text": {"status": "generated", "div": "HIDDEN"}, "generalPractitioner": [{"display": "HIDDEN"}],
        });
        let shown = identity(&whole);
        assert!(!shown.to_string().contains("HIDDEN"), "{shown}");
        assert_eq!(shown["identifier"][0]["value"], "099085123456");
        assert_eq!(shown["meta"]["tag"][0]["code"], "verified");
        assert_eq!(
            (&shown["name"][0]["text"], &shown["birthDate"]),
            (&json!("Nguyễn Văn An"), &json!("1985-03-07"))
        );
    }
}
