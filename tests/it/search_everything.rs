//! `Patient/[id]/$everything`. R4, patient-operation-everything.html.

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use crate::support::checks::{Checks, check_each};
use crate::support::{Fhir, entries, expect_refusal, link, reference_to, text, value};

/// What belongs to `me`, directly or through a role other than subject.
const OWN: &str = "Patient/me Observation/o1 Observation/o2 Observation/seen-by-me Encounter/visit Condition/c1 \
    AllergyIntolerance/nuts Appointment/next Coverage/card MedicationRequest/pills";
/// What that refers to.
const REFERRED: &str = "Practitioner/doctor Organization/clinic Medication/pill";

fn store(checks: &Checks) {
    let observation = |id: &str, more: &str| {
        format!(
            r#"{{"resourceType":"Observation","id":"{id}","status":"final","code":{{"text":"x"}},"effectiveDateTime":"2026-05-04",{more}}}"#
        )
    };
    checks.store([
        r#"{"resourceType":"Organization","id":"clinic","name":"Phòng khám"}"#.to_owned(),
        r#"{"resourceType":"Organization","id":"elsewhere","name":"Trạm y tế"}"#.to_owned(),
        r#"{"resourceType":"Practitioner","id":"doctor"}"#.to_owned(),
        r#"{"resourceType":"Practitioner","id":"stranger"}"#.to_owned(),
        r#"{"resourceType":"Medication","id":"pill"}"#.to_owned(),
        r#"{"resourceType":"Patient","id":"me","managingOrganization":{"reference":"Organization/clinic"}}"#.to_owned(),
        r#"{"resourceType":"Patient","id":"you","managingOrganization":{"reference":"Organization/elsewhere"}}"#.to_owned(),
        observation("o1", r#""subject":{"reference":"Patient/me"},"performer":[{"reference":"Practitioner/doctor"}]"#),
        observation("o2", r#""subject":{"reference":"Patient/me"}"#),
        observation("seen-by-me", r#""performer":[{"reference":"Patient/me"}]"#),
        observation("yours", r#""subject":{"reference":"Patient/you"},"performer":[{"reference":"Practitioner/stranger"}]"#),
        observation("nobodys", r#""performer":[{"reference":"Practitioner/doctor"}]"#),
        r#"{"resourceType":"Encounter","id":"visit","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/me"}}"#.to_owned(),
        r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/me"}}"#.to_owned(),
        r#"{"resourceType":"AllergyIntolerance","id":"nuts","clinicalStatus":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical","code":"active"}]},"patient":{"reference":"Patient/me"}}"#.to_owned(),
        r#"{"resourceType":"Appointment","id":"next","status":"booked","start":"2026-12-01T08:00:00+07:00","end":"2026-12-01T08:30:00+07:00","participant":[{"actor":{"reference":"Patient/me"},"status":"accepted"},{"actor":{"reference":"Practitioner/doctor"},"status":"accepted"}]}"#.to_owned(),
        r#"{"resourceType":"Coverage","id":"card","status":"active","beneficiary":{"reference":"Patient/me"},"payor":[{"reference":"Organization/clinic"}]}"#.to_owned(),
        r#"{"resourceType":"MedicationRequest","id":"pills","status":"active","intent":"order","subject":{"reference":"Patient/me"},"medicationReference":{"reference":"Medication/pill"}}"#.to_owned(),
        r#"{"resourceType":"Condition","id":"gone","subject":{"reference":"Patient/me"}}"#.to_owned(),
    ]);
    checks.server.http().request("DELETE", "/fhir/Condition/gone", &[], b"");
}

/// All resources of all pages, in their order.
fn all(checks: &Checks, query: &str) -> Vec<String> {
    let pages = checks.pages(query);
    pages.iter().flat_map(entries).map(|entry| reference_to(&entry["resource"])).collect()
}

fn holds(checks: &Checks, query: &str, expected: &str) {
    let found = all(checks, query);
    let distinct: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    let expected: BTreeSet<&str> = expected.split_whitespace().collect();
    checks.equal(query, &distinct, &expected);
    checks.equal(&format!("{query}: repeated"), &found.len(), &distinct.len());
}

#[test]
fn what_lies_in_the_book_though_it_is_no_member_of_the_compartment_comes_once() {
    check_each(|checks| {
        checks.store([
            r#"{"resourceType":"Patient","id":"me"}"#,
            r#"{"resourceType":"Patient","id":"you"}"#,
            r#"{"resourceType":"Observation","id":"first","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/me"},"device":{"reference":"Device/mine"},"note":[{"text":"x"}]}"#,
            r#"{"resourceType":"Observation","id":"second","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/me"},"device":{"reference":"Device/yours"}}"#,
            r#"{"resourceType":"Observation","id":"third","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/me"},"device":{"reference":"Device/anybodys"}}"#,
            r#"{"resourceType":"Communication","id":"told","status":"completed","subject":{"reference":"Patient/me"},"about":[{"reference":"Task/todo"}]}"#,
            r#"{"resourceType":"Device","id":"mine","patient":{"reference":"Patient/me"}}"#,
            r#"{"resourceType":"Device","id":"yours","patient":{"reference":"Patient/you"}}"#,
            r#"{"resourceType":"Device","id":"anybodys"}"#,
            r#"{"resourceType":"Task","id":"todo","status":"requested","intent":"order","for":{"reference":"Patient/me"}}"#,
        ]);
        let whole = "Patient/me Observation/first Observation/second Observation/third Communication/told Device/mine \
            Device/anybodys Task/todo";
        for query in ["", "?_count=1", "?_count=2", "?_count=3"] {
            holds(checks, &format!("Patient/me/$everything{query}"), whole);
        }
        holds(checks, "Patient/me/$everything?_type=Device&_count=1", "Device/mine Device/anybodys");
        holds(
            checks,
            "Patient/me/$everything?_type=Task,Communication&_count=1",
            "Task/todo Communication/told",
        );
    });
}

#[test]
fn everything_of_a_patient_is_there_and_nothing_of_others() {
    check_each(|checks| {
        let server = checks.server;
        store(checks);
        let whole = format!("{OWN} {REFERRED}");
        holds(checks, "Patient/me/$everything", &whole);
        holds(checks, "Patient/me/%24everything", &whole);
        let yours = "Patient/you Observation/yours Practitioner/stranger Organization/elsewhere";
        holds(checks, "Patient/you/$everything", yours);

        let bundle = server.searchset("/fhir/Patient/me/$everything");
        assert_eq!(bundle["type"], "searchset");
        assert!(link(&bundle, "self").is_some_and(|url| url.contains("everything")), "{}", bundle["link"]);
        for entry in entries(&bundle) {
            let reference = reference_to(&entry["resource"]);
            assert_eq!(entry["fullUrl"], format!("{}/fhir/{reference}", server.base_url()));
            assert_eq!(entry["resource"], server.read(&format!("/fhir/{reference}")));
            let mode = text(&entry["search"]["mode"]);
            assert!(["match", "include"].contains(&mode.as_str()), "{reference}: {mode}");
        }

        // Changed, moved to another, deleted.
        let moved = r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/you"}}"#;
        let _ = server.put(moved).expect_status(200);
        server.http().request("DELETE", "/fhir/Observation/o2", &[], b"");
        holds(
            checks,
            "Patient/me/$everything",
            &whole.replace("Condition/c1 ", "").replace("Observation/o2 ", ""),
        );
        holds(checks, "Patient/you/$everything", &format!("{yours} Condition/c1"));

        let missing = server.http().get("/fhir/Patient/nobody/$everything");
        expect_refusal("nobody", &missing, 404);
        server.http().request("DELETE", "/fhir/Patient/you", &[], b"");
        let deleted = server.http().get("/fhir/Patient/you/$everything");
        checks.that(matches!(deleted.status, 404 | 410), format!("deleted: {}", deleted.status));
    });
}

#[test]
fn since_type_and_count_narrow_and_divide_it() {
    check_each(|checks| {
        let server = checks.server;
        store(checks);
        let whole = format!("{OWN} {REFERRED}");
        for count in [1, 2, 5, 100] {
            let query = format!("Patient/me/$everything?_count={count}");
            let pages = checks.pages(&query);
            let found: Vec<String> =
                pages.iter().flat_map(entries).map(|entry| reference_to(&entry["resource"])).collect();
            let distinct: BTreeSet<&str> = found.iter().map(String::as_str).collect();
            checks.equal(&query, &distinct, &whole.split_whitespace().collect());
            // What is referred to may come again with a page that needs it; what belongs to the patient may not.
            for own in OWN.split_whitespace() {
                let times = found.iter().filter(|one| *one == own).count();
                checks.equal(&format!("{query}: {own}"), &times, &1);
            }
            for page in &pages {
                let own = entries(page)
                    .iter()
                    .filter(|entry| OWN.split_whitespace().any(|one| one == reference_to(&entry["resource"])))
                    .count();
                checks.that(own <= count, format!("{query}: {own} on a page"));
                checks.that(!entries(page).is_empty(), format!("{query}: an empty page"));
            }
            checks.that(count > 5 || pages.len() > 1, format!("{query}: one page only"));
        }
        holds(
            checks,
            "Patient/me/$everything?_type=Observation",
            "Observation/o1 Observation/o2 Observation/seen-by-me",
        );
        holds(checks, "Patient/me/$everything?_type=Condition,Coverage", "Condition/c1 Coverage/card");
        holds(checks, "Patient/me/$everything?_type=Patient,Practitioner", "Patient/me Practitioner/doctor");
        holds(
            checks,
            "Patient/me/$everything?_type=Observation&_count=1",
            "Observation/o1 Observation/o2 Observation/seen-by-me",
        );
        holds(checks, "Patient/me/$everything?_type=Device", "");

        sleep(Duration::from_millis(15));
        let changed = r#"{"resourceType":"Condition","id":"c1","subject":{"reference":"Patient/me"},"note":[{"text":"mới"}]}"#;
        let since = text(&value(server.put(changed).expect_status(200).text())["meta"]["lastUpdated"]);
        checks.store([r#"{"resourceType":"Condition","id":"c2","subject":{"reference":"Patient/me"}}"#]);
        let recent =
            all(checks, &format!("Patient/me/$everything?_since={since}&_type=Condition,Observation"));
        let recent: BTreeSet<&str> = recent.iter().map(String::as_str).collect();
        checks.equal("_since", &recent, &BTreeSet::from(["Condition/c1", "Condition/c2"]));
        let recent = all(checks, &format!("Patient/me/$everything?_since={since}"));
        for old in ["Observation/o1", "Encounter/visit", "Coverage/card"] {
            checks.that(recent.iter().all(|one| one != old), format!("_since: {old} is older: {recent:?}"));
        }
        let all_of_it = all(checks, "Patient/me/$everything?_since=2001-01-01T00:00:00Z");
        checks.equal("_since long ago", &all_of_it.len(), &(whole.split_whitespace().count() + 1));

        for wrong in ["_since=yesterday", "_type=Shoe", "_count=x", "_count=-1"] {
            checks.refuses(&format!("Patient/me/$everything?{wrong}"));
        }
        let strict = [("Prefer", "handling=strict")];
        let answer = server.http().request("GET", "/fhir/Patient/me/$everything?shoe-size=42", &strict, b"");
        expect_refusal("strict", &answer, 400);
    });
}
