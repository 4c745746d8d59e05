//! Rows of small resources, one kind of value after the other; expectations from the text of R4.

use super::*;
use crate::testing::{extract, moment, registry, slot};
use crate::{DateRow, ReferenceRow, StringRow, TokenRow};

/// A resource of a type with one member.
fn with(kind: &str, member: &str) -> Extracted {
    extract(&format!("{{\"resourceType\":\"{kind}\",{member}}}"))
}

fn token(name: &str, system: &str, code: &str) -> TokenRow {
    let hasher = registry().hasher();
    TokenRow { slot: slot(name), code: hasher.code(code), system: hasher.system(system) }
}

fn sorted<T: Ord>(mut rows: Vec<T>) -> Vec<T> {
    rows.sort();
    rows
}

#[test]
fn tokens_of_every_type() {
    let check = |kind: &str, member: &str, name: &str, expected: &[(&str, &str)]| {
        let name = format!("{kind} token {name}");
        let found: Vec<TokenRow> =
            with(kind, member).rows.tokens.into_iter().filter(|row| row.slot == slot(&name)).collect();
        let expected = expected.iter().map(|(system, code)| token(&name, system, code)).collect();
        assert_eq!(found, sorted(expected), "{member}");
    };
    let concept = r#""code":{"text":"t","coding":[{"system":"s","code":"A"},{"code":"b"},{"system":"u"},{"display":"d"}]}"#;
    check("Observation", concept, "Observation.code", &[("s", "A"), ("", "b"), ("u", "")]);
    check(
        "Patient",
        r#""identifier":[{"system":"s","value":"1"},{"value":"2"},{"use":"old"}]"#,
        "Patient.identifier",
        &[("s", "1"), ("", "2")],
    );
    check(
        "Patient",
        r#""telecom":[{"system":"phone","value":"0912"},{"value":"x"},{"system":"fax"}]"#,
        "Patient.telecom",
        &[("phone", "0912"), ("", "x")],
    );
    check("Patient", r#""gender":"female""#, "Patient.gender", &[("", "female")]);
    check("Patient", r#""active":true"#, "Patient.active", &[("", "true")]);
    check("Encounter", r#""class":{"system":"s","code":"AMB"}"#, "Encounter.class", &[("s", "AMB")]);
    check(
        "Group",
        r#""characteristic":[{"valueBoolean":false}]"#,
        "Group.characteristic.value.ofType(boolean)",
        &[("", "false")],
    );
    check(
        "Patient",
        r#""meta":{"tag":[{"system":"s","code":"c"}],"profile":["http://p|2"]}"#,
        "Patient.meta.tag",
        &[("s", "c")],
    );
    check(
        "Patient",
        r#""meta":{"profile":["http://p|2"]}"#,
        "Patient.meta.profile",
        &[("", "http://p|2"), ("", "http://p")],
    );
    check(
        "Observation",
        r#""component":[{"valueCodeableConcept":{"coding":[{"code":"x"}]}}]"#,
        "Observation.component.value.ofType(CodeableConcept)",
        &[("", "x")],
    );
    check(
        "Observation",
        r#""valueQuantity":{"value":1,"code":"x"}"#,
        "Observation.value.ofType(CodeableConcept)",
        &[],
    );
}

#[test]
fn deceased_is_known_of_every_patient() {
    let name = "Patient token Patient.deceased.exists() and Patient.deceased != false";
    for (member, code) in [
        (r#""deceasedBoolean":true"#, "true"),
        (r#""deceasedBoolean":false"#, "false"),
        (r#""deceasedDateTime":"2020""#, "true"),
        (r#""gender":"male""#, "false"),
    ] {
        assert!(with("Patient", member).rows.tokens.contains(&token(name, "", code)), "{member}");
    }
}

#[test]
fn names_and_addresses_are_stored_in_parts() {
    let row = |name: &str, exact: &str| StringRow {
        slot: slot(&format!("Patient string Patient.{name}")),
        folded: crate::fold(exact),
        exact: exact.to_owned(),
    };
    let name = with(
        "Patient",
        r#""name":[{"family":"Nguyễn","given":["Thị","Hòa"],"prefix":["Bà"],"text":"Nguyễn Thị Hòa"}]"#,
    );
    let rest = "name.text | Patient.name.prefix | Patient.name.suffix";
    let expected = [
        ("name.family", "Nguyễn"),
        ("name.given", "Thị"),
        ("name.given", "Hòa"),
        (rest, "Bà"),
        (rest, "Nguyễn Thị Hòa"),
    ];
    let word = |parts: &[&str], kind: &str, folded: &str| StringRow {
        slot: slot(&format!(
            "Patient words {}",
            parts.iter().map(|part| format!("Patient.{kind}.{part}")).collect::<Vec<_>>().join(" | ")
        )),
        folded: folded.to_owned(),
        exact: String::new(),
    };
    // Words that begin a part are found there; the others have rows of their own.
    let parts = ["family", "given", "prefix", "suffix", "text"];
    let words = ["thi hoa", "hoa"].map(|text| word(&parts, "name", text));
    let rows = expected.map(|(name, text)| row(name, text)).into_iter().chain(words);
    assert_eq!(name.rows.strings, sorted(rows.collect()));
    let address =
        with("Patient", r#""address":[{"line":["12 Lê Lợi"],"city":"Huế","country":"VN","district":"  "}]"#);
    let rest = "address.text | Patient.address.line | Patient.address.district";
    let expected = [("address.city", "Huế"), ("address.country", "VN"), (rest, "12 Lê Lợi")];
    let parts = ["line", "city", "district", "state", "postalCode", "country", "text"];
    let words = ["le loi", "loi"].map(|text| word(&parts, "address", text));
    let rows = expected.map(|(name, text)| row(name, text)).into_iter().chain(words);
    assert_eq!(address.rows.strings, sorted(rows.collect()));
}

#[test]
fn plain_strings_come_from_either_form() {
    for (member, name) in [
        (r#""valueString":"Dương tính""#, "Observation string Observation.value.ofType(string)"),
        (
            r#""valueCodeableConcept":{"text":"Dương tính"}"#,
            "Observation string Observation.value.ofType(CodeableConcept).text",
        ),
    ] {
        let row = StringRow { slot: slot(name), folded: "duong tinh".into(), exact: "Dương tính".into() };
        assert_eq!(with("Observation", member).rows.strings, [row]);
    }
}

#[test]
fn long_strings_are_cut_but_exact() {
    let row = |text: &str| {
        let rows = with("Library", &format!("\"description\":\"{text}\"")).rows.strings;
        assert_eq!(rows.len(), 1);
        rows.into_iter().next().unwrap()
    };
    let long = "ế".repeat(500);
    let (one, other) = (row(&long), row(&format!("{long}!")));
    assert_eq!((one.folded.as_str(), one.folded == other.folded), ("e".repeat(256).as_str(), true));
    assert!(one.exact.len() <= 240 && one.exact.starts_with("ếế"));
    assert_ne!(one.exact, other.exact);
    assert_eq!(row(&"a".repeat(240)).exact.len(), 240);
}

#[test]
fn dates_are_ranges() {
    let check = |member: &str, low: Option<&str>, high: Option<&str>| {
        let low = low.map_or(DateRow::OPEN_LOW, moment);
        let high = high.map_or(DateRow::OPEN_HIGH, moment);
        let slot = slot("Observation date Observation.effective");
        assert_eq!(with("Observation", member).rows.dates, [DateRow { slot, low, high }], "{member}");
    };
    check(r#""effectiveDateTime":"2026-11""#, Some("2026-10-31T17:00:00Z"), Some("2026-11-30T17:00:00Z"));
    check(
        r#""effectiveInstant":"2026-11-25T10:00:00.5+07:00""#,
        Some("2026-11-25T03:00:00.5Z"),
        Some("2026-11-25T03:00:00.6Z"),
    );
    check(
        r#""effectivePeriod":{"start":"2026-11-01","end":"2026-11-02"}"#,
        Some("2026-10-31T17:00:00Z"),
        Some("2026-11-02T17:00:00Z"),
    );
    check(r#""effectivePeriod":{"start":"2026-11-01"}"#, Some("2026-10-31T17:00:00Z"), None);
    check(r#""effectivePeriod":{"end":"2026-11-01"}"#, None, Some("2026-11-01T17:00:00Z"));
    check(
        r#""effectiveTiming":{"event":["2026-11-03","2026-11-01"]}"#,
        Some("2026-10-31T17:00:00Z"),
        Some("2026-11-03T17:00:00Z"),
    );
    check(
        r#""effectiveTiming":{"repeat":{"boundsPeriod":{"start":"2026-11-01","end":"2026-11-03"}}}"#,
        Some("2026-10-31T17:00:00Z"),
        Some("2026-11-03T17:00:00Z"),
    );
    for nothing in [
        r#""effectivePeriod":{}"#,
        r#""effectiveTiming":{"code":{"text":"x"}}"#,
        r#""_effectiveDateTime":{"id":"x"}"#,
    ] {
        assert!(with("Observation", nothing).rows.dates.is_empty(), "{nothing}");
    }
}

#[test]
fn references_are_local_or_urls() {
    let hasher = registry().hasher();
    let target_type = i16::try_from(ResourceType::PATIENT.index()).unwrap();
    let slot = slot("Observation reference Observation.subject");
    let local = ReferenceRow { slot, target: hasher.reference_id("1"), target_type };
    let url = |url: &str| ReferenceRow { slot, target: hasher.url(url), target_type: -1 };
    for (text, expected) in [
        ("Patient/1", vec![local]),
        ("Patient/1/_history/3", vec![local]),
        ("http://own/fhir/Patient/1", vec![local]),
        ("http://other/fhir/Patient/1", vec![url("http://other/fhir/Patient/1")]),
        ("http://other/fhir/Patient/1/_history/2", vec![url("http://other/fhir/Patient/1")]),
        ("urn:uuid:0-1", vec![url("urn:uuid:0-1")]),
        ("#p", vec![]),
        ("Patient?identifier=1", vec![]),
    ] {
        let found = with("Observation", &format!(r#""subject":{{"reference":"{text}"}}"#));
        assert_eq!(found.rows.references, expected, "{text}");
        assert_eq!(found.patient.is_some(), expected == [local], "{text}");
    }
    let logical = with("Observation", r#""subject":{"identifier":{"system":"s","value":"1"}}"#).rows;
    assert!(logical.references.is_empty());
    assert_eq!(
        logical.tokens,
        [token("Observation reference-identifier Observation.subject.identifier", "s", "1")]
    );
}

#[test]
fn canonicals_are_found_with_and_without_version() {
    let rows = with("CarePlan", r#""instantiatesCanonical":["http://x/y|1","http://x/y"]"#).rows.references;
    let slot = slot("CarePlan reference CarePlan.instantiatesCanonical");
    let row = |url: &str| ReferenceRow { slot, target: registry().hasher().url(url), target_type: -1 };
    assert_eq!(rows, sorted(vec![row("http://x/y|1"), row("http://x/y")]));
    let document = with(
        "Bundle",
        r#""entry":[{"resource":{"resourceType":"Composition","id":"c"}},{"resource":{"resourceType":"Patient","id":"p"}}]"#,
    );
    let targets: Vec<i64> = document.rows.references.iter().map(|row| row.target).collect();
    assert_eq!(targets, [registry().hasher().reference_id("c")]);
}

#[test]
fn the_book_is_that_of_the_most_telling_patient() {
    for (kind, member, expected) in [
        (
            "Observation",
            r#""subject":{"reference":"Patient/1"},"performer":[{"reference":"Patient/2"}]"#,
            Some("1"),
        ),
        (
            "Observation",
            r#""subject":{"reference":"Group/1"},"performer":[{"reference":"Patient/2"}]"#,
            Some("2"),
        ),
        ("Observation", r#""subject":{"reference":"Group/1"}"#, None),
        (
            "Coverage",
            r#""subscriber":{"reference":"Patient/2"},"beneficiary":{"reference":"Patient/1"}"#,
            Some("1"),
        ),
        ("Account", r#""subject":[{"reference":"Patient/1"},{"reference":"Patient/1"}]"#, Some("1")),
        ("Account", r#""subject":[{"reference":"Patient/1"},{"reference":"Patient/2"}]"#, None),
        (
            "Appointment",
            r#""participant":[{"actor":{"reference":"Patient/1"}},{"actor":{"reference":"Practitioner/2"}}]"#,
            Some("1"),
        ),
        ("AuditEvent", r#""entity":[{"what":{"reference":"Patient/1"}}]"#, Some("1")),
        ("MedicationRequest", r#""requester":{"reference":"Patient/3"}"#, None),
        // In no compartment of R4, and about somebody all the same.
        ("Task", r#""for":{"reference":"Patient/1"},"owner":{"reference":"Patient/2"}"#, Some("1")),
        ("Task", r#""owner":{"reference":"Patient/2"}"#, None),
        ("Device", r#""patient":{"reference":"Patient/1"}"#, Some("1")),
        ("Device", r#""status":"active""#, None),
        ("GuidanceResponse", r#""subject":{"reference":"Patient/1"}"#, Some("1")),
        ("Contract", r#""subject":[{"reference":"Patient/1"},{"reference":"Patient/2"}]"#, None),
        ("Organization", r#""name":"x""#, None),
    ] {
        let patient = with(kind, member).patient;
        assert_eq!(patient.as_ref().map(LogicalId::as_str), expected, "{kind} {member}");
    }
}

#[test]
fn references_for_includes() {
    let text = r#"{"resourceType":"Observation","subject":{"reference":"Patient/1"},
        "performer":[{"reference":"Practitioner/2"},{"reference":"http://own/fhir/Organization/3"},{"reference":"http://else/Organization/4"},{"reference":"Practitioner/2"}]}"#;
    let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
    let kind: ResourceType = "Observation".parse().unwrap();
    let found = |parameter| {
        let slots = registry().reference_slots(kind, parameter);
        let found = registry().references_of(kind, &node, &slots);
        found.iter().map(|(kind, id)| format!("{kind}/{id}")).collect::<Vec<_>>()
    };
    assert_eq!(found(Some("performer")), ["Practitioner/2", "Organization/3"]);
    assert_eq!(found(Some("subject")), ["Patient/1"]);
    assert_eq!(found(None).len(), 3);
}

#[test]
fn odd_resources_do_no_harm() {
    for text in [
        r#"{"resourceType":"Observation","subject":"Patient/1","code":[{"coding":"x"}],"effectiveDateTime":7}"#,
        r#"{"resourceType":"Patient","name":"x","birthDate":["2020"],"telecom":{"value":{"a":1}}}"#,
        r#"{"resourceType":"Bundle","entry":[]}"#,
    ] {
        extract(text);
    }
}
