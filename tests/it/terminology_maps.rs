//! `ConceptMap/$translate`: old communes to new ones, some of them divided. R4, conceptmap-operations.html.

use serde_json::{Value, json};

use crate::support::checks::{Checks, check_each};
use crate::terminology::{value, values};

const MAP: &str = "http://example.org/ConceptMap/communes";
const OLD: &str = "urn:example:communes-2024";
const NEW: &str = "urn:example:communes-2025";

fn store(checks: &Checks) {
    checks.store([
        format!(
            r#"{{"resourceType":"ConceptMap","id":"communes","url":"{MAP}","version":"1","status":"active","sourceUri":"http://example.org/ValueSet/old","targetUri":"http://example.org/ValueSet/new","group":[{{"source":"{OLD}","target":"{NEW}","element":[
              {{"code":"00001","target":[{{"code":"00004","display":"Phường Ba Đình","equivalence":"wider"}}]}},
              {{"code":"00006","target":[{{"code":"00004","equivalence":"wider"}},{{"code":"00008","equivalence":"inexact","comment":"a part"}}]}},
              {{"code":"00010","target":[{{"code":"00010","equivalence":"equivalent"}}]}},
              {{"code":"00020","target":[{{"equivalence":"unmatched"}}]}},
              {{"code":"00030","target":[{{"code":"00031","equivalence":"equivalent","dependsOn":[{{"property":"http://example.org/side","value":"north"}}],"product":[{{"property":"http://example.org/area","system":"urn:example:areas","value":"II"}}]}}]}}
            ],"unmapped":{{"mode":"other-map","url":"http://example.org/ConceptMap/more"}}}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"ConceptMap","id":"more","url":"http://example.org/ConceptMap/more","status":"active","group":[{{"source":"{OLD}","target":"{NEW}","element":[{{"code":"00040","target":[{{"code":"00041","equivalence":"equal"}}]}}],"unmapped":{{"mode":"fixed","code":"99999","display":"Khác"}}}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"CodeSystem","id":"new","url":"{NEW}","status":"active","language":"vi","content":"complete","concept":[{{"code":"00004","display":"Ba Đình"}},{{"code":"00008","display":"Ngọc Hà"}},{{"code":"00010"}}]}}"#
        ),
        format!(
            r#"{{"resourceType":"ValueSet","id":"some","url":"http://example.org/ValueSet/some","status":"active","compose":{{"include":[{{"system":"{NEW}","concept":[{{"code":"00008"}}]}}]}}}}"#
        ),
    ]);
}

/// Each match as `equivalence code`.
fn matches(found: &Value) -> Vec<String> {
    let all = values(found, "match");
    let text = |it: &Value| {
        let code = value(it, "concept")["code"].as_str().unwrap_or("-").to_owned();
        format!("{} {code}", value(it, "equivalence").as_str().unwrap_or("?"))
    };
    all.iter().map(text).collect()
}

#[test]
fn translate_by_url_instance_and_system() {
    check_each(|checks| {
        store(checks);
        let url = format!("ConceptMap/$translate?url={MAP}&system={OLD}");
        for (more, result, expected) in [
            ("&code=00001", true, vec!["wider 00004"]),
            ("&code=00006", true, vec!["wider 00004", "inexact 00008"]),
            ("&code=00010", true, vec!["equivalent 00010"]),
            ("&code=00020", false, vec!["unmatched -"]),
            ("&code=00030", false, vec![]),
            ("&code=00040", true, vec!["equal 00041"]),
            ("&code=00050", true, vec!["wider 99999"]),
            ("&code=00006&targetsystem=urn:example:never", false, vec![]),
            ("&code=00006&target=http://example.org/ValueSet/some", true, vec!["inexact 00008"]),
            ("&code=00006&conceptMapVersion=1", true, vec!["wider 00004", "inexact 00008"]),
        ] {
            let found = checks.asks(&format!("{url}{more}"));
            checks.equal(more, &value(&found, "result"), &json!(result));
            checks.equal(
                more,
                &matches(&found),
                &expected.into_iter().map(str::to_owned).collect::<Vec<_>>(),
            );
        }
        let found = checks.asks(&format!("{url}&code=00001"));
        let first = value(&found, "match");
        let concept = json!({"system": NEW, "code": "00004", "display": "Phường Ba Đình"});
        checks.equal("concept", &value(&first, "concept"), &concept);
        checks.equal("source", &value(&first, "source"), &json!(format!("{MAP}|1")));
        let dependent = checks.asks(&format!("{url}&code=00030"));
        checks.that(value(&dependent, "message").is_string(), "more could be told");

        let instance = checks.asks(&format!("ConceptMap/communes/$translate?system={OLD}&code=00010"));
        checks.equal("instance", &matches(&instance), &["equivalent 00010".to_owned()].to_vec());
        let unnamed =
            checks.asks(&format!("ConceptMap/$translate?system={OLD}&code=00010&targetsystem={NEW}"));
        checks.that(matches(&unnamed).contains(&"equivalent 00010".to_owned()), "by system");
        let by_sets = format!(
            "ConceptMap/$translate?system={OLD}&code=00010&source=http://example.org/ValueSet/old&target=http://example.org/ValueSet/new"
        );
        checks
            .that(matches(&checks.asks(&by_sets)).contains(&"equivalent 00010".to_owned()), "by value sets");
        let none = checks.asks("ConceptMap/$translate?system=urn:example:never&code=1");
        checks.equal("none", &value(&none, "result"), &json!(false));
        checks.that(value(&none, "message").is_string(), "no map");

        let back =
            checks.asks(&format!("ConceptMap/$translate?url={MAP}&system={NEW}&code=00004&reverse=true"));
        checks.equal(
            "back",
            &matches(&back),
            &["narrower 00001".to_owned(), "narrower 00006".to_owned()].to_vec(),
        );
    });
}

