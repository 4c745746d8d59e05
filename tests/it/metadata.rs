//! The CapabilityStatement is R4's and true: what it lists works.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::checks::{Checks, address, check_each};
use crate::support::r4::Types;
use crate::support::{Fhir, by_mode, text, value};

/// The types whose parameters are tried one by one.
const SAMPLE: [&str; 12] = [
    "Patient",
    "Observation",
    "Encounter",
    "Condition",
    "Immunization",
    "MedicationRequest",
    "DiagnosticReport",
    "Practitioner",
    "Organization",
    "ValueSet",
    "Provenance",
    "Appointment",
];

fn resources(statement: &Value) -> Vec<Value> {
    statement["rest"][0]["resource"].as_array().cloned().expect("rest.resource")
}

fn texts(list: &Value, member: &str) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|item| text(&item[member])).collect()
}

#[test]
fn the_capability_statement_is_a_valid_one_of_all_types() {
    check_each(|checks| {
        let server = checks.server;
        let answer = server.http().get("/fhir/metadata").expect_status(200);
        assert!(answer.header("Content-Type").is_some_and(|kind| kind.starts_with("application/fhir+json")));
        let statement = value(answer.text());
        assert_eq!(statement["resourceType"], "CapabilityStatement");
        assert_eq!(statement["fhirVersion"], "4.0.1");
        assert_eq!(statement["kind"], "instance");
        assert!(
            ["active", "draft"].contains(&statement["status"].as_str().unwrap()),
            "{}",
            statement["status"]
        );
        assert!(text(&statement["date"]).starts_with("20"), "date is required");
        // cpb-2 and cpb-15: an instance has an implementation (and software may be told).
        assert!(statement["implementation"]["description"].is_string(), "cpb-15");
        let formats: Vec<String> = statement["format"].as_array().unwrap().iter().map(text).collect();
        assert!(formats.iter().any(|format| format == "json" || format == "application/fhir+json"));
        let patches: Vec<String> = statement["patchFormat"].as_array().unwrap().iter().map(text).collect();
        for format in ["application/json-patch+json", "application/fhir+json"] {
            checks.that(patches.iter().any(|patch| patch == format), format!("patchFormat {format}"));
        }
        assert_eq!(statement["rest"].as_array().unwrap().len(), 1);
        assert_eq!(statement["rest"][0]["mode"], "server");
        let system = texts(&statement["rest"][0]["interaction"], "code");
        for code in ["transaction", "batch", "history-system"] {
            checks.that(system.contains(code), format!("system interaction {code}"));
        }

        let listed = resources(&statement);
        let names: Vec<String> = listed.iter().map(|resource| text(&resource["type"])).collect();
        let distinct: BTreeSet<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(names.len(), 146);
        assert_eq!(distinct, Types::new().resources().into_iter().collect());
        for resource in &listed {
            let kind = text(&resource["type"]);
            let codes = texts(&resource["interaction"], "code");
            for code in [
                "read",
                "vread",
                "update",
                "patch",
                "delete",
                "history-instance",
                "history-type",
                "create",
                "search-type",
            ] {
                checks.that(codes.contains(code), format!("{kind}: interaction {code}"));
            }
            checks.equal(&kind, &resource["versioning"], &"versioned-update".into());
            checks.equal(&kind, &resource["updateCreate"], &true.into());
            checks.equal(&kind, &resource["conditionalCreate"], &true.into());
            checks.equal(&kind, &resource["conditionalUpdate"], &true.into());
            checks.equal(&kind, &resource["conditionalRead"], &"full-support".into());
            checks.that(
                resource["referencePolicy"].as_array().is_some_and(|list| !list.is_empty()),
                format!("{kind}: dangling references are not told about"),
            );
            // cpb-12: parameters are told once.
            let parameters = resource["searchParam"].as_array().cloned().unwrap_or_default();
            let codes = texts(&resource["searchParam"], "name");
            checks.equal(&format!("{kind}: parameters"), &codes.len(), &parameters.len());
            let types =
                ["number", "date", "string", "token", "reference", "composite", "quantity", "uri", "special"];
            for parameter in &parameters {
                let right = parameter["type"].as_str().is_some_and(|kind| types.contains(&kind));
                checks.that(right, format!("{kind}: {parameter}"));
            }
        }
        let of = |kind: &str| listed.iter().find(|resource| resource["type"] == kind).cloned().unwrap();
        let everything = texts(&of("Patient")["operation"], "name");
        checks.that(everything.contains("everything"), "Patient: operation everything");
        checks.that(everything.contains("validate"), "Patient: operation validate");
        let profiles = of("Patient")["supportedProfile"].to_string();
        checks.that(profiles.contains("/vn-core-patient|0.6.0"), "Patient: the national profile");
        for (kind, names) in [
            ("Patient", "identifier name family given gender birthdate general-practitioner organization"),
            ("Observation", "code date subject patient encounter performer status category"),
            ("Encounter", "date subject patient status class participant"),
        ] {
            let own = texts(&of(kind)["searchParam"], "name");
            let general = texts(&statement["rest"][0]["searchParam"], "name");
            for name in names.split_whitespace().chain(["_id", "_lastUpdated"]) {
                checks.that(own.contains(name) || general.contains(name), format!("{kind}: {name}"));
            }
        }
    });
}

