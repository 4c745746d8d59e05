//! `ValueSet/$expand` and `ValueSet/$validate-code`. R4, valueset-operations.html.

use serde_json::{Value, json};

use crate::support::checks::{Checks, check_each};
use crate::terminology::{DISEASES, store_code_systems, value};

const SET: &str = "http://example.org/ValueSet/diabetes";

fn store(checks: &Checks) {
    store_code_systems(checks);
    checks.store([
        format!(
            r#"{{"resourceType":"ValueSet","id":"diabetes","url":"{SET}","version":"1","name":"Diabetes","status":"active","compose":{{"include":[{{"system":"{DISEASES}","filter":[{{"property":"concept","op":"is-a","value":"E10-E14"}}]}}]}}}}"#
        ),
        format!(
            r#"{{"resourceType":"ValueSet","id":"all","url":"http://example.org/ValueSet/all","status":"active","compose":{{"include":[{{"system":"{DISEASES}"}}]}}}}"#
        ),
        format!(
            r#"{{"resourceType":"ValueSet","id":"mixed","url":"http://example.org/ValueSet/mixed","status":"active","compose":{{"include":[{{"valueSet":["{SET}"]}},{{"system":"urn:example:part","concept":[{{"code":"x","display":"Ích"}}]}}],"exclude":[{{"system":"{DISEASES}","concept":[{{"code":"E10"}}]}}]}}}}"#
        ),
        r#"{"resourceType":"ValueSet","id":"away","url":"http://example.org/ValueSet/away","status":"active","compose":{"include":[{"system":"http://snomed.info/sct","filter":[{"property":"concept","op":"is-a","value":"73211009"}]}]}}"#.to_owned(),
        r#"{"resourceType":"ValueSet","id":"orphan","url":"http://example.org/ValueSet/orphan","status":"active","compose":{"include":[{"valueSet":["http://example.org/ValueSet/never"]}]}}"#.to_owned(),
        r#"{"resourceType":"ValueSet","id":"part-set","url":"http://example.org/ValueSet/part","status":"active","compose":{"include":[{"system":"urn:example:part"}]}}"#.to_owned(),
    ]);
}

fn codes(set: &Value) -> String {
    let contains = set["expansion"]["contains"].as_array().cloned().unwrap_or_default();
    contains.iter().map(|it| it["code"].as_str().unwrap_or("?").to_owned()).collect::<Vec<_>>().join(" ")
}

#[test]
fn expand_lists_the_codes() {
    check_each(|checks| {
        store(checks);
        let url = format!("ValueSet/$expand?url={SET}");
        let set = checks.asks(&url);
        checks.equal("type", &set["resourceType"], &json!("ValueSet"));
        checks.equal("url", &set["url"], &json!(SET));
        checks.equal("status", &set["status"], &json!("active"));
        checks.equal("codes", &codes(&set), &"E10-E14 E10 E11 E11.9".to_owned());
        checks.equal("total", &set["expansion"]["total"], &json!(4));
        checks.that(
            set["expansion"]["timestamp"].is_string() && set["expansion"]["identifier"].is_string(),
            "stamped",
        );
        checks.that(set.get("compose").is_none(), "no definition unless it is asked for");
        let first = &set["expansion"]["contains"][0];
        checks.equal("abstract", &first["abstract"], &json!(true));
        checks.equal("version", &first["version"], &json!("2026"));
        checks.equal("display", &first["display"], &json!("Đái tháo đường"));
        let used = set["expansion"]["parameter"].as_array().unwrap();
        checks.that(
            used.iter().any(|it| it["name"] == "version" && it["valueUri"] == format!("{DISEASES}|2026")),
            "the version that was used",
        );
        for (more, expected) in [
            ("&excludeNotForUI=true", "E10 E11 E11.9"),
            ("&count=2", "E10-E14 E10"),
            ("&offset=1&count=2", "E10 E11"),
            ("&offset=9", ""),
            ("&count=0", ""),
            ("&filter=tip 2", "E11"),
            ("&filter=ĐÁI tháo", "E10-E14 E10 E11"),
            ("&filter=dai thao duong 1", "E10"),
            ("&filter=ao duong", ""),
            ("&filter=type mell", "E10 E11"),
            ("&filter=E11", "E11 E11.9"),
            ("&filter=e11.", "E11.9"),
            ("&filter=zzz", ""),
        ] {
            checks.equal(more, &codes(&checks.asks(&format!("{url}{more}"))), &expected.to_owned());
        }
        let page = checks.asks(&format!("{url}&offset=1&count=2"));
        checks.equal("total of a page", &page["expansion"]["total"], &json!(4));
        checks.equal("offset", &page["expansion"]["offset"], &json!(1));
        let english = checks.asks(&format!("{url}&displayLanguage=en&includeDesignations=true&includeDefinition=true&property=chapter&property=deaths"));
        let e11 = &english["expansion"]["contains"][2];
        checks.equal("english", &e11["display"], &json!("Type 2 diabetes mellitus"));
        checks.equal("designation", &e11["designation"][0]["language"], &json!("en"));
        checks.equal("property", &e11["extension"][0]["extension"][1]["valueCode"], &json!("I10"));
        checks.equal("definition", &english["compose"]["include"][0]["filter"][0]["op"], &json!("is-a"));
        let nested = checks.asks(&format!("{url}&excludeNested=false"));
        checks.equal("nested", &codes(&nested), &"E10-E14".to_owned());
        let below = &nested["expansion"]["contains"][0]["contains"][1];
        checks.equal("below", &below["contains"][0]["code"], &json!("E11.9"));

        let all = "ValueSet/all/$expand";
        checks.equal("instance", &codes(&checks.asks(all)), &"E10-E14 E10 E11 E11.9 I10 U07.1".to_owned());
        let old = "E10-E14 E10 E11 E11.9 I10 Z99".to_owned();
        checks.equal("day", &codes(&checks.asks(&format!("{all}?date=2026-06-30"))), &old);
        checks.equal("version", &codes(&checks.asks(&format!("{all}?system-version={DISEASES}|2020"))), &old);
        let active = checks.asks(&format!("{all}?date=2026-06-30&activeOnly=true"));
        checks.equal("active", &codes(&active), &"E10-E14 E10 E11 E11.9 I10".to_owned());
        let mixed = checks.asks("ValueSet/$expand?url=http://example.org/ValueSet/mixed");
        checks.equal("mixed", &codes(&mixed), &"E10-E14 E11 E11.9 x".to_owned());
        let cut = checks.asks(&format!(
            "ValueSet/$expand?url=http://example.org/ValueSet/mixed&exclude-system={DISEASES}"
        ));
        checks.that(codes(&cut).contains('x'), "a system is left out where it is named");
        let part = checks.asks("ValueSet/part-set/$expand");
        checks.equal("unclosed", &part["expansion"]["extension"][0]["valueBoolean"], &json!(true));
        let gender = checks.asks("ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/administrative-gender");
        checks.equal("R4", &codes(&gender), &"male female other unknown".to_owned());
    });
}

