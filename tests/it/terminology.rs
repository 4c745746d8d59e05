//! `$lookup`, `$subsumes` and `$validate-code` of code systems that the test stores itself.
//! R4, codesystem-operations.html.

use serde_json::{Value, json};

use crate::support::checks::{Checks, check_each};
use crate::support::{Fhir, body};

/// Diseases as of two editions: before and from 2026-07-01.
pub const DISEASES: &str = "http://example.org/CodeSystem/diseases";

fn edition(id: &str, version: &str, period: &str, more: &str) -> String {
    format!(
        r#"{{"resourceType":"CodeSystem","id":"{id}","url":"{DISEASES}","version":"{version}","name":"Diseases","title":"Bệnh","status":"active","language":"vi","content":"complete","caseSensitive":true,"hierarchyMeaning":"classified-with",
        "extension":[{{"url":"http://hl7.org/fhir/StructureDefinition/artifact-effectivePeriod","valuePeriod":{{{period}}}}}],
        "property":[{{"code":"chapter","type":"code"}},{{"code":"deaths","type":"decimal"}}],
        "concept":[{{"code":"E10-E14","display":"Đái tháo đường","property":[{{"code":"notSelectable","valueBoolean":true}}],"concept":[
            {{"code":"E10","display":"Đái tháo đường típ 1","designation":[{{"language":"en","value":"Type 1 diabetes mellitus"}}]}},
            {{"code":"E11","display":"Đái tháo đường típ 2","definition":"Không phụ thuộc insulin","designation":[{{"language":"en","use":{{"system":"urn:example:use","code":"full"}},"value":"Type 2 diabetes mellitus"}}],"property":[{{"code":"chapter","valueCode":"I10"}},{{"code":"deaths","valueDecimal":1.5}}],
              "concept":[{{"code":"E11.9","display":"Không biến chứng"}}]}}]}},
          {{"code":"I10","display":"Tăng huyết áp vô căn","designation":[{{"language":"en","value":"Essential hypertension"}}]}}{more}]}}"#
    )
}

/// Stores both editions, a list of parts, and one without kinds.
pub fn store_code_systems(checks: &Checks) {
    checks.store([
        edition(
            "diseases-old",
            "2020",
            r#""end":"2026-06-30""#,
            r#",{"code":"Z99","display":"Mã cũ","property":[{"code":"status","valueCode":"retired"}]}"#,
        ),
        edition("diseases-new", "2026", r#""start":"2026-07-01""#, r#",{"code":"U07.1","display":"COVID-19"}"#),
        r#"{"resourceType":"CodeSystem","id":"part","url":"urn:example:part","status":"active","content":"fragment","concept":[{"code":"known","display":"Known"}]}"#.to_owned(),
        r#"{"resourceType":"CodeSystem","id":"body","url":"urn:example:body","status":"active","content":"complete","hierarchyMeaning":"part-of","concept":[{"code":"hand","concept":[{"code":"finger"}]}]}"#.to_owned(),
    ]);
}

/// The values of a parameter of that name, without their type; parts as an object.
pub fn values(parameters: &Value, name: &str) -> Vec<Value> {
    let all = parameters["parameter"].as_array().or_else(|| parameters["part"].as_array());
    let named = all.into_iter().flatten().filter(|it| it["name"] == name);
    let value = |it: &Value| match it.get("part") {
        Some(_) => it.clone(),
        None => {
            let members = it.as_object().unwrap();
            members.iter().find(|(name, _)| name.starts_with("value")).unwrap().1.clone()
        }
    };
    named.map(value).collect()
}

/// The only value of that name, or null.
pub fn value(parameters: &Value, name: &str) -> Value {
    values(parameters, name).into_iter().next().unwrap_or(Value::Null)
}

impl Checks<'_> {
    /// `GET`, which must be answered with 200.
    pub fn asks(&self, query: &str) -> Value {
        let answer = self.get(query);
        self.that(answer.status == 200, format!("{query}: {}: {}", answer.status, answer.text()));
        serde_json::from_str(answer.text()).unwrap_or(Value::Null)
    }

    /// `POST` of a body, which must be answered with this status.
    pub fn posts(&self, path: &str, sent: &Value, status: u16) -> Value {
        let answer = self.server.http().send_fhir("POST", &format!("/fhir/{path}"), sent.to_string());
        self.that(answer.status == status, format!("{path}: {}: {}", answer.status, answer.text()));
        body(&answer)
    }

    /// `GET`, which must be refused with this status and fault.
    pub fn fails(&self, query: &str, status: u16, fault: &str) {
        let answer = self.get(query);
        let code = serde_json::from_str::<Value>(answer.text())
            .map(|outcome| outcome["issue"][0]["details"]["coding"][0]["code"].clone())
            .unwrap_or_default();
        self.that(
            answer.status == status && code == fault,
            format!("{query}: {} {code} instead of {status} {fault}", answer.status),
        );
    }
}

