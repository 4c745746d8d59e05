//! Identifier systems that two guides call by different names, and citizen numbers that never stand in a URL.

use crate::support::checks::{Checks, check_each};
use crate::support::{body, encode, link, matches, path_of, text};

const CITIZEN: [&str; 2] =
    ["http://fhir.hl7.org.vn/core/sid/cccd", "http://fhir.ehealth.gov.vn/core/sid/national_id"];
const INSURANCE: [&str; 2] =
    ["http://fhir.hl7.org.vn/core/sid/bhyt", "http://fhir.ehealth.gov.vn/core/sid/insurance_number"];
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
        checks.finds(&format!("Patient?identifier={}|{NUMBER}", INSURANCE[0]), "");
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
