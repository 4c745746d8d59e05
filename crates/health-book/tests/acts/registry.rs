//! What follows from the word of the population registry: guardians of a minor, the end of what was open by a death
//! (`docs/registry-sync.md`, section 5). The registry of these tests says what it is told to say.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use access::Caller;
use fhir::Instant;
use healthbook_health_book::guardians::{self, Source};
use healthbook_health_book::registry::{ConnectedRegistry, LookUp, look_up};
use population_registry::{
    Answer, Asking, Claim, Cursor, Demographics, EventPage, PageSize, PopulationRegistry, Question,
    RegistryError, Relationships, RequestId, Verification,
};
use serde_json::{Value, json};

use crate::world::{World, at, id, on_each, relation};

/// Says of everybody the same, with a version.
#[derive(Default)]
struct Saying(Mutex<Option<(Demographics, u64)>>);

impl PopulationRegistry for Saying {
    fn verify<'a>(&'a self, _: RequestId, _: &'a Claim) -> Asking<'a, Verification> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn look_up<'a>(&'a self, request_id: RequestId, _: &'a Question) -> Asking<'a, Demographics> {
        Box::pin(async move {
            let (value, version) = self.0.lock().unwrap().clone().ok_or(RegistryError::NotFound)?;
            Ok(Answer {
                value,
                asked_at: Instant::now(),
                source: "population-registry",
                registry_version: Some(version),
                latency: Duration::ZERO,
                request_id,
            })
        })
    }

    fn relationships<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Relationships> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn events<'a>(&'a self, _: RequestId, _: Option<&'a Cursor>, _: PageSize) -> Asking<'a, EventPage> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }
}

pub const TEEN: &str = "099312000001";
const LAN: &str = "099185000001";
const MINH: &str = "099085000001";

pub fn record(representative: Option<&str>, status: Value) -> Demographics {
    let representative = representative.map(|number| json!({"name": "Ai", "number": number}));
    let representative = representative.map(|it| json!({"representative": it})).unwrap_or(json!({}));
    serde_json::from_value(json!({
        "number": TEEN, "name": {"family": "Phạm", "given": "Nam"}, "sex": "male", "birthDate": "2012-03-01",
        "status": status, "relationships": representative,
    }))
    .unwrap()
}

/// The registry says something, and somebody looks the child up.
pub async fn said(world: &World, version: u64, record: Demographics) -> Value {
    let saying = Arc::new(Saying(Mutex::new(Some((record, version)))));
    let registry = ConnectedRegistry::new(saying);
    let pairs = [
        ("identifier".to_owned(), format!("http://fhir.hl7.org.vn/core/sid/cccd|{TEEN}")),
        ("birthDate".to_owned(), "2012-03-01".to_owned()),
    ];
    let asked = LookUp::read(&pairs).unwrap();
    let answer =
        look_up(&world.book, &registry, &Caller::Unrestricted, &asked, at(i64::try_from(version).unwrap()));
    serde_json::from_str(&answer.await.unwrap()).unwrap()
}

pub async fn put_person(world: &World, name: &str, number: &str, birth_date: &str) {
    let identifier = json!([{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": number}]);
    let person = json!({
        "resourceType": "Patient", "id": name, "identifier": identifier, "birthDate": birth_date,
    });
    world.put(person).await;
}

/// A registry that says nothing.
pub fn silent() -> ConnectedRegistry {
    ConnectedRegistry::new(Arc::new(Saying::default()))
}

async fn guardians_of(world: &World, child: &str) -> Vec<String> {
    let consents = world.consents_of(child).await.into_iter();
    let living = consents.filter(|it| it["status"] == "active" && relation(it) == Some("guardian"));
    let mut all: Vec<String> = living
        .map(|it| it["provision"]["actor"][0]["reference"]["reference"].as_str().unwrap().to_owned())
        .collect();
    all.sort();
    all
}

#[test]
fn a_guardian_by_the_registry_comes_and_goes_and_one_by_a_court_stays() {
    on_each(|world| async move {
        put_person(&world, "child", TEEN, "2012-03-01").await;
        put_person(&world, "mother", LAN, "1985-01-01").await;
        put_person(&world, "uncle", MINH, "1985-01-01").await;
        guardians::add(&world.book, &id("child"), &id("uncle"), Source::Court, at(0)).await.unwrap();
        let alive = json!({"state": "alive"});
        let answer = said(&world, 1, record(Some(LAN), alive.clone())).await;
        assert_eq!((&answer["id"], &answer["name"][0]["family"]), (&json!("child"), &json!("Phạm")));
        assert_eq!(guardians_of(&world, "child").await, ["Patient/mother", "Patient/uncle"]);
        said(&world, 2, record(Some("099900000000"), alive.clone())).await;
        assert_eq!(guardians_of(&world, "child").await, ["Patient/uncle"], "nobody here has that number");
        said(&world, 3, record(Some(LAN), alive.clone())).await;
        said(&world, 2, record(None, alive.clone())).await;
        assert_eq!(guardians_of(&world, "child").await, ["Patient/mother", "Patient/uncle"], "an older word");
        said(&world, 4, record(None, alive)).await;
        assert_eq!(guardians_of(&world, "child").await, ["Patient/uncle"]);
    });
}

#[test]
fn a_death_ends_what_was_open_and_a_correction_takes_the_date_back() {
    on_each(|world| async move {
        put_person(&world, "child", TEEN, "2012-03-01").await;
        put_person(&world, "mother", LAN, "1985-01-01").await;
        said(&world, 1, record(Some(LAN), json!({"state": "alive"}))).await;
        assert_eq!(guardians_of(&world, "child").await.len(), 1);
        said(&world, 2, record(Some(LAN), json!({"state": "dead", "on": "2026-02-01"}))).await;
        assert_eq!(world.read("Patient", &id("child")).await["deceasedDateTime"], "2026-02-01");
        assert!(guardians_of(&world, "child").await.is_empty());
        said(&world, 3, record(Some(LAN), json!({"state": "alive"}))).await;
        assert_eq!(world.read("Patient", &id("child")).await.get("deceasedDateTime"), None);
    });
}