#[test]
fn lookup_tells_everything_about_a_code() {
    check_each(|checks| {
        store_code_systems(checks);
        let found = checks.asks(&format!("CodeSystem/$lookup?system={DISEASES}&code=E11"));
        checks.equal("name", &value(&found, "name"), &json!("Bệnh"));
        checks.equal("version", &value(&found, "version"), &json!("2026"));
        checks.equal("display", &value(&found, "display"), &json!("Đái tháo đường típ 2"));
        let designation = value(&found, "designation");
        checks.equal("language", &value(&designation, "language"), &json!("en"));
        checks.equal(
            "use",
            &value(&designation, "use"),
            &json!({"system": "urn:example:use", "code": "full"}),
        );
        checks.equal("value", &value(&designation, "value"), &json!("Type 2 diabetes mellitus"));
        let properties: Vec<_> =
            values(&found, "property").iter().map(|it| (value(it, "code"), value(it, "value"))).collect();
        let expected = [
            (json!("definition"), json!("Không phụ thuộc insulin")),
            (json!("parent"), json!("E10-E14")),
            (json!("child"), json!("E11.9")),
            (json!("chapter"), json!("I10")),
            (json!("deaths"), json!(1.5)),
        ];
        checks.equal("properties", &properties, &expected.to_vec());

        // Languages: by parameter, by header.
        let url = format!("CodeSystem/$lookup?system={DISEASES}&code=E11");
        let english = checks.asks(&format!("{url}&displayLanguage=en"));
        checks.equal("en", &value(&english, "display"), &json!("Type 2 diabetes mellitus"));
        let header = [("Accept-Language", "en-GB, vi;q=0.3")];
        let answer = checks.server.http().request("GET", &format!("/fhir/{url}"), &header, b"");
        checks.equal("header", &value(&body(&answer), "display"), &json!("Type 2 diabetes mellitus"));

        // Only what is asked for.
        let one = checks.asks(&format!("{url}&property=parent"));
        checks.equal("one", &values(&one, "property").len(), &1);
        checks.equal("no designation", &values(&one, "designation").len(), &0);
        let language = checks.asks(&format!("{url}&property=lang.en"));
        checks.equal("lang.en", &values(&language, "designation").len(), &1);
        checks.equal("lang.en alone", &values(&language, "property").len(), &0);

        // Editions: by version, by day.
        for (more, version) in [
            ("&version=2020", "2020"),
            ("&date=2026-06-30", "2020"),
            ("&date=2026-07-01", "2026"),
            ("&date=2026-07-01T08:00:00%2B07:00", "2026"),
        ] {
            let found = checks.asks(&format!("{url}{more}"));
            checks.equal(more, &value(&found, "version"), &json!(version));
        }
        let old = format!("CodeSystem/$lookup?system={DISEASES}&code=Z99");
        let retired = checks.asks(&format!("{old}&date=2026-01-01"));
        let inactive = values(&retired, "property").iter().any(|it| value(it, "code") == "inactive");
        checks.that(inactive, "a retired code is inactive");
        checks.fails(&old, 404, "code-not-found");
        checks.fails(
            &format!("CodeSystem/$lookup?system={DISEASES}&version=1999&code=E11"),
            404,
            "code-system-unknown",
        );
        checks.fails("CodeSystem/$lookup?system=urn:example:never&code=E11", 404, "code-system-unknown");
        checks.fails(&format!("CodeSystem/$lookup?system={DISEASES}"), 400, "operation-parameter-missing");
        checks.fails("CodeSystem/$lookup?code=E11", 400, "operation-parameter-missing");
        checks.fails(&format!("{url}&date=yesterday"), 400, "operation-parameter-value");
        // R4 defines no $lookup of an instance.
        checks.fails("CodeSystem/diseases-new/$lookup?code=E11", 404, "operation-unknown");

        let sent = json!({"resourceType": "Parameters", "parameter": [
            {"name": "coding", "valueCoding": {"system": DISEASES, "version": "2020", "code": "Z99"}},
            {"name": "displayLanguage", "valueCode": "vi"},
        ]});
        let found = checks.posts("CodeSystem/$lookup", &sent, 200);
        checks.equal("coding", &value(&found, "display"), &json!("Mã cũ"));
        // R4's own codes are always there, and units are made by rules.
        let own =
            checks.asks("CodeSystem/$lookup?system=http://hl7.org/fhir/administrative-gender&code=female");
        checks.equal("R4", &value(&own, "display"), &json!("Female"));
        checks.asks("CodeSystem/$lookup?system=http://unitsofmeasure.org&code=mg/dL");
        checks.fails("CodeSystem/$lookup?system=http://unitsofmeasure.org&code=mgg", 404, "code-not-found");
    });
}

