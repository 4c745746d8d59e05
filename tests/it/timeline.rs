//! `Patient/[id]/$timeline` (docs/book.md, section 2).

use serde_json::{Value, json};

use crate::support::checks::{Checks, check_each};
use crate::support::{entries, text};

fn about(kind: &str, id: &str, mut more: Value) -> String {
    more["resourceType"] = kind.into();
    more["id"] = id.into();
    let subject = if kind == "Immunization" { "patient" } else { "subject" };
    more[subject] = json!({"reference": "Patient/x"});
    more.to_string()
}

fn store(checks: &Checks) {
    checks.store([json!({"resourceType": "Patient", "id": "x", "birthDate": "2000-02-29"}).to_string()]);
    let visit = |status: &str, start: &str| {
        json!({"status": status, "period": {"start": start}, "serviceProvider": {"reference": "Organization/o"},
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"}})
    };
    let vaccine = |date: &str| json!({"status": "completed", "vaccineCode": {"text": "BCG"}, "occurrenceDateTime": date});
    checks.store([
        about("Immunization", "bcg", vaccine("2000-03-01")),
        about("Immunization", "dpt", vaccine("2000-05-01")),
        about("Encounter", "school", visit("finished", "2010-03-01T08:00:00+07:00")),
        about("Encounter", "mistake", visit("entered-in-error", "2011-01-01")),
        about("Encounter", "grown", visit("finished", "2020-01-01")),
        // The first of January in Vietnam, the last of December in London.
        about("Encounter", "night", visit("finished", "2019-12-31T18:00:00Z")),
        about("Condition", "found", json!({"recordedDate": "2015-01-01", "onsetDateTime": "2001"})),
        about("Condition", "since", json!({"onsetDateTime": "2005"})),
        about("Condition", "undated", json!({})),
        about("Procedure", "done", json!({"status": "completed", "performedPeriod": {"start": "2012"}})),
        about("Procedure", "not", json!({"status": "not-done", "performedDateTime": "2013"})),
    ]);
}

fn part(entry: &Value, name: &str) -> Value {
    let parts = entry["extension"][0]["extension"].as_array().unwrap();
    parts.iter().find(|part| part["url"] == name).cloned().unwrap_or_default()
}

#[test]
fn events_come_newest_first_with_kind_and_stage() {
    check_each(|checks| {
        store(checks);
        let pages = checks.pages("Patient/x/$timeline");
        checks.equal("pages", &pages.len(), &1);
        let told: Vec<String> = entries(&pages[0])
            .iter()
            .map(|entry| {
                let stage = part(entry, "stage")["valueCode"].as_str().unwrap_or("-").to_owned();
                let (id, kind) = (text(&entry["resource"]["id"]), text(&part(entry, "kind")["valueCode"]));
                format!("{id} {kind} {stage}")
            })
            .collect();
        let expected = [
            "night encounter adult",
            "grown encounter adult",
            "found diagnosis adolescent",
            "done procedure adolescent",
            "school encounter adolescent",
            "since diagnosis child",
            "dpt immunization infant",
            "bcg immunization newborn",
            "undated diagnosis -",
        ];
        checks.equal("events", &told, &expected.map(str::to_owned).to_vec());
        let first = &entries(&pages[0])[0];
        checks.equal(
            "facility",
            &part(first, "facility")["valueReference"]["reference"],
            &"Organization/o".into(),
        );
        checks.equal("type", &pages[0]["type"], &"searchset".into());
    });
}

#[test]
fn pages_of_every_size_are_the_same_walk() {
    check_each(|checks| {
        store(checks);
        let whole = checks.ids("Patient/x/$timeline");
        for count in 1..=10 {
            let query = format!("Patient/x/$timeline?_count={count}");
            checks.equal(&query, &checks.ids(&query), &whole);
            let largest = checks.pages(&query).iter().map(|page| entries(page).len()).max();
            checks.that(largest <= Some(count), &query);
        }
        for (query, status) in [
            ("Patient/x/$timeline?_count=many", 400),
            ("Patient/x/$timeline?_page=abc", 400),
            ("Patient/x/$timeline?colour=red", 400),
            ("Patient/nobody/$timeline", 404),
        ] {
            checks.equal(query, &checks.get(query).status, &status);
        }
    });
}