#[test]
fn translate_what_is_posted() {
    check_each(|checks| {
        store(checks);
        let posted = |parameters: Vec<Value>| json!({"resourceType": "Parameters", "parameter": parameters});
        let url = json!({"name": "url", "valueUri": MAP});
        let coding = json!({"name": "coding", "valueCoding": {"system": OLD, "code": "00030"}});
        let dependency = |side: &str| {
            json!({"name": "dependency", "part": [
                {"name": "element", "valueUri": "http://example.org/side"},
                {"name": "concept", "valueCodeableConcept": {"coding": [{"code": side}]}},
            ]})
        };
        let north = checks.posts(
            "ConceptMap/$translate",
            &posted(vec![url.clone(), coding.clone(), dependency("north")]),
            200,
        );
        checks.equal("north", &matches(&north), &["equivalent 00031".to_owned()].to_vec());
        let product = value(&value(&north, "match"), "product");
        checks.equal("product", &value(&product, "concept")["code"], &json!("II"));
        let south = checks.posts(
            "ConceptMap/$translate",
            &posted(vec![url.clone(), coding, dependency("south")]),
            200,
        );
        checks.equal("south", &value(&south, "result"), &json!(false));

        let concept = json!({"name": "codeableConcept", "valueCodeableConcept": {"coding": [
            {"system": "urn:example:other", "code": "1"}, {"system": OLD, "code": "00010"},
        ]}});
        let found = checks.posts("ConceptMap/$translate", &posted(vec![url, concept]), 200);
        checks.equal("concept", &matches(&found), &["equivalent 00010".to_owned()].to_vec());

        let map = json!({"name": "conceptMap", "resource": {"resourceType": "ConceptMap", "status": "draft", "group": [
            {"source": "urn:example:a", "target": "urn:example:b", "element": [{"code": "1", "target": [{"code": "2", "equivalence": "equal"}]}], "unmapped": {"mode": "provided"}},
        ]}});
        let code = |code: &str| {
            [
                json!({"name": "system", "valueUri": "urn:example:a"}),
                json!({"name": "code", "valueCode": code}),
            ]
        };
        let with = |it: &str| posted([&[map.clone()][..], &code(it)].concat());
        checks.equal(
            "sent along",
            &matches(&checks.posts("ConceptMap/$translate", &with("1"), 200)),
            &["equal 2".to_owned()].to_vec(),
        );
        checks.equal(
            "provided",
            &matches(&checks.posts("ConceptMap/$translate", &with("7"), 200)),
            &["equal 7".to_owned()].to_vec(),
        );
    });
}

#[test]
fn translate_refuses_what_it_cannot_understand() {
    check_each(|checks| {
        store(checks);
        checks.fails(
            "ConceptMap/$translate?url=http://example.org/never&system=a&code=b",
            404,
            "concept-map-unknown",
        );
        checks.fails(
            &format!("ConceptMap/$translate?url={MAP}&conceptMapVersion=9&system={OLD}&code=1"),
            404,
            "concept-map-unknown",
        );
        checks.fails(
            &format!("ConceptMap/$translate?url={MAP}&system={OLD}"),
            400,
            "operation-parameter-missing",
        );
        checks.fails(
            &format!("ConceptMap/$translate?url={MAP}&code=00001"),
            400,
            "operation-parameter-missing",
        );
        checks.fails(
            &format!("ConceptMap/$translate?url={MAP}&system={OLD}&code=00001&reverse=perhaps"),
            400,
            "operation-parameter-value",
        );
        checks.fails("ConceptMap/never/$translate?system=a&code=b", 404, "not-found");
        checks.fails("ConceptMap/$closure?name=x", 404, "operation-unknown");
        let answer = checks.get("Patient/$expand");
        checks.that(answer.status == 404, "not of Patient");
        checks.fails(
            "ConceptMap/communes/$translate?system=urn:example:communes-2024&coding=x",
            400,
            "operation-parameter-value",
        );
    });
}
