//! How the databases carry out what the store asks: no statement may read a table from end to end.
//!
//! Every statement that [`load`](crate::sqlite::load) is given while a shape of query runs is explained afterwards, on
//! PostgreSQL twice: with its values, and as it runs when it was prepared without them.

mod granted;
mod plan_text;

use std::collections::BTreeMap;
use std::sync::Mutex;

use access::{Access, Actor, Caller, Facts, Identity, Interaction, Policy};
use diesel::sql_types::{Integer, Text};
use diesel_async::SimpleAsyncConnection;
use fhir::{Instant, LogicalId, ResourceType, VersionId};
use search::{Position, QueryContext, SearchPlan, Slot};
use test_support::TestDatabase;

use self::plan_text::{May, literal, postgres_faults, sqlite_faults};
use crate::statement::Statement;
use crate::store::Engine;
use crate::{
    Body, Content, Expectation, HistoryCursor, HistoryScope, HistoryWindow, Job, Manner, Precondition, Seen,
    Store, StoreSettings, Write,
};

/// What was loaded while somebody listened.
static SEEN: Mutex<Option<Vec<Statement>>> = Mutex::new(None);

/// Held by whoever asks the store in this process: statements of others must not be seen here.
pub(crate) static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Notes a statement.
pub(crate) fn note(statement: &Statement) {
    if let Ok(mut seen) = SEEN.lock()
        && let Some(seen) = seen.as_mut()
    {
        seen.push(statement.clone());
    }
}

/// Patients; each has [`OBSERVATIONS`].
const PATIENTS: usize = 700;
/// Together more than are sorted (`SORTED` of the routes), so that walks along an index are among the routes.
const OBSERVATIONS: usize = 8;

