//! The document as a whole: complete, without loose ends, the same from YAML; what comparisons find.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{ContractError, compare, from_yaml, may_break, openapi, routes, to_yaml};

fn statement() -> Value {
    let parameter = json!({"name": "birthdate", "type": "date"});
    json!({"rest": [{"resource": [
        {"type": "Patient", "searchParam": [parameter]},
        {"type": "Account", "searchParam": [{"name": "owner", "type": "reference"}]},
    ]}]})
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(text) = members.get("$ref").and_then(Value::as_str) {
                found.insert(text.to_owned());
            }
            members.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_shared_part_is_used() {
    let document = openapi(&statement()).unwrap();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    for reference in &found {
        let place = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(place).is_some_and(|it| *it != json!({})), "{reference}");
    }
    for part in ["requestBodies", "responses"] {
        for name in document["components"][part].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/{part}/{name}")), "{part} {name}");
        }
    }
}

#[test]
fn every_name_in_the_table_is_defined() {
    let definitions = crate::components::definitions().unwrap();
    for route in routes() {
        for name in route.variables().chain(route.parameters.iter().copied()) {
            assert!(definitions["parameters"].get(name).is_some(), "{}: {name}", route.id);
        }
        for (_, name) in route.answers {
            assert!(definitions["responses"].get(*name).is_some(), "{}: {name}", route.id);
        }
        if let Some(name) = route.body {
            assert!(definitions["requestBodies"].get(name).is_some(), "{}: {name}", route.id);
        }
    }
}

/// A body of a resource is named after its type, so that no body of an act may have such a name.
#[test]
fn no_body_hides_that_of_a_type() {
    let definitions = crate::components::definitions().unwrap();
    for name in definitions["requestBodies"].as_object().unwrap().keys() {
        assert!(!crate::BOOK_TYPES.contains(&name.as_str()), "{name}");
    }
    let document = openapi(&statement()).unwrap();
    let draft = &document["paths"]["/access/effects"]["post"]["requestBody"]["$ref"];
    let content = &document["components"]["requestBodies"]["ConsentDraft"]["content"];
    assert_eq!(draft, "#/components/requestBodies/ConsentDraft");
    assert!(content.get("application/fhir+xml").is_none());
}

#[test]
fn types_of_the_book_have_their_own_parameters_and_schemas() {
    let document = openapi(&statement()).unwrap();
    let search = &document["paths"]["/fhir/Patient"]["get"];
    let birthdate = json!({"$ref": "#/components/parameters/search.birthdate.date"});
    assert!(search["parameters"].as_array().unwrap().contains(&birthdate));
    let body = &document["components"]["requestBodies"]["Patient"]["content"]["application/fhir+json"];
    assert_eq!(body["schema"]["$ref"], "#/components/schemas/Patient");
    let others = &document["paths"]["/fhir/{type}"]["get"]["x-search-parameters"];
    assert_eq!(others["Account"], json!(["owner"]));
    assert!(others.get("Patient").is_none());
}

#[test]
fn yaml_gives_the_document_back() {
    let document = openapi(&statement()).unwrap();
    let text = to_yaml(&document).unwrap();
    assert_eq!(from_yaml(&text).unwrap(), document);
    assert_eq!(from_yaml("a: [").unwrap_err(), ContractError::Yaml);
    let deep = "[".repeat(100_000);
    assert_eq!(from_yaml(&deep).unwrap_err(), ContractError::Yaml);
}

#[test]
fn what_breaks_a_client_is_found() {
    let old = openapi(&statement()).unwrap();
    assert!(compare(&old, &old).is_empty());
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut new = old.clone();
        change(&mut new);
        compare(&old, &new).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let removed = |place: &str, name: &str| {
        broken(&|new| drop(new.pointer_mut(place).unwrap().as_object_mut().unwrap().remove(name)))
    };
    assert_eq!(removed("/paths", "/metrics"), ["/metrics: the path is gone"]);
    assert_eq!(removed("/paths/~1fhir~1Patient", "post"), ["POST /fhir/Patient: the method is gone"]);
    let gone = removed("/paths/~1fhir~1Patient~1{id}/get/responses", "304");
    assert_eq!(gone, ["GET /fhir/Patient/{id}: the answer 304 is gone"]);
    let gone = removed("/components/schemas/Patient/properties", "gender");
    assert_eq!(gone, ["schema Patient: the member gender is gone"]);
    let gone = broken(&|new| {
        let codes = new.pointer_mut("/components/schemas/Patient/properties/gender/enum").unwrap();
        codes.as_array_mut().unwrap().retain(|code| code != "other");
    });
    assert_eq!(gone, ["schema Patient.gender: the value \"other\" is gone"]);
    let gone = broken(&|new| {
        let parameters = new.pointer_mut("/paths/~1fhir~1metadata/get/parameters").unwrap();
        parameters.as_array_mut().unwrap().push(json!({"name": "x", "in": "query", "required": true}));
    });
    assert_eq!(gone, ["GET /fhir/metadata: there is a new parameter query x that must be there"]);
    let narrower = broken(&|new| {
        new["components"]["schemas"]["ReviewRequest"]["properties"]["text"]["maxLength"] = json!(5);
    });
    assert!(narrower.iter().any(|it| it.contains("maxLength is narrower")), "{narrower:?}");
    // What is only added breaks nobody.
    let added = broken(&|new| {
        new["paths"]["/new"] = json!({"get": {"responses": {"200": {"description": ""}}}});
        new["components"]["schemas"]["Patient"]["properties"]["more"] = json!({"type": "string"});
    });
    assert!(added.is_empty(), "{added:?}");
}

#[test]
fn only_a_greater_first_number_may_break() {
    for (old, new, expected) in [
        ("1.2.3", "2.0.0", true),
        ("1.2.3", "1.3.0", false),
        ("0.2.3", "0.3.0", true),
        ("0.2.3", "0.2.4", false),
        ("0.2.3", "1.0.0", true),
        ("2.0.0", "1.0.0", false),
    ] {
        assert_eq!(may_break(old, new), expected, "{old} {new}");
    }
}
