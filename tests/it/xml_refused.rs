//! Bodies that are no FHIR in XML: each is refused in words and with its place, nothing is stored.

use test_support::TestServer;

use crate::bad_input::{NUMBER, SECRET, no_secret_is_logged};
use crate::support::{Fhir, check_all, expect_refusal, on_each};

fn patient(content: &str) -> String {
    format!(
        "<Patient xmlns=\"http://hl7.org/fhir\"><identifier><value value=\"{NUMBER}\"/></identifier><name><family value=\"{SECRET}\"/></name>{content}</Patient>"
    )
}

#[track_caller]
fn refused(server: &TestServer, what: &str, sent: &[u8], code: &str, expression: &str) {
    let headers = [("Content-Type", "application/fhir+xml")];
    let answer = server.http().request("POST", "/fhir/Patient", &headers, sent);
    let issue = expect_refusal(what, &answer, 400);
    assert_eq!(issue["details"]["coding"][0]["code"], code, "{what}: {issue}");
    assert_eq!(issue["expression"][0].as_str().unwrap_or_default(), expression, "{what}: {issue}");
    let shown = answer.text();
    assert!(!shown.contains(NUMBER) && !shown.contains(SECRET), "{what}: says personal data again: {shown}");
    if code == "invalid-xml" {
        let words = issue["diagnostics"].as_str().unwrap();
        let place = words.rsplit('(').next().unwrap().trim_end_matches(')');
        let numbers: Vec<_> = place.split(':').map(str::parse::<u32>).collect();
        assert!(numbers.len() == 2 && numbers.iter().all(Result::is_ok), "{what}: line and column: {words}");
    }
}

#[test]
fn what_is_no_xml_is_refused() {
    let whole = patient("");
    let bomb = "<!DOCTYPE x [<!ENTITY a \"b\"><!ENTITY c \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let deep = |levels: usize| {
        let (open, close) = ("<extension url=\"u\">".repeat(levels), "</extension>".repeat(levels));
        patient(&format!("{open}<valueBoolean value=\"true\"/>{close}"))
    };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("JSON", br#"{"resourceType":"Patient"}"#.to_vec(), ""),
        ("plain text", SECRET.as_bytes().to_vec(), ""),
        ("cut in the middle", whole.as_bytes()[..whole.len() / 2].to_vec(), "Patient.identifier[0]"),
        ("cut before the end", whole.as_bytes()[..whole.len() - 3].to_vec(), "Patient"),
        ("two documents", whole.repeat(2).into_bytes(), ""),
        ("something behind it", format!("{whole}{SECRET}").into_bytes(), ""),
        ("invalid UTF-8", [b"\xFF".as_slice(), whole.as_bytes()].concat(), ""),
        ("UTF-16", whole.encode_utf16().flat_map(u16::to_be_bytes).collect(), ""),
        (
            "another encoding",
            format!("<?xml version=\"1.0\" encoding=\"windows-1258\"?>{whole}").into_bytes(),
            "",
        ),
        ("a DOCTYPE", format!("<!DOCTYPE Patient>{whole}").into_bytes(), ""),
        ("entities in entities", format!("{bomb}{}", patient("<gender value=\"&c;\"/>")).into_bytes(), ""),
        (
            "an external entity",
            format!(
                "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{}",
                patient("<gender value=\"&a;\"/>")
            )
            .into_bytes(),
            "",
        ),
        ("an entity of HTML", patient("<gender value=\"&nbsp;\"/>").into_bytes(), "Patient.gender"),
        ("a control character", patient("<gender value=\"&#7;\"/>").into_bytes(), "Patient.gender"),
        ("a raw control character", patient("<gender value=\"\u{7}\"/>").into_bytes(), ""),
        ("no namespace", whole.replace(" xmlns=\"http://hl7.org/fhir\"", "").into_bytes(), ""),
        ("another namespace", whole.replace("hl7.org/fhir", "hl7.org/v3").into_bytes(), ""),
        ("a data type", b"<HumanName xmlns=\"http://hl7.org/fhir\"/>".to_vec(), ""),
        ("an unknown element", patient("<colour value=\"red\"/>").into_bytes(), "Patient"),
        (
            "an unknown element inside",
            patient("<contact><colour value=\"red\"/></contact>").into_bytes(),
            "Patient.contact[0]",
        ),
        ("an unknown attribute", patient("<contact colour=\"red\"/>").into_bytes(), "Patient.contact[0]"),
        (
            "the same attribute twice",
            patient("<gender value=\"male\" value=\"male\"/>").into_bytes(),
            "Patient",
        ),
        (
            "a single element twice",
            patient("<gender value=\"male\"/><gender value=\"male\"/>").into_bytes(),
            "Patient.gender",
        ),
        ("text between elements", patient(SECRET).into_bytes(), "Patient"),
        ("nothing in an element", patient("<gender/>").into_bytes(), "Patient.gender"),
        (
            "two resources in one place",
            patient("<contained><Basic/><Basic/></contained>").into_bytes(),
            "Patient.contained[0]",
        ),
        (
            "a narrative in FHIR's namespace",
            patient("<text><div>x</div></text>").into_bytes(),
            "Patient.text",
        ),
    ];
    on_each(|server| {
        check_all(&cases, |(what, sent, expression)| refused(server, what, sent, "invalid-xml", expression));
        refused(server, "nothing", b" \n ", "empty-body", "");
        for levels in [60, 10_000, 100_000] {
            let headers = [("Content-Type", "application/fhir+xml")];
            let answer = server.http().request("POST", "/fhir/Patient", &headers, deep(levels).as_bytes());
            let issue = expect_refusal("many levels", &answer, 400);
            assert_eq!(issue["details"]["coding"][0]["code"], "invalid-xml");
        }
        assert_eq!(server.count("/fhir/Patient"), 0, "nothing stored by what was refused");
        no_secret_is_logged(server);
    });
}

