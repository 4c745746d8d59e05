//! The location shield: `docs/access.md`, section 6. A book under it answers as one that never told a place, whatever came
//! first, and answers again as before when the shield is lifted.

use std::sync::Arc;

use access::{Access, Author, Authority, Facts, Reach, ScopeFilter, Shield, TestAccess, WriteContext};
use fhir::{LogicalId, ResourceType, VersionId};
use healthbook_record_store::{
    HistoryScope, HistoryWindow, Job, Made, Precondition, ReadFacts, Rechecker, Record, Seen, Walked, Write,
};
use json::{Limits, Node};

use crate::world::*;

/// Bit of the label.
const SHIELD: u8 = 60;

/// Whoever of the clinic `a` is shown less than everything.
pub fn clinician() -> TestAccess {
    let lines = vec![line(Authority::Encounter), line(Authority::Shared)];
    let lines = lines.into_iter().map(|line| access::Line { labels: label(SHIELD), ..line }).collect();
    TestAccess { sees_shielded: false, ..physician(lines) }
}

pub fn person(places: bool, family: &str) -> String {
    let of_places = r#","text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">Lane</div>"},
        "address":[{"text":"Lane","line":["Lane"],"city":"Town","postalCode":"70000"}],"telecom":[{"system":"phone","value":"0990"}],
        "contact":[{"name":{"text":"Aunt"},"address":{"text":"Lane"}}],
        "managingOrganization":{"reference":"Organization/a"},"generalPractitioner":[{"reference":"Organization/a"}]"#;
    let places = if places { of_places } else { "" };
    format!(
        r#"{{"resourceType":"Patient","id":"s","active":true,"name":[{{"family":"{family}"}}],"birthDate":"1990-02-03"{places}}}"#
    )
}

pub fn visit(name: &str, places: bool) -> String {
    let of_places = r#","location":[{"location":{"reference":"Location/l"}}],"serviceProvider":{"reference":"Organization/a"},
        "hospitalization":{"origin":{"reference":"Location/l"},"dischargeDisposition":{"coding":[{"system":"urn:d","code":"lane"}]}}"#;
    let places = if places { of_places } else { "" };
    format!(
        r#"{{"resourceType":"Encounter","id":"{name}","status":"finished","class":{{"code":"AMB"}},"subject":{{"reference":"Patient/s"}}{places}}}"#
    )
}

const RELATIVE: &str = r#"{"resourceType":"RelatedPerson","id":"r","patient":{"reference":"Patient/s"},"address":[{"text":"Lane"}]}"#;

pub fn facts(shielded: bool) -> Facts {
    let labels = if shielded { label(SHIELD) } else { access::Labels::NONE };
    Facts { shielded, labels, ..grants(vec![grant("a", Authority::Encounter)]) }
}

