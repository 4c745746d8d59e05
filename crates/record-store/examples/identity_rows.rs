//! How long it takes to find a person by each form of each number, at any number of people:
//! `cargo run --release -p healthbook-record-store --example identity_rows -- URL PEOPLE`.
//!
//! Makes people of the synthetic nation until there are so many (a database is gone on with), then asks for 2,000 of them in
//! each form, in an order that has nothing to do with how they were written, and prints the medians in microseconds.
//! The growth of issue 7, row 6, is that between the output for one size and that for another.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a measurement may stop where something is missing"
)]

use std::time::{Duration, Instant};

use access::{Access, Caller, Facts, Interaction, Policy};
use fhir::{LogicalId, ResourceType};
use healthbook_record_store::{
    Body, Content, Job, Manner, Precondition, Seen, Store, StoreSettings, Write, extract,
};
use search::QueryContext;
use synthetic_nation::{Citizens, Sex};

/// People in one job, and jobs that are made beside each other.
const PART: u64 = 500;
const BESIDE: u64 = 8;
const ASKED: u64 = 2_000;
const CORE: &str = "http://fhir.hl7.org.vn/core/sid/";
const MINISTRY: &str = "http://fhir.ehealth.gov.vn/core/sid/";

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().expect("the URL of a database");
    let wanted: u64 = arguments.next().map_or(10_000, |it| it.parse().unwrap());
    let store = Store::open(&StoreSettings::new(url)).await.unwrap();
    let all = Policy::built_in()
        .decide(&Caller::Unrestricted, Interaction::Update, None, fhir::Instant::now())
        .unwrap();
    let people = store.count_people().await.unwrap();
    make(&store, &all, people / PART * PART, wanted).await;
    measure(&store, &all, wanted).await;
    store.close().await;
}

async fn make(store: &Store, all: &Access, mut next: u64, wanted: u64) {
    let (begin, first, mut said) = (Instant::now(), next, Instant::now());
    while next < wanted {
        let mut tasks = Vec::new();
        for _ in 0..BESIDE {
            let (store, all, from, to) = (store.clone(), all.clone(), next, wanted.min(next + PART));
            next = to;
            tasks.push(tokio::spawn(async move {
                let writes = (from..to).map(|index| write(&store, index)).collect();
                store.write(&all, Job { expectations: Vec::new(), writes }).await.unwrap();
            }));
        }
        for task in tasks {
            task.await.unwrap();
        }
        if said.elapsed() > Duration::from_secs(30) {
            said = Instant::now();
            println!(
                "{next} people, {:.0} in a second",
                (next - first) as f64 / begin.elapsed().as_secs_f64()
            );
        }
    }
}

/// The numbers of somebody: citizen number, old card, the number on an insurance card of either form, passport, and the
/// number in the books of a facility.
fn numbers(index: u64) -> [String; 6] {
    let citizen = Citizens::new(7, synthetic_nation::MOST_CITIZENS).citizen(index).unwrap();
    [
        citizen.number,
        format!("{:09}", 900_000_000 - index),
        format!("9{index:09}"),
        format!("GD4998{index:09}"),
        format!("C{index:08}"),
        format!("{index:07}"),
    ]
}