#[test]
fn subsumes_tells_how_two_codes_stand() {
    check_each(|checks| {
        store_code_systems(checks);
        let of = |a: &str, b: &str| format!("CodeSystem/$subsumes?system={DISEASES}&codeA={a}&codeB={b}");
        for (a, b, outcome) in [
            ("E11", "E11", "equivalent"),
            ("E10-E14", "E11.9", "subsumes"),
            ("E11.9", "E10-E14", "subsumed-by"),
            ("E10", "E11", "not-subsumed"),
            ("E10-E14", "I10", "not-subsumed"),
        ] {
            let found = checks.asks(&of(a, b));
            checks.equal(&format!("{a} {b}"), &value(&found, "outcome"), &json!(outcome));
        }
        let instance = checks.asks("CodeSystem/diseases-old/$subsumes?codeA=E11&codeB=E11.9");
        checks.equal("instance", &value(&instance, "outcome"), &json!("subsumes"));
        // A finger is a part of a hand, not a kind of hand.
        let parts = checks.asks("CodeSystem/$subsumes?system=urn:example:body&codeA=hand&codeB=finger");
        checks.equal("parts", &value(&parts, "outcome"), &json!("not-subsumed"));
        let sent = json!({"resourceType": "Parameters", "parameter": [
            {"name": "codingA", "valueCoding": {"system": DISEASES, "code": "E11"}},
            {"name": "codingB", "valueCoding": {"system": DISEASES, "code": "E10-E14"}},
        ]});
        let found = checks.posts("CodeSystem/$subsumes", &sent, 200);
        checks.equal("codings", &value(&found, "outcome"), &json!("subsumed-by"));
        let other = json!({"resourceType": "Parameters", "parameter": [
            {"name": "codingA", "valueCoding": {"system": DISEASES, "code": "E11"}},
            {"name": "codingB", "valueCoding": {"system": "urn:example:body", "code": "hand"}},
        ]});
        checks.posts("CodeSystem/$subsumes", &other, 400);
        checks.fails(&of("E11", "never"), 404, "code-not-found");
        checks.fails("CodeSystem/$subsumes?codeA=E11&codeB=E10", 400, "operation-parameter-missing");
        checks.fails(
            &format!("CodeSystem/$subsumes?system={DISEASES}&codeA=E11"),
            400,
            "operation-parameter-missing",
        );
        checks.fails(
            "CodeSystem/$subsumes?system=urn:example:never&codeA=a&codeB=b",
            404,
            "code-system-unknown",
        );
        checks.fails("CodeSystem/never/$subsumes?codeA=a&codeB=b", 404, "not-found");
    });
}