/// A query and what its plans may do.
const SHAPES: &[(&str, May)] = &[
    ("Patient", May::Stream),
    ("", May::All),
    ("?_type=Patient,Observation", May::All),
    ("Patient?active=true", May::Stream),
    ("Patient?gender=female", May::Stream),
    ("Patient?gender=female&active=true", May::Stream),
    ("Patient?gender=female,male", May::Sort),
    ("Patient?gender:not=male", May::Stream),
    ("Patient?identifier=urn:number|7", May::Sort),
    ("Patient?identifier=urn:number|7,urn:number|8", May::Sort),
    ("Patient?identifier=urn:number|7,urn:other|8", May::Sort),
    ("Patient?identifier=urn:number|7,8", May::Sort),
    // Twelve digits on a card are asked for as a citizen number, too.
    ("Patient?identifier=http://fhir.hl7.org.vn/core/sid/bhyt|099085123456", May::Sort),
    ("Patient?_id=p5", May::Sort),
    ("Patient?_id=p5,p6,p7", May::Sort),
    ("?_id=p5", May::All),
    ("Patient?family=ng", May::Sort),
    ("Patient?family:exact=Nguyễn14", May::Sort),
    ("Patient?family:contains=uye", May::Follow),
    ("Patient?name=ng", May::Sort),
    ("Patient?name=van ng", May::Sort),
    ("Patient?birthdate=1985-03-07", May::Sort),
    ("Patient?birthdate=ge1980&birthdate=lt1981", May::Sort),
    ("Patient?birthdate=gt1950", May::Sort),
    ("Patient?birthdate:missing=true", May::Stream),
    ("Patient?email:missing=false", May::Stream),
    ("Patient?_lastUpdated=gt2020-01-01", May::Sort),
    ("Patient?_sort=birthdate", May::Follow),
    ("Patient?_sort=-birthdate", May::Follow),
    ("Patient?_sort=family", May::Follow),
    ("Patient?_sort=-_lastUpdated", May::Follow),
    ("Patient?_sort=_id", May::Sort),
    ("Patient?_sort=gender", May::Sort),
    ("Patient?_sort=family,-birthdate", May::Sort),
    ("Patient?family=ng&_sort=-birthdate", May::Sort),
    ("Patient?active=true&_sort=birthdate&_total=accurate", May::Sort),
    ("Observation?code=http://loinc.org|8867-4", May::Stream),
    ("Observation?code=8867-4&_total=accurate", May::Stream),
    ("Observation?code=8867-4,8310-5", May::Sort),
    ("Observation?code=8867-4&date=ge2026-05-04", May::Sort),
    ("Observation?code=8867-4&_sort=-date", May::Follow),
    ("Observation?code=8867-4&_sort=value-quantity", May::Follow),
    ("Observation?code=8867-4&_sort=-_lastUpdated", May::Follow),
    ("Observation?status=final&_sort=date", May::Follow),
    ("Observation?_sort=date", May::Follow),
    ("Observation?date=2026-05-04", May::Sort),
    ("Observation?date=gt2026-05-04T10:00:00Z", May::Sort),
    ("Observation?value-quantity=gt70|http://unitsofmeasure.org|/min", May::Sort),
    ("Observation?value-quantity=72|http://unitsofmeasure.org|/min", May::Sort),
    ("Observation?value-quantity=lt72", May::Stream),
    ("Observation?code-value-quantity=8867-4$gt75|http://unitsofmeasure.org|/min", May::Sort),
    // Within one book, whose resources are few: PostgreSQL may sort them.
    ("Observation?subject=Patient/p5", May::Sort),
    ("Observation?patient=p5&code=8867-4", May::Sort),
    ("Observation?patient=p5&_sort=-date", May::Sort),
    ("Observation?patient=p5&date=ge2026&_total=accurate", May::Sort),
    ("Observation?patient=p5,p6,p7", May::Sort),
    ("Observation?performer=Practitioner/d3", May::Stream),
    ("Observation?subject:missing=false&code=8867-4", May::Stream),
    ("Observation?patient.family=nguyễn14", May::Sort),
    ("Observation?patient.gender=female", May::Sort),
    ("Observation?patient.gender=female&code=8867-4", May::Stream),
    ("Observation?performer.name=bac10", May::Follow),
    ("Observation?performer:Practitioner.gender=male", May::Sort),
    ("Patient?_has:Observation:patient:code=8867-4", May::Stream),
    ("Patient?_has:Observation:patient:code=none", May::Sort),
    ("Patient?_has:Observation:patient:date=gt2030", May::Sort),
    ("Patient?_filter=gender eq female and (family sw ng or birthdate gt 1990)", May::Sort),
    ("Patient?_filter=family eq none or birthdate gt 2030", May::Sort),
    ("Patient?_text=none", May::Stream),
    ("Patient?_content=tam", May::Stream),
    ("Patient?_summary=count", May::Sort),
    ("Patient?gender=female&_summary=count", May::Sort),
    ("Observation?date=ge2026-05-04&_summary=count", May::Sort),
    ("?_lastUpdated=gt2020-01-01&_type=Patient", May::Sort),
    ("Practitioner?name=bac", May::Sort),
];

fn patient(number: usize) -> String {
    let (gender, year) = (["female", "male"][number % 2], 1930 + number % 90);
    let family = ["Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng"][number % 7];
    let (month, day) = (1 + number % 12, 1 + number % 28);
    format!(
        r#"{{"resourceType":"Patient","id":"p{number}","active":true,"identifier":[{{"system":"urn:number","value":"{number}"}}],"name":[{{"family":"{family}{number}","given":["Văn","Tám"]}}],"gender":"{gender}","birthDate":"{year}-{month:02}-{day:02}"}}"#
    )
}

fn observation(number: usize) -> String {
    let (patient, code) = (number / OBSERVATIONS, if number % 10 == 9 { "8310-5" } else { "8867-4" });
    let (month, day, value, doctor) = (1 + number % 12, 1 + number % 28, 60 + number % 40, number % 50);
    format!(
        r#"{{"resourceType":"Observation","id":"o{number}","status":"final","code":{{"coding":[{{"system":"http://loinc.org","code":"{code}"}}]}},"subject":{{"reference":"Patient/p{patient}"}},"performer":[{{"reference":"Practitioner/d{doctor}"}}],"effectiveDateTime":"2026-{month:02}-{day:02}T08:30:00+07:00","valueQuantity":{{"value":{value},"unit":"/min","system":"http://unitsofmeasure.org","code":"/min"}}}}"#
    )
}

