//! PATCH of one resource: JSON Patch, FHIRPath Patch, conditional, versions, refusals
//! (R4 `http.html#patch`, `fhirpatch.html`, RFC 6902, RFC 5789).

use serde_json::Value;
use test_support::{HttpClient, Response};

use crate::support::bodies::{NUMBERS, observation, patient};
use crate::support::json_text::Exact;
use crate::support::{FHIR_JSON, Fhir, body, citizen_number, encode, expect_refusal, on_each, text};

pub const JSON_PATCH: &str = "application/json-patch+json";

/// Sends a JSON Patch.
pub fn json_patch(client: &HttpClient, path: &str, operations: &str) -> Response {
    client.request("PATCH", path, &[("Content-Type", JSON_PATCH)], operations.as_bytes())
}

/// Sends a FHIRPath Patch.
pub fn fhirpath_patch(client: &HttpClient, path: &str, parameters: &str) -> Response {
    client.request("PATCH", path, &[("Content-Type", FHIR_JSON)], parameters.as_bytes())
}

/// `Parameters` with one operation for each list of parts.
pub fn parameters(operations: &[&str]) -> String {
    let operations: Vec<String> =
        operations.iter().map(|parts| format!(r#"{{"name":"operation","part":[{parts}]}}"#)).collect();
    format!(r#"{{"resourceType":"Parameters","parameter":[{}]}}"#, operations.join(","))
}

/// The parts `type` and `path` and further ones.
pub fn parts(kind: &str, path: &str, more: &str) -> String {
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"name":"type","valueCode":"{kind}"}},{{"name":"path","valueString":"{path}"}}{comma}{more}"#)
}

/// The first issue has this fault and this place.
#[track_caller]
pub fn expect_fault(what: &str, answer: &Response, status: u16, fault: &str, place: &str) {
    let issue = expect_refusal(what, answer, status);
    assert_eq!(issue["details"]["coding"][0]["code"], fault, "{what}: {issue}");
    assert_eq!(issue["expression"][0], place, "{what}: {issue}");
}

/// The resource without what the server sets.
fn content(resource: &Value) -> Value {
    let mut resource = resource.clone();
    resource.as_object_mut().unwrap().remove("id");
    resource.as_object_mut().unwrap().remove("meta");
    resource
}

#[test]
fn every_operation_of_json_patch() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let path = stored.path();
        let steps = [
            (
                r#"[{"op":"test","path":"/gender","value":"female"},{"op":"replace","path":"/gender","value":"male"}]"#,
                "/gender",
                r#""male""#,
            ),
            (
                r#"[{"op":"add","path":"/name/0/given/0","value":"Thị"}]"#,
                "/name/0/given",
                r#"["Thị","Văn Tám"]"#,
            ),
            (
                r#"[{"op":"add","path":"/name/0/given/-","value":"An"}]"#,
                "/name/0/given",
                r#"["Thị","Văn Tám","An"]"#,
            ),
            (
                r#"[{"op":"move","from":"/name/0/given/2","path":"/name/0/given/0"}]"#,
                "/name/0/given",
                r#"["An","Thị","Văn Tám"]"#,
            ),
            (
                r#"[{"op":"copy","from":"/name/0","path":"/name/-"},{"op":"replace","path":"/name/1/family","value":"Lý"}]"#,
                "/name/1",
                r#"{"family":"Lý","given":["An","Thị","Văn Tám"]}"#,
            ),
            (
                r#"[{"op":"remove","path":"/name/0"}]"#,
                "/name",
                r#"[{"family":"Lý","given":["An","Thị","Văn Tám"]}]"#,
            ),
            (
                r#"[{"op":"add","path":"/meta/tag","value":[{"system":"urn:x","code":"y"}]}]"#,
                "/meta/tag",
                r#"[{"system":"urn:x","code":"y"}]"#,
            ),
        ];
        for (index, (patch, pointer, expected)) in steps.iter().enumerate() {
            let version = index + 2;
            let answer = json_patch(server.http(), &path, patch).expect_status(200);
            assert_eq!(answer.header("ETag"), Some(format!("W/\"{version}\"").as_str()));
            let location = format!("{}{path}/_history/{version}", server.base_url());
            assert_eq!(answer.header("Location"), Some(location.as_str()));
            assert!(answer.header("Last-Modified").is_some());
            let read = server.read(&path);
            assert_eq!(body(&answer), read);
            assert_eq!(read["meta"]["versionId"], version.to_string());
            assert_eq!(read.pointer(pointer), Some(&serde_json::from_str(expected).unwrap()), "{patch}");
        }
        // The old versions and the index follow.
        assert_eq!(server.read(&format!("{path}/_history/1"))["gender"], "female");
        assert_eq!(server.ids(&format!("/fhir/Patient?family={}", encode("Lý"))), [stored.id.as_str()]);
        assert_eq!(server.count(&format!("/fhir/Patient?family={}", encode("Nguyễn"))), 0);
    });
}

