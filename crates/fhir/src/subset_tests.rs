//! Tests of the parts of a resource. What is expected comes from the R4 text and the published definitions.

use super::*;

const TAG: &str =
    r#"{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}"#;

const PATIENT: &str = r##"{"resourceType":"Patient","id":"a","meta":{"versionId":"3"},"implicitRules":"urn:r","language":"vi",
    "text":{"status":"generated","div":"<div>x</div>"},"contained":[{"resourceType":"Organization","id":"o"}],
    "extension":[{"url":"urn:e","valueDecimal":1.50}],"modifierExtension":[{"url":"urn:m","valueDecimal":1.50}],
    "identifier":[{"system":"urn:s","value":"1"}],"active":true,"name":[{"use":"old","family":"Lê","given":["An"],
    "_given":[{"id":"g"}]},{"text":"x"}],"telecom":[{"value":"1"}],"gender":"male","birthDate":"2000-01-01",
    "_birthDate":{"extension":[{"url":"urn:t","valueString":"x"}]},"deceasedBoolean":false,"address":[{"city":"Huế"}],
    "maritalStatus":{"text":"m"},"multipleBirthInteger":2,"photo":[{"url":"urn:p"}],
    "contact":[{"id":"c","name":{"family":"B","use":"usual"},"gender":"male"},{"gender":"female"}],
    "communication":[{"language":{"text":"vi"}}],"generalPractitioner":[{"reference":"Practitioner/1"}],
    "managingOrganization":{"reference":"#o"},
    "link":[{"id":"l","extension":[{"url":"urn:e"}],"other":{"reference":"Patient/b","display":"B"},"type":"seealso"}]}"##;

fn parse(text: &str) -> Node<'_> {
    json::parse(text.as_bytes(), &json::Limits::default()).unwrap()
}

fn part(text: &str, wanted: &Subset<'_>) -> Node<'static> {
    let resource = parse(text);
    let resource_type = resource.text("resourceType").unwrap().parse().unwrap();
    let part = subset(&resource, resource_type, wanted).to_json();
    parse(part.leak())
}

fn names(node: &Node<'_>) -> Vec<String> {
    node.members().iter().map(|(name, _)| name.to_string()).collect()
}

fn elements(text: &str, names: &[&str]) -> Node<'static> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    part(text, &Subset::Elements(&names))
}

fn member(node: &Node<'_>, name: &str) -> String {
    node.get(name).map(Node::to_json).unwrap_or_default()
}

