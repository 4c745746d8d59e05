//! What the log of accesses says of whom a search does not show, and what those read of it who read the log of others:
//! `docs/access-log.md`, sections 1, 7 and 9.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use std::time::Duration;

use access::{Actor, Caller, Identity, OfficerRole, StaffRole};
use audit_log::{Action, Entry, LogName, Outcome, SigningKey};
use fhir::{Instant, LogicalId};
use healthbook_interactions::{
    Return, Service, ServiceSettings, audit_event_proof, keep, origin_of, process_bundle,
};
use record_store::{Journal, Store, StoreSettings};
use serde_json::{Value, json};
use test_support::TestDatabase;
use uuid::Uuid;

/// Everything of the books of `a` and `b`, and what is in nobody's.
const STORED: &str = r#"[
    {"resourceType":"Organization","id":"o","name":"O"},
    {"resourceType":"Patient","id":"a","name":[{"text":"A"}]},
    {"resourceType":"Patient","id":"b","name":[{"text":"B"}]},
    {"resourceType":"Encounter","id":"e","status":"finished","class":{"code":"AMB"},"subject":{"reference":"Patient/b"}},
    {"resourceType":"Observation","id":"ob","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/b"},
        "encounter":{"reference":"Encounter/e"},"valueQuantity":{"value":7}},
    {"resourceType":"Observation","id":"oa","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"}},
    {"resourceType":"Observation","id":"oa2","status":"final","code":{"text":"x"},"subject":{"reference":"Patient/a"}},
    {"resourceType":"List","id":"l","status":"current","mode":"working","subject":{"reference":"Patient/b"}},
    {"resourceType":"Medication","id":"m","code":{"text":"M"}},
    {"resourceType":"MedicationRequest","id":"r","status":"active","intent":"order","subject":{"reference":"Patient/a"},
        "medicationReference":{"reference":"Medication/m"}}
]"#;

struct World {
    service: Service,
    key: SigningKey,
}

fn run(test: impl AsyncFn(&World)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async {
            let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
            let service = Service::new(store, ServiceSettings::default());
            let name = LogName::new("test.example").unwrap();
            let key = SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap();
            let world = World { service, key };
            let stored: Vec<Value> = serde_json::from_str(STORED).unwrap();
            for resource in stored {
                let url = format!("{}/{}", resource["resourceType"], resource["id"]).replace('"', "");
                let entry = json!({"request": {"method": "PUT", "url": url}, "resource": resource});
                assert_eq!(world.send_entry(&Caller::Unrestricted, entry).await.0, "201", "{url}");
            }
            test(&world).await;
            world.service.store().close().await;
        });
    }
}

fn id(text: &str) -> LogicalId {
    LogicalId::try_from(text).unwrap()
}

fn somebody(name: &str, actor: Actor) -> Caller {
    Caller::Authenticated(Identity::new(name, actor).into())
}

fn citizen(name: &str) -> Caller {
    somebody(name, Actor::Citizen { patient: id(name) })
}

fn of_facility(role: StaffRole) -> Caller {
    somebody(role.code(), Actor::Facility { code: "99001".to_owned(), organization: id("o"), role })
}

fn auditor() -> Caller {
    somebody("auditor", Actor::Officer { role: OfficerRole::Auditor })
}

impl World {
    /// Sends a request; status and text of the answer. What it has shown is kept.
    async fn send_entry(&self, caller: &Caller, entry: Value) -> (String, String) {
        let journal = Journal::new(Uuid::new_v4());
        journal.asked_by(origin_of(caller));
        let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [entry]}).to_string();
        let work = process_bundle(&self.service, caller, bundle.into_bytes(), Return::Minimal);
        let answer = journal.scope(work).await.unwrap();
        keep(&self.service, &journal).await.unwrap();
        let told: Value = serde_json::from_str(&answer).unwrap();
        let status = told["entry"][0]["response"]["status"].as_str().unwrap()[..3].to_owned();
        (status, answer)
    }

    async fn send(&self, caller: &Caller, method: &str, url: &str) -> (String, String) {
        self.send_entry(caller, json!({"request": {"method": method, "url": url}})).await
    }

    /// The whole log.
    async fn log(&self) -> Vec<Entry<'static>> {
        let store = self.service.store();
        loop {
            let done = store.sequence(&self.key, Duration::from_secs(1), Instant::now()).await.unwrap();
            if !done.more && !done.elsewhere {
                break;
            }
        }
        let mut entries = Vec::new();
        while let Some(entry) = store.log_entry(entries.len() as u64).await.unwrap() {
            entries.push(entry);
        }
        entries
    }

    /// What a request has left: patient, resource, number of what was shown, query.
    async fn left_by(&self, caller: &Caller, method: &str, url: &str) -> Vec<(String, String, u32, String)> {
        let before = self.log().await.len();
        let (status, answer) = self.send(caller, method, url).await;
        assert!(status.starts_with('2'), "{method} {url}: {answer}");
        let log = self.log().await;
        let told = |entry: &Entry<'_>| {
            assert_eq!(entry.outcome, Outcome::Success);
            (entry.patient.to_string(), entry.resource.to_string(), entry.shown, entry.query.to_string())
        };
        log[before..].iter().map(told).collect()
    }
}

