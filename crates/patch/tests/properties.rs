//! What holds for all documents and all patches.

#![allow(clippy::unwrap_used, reason = "a test fails this way")]

use healthbook_patch::{Format, Patch};
use json::{Limits, Node, Value, write_string};
use proptest::collection::vec;
use proptest::prelude::*;

fn read(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &Limits::default()).unwrap()
}

fn object(members: Vec<(String, String)>) -> String {
    let mut seen = Vec::new();
    let mut out = String::from("{");
    for (name, value) in members {
        if seen.contains(&name) {
            continue;
        }
        if !seen.is_empty() {
            out.push(',');
        }
        write_string(&name, &mut out);
        out.push(':');
        out.push_str(&value);
        seen.push(name);
    }
    out.push('}');
    out
}

/// JSON text: few names, so that two documents have much in common; names that need escapes in a pointer.
fn document() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        "\"[a-c]{0,2}\"",
    ];
    scalar.prop_recursive(4, 40, 5, |inner| {
        let name = prop_oneof![
            Just("a"),
            Just("b"),
            Just("c/d"),
            Just("~"),
            Just("~1"),
            Just(""),
            Just("0"),
            Just("đ")
        ];
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            vec((name.prop_map(str::to_owned), inner), 0..5).prop_map(object),
        ]
    })
}