fn practitioner(number: usize) -> String {
    let gender = ["female", "male"][number % 2];
    let family = ["Bac", "Cao", "Dinh", "Mai", "Ngo"][number % 5];
    format!(
        r#"{{"resourceType":"Practitioner","id":"d{number}","name":[{{"family":"{family}{number}","given":["Sĩ {number}"]}}],"gender":"{gender}"}}"#
    )
}

struct World {
    store: Store,
    access: Access,
    faults: Vec<String>,
    /// Statements by their text, so that none is explained twice.
    explained: BTreeMap<String, ()>,
}

impl World {
    async fn open(database: &TestDatabase) -> Self {
        let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
        let access = Policy::built_in()
            .decide(&Caller::Unrestricted, Interaction::Update, None, fhir::Instant::now())
            .unwrap();
        let world = Self { store, access, faults: Vec::new(), explained: BTreeMap::new() };
        let doctors = (0..400).map(practitioner);
        let all: Vec<String> = doctors
            .chain((0..PATIENTS).map(patient))
            .chain((0..PATIENTS * OBSERVATIONS).map(observation))
            .collect();
        // Each part has a time of its own.
        for part in all.chunks(50) {
            world.write(part).await;
        }
        // Some have a history.
        let changed: Vec<String> = (0..200).map(patient_text).collect();
        world.write(&changed).await;
        if let Engine::Postgres(store) = &world.store.engine {
            let mut connection = store.reader().await.unwrap();
            // As autovacuum does; then the tables are told to be what they are in a nation, for a small table is soon
            // sorted.
            connection.batch_execute("VACUUM ANALYZE").await.unwrap();
            connection
                .batch_execute(
                    "UPDATE pg_class SET reltuples = reltuples * 1000 WHERE relnamespace = 'public'::regnamespace",
                )
                .await
                .unwrap();
        }
        world
    }

    async fn write(&self, resources: &[String]) {
        self.write_with(resources, &Facts::default()).await;
    }

    async fn write_with(&self, resources: &[String], facts: &Facts) {
        let writes = resources.iter().map(|text| {
            let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
            let resource_type: ResourceType = node.text("resourceType").unwrap().parse().unwrap();
            let id = LogicalId::try_from(node.text("id").unwrap()).unwrap();
            let extracted = self.store.registry().extract(resource_type, &node);
            let (rows, patient, body) = (extracted.rows, extracted.patient, Body::from_node(&node).unwrap());
            let (mark, facts) = (self.store.registry().mark(), facts.clone());
            let content =
                Some(Content { resource_type, body, rows, patient, mark, facts, manner: Manner::default() });
            Write { resource_type, id, precondition: Precondition::None, content, seen: Seen::Unchecked }
        });
        let job = Job { expectations: Vec::new(), writes: writes.collect() };
        self.store.write(&self.access, job).await.unwrap();
    }

    /// The plan of `Type?name=value&...`.
    fn plan(&self, query: &str) -> SearchPlan {
        let (kind, query) = query.split_once('?').unwrap_or((query, ""));
        let types: Vec<ResourceType> = if kind.is_empty() { Vec::new() } else { vec![kind.parse().unwrap()] };
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let now = Instant::now();
        let context = QueryContext { base: "http://own/fhir", now, default_count: 10, most_count: 1_000 };
        let parsed = self.store.registry().parse(&types, &pairs, &context);
        assert!(parsed.issues().next().is_none(), "{query}: {:?}", parsed.issues().next());
        parsed.plan
    }

    /// Explains what was loaded since somebody began to listen.
    async fn judge(&mut self, shape: &str, may: May) {
        let seen = SEEN.lock().unwrap().take().unwrap();
        for statement in seen {
            let text = statement.written(|_| "?".to_owned());
            if self.explained.insert(format!("{may:?} {text}"), ()).is_some() {
                continue;
            }
            for (how, plan) in self.explain(&statement).await {
                let faults = match self.store.engine {
                    Engine::Sqlite(_) => sqlite_faults(&plan, &text, may),
                    Engine::Postgres(_) => postgres_faults(&plan, &text, may),
                };
                let shown = format!("\n=== {shape} ({how})\n{text}\n{}\n", plan.join("\n"));
                if let Ok(path) = std::env::var("HEALTHBOOK_PLANS") {
                    use std::io::Write as _;
                    let mut file = std::fs::File::options().create(true).append(true).open(path).unwrap();
                    file.write_all(shown.as_bytes()).unwrap();
                }
                if !faults.is_empty() {
                    self.faults.push(format!("{shown}--- {}", faults.join("; ")));
                }
            }
        }
    }

