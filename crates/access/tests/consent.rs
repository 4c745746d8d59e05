//! Consents: what they grant and close, and that none is half obeyed (docs/access.md, section 3).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use fhir::{Instant, LogicalId};
use healthbook_access::{
    Authority, FactProblem, FactReason, Facts, GrantFact, GrantSource, Grantee, Labels, Policy, Purpose,
    WriteContext,
};

fn at(text: &str) -> Instant {
    Instant::try_from(text).unwrap()
}

fn now() -> Instant {
    at("2026-11-28T10:00:00+07:00")
}

fn read(text: &str) -> Result<Facts, (String, FactReason)> {
    facts(text).map_err(|problem| (problem.expression, problem.reason))
}

fn problem(text: &str) -> FactProblem {
    facts(text).unwrap_err()
}

fn consent_text(provision: &str) -> String {
    format!(r#"{{"resourceType":"Consent","status":"active","provision":{provision}}}"#)
}

fn facts(text: &str) -> Result<Facts, FactProblem> {
    let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
    let id = LogicalId::try_from("c1").unwrap();
    let context = WriteContext { at: now(), first: true, finished: None };
    Policy::built_in().facts("Consent".parse().unwrap(), &id, &node, &context)
}

fn consent(relation: Option<&str>, provision: &str) -> Result<Facts, (String, FactReason)> {
    let category = relation.map_or_else(
        || r#"{"coding":[{"system":"http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-category-cs","code":"privacy"}]}"#.to_owned(),
        |code| format!(r#"{{"coding":[{{"system":"urn:healthbook:relation","code":"{code}"}}]}}"#),
    );
    read(&format!(
        r#"{{"resourceType":"Consent","status":"active","scope":{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"patient-privacy"}}]}},"category":[{category}],"provision":{provision}}}"#
    ))
}

const ROLE: &str = r#""role":{"coding":[{"code":"IRCP"}]}"#;

fn permit(rest: &str) -> String {
    format!(
        r#"{{"type":"permit","actor":[{{{ROLE},"reference":{{"reference":"Organization/f1"}}}}],"period":{{"end":"2026-12-31"}}{rest}}}"#
    )
}

fn facility() -> Grantee {
    Grantee::Organization(LogicalId::try_from("f1").unwrap())
}

fn label(code: &str) -> Labels {
    Policy::built_in().document().labels().label(code).unwrap().labels
}

#[test]
fn a_permit_is_a_grant_for_its_purpose_and_time() {
    let facts = consent(None, &permit("")).unwrap();
    let [grant] = facts.grants.as_slice() else { panic!("{facts:?}") };
    assert_eq!((grant.authority, grant.source), (Authority::Consent, GrantSource::CitizenOrServer));
    assert_eq!(
        (grant.begins, grant.ends),
        (now(), at("2027-01-01T00:00:00+07:00")),
        "the last day is part of it"
    );
    assert_eq!(grant.purpose, Some(Purpose::Treatment), "never for every purpose");
    assert_eq!((grant.resource_type, grant.labels, grant.visit.clone()), (None, Labels::NONE, None));
    assert!(facts.denials.is_empty());
    let rest = r#","purpose":[{"system":"http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-purpose-cs","code":"TREAT"},{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"ERESRCH"}],"class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"},{"system":"http://hl7.org/fhir/resource-types","code":"Condition"}],"securityLabel":[{"system":"urn:healthbook:label","code":"HIV"},{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"PSY"}]"#;
    let facts = consent(None, &permit(rest)).unwrap();
    assert_eq!(facts.grants.len(), 4);
    for grant in &facts.grants {
        // Research gets what has no label, whatever the consent names.
        let care = grant.purpose == Some(Purpose::Treatment);
        assert_eq!(grant.labels, if care { label("HIV") | label("PSY") } else { Labels::NONE });
    }
    for code in ["HPAYMT", "PUBHLTH", "HOPERAT"] {
        let purpose = rest.replace("ERESRCH", code);
        let facts = consent(None, &permit(&purpose)).unwrap();
        let care = |grant: &&GrantFact| grant.purpose == Some(Purpose::Treatment);
        assert!(facts.grants.iter().all(|grant| care(&grant) != grant.labels.is_empty()), "{code}");
        assert_eq!(facts.grants.iter().filter(care).count(), 2);
    }
    assert!(facts.labels.is_empty(), "naming a label is not carrying it");
    let future = permit("").replace(r#""end":"2026-12-31""#, r#""start":"2026-12-24","end":"2026-12-31""#);
    assert_eq!(consent(None, &future).unwrap().grants[0].begins, at("2026-12-24T00:00:00+07:00"));
    let past = permit("").replace(r#""end":"2026-12-31""#, r#""start":"2020-01-01","end":"2026-12-31""#);
    assert_eq!(consent(None, &past).unwrap().grants[0].begins, now(), "not before it was given");
}

#[test]
fn relations_have_their_own_words() {
    let person = permit("").replace("Organization/f1", "Patient/p2");
    for (relation, source, purpose) in [
        ("delegation", GrantSource::Server, Purpose::PatientRequest),
        ("guardian", GrantSource::Server, Purpose::PatientRequest),
    ] {
        let facts = consent(Some(relation), &person).unwrap();
        let grant = &facts.grants[0];
        assert_eq!(grant.authority.code(), relation);
        assert_eq!((grant.source, grant.purpose), (source, Some(purpose)));
        let refused = consent(Some(relation), &permit("")).unwrap_err();
        assert_eq!(refused, ("Consent.provision.actor".to_owned(), FactReason::WrongRelation));
    }
    for (relation, purpose) in [
        ("presence", Purpose::Treatment),
        ("prescription", Purpose::Treatment),
        ("emergency", Purpose::BreakTheGlass),
    ] {
        let grant = &consent(Some(relation), &permit("")).unwrap().grants[0];
        assert_eq!(grant.authority.code(), relation);
        assert_eq!((grant.source, grant.purpose), (GrantSource::Server, Some(purpose)));
        assert!(consent(Some(relation), &person).is_err());
    }
    assert!(consent(None, &person).is_err(), "whoever entrusts the book to somebody says so");
    assert_eq!(consent(Some("king"), &permit("")).unwrap_err().0, "Consent.category[0]");
    assert_eq!(consent(Some("block"), &permit("")).unwrap_err().0, "Consent.provision.type");
}

#[test]
fn a_block_closes_to_one_or_to_everybody() {
    let all = consent(Some("block"), r#"{"type":"deny"}"#).unwrap();
    let [denial] = all.denials.as_slice() else { panic!("{all:?}") };
    assert!(all.grants.is_empty());
    assert_eq!((denial.grantee.clone(), denial.purpose, denial.in_emergency), (None, None, false));
    assert_eq!((denial.begins, denial.ends.microseconds()), (now(), i64::MAX));
    let provision = format!(
        r#"{{"type":"deny","actor":[{{{ROLE},"reference":{{"reference":"Organization/f1"}}}}],"purpose":[{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"BTG"}},{{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"TREAT"}}],"securityLabel":[{{"system":"urn:healthbook:label","code":"HIV"}}],"data":[{{"meaning":"related","reference":{{"reference":"Encounter/v1"}}}}]}}"#
    );
    let facts = consent(Some("block"), &provision).unwrap();
    let emergencies: Vec<(Option<Purpose>, bool)> =
        facts.denials.iter().map(|denial| (denial.purpose, denial.in_emergency)).collect();
    assert_eq!(emergencies, [(Some(Purpose::BreakTheGlass), true), (Some(Purpose::Treatment), false)]);
    for denial in &facts.denials {
        assert_eq!((denial.grantee.clone(), denial.labels), (Some(facility()), label("HIV")));
        assert_eq!(denial.visit.as_ref().map(LogicalId::as_str), Some("v1"));
    }
}

#[test]
fn nested_provisions_narrow_and_except() {
    let slice = |start: &str, end: &str, labels: &str| {
        format!(r#"{{"type":"permit","period":{{"start":"{start}","end":"{end}"}}{labels}}}"#)
    };
    let hiv = r#","securityLabel":[{"system":"urn:healthbook:label","code":"HIV"}]"#;
    let nested = format!(
        r#"{{"type":"permit","actor":[{{{ROLE},"reference":{{"reference":"Patient/p2"}}}}],"period":{{"end":"2030-01-01"}},"provision":[{},{}]}}"#,
        slice("2026-11-28", "2027-06-30", hiv),
        slice("2027-07-01", "2029-12-31", "")
    );
    let facts = consent(Some("guardian"), &nested).unwrap();
    assert_eq!(facts.grants.len(), 2, "the outer provision is what they share");
    assert_eq!((facts.grants[0].labels, facts.grants[1].labels), (label("HIV"), Labels::NONE));
    assert_eq!(facts.grants[0].ends, facts.grants[1].begins);
    // What is closed to guardians at every age is opened to none, whatever the text says.
    let abuse = nested.replace(r#""code":"HIV""#, r#""code":"DV""#);
    let facts = consent(Some("guardian"), &abuse).unwrap();
    assert!(facts.grants.len() == 2 && facts.grants.iter().all(|grant| grant.labels.is_empty()));
    let except = permit(
        r#","provision":[{"type":"deny","class":[{"system":"http://hl7.org/fhir/resource-types","code":"Observation"}]}]"#,
    );
    let facts = consent(None, &except).unwrap();
    assert_eq!((facts.grants.len(), facts.denials.len()), (1, 1));
    assert_eq!(facts.denials[0].grantee, Some(facility()));
    assert_eq!(facts.denials[0].ends, facts.grants[0].ends);
    let inside = r#"{"type":"deny","provision":[{"type":"permit"}]}"#;
    assert_eq!(consent(Some("block"), inside).unwrap_err().0, "Consent.provision.provision[0].type");
    let wider = permit(r#","provision":[{"type":"permit","period":{"end":"2027-12-31"}}]"#);
    let refused = consent(None, &wider).unwrap_err();
    assert_eq!(refused, ("Consent.provision.provision[0].period.end".to_owned(), FactReason::Wider));
    let other = permit(&format!(
        r#","provision":[{{"type":"permit","actor":[{{{ROLE},"reference":{{"reference":"Organization/f2"}}}}]}}]"#
    ));
    assert_eq!(consent(None, &other).unwrap_err().0, "Consent.provision.provision[0].actor");
    let mut deep = r#"{"type":"deny"}"#.to_owned();
    for _ in 0..5 {
        deep = format!(r#"{{"type":"deny","provision":[{deep}]}}"#);
    }
    assert_eq!(consent(Some("block"), &deep).unwrap_err().1, FactReason::TooMany);
}

#[test]
fn what_cannot_be_enforced_is_refused_where_it_stands() {
    for (rest, place, reason) in [
        (r#","action":[{"text":"access"}]"#, "action", FactReason::NotEnforceable),
        (r#","code":[{"text":"x"}]"#, "code", FactReason::NotEnforceable),
        (r#","dataPeriod":{"start":"2020"}"#, "dataPeriod", FactReason::NotEnforceable),
        (r#","modifierExtension":[{"url":"x"}]"#, "modifierExtension", FactReason::NotEnforceable),
        (r#","extension":[{"url":"http://other"}]"#, "extension", FactReason::NotEnforceable),
        (
            r#","data":[{"meaning":"instance","reference":{"reference":"Encounter/v"}}]"#,
            "data[0]",
            FactReason::NotEnforceable,
        ),
        (
            r#","data":[{"meaning":"related","reference":{"reference":"Condition/v"}}]"#,
            "data[0]",
            FactReason::NotEnforceable,
        ),
        (r#","purpose":[{"system":"http://x","code":"TREAT"}]"#, "purpose[0]", FactReason::UnknownCode),
        (
            r#","purpose":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActReason","code":"MARKT"}]"#,
            "purpose[0]",
            FactReason::UnknownCode,
        ),
        (
            r#","class":[{"system":"http://hl7.org/fhir/resource-types","code":"Nothing"}]"#,
            "class[0]",
            FactReason::UnknownCode,
        ),
        (
            r#","class":[{"system":"urn:ietf:bcp:13","code":"application/pdf"}]"#,
            "class[0]",
            FactReason::UnknownCode,
        ),
        (
            r#","securityLabel":[{"system":"urn:healthbook:label","code":"NOTHING"}]"#,
            "securityLabel[0]",
            FactReason::UnknownCode,
        ),
        (
            r#","securityLabel":[{"system":"urn:healthbook:label","code":"R"}]"#,
            "securityLabel[0]",
            FactReason::UnknownCode,
        ),
        (r#","purpose":[]"#, "purpose", FactReason::Missing),
    ] {
        let refused = consent(None, &permit(rest)).unwrap_err();
        assert_eq!(refused, (format!("Consent.provision.{place}"), reason), "{rest}");
    }
    for (from, to, place) in [
        ("Organization/f1", "Practitioner/d", "actor[0]"),
        ("Organization/f1", "Organization?name=x", "actor[0]"),
        (r#""period":{"end":"2026-12-31"}"#, r#""period":{"start":"2026-12-31"}"#, "period.end"),
        (r#""type":"permit","#, "", "type"),
    ] {
        let refused = consent(None, &permit("").replace(from, to)).unwrap_err();
        assert_eq!(refused.0, format!("Consent.provision.{place}"));
    }
    let text = consent_text(&permit(r#","action":[{"text":"access"}]"#));
    let (status, issue) = problem(&text).issue();
    assert_eq!((status, issue.fault.code()), (422, "consent-not-enforceable"));
    let nobody = r#"{"type":"permit","period":{"end":"2026-12-31"}}"#;
    assert_eq!(
        consent(None, nobody).unwrap_err(),
        ("Consent.provision.actor".to_owned(), FactReason::Missing)
    );
    let evidence =
        r#","extension":[{"url":"http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-consent-method"}]"#;
    assert!(consent(None, &permit(evidence)).is_ok());
    let bare = r#"{"resourceType":"Consent","status":"active"}"#;
    assert_eq!(read(bare).unwrap_err(), ("Consent.provision".to_owned(), FactReason::Missing));
}

#[test]
fn what_is_not_in_force_or_not_about_privacy_says_nothing() {
    for status in ["draft", "proposed", "rejected", "inactive", "entered-in-error"] {
        let text = format!(
            r#"{{"resourceType":"Consent","status":"{status}","provision":{{"type":"permit","action":[{{}}]}}}}"#
        );
        assert_eq!(read(&text), Ok(Facts::default()));
    }
    let surgery = r#"{"resourceType":"Consent","status":"active","scope":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/consentscope","code":"treatment"}]},"provision":{"type":"permit"}}"#;
    assert_eq!(read(surgery), Ok(Facts::default()));
}
