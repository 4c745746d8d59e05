//! A small nation: two facilities, some people, callers of each kind.

use std::future::Future;
use std::sync::{Arc, LazyLock, Mutex};

use access::{Actor, Caller, Identity, Interaction, OfficerRole, StaffRole};
use fhir::{Instant, LogicalId};
use healthbook_health_book::{HealthBook, Notice, Notifier, SharingSettings};
use interactions::{Problem, SearchRequest, Service, ServiceSettings, follow_packages};
use record_store::{Journal, Store, StoreSettings};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use test_support::TestDatabase;

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

/// Remembers what was told.
#[derive(Default)]
pub struct Told(pub Mutex<Vec<Notice>>);

impl Notifier for Told {
    fn told(&self, notice: &Notice) {
        self.0.lock().unwrap().push(notice.clone());
    }
}

pub struct World {
    pub book: HealthBook,
    pub told: Arc<Told>,
}

/// Runs a test on each kind of store. The database is gone after the test.
pub fn on_each<F: Future<Output = ()>>(test: impl Fn(World) -> F) {
    for database in TestDatabase::each() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        // Whoever is shown anything is shown it in a request, which is logged.
        let journal = Journal::new(uuid::Uuid::new_v4());
        runtime.block_on(journal.scope(async { test(World::new(&database).await).await }));
    }
}

pub fn id(text: &str) -> LogicalId {
    LogicalId::try_from(text).unwrap()
}

/// 28 November 2026, noon in Vietnam, and so many seconds.
pub fn at(seconds: i64) -> Instant {
    let noon = Instant::try_from("2026-11-28T05:00:00Z").unwrap();
    Instant::from_microseconds(noon.microseconds() + seconds * 1_000_000)
}

/// An hour from the first question, and so many seconds: so far ahead that what is written now is in force from the very
/// moment at which it says that it begins. For what the gate is asked about, which goes by the time of the write.
pub fn soon(seconds: i64) -> Instant {
    static START: LazyLock<Instant> = LazyLock::new(|| Instant::now().truncated_to_millis());
    Instant::from_microseconds(START.microseconds() + (HOUR + seconds) * 1_000_000)
}

/// How an end is written: what is written is part of the period.
pub fn last(ends: Instant) -> String {
    Instant::from_microseconds(ends.microseconds() - 1_000).to_string()
}

pub fn citizen(patient: &str) -> Caller {
    Caller::Authenticated(Identity::new(patient, Actor::Citizen { patient: id(patient) }).into())
}

pub fn staff(organization: &str, role: StaffRole) -> Caller {
    let actor = Actor::Facility { code: organization.to_owned(), organization: id(organization), role };
    Caller::Authenticated(Identity::new(format!("{organization}-{}", role.code()), actor).into())
}

pub fn administrator(name: &str) -> Caller {
    let actor = Actor::Officer { role: OfficerRole::Administrator };
    Caller::Authenticated(Identity::new(name, actor).into())
}

/// A body as it would be sent.
pub fn body<T: DeserializeOwned>(value: Value) -> T {
    healthbook_health_book::input::read(value.to_string().as_bytes()).unwrap()
}

/// Status and rule of a refusal.
#[track_caller]
pub fn refusal<T>(result: Result<T, Problem>) -> (u16, String) {
    let Err(problem) = result else { panic!("it was not refused") };
    let english = problem.issues[0].fault.english();
    let rule = english.strip_prefix("rule ").and_then(|text| text.split_once(':'));
    let rule = rule.map_or_else(|| problem.issues[0].fault.code().to_owned(), |(rule, _)| rule.to_owned());
    (problem.status, rule)
}

fn person(name: &str, number: u64, birth: &str) -> Value {
    json!({
        "resourceType": "Patient",
        "id": name,
        "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": format!("099{number:09}")}],
        "name": [{"text": name}],
        "gender": "female",
        "birthDate": birth,
    })
}

impl World {
    async fn new(database: &TestDatabase) -> Self {
        let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
        let service = Service::new(store, ServiceSettings::default());
        follow_packages(&service).await.unwrap();
        let told = Arc::new(Told::default());
        let book = HealthBook::new(service, SharingSettings::default()).telling(told.clone());
        let world = Self { book, told };
        let mut hoa = person("hoa", 1, "1990-05-04");
        hoa["managingOrganization"] = json!({"reference": "Organization/station"});
        for resource in [
            json!({"resourceType": "Organization", "id": "clinic", "name": "Clinic", "identifier": [
                {"system": "http://fhir.hl7.org.vn/core/sid/ma-cskcb", "value": "99001"}]}),
            json!({"resourceType": "Organization", "id": "hospital", "name": "Hospital", "identifier": [
                {"system": "http://fhir.hl7.org.vn/core/sid/ma-cskcb", "value": "99002"}]}),
            json!({"resourceType": "Organization", "id": "station", "name": "Station"}),
            hoa,
            person("lan", 2, "1985-01-01"),
            person("minh", 3, "1984-01-01"),
            // 14 years old, and 17: of age in less than 60 days.
            person("teen", 4, "2012-03-01"),
            person("nearly", 5, "2008-12-24"),
        ] {
            world.put(resource).await;
        }
        world
    }

    pub fn service(&self) -> &Service {
        self.book.service()
    }

    /// Stores a resource as the operator.
    #[track_caller]
    pub fn put(&self, resource: Value) -> impl Future<Output = ()> + '_ {
        let entry = json!({"resource": resource, "request": {"method": "PUT",
            "url": format!("{}/{}", resource["resourceType"].as_str().unwrap(), resource["id"].as_str().unwrap())}});
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
        async move {
            let caller = Caller::Background { job: "test" };
            let bundle = bundle.to_string().into_bytes();
            let done =
                interactions::process_bundle(self.service(), &caller, bundle, interactions::Return::Minimal)
                    .await;
            done.unwrap_or_else(|problem| panic!("{}", problem.outcome()));
        }
    }

    pub async fn read(&self, name: &str, id: &LogicalId) -> Value {
        let access =
            self.service().decide(&Caller::Background { job: "test" }, Interaction::Read, None).unwrap();
        let record = interactions::read(self.service(), &access, name.parse().unwrap(), id).await.unwrap();
        serde_json::from_str(&record.inspect().unwrap().unwrap()).unwrap()
    }

    /// All resources that a search finds.
    pub async fn find(&self, name: &str, pairs: &[(&str, &str)]) -> Vec<Value> {
        let access =
            self.service().decide(&Caller::Background { job: "test" }, Interaction::Search, None).unwrap();
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let request = SearchRequest {
            resource_type: Some(name.parse().unwrap()),
            pairs,
            strict: true,
            ..Default::default()
        };
        let bundle = interactions::search(self.service(), &access, request).await.unwrap();
        let bundle: Value = serde_json::from_str(&bundle).unwrap();
        let entries = bundle["entry"].as_array().cloned().unwrap_or_default();
        entries.into_iter().map(|entry| entry["resource"].clone()).collect()
    }

    pub async fn consents_of(&self, patient: &str) -> Vec<Value> {
        self.find("Consent", &[("patient", patient), ("_count", "100")]).await
    }
}

/// The code of the relation of a `Consent`.
pub fn relation(consent: &Value) -> Option<&str> {
    let categories = consent["category"].as_array()?;
    let codings = categories.iter().filter_map(|category| category["coding"].as_array()).flatten();
    codings
        .filter(|coding| coding["system"] == "urn:healthbook:relation")
        .find_map(|coding| coding["code"].as_str())
}
