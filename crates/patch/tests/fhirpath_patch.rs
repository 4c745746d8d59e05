//! FHIRPath Patch beyond the official cases: choices, extensions of primitives, lists, types, bounds.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails this way")]

use healthbook_patch::{Format, Patch, PatchError, Reason};
use json::{Limits, Node};

fn read(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn parameters(operations: &[&str]) -> String {
    let operations: Vec<String> =
        operations.iter().map(|parts| format!(r#"{{"name":"operation","part":[{parts}]}}"#)).collect();
    format!(r#"{{"resourceType":"Parameters","parameter":[{}]}}"#, operations.join(","))
}

/// The parts `type` and `path`, and further ones as they are.
fn parts(kind: &str, path: &str, more: &[String]) -> String {
    let mut all = vec![
        format!(r#"{{"name":"type","valueCode":"{kind}"}}"#),
        format!(r#"{{"name":"path","valueString":"{path}"}}"#),
    ];
    all.extend(more.iter().cloned());
    all.join(",")
}

fn name(name: &str) -> String {
    format!(r#"{{"name":"name","valueString":"{name}"}}"#)
}

fn value(members: &str) -> String {
    format!(r#"{{"name":"value",{members}}}"#)
}

fn integer(name: &str, value: i64) -> String {
    format!(r#"{{"name":"{name}","valueInteger":{value}}}"#)
}

fn patched(resource: &str, operations: &[&str]) -> Result<String, PatchError> {
    let text = parameters(operations);
    let patch = Patch::read(Format::FhirPathPatch, read(&text))?;
    patch.apply(read(resource)).map(|node| node.to_json())
}

#[track_caller]
fn gives(resource: &str, operation: &str, expected: &str) {
    assert_eq!(patched(resource, &[operation]).as_deref(), Ok(expected), "{operation}");
}

#[track_caller]
fn refused(resource: &str, operation: &str, reason: Reason) {
    let error = patched(resource, &[operation]).unwrap_err();
    let place = Some("Parameters.parameter[0]");
    assert_eq!((error.reason, error.place.as_deref()), (reason, place), "{operation}");
}

const OBSERVATION: &str = r#"{"resourceType":"Observation","status":"final","code":{"text":"c"},"valueQuantity":{"value":1.50,"unit":"kg"},"component":[{"code":{"text":"a"},"valueInteger":1},{"code":{"text":"b"}}]}"#;

#[test]
fn a_choice_is_named_without_its_type() {
    let bare = r#"{"resourceType":"Observation","status":"final"}"#;
    let quantity = value(r#""valueQuantity":{"value":1.50}"#);
    for written in ["value", "value[x]", "valueQuantity"] {
        gives(
            bare,
            &parts("add", "Observation", &[name(written), quantity.clone()]),
            r#"{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.50}}"#,
        );
    }
    let wrong = "Quantity, CodeableConcept, string, boolean, integer, Range, Ratio, SampledData, time, dateTime, Period";
    let error = patched(
        bare,
        &[&parts("add", "Observation", &[name("value"), value(r#""valueAddress":{"city":"x"}"#)])],
    );
    let Reason::ValueType(allowed) = error.unwrap_err().reason else { panic!("another reason") };
    let sorted = |names: &str| {
        let mut names: Vec<String> = names.split(", ").map(str::to_owned).collect();
        names.sort();
        names
    };
    assert_eq!(sorted(&allowed), sorted(wrong));
    // It is there in another form.
    refused(
        OBSERVATION,
        &parts("add", "Observation", &[name("value"), value(r#""valueString":"x""#)]),
        Reason::Exists("value"),
    );
    // Replaced, it changes its name and keeps its place.
    gives(
        r#"{"resourceType":"Observation","valueQuantity":{"value":1},"status":"final"}"#,
        &parts("replace", "Observation.value", &[value(r#""valueString":"x","_valueString":{"id":"i"}"#)]),
        r#"{"resourceType":"Observation","valueString":"x","_valueString":{"id":"i"},"status":"final"}"#,
    );
    gives(
        r#"{"resourceType":"Patient","deceasedBoolean":true,"_deceasedBoolean":{"id":"i"},"active":true}"#,
        &parts("delete", "Patient.deceased", &[]),
        r#"{"resourceType":"Patient","active":true}"#,
    );
}

#[test]
fn numbers_keep_their_digits() {
    let result = patched(
        OBSERVATION,
        &[
            &parts("replace", "Observation.value.value", &[value(r#""valueDecimal":2.500"#)]),
            &parts("add", "Observation", &[name("note"), value(r#""valueAnnotation":{"text":"n"}"#)]),
        ],
    );
    let result = result.unwrap();
    assert!(result.contains(r#""valueQuantity":{"value":2.500,"unit":"kg"}"#), "{result}");
    assert!(result.ends_with(r#","note":[{"text":"n"}]}"#), "{result}");
}

#[test]
fn the_extensions_of_primitives_stay_in_step() {
    let patient = r#"{"resourceType":"Patient","name":[{"given":["a",null,"c"],"_given":[null,{"id":"b"},{"id":"d"}]}]}"#;
    let given = |members: &str| format!(r#"{{"resourceType":"Patient","name":[{{{members}}}]}}"#);
    let path = "Patient.name[0].given";
    for (operation, expected) in [
        (
            parts("delete", "Patient.name.given[0]", &[]),
            r#""given":[null,"c"],"_given":[{"id":"b"},{"id":"d"}]"#,
        ),
        (parts("delete", "Patient.name.given[1]", &[]), r#""given":["a","c"],"_given":[null,{"id":"d"}]"#),
        (
            parts("insert", path, &[integer("index", 0), value(r#""valueString":"x""#)]),
            r#""given":["x","a",null,"c"],"_given":[null,null,{"id":"b"},{"id":"d"}]"#,
        ),
        (
            parts("insert", path, &[integer("index", 3), value(r#""_valueString":{"id":"x"}"#)]),
            r#""given":["a",null,"c",null],"_given":[null,{"id":"b"},{"id":"d"},{"id":"x"}]"#,
        ),
        (
            parts("move", path, &[integer("source", 1), integer("destination", 0)]),
            r#""given":[null,"a","c"],"_given":[{"id":"b"},null,{"id":"d"}]"#,
        ),
        (
            parts("replace", "Patient.name.given[2]", &[value(r#""valueString":"x""#)]),
            r#""given":["a",null,"x"],"_given":[null,{"id":"b"},null]"#,
        ),
        (
            parts("add", "Patient.name", &[name("given"), value(r#""valueString":"x""#)]),
            r#""given":["a",null,"c","x"],"_given":[null,{"id":"b"},{"id":"d"},null]"#,
        ),
        (parts("add", "Patient.name.given[0]", &[name("extension"), value(r#""valueExtension":{}"#)]), ""),
        (
            parts(
                "add",
                "Patient.name.given[0]",
                &[
                    name("extension"),
                    value(r#""part":[{"name":"url","valueUri":"u"},{"name":"value","valueString":"v"}]"#),
                ],
            ),
            r#""given":["a",null,"c"],"_given":[{"extension":[{"url":"u","valueString":"v"}]},{"id":"b"},{"id":"d"}]"#,
        ),
        (
            parts("delete", "Patient.name.given[2].id", &[]),
            r#""given":["a",null,"c"],"_given":[null,{"id":"b"},null]"#,
        ),
        // Nothing but its id was there, so nothing is left of the second.
        (parts("delete", "Patient.name.given[1].id", &[]), r#""given":["a","c"],"_given":[null,{"id":"d"}]"#),
    ] {
        if expected.is_empty() {
            // Extension is no type of `value[x]` in R4.
            refused(patient, &operation, Reason::Format("value"));
        } else {
            gives(patient, &operation, &given(expected));
        }
    }
    gives(
        r#"{"resourceType":"Patient","birthDate":"2001-01-01","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]}}"#,
        &parts("delete", "Patient.birthDate.extension", &[]),
        r#"{"resourceType":"Patient","birthDate":"2001-01-01"}"#,
    );
    gives(
        r#"{"resourceType":"Patient","birthDate":"2001-01-01"}"#,
        &parts("add", "Patient.birthDate", &[name("id"), value(r#""valueString":"i""#)]),
        r#"{"resourceType":"Patient","birthDate":"2001-01-01","_birthDate":{"id":"i"}}"#,
    );
    gives(
        r#"{"resourceType":"Patient","_birthDate":{"id":"i"}}"#,
        &parts("replace", "Patient.birthDate", &[value(r#""valueDate":"2001-01-01""#)]),
        r#"{"resourceType":"Patient","birthDate":"2001-01-01"}"#,
    );
}

#[test]
fn what_becomes_empty_goes_too() {
    gives(
        r#"{"resourceType":"Patient","active":true,"contact":[{"name":{"given":["a"]}}]}"#,
        &parts("delete", "Patient.contact.name.given", &[]),
        r#"{"resourceType":"Patient","active":true}"#,
    );
    gives(
        r#"{"resourceType":"Patient","name":[{"text":"a"},{"text":"b"}]}"#,
        &parts("delete", "Patient.name[0].text", &[]),
        r#"{"resourceType":"Patient","name":[{"text":"b"}]}"#,
    );
    gives(
        r#"{"resourceType":"Patient"}"#,
        &parts("delete", "Patient.name[3].given", &[]),
        r#"{"resourceType":"Patient"}"#,
    );
}

#[test]
fn parts_make_elements_of_any_depth() {
    let component = value(
        r#""part":[{"name":"code","valueCodeableConcept":{"text":"x"}},{"name":"value","valueQuantity":{"value":2.0}},
        {"name":"extension","part":[{"name":"url","valueUri":"u"},{"name":"value","valueBoolean":true}]},
        {"name":"referenceRange","part":[{"name":"text","valueString":"r"},{"name":"appliesTo","valueCodeableConcept":{"text":"1"}},{"name":"appliesTo","valueCodeableConcept":{"text":"2"}}]}]"#,
    );
    let made = r#"{"code":{"text":"x"},"valueQuantity":{"value":2.0},"extension":[{"url":"u","valueBoolean":true}],"referenceRange":[{"text":"r","appliesTo":[{"text":"1"},{"text":"2"}]}]}"#;
    let observation = r#"{"resourceType":"Observation","component":[{"code":{"text":"a"}}]}"#;
    for (operation, expected) in [
        (
            parts("add", "Observation", &[name("component"), component.clone()]),
            format!(r#"[{{"code":{{"text":"a"}}}},{made}]"#),
        ),
        (
            parts("insert", "Observation.component", &[integer("index", 0), component.clone()]),
            format!(r#"[{made},{{"code":{{"text":"a"}}}}]"#),
        ),
        (
            parts(
                "replace",
                "Observation.component.where(code.text = 'a')",
                std::slice::from_ref(&component),
            ),
            format!("[{made}]"),
        ),
    ] {
        gives(
            observation,
            &operation,
            &format!(r#"{{"resourceType":"Observation","component":{expected}}}"#),
        );
    }
    // A resource, where resources stand.
    gives(
        r#"{"resourceType":"Patient"}"#,
        &parts(
            "add",
            "Patient",
            &[name("contained"), value(r#""resource":{"resourceType":"Basic","id":"b"}"#)],
        ),
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b"}]}"#,
    );
    gives(
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b"}]}"#,
        &parts("add", "Patient.contained[0]", &[name("created"), value(r#""valueDate":"2026-01-01""#)]),
        r#"{"resourceType":"Patient","contained":[{"resourceType":"Basic","id":"b","created":"2026-01-01"}]}"#,
    );
}

#[test]
fn the_type_of_a_value_must_be_right() {
    let patient =
        r#"{"resourceType":"Patient","birthDate":"2001-01-01","gender":"male","name":[{"text":"a"}]}"#;
    for (path, members, wanted) in [
        ("Patient.birthDate", r#""valueBoolean":true"#, "date"),
        ("Patient.birthDate", r#""valueString":"2001-01-02""#, "date"),
        ("Patient.birthDate", r#""valueHumanName":{"text":"x"}"#, "date"),
        ("Patient.birthDate", r#""part":[{"name":"id","valueString":"x"}]"#, "date"),
        ("Patient.name[0]", r#""valueString":"x""#, "HumanName"),
        ("Patient.name[0]", r#""resource":{"resourceType":"Basic"}"#, "HumanName"),
    ] {
        refused(patient, &parts("replace", path, &[value(members)]), Reason::ValueType(wanted.to_owned()));
    }
    let add = |element: &str, members: &str| parts("add", "Patient", &[name(element), value(members)]);
    refused(
        patient,
        &add("contact", r#""valueHumanName":{"text":"x"}"#),
        Reason::ValueType("Patient.contact".to_owned()),
    );
    refused(patient, &add("contained", r#""valueString":"x""#), Reason::ValueType("Resource".to_owned()));
    refused(patient, &add("nme", r#""valueString":"x""#), Reason::UnknownElement("nme".to_owned()));
    refused(
        patient,
        &add("name[x]", r#""valueHumanName":{"text":"x"}"#),
        Reason::UnknownElement("name[x]".to_owned()),
    );
    refused(patient, &add("_gender", r#""valueString":"x""#), Reason::UnknownElement("_gender".to_owned()));
    refused(patient, &add("gender", r#""valueCode":"male""#), Reason::Exists("gender"));
    let twice = r#""part":[{"name":"gender","valueCode":"male"},{"name":"gender","valueCode":"male"}]"#;
    refused(patient, &add("contact", twice), Reason::Exists("gender"));
    // string for code, date for dateTime: written alike.
    gives(
        r#"{"resourceType":"Patient","gender":"male"}"#,
        &parts("replace", "Patient.gender", &[value(r#""valueString":"other""#)]),
        r#"{"resourceType":"Patient","gender":"other"}"#,
    );
}

#[test]
fn the_path_must_lead_to_one_place() {
    let patient = r#"{"resourceType":"Patient","id":"p","active":true,"name":[{"given":["a","b"]},{"given":["c"]}],"managingOrganization":{"reference":"Organization/o"}}"#;
    let text = value(r#""valueString":"x""#);
    for operation in [
        parts("add", "Patient.name", &[name("family"), text.clone()]),
        parts("add", "Patient.contact", &[name("id"), text.clone()]),
        parts("delete", "Patient.name", &[]),
        parts("delete", "Patient.name.given", &[]),
        parts("delete", "Patient.active.not()", &[]),
        parts("delete", "Patient.name.count()", &[]),
        parts("replace", "Patient.name.given", std::slice::from_ref(&text)),
        parts("replace", "Patient.gender", std::slice::from_ref(&text)),
        parts("replace", "Patient.managingOrganization.resolve()", std::slice::from_ref(&text)),
        parts("insert", "Patient.gender", &[integer("index", 0), text.clone()]),
        parts("insert", "Patient.active", &[integer("index", 0), value(r#""valueBoolean":true"#)]),
        parts("insert", "Patient.name.given", &[integer("index", 0), text.clone()]),
        parts("insert", "Patient", &[integer("index", 0), text.clone()]),
        parts("move", "Patient.name.given", &[integer("source", 0), integer("destination", 1)]),
        parts("move", "Patient.telecom", &[integer("source", 0), integer("destination", 1)]),
        parts("delete", "Patient.name[0].given.first() + 1", &[]),
        parts("delete", "%unknown", &[]),
    ] {
        refused(patient, &operation, Reason::Path);
    }
    for operation in [
        parts("insert", "Patient.name", &[integer("index", 3), value(r#""valueHumanName":{"text":"x"}"#)]),
        parts("insert", "Patient.name", &[integer("index", -1), value(r#""valueHumanName":{"text":"x"}"#)]),
        parts("move", "Patient.name", &[integer("source", 2), integer("destination", 0)]),
        parts("move", "Patient.name", &[integer("source", 0), integer("destination", 2)]),
        parts("move", "Patient.name", &[integer("source", -1), integer("destination", 0)]),
    ] {
        refused(patient, &operation, Reason::Position);
    }
    for operation in [
        parts("delete", "Patient", &[]),
        parts("replace", "Patient", &[value(r#""resource":{"resourceType":"Patient"}"#)]),
        parts("delete", "Patient.id", &[]),
        parts("replace", "Patient.id", &[value(r#""valueId":"q""#)]),
    ] {
        refused(patient, &operation, Reason::Protected);
    }
    // One of several, however it is selected; and positions count in the whole list.
    for path in ["Patient.name.where(given = 'c')", "Patient.name.last()", "Patient.name | Patient.name"] {
        let operation =
            parts("insert", path, &[integer("index", 0), value(r#""valueHumanName":{"text":"x"}"#)]);
        let result = patched(patient, &[&operation]).unwrap();
        assert!(result.contains(r#""name":[{"text":"x"},{"given":["a","b"]}"#), "{path}: {result}");
    }
}

#[test]
fn versions_are_protected() {
    let patient = r#"{"resourceType":"Patient","id":"p","meta":{"versionId":"2","lastUpdated":"2026-01-01T00:00:00Z","tag":[{"code":"t"}]}}"#;
    refused(patient, &parts("delete", "Patient.meta.versionId", &[]), Reason::Protected);
    refused(
        patient,
        &parts("replace", "Patient.meta.lastUpdated", &[value(r#""valueInstant":"2027-01-01T00:00:00Z""#)]),
        Reason::Protected,
    );
    gives(
        patient,
        &parts("delete", "Patient.meta.tag", &[]),
        r#"{"resourceType":"Patient","id":"p","meta":{"versionId":"2","lastUpdated":"2026-01-01T00:00:00Z"}}"#,
    );
    gives(patient, &parts("delete", "Patient.meta", &[]), r#"{"resourceType":"Patient","id":"p"}"#);
}

#[test]
fn what_cannot_be_read_is_told_by_rule() {
    let text = value(r#""valueString":"x""#);
    for (operation, rule) in [
        (r#"{"name":"type","valueCode":"delete"}"#.to_owned(), "path"),
        (r#"{"name":"path","valueString":"Patient"}"#.to_owned(), "type"),
        (parts("remove", "Patient.name", &[]), "type"),
        (parts("delete", "Patient.name[", &[]), "path"),
        (parts("delete", "Patient.nosuchfunction()", &[]), "path"),
        (parts("add", "Patient", std::slice::from_ref(&text)), "name"),
        (parts("add", "Patient", &[name("name")]), "value"),
        (parts("add", "Patient", &[name("name"), r#"{"name":"value"}"#.to_owned()]), "value"),
        (parts("add", "Patient", &[name("name"), value(r#""valueString":"x","part":[]"#)]), "value"),
        (parts("add", "Patient", &[name("name"), value(r#""valueString":"x","valueCode":"x""#)]), "value"),
        (parts("insert", "Patient.name", std::slice::from_ref(&text)), "index"),
        (
            parts(
                "insert",
                "Patient.name",
                &[text.clone(), r#"{"name":"index","valueString":"0"}"#.to_owned()],
            ),
            "index",
        ),
        (
            parts(
                "insert",
                "Patient.name",
                &[text.clone(), r#"{"name":"index","valueDecimal":1.5}"#.to_owned()],
            ),
            "index",
        ),
        (parts("move", "Patient.name", &[integer("source", 0)]), "destination"),
        (parts("move", "Patient.name", &[integer("destination", 0)]), "source"),
        (parts("delete", "Patient.name", &[name("a"), name("b")]), "name"),
        (parts("delete", "Patient.name", &[r#"{"name":"nme","valueString":"x"}"#.to_owned()]), "part-name"),
    ] {
        refused(r#"{"resourceType":"Patient"}"#, &operation, Reason::Format(rule));
    }
    for (document, rule) in [
        ("[]", "parameters"),
        (r#"{"resourceType":"Patient"}"#, "parameters"),
        (r#"{"resourceType":"Parameters","parameter":{}}"#, "parameters"),
        (r#"{"resourceType":"Parameters","parameter":[{"name":"op","part":[]}]}"#, "operation-name"),
        (r#"{"resourceType":"Parameters","parameter":[{"name":"operation"}]}"#, "part"),
    ] {
        let error = Patch::read(Format::FhirPathPatch, read(document)).unwrap_err();
        assert_eq!(error.reason, Reason::Format(rule), "{document}");
    }
}

#[test]
fn nothing_can_be_made_that_takes_too_much() {
    let delete = parts("delete", "Patient.name", &[]);
    let patient = r#"{"resourceType":"Patient","active":true}"#;
    assert!(patched(patient, &vec![delete.as_str(); 1000]).is_ok());
    assert_eq!(patched(patient, &vec![delete.as_str(); 1001]).unwrap_err().reason, Reason::TooLarge);

    // An expression that looks at everything for everything.
    let names: Vec<String> = (0..3000).map(|index| format!(r#"{{"text":"{index}"}}"#)).collect();
    let large = format!(r#"{{"resourceType":"Patient","name":[{}]}}"#, names.join(","));
    let path = "Patient.descendants().where(%resource.descendants().count() = 1)";
    assert_eq!(patched(&large, &[&parts("delete", path, &[])]).unwrap_err().reason, Reason::TooLarge);

    // A walk over a large resource for each of many operations.
    let operations = vec![parts("delete", "Patient.name.last().text", &[]); 1000];
    let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
    let names: Vec<String> = (0..30_000).map(|index| format!(r#"{{"text":"{index}"}}"#)).collect();
    let large = format!(r#"{{"resourceType":"Patient","name":[{}]}}"#, names.join(","));
    assert_eq!(patched(&large, &operations).unwrap_err().reason, Reason::TooLarge);
}

#[test]
fn many_parts_of_one_name_are_a_long_list() {
    let part = r#"{"name":"extension","part":[{"name":"url","valueUri":"u"}]}"#;
    let many = value(&format!(r#""part":[{}]"#, vec![part; 20_000].join(",")));
    let result =
        patched(r#"{"resourceType":"Patient"}"#, &[&parts("add", "Patient", &[name("contact"), many])])
            .unwrap();
    let result = read(&result);
    let extensions =
        result.get("contact").unwrap().items().first().unwrap().get("extension").unwrap().items().len();
    assert_eq!(extensions, 20_000);
}
