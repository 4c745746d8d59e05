//! Identifier systems that two guides call by different names, and citizen numbers that never stand in a URL.

use crate::support::checks::{Checks, check_each};
use crate::support::{body, encode, link, matches, path_of, text};

const CITIZEN: [&str; 2] =
    ["http://fhir.hl7.org.vn/core/sid/cccd", "http://fhir.ehealth.gov.vn/core/sid/national_id"];
const INSURANCE: [&str; 2] =
    ["http://fhir.hl7.org.vn/core/sid/bhyt", "http://fhir.ehealth.gov.vn/core/sid/insurance_number"];
const IDENTITY: [&str; 2] =
    ["http://fhir.hl7.org.vn/core/sid/cmnd", "http://fhir.ehealth.gov.vn/core/sid/citizen_id"];
const NUMBER: &str = "099201000017";

fn person(id: &str, systems: [&str; 2], index: usize) -> String {
    format!(
        r#"{{"resourceType":"Patient","id":"{id}","identifier":[{{"system":"{}","value":"{NUMBER}"}},{{"system":"{}","value":"DN409900000000{index}"}}]}}"#,
        systems[0], systems[1]
    )
}

fn store(checks: &Checks) {
    checks.store([
        person("core", [CITIZEN[0], INSURANCE[0]], 1),
        person("ministry", [CITIZEN[1], INSURANCE[1]], 2),
        format!(
            r#"{{"resourceType":"Patient","id":"other","identifier":[{{"system":"http://hospital.example/mrn","value":"{NUMBER}"}}]}}"#
        ),
    ]);
}

#[test]
fn either_name_of_a_system_finds_what_both_guides_write() {
    check_each(|checks| {
        store(checks);
        for system in CITIZEN {
            checks.finds(&format!("Patient?identifier={system}|{NUMBER}"), "core ministry");
            checks.finds(&format!("Patient?identifier={system}|"), "core ministry");
            checks.finds(&format!("Patient?identifier:not={system}|{NUMBER}"), "other");
        }
        for system in INSURANCE {
            checks.finds(&format!("Patient?identifier={system}|DN4099000000001"), "core");
            checks.finds(&format!("Patient?identifier={system}|DN4099000000002"), "ministry");
        }
        // Systems that are not the same stay apart, and nothing is rewritten in what is stored.
        checks.finds(&format!("Patient?identifier=http://hospital.example/mrn|{NUMBER}"), "other");
        // The number on an insurance card is the citizen number since 2025.
        checks.finds(&format!("Patient?identifier={}|{NUMBER}", INSURANCE[0]), "core ministry");
        checks.finds(&format!("Patient?identifier={NUMBER}"), "core ministry other");
        let stored = body(&checks.get("Patient/ministry"));
        checks.equal("stored system", &text(&stored["identifier"][0]["system"]), &CITIZEN[1].to_owned());
    });
}

#[test]
fn a_posted_search_shows_none_of_its_values() {
    check_each(|checks| {
        store(checks);
        let form = format!("identifier={}&_count=1&_sort=_id", encode(&format!("{}|{NUMBER}", CITIZEN[0])));
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        for path in ["/fhir/Patient/_search", "/fhir/_search"] {
            let form = if path == "/fhir/_search" { format!("{form}&_type=Patient") } else { form.clone() };
            let answer = checks.server.client().request("POST", path, &headers, form.as_bytes());
            let first = body(&answer);
            checks.equal(path, &text(&matches(&first)[0]["id"]), &"core".to_owned());
            for relation in ["self", "next"] {
                let url = link(&first, relation).unwrap_or_default();
                checks.that(!url.contains(NUMBER) && !url.is_empty(), format!("{path} {relation}: {url}"));
                // Each link works by GET: the walk goes on without the number standing anywhere.
                let page = body(&checks.server.client().get(&path_of(&url)));
                let expected = if relation == "self" { "core" } else { "ministry" };
                checks.equal(relation, &text(&matches(&page)[0]["id"]), &expected.to_owned());
                for other in ["self", "previous", "first"] {
                    let url = link(&page, other).unwrap_or_default();
                    checks.that(!url.contains(NUMBER), format!("{path} {relation} {other}: {url}"));
                }
            }
        }
    });
}

#[test]
fn each_form_of_each_number_finds_the_same_person() {
    check_each(|checks| {
        checks.store([
            format!(
                r#"{{"resourceType":"Patient","id":"fifteen","identifier":[{{"system":"{}","value":"GD4019123456789"}}]}}"#,
                INSURANCE[0]
            ),
            format!(
                r#"{{"resourceType":"Patient","id":"ten","identifier":[{{"system":"{}","value":"9123456780"}}]}}"#,
                INSURANCE[1]
            ),
            format!(
                r#"{{"resourceType":"Patient","id":"citizen","identifier":[{{"system":"{}","value":"099085123456"}},{{"use":"old","system":"{}","value":"099123456","period":{{"end":"2021-01-01"}}}}]}}"#,
                CITIZEN[0], IDENTITY[1]
            ),
            format!(
                r#"{{"resourceType":"Patient","id":"claims","identifier":[{{"system":"{}","value":"099085123456"}}]}}"#,
                INSURANCE[0]
            ),
        ]);
        for system in INSURANCE {
            for form in ["GD4019123456789", "9123456789", "HT2999123456789"] {
                checks.finds(&format!("Patient?identifier={system}|{form}"), "fifteen");
            }
            for form in ["9123456780", "GD4019123456780"] {
                checks.finds(&format!("Patient?identifier={system}|{form}"), "ten");
            }
            checks.finds(&format!("Patient?identifier={system}|099085123456"), "citizen claims");
        }
        for system in IDENTITY {
            checks.finds(&format!("Patient?identifier={system}|099085123456"), "citizen");
            // A card that has ended still leads to its person.
            checks.finds(&format!("Patient?identifier={system}|099123456"), "citizen");
        }
        // Who writes the number on a card is not found as that citizen.
        for system in CITIZEN {
            checks.finds(&format!("Patient?identifier={system}|099085123456"), "citizen");
        }
        checks.finds("Patient?identifier=GD4019123456789", "fifteen");
    });
}