fn left(patient: &str, resource: &str, shown: u32, query: &str) -> (String, String, u32, String) {
    (patient.to_owned(), resource.to_owned(), shown, query.to_owned())
}

#[test]
fn what_tells_of_somebody_stands_in_that_book_however_the_resource_is_named() {
    run(async |world| {
        let a = citizen("a");
        for (method, url, resource) in [
            ("GET", "Observation?_id=ob&value-quantity=gt5&_summary=count", "Observation/ob"),
            ("GET", "Observation?_id:not=ob&_summary=count", "Observation/ob"),
            ("GET", "?_type=Patient,Observation&_id=ob", "Observation/ob"),
            ("GET", "Patient/b/Observation?_summary=count", "Patient/b"),
            ("GET", "Encounter/e/Condition?code=x&_summary=count", "Encounter/e"),
            ("GET", "Encounter/e/*?_count=1", "Encounter/e"),
            ("GET", "Condition?encounter=e&_count=0", "Encounter/e"),
            ("GET", "Condition?encounter=http://127.0.0.1:8080/fhir/Encounter/e", "Encounter/e"),
            ("GET", "Observation?performer=Patient/b&_count=0", "Patient/b"),
            ("GET", "Coverage?subscriber=Patient/b", "Patient/b"),
            ("GET", "Observation?subject=b&_summary=count", "Patient/b"),
            ("GET", "QuestionnaireResponse?subject=b&_summary=count", "Patient/b"),
            ("GET", "Patient?_has:Condition:asserter:patient=b&_summary=count", "Patient/b"),
            ("GET", "Condition?encounter.subject=Patient/b&_summary=count", "Patient/b"),
            ("GET", "Condition?_filter=encounter%20re%20Encounter/e", "Encounter/e"),
            ("GET", "Observation?_list=l&_summary=count", "List/l"),
            ("GET", "Observation/$lastn?subject=b", "Patient/b"),
            ("GET", "Provenance?patient=b", "Patient/b"),
            ("GET", "Provenance?target=Observation/ob", "Observation/ob"),
            ("GET", "Patient/b/Provenance", "Patient/b"),
            ("DELETE", "Observation?_id=ob&status=final", "Observation/ob"),
            ("DELETE", "Observation?encounter=e&status=final", "Encounter/e"),
        ] {
            let found = world.left_by(&a, method, url).await;
            let of_b: Vec<_> = found.iter().filter(|(patient, ..)| patient == "Patient/b").collect();
            assert_eq!(of_b.len(), 1, "{url}: {found:?}");
            assert_eq!((of_b[0].1.as_str(), of_b[0].2), (resource, 0), "{url}");
            // The same of what never was: nobody's book, and no more is told.
            let missing =
                url.replace("=ob", "=no").replace("=e&", "=no&").replace("=b", "=no").replace("=l&", "=no&");
            if missing != url {
                let found = world.left_by(&a, method, &missing).await;
                assert_eq!(found.len(), 1, "{missing}: {found:?}");
                assert_eq!((found[0].0.as_str(), found[0].2), ("", 0), "{missing}");
            }
        }
    });
}

#[test]
fn whoever_is_named_and_not_shown_is_told_beside_whoever_is_shown() {
    run(async |world| {
        let a = citizen("a");
        let query = "Observation?patient&_total";
        let mut found = world.left_by(&a, "GET", "Observation?patient=b,a&_total=accurate").await;
        found.sort();
        assert_eq!(found, [left("Patient/a", "", 2, query), left("Patient/b", "Patient/b", 0, query)]);
        let mut found = world.left_by(&a, "GET", "Observation?_id=oa,ob,e,no").await;
        found.sort();
        let query = "Observation?_id";
        assert_eq!(
            found,
            [left("Patient/a", "Observation/oa", 1, query), left("Patient/b", "Observation/ob", 0, query)]
        );
        // Of one person there is one entry, whatever of the book is named.
        let found = world.left_by(&a, "GET", "Observation?patient=b&encounter=e&_id=ob").await;
        assert_eq!(found, [left("Patient/b", "", 0, "Observation?patient&encounter&_id")]);
        // Who is shown is not told a second time.
        let found = world.left_by(&a, "GET", "Observation?patient=a&_id=oa&subject=a").await;
        assert_eq!(found, [left("Patient/a", "Observation/oa", 1, "Observation?patient&_id&subject")]);
        let found = world.left_by(&a, "GET", "Provenance?target=Observation/oa,Observation/ob").await;
        let people: Vec<_> = found.iter().map(|(patient, _, shown, _)| (patient.as_str(), *shown)).collect();
        assert!(
            people.len() == 2 && people.contains(&("Patient/a", 1)) && people.contains(&("Patient/b", 0))
        );
    });
}

