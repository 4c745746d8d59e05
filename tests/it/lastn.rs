//! `Observation/$lastn`: the latest of each code. R4, observation-operation-lastn.html.

use std::collections::BTreeMap;

use crate::support::checks::{Checks, check_each};
use crate::support::text;

fn observation(id: &str, patient: &str, category: &str, code: &str, date: &str) -> String {
    format!(
        r#"{{"resourceType":"Observation","id":"{id}","status":"final","category":[{{"coding":[{{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"{category}"}}]}}],"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"Patient/{patient}"}},"effectiveDateTime":"{date}"}}"#
    )
}

fn store(checks: &Checks) {
    checks.store([
        r#"{"resourceType":"Patient","id":"x"}"#,
        r#"{"resourceType":"Patient","id":"y"}"#,
        r#"{"resourceType":"Patient","id":"z"}"#,
    ]);
    checks.store([
        observation("pulse2", "x", "vital-signs", "8867-4", "2026-02-02T08:00:00+07:00"),
        observation("pulse4", "x", "vital-signs", "8867-4", "2026-04-04T08:00:00+07:00"),
        observation("pulse1", "x", "vital-signs", "8867-4", "2026-01-01T08:00:00+07:00"),
        observation("pulse3", "x", "vital-signs", "8867-4", "2026-03-03T08:00:00+07:00"),
        observation("temp2", "x", "vital-signs", "8310-5", "2026-02-02"),
        observation("temp1", "x", "vital-signs", "8310-5", "2026-01-01"),
        observation("sugar2", "x", "laboratory", "2339-0", "2026-05-02"),
        observation("sugar1", "x", "laboratory", "2339-0", "2026-05-01"),
        observation("sugar3", "x", "laboratory", "2339-0", "2026-05-03"),
        observation("other", "y", "vital-signs", "8867-4", "2026-06-01"),
        // Later in time than its neighbour, though its text is less.
        observation("zone2", "z", "vital-signs", "8867-4", "2026-03-10T23:30:00-05:00"),
        observation("zone1", "z", "vital-signs", "8867-4", "2026-03-11T08:00:00+07:00"),
    ]);
}

/// The ids of each code in their order, the codes by their name.
fn of_each_code(checks: &Checks, query: &str) -> String {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for page in checks.pages(&format!("Observation/$lastn?{query}")) {
        checks.equal(query, &page["type"], &"searchset".into());
        for resource in crate::support::matches(&page) {
            let code = text(&resource["code"]["coding"][0]["code"]);
            found.entry(code).or_default().push(text(&resource["id"]));
        }
    }
    found.values().map(|ids| ids.join(" ")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_latest_of_each_code_are_given() {
    check_each(|checks| {
        store(checks);
        // 2339-0 sugar, 8310-5 temperature, 8867-4 pulse.
        for (query, expected) in [
            ("subject=Patient/x&category=vital-signs", "temp2, pulse4"),
            ("subject=Patient/x&category=vital-signs&max=1", "temp2, pulse4"),
            ("subject=Patient/x&category=vital-signs&max=2", "temp2 temp1, pulse4 pulse3"),
            ("subject=Patient/x&category=vital-signs&max=3", "temp2 temp1, pulse4 pulse3 pulse2"),
            ("subject=Patient/x&category=vital-signs&max=100", "temp2 temp1, pulse4 pulse3 pulse2 pulse1"),
            ("patient=x&category=vital-signs&max=2", "temp2 temp1, pulse4 pulse3"),
            ("patient=Patient/x&category=laboratory&max=2", "sugar3 sugar2"),
            ("patient=x&category=laboratory,vital-signs", "sugar3, temp2, pulse4"),
            (
                "patient=x&category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory",
                "sugar3",
            ),
            ("patient=x&code=8867-4", "pulse4"),
            ("patient=x&code=8867-4&max=3", "pulse4 pulse3 pulse2"),
            (
                "patient=x&code=http://loinc.org|8867-4,http://loinc.org|2339-0&max=2",
                "sugar3 sugar2, pulse4 pulse3",
            ),
            ("patient=x&category=vital-signs&code=8867-4&max=2", "pulse4 pulse3"),
            ("patient=x&code=8867-4&date=lt2026-03&max=2", "pulse2 pulse1"),
            ("patient=x&category=vital-signs&date=ge2026-03-01&max=2", "pulse4 pulse3"),
            ("patient=x&code=8867-4&max=4&status=final", "pulse4 pulse3 pulse2 pulse1"),
            ("patient=y&category=vital-signs&max=5", "other"),
            ("patient=z&category=vital-signs", "zone2"),
            ("patient=z&category=vital-signs&max=2", "zone2 zone1"),
            ("patient=x&category=survey&max=2", ""),
            ("patient=nobody&category=vital-signs", ""),
        ] {
            checks.equal(query, &of_each_code(checks, query), &expected.to_owned());
        }
        for wrong in ["max=0", "max=-1", "max=two", "max=1.5"] {
            checks.refuses(&format!("Observation/$lastn?patient=x&category=vital-signs&{wrong}"));
        }
        // Corrected and deleted ones are no longer what they were.
        let moved = observation("pulse4", "x", "vital-signs", "8867-4", "2025-12-31");
        let _ = crate::support::Fhir::put(checks.server, &moved).expect_status(200);
        checks.server.client().request("DELETE", "/fhir/Observation/temp2", &[], b"");
        for (query, expected) in [
            ("patient=x&category=vital-signs", "temp1, pulse3"),
            ("patient=x&category=vital-signs&max=4", "temp1, pulse3 pulse2 pulse1 pulse4"),
        ] {
            checks.equal(query, &of_each_code(checks, query), &expected.to_owned());
        }
    });
}