#[test]
fn the_summary_of_a_patient_is_the_published_one() {
    let summary = part(PATIENT, &Subset::Summary);
    let expected = [
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "modifierExtension",
        "identifier",
        "active",
        "name",
        "telecom",
        "gender",
        "birthDate",
        "_birthDate",
        "deceasedBoolean",
        "address",
        "managingOrganization",
        "link",
    ];
    assert_eq!(names(&summary), expected);
    assert_eq!(
        member(&summary, "link"),
        r#"[{"other":{"reference":"Patient/b","display":"B"},"type":"seealso"}]"#
    );
    assert_eq!(member(&summary, "name"), parse(PATIENT).get("name").unwrap().to_json());
    assert!(member(&summary, "modifierExtension").contains("1.50"));
    assert_eq!(member(&summary, "meta"), format!(r#"{{"versionId":"3","tag":[{TAG}]}}"#));
}

#[test]
fn the_children_of_a_backbone_element_have_their_own_marks() {
    let summary = part(
        r#"{"resourceType":"Observation","status":"final","code":{"text":"c"},"valueQuantity":{"value":1.50},
        "note":[{"text":"n"}],"referenceRange":[{"text":"r"}],"component":[{"id":"1","code":{"text":"d"},
        "valueString":"v","interpretation":[{"text":"i"}],"referenceRange":[{"text":"r"}]}]}"#,
        &Subset::Summary,
    );
    assert_eq!(names(&summary), ["resourceType", "meta", "status", "code", "valueQuantity", "component"]);
    assert_eq!(member(&summary, "valueQuantity"), r#"{"value":1.50}"#);
    assert_eq!(member(&summary, "component"), r#"[{"code":{"text":"d"},"valueString":"v"}]"#);
}

#[test]
fn mandatory_elements_that_are_not_marked_stay() {
    let summary = part(
        r#"{"resourceType":"Provenance","agent":[{"who":{"display":"w"},"role":[{"text":"r"}]}]}"#,
        &Subset::Summary,
    );
    assert_eq!(member(&summary, "agent"), r#"[{"who":{"display":"w"}}]"#);
}

#[test]
fn a_marked_backbone_element_without_marked_children_stays_whole() {
    let summary = part(
        r#"{"resourceType":"RiskEvidenceSynthesis","riskEstimate":{"value":0.10},"certainty":[]}"#,
        &Subset::Summary,
    );
    assert_eq!(member(&summary, "riskEstimate"), r#"{"value":0.10}"#);
}

#[test]
fn every_mandatory_element_of_every_type_stays_in_every_part() {
    for kind in ResourceType::all() {
        let mandatory: Vec<&str> = TypeId::of_resource(kind)
            .elements()
            .iter()
            .filter(|element| element.min > 0 && !element.choice)
            .map(|element| element.name)
            .collect();
        let body: String = mandatory.iter().map(|name| format!(r#","{name}":"x""#)).collect();
        let text = format!(r#"{{"resourceType":"{kind}","id":"a"{body}}}"#);
        let resource = parse(&text);
        for wanted in [Subset::Text, Subset::Data, Subset::Elements(&[])] {
            let part = subset(&resource, kind, &wanted);
            assert!(mandatory.iter().all(|name| part.get(name).is_some()), "{kind} {wanted:?}");
        }
    }
}

#[test]
fn text_is_the_narrative_and_what_must_be_there() {
    assert_eq!(names(&part(PATIENT, &Subset::Text)), ["resourceType", "id", "meta", "text"]);
    let observation = part(
        r#"{"resourceType":"Observation","status":"final","_status":{"id":"s"},"code":{"text":"c"},"issued":"x"}"#,
        &Subset::Text,
    );
    assert_eq!(names(&observation), ["resourceType", "meta", "status", "_status", "code"]);
}

#[test]
fn data_is_everything_but_the_narrative() {
    let mut expected = names(&parse(PATIENT));
    expected.retain(|name| name != "text");
    assert_eq!(names(&part(PATIENT, &Subset::Data)), expected);
}

#[test]
fn named_elements_come_with_what_must_not_be_missing() {
    let always = [
        "resourceType",
        "id",
        "meta",
        "implicitRules",
        "modifierExtension",
        "active",
        "deceasedBoolean",
        "link",
    ];
    let with = |asked: &[&str], more: &[&str]| {
        let part = elements(PATIENT, asked);
        let mut got = names(&part);
        got.retain(|name| !always.contains(&name.as_str()));
        assert_eq!(got, more, "{asked:?}");
        assert!(always.iter().all(|name| part.get(name).is_some()), "{asked:?}");
    };
    with(&[], &[]);
    with(&["", ".", "Patient", "nothing", "value", "_birthDate"], &[]);
    with(&["birthDate"], &["birthDate", "_birthDate"]);
    with(&[" birthDate.extension"], &["birthDate", "_birthDate"]);
    with(&["Patient.gender", "Practitioner.birthDate"], &["gender"]);
    with(&["multipleBirth"], &["multipleBirthInteger"]);
    with(&["multipleBirth[x]"], &["multipleBirthInteger"]);
    with(&["multipleBirthInteger"], &["multipleBirthInteger"]);
    with(&["multipleBirthBoolean"], &[]);
    with(&["contained", "text"], &["text", "contained"]);
}

#[test]
fn a_name_may_lead_inside() {
    assert_eq!(member(&elements(PATIENT, &["name.family"]), "name"), r#"[{"family":"Lê"}]"#);
    assert_eq!(
        member(&elements(PATIENT, &["name.family", "Patient.name.given"]), "name"),
        r#"[{"family":"Lê","given":["An"],"_given":[{"id":"g"}]}]"#
    );
    let whole = parse(PATIENT).get("name").unwrap().to_json();
    assert_eq!(member(&elements(PATIENT, &["name.family", "name"]), "name"), whole);
    assert_eq!(
        member(&elements(PATIENT, &["contact.name.family"]), "contact"),
        r#"[{"name":{"family":"B"}}]"#
    );
    assert!(elements(PATIENT, &["name.nothing"]).get("name").is_none());
    // A modifier element stays whole.
    assert_eq!(
        member(&elements(PATIENT, &["link.type"]), "link"),
        parse(PATIENT).get("link").unwrap().to_json()
    );
    let observation = r#"{"resourceType":"Observation","code":{"text":"c","id":"1"},"valueQuantity":{"value":1.50,"unit":"g"}}"#;
    let narrowed = elements(observation, &["value.value", "code.text"]);
    assert_eq!(member(&narrowed, "valueQuantity"), r#"{"value":1.50}"#);
    assert_eq!(member(&narrowed, "code"), r#"{"text":"c","id":"1"}"#);
}

#[test]
fn a_modifier_extension_is_not_lost_inside() {
    let text = r#"{"resourceType":"Patient","contact":[{"modifierExtension":[{"url":"urn:m"}],"gender":"male","name":{"text":"x"}}]}"#;
    assert_eq!(
        member(&elements(text, &["contact.gender"]), "contact"),
        r#"[{"modifierExtension":[{"url":"urn:m"}],"gender":"male"}]"#
    );
}

#[test]
fn the_mark_is_added_once_and_in_its_place() {
    for (before, after) in [
        (
            r#"{"resourceType":"Patient","id":"a","active":true}"#,
            format!(r#"{{"resourceType":"Patient","id":"a","meta":{{"tag":[{TAG}]}},"active":true}}"#),
        ),
        (
            r#"{"id":"a","resourceType":"Patient"}"#,
            format!(r#"{{"id":"a","resourceType":"Patient","meta":{{"tag":[{TAG}]}}}}"#),
        ),
        (
            r#"{"active":true,"resourceType":"Patient","meta":{"tag":[{"code":"x"}],"source":"urn:s"}}"#,
            format!(
                r#"{{"active":true,"resourceType":"Patient","meta":{{"tag":[{{"code":"x"}},{TAG}],"source":"urn:s"}}}}"#
            ),
        ),
    ] {
        let once = part(before, &Subset::Data);
        assert_eq!(once.to_json(), after);
        assert_eq!(part(&after, &Subset::Summary).to_json(), after);
    }
}