    async fn explain(&self, statement: &Statement) -> Vec<(&'static str, Vec<String>)> {
        match &self.store.engine {
            Engine::Sqlite(store) => {
                let mut explain = Statement::new("EXPLAIN QUERY PLAN ");
                explain.append(statement.clone());
                let select = explain.returning::<(Integer, Integer, Integer, Text)>();
                let rows: Vec<(i32, i32, i32, String)> =
                    store.with_reader(|connection| crate::sqlite::load(connection, select)).unwrap();
                vec![("sqlite", rows.into_iter().map(|(.., detail)| detail).collect())]
            }
            Engine::Postgres(store) => {
                let mut connection = store.reader().await.unwrap();
                let mut explain = Statement::new("EXPLAIN (COSTS OFF) ");
                explain.append(statement.clone());
                let rows: Vec<(String,)> =
                    crate::postgres::load(&mut connection, explain.returning::<(Text,)>()).await.unwrap();
                let with_values = rows.into_iter().map(|(line,)| line).collect();
                let (mut number, mut types, mut values) = (0, Vec::new(), Vec::new());
                let text = statement.written(|bind| {
                    number += 1;
                    let (kind, value) = literal(bind);
                    types.push(kind);
                    values.push(value);
                    format!("${number}")
                });
                let list = |parts: &[String]| {
                    if parts.is_empty() { String::new() } else { format!("({})", parts.join(",")) }
                };
                let prepare =
                    format!("SET plan_cache_mode = force_generic_plan; PREPARE p {} AS {text}", list(&types));
                connection.batch_execute(&prepare).await.unwrap();
                let explain = Statement::new(&format!("EXPLAIN (COSTS OFF) EXECUTE p{}", list(&values)));
                let rows: Vec<(String,)> =
                    crate::postgres::load(&mut connection, explain.returning::<(Text,)>()).await.unwrap();
                connection.batch_execute("DEALLOCATE p; SET plan_cache_mode = auto").await.unwrap();
                let prepared = rows.into_iter().map(|(line,)| line).collect();
                vec![("postgres", with_values), ("postgres, prepared", prepared)]
            }
        }
    }
}

fn listen() {
    *SEEN.lock().unwrap() = Some(Vec::new());
}

/// First page, the next one, and back.
async fn search(world: &mut World, access: &Access, query: &str, may: May) {
    let mut plan = world.plan(query);
    listen();
    plan.until = Some(world.store.moment().await.unwrap());
    let mut page = world.store.search(access, &plan).await.unwrap_or_else(|error| panic!("{query}: {error}"));
    for _ in 0..2 {
        let Some(next) = page.next.take() else { break };
        plan.position = Position::After(next);
        page = world.store.search(access, &plan).await.unwrap();
    }
    if let Some(previous) = page.previous {
        plan.position = Position::Before(previous);
        world.store.search(access, &plan).await.unwrap();
    }
    world.judge(query, may).await;
}

async fn searches(world: &mut World) {
    let all = world.access.clone();
    for (query, may) in SHAPES {
        search(world, &all, query, *may).await;
    }
    // A citizen.
    let patient = LogicalId::try_from("p5").unwrap();
    let caller = Caller::Authenticated(Identity::new("099", Actor::Citizen { patient }).into());
    let citizen =
        Policy::built_in().decide(&caller, Interaction::Search, None, fhir::Instant::now()).unwrap();
    for query in [
        "Patient",
        "Observation",
        "Observation?code=8867-4",
        "Observation?code=8867-4&_sort=-date",
        "Observation?date=ge2026",
        "Observation?_sort=-_lastUpdated",
        "Observation?patient.family=ng",
        "Patient?_has:Observation:patient:code=8867-4",
        "Practitioner?name=bac",
        "",
    ] {
        search(world, &citizen, query, May::Sort).await;
    }
    granted::granted(world).await;
}

