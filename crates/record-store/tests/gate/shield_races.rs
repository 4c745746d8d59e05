//! The location shield while others write, and with search parameters that are new.

use access::{Access, Author, Facts};
use healthbook_record_store::{
    Begun, Expectation, Job, Phase, Precondition, Reindexer, Seen, Step, Store, StoreSettings, Write,
};
use json::Limits;
use search::{CustomParameter, Registry};
use test_support::TestDatabase;

use crate::shield::{clinician, facts, person, visit};
use crate::world::*;

const FOUND_BY: [&str; 4] = [
    "Encounter?service-provider=Organization/a&_total=accurate",
    "Encounter?location=Location/l&_total=accurate",
    "Encounter?location:missing=false&_total=accurate",
    "Patient?address=Lane&_total=accurate",
];

/// Writes and deletes visits of the person, one after the other.
async fn visits(world: &World, writer: usize) {
    for round in 0..6 {
        for number in 0..4 {
            let name = format!("w{writer}-{number}");
            let text =
                visit(&name, true).replace("finished", if round % 2 == 0 { "arrived" } else { "finished" });
            world.put(&text, in_visit(&name)).await;
            if round % 3 == 1 && number % 2 == 0 {
                world.delete("Encounter", &name).await;
            }
        }
    }
}

#[test]
fn writers_of_two_processes_leave_no_row_of_what_is_hidden() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async {
            let one = World::open(database.url()).await;
            let other = World { store: Store::open(&StoreSettings::new(database.url())).await.unwrap() };
            one.put(&person(true, "Start"), facts(false)).await;
            let toggles = async {
                for round in 0..9 {
                    one.put(&person(true, &format!("F{round}")), facts(round % 2 == 0)).await;
                }
            };
            tokio::join!(visits(&one, 1), visits(&other, 2), visits(&other, 3), toggles);
            let all = everything(Author::Server);
            let there = one.find(&all, "Encounter?_total=accurate").await.1;
            for query in FOUND_BY {
                assert_eq!(one.find(&all, query).await, (Vec::new(), Some(0)), "{query}");
            }
            assert_eq!(one.find(&all, "Encounter?location:missing=true&_total=accurate").await.1, there);
            other.put(&person(true, "End"), facts(false)).await;
            for query in FOUND_BY {
                let expected = if query.starts_with("Encounter") { there } else { Some(1) };
                assert_eq!(one.find(&all, query).await.1, expected, "{query}");
            }
        });
    }
}

/// A parameter of what the shield hides.
fn street() -> CustomParameter {
    let text = r#"{"resourceType":"SearchParameter","id":"street","url":"http://own/street","name":"street","status":"active",
        "description":"d","code":"street","base":["Patient"],"type":"string","expression":"Patient.address.line"}"#;
    let node = json::parse(text.as_bytes(), &Limits::default()).unwrap();
    CustomParameter { bit: 62, ..CustomParameter::read(&node, &Registry::of_r4()).unwrap() }
}

#[test]
fn a_new_search_parameter_finds_nobody_by_what_is_hidden() {
    run(|world| async move {
        world.put(&person(true, "Last"), facts(true)).await;
        let open = person(true, "Open").replace(r#""id":"s""#, r#""id":"open""#);
        world.put(&open, facts(false)).await;
        let all = everything(Author::Server);
        let begun = world.store.begin_reindex(&all, vec![street()], Vec::new()).await.unwrap();
        assert!(matches!(begun, Begun::Started(_)));
        let mut worker = Reindexer::new(world.store.clone());
        loop {
            match worker.step(&all).await.unwrap() {
                Step::Done(state) | Step::Elsewhere(state) if state.phase != Phase::Finished => {}
                _ => break,
            }
        }
        for access in [all, Access::from(clinician())] {
            assert_eq!(world.find(&access, "Patient?street=Lane").await.0, ["Patient/open"]);
            assert_eq!(world.find(&access, "Patient?street:missing=true").await.0, ["Patient/s"]);
        }
        world.put(&person(true, "Last"), facts(false)).await;
        let (mut names, _) = world.find(&everything(Author::Server), "Patient?street=Lane").await;
        names.sort();
        assert_eq!(names, ["Patient/open"], "the same content says nothing new");
        world.put(&person(true, "Lifted"), facts(false)).await;
        let (mut names, _) = world.find(&everything(Author::Server), "Patient?street=Lane").await;
        names.sort();
        assert_eq!(names, ["Patient/open", "Patient/s"]);
    });
}

#[test]
fn a_batch_knows_which_index_it_has_made_already() {
    run(|world| async move {
        world.put(&person(true, "Last"), facts(true)).await;
        for name in ["e1", "e2"] {
            world.put(&visit(name, true), in_visit(name)).await;
        }
        world.put(&organization("a"), Facts::default()).await;
        let all = everything(Author::Server);
        // Whatever comes while this is written is one batch: the lifting, then a job that must be asked something first.
        let writes =
            (0..600).map(|number| content_of(&world, &organization(&format!("o{number}")), Facts::default()));
        let long = Job { expectations: Vec::new(), writes: writes.collect() };
        let lifted = person(true, "Lifted");
        let plan = world.plan("Organization?name=a");
        let found = vec![id("a")];
        let expectation = Expectation { plan, found, criteria: "a".to_owned(), access: all.clone() };
        let asking = Job {
            expectations: vec![expectation],
            writes: vec![content_of(&world, &visit("e1", false), in_visit("e1"))],
        };
        let (long, _, asking) = tokio::join!(
            world.store.write(&all, long),
            world.put(&lifted, facts(false)),
            world.store.write(&all, asking)
        );
        assert!(long.is_ok() && asking.is_ok());
        assert_eq!(world.find(&all, "Encounter?service-provider=Organization/a").await.0, ["Encounter/e2"]);
        assert_eq!(world.find(&all, "Encounter?location:missing=true").await.0, ["Encounter/e1"]);
    });
}

fn content_of(world: &World, text: &str, facts: Facts) -> Write {
    let (id, content) = world.content(text, facts);
    Write {
        resource_type: content.resource_type,
        id,
        precondition: Precondition::None,
        content: Some(content),
        seen: Seen::Unchecked,
    }
}

#[test]
fn a_job_that_was_refused_changes_no_shield() {
    run(|world| async move {
        world.put(&person(true, "Last"), facts(true)).await;
        let write = content_of(&world, &person(true, "Lifted"), facts(false));
        let write = Write { precondition: Precondition::Absent, ..write };
        let all = everything(Author::Server);
        assert!(world.write(&all, write).await.is_err());
        assert_eq!(world.find(&all, "Patient?address=Lane").await.0, Vec::<String>::new());
    });
}
