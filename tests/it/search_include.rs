//! `_include`, `_revinclude`, `:iterate`, `*`, compartments. R4, search.html#revinclude, compartmentdefinition.html.

use crate::support::bodies::condition;
use crate::support::checks::{Checks, address, check_each};
use crate::support::{Fhir, by_mode, entries, matches, reference_to};

/// Two patients of two doctors, one clinic below a hospital, visits and what was seen in them.
fn store(checks: &Checks) {
    let patient = |id: &str, more: &str| format!(r#"{{"resourceType":"Patient","id":"{id}"{more}}}"#);
    let observation = |id: &str, patient: &str, more: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"coding":[{{"code":"{id}"}}]}},"subject":{{"reference":"Patient/{patient}"}}{more}}}"#
        )
    };
    checks.store([
        r#"{"resourceType":"Organization","id":"hospital","name":"Bệnh viện"}"#.to_owned(),
        r#"{"resourceType":"Organization","id":"clinic","name":"Phòng khám","partOf":{"reference":"Organization/hospital"}}"#.to_owned(),
        r#"{"resourceType":"Practitioner","id":"doctor"}"#.to_owned(),
        patient(
            "p1",
            r#","managingOrganization":{"reference":"Organization/clinic"},"generalPractitioner":[{"reference":"Practitioner/doctor"},{"reference":"Organization/clinic"}]"#,
        ),
        patient("p2", ""),
        r#"{"resourceType":"Encounter","id":"visit","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/p1"},"serviceProvider":{"reference":"Organization/clinic"}}"#.to_owned(),
        observation(
            "o1",
            "p1",
            r#","encounter":{"reference":"Encounter/visit"},"performer":[{"reference":"Practitioner/doctor"},{"reference":"Patient/p1"}]"#,
        ),
        observation("o2", "p1", r#","hasMember":[{"reference":"Observation/o1"}]"#),
        observation("o3", "p2", r#","performer":[{"reference":"http://other.example/fhir/Practitioner/doctor"}]"#),
        r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/p1"},"encounter":{"reference":"Encounter/visit"}}"#.to_owned(),
    ]);
}

/// A search matches and includes exactly these; each entry once.
fn gives(checks: &Checks, query: &str, matched: &str, included: &str) {
    let pages = checks.pages(query);
    let of = |mode: &str| -> Vec<String> {
        let mut found: Vec<String> =
            pages.iter().flat_map(|page| by_mode(page, mode)).map(|one| reference_to(&one)).collect();
        found.sort();
        found
    };
    let sorted = |text: &str| -> Vec<String> {
        let mut words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        words.sort();
        words
    };
    checks.equal(&format!("{query}, matches"), &of("match"), &sorted(matched));
    checks.equal(&format!("{query}, included"), &of("include"), &sorted(included));
}

#[test]
fn include_brings_what_the_matches_refer_to() {
    check_each(|checks| {
        store(checks);
        let o1 = "Observation/o1";
        gives(checks, "Observation?code=o1", o1, "");
        gives(checks, "Observation?code=o1&_include=Observation:subject", o1, "Patient/p1");
        gives(checks, "Observation?code=o1&_include=Observation:patient", o1, "Patient/p1");
        gives(checks, "Observation?code=o1&_include=Observation:subject:Patient", o1, "Patient/p1");
        gives(checks, "Observation?code=o1&_include=Observation:subject:Group", o1, "");
        gives(
            checks,
            "Observation?code=o1&_include=Observation:performer",
            o1,
            "Practitioner/doctor Patient/p1",
        );
        gives(
            checks,
            "Observation?code=o1&_include=Observation:performer:Practitioner",
            o1,
            "Practitioner/doctor",
        );
        gives(
            checks,
            "Observation?code=o1&_include=Observation:subject&_include=Observation:encounter",
            o1,
            "Patient/p1 Encounter/visit",
        );
        // What is foreign or not there is left out.
        gives(checks, "Observation?code=o3&_include=Observation:performer", "Observation/o3", "");
        // For another type it says nothing.
        gives(checks, "Observation?code=o1&_include=Patient:organization", o1, "");
        // Each once, however many refer to it; a match stays a match.
        gives(
            checks,
            "Observation?_include=Observation:subject",
            "Observation/o1 Observation/o2 Observation/o3",
            "Patient/p1 Patient/p2",
        );
        gives(checks, "Observation?code=o2&_include=Observation:has-member", "Observation/o2", o1);
        gives(
            checks,
            "Observation?code=o1,o2&_include=Observation:has-member",
            "Observation/o1 Observation/o2",
            "",
        );
        gives(checks, "Patient?_include=Observation:subject", "Patient/p1 Patient/p2", "");
        // In a compartment too.
        gives(checks, "Patient/p2/Observation?_include=Observation:subject", "Observation/o3", "Patient/p2");
    });
}

#[test]
fn include_goes_on_only_when_it_iterates() {
    check_each(|checks| {
        store(checks);
        let o1 = "Observation/o1";
        let subject = "Observation?code=o1&_include=Observation:subject";
        gives(checks, &format!("{subject}&_include=Patient:organization"), o1, "Patient/p1");
        let iterated = format!("{subject}&_include:iterate=Patient:organization");
        gives(checks, &iterated, o1, "Patient/p1 Organization/clinic");
        let further = format!("{iterated}&_include:iterate=Organization:partof");
        gives(checks, &further, o1, "Patient/p1 Organization/clinic Organization/hospital");
        // In a circle it comes to an end.
        checks.store([r#"{"resourceType":"Organization","id":"x","name":"Vòng","partOf":{"reference":"Organization/x"}}"#]);
        gives(checks, "Organization?_id=x&_include:iterate=Organization:partof", "Organization/x", "");
        let members = "Observation?code=o2&_include=Observation:has-member";
        let iterated = format!("{members}&_include:iterate=Observation:encounter");
        gives(checks, &iterated, "Observation/o2", "Observation/o1 Encounter/visit");
        let back = "Organization?_id=clinic&_revinclude=Patient:organization";
        gives(checks, back, "Organization/clinic", "Patient/p1");
        let iterated = format!("{back}&_revinclude:iterate=Observation:subject");
        gives(checks, &iterated, "Organization/clinic", "Patient/p1 Observation/o1 Observation/o2");
    });
}

#[test]
fn revinclude_brings_what_refers_to_the_matches() {
    check_each(|checks| {
        store(checks);
        let p1 = "Patient/p1";
        gives(checks, "Patient?_id=p1&_revinclude=Observation:subject", p1, "Observation/o1 Observation/o2");
        gives(checks, "Patient?_id=p1&_revinclude=Observation:performer", p1, "Observation/o1");
        gives(
            checks,
            "Patient?_id=p1&_revinclude=Condition:subject&_revinclude=Encounter:subject",
            p1,
            "Condition/c1 Encounter/visit",
        );
        gives(checks, "Patient?_id=p2&_revinclude=Condition:patient", "Patient/p2", "");
        gives(
            checks,
            "Encounter?_id=visit&_include=Encounter:subject&_revinclude=Observation:encounter",
            "Encounter/visit",
            "Patient/p1 Observation/o1",
        );
        gives(
            checks,
            "Patient?_revinclude=Observation:subject",
            "Patient/p1 Patient/p2",
            "Observation/o1 Observation/o2 Observation/o3",
        );
    });
}

#[test]
fn a_star_means_every_reference() {
    check_each(|checks| {
        store(checks);
        let everything = "Patient/p1 Encounter/visit Practitioner/doctor";
        gives(checks, "Observation?code=o1&_include=*", "Observation/o1", everything);
        gives(checks, "Observation?code=o1&_include=Observation:*", "Observation/o1", everything);
        gives(checks, "Patient?_id=p1&_include=*", "Patient/p1", "Organization/clinic Practitioner/doctor");
        gives(
            checks,
            "Patient?_id=p1&_include:iterate=*",
            "Patient/p1",
            "Organization/clinic Practitioner/doctor Organization/hospital",
        );
        gives(checks, "Encounter?_id=visit&_revinclude=*", "Encounter/visit", "Observation/o1 Condition/c1");
    });
}

#[test]
fn included_resources_do_not_count_and_come_with_their_page() {
    check_each(|checks| {
        store(checks);
        let server = checks.server;
        let bundle = server.searchset("/fhir/Observation?_include=Observation:subject&_total=accurate");
        assert_eq!(bundle["total"], 3);
        assert_eq!(entries(&bundle).len(), 5);
        for entry in entries(&bundle) {
            let reference = reference_to(&entry["resource"]);
            assert_eq!(entry["fullUrl"], format!("{}/fhir/{reference}", server.base_url()));
        }
        let pages = checks.pages("Observation?_sort=_id&_count=1&_include=Observation:subject");
        assert_eq!(pages.len(), 3);
        for page in &pages {
            let found = matches(page);
            assert_eq!(found.len(), 1, "{page}");
            let included = by_mode(page, "include");
            assert_eq!(included.len(), 1, "{page}");
            assert_eq!(found[0]["subject"]["reference"], reference_to(&included[0]).as_str());
        }
        for wrong in ["Observation:nothing", "Shoe:size", "Observation:code", "Observation", ":"] {
            let query = address(&format!("Observation?_include={wrong}"));
            let answer = server.http().request("GET", &query, &[("Prefer", "handling=strict")], b"");
            checks.that(answer.status == 400, format!("strict {query}: {}", answer.status));
            let answer = server.http().get(&query);
            checks.that(matches!(answer.status, 200 | 400), format!("{query}: {}", answer.status));
        }
    });
}

/// R4, compartmentdefinition-patient, -encounter, -practitioner.
#[test]
fn a_compartment_holds_what_refers_to_its_owner() {
    check_each(|checks| {
        store(checks);
        checks.store([
            r#"{"resourceType":"Observation","id":"by-p1","status":"final","code":{"coding":[{"code":"z"}]},"subject":{"reference":"Patient/p2"},"performer":[{"reference":"Patient/p1"}]}"#,
        ]);
        let flu = checks.server.create(&condition("Patient/p2", "J10"));
        checks.finds("Patient/p1/Observation", "o1 o2 by-p1");
        checks.finds("Patient/p1/Observation?code=o1,z", "o1 by-p1");
        checks.finds("Patient/p1/Observation?performer=Patient/p1", "o1 by-p1");
        checks.finds("Patient/p1/Observation?code=nothing", "");
        checks.finds("Patient/p1/Observation?_count=1", "o1 o2 by-p1");
        checks.finds("Patient/p1/Observation?_id=o1,o3", "o1");
        checks.finds("Patient/p1/Encounter", "visit");
        checks.finds("Patient/p1/Condition", "c1");
        checks.finds("Patient/p2/Observation", "o3 by-p1");
        checks.finds("Patient/p2/Condition", &flu.id);
        checks.finds("Patient/p2/Encounter", "");
        checks.finds("Encounter/visit/Observation", "o1");
        checks.finds("Encounter/visit/Condition", "c1");
        checks.finds("Practitioner/doctor/Observation", "o1");
        // An own absolute URL is the same reference.
        let own = format!("{}/fhir/Patient/p2", checks.server.base_url());
        let absolute = checks.server.create(&condition(&own, "J11"));
        checks.finds("Patient/p2/Condition", &format!("{} {}", flu.id, absolute.id));
    });
}
