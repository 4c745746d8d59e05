//! Search without a type: by address and posted. R4, http.html#search and search.html#all.

use crate::support::checks::{Checks, check_each};
use crate::support::{body, matches, sorted, text};

fn store(checks: &Checks) {
    checks.store([
        r#"{"resourceType":"Patient","id":"an","meta":{"tag":[{"system":"urn:example:tag","code":"red"}],"profile":["http://example.org/p"]},"identifier":[{"system":"urn:example:n","value":"099000000001"}],"name":[{"family":"An"}],"gender":"female"}"#,
        r#"{"resourceType":"Patient","id":"same","meta":{"security":[{"system":"urn:example:s","code":"R"}]},"name":[{"family":"Bình"}],"gender":"male"}"#,
        r#"{"resourceType":"Practitioner","id":"doctor","meta":{"tag":[{"system":"urn:example:tag","code":"red"}]},"identifier":[{"system":"urn:example:n","value":"099000000001"}],"name":[{"family":"An"}],"gender":"female"}"#,
        r#"{"resourceType":"Organization","id":"same2","meta":{"source":"urn:example:source"},"name":"An Bình"}"#,
        r#"{"resourceType":"Observation","id":"o1","meta":{"tag":[{"system":"urn:example:tag","code":"blue"}]},"status":"final","code":{"coding":[{"code":"8867-4"}]},"subject":{"reference":"Patient/an"},"effectiveDateTime":"2026-05-04"}"#,
        r#"{"resourceType":"Condition","id":"c1","code":{"coding":[{"code":"I10"}]},"subject":{"reference":"Patient/an"},"recordedDate":"2026-05-04"}"#,
        r#"{"resourceType":"Procedure","id":"pr1","status":"completed","code":{"coding":[{"code":"8867-4"}]},"subject":{"reference":"Patient/same"},"performedDateTime":"2026-06-01"}"#,
        r#"{"resourceType":"List","id":"l1","status":"current","mode":"working","entry":[{"item":{"reference":"Patient/an"}},{"item":{"reference":"Observation/o1"}}]}"#,
    ]);
}

#[test]
fn all_types_at_once() {
    check_each(|checks| {
        store(checks);
        let posted = |form: &str| {
            let headers = [("Content-Type", "application/x-www-form-urlencoded")];
            let answer = checks.server.client().request("POST", "/fhir/_search", &headers, form.as_bytes());
            if answer.status != 200 {
                return format!("{}: {}", answer.status, answer.text());
            }
            let ids: Vec<String> = matches(&body(&answer)).iter().map(|one| text(&one["id"])).collect();
            sorted(ids).join(" ")
        };
        // All of them, or only the types named; parameters of the types when each of them has it.
        for (query, expected) in [
            ("_type=Patient", "an same"),
            ("_type=Patient,Practitioner", "an doctor same"),
            ("_type=Patient,Observation,Condition", "an c1 o1 same"),
            ("_type=Device", ""),
            ("_id=an", "an"),
            ("_id=an,o1,l1", "an l1 o1"),
            ("_id=an&_type=Observation", ""),
            ("_tag=red", "an doctor"),
            ("_tag=urn:example:tag|blue", "o1"),
            ("_tag=urn:example:tag|", "an doctor o1"),
            ("_tag=red&_type=Practitioner", "doctor"),
            ("_security=R", "same"),
            ("_profile=http://example.org/p", "an"),
            ("_source=urn:example:source", "same2"),
            ("_list=l1", "an o1"),
            ("_list=l1&_type=Patient", "an"),
            ("_lastUpdated=gt2001", "an c1 doctor l1 o1 pr1 same same2"),
            ("_lastUpdated=lt2001", ""),
            ("_content=binh", "same same2"),
            ("_type=Patient,Practitioner&name=an", "an doctor"),
            ("_type=Patient,Practitioner&gender=female", "an doctor"),
            ("_type=Patient,Practitioner&gender=male", "same"),
            ("_type=Patient,Practitioner,Organization&name=an", "an doctor same2"),
            ("_type=Patient,Practitioner&identifier=urn:example:n|099000000001", "an doctor"),
            ("_type=Observation,Condition&patient=an", "c1 o1"),
            ("_type=Observation,Procedure&code=8867-4", "o1 pr1"),
            ("_type=Observation,Procedure&code=8867-4&date=2026-06", "pr1"),
            ("_type=Observation,Condition,Procedure&subject:Patient.name=an", "c1 o1"),
            ("_type=Observation,Procedure&subject=Patient/same", "pr1"),
            ("_type=Patient&_has:Condition:patient:code=I10", "an"),
            ("_has:Condition:subject:code=I10&_type=Patient", "an"),
            ("_type=Patient,Practitioner&_filter=gender eq female", "an doctor"),
            ("_filter=_id eq an or _id eq o1", "an o1"),
        ] {
            checks.finds(&format!("?{query}"), expected);
            let form = crate::support::checks::address(query)["/fhir/".len()..].to_owned();
            checks.equal(&format!("POST _search {query}"), &posted(&form), &expected.to_owned());
        }
        for count in [1, 3] {
            checks
                .finds(&format!("?_lastUpdated=gt2001&_count={count}"), "an same doctor same2 o1 c1 pr1 l1");
            checks.finds(&format!("?_type=Patient,Practitioner&name=an&_count={count}"), "an doctor");
        }
        checks.lists("?_type=Patient,Practitioner&_sort=_id", "an doctor same");
        checks.lists("?_type=Patient,Practitioner&_sort=-_id", "same doctor an");
        for wrong in ["?_type=Shoe", "?_type=Patient,Shoe", "?_type=Patient&birthdate=someday"] {
            checks.refuses(wrong);
        }
        // A parameter that not every type knows is unknown.
        for wrong in ["_type=Patient,Observation&gender=female", "_type=Patient&code=x", "gender=female"] {
            let path = crate::support::checks::address(&format!("?{wrong}"));
            let answer = checks.server.client().request("GET", &path, &[("Prefer", "handling=strict")], b"");
            checks.equal(wrong, &answer.status, &400);
        }
        let counted = checks.get("?_type=Patient,Practitioner&_summary=count");
        checks.equal("count", &body(&counted.expect_status(200))["total"], &3.into());
    });
}