#[test]
fn every_operation_of_fhirpath_patch() {
    on_each(|server| {
        let path = server.create(&patient(1)).path();
        let name = |name: &str| format!(r#"{{"name":"name","valueString":"{name}"}}"#);
        let integer = |name: &str, value: i32| format!(r#"{{"name":"{name}","valueInteger":{value}}}"#);
        let steps = [
            (
                parts("replace", "Patient.birthDate", r#"{"name":"value","valueDate":"1985-03-08"}"#),
                "/birthDate",
                r#""1985-03-08""#,
            ),
            (
                parts(
                    "add",
                    "Patient",
                    &format!(r#"{},{{"name":"value","valueBoolean":false}}"#, name("deceased")),
                ),
                "/deceasedBoolean",
                "false",
            ),
            (
                parts(
                    "add",
                    "Patient",
                    &format!(
                        r#"{},{{"name":"value","part":[{{"name":"gender","valueCode":"male"}},{{"name":"name","valueHumanName":{{"text":"x"}}}}]}}"#,
                        name("contact")
                    ),
                ),
                "/contact",
                r#"[{"gender":"male","name":{"text":"x"}}]"#,
            ),
            (
                parts(
                    "insert",
                    "Patient.name.given",
                    &format!(r#"{},{{"name":"value","valueString":"Thị"}}"#, integer("index", 0)),
                ),
                "/name/0/given",
                r#"["Thị","Văn Tám"]"#,
            ),
            (
                parts(
                    "move",
                    "Patient.name.given",
                    &format!("{},{}", integer("source", 1), integer("destination", 0)),
                ),
                "/name/0/given",
                r#"["Văn Tám","Thị"]"#,
            ),
            (
                parts("delete", "Patient.name.given.where($this = 'Thị')", ""),
                "/name/0/given",
                r#"["Văn Tám"]"#,
            ),
            (parts("delete", "Patient.name.given", ""), "/name/0", r#"{"family":"Nguyễn"}"#),
            (parts("delete", "Patient.contact", ""), "/name/0", r#"{"family":"Nguyễn"}"#),
        ];
        for (index, (operation, pointer, expected)) in steps.iter().enumerate() {
            let answer = fhirpath_patch(server.http(), &path, &parameters(&[operation])).expect_status(200);
            assert_eq!(answer.header("ETag"), Some(format!("W/\"{}\"", index + 2).as_str()), "{operation}");
            let read = server.read(&path);
            assert_eq!(read.pointer(pointer), Some(&serde_json::from_str(expected).unwrap()), "{operation}");
        }
        assert!(server.read(&path).get("contact").is_none());
    });
}

#[test]
fn digits_and_order_survive_a_patch() {
    on_each(|server| {
        let sent = r#"{"resourceType":"Observation","valueQuantity":{"unit":"kg","value":72.500},"status":"final","code":{"text":"c"},"component":[{"valueQuantity":{"value":1E-22},"code":{"text":"d"}}]}"#;
        let path = server.create(sent).path();
        let _ = json_patch(server.http(), &path, r#"[{"op":"test","path":"/valueQuantity/value","value":72.5},{"op":"add","path":"/component/0/valueQuantity/unit","value":"g"}]"#).expect_status(200);
        let operation =
            parts("replace", "Observation.value.value", r#"{"name":"value","valueDecimal":0.10}"#);
        let _ = fhirpath_patch(server.http(), &path, &parameters(&[&operation])).expect_status(200);
        let read = server.http().get(&path).expect_status(200);
        let expected = r#"{"resourceType":"Observation","valueQuantity":{"unit":"kg","value":0.10},"status":"final","code":{"text":"c"},"component":[{"valueQuantity":{"value":1E-22,"unit":"g"},"code":{"text":"d"}}]}"#;
        assert_eq!(Exact::parse(read.text()).without_what_the_server_sets().0, Exact::parse(expected));
    });
}

#[test]
fn refused_patches_change_nothing() {
    on_each(|server| {
        let stored = server.create(&patient(1));
        let path = stored.path();
        let before = server.read(&path);
        for (patch, status, fault, place) in [
            (r#"{"op":"remove","path":"/name"}"#, 400, "patch-format", ""),
            (
                r#"[{"op":"test","path":"/gender","value":"female"},{"op":"delete","path":"/name"}]"#,
                400,
                "patch-format",
                "[1]",
            ),
            (r#"[{"op":"add","path":"name","value":[]}]"#, 400, "patch-format", "[0]"),
            (r#"[{"op":"add","path":"/name","value":01}]"#, 400, "invalid-json", "[0].value"),
            (
                r#"[{"op":"replace","path":"/gender","value":"male"},{"op":"remove","path":"/photo"}]"#,
                422,
                "patch-path",
                "[1]",
            ),
            (r#"[{"op":"add","path":"/name/7","value":{"text":"x"}}]"#, 422, "patch-position", "[0]"),
            (
                r#"[{"op":"replace","path":"/gender","value":"male"},{"op":"test","path":"/gender","value":"female"}]"#,
                422,
                "patch-test",
                "[1]",
            ),
            (r#"[{"op":"replace","path":"/id","value":"other"}]"#, 422, "patch-protected", "[0]"),
            (r#"[{"op":"replace","path":"/resourceType","value":"Group"}]"#, 422, "patch-protected", "[0]"),
            (r#"[{"op":"replace","path":"/meta/versionId","value":"9"}]"#, 422, "patch-protected", "[0]"),
            // What comes out is judged like an update, by the element.
            (r#"[{"op":"add","path":"/gender","value":7}]"#, 400, "primitive-format", "Patient.gender"),
            (
                r#"[{"op":"add","path":"/birthDate","value":"1985-02-30"}]"#,
                400,
                "primitive-format",
                "Patient.birthDate",
            ),
            (r#"[{"op":"add","path":"/name/0/nme","value":"x"}]"#, 400, "unknown-element", "Patient.name[0]"),
            (r#"[{"op":"remove","path":"/name/0"}]"#, 400, "empty-value", "Patient.name"),
            (
                r#"[{"op":"add","path":"/managingOrganization","value":{"reference":"Organization?name=x"}}]"#,
                400,
                "reference-conditional",
                "",
            ),
        ] {
            let answer = json_patch(server.http(), &path, patch);
            if place.is_empty() {
                let issue = expect_refusal(patch, &answer, status);
                assert_eq!(issue["details"]["coding"][0]["code"], fault, "{patch}: {issue}");
                assert!(issue.get("expression").is_none(), "{patch}: {issue}");
            } else {
                expect_fault(patch, &answer, status, fault, place);
            }
        }
        let value = r#"{"name":"value","valueString":"x"}"#;
        let named = |name: &str| format!(r#"{{"name":"name","valueString":"{name}"}},{value}"#);
        for (operation, status, fault, place) in [
            (parts("remove", "Patient.name", ""), 400, "patch-format", "Parameters.parameter[1]"),
            (parts("delete", "Patient.name[", ""), 400, "patch-format", "Parameters.parameter[1]"),
            (parts("replace", "Patient.name", ""), 400, "patch-format", "Parameters.parameter[1]"),
            (parts("replace", "Patient.language", value), 422, "patch-path", "Parameters.parameter[1]"),
            (
                parts(
                    "insert",
                    "Patient.name.given",
                    &format!(r#"{{"name":"index","valueInteger":2}},{value}"#),
                ),
                422,
                "patch-position",
                "Parameters.parameter[1]",
            ),
            (parts("delete", "Patient.id", ""), 422, "patch-protected", "Parameters.parameter[1]"),
            (
                parts("replace", "Patient.birthDate", value),
                422,
                "type-not-allowed",
                "Parameters.parameter[1]",
            ),
            (parts("add", "Patient", &named("nme")), 422, "unknown-element", "Parameters.parameter[1]"),
            (parts("add", "Patient", &named("gender")), 422, "patch-exists", "Parameters.parameter[1]"),
            (
                parts("replace", "Patient.gender", r#"{"name":"value","valueCode":" x"}"#),
                400,
                "primitive-format",
                "Parameters.parameter[1].part[2].value",
            ),
            (
                parts(
                    "add",
                    "Patient",
                    r#"{"name":"name","valueString":"link"},{"name":"value","part":[{"name":"type","valueCode":"seealso"}]}"#,
                ),
                400,
                "required-element",
                "Patient.link[0]",
            ),
        ] {
            // The first operation alone would do.
            let first = parts("replace", "Patient.gender", r#"{"name":"value","valueCode":"male"}"#);
            let answer = fhirpath_patch(server.http(), &path, &parameters(&[&first, &operation]));
            expect_fault(&operation, &answer, status, fault, place);
        }
        expect_refusal("another resource", &fhirpath_patch(server.http(), &path, &patient(1)), 400);
        expect_refusal("no body", &json_patch(server.http(), &path, ""), 400);
        let many = vec![r#"{"op":"test","path":"/gender","value":"female"}"#; 1001].join(",");
        expect_refusal("1001 operations", &json_patch(server.http(), &path, &format!("[{many}]")), 413);
        let double = vec![r#"{"op":"copy","from":"/name","path":"/name/-"}"#; 40].join(",");
        let answer = json_patch(server.http(), &path, &format!("[{double}]"));
        expect_fault(
            "doubling",
            &answer,
            413,
            "patch-too-large",
            &text(&body(&answer)["issue"][0]["expression"][0]),
        );
        assert_eq!(server.read(&path), before);
        for answer in [
            json_patch(server.http(), &path, r#"[{"op":"test","path":"/name/0/family","value":"Bí mật"}]"#),
            fhirpath_patch(
                server.http(),
                &path,
                &parameters(&[&parts("replace", "Patient.where(name.family = 'Bí mật')", value)]),
            ),
        ] {
            assert!(!answer.text().contains("mật") && !answer.text().contains("Nguyễn"), "{}", answer.text());
        }
    });
}

#[test]
fn other_media_types_are_told_what_a_patch_may_be() {
    on_each(|server| {
        let path = server.create(&patient(1)).path();
        for kind in ["text/plain", "application/merge-patch+json", "application/xml-patch+xml", "nonsense"] {
            for path in [path.as_str(), "/fhir/Patient?gender=female"] {
                let answer = server.http().request("PATCH", path, &[("Content-Type", kind)], b"[]");
                expect_refusal(kind, &answer, 415);
                let accepted = answer.header("Accept-Patch").unwrap_or_default();
                for format in [JSON_PATCH, FHIR_JSON] {
                    assert!(accepted.split(", ").any(|accepted| accepted == format), "{kind}: {accepted:?}");
                }
            }
        }
        for kind in [JSON_PATCH, "Application/JSON-Patch+json; charset=utf-8"] {
            let _ =
                server.http().request("PATCH", &path, &[("Content-Type", kind)], b"[]").expect_status(200);
        }
        assert_eq!(server.read(&path)["meta"]["versionId"], "1");
    });
}

#[test]
fn what_is_not_there_cannot_be_patched() {
    on_each(|server| {
        let remove = r#"[{"op":"remove","path":"/gender"}]"#;
        expect_refusal("never was", &json_patch(server.http(), "/fhir/Patient/none", remove), 404);
        expect_refusal("no id", &json_patch(server.http(), "/fhir/Patient/a_b", remove), 404);
        expect_refusal("no type", &json_patch(server.http(), "/fhir/Nonsense/a", remove), 404);
        let path = server.create(&patient(1)).path();
        let _ = server.http().request("DELETE", &path, &[], b"");
        expect_refusal("deleted", &json_patch(server.http(), &path, remove), 410);
        assert_eq!(server.count("/fhir/Patient"), 0);
    });
}

#[test]
fn a_patch_that_changes_nothing_makes_no_version() {
    on_each(|server| {
        let path = server.create(&patient(1)).path();
        for patch in [
            "[]",
            r#"[{"op":"test","path":"/gender","value":"female"}]"#,
            r#"[{"op":"replace","path":"/gender","value":"female"}]"#,
            r#"[{"op":"add","path":"/active","value":true},{"op":"remove","path":"/active"}]"#,
        ] {
            let answer = json_patch(server.http(), &path, patch).expect_status(200);
            assert_eq!(answer.header("ETag"), Some(r#"W/"1""#), "{patch}");
            assert_eq!(body(&answer), server.read(&path));
        }
        let answer =
            fhirpath_patch(server.http(), &path, r#"{"resourceType":"Parameters"}"#).expect_status(200);
        assert_eq!(answer.header("ETag"), Some(r#"W/"1""#));
        // As for an update: who names a version gets a new one.
        let headers = [("Content-Type", JSON_PATCH), ("If-Match", r#"W/"1""#)];
        let answer = server.http().request("PATCH", &path, &headers, b"[]").expect_status(200);
        assert_eq!(answer.header("ETag"), Some(r#"W/"2""#));
    });
}

#[test]
fn if_match_holds_for_patches() {
    on_each(|server| {
        let path = server.create(&patient(1)).path();
        let send = |tag: &str, value: &str| {
            let patch = format!(r#"[{{"op":"replace","path":"/gender","value":"{value}"}}]"#);
            let headers = [("Content-Type", JSON_PATCH), ("If-Match", tag)];
            server.http().request("PATCH", &path, &headers, patch.as_bytes())
        };
        let answer = send(r#"W/"1""#, "male").expect_status(200);
        assert_eq!(answer.header("ETag"), Some(r#"W/"2""#));
        let answer = send(r#"W/"1""#, "other");
        expect_refusal("stale", &answer, 412);
        assert_eq!(answer.header("ETag"), Some(r#"W/"2""#), "the version that is there");
        expect_refusal("of the future", &send(r#"W/"3""#, "other"), 412);
        expect_refusal("no version", &send(r#"W/"abc""#, "other"), 412);
        expect_refusal("no tag", &send("1", "other"), 400);
        assert_eq!(server.read(&path)["gender"], "male");
    });
}

#[test]
fn prefer_says_what_comes_back() {
    on_each(|server| {
        let path = server.create(&patient(1)).path();
        for (index, (prefer, kind)) in [
            ("return=minimal", None),
            ("return=representation", Some("Patient")),
            ("return=OperationOutcome", Some("OperationOutcome")),
        ]
        .into_iter()
        .enumerate()
        {
            let patch = format!(r#"[{{"op":"add","path":"/birthDate","value":"1985-03-0{}"}}]"#, index + 1);
            let headers = [("Content-Type", JSON_PATCH), ("Prefer", prefer)];
            let answer = server.http().request("PATCH", &path, &headers, patch.as_bytes()).expect_status(200);
            match kind {
                None => assert!(answer.body.is_empty()),
                Some(kind) => assert_eq!(body(&answer)["resourceType"], kind),
            }
        }
        assert_eq!(server.read(&path)["birthDate"], "1985-03-03");
    });
}

#[test]
fn a_conditional_patch_needs_one_match() {
    on_each(|server| {
        let first = server.create(&patient(1));
        let second = server.create(&patient(2));
        let of = |index: u64| {
            format!("/fhir/Patient?identifier={}", encode(&format!("{NUMBERS}|{}", citizen_number(index))))
        };
        let patch = r#"[{"op":"replace","path":"/gender","value":"other"}]"#;
        let answer = json_patch(server.http(), &of(1), patch).expect_status(200);
        assert_eq!(answer.header("ETag"), Some(r#"W/"2""#));
        assert_eq!(body(&answer)["id"], first.id.as_str());
        let operation = parts("replace", "Patient.gender", r#"{"name":"value","valueCode":"unknown"}"#);
        let answer = fhirpath_patch(server.http(), &of(2), &parameters(&[&operation])).expect_status(200);
        assert_eq!(body(&answer)["id"], second.id.as_str());

        expect_refusal("no match", &json_patch(server.http(), &of(3), patch), 404);
        expect_refusal("two", &json_patch(server.http(), "/fhir/Patient?birthdate=1985-03-07", patch), 412);
        expect_refusal("no criteria", &json_patch(server.http(), "/fhir/Patient", patch), 400);
        expect_refusal("unknown", &json_patch(server.http(), "/fhir/Patient?nonsense=1", patch), 400);
        for (tag, status) in [(r#"W/"1""#, 412), (r#"W/"2""#, 200)] {
            let headers = [("Content-Type", JSON_PATCH), ("If-Match", tag)];
            let _ = server.http().request("PATCH", &of(1), &headers, patch.as_bytes()).expect_status(status);
        }
        assert_eq!(server.read(&first.path())["meta"]["versionId"], "3");
        assert_eq!(server.read(&second.path())["meta"]["versionId"], "2");
    });
}

#[test]
fn a_patch_moves_a_resource_to_the_book_of_its_new_subject() {
    on_each(|server| {
        let (one, other) = (server.create(&patient(1)), server.create(&patient(2)));
        let stored = server.create(&observation(&one.reference()));
        let before = content(&server.read(&stored.path()));
        let patch =
            format!(r#"[{{"op":"replace","path":"/subject/reference","value":"{}"}}]"#, other.reference());
        let _ = json_patch(server.http(), &stored.path(), &patch).expect_status(200);
        assert_eq!(server.count(&format!("/fhir/Observation?subject={}", one.reference())), 0);
        assert_eq!(
            server.ids(&format!("/fhir/Observation?subject={}", other.reference())),
            [stored.id.as_str()]
        );
        // A reference to this server by its whole address is made relative, as in an update.
        let whole = format!("{}/fhir/{}", server.base_url(), one.reference());
        let value = format!(r#"{{"name":"value","valueReference":{{"reference":"{whole}"}}}}"#);
        let operation = parts("replace", "Observation.subject", &value);
        let _ = fhirpath_patch(server.http(), &stored.path(), &parameters(&[&operation])).expect_status(200);
        assert_eq!(content(&server.read(&stored.path())), before);
    });
}