#[test]
fn expand_refuses_what_it_cannot_list() {
    check_each(|checks| {
        store(checks);
        checks.fails("ValueSet/$expand", 400, "operation-parameter-missing");
        checks.fails("ValueSet/$expand?url=http://example.org/ValueSet/never", 404, "value-set-unknown");
        checks.fails(&format!("ValueSet/$expand?url={SET}&valueSetVersion=9"), 404, "value-set-unknown");
        checks.fails("ValueSet/never/$expand", 404, "not-found");
        checks.fails("ValueSet/away/$expand", 404, "code-system-unknown");
        checks.fails("ValueSet/orphan/$expand", 404, "value-set-unknown");
        checks.fails(
            "ValueSet/$expand?url=http://hl7.org/fhir/ValueSet/mimetypes",
            422,
            "expansion-impossible",
        );
        for wrong in ["count=x", "count=-1", "offset=1.5", "activeOnly=2", "date=2026-13"] {
            checks.fails(&format!("ValueSet/$expand?url={SET}&{wrong}"), 400, "operation-parameter-value");
        }
        checks.fails(
            &format!("ValueSet/all/$expand?check-system-version={DISEASES}|1999"),
            404,
            "code-system-unknown",
        );
        let sent = json!({"resourceType": "ValueSet", "status": "draft", "compose": {"include": [{"system": DISEASES, "concept": [{"code": "I10"}]}]}});
        checks.equal("as the body", &codes(&checks.posts("ValueSet/$expand", &sent, 200)), &"I10".to_owned());
        let wrapped = json!({"resourceType": "Parameters", "parameter": [
            {"name": "valueSet", "resource": sent}, {"name": "displayLanguage", "valueCode": "en"}, {"name": "count", "valueInteger": 1},
        ]});
        let found = checks.posts("ValueSet/$expand", &wrapped, 200);
        checks.equal(
            "names of what is listed",
            &found["expansion"]["contains"][0]["display"],
            &json!("Essential hypertension"),
        );
        let wrong = json!({"resourceType": "Parameters", "parameter": [{"name": "valueSet", "resource": {"resourceType": "Patient"}}]});
        checks.posts("ValueSet/$expand", &wrong, 400);
    });
}