async fn others(world: &mut World) {
    let (store, access) = (world.store.clone(), world.access.clone());
    let (patient, observation) = (ResourceType::PATIENT, "Observation".parse::<ResourceType>().unwrap());
    let id = LogicalId::try_from("p5").unwrap();
    listen();
    store.read(&access, patient, &id).await.unwrap().unwrap();
    store.read_version(&access, patient, &id, VersionId::new(1).unwrap()).await.unwrap();
    world.judge("read", May::Sort).await;
    listen();
    store.book(&access, &id, &[], None, None, 10).await.unwrap();
    store.book(&access, &id, &[observation], Some(Instant::from_microseconds(1)), Some(1), 10).await.unwrap();
    world.judge("$everything", May::Stream).await;
    listen();
    let slots: Vec<Slot> = store.registry().reference_slots(observation, None);
    store.reverse_includes(&access, &slots, &[(patient, id.clone())], 100).await.unwrap();
    let one = store.registry().reference_slots(observation, Some("patient"));
    store
        .reverse_includes(&access, &one, &[(patient, id.clone()), (patient, id.clone())], 100)
        .await
        .unwrap();
    world.judge("_revinclude", May::Sort).await;
    for scope in
        [HistoryScope::Instance(patient, id.clone()), HistoryScope::Type(patient), HistoryScope::System]
    {
        let now = Instant::now();
        let window = HistoryWindow { count: 10, until: Some(now), ..HistoryWindow::default() };
        let after = HistoryCursor { updated: now.microseconds(), key: 5, version: 1 };
        let since = Some(Instant::from_microseconds(now.microseconds() - 1_000_000));
        let windows = [
            window.clone(),
            HistoryWindow { after: Some(after), ..window.clone() },
            HistoryWindow { since, ..window.clone() },
            HistoryWindow { at: Some((now.microseconds(), now.microseconds() + 1)), ..window.clone() },
        ];
        for (number, window) in windows.into_iter().enumerate() {
            listen();
            store.history(&access, &scope, &window).await.unwrap();
            let may = match scope {
                HistoryScope::Instance(..) => May::Sort,
                _ => May::Stream,
            };
            world.judge(&format!("history {scope:?} {number}"), may).await;
        }
    }
    listen();
    store.counts().await.unwrap();
    world.judge("counts", May::All).await;
    // What the writer asks.
    for query in ["Patient?identifier=urn:number|7", "Patient?family=nguyễn14&birthdate=1985-03-07"] {
        let mut plan = world.plan(query);
        plan.count = 2;
        listen();
        let found = store.search_ids(&access, &plan).await.unwrap();
        let text = patient_text(7);
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let extracted = store.registry().extract(patient, &node);
        let (rows, owner, body) = (extracted.rows, extracted.patient, Body::from_node(&node).unwrap());
        let content = Some(Content {
            resource_type: patient,
            body,
            rows,
            patient: owner,
            facts: Facts::default(),
            mark: store.registry().mark(),
            manner: Manner::default(),
        });
        let id = LogicalId::try_from("p7").unwrap();
        let expectations =
            vec![Expectation { plan, found, criteria: query.to_owned(), access: world.access.clone() }];
        let write = Write {
            resource_type: patient,
            id,
            precondition: Precondition::None,
            content,
            seen: Seen::Unchecked,
        };
        store.write(&access, Job { expectations, writes: vec![write] }).await.unwrap();
        world.judge("a conditional write", May::Sort).await;
    }
}

fn patient_text(number: usize) -> String {
    patient(number).replace("Tám", "Chín")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_reads_a_table_from_end_to_end() {
    let _alone = ALONE.lock().await;
    let mut faults = Vec::new();
    for database in TestDatabase::each() {
        let begun = std::time::Instant::now();
        let mut world = World::open(&database).await;
        let loaded = begun.elapsed();
        searches(&mut world).await;
        others(&mut world).await;
        println!(
            "{:?}: loaded in {loaded:?}, {} statements in {:?}, {} faults",
            database.backend(),
            world.explained.len(),
            begun.elapsed(),
            world.faults.len()
        );
        world.store.close().await;
        faults.append(&mut world.faults);
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}