/// A syntactically right value.
fn example(parameter: &Value) -> Option<&'static str> {
    Some(match (parameter["type"].as_str()?, parameter["name"].as_str()?) {
        (_, "_id") => "a",
        ("token", _) => "http://example.org|a",
        ("string", _) => "a",
        ("date", _) => "ge2026-05-04",
        ("reference", _) => "Patient/a",
        ("number", _) => "1",
        ("quantity", _) => "1.5|http://unitsofmeasure.org|kg",
        ("uri", _) => "http://example.org/a",
        _ => return None,
    })
}

#[test]
fn each_listed_parameter_and_include_works() {
    check_each(|checks: &Checks| {
        let server = checks.server;
        let types = Types::new();
        let statement = server.read("/fhir/metadata");
        let general: Vec<Value> = statement["rest"][0]["searchParam"].as_array().cloned().unwrap_or_default();
        let listed = resources(&statement);
        let strict = |query: &str| {
            let answer = server.http().request("GET", &address(query), &[("Prefer", "handling=strict")], b"");
            checks.that(answer.status == 200, format!("{query}: {}: {}", answer.status, answer.text()));
            if answer.status == 200 {
                let bundle = value(answer.text());
                checks.that(by_mode(&bundle, "outcome").is_empty(), format!("{query}: {bundle}"));
            }
        };
        for kind in SAMPLE {
            server.create(&types.minimal(kind));
            let resource = listed.iter().find(|resource| resource["type"] == kind).unwrap();
            let own: Vec<Value> = resource["searchParam"].as_array().cloned().unwrap_or_default();
            checks.that(own.len() > 3, format!("{kind}: few parameters"));
            for parameter in own.iter().chain(&general) {
                let name = text(&parameter["name"]);
                let Some(example) = example(parameter) else {
                    checks.that(
                        !["_sort", "_count"].contains(&name.as_str()),
                        format!("{name} is no criterion"),
                    );
                    continue;
                };
                strict(&format!("{kind}?{name}={example}"));
            }
            let references = own.iter().filter(|parameter| parameter["type"] == "reference").count();
            let includes: Vec<String> =
                resource["searchInclude"].as_array().into_iter().flatten().map(text).collect();
            let own_includes =
                includes.iter().filter(|include| include.starts_with(&format!("{kind}:"))).count();
            checks.that(
                own_includes >= references,
                format!("{kind}: {includes:?} for {references} references"),
            );
            for include in &includes {
                strict(&format!("{kind}?_include={include}"));
            }
            for include in resource["searchRevInclude"].as_array().into_iter().flatten() {
                strict(&format!("{kind}?_revinclude={}", text(include)));
            }
        }
    });
}
