//! Searches that ask for too much, or hide something that does, are refused at once and harm nobody.

use std::fmt::Write;

use crate::support::checks::{Checks, check_each};
use crate::support::{encode, expect_refusal};

const FORM: [(&str, &str); 1] = [("Content-Type", "application/x-www-form-urlencoded")];

fn posted(checks: &Checks, form: &str) -> test_support::Response {
    checks.server.client().request("POST", "/fhir/Observation/_search", &FORM, form.as_bytes())
}

fn ids(count: usize) -> String {
    (0..count).map(|number| format!("p{number}")).collect::<Vec<_>>().join(",")
}

#[test]
fn value_sets_that_name_each_other_end() {
    check_each(|checks| {
        let set = |level: usize, inside: &str| {
            format!(
                r#"{{"resourceType":"ValueSet","id":"f{level}","status":"active","url":"http://x/f{level}","compose":{{"include":[{inside}]}}}}"#
            )
        };
        checks.store([set(7, r#"{"system":"http://loinc.org","concept":[{"code":"1"}]}"#)]);
        for level in (0..7).rev() {
            let names: Vec<String> = (0..50).map(|_| format!(r#""ValueSet/f{}""#, level + 1)).collect();
            checks.store([set(level, &format!(r#"{{"valueSet":[{}]}}"#, names.join(",")))]);
        }
        expect_refusal("a tower of sets", &checks.get("Observation?code:in=ValueSet/f0"), 400);
        checks.finds("Observation?code:in=http://x/f7", "");
        // A set that excludes much, in time that grows with its size and not with its square.
        let concepts = |from: usize| {
            (from..from + 20_000).map(|code| format!(r#"{{"code":"{code}"}}"#)).collect::<Vec<_>>().join(",")
        };
        let compose = format!(
            r#"{{"resourceType":"ValueSet","id":"big","status":"active","compose":{{"include":[{{"system":"s","concept":[{}]}}],"exclude":[{{"system":"s","concept":[{}]}}]}}}}"#,
            concepts(0),
            concepts(20_000)
        );
        checks.store([compose]);
        expect_refusal("a large set", &checks.get("Observation?code:in=ValueSet/big"), 400);
        let mut chain = String::from(
            r#"{"resourceType":"CodeSystem","id":"chain","status":"active","content":"complete","url":"http://x/chain","concept":["#,
        );
        for code in 0..20_000 {
            let comma = if code > 0 { "," } else { "" };
            write!(
                chain,
                r#"{comma}{{"code":"c{code}","property":[{{"code":"parent","valueCode":"c{}"}}]}}"#,
                code + 1
            )
            .unwrap();
        }
        checks.store([format!("{chain}]}}")]);
        expect_refusal("a long chain", &checks.get("Observation?code:below=http://x/chain|c20000"), 400);
        checks.finds("Observation?code:below=http://x/chain|c3", "");
    });
}

#[test]
fn long_queries_are_refused_and_lists_are_not_trees() {
    check_each(|checks| {
        checks.store([
            r#"{"resourceType":"Observation","id":"o","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/p399"},"performer":[{"reference":"Practitioner/p7"}]}"#,
        ]);
        for list in [ids(400), ids(400).replace('p', "Patient/p")] {
            checks.finds(&format!("Observation?subject={list}"), "o");
        }
        checks.finds(&format!("Observation?performer={}", ids(200)), "o");
        checks.finds(&format!("Patient?_has:Observation:patient:performer={}", ids(150)), "");
        // Many lists of many values: each candidate would be tested for all of them.
        let much = vec![format!("subject={}", ids(60)); 60].join("&");
        expect_refusal("60 lists of 60", &posted(checks, &much), 400);
        for (what, form) in [
            ("many parameters", "a=1&".repeat(5_000)),
            ("many includes", "_include=Observation:*&".repeat(2_000)),
            ("a long value", format!("_content={}", "a+".repeat(100_000))),
        ] {
            let answer = posted(checks, &form);
            expect_refusal(what, &answer, 400);
            checks.that(answer.body.len() < 20_000, format!("{what}: {} bytes", answer.body.len()));
        }
        let entry = |number: usize| format!(r#"{{"item":{{"reference":"Observation/e{number}"}}}}"#);
        let list = (0..8_000).map(entry).collect::<Vec<_>>().join(",");
        checks.store([format!(
            r#"{{"resourceType":"List","id":"long","status":"current","mode":"working","entry":[{list}]}}"#
        )]);
        expect_refusal("a long List", &checks.get("Observation?_list=long"), 400);
    });
}

#[test]
fn links_of_chains_are_few() {
    check_each(|checks| {
        checks.store([
            r#"{"resourceType":"Patient","id":"p"}"#,
            r#"{"resourceType":"Observation","id":"o","status":"final","code":{"coding":[{"code":"x"}]},"subject":{"reference":"Patient/p"}}"#,
        ]);
        let has = "_has:Observation:patient:code=x";
        checks.finds(&format!("Patient?{}", [has; 5].join("&")), "p");
        for query in [
            [has; 6].join("&"),
            [has; 60].join("&"),
            "_has:Observation:patient:subject:Patient._has:Observation:patient:subject:Patient.gender=x"
                .to_owned(),
            format!("_filter={}", encode(&["organization.name eq x"; 30].join(" or "))),
        ] {
            let issue = expect_refusal(&query, &checks.get(&format!("Patient?{query}")), 400);
            checks.equal(&query, &issue["code"], &"too-costly".into());
        }
    });
}

#[test]
fn criteria_are_never_dropped_in_silence() {
    check_each(|checks| {
        checks.store([r#"{"resourceType":"Patient","id":"one","gender":"female"}"#]);
        let client = checks.server.client();
        // A body that is not said to be a form.
        let answer = client.request("POST", "/fhir/Patient/_search", &[], b"identifier=nobody");
        expect_refusal("no media type", &answer, 415);
        checks.finds("Patient?gender=female", "one");
        // A parameter without a value is ignored, and that is said; strictly it is refused.
        let page = crate::support::body(&checks.get("Patient?identifier=&gender=female"));
        let remarks = crate::support::by_mode(&page, "outcome");
        checks.equal(
            "remark",
            &remarks[0]["issue"][0]["details"]["coding"][0]["code"],
            &"search-parameter-empty".into(),
        );
        let strict = [("Prefer", "handling=strict")];
        let answer = client.request("GET", &format!("/fhir/Patient?{}=", encode("identifier")), &strict, b"");
        expect_refusal("strict", &answer, 400);
    });
}