fn write(store: &Store, index: u64) -> Write {
    let citizen = Citizens::new(7, synthetic_nation::MOST_CITIZENS).citizen(index).unwrap();
    let [number, old, short, long, passport, own] = numbers(index);
    let card = if index.is_multiple_of(2) { short } else { long };
    let gender = if citizen.sex == Sex::Male { "male" } else { "female" };
    let name = citizen.name;
    let middle = name.middle.map(|middle| format!("{middle} ")).unwrap_or_default();
    let end = r#""use":"old","period":{"end":"2021-07-01"}"#;
    let text = format!(
        r#"{{"resourceType":"Patient","id":"i{index}","active":true,"name":[{{"use":"official","text":"{} {middle}{}"}}],
        "gender":"{gender}","birthDate":"{}","identifier":[
        {{"system":"{CORE}cccd","value":"{number}"}},{{"system":"{CORE}cmnd","value":"{old}",{end}}},
        {{"system":"{CORE}bhyt","value":"{card}"}},{{"system":"{CORE}passport","value":"{passport}"}},
        {{"system":"urn:facility:{}","value":"{own}"}}],
        "extension":[{{"url":"urn:healthbook:registry","extension":[{{"url":"verifiedAt","valueInstant":"2026-01-01T00:00:00Z"}}]}}],
        "address":[{{"extension":[{{"url":"http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-ward","valueCoding":{{"code":"{}"}}}}]}}]}}"#,
        name.family,
        name.given,
        citizen.born,
        index % 500,
        citizen.home.ward,
    );
    let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
    let registry = store.registry();
    let extracted = extract(&registry, ResourceType::PATIENT, &node);
    let content = Content {
        resource_type: ResourceType::PATIENT,
        body: Body::from_node(&node).unwrap(),
        rows: extracted.rows,
        mark: registry.mark(),
        patient: extracted.patient,
        facts: Facts::default(),
        manner: Manner::default(),
    };
    Write {
        resource_type: ResourceType::PATIENT,
        id: LogicalId::try_from(format!("i{index}").as_str()).unwrap(),
        precondition: Precondition::None,
        content: Some(content),
        seen: Seen::Unchecked,
    }
}

async fn measure(store: &Store, all: &Access, people: u64) {
    let forms = [
        ("citizen number, VN Core", format!("{CORE}cccd"), 0),
        ("citizen number, ministry", format!("{MINISTRY}national_id"), 0),
        ("citizen number as a card", format!("{CORE}bhyt"), 0),
        ("citizen number without system", String::new(), 0),
        ("old card, ended", format!("{CORE}cmnd"), 1),
        ("old card, ministry", format!("{MINISTRY}citizen_id"), 1),
        ("insurance, 10 digits", format!("{CORE}bhyt"), 2),
        ("insurance, 15 characters", format!("{MINISTRY}insurance_number"), 3),
        ("passport", format!("{CORE}passport"), 4),
        ("facility", String::from("urn:facility:"), 5),
    ];
    let mut overall = Vec::new();
    for (name, system, place) in forms {
        let (mut times, mut found) = (Vec::new(), 0);
        for asked in 0..ASKED {
            // Odd people have the long form of a card, even ones the short one.
            let index = asked * 7_919_317 % people;
            let index = if place == 3 { index | 1 } else { index & !1 };
            let index = index.min(people - 1);
            let value = &numbers(index)[place];
            let value = match system.as_str() {
                "" => value.clone(),
                "urn:facility:" => format!("{system}{}|{value}", index % 500),
                system => format!("{system}|{value}"),
            };
            let pairs = vec![("identifier".to_owned(), value)];
            let begin = Instant::now();
            let context = QueryContext {
                base: "http://own/fhir",
                now: fhir::Instant::now(),
                default_count: 10,
                most_count: 100,
            };
            let plan = store.registry().parse(&[ResourceType::PATIENT], &pairs, &context).plan;
            let page = store.search(all, &plan).await.unwrap();
            times.push(begin.elapsed());
            let wanted = format!("i{index}");
            found += u64::from(page.records.iter().any(|record| record.id.as_str() == wanted));
        }
        times.sort_unstable();
        let at = |share: usize| times[times.len() * share / 1_000].as_micros();
        println!(
            "{name:<32} p50 {:>6} us  p95 {:>6} us  p99 {:>6} us  found {found}",
            at(500),
            at(950),
            at(990)
        );
        assert_eq!(found, ASKED, "{name}: everybody is found");
        overall.extend(times);
    }
    overall.sort_unstable();
    println!("{people} people, all forms: median {} us", overall[overall.len() / 2].as_micros());
}