#[test]
fn what_is_xml_is_checked_as_json_is() {
    let narrative = |content: &str| {
        patient(&format!(
            "<text><status value=\"generated\"/><div xmlns=\"http://www.w3.org/1999/xhtml\">{content}</div></text>"
        ))
    };
    let cases = [
        ("a boolean in words", patient("<active value=\"yes\"/>"), "primitive-format", "Patient.active"),
        (
            "a number in words",
            patient("<multipleBirthInteger value=\"two\"/>"),
            "primitive-format",
            "Patient.multipleBirth",
        ),
        (
            "a leading zero",
            patient("<multipleBirthInteger value=\"01\"/>"),
            "primitive-format",
            "Patient.multipleBirth",
        ),
        ("an empty value", patient("<gender value=\"\"/>"), "empty-value", "Patient.gender"),
        (
            "a date that does not exist",
            patient("<birthDate value=\"2023-02-29\"/>"),
            "primitive-format",
            "Patient.birthDate",
        ),
        ("an empty element", patient("<contact/>"), "empty-value", "Patient.contact[0]"),
        (
            "a missing element",
            patient("<link><type value=\"seealso\"/></link>"),
            "required-element",
            "Patient.link[0]",
        ),
        (
            "a choice twice",
            patient("<deceasedBoolean value=\"true\"/><deceasedDateTime value=\"2020\"/>"),
            "choice-repeated",
            "Patient",
        ),
        (
            "an extension of nothing",
            patient("<extension url=\"http://e.example\"/>"),
            "extension-value",
            "Patient.extension[0]",
        ),
        ("a script in the narrative", narrative("<script>x</script>"), "narrative", "Patient.text.div"),
        ("a narrative of nothing", narrative(" "), "narrative", "Patient.text.div"),
        (
            "another type",
            "<Basic xmlns=\"http://hl7.org/fhir\"><code><text value=\"x\"/></code></Basic>".to_owned(),
            "resource-type-mismatch",
            "resourceType",
        ),
    ];
    on_each(|server| {
        check_all(&cases, |(what, sent, code, expression)| {
            refused(server, what, sent.as_bytes(), code, expression);
        });
        assert_eq!(server.count("/fhir/Patient"), 0);
        no_secret_is_logged(server);
    });
}
