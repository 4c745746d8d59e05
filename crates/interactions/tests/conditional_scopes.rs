//! Who writes by criteria learns what a search finds: a token needs the letter `s` besides (docs/access.md, section 4).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use access::{Actor, Caller, Identity, Scopes, StaffRole};
use fhir::LogicalId;
use healthbook_interactions::{Return, Service, ServiceSettings, process_bundle};
use record_store::{Store, StoreSettings};
use test_support::TestDatabase;

/// Somebody who keeps the directory of a facility, with a token of these scopes.
fn caller(scopes: &str) -> Caller {
    let actor = Actor::Facility {
        code: "99001".to_owned(),
        organization: LogicalId::try_from("99001").unwrap(),
        role: StaffRole::FacilityOfficer,
    };
    let scopes = Scopes::parse(scopes).unwrap().0;
    Caller::Authenticated(Identity { scopes, ..Identity::new("somebody", actor) }.into())
}

fn bundle(kind: &str, request: &str, resource: &str) -> Vec<u8> {
    format!(r#"{{"resourceType":"Bundle","type":"{kind}","entry":[{{"request":{request}{resource}}}]}}"#)
        .into_bytes()
}

/// Whether the gate refuses the only entry.
async fn is_forbidden(service: &Service, scopes: &str, kind: &str, request: &str, resource: &str) -> bool {
    let body = bundle(kind, request, resource);
    match process_bundle(service, &caller(scopes), body, Return::Minimal).await {
        Err(problem) => problem.status == 403,
        Ok(answer) => answer.contains(r#""status":"403"#),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_with_criteria_needs_the_right_to_search() {
    let database = TestDatabase::sqlite();
    let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
    let service = Service::new(store, ServiceSettings::default());
    let organization = r#","resource":{"resourceType":"Organization","name":"x"}"#;
    let patch = r#","resource":{"resourceType":"Parameters","parameter":[{"name":"operation","part":[{"name":"type","valueCode":"replace"},{"name":"path","valueString":"Organization.name"},{"name":"value","valueString":"y"}]}]}"#;
    for kind in ["batch", "transaction"] {
        for (letters, request, resource) in [
            ("c", r#"{"method":"POST","url":"Organization","ifNoneExist":"name=never"}"#, organization),
            ("u", r#"{"method":"PUT","url":"Organization?name=never"}"#, organization),
            ("ru", r#"{"method":"PATCH","url":"Organization?name=never"}"#, patch),
        ] {
            let without = format!("user/Organization.{letters}");
            let refused = is_forbidden(&service, &without, kind, request, resource).await;
            assert!(refused, "{kind} {request} with {without}");
            let with = format!("user/Organization.{letters}s");
            let refused = is_forbidden(&service, &with, kind, request, resource).await;
            assert!(!refused, "{kind} {request} with {with}");
        }
        let plain = r#"{"method":"POST","url":"Organization"}"#;
        let refused = is_forbidden(&service, "user/Organization.c", kind, plain, organization).await;
        assert!(!refused, "{kind}: without criteria nothing is asked");
    }
}
