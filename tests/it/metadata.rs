//! The CapabilityStatement says what runs, no more.

use serde_json::Value;

use crate::support::r4::Types;
use crate::support::{Fhir, check_all, encode, on_each, sorted, text};

/// A value that each type of parameter can read.
fn sample(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "token" => "a",
        "string" => "a",
        "date" => "2026-05-04",
        "reference" => "Patient/1",
        "uri" => "http://example.org/a",
        "number" => "1",
        "quantity" => "1",
        "composite" => "a$1",
        "special" => return None,
        other => panic!("no type of search parameter: {other}"),
    })
}

#[test]
fn every_listed_parameter_and_include_works() {
    on_each(|server| {
        let statement = server.read("/fhir/metadata");
        assert_eq!(statement["resourceType"], "CapabilityStatement");
        assert_eq!(statement["fhirVersion"], "4.0.1");
        for name in ["status", "date", "kind", "format"] {
            assert!(statement.get(name).is_some(), "{name} is required");
        }
        let rest = &statement["rest"][0];
        assert_eq!(rest["mode"], "server");
        let resources = rest["resource"].as_array().unwrap();
        let names: Vec<String> = resources.iter().map(|resource| text(&resource["type"])).collect();
        assert_eq!(sorted(names), sorted(Types::new().resources().iter().map(|name| (*name).to_owned()).collect()));
        assert!(statement.to_string().contains("reference"), "the policy of dangling references is stated");

        let get = |path: String| {
            let answer = server.http().request("GET", &path, &[("Prefer", "handling=strict")], b"");
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        };
        check_all(resources, |resource| {
            let kind = text(&resource["type"]);
            let list = |name: &str| resource[name].as_array().cloned().unwrap_or_default();
            let interactions: Vec<String> = list("interaction").iter().map(|it| text(&it["code"])).collect();
            for needed in ["read", "vread", "create", "update", "delete", "history-instance", "history-type", "search-type"] {
                assert!(interactions.contains(&needed.to_owned()), "{kind}: {needed}");
            }
            assert!(!interactions.contains(&"patch".to_owned()), "{kind}: PATCH is not there (405)");
            let parameters = list("searchParam");
            assert!(parameters.iter().any(|it| it["name"] == "_id") && parameters.iter().any(|it| it["name"] == "_lastUpdated"));
            let quick: Vec<String> = parameters
                .iter()
                .filter_map(|it| Some(format!("{}={}", text(&it["name"]), encode(sample(&text(&it["type"]))?))))
                .collect();
            for parameter in &quick {
                get(format!("/fhir/{kind}?{parameter}"));
            }
            let includes = list("searchInclude").iter().map(|it| format!("_include={}", text(it))).collect::<Vec<_>>();
            let reverse = list("searchRevInclude").iter().map(|it| format!("_revinclude={}", text(it))).collect::<Vec<_>>();
            for chunk in [includes, reverse].concat().chunks(20) {
                get(format!("/fhir/{kind}?{}", chunk.join("&")));
            }
        });
    });
}

#[test]
fn the_statement_is_stable_and_can_be_asked_for_without_rights() {
    on_each(|server| {
        let first: Value = server.read("/fhir/metadata");
        assert_eq!(first, server.read("/fhir/metadata"));
        let url = text(&first["implementation"]["url"]);
        assert_eq!(url, format!("{}/fhir", server.base_url()));
        for mode in ["full", "normative", "terminology"] {
            let answer = server.http().get(&format!("/fhir/metadata?mode={mode}"));
            assert!(matches!(answer.status, 200 | 400 | 404 | 501), "{mode}: {}", answer.status);
        }
        let head = server.http().request("HEAD", "/fhir/metadata", &[], b"").expect_status(200);
        assert!(head.body.is_empty());
    });
}