async fn shared(world: &World) {
    world.put(&organization("a"), Facts::default()).await;
    world.put(r#"{"resourceType":"Location","id":"l","name":"Ward"}"#, Facts::default()).await;
}

/// Everything in one job, the patient last.
async fn at_once(world: &World, places: bool) {
    let mut writes = Vec::new();
    for (text, facts) in [
        (visit("e1", places), in_visit("e1")),
        (visit("e2", places), in_visit("e2")),
        (person(places, "Last"), facts(true)),
    ] {
        let (id, content) = world.content(&text, facts);
        writes.push(Write {
            resource_type: content.resource_type,
            id,
            precondition: Precondition::None,
            content: Some(content),
            seen: Seen::Unchecked,
        });
    }
    let job = Job { expectations: Vec::new(), writes };
    world.store.write(&everything(Author::Server), job).await.unwrap();
}

/// The ways to the same state, the same number of versions in each.
const WAYS: [&str; 4] = ["shield first", "shield last", "in one job", "set, lifted and set"];

async fn build(world: &World, way: &str, places: bool) {
    shared(world).await;
    let person = |family: &str| person(places, family);
    let visits = async || {
        world.put(&visit("e1", places), in_visit("e1")).await;
        world.put(&visit("e2", places), in_visit("e2")).await;
    };
    match way {
        "shield first" => {
            world.put(&person("Last"), facts(true)).await;
            visits().await;
        }
        "shield last" => {
            world.put(&person("First"), facts(false)).await;
            visits().await;
            world.put(&person("Last"), facts(true)).await;
        }
        "in one job" => at_once(world, places).await,
        _ => {
            world.put(&person("First"), facts(true)).await;
            visits().await;
            world.put(&person("Second"), facts(false)).await;
            // Jobs that wait for each other are written in one batch.
            let (shielding, last) = (person("Last"), visit("e1", places).replace("finished", "planned"));
            tokio::join!(world.put(&shielding, facts(true)), world.put(&last, in_visit("e1")));
        }
    }
    world.put(&observation("o", "s", "x"), Facts::default()).await;
    world.put(RELATIVE, Facts::default()).await;
}

const QUERIES: &[&str] = &[
    "Patient?address=Lane",
    "Patient?address:contains=an",
    "Patient?address:exact=Lane",
    "Patient?address-city=Town",
    "Patient?address-postalcode=70000",
    "Patient?address:missing=true",
    "Patient?address-city:missing=false",
    "Patient?phone=0990",
    "Patient?telecom=0990",
    "Patient?telecom:missing=true",
    "Patient?organization=Organization/a",
    "Patient?organization.name=a",
    "Patient?general-practitioner=Organization/a",
    "Patient?general-practitioner:missing=true",
    "Patient?_content=Lane",
    "Patient?_text=Lane",
    "Patient?_security=REDACTED",
    "Patient?_has:Encounter:patient:service-provider=Organization/a",
    "Patient?_has:Encounter:patient:location=Location/l",
    "Patient?_has:Encounter:patient:status=finished,planned",
    "Patient?family=Last&_total=accurate",
    "Patient?_sort=address",
    "Patient?_sort=family&_total=accurate",
    "Encounter?location=Location/l",
    "Encounter?location.name=Ward",
    "Encounter?location:missing=true",
    "Encounter?service-provider=Organization/a",
    "Encounter?service-provider.name=a",
    "Encounter?service-provider:missing=false",
    "Encounter?special-arrangement:missing=true",
    "Encounter?patient=s&_total=accurate",
    "Encounter?_content=lane",
    "Observation?patient.address=Lane",
    "Observation?patient.organization=Organization/a",
    "Observation?patient.family=Last",
    "Organization?_has:Encounter:service-provider:status=finished",
    "Organization?_has:Patient:organization:active=true",
    "Location?_has:Encounter:location:status=finished",
    "?_type=Patient,Encounter,Organization&_content=Lane",
];

/// A record without its times.
fn shown(record: &Record) -> String {
    let Some(text) = record.inspect().unwrap() else { return format!("{} deleted", record.id) };
    let mut node = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    node.get_mut("meta").unwrap().take("lastUpdated");
    node.to_json()
}

async fn found(world: &World, access: &Access) -> Vec<String> {
    let mut found = Vec::new();
    for query in QUERIES {
        let (mut names, total) = world.find(access, query).await;
        names.sort();
        found.push(format!("{query}: {names:?} {total:?}"));
    }
    found
}

async fn answers(world: &World, access: &Access) -> Vec<String> {
    let mut answers = found(world, access).await;
    for query in
        ["Patient?active=true", "Encounter?patient=s", "?_type=Patient,Encounter", "RelatedPerson?patient=s"]
    {
        let page = world.store.search(access, &world.plan(query)).await.unwrap();
        let mut all: Vec<String> = page.records.iter().map(shown).collect();
        all.sort();
        answers.push(format!("{query}: {all:?}"));
    }
    let window = HistoryWindow { count: 50, ..HistoryWindow::default() };
    for name in ["Patient/s", "Encounter/e1", "Encounter/e2", "RelatedPerson/r"] {
        let (kind_name, own) = name.split_once('/').unwrap();
        let (resource_type, own) = (kind(kind_name), id(own));
        answers.push(format!("{name}: {:?}", world.read(access.clone(), name).await.as_ref().map(shown)));
        let all = world.store.read_many(access, &[(resource_type, own.clone())]).await.unwrap();
        answers.push(format!("{name}: {:?}", all.iter().map(shown).collect::<Vec<_>>()));
        for version in 1..4 {
            let version = VersionId::new(version).unwrap();
            let read = world.store.read_version(access, resource_type, &own, version).await.unwrap();
            answers.push(format!("{name}: {:?}", read.as_ref().map(shown)));
        }
        for scope in [HistoryScope::Instance(resource_type, own.clone()), HistoryScope::Type(resource_type)] {
            let page = world.store.history(access, &scope, &window).await.unwrap();
            let mut all: Vec<String> = page.records.iter().map(shown).collect();
            all.sort();
            answers.push(format!("{scope:?}: {all:?} {:?}", page.total));
        }
        let change = world.store.read_to_change(access, resource_type, &own).await.unwrap();
        answers.push(format!("{name}: {:?}", change.map(|found| (shown(&found.record), found.allowed))));
    }
    let page = world.store.history(access, &HistoryScope::System, &window).await.unwrap();
    let mut all: Vec<String> = page.records.iter().map(shown).collect();
    all.sort();
    answers.push(format!("history: {all:?} {:?}", page.total));
    let page = world.store.book(access, &id("s"), &[], None, None, 50).await.unwrap();
    let mut all: Vec<String> = page.records.iter().map(shown).collect();
    all.sort();
    answers.push(format!("book: {all:?}"));
    answers.push(format!("{:?}", world.store.book_counts(access, &id("s")).await.unwrap()));
    let slots = match &world.plan("Encounter?service-provider=Organization/a").clauses[0] {
        search::Clause::Reference { slots, .. } => slots.clone(),
        other => panic!("{other:?}"),
    };
    let targets = [(kind("Organization"), id("a"))];
    let reverse = world.store.reverse_includes(access, &slots, &targets, 50).await.unwrap();
    answers.push(format!("reverse: {:?}", reverse.iter().map(shown).collect::<Vec<_>>()));
    answers
}

#[test]
fn a_book_under_the_shield_answers_as_if_it_had_never_told_a_place() {
    for way in WAYS {
        run_two(async |full, bare| {
            build(&full, way, true).await;
            build(&bare, way, false).await;
            let access = Access::from(clinician());
            let (one, other) = (answers(&full, &access).await, answers(&bare, &access).await);
            for (one, other) in one.iter().zip(&other) {
                assert_eq!(one, other, "{way}");
                for secret in ["Lane", "Town", "0990", "Aunt", "Location/l", "Organization/a"] {
                    let answer = one.split_once(": ").map_or(one.as_str(), |(_, answer)| answer);
                    let told = answer.contains(secret) && !answer.contains("[\"Organization/a\"]");
                    assert!(!told, "{way}: {secret} in {one}");
                }
            }
            assert!(one.iter().any(|answer| answer.contains("REDACTED") && answer.contains("Last")), "{way}");
            assert!(!one.iter().any(|answer| answer.contains(r#""resourceType":"RelatedPerson""#)), "{way}");
            // Nor does who is shown everything find anything by what is hidden.
            let all = everything(Author::Server);
            assert_eq!(found(&full, &all).await, found(&bare, &all).await, "{way}");
            let whole = full.read(all, "Patient/s").await.unwrap();
            assert!(shown(&whole).contains("Lane"), "nothing is lost");
        });
    }
}

#[test]
fn a_shield_that_is_lifted_leaves_nothing_behind() {
    for way in WAYS {
        run_two(async |lifted, never| {
            build(&lifted, way, true).await;
            lifted.put(&person(true, "Open"), facts(false)).await;
            shared(&never).await;
            never.put(&person(true, "Open"), facts(false)).await;
            let e1 = visit("e1", true);
            let e1 = if way == WAYS[3] { e1.replace("finished", "planned") } else { e1 };
            never.put(&e1, in_visit("e1")).await;
            never.put(&visit("e2", true), in_visit("e2")).await;
            never.put(&observation("o", "s", "x"), Facts::default()).await;
            never.put(RELATIVE, Facts::default()).await;
            let access = Access::from(clinician());
            for access in [access.clone(), everything(Author::Server)] {
                assert_eq!(found(&lifted, &access).await, found(&never, &access).await, "{way}");
            }
            let now = lifted.read(access.clone(), "Patient/s").await.unwrap();
            assert!(shown(&now).contains("Lane") && !shown(&now).contains("REDACTED"), "{way}");
            assert!(lifted.sees(access, "RelatedPerson/r").await);
        });
    }
}

#[test]
fn whoever_is_shown_a_part_changes_little() {
    run(|world| async move {
        build(&world, WAYS[0], true).await;
        world.put_as(facility("a"), &visit("own", true), in_visit("own")).await;
        let access = Access::from(clinician());
        let change = async |name: &str| {
            let (kind_name, own) = name.split_once('/').unwrap();
            world.store.read_to_change(&access, kind(kind_name), &id(own)).await.unwrap()
        };
        assert!(!change("Patient/s").await.unwrap().allowed);
        assert!(!change("Encounter/e1").await.unwrap().allowed, "another wrote it");
        let own = change("Encounter/own").await.unwrap();
        assert!(own.allowed && own.hidden.is_some() && own.hidden != own.record.body);
        assert!(change("RelatedPerson/r").await.is_none());
        let may = async |access: &Access, text: &str| {
            let (id, content) = world.content(text, Facts::default());
            world.store.may_put(access, &id, &content, Made::default()).await.unwrap()
        };
        let new = RELATIVE.replace(r#""r""#, r#""new""#);
        assert!(!may(&access, &new).await, "nobody says with whom the person lives");
        assert!(may(&access, &visit("new", true)).await, "whoever treats somebody begins a visit");
        let all = Access::from(TestAccess { sees_shielded: true, ..clinician() });
        assert!(may(&all, &new).await);
        // A limit of a scope is held against what is indexed.
        let types = types(&["Encounter"]);
        let limit = |text: &str| vec![ScopeFilter { types, any_of: vec![text.to_owned()] }];
        let limited = |text: &str| Access::from(TestAccess { filters: limit(text), ..clinician() });
        assert!(!may(&limited("service-provider=Organization/a"), &visit("new", true)).await);
        assert!(may(&limited("status=finished"), &visit("new", true)).await);
        assert!(!world.sees(limited("service-provider=Organization/a"), "Encounter/own").await);
    });
}

#[test]
fn what_is_written_is_answered_as_it_is_shown() {
    run(|world| async move {
        build(&world, WAYS[0], true).await;
        let writer = TestAccess { writable: clinician().writable, ..clinician() };
        for (access, told) in [(writer.clone(), false), (TestAccess { sees_shielded: true, ..writer }, true)]
        {
            let (own, content) = world.content(&visit("mine", true), in_visit("mine"));
            let write = Write {
                resource_type: content.resource_type,
                id: own,
                precondition: Precondition::None,
                content: Some(content),
                seen: if told { Seen::Version(VersionId::FIRST) } else { Seen::Absent },
            };
            let written = world.write(&access.into(), write).await.unwrap();
            let text =
                written.body.unwrap().render(&id("mine"), written.version, written.last_updated).unwrap();
            assert_eq!(text.contains("Organization/a"), told, "{text}");
            assert_eq!(text.contains("REDACTED"), !told, "{text}");
        }
        let stored = world.read(everything(Author::Server), "Encounter/mine").await.unwrap();
        assert!(shown(&stored).contains("Organization/a"), "it is stored whole");
    });
}

#[test]
fn what_stood_in_a_book_under_the_shield_stays_hidden() {
    run(|world| async move {
        build(&world, WAYS[0], true).await;
        world.put(&patient("open"), grants(vec![grant("a", Authority::Encounter)])).await;
        let moved = visit("e1", true).replace("Patient/s", "Patient/open");
        world.put(&moved, in_visit("e1")).await;
        let access = Access::from(clinician());
        let now = world.read(access.clone(), "Encounter/e1").await.unwrap();
        assert!(shown(&now).contains("Organization/a"), "it is another's now");
        let (names, _) = world.find(&access, "Encounter?service-provider=Organization/a").await;
        assert_eq!(names, ["Encounter/e1"]);
        let before = world.store.read_version(&access, kind("Encounter"), &id("e1"), VersionId::FIRST).await;
        assert!(!shown(&before.unwrap().unwrap()).contains("Organization/a"));
        let window = HistoryWindow { count: 9, ..HistoryWindow::default() };
        for scope in [
            HistoryScope::Instance(kind("Encounter"), id("e1")),
            HistoryScope::Type(kind("Encounter")),
            HistoryScope::System,
        ] {
            let page = world.store.history(&access, &scope, &window).await.unwrap();
            let of_visit = page.records.iter().filter(|record| record.id.as_str() == "e1");
            let told: Vec<bool> = of_visit.map(|record| shown(record).contains("Organization/a")).collect();
            assert_eq!(told, [true, false], "{scope:?}");
        }
        world.put(&visit("e1", true), in_visit("e1")).await;
        let (names, _) = world.find(&access, "Encounter?service-provider=Organization/a").await;
        assert!(names.is_empty(), "it came back");
        // A person who is deleted is protected still.
        world.delete("Patient", "s").await;
        let visit = world.read(everything(Author::Server), "Encounter/e1").await.unwrap();
        assert!(shown(&visit).contains("Organization/a"));
        let (names, _) =
            world.find(&everything(Author::Server), "Encounter?service-provider=Organization/a").await;
        assert!(names.is_empty());
        // A reader without relations: those of the person have ended with it.
        let access = Access::from(TestAccess {
            visible: Reach::Everything,
            writable: Some(Reach::Everything),
            ..clinician()
        });
        let change = world.store.read_to_change(&access, kind("Patient"), &id("s")).await.unwrap().unwrap();
        assert!(change.record.is_deleted() && !change.allowed, "nobody lifts it by writing the person anew");
    });
}

/// Reads the shield from the family name.
#[derive(Debug)]
struct ByName(&'static str);

impl ReadFacts for ByName {
    fn facts(&self, kind: ResourceType, own: &LogicalId, node: &Node<'_>, _: &WriteContext) -> Option<Facts> {
        let is_patient = kind == ResourceType::PATIENT;
        let shielded = is_patient && node.to_json().contains(self.0);
        let labels = if shielded { label(SHIELD) } else { access::Labels::NONE };
        let of_patient = if is_patient { vec![grant("a", Authority::Encounter)] } else { Vec::new() };
        let visit = (kind == ResourceType::ENCOUNTER).then(|| own.clone());
        Some(Facts { shielded, labels, visit, ..grants(of_patient) })
    }
}

#[test]
fn a_walk_puts_books_under_the_shield_that_carried_the_label_before_there_was_one() {
    run_two(async |full, bare| {
        let all = everything(Author::Server);
        for (world, places) in [(&full, true), (&bare, false)] {
            shared(world).await;
            world.put(&person(places, "Last"), facts(false)).await;
            world.put(&visit("e1", places), in_visit("e1")).await;
            world.put(&visit("e2", places), in_visit("e2")).await;
            world.put(&observation("o", "s", "x"), Facts::default()).await;
            world.put(RELATIVE, Facts::default()).await;
            world.store.begin_recheck(&all, "last").await.unwrap();
            let mut walker = Rechecker::new(world.store.clone(), "last", Arc::new(ByName("Last")));
            while walker.step(&all).await.unwrap() != Walked::Finished {}
        }
        let access = Access::from(clinician());
        assert_eq!(answers(&full, &access).await, answers(&bare, &access).await);
        let person = full.read(access.clone(), "Patient/s").await.unwrap();
        assert!(shown(&person).contains("REDACTED") && !shown(&person).contains("Lane"));
        // And takes them out when the rules say so.
        full.store.begin_recheck(&all, "nobody").await.unwrap();
        let mut walker = Rechecker::new(full.store.clone(), "nobody", Arc::new(ByName("Nobody")));
        while walker.step(&all).await.unwrap() != Walked::Finished {}
        let (names, _) = full.find(&access, "Encounter?service-provider=Organization/a").await;
        assert_eq!(names.len(), 2);
    });
}

#[test]
fn the_shield_knows_what_it_is_about() {
    for name in ["Patient", "Encounter"] {
        assert!(Shield::is_about(kind(name)));
    }
    assert!(!Shield::is_about(kind("Observation")) && Shield::WHOLLY == kind("RelatedPerson"));
}