#[test]
fn validate_code_in_a_code_system() {
    check_each(|checks| {
        store_code_systems(checks);
        let url = format!("CodeSystem/$validate-code?url={DISEASES}");
        for (more, expected) in [
            ("&code=E11", true),
            ("&code=e11", false),
            ("&code=never", false),
            ("&code=Z99", false),
            ("&code=Z99&version=2020", true),
            ("&code=Z99&date=2026-03-01", true),
            ("&code=E10-E14", false),
            ("&code=E10-E14&abstract=true", true),
            ("&code=E11&display=Đái tháo đường típ 2", true),
            ("&code=E11&display=  đái THÁO đường  típ 2", true),
            ("&code=E11&display=Type 2 diabetes mellitus", true),
            ("&code=E11&display=Type 2 diabetes mellitus&displayLanguage=vi", false),
            ("&code=E11&display=Type 2 diabetes mellitus&displayLanguage=en", true),
            ("&code=E11&display=Dai thao duong tip 2", false),
        ] {
            let found = checks.asks(&format!("{url}{more}"));
            checks.equal(more, &value(&found, "result"), &json!(expected));
            checks.that(expected || value(&found, "message").is_string(), format!("{more}: a message"));
        }
        let wrong = checks.asks(&format!("{url}&code=E11&display=never&displayLanguage=en"));
        checks.equal("the right one", &value(&wrong, "display"), &json!("Type 2 diabetes mellitus"));
        // A fragment cannot say that a code is wrong.
        let part = checks.asks("CodeSystem/$validate-code?url=urn:example:part&code=other");
        checks.equal("fragment", &value(&part, "result"), &json!(true));
        checks.that(value(&part, "message").is_string(), "a fragment says so");
        let instance = checks.asks("CodeSystem/diseases-old/$validate-code?code=Z99");
        checks.equal("instance", &value(&instance, "result"), &json!(true));

        let concept = |codes: &[(&str, &str)]| {
            let codings: Vec<Value> =
                codes.iter().map(|(system, code)| json!({"system": system, "code": code})).collect();
            json!({"resourceType": "Parameters", "parameter": [
                {"name": "url", "valueUri": DISEASES},
                {"name": "codeableConcept", "valueCodeableConcept": match codings.is_empty() {
                    true => json!({"text": "x"}),
                    false => json!({"coding": codings}),
                }},
            ]})
        };
        for (codes, expected) in [
            (vec![("urn:example:part", "known"), (DISEASES, "E11")], true),
            (vec![("urn:example:part", "E11")], false),
            (vec![], false),
        ] {
            let found = checks.posts("CodeSystem/$validate-code", &concept(&codes), 200);
            checks.equal(&format!("{codes:?}"), &value(&found, "result"), &json!(expected));
        }
        let sent = json!({"resourceType": "Parameters", "parameter": [
            {"name": "code", "valueCode": "a"},
            {"name": "codeSystem", "resource": {"resourceType": "CodeSystem", "url": "urn:example:sent", "status": "draft", "content": "complete", "concept": [{"code": "a", "display": "A"}]}},
        ]});
        let found = checks.posts("CodeSystem/$validate-code", &sent, 200);
        checks.equal("sent along", &value(&found, "result"), &json!(true));
        checks.fails("CodeSystem/$validate-code?url=urn:example:never&code=a", 404, "code-system-unknown");
        checks.fails(&url, 400, "operation-parameter-missing");
        checks.fails("CodeSystem/$validate-code?code=a", 400, "operation-parameter-missing");
        checks.fails(&format!("{url}&code=a&abstract=perhaps"), 400, "operation-parameter-value");
        checks.posts("CodeSystem/$validate-code", &json!({"resourceType": "Patient"}), 400);
    });
}

#[test]
fn the_statement_names_the_operations() {
    check_each(|checks| {
        let statement = checks.asks("metadata");
        let names = |kind: &str| {
            let resources = statement["rest"][0]["resource"].as_array().unwrap();
            let resource = resources.iter().find(|it| it["type"] == kind).unwrap();
            let operations = resource["operation"].as_array().unwrap().iter();
            operations.map(|it| it["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        checks.equal(
            "CodeSystem",
            &names("CodeSystem"),
            &["lookup", "validate-code", "subsumes", "validate"].map(str::to_owned).to_vec(),
        );
        checks.equal(
            "ValueSet",
            &names("ValueSet"),
            &["expand", "validate-code", "validate"].map(str::to_owned).to_vec(),
        );
        checks.equal(
            "ConceptMap",
            &names("ConceptMap"),
            &["translate", "validate"].map(str::to_owned).to_vec(),
        );
    });
}
