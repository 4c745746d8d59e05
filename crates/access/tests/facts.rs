//! What resources say about access: visits, labels, relations (docs/access.md, sections 2 and 3).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use fhir::{Instant, LogicalId, ResourceType};
use healthbook_access::{Author, Authority, Facts, GrantSource, Grantee, Labels, Policy, WriteContext};

fn at(text: &str) -> Instant {
    Instant::try_from(text).unwrap()
}

fn now() -> Instant {
    at("2026-11-28T10:00:00+07:00")
}

fn facts(text: &str) -> Facts {
    let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
    let resource_type: ResourceType = node.text("resourceType").unwrap().parse().unwrap();
    let id = LogicalId::try_from("own").unwrap();
    let context = WriteContext { at: now(), first: true, finished: None };
    Policy::built_in().facts(resource_type, &id, &node, &context).unwrap()
}

fn labels(text: &str) -> String {
    let labels = facts(text).labels;
    Policy::built_in().document().labels().codes(labels).join(" ")
}

fn organization(id: &str) -> Grantee {
    Grantee::Organization(LogicalId::try_from(id).unwrap())
}

fn visit(text: &str) -> Option<String> {
    facts(text).visit.map(|visit| visit.to_string())
}

#[test]
fn a_resource_belongs_to_the_visit_that_it_names() {
    let of = |name: &str, rest: &str| visit(&format!(r#"{{"resourceType":"{name}",{rest}}}"#));
    let v1 = Some("v1".to_owned());
    for name in [
        "AdverseEvent",
        "AllergyIntolerance",
        "CarePlan",
        "CareTeam",
        "ClinicalImpression",
        "Communication",
        "CommunicationRequest",
        "Composition",
        "Condition",
        "DeviceRequest",
        "DiagnosticReport",
        "Flag",
        "GuidanceResponse",
        "ImagingStudy",
        "Immunization",
        "List",
        "Media",
        "MedicationRequest",
        "NutritionOrder",
        "Observation",
        "Procedure",
        "QuestionnaireResponse",
        "RequestGroup",
        "RiskAssessment",
        "ServiceRequest",
        "Task",
        "VisionPrescription",
    ] {
        assert_eq!(of(name, r#""encounter":{"reference":"Encounter/v1"}"#), v1, "{name}");
        assert_eq!(of(name, r#""encounter":{"reference":"Encounter/v1/_history/3"}"#), v1, "{name}");
        assert_eq!(of(name, r##""encounter":{"reference":"#v1"}"##), None, "{name}");
        assert_eq!(of(name, r#""encounter":{"reference":"http://other/Encounter/v1"}"#), None, "{name}");
    }
    for name in ["ChargeItem", "MedicationAdministration", "MedicationDispense", "MedicationStatement"] {
        assert_eq!(of(name, r#""context":{"reference":"Encounter/v1"}"#), v1, "{name}");
        assert_eq!(of(name, r#""context":{"reference":"EpisodeOfCare/v1"}"#), None, "{name}");
    }
    assert_eq!(of("DocumentReference", r#""context":{"encounter":[{"reference":"Encounter/v1"}]}"#), v1);
    assert_eq!(of("Claim", r#""item":[{"encounter":[{"reference":"Encounter/v1"}]},{"sequence":2}]"#), v1);
    let term = r#""term":[{"action":[{"context":{"reference":"Encounter/v1"}}]}]"#;
    assert_eq!(of("Contract", term), v1);
    assert_eq!(of("Encounter", r#""partOf":{"reference":"Encounter/v1"}"#), Some("own".to_owned()));
    assert_eq!(of("Patient", r#""active":true"#), None);
}

#[test]
fn what_names_several_visits_is_restricted() {
    let two = r#"{"resourceType":"Claim","item":[{"encounter":[{"reference":"Encounter/v1"},{"reference":"Encounter/v2"}]}]}"#;
    assert_eq!(visit(two), None);
    assert_eq!(labels(two), "RESTRICTED");
}

#[test]
fn every_visit_that_is_named_is_told() {
    let named = |text: &str| {
        let named = facts(text).named_visits;
        named.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let two = r#"{"resourceType":"Claim","item":[{"encounter":[{"reference":"Encounter/v2"},{"reference":"Encounter/v1"}]},{"encounter":[{"reference":"Encounter/v2"}]}]}"#;
    assert_eq!(named(two), "v1 v2");
    assert_eq!(named(r#"{"resourceType":"Observation","encounter":{"reference":"Encounter/v1"}}"#), "v1");
    for none in [
        r#"{"resourceType":"Encounter","partOf":{"reference":"Encounter/v1"}}"#,
        r#"{"resourceType":"Observation","encounter":{"reference":"http://other/Encounter/v1"}}"#,
        r#"{"resourceType":"Patient"}"#,
    ] {
        assert_eq!(named(none), "", "{none}");
    }
}

#[test]
fn codes_anywhere_give_labels() {
    let condition = |system: &str, code: &str| {
        labels(&format!(
            r#"{{"resourceType":"Condition","code":{{"coding":[{{"system":"{system}","code":"{code}"}}]}}}}"#
        ))
    };
    for system in ["http://hl7.org/fhir/sid/icd-10", "http://fhir.hl7.org.vn/core/CodeSystem/vn-icd10-cs"] {
        for (code, expected) in [
            ("B20", "HIV"),
            ("B24", "HIV"),
            ("b22.7", "HIV"),
            ("Z21", "HIV"),
            ("R75", "HIV"),
            ("B25", ""),
            ("B19.9", ""),
            ("F20.0", "PSY"),
            ("F99", "PSY"),
            ("F11.2", "OST PSY"),
            ("F02.4", "HIV PSY"),
            ("F64.0", "PSY GENDER_REASSIGN"),
            ("T74.1", "DV CHILD_ABUSE"),
            ("Y05", "DV"),
            ("Y07.0", "DV CHILD_ABUSE"),
            ("N97.9", "SEX"),
            ("O04", "SEX"),
            ("Z94.0", "TRANSPLANT_DONOR_RECIPIENT"),
            ("I10", ""),
            ("O80", ""),
            ("N76.0", ""),
            ("J11", ""),
            ("", ""),
        ] {
            assert_eq!(condition(system, code), expected, "{code}");
        }
    }
    assert_eq!(condition("http://loinc.org", "75622-1"), "HIV");
    assert_eq!(condition("http://loinc.org", "B20"), "");
    assert_eq!(condition("http://snomed.info/sct", "86406008"), "HIV");
    assert_eq!(condition("http://www.whocc.no/atc", "J05AR06"), "HIV");
    assert_eq!(condition("http://www.whocc.no/atc", "J05AF05"), "", "hepatitis B");
    assert_eq!(condition("http://www.whocc.no/atc", "N07BC02"), "OST");
    let deep = r#"{"resourceType":"Observation","contained":[{"resourceType":"Medication","code":{"coding":[{"code":"B20"}]}}]}"#;
    assert_eq!(labels(deep), "HIV", "without a system it is the national classification");
    let extension = r#"{"resourceType":"Observation","extension":[{"url":"x","valueCoding":{"system":"http://hl7.org/fhir/sid/icd-10","code":"B20"}}]}"#;
    assert_eq!(labels(extension), "HIV");
    let quantity = r#"{"resourceType":"Observation","valueQuantity":{"system":"http://unitsofmeasure.org","code":"B20"}}"#;
    assert_eq!(labels(quantity), "");
}

#[test]
fn security_labels_are_known_or_the_most_restricted() {
    let security = |name: &str, system: &str, code: &str| {
        labels(&format!(
            r#"{{"resourceType":"{name}","meta":{{"security":[{{"system":"{system}","code":"{code}"}}]}}}}"#
        ))
    };
    let confidentiality = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
    let act = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
    for (system, code, expected) in [
        ("urn:healthbook:label", "ADOLESCENT", "ADOLESCENT"),
        ("urn:healthbook:label", "SURROGACY", "SURROGACY"),
        ("urn:healthbook:label", "NOTHING", "UNKNOWN"),
        ("urn:healthbook:label", "N", "UNKNOWN"),
        (confidentiality, "N", ""),
        (confidentiality, "U", ""),
        (confidentiality, "R", "RESTRICTED"),
        (confidentiality, "V", "RESTRICTED"),
        (confidentiality, "T", "UNKNOWN"),
        (act, "HIV", "HIV"),
        (act, "PSY", "PSY"),
        (act, "ETH", "PSY"),
        (act, "SDV", "DV"),
        (act, "SEX", "SEX"),
        (act, "GDIS", "GENETIC"),
        (act, "CEL", "UNKNOWN"),
        ("http://terminology.hl7.org/CodeSystem/v3-ActReason", "HTEST", ""),
    ] {
        assert_eq!(security("Observation", system, code), expected, "{system} {code}");
    }
    assert_eq!(security("Patient", confidentiality, "R"), "R");
    assert_eq!(labels(r#"{"resourceType":"Observation","meta":{"security":[{"code":"X"}]}}"#), "UNKNOWN");
    assert_eq!(
        labels(r#"{"resourceType":"Observation","meta":{"security":[{"display":"secret"}]}}"#),
        "UNKNOWN"
    );
    let tag = r#"{"resourceType":"Observation","meta":{"tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ActCode","code":"HIV"}]}}"#;
    assert_eq!(labels(tag), "");
}

#[test]
fn a_visit_entitles_the_facility_while_it_lasts() {
    let visit = |status: &str, period: &str| {
        facts(&format!(
            r#"{{"resourceType":"Encounter","status":"{status}","period":{{{period}}},"serviceProvider":{{"reference":"Organization/f1"}}}}"#
        ))
        .grants
    };
    let open = visit("in-progress", r#""start":"2026-11-28T08:00:00+07:00""#);
    assert_eq!(open.len(), 1);
    let grant = &open[0];
    assert_eq!((grant.authority, grant.source), (Authority::Encounter, GrantSource::GranteeOrServer));
    assert_eq!(grant.grantee, organization("f1"));
    assert_eq!((grant.begins, grant.ends), (now(), at("2026-12-28T10:00:00+07:00")));
    assert_eq!((grant.purpose, grant.visit.clone(), grant.labels), (None, None, Labels::NONE));
    let future = visit("in-progress", r#""start":"2026-11-29","end":"2026-11-30""#);
    assert_eq!(
        (future[0].begins, future[0].ends),
        (at("2026-11-29T00:00:00+07:00"), at("2026-12-28T10:00:00+07:00"))
    );
    for status in ["in-progress", "finished"] {
        let far = visit(status, r#""end":"2030-01-01""#);
        assert_eq!(far[0].ends, at("2026-12-28T10:00:00+07:00"), "an end to come prolongs nothing");
        let ended = visit(status, r#""start":"2026-11-01","end":"2026-11-02""#);
        assert_eq!((ended[0].begins, ended[0].ends), (now(), at("2026-12-03T00:00:00+07:00")), "{status}");
        assert!(visit(status, r#""start":"2026-10-01","end":"2026-10-28""#).is_empty(), "{status}");
    }
    for status in ["planned", "cancelled", "entered-in-error", "unknown"] {
        assert!(visit(status, "").is_empty(), "{status}");
    }
}

#[test]
fn a_visit_that_was_finished_is_prolonged_by_nothing() {
    let visit = |status: &str, period: &str, finished: Option<&str>| {
        let text = format!(
            r#"{{"resourceType":"Encounter","status":"{status}","period":{{{period}}},"serviceProvider":{{"reference":"Organization/f1"}}}}"#
        );
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let id = LogicalId::try_from("own").unwrap();
        let context = WriteContext { at: now(), first: false, finished: finished.map(at) };
        let facts = Policy::built_in().facts("Encounter".parse().unwrap(), &id, &node, &context).unwrap();
        assert_eq!(facts.finished, status == "finished");
        facts.grants.first().map(|grant| grant.ends)
    };
    for status in ["finished", "in-progress"] {
        for period in ["", r#""end":"2026-11-28""#, r#""end":"2030-01-01""#] {
            let ends = visit(status, period, Some("2026-11-10T09:00:00+07:00"));
            assert_eq!(ends, Some(at("2026-12-10T09:00:00+07:00")), "{status} {period}");
            assert_eq!(visit(status, period, Some("2026-10-10T09:00:00+07:00")), None, "{status} {period}");
        }
        let earlier = visit(status, r#""end":"2026-11-02""#, Some("2026-11-10T09:00:00+07:00"));
        assert_eq!(earlier, Some(at("2026-12-03T00:00:00+07:00")), "the visit's own end was before");
    }
    assert_eq!(visit("in-progress", "", None), Some(at("2026-12-28T10:00:00+07:00")), "it goes on");
}

#[test]
fn referrals_appointments_stations_and_reviews_entitle() {
    let referral = |status: &str, intent: &str| {
        facts(&format!(
            r#"{{"resourceType":"ServiceRequest","status":"{status}","intent":"{intent}","performer":[{{"reference":"Organization/f1"}},{{"reference":"Practitioner/d"}},{{"reference":"Organization/f2"}}]}}"#
        ))
        .grants
    };
    let grants = referral("active", "order");
    assert_eq!(grants.len(), 2);
    assert!(
        grants
            .iter()
            .all(|grant| grant.authority == Authority::Referral && grant.source == GrantSource::NotGrantee),
        "nobody refers somebody to oneself"
    );
    assert!(
        grants.iter().all(|grant| (grant.begins, grant.ends) == (now(), at("2026-12-28T10:00:00+07:00")))
    );
    assert_eq!(referral("active", "plan").len(), 2);
    for (status, intent) in
        [("draft", "order"), ("revoked", "order"), ("completed", "plan"), ("active", "proposal")]
    {
        assert!(referral(status, intent).is_empty(), "{status} {intent}");
    }
    let appointment = |rest: &str| {
        facts(&format!(
            r#"{{"resourceType":"Appointment","supportingInformation":[{{"reference":"Organization/f1"}},{{"reference":"Condition/c"}}],{rest}}}"#
        ))
        .grants
    };
    let booked = appointment(
        r#""status":"booked","start":"2026-12-01T08:00:00+07:00","end":"2026-12-01T09:00:00+07:00""#,
    );
    assert_eq!(
        (booked[0].authority, booked[0].source),
        (Authority::Appointment, GrantSource::CitizenOrServer)
    );
    assert_eq!((booked[0].begins, booked[0].ends), (now(), at("2026-12-02T09:00:00+07:00")));
    let start = appointment(r#""status":"pending","start":"2026-12-01T08:00:00+07:00""#);
    assert_eq!(start[0].ends, at("2026-12-02T08:00:00+07:00"));
    assert!(appointment(r#""status":"booked""#).is_empty(), "without a time it would last for ever");
    assert!(appointment(r#""status":"cancelled","start":"2026-12-01T08:00:00+07:00""#).is_empty());
    assert!(appointment(r#""status":"booked","start":"2026-11-01T08:00:00+07:00""#).is_empty(), "over");
    let station =
        facts(r#"{"resourceType":"Patient","managingOrganization":{"reference":"Organization/s1"}}"#).grants;
    assert_eq!(
        (station[0].authority, station[0].grantee.clone()),
        (Authority::HomeStation, organization("s1"))
    );
    assert_eq!(station[0].ends.microseconds(), i64::MAX);
    let task = |status: &str, code: &str| {
        facts(&format!(
            r#"{{"resourceType":"Task","status":"{status}","code":{{"coding":[{{"code":"{code}"}}]}},"owner":{{"reference":"Organization/f1"}}}}"#
        ))
        .grants
    };
    let review = task("requested", "emergency-review");
    assert_eq!((review[0].authority, review[0].source), (Authority::Review, GrantSource::Server));
    assert_eq!(review[0].resource_type.unwrap().as_str(), "Task");
    assert!(task("completed", "emergency-review").is_empty() && task("requested", "correction").is_empty());
}

#[test]
fn who_registers_somebody_is_entitled_for_a_while() {
    let policy = Policy::built_in();
    let facility = Author::Facility(LogicalId::try_from("f1").unwrap());
    let grant = policy.registration(&facility, now()).unwrap();
    assert_eq!((grant.authority, grant.grantee), (Authority::Registration, organization("f1")));
    assert_eq!(grant.ends, at("2026-12-05T10:00:00+07:00"));
    assert_eq!(policy.registration(&Author::Server, now()), None);
}
