//! A database with hidden entries and the same one without them answer alike.

use access::{Access, Authority, DenialFact, Facts, TestAccess};
use healthbook_record_store::{HistoryScope, HistoryWindow, Made};
use test_support::TestDatabase;

use crate::world::*;

const QUERIES: &[&str] = &[
    "Patient?_total=accurate",
    "Patient?_summary=count",
    "Patient?active=true&_total=accurate",
    "Patient?_sort=family&_total=accurate",
    "Patient?_sort=-_lastUpdated",
    "Patient?_has:Observation:patient:code=x&_total=accurate",
    "Patient?_has:Observation:patient:code=y&_total=accurate",
    "Patient?_has:Encounter:patient:status=finished&_total=accurate",
    "Observation?_total=accurate",
    "Observation?code=x&_total=accurate",
    "Observation?code=y&_total=accurate",
    "Observation?code=x&_summary=count",
    "Observation?code:not=x&_total=accurate",
    "Observation?code:text=x&_total=accurate",
    "Observation?patient=hidden&_total=accurate",
    "Observation?patient=nobody&_total=accurate",
    "Observation?subject=Patient/open&_total=accurate",
    "Observation?patient.family=hidden&_total=accurate",
    "Observation?patient.active=true&_total=accurate",
    "Observation?patient:missing=false&_total=accurate",
    "Observation?_id=secret&_total=accurate",
    "Observation?_id=nothing&_total=accurate",
    "Observation?_sort=-date&_total=accurate",
    "Encounter?_total=accurate",
    "Organization?_total=accurate",
    "?_type=Patient,Observation,Encounter&_total=accurate",
    "?_lastUpdated=gt2020-01-01&_total=accurate",
    "Observation?_content=x&_total=accurate",
];

/// What everybody of the test may see, and with `hidden` more that they may not.
async fn build(world: &World, hidden: bool) {
    let by = Authority::Encounter;
    world.put(&organization("a"), Facts::default()).await;
    world.put(&patient("open"), grants(vec![grant("a", by)])).await;
    world.put(&observation("o1", "open", "x"), in_visit("v1")).await;
    if hidden {
        world.put(&patient("hidden"), Facts::default()).await;
        for number in 0..5 {
            let code = if number % 2 == 0 { "x" } else { "y" };
            world.put(&observation(&format!("h{number}"), "hidden", code), Facts::default()).await;
        }
        world.put(&encounter("hv", "hidden"), Facts::default()).await;
        let secret = Facts { labels: label(2), ..in_visit("v2") };
        world.put(&observation("secret", "open", "y"), secret).await;
        world.put(&encounter("v2", "open"), in_visit("v2")).await;
        let no_devices = DenialFact { resource_type: Some(kind("Device")), ..denial() };
        let device = r#"{"resourceType":"Device","id":"d","patient":{"reference":"Patient/open"}}"#;
        world.put(device, denials(vec![no_devices])).await;
    }
    world.put(&observation("o2", "open", "x"), Facts::default()).await;
    world.put(&encounter("v1", "open"), in_visit("v1")).await;
}

async fn answers(world: &World, access: &Access) -> Vec<String> {
    let mut answers = Vec::new();
    for query in QUERIES {
        answers.push(format!("{query}: {:?}", world.find(access, query).await));
        let ids = world.store.search_ids(access, &world.plan(query)).await;
        answers.push(format!("{query}: {:?}", ids.map_err(|error| error.to_string())));
    }
    let window = HistoryWindow { count: 50, ..HistoryWindow::default() };
    let mut scopes = vec![HistoryScope::System];
    for name in ["Patient", "Observation", "Encounter", "Device"] {
        scopes.push(HistoryScope::Type(kind(name)));
    }
    for (name, own) in
        [("Patient", "hidden"), ("Observation", "secret"), ("Observation", "nothing"), ("Patient", "open")]
    {
        scopes.push(HistoryScope::Instance(kind(name), id(own)));
        answers.push(format!("{name}/{own}: {}", world.sees(access.clone(), &format!("{name}/{own}")).await));
        let found = world.store.read_to_change(access, kind(name), &id(own)).await.unwrap();
        answers.push(format!("{name}/{own}: {:?}", found.map(|found| found.allowed)));
    }
    for scope in scopes {
        let page = world.store.history(access, &scope, &window).await.unwrap();
        let names: Vec<String> = page.records.iter().map(|record| record.id.to_string()).collect();
        answers.push(format!("{scope:?}: {names:?} {:?}", page.total));
    }
    for name in ["open", "hidden", "nobody"] {
        let page = world.store.book(access, &id(name), &[], None, None, 20).await.unwrap();
        let names: Vec<String> = page.records.iter().map(|record| record.id.to_string()).collect();
        answers.push(format!("book of {name}: {names:?}"));
        answers.push(format!("{:?}", world.store.book_counts(access, &id(name)).await.unwrap()));
        let (own, content) = world.content(&observation("new", name, "x"), Facts::default());
        let may = world.store.may_put(access, &own, &content, Made::default()).await.unwrap();
        answers.push(format!("may put for {name}: {may}"));
        for visit in ["v1", "v2", "hv", "nothing"] {
            let (own, content) = world.content(&observation("new", name, "x"), in_visit(visit));
            let may = world.store.may_put(access, &own, &content, Made::default()).await.unwrap();
            answers.push(format!("may put for {name} in {visit}: {may}"));
        }
    }
    let slots = match &world.plan("Observation?subject=Patient/open").clauses[0] {
        search::Clause::Reference { slots, .. } => slots.clone(),
        other => panic!("{other:?}"),
    };
    for name in ["open", "hidden"] {
        let targets = [(kind("Patient"), id(name))];
        let found = world.store.reverse_includes(access, &slots, &targets, 50).await.unwrap();
        let names: Vec<String> = found.iter().map(|record| record.id.to_string()).collect();
        answers.push(format!("refers to {name}: {names:?}"));
    }
    answers
}

#[test]
fn what_is_hidden_leaves_no_trace() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for (full, bare) in TestDatabase::each().into_iter().zip(TestDatabase::each()) {
        runtime.block_on(async {
            let (full, bare) = (World::open(full.url()).await, World::open(bare.url()).await);
            build(&full, true).await;
            build(&bare, false).await;
            let lines = [line(Authority::Encounter), line(Authority::Shared)];
            let typed = lines
                .iter()
                .map(|line| access::Line {
                    types: types(&["Patient", "Observation", "Encounter", "Organization"]),
                    ..line.clone()
                })
                .collect();
            let physician = physician(typed);
            let within = TestAccess { within: Some(id("open")), ..physician.clone() };
            let nobody =
                TestAccess { grantee: Some(clinic("z")), author: facility("z"), ..physician.clone() };
            for access in [physician, within] {
                let access = Access::from(access);
                let (one, other) = (answers(&full, &access).await, answers(&bare, &access).await);
                assert_eq!(one, other);
                assert!(one.iter().any(|answer| answer.contains("Observation/o2")), "something is seen");
            }
            let nobody = Access::from(nobody);
            let one = answers(&full, &nobody).await;
            assert!(!one.iter().any(|answer| answer.contains("o2")), "{one:?}");
        });
    }
}