#[test]
fn what_is_shown_of_nobody_hides_no_entry_of_a_book() {
    run(async |world| {
        let found = world.left_by(&citizen("a"), "GET", "Patient/a/$everything?_type=Medication").await;
        let query = "Patient/a/$everything?_type=Medication";
        let mut found = found;
        found.sort();
        let of_nobody = "Patient/*/$everything?_type=Medication";
        assert_eq!(found, [left("", "Medication/m", 1, of_nobody), left("Patient/a", "Patient/a", 0, query)]);
        // What is in nobody's book is named for nobody.
        let found = world.left_by(&citizen("a"), "GET", "Organization?_id=o,no").await;
        assert_eq!(found, [left("", "Organization/o", 1, "Organization?_id")]);
        let found = world.left_by(&citizen("a"), "GET", "Organization?_id=no").await;
        assert_eq!(found, [left("", "", 0, "Organization?_id")]);
    });
}

#[test]
fn what_the_server_does_not_understand_is_not_kept() {
    run(async |world| {
        let found = world
            .left_by(
                &citizen("a"),
                "GET",
                "Observation?patient=b&HIV-positive=1&_elements=status,HIV&_count=00012&x:y=z",
            )
            .await;
        assert_eq!(
            found,
            [left("Patient/b", "Patient/b", 0, "Observation?patient&_elements=status&_count=12")]
        );
        let found =
            world.left_by(&citizen("a"), "GET", "Patient/a/$everything?_type=List&HIV-positive=1").await;
        assert_eq!(found[0].3, "Patient/a/$everything?_type=List");
        let found =
            world.left_by(&citizen("a"), "GET", "Observation/oa/_history?HIV-positive=1&_count=3").await;
        assert_eq!(found[0].3, "Observation/oa/_history?_count=3");
        let found =
            world.left_by(&citizen("a"), "GET", "Observation/$lastn?patient=a&HIV-positive=1&max=1").await;
        assert_eq!(found[0].3, "Observation/$lastn?patient&max");
        let found =
            world.left_by(&citizen("a"), "GET", "Provenance?target=Observation/oa&HIV-positive=1").await;
        assert_eq!(found[0].3, "Provenance?target");
        let found = world.left_by(&auditor(), "GET", "AuditEvent?patient=b&HIV-positive=1&_sort=HIV").await;
        assert_eq!(found[0].3, "AuditEvent?patient");
    });
}

#[test]
fn whose_log_was_read_is_told() {
    run(async |world| {
        let found = world.left_by(&auditor(), "GET", "AuditEvent?agent=Organization/o").await;
        assert_eq!(found, [left("", "Organization/o", 0, "AuditEvent?agent")]);
        let found = world.left_by(&of_facility(StaffRole::FacilityOfficer), "GET", "AuditEvent").await;
        assert_eq!(found, [left("", "Organization/o", 0, "AuditEvent")]);
    });
}

#[test]
fn an_officer_proves_what_is_hidden_and_learns_nothing_by_it() {
    run(async |world| {
        let physician = of_facility(StaffRole::Physician);
        assert_eq!(world.send(&physician, "GET", "Observation/ob").await.0, "404");
        assert_eq!(world.send(&physician, "GET", "Condition?encounter=e&_count=0").await.0, "200");
        assert_eq!(world.send(&physician, "GET", "Encounter?_id=e,no").await.0, "200");
        let log = world.log().await;
        let theirs: Vec<u64> = (0..)
            .zip(&log)
            .filter(|(_, entry)| *entry.organization == *"Organization/o")
            .map(|(at, _)| at)
            .collect();
        assert_eq!(theirs.len(), 3, "{log:?}");
        assert!(theirs.iter().all(|position| *log[*position as usize].patient == *"Patient/b"));
        assert_eq!(log[theirs[0] as usize].action, Action::Read);
        let officer = of_facility(StaffRole::FacilityOfficer);
        for position in theirs {
            let entry = &log[position as usize];
            let key = world.key.verifying();
            let proof = audit_event_proof(&world.service, &officer, key, position).await.unwrap().unwrap();
            assert_eq!(proof.leaf, entry.leaf_hash(), "that of what is stored");
            proof.verify(key).unwrap();
            let (status, shown) = world.send(&officer, "GET", &format!("AuditEvent/log-{position}")).await;
            assert_eq!(status, "200");
            assert!(!shown.contains("Patient/b"), "{shown}");
            let (_, whole) = world.send(&auditor(), "GET", &format!("AuditEvent/log-{position}")).await;
            assert!(whole.contains("Patient/b"), "{whole}");
        }
        let (_, page) = world.send(&officer, "GET", "AuditEvent?_count=100").await;
        assert!(!page.contains("Patient/b") && !page.contains("Encounter/e"), "{page}");
        assert!(!page.contains("Observation/ob"), "several refusals would tell what is there: {page}");
        let (_, page) = world.send(&officer, "GET", "AuditEvent?patient=b").await;
        assert!(!page.contains("\"match\""), "nor can it be asked for: {page}");
    });
}