/// A JSON Patch that makes `old` into `new`: what is alike stays, lists are changed from behind.
fn difference(old: &Node<'_>, new: &Node<'_>, path: &str, out: &mut Vec<String>) {
    match (&old.value, &new.value) {
        (Value::Object(before), Value::Object(after)) => {
            let inside = |name: &str| format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
            for (name, _) in before.iter().filter(|(name, _)| new.get(name).is_none()) {
                out.push(operation("remove", &inside(name), None));
            }
            for (name, value) in after {
                match old.get(name) {
                    None => out.push(operation("add", &inside(name), Some(value))),
                    Some(before) => difference(before, value, &inside(name), out),
                }
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for index in (after.len()..before.len()).rev() {
                out.push(operation("remove", &format!("{path}/{index}"), None));
            }
            for (index, value) in after.iter().enumerate() {
                let place = format!("{path}/{index}");
                match before.get(index) {
                    Some(before) => difference(before, value, &place, out),
                    None if index % 2 == 0 => out.push(operation("add", &format!("{path}/-"), Some(value))),
                    None => out.push(operation("add", &place, Some(value))),
                }
            }
        }
        _ if old == new => out.push(operation("test", path, Some(new))),
        _ => out.push(operation("replace", path, Some(new))),
    }
}

fn operation(op: &str, path: &str, value: Option<&Node<'_>>) -> String {
    let mut text = format!(r#"{{"op":"{op}","path":"#);
    write_string(path, &mut text);
    if let Some(value) = value {
        text.push_str(&format!(r#","value":{}"#, value.to_json()));
    }
    text + "}"
}

/// Members in one order, digits as they are.
fn sorted(node: &Node<'_>) -> String {
    fn sort(node: &mut Node<'_>) {
        match &mut node.value {
            Value::Object(members) => {
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                members.iter_mut().for_each(|(_, value)| sort(value));
            }
            Value::Array(items) => items.iter_mut().for_each(sort),
            _ => {}
        }
    }
    let mut node = node.clone();
    sort(&mut node);
    node.to_json()
}

fn pointer() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        Just("a"),
        Just("b"),
        Just("c~1d"),
        Just("~0"),
        Just("0"),
        Just("1"),
        Just("-"),
        Just("")
    ];
    vec(token, 0..4).prop_map(|tokens| tokens.iter().map(|token| format!("/{token}")).collect())
}

/// Operations that mostly fit somewhere.
fn json_patch() -> impl Strategy<Value = String> {
    let op = prop_oneof![
        Just("add"),
        Just("remove"),
        Just("replace"),
        Just("move"),
        Just("copy"),
        Just("test"),
        Just("x")
    ];
    let one = (op, pointer(), pointer(), document()).prop_map(|(op, path, from, value)| {
        format!(r#"{{"op":"{op}","path":"{path}","from":"{from}","value":{value}}}"#)
    });
    vec(one, 0..8).prop_map(|operations| format!("[{}]", operations.join(",")))
}

const PATIENT: &str = r##"{"resourceType":"Patient","id":"p","meta":{"versionId":"1"},"contained":[{"resourceType":"Organization","id":"o","name":"x"}],
    "extension":[{"url":"u","valueString":"v"}],"active":true,"name":[{"given":["a",null],"_given":[null,{"id":"b"}]},{"text":"t"}],
    "birthDate":"2001","_birthDate":{"extension":[{"url":"u","valueCode":"c"}]},"deceasedBoolean":false,
    "contact":[{"name":{"text":"n"},"telecom":[{"value":"1"},{"value":"2"}]}],"managingOrganization":{"reference":"#o"}}"##;

/// The parts of an operation, in any form that may be readable, but for its positions.
fn parts() -> impl Strategy<Value = String> {
    let path = prop_oneof![
        Just("Patient"),
        Just("Patient.name"),
        Just("Patient.name[0]"),
        Just("Patient.name.given"),
        Just("Patient.id"),
        Just("Patient.name[0].given[1]"),
        Just("Patient.birthDate"),
        Just("Patient.birthDate.extension"),
        Just("Patient.contact.telecom"),
        Just("Patient.contact.name.text"),
        Just("Patient.deceased"),
        Just("Patient.meta"),
        Just("Patient.contained"),
        Just("Patient.managingOrganization.resolve()"),
        Just("Patient.descendants()"),
        Just("Patient.children()[3]"),
        Just("1"),
        Just("Patient.name.count()"),
        Just("("),
    ];
    let name = prop_oneof![
        Just("name"),
        Just("given"),
        Just("deceased"),
        Just("deceased[x]"),
        Just("id"),
        Just("extension"),
        Just("contact"),
        Just("birthDate"),
        Just("_birthDate"),
        Just("contained"),
        Just("resourceType"),
        Just("value"),
        Just(""),
    ];
    let value = prop_oneof![
        Just(r#""valueString":"x""#),
        Just(r#""valueBoolean":true"#),
        Just(r#""_valueString":{"id":"x"}"#),
        Just(r#""valueHumanName":{"text":"x"}"#),
        Just(r#""valueDate":"2001-01-01""#),
        Just(r#""valueDateTime":null"#),
        Just(r#""resource":{"resourceType":"Basic"}"#),
        Just(r#""resource":7"#),
        Just(r#""part":[]"#),
        Just(r#""part":[{"name":"text","valueString":"x"},{"name":"given","valueString":"y"}]"#),
        Just(r#""part":[{"name":"url","valueUri":"u"},{"name":"value","valueString":"y"}]"#),
    ];
    let kind = prop_oneof![Just("add"), Just("insert"), Just("delete"), Just("replace"), Just("move")];
    (kind, path, name, value).prop_map(|(kind, path, name, value)| {
        format!(
            r#"{{"name":"type","valueCode":"{kind}"}},{{"name":"path","valueString":"{path}"}},{{"name":"name","valueString":"{name}"}},{{"name":"value",{value}}}"#
        )
    })
}

fn fhirpath_patch() -> impl Strategy<Value = String> {
    let positions = (-1..4i64, -1..4i64, -1..4i64).prop_map(|(index, source, destination)| {
        format!(
            r#"{{"name":"index","valueInteger":{index}}},{{"name":"source","valueInteger":{source}}},{{"name":"destination","valueInteger":{destination}}}"#
        )
    });
    let one = (parts(), positions)
        .prop_map(|(parts, positions)| format!(r#"{{"name":"operation","part":[{parts},{positions}]}}"#));
    vec(one, 1..4)
        .prop_map(|all| format!(r#"{{"resourceType":"Parameters","parameter":[{}]}}"#, all.join(",")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn the_difference_of_two_documents_makes_one_into_the_other(old in document(), new in document()) {
        let mut operations = Vec::new();
        difference(&read(&old), &read(&new), "", &mut operations);
        let text = format!("[{}]", operations.join(","));
        let result = Patch::read(Format::JsonPatch, read(&text)).unwrap().apply(read(&old));
        prop_assert_eq!(result.map(|node| sorted(&node)), Ok(sorted(&read(&new))), "{}", text);
    }

    #[test]
    fn json_patches_never_panic_and_give_documents(document in document(), patch in json_patch()) {
        if let Ok(patch) = Patch::read(Format::JsonPatch, read(&patch))
            && let Ok(result) = patch.apply(read(&document))
        {
            read(&result.to_json());
        }
    }

    #[test]
    fn any_document_as_a_patch_is_refused_or_applied(document in document(), patch in document()) {
        for format in [Format::JsonPatch, Format::FhirPathPatch] {
            if let Ok(patch) = Patch::read(format, read(&patch)) {
                let _ = patch.apply(read(&document));
            }
        }
    }
}

proptest! {
    // Of twenty such patches about one fits.
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn fhirpath_patches_never_panic_and_keep_the_structure(patch in fhirpath_patch()) {
        let Ok(patch) = Patch::read(Format::FhirPathPatch, read(&patch)) else { return Ok(()) };
        if let Ok(result) = patch.apply(read(PATIENT)) {
            let text = result.to_json();
            let result = read(&text);
            prop_assert_eq!(result.text("id"), Some("p"));
            // The lists of values and of their extensions go together whatever was done, and nothing is empty but
            // what the patch itself brought in empty.
            let faults: Vec<&str> =
                fhir::check_resource(&result).1.iter().map(|issue| issue.fault.code()).collect();
            prop_assert!(!faults.contains(&"primitive-extensions"), "{}", text);
            prop_assert!(!faults.contains(&"unknown-element"), "{}", text);
            prop_assert!(!faults.contains(&"array-expected"), "{}", text);
            prop_assert!(!faults.contains(&"choice-repeated"), "{}", text);
        }
    }
}