#[test]
fn validate_code_in_a_value_set() {
    check_each(|checks| {
        store(checks);
        let url = format!("ValueSet/$validate-code?url={SET}&system={DISEASES}");
        for (more, expected) in [
            ("&code=E11", true),
            ("&code=I10", false),
            ("&code=E10-E14", false),
            ("&code=E10-E14&abstract=true", true),
            ("&code=E11&display=Type 2 diabetes mellitus", true),
            ("&code=E11&display=wrong", false),
            ("&code=E11.9&date=2026-06-01", true),
        ] {
            let found = checks.asks(&format!("{url}{more}"));
            checks.equal(more, &value(&found, "result"), &json!(expected));
            checks.that(expected || value(&found, "message").is_string(), format!("{more}: a message"));
        }
        let other = checks.asks("ValueSet/diabetes/$validate-code?system=urn:example:part&code=E11");
        checks.equal("another system", &value(&other, "result"), &json!(false));
        let vietnamese = checks.asks(&format!("{url}&code=I10"));
        checks.that(value(&vietnamese, "message").as_str().unwrap().contains("không thuộc"), "in Vietnamese");
        let english = checks.asks(&format!("{url}&code=I10&displayLanguage=en"));
        checks.that(value(&english, "message").as_str().unwrap().contains("is not in"), "in English");
        let display = checks.asks("ValueSet/mixed/$validate-code?system=urn:example:part&code=x");
        checks.equal("name of the value set", &value(&display, "display"), &json!("Ích"));
        let part = checks.asks("ValueSet/part-set/$validate-code?system=urn:example:part&code=other");
        checks.equal("fragment", &value(&part, "result"), &json!(true));

        let concept = json!({"resourceType": "Parameters", "parameter": [
            {"name": "url", "valueUri": SET},
            {"name": "codeableConcept", "valueCodeableConcept": {"coding": [
                {"system": "urn:example:part", "code": "x"}, {"system": DISEASES, "code": "E10"},
            ]}},
        ]});
        let found = checks.posts("ValueSet/$validate-code", &concept, 200);
        checks.equal("concept", &value(&found, "result"), &json!(true));
        checks.equal("concept", &value(&found, "display"), &json!("Đái tháo đường típ 1"));
        let coding = json!({"resourceType": "Parameters", "parameter": [
            {"name": "coding", "valueCoding": {"system": DISEASES, "code": "E10"}},
            {"name": "valueSet", "resource": {"resourceType": "ValueSet", "status": "draft", "compose": {"include": [{"system": DISEASES, "concept": [{"code": "I10"}]}]}}},
        ]});
        let found = checks.posts("ValueSet/$validate-code", &coding, 200);
        checks.equal("coding", &value(&found, "result"), &json!(false));

        checks.fails(
            &format!("ValueSet/$validate-code?url={SET}&code=E11"),
            400,
            "operation-parameter-missing",
        );
        checks.fails(&url, 400, "operation-parameter-missing");
        checks.fails(
            &format!("ValueSet/$validate-code?system={DISEASES}&code=E11"),
            400,
            "operation-parameter-missing",
        );
        checks.fails(
            "ValueSet/$validate-code?url=http://example.org/never&system=a&code=b",
            404,
            "value-set-unknown",
        );
        checks.fails(
            "ValueSet/away/$validate-code?system=http://snomed.info/sct&code=1",
            404,
            "code-system-unknown",
        );
        let certain = checks.asks("ValueSet/away/$validate-code?system=urn:example:part&code=1");
        checks.equal("another system than the one away", &value(&certain, "result"), &json!(false));
    });
}

#[test]
fn large_systems_come_in_pages() {
    check_each(|checks| {
        let concepts: Vec<String> =
            (0..20_000).map(|at| format!(r#"{{"code":"C{at:05}","display":"Xã số {at}"}}"#)).collect();
        checks.store([
            format!(
                r#"{{"resourceType":"CodeSystem","id":"large","url":"urn:example:large","status":"active","content":"complete","valueSet":"http://example.org/ValueSet/large","concept":[{}]}}"#,
                concepts.join(",")
            ),
            r#"{"resourceType":"ValueSet","id":"large-set","url":"http://example.org/ValueSet/large-set","status":"active","compose":{"include":[{"system":"urn:example:large"}]}}"#.to_owned(),
        ]);
        let count = |set: &Value| set["expansion"]["contains"].as_array().map_or(0, Vec::len);
        let url = "ValueSet/large-set/$expand";
        let first = checks.asks(url);
        checks.equal("a page", &count(&first), &1_000);
        checks.equal("offset", &first["expansion"]["offset"], &json!(0));
        checks.equal("total", &first["expansion"]["total"], &json!(20_000));
        let most = checks.asks(&format!("{url}?count=50000"));
        checks.equal("the largest page", &count(&most), &10_000);
        let last = checks.asks(&format!("{url}?offset=19999&count=10"));
        checks.equal("the last", &codes(&last), &"C19999".to_owned());
        let found = checks.asks(&format!("{url}?filter=xa 1999"));
        checks.equal("filter", &found["expansion"]["total"], &json!(11));
        checks.fails(&format!("{url}?excludeNested=false"), 422, "expansion-impossible");
        let valid = checks.asks("ValueSet/large-set/$validate-code?system=urn:example:large&code=C12345");
        checks.equal("valid", &value(&valid, "result"), &json!(true));
    });
}
