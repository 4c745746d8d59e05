//! Facts and labels of what is stored are read again when the rules change.

use std::sync::{Arc, Mutex};

use access::{Access, Author, Authority, Facts, Line, WriteContext};
use fhir::{Instant, LogicalId, ResourceType};
use healthbook_record_store::{
    Change, HistoryScope, HistoryWindow, ReadFacts, Rechecker, Walked, WriteError,
};
use json::Node;

use crate::world::*;

/// Reads a label from the code `y`, a visit from `encounter`, and a grant from an Encounter.
#[derive(Debug)]
struct Rules;

impl ReadFacts for Rules {
    fn facts(&self, kind: ResourceType, _: &LogicalId, node: &Node<'_>, _: &WriteContext) -> Option<Facts> {
        let text = node.to_json();
        let mut facts = Facts::default();
        if text.contains(r#""code":"y""#) {
            facts.labels = label(1);
        }
        if let Some(visit) = node.get("encounter").and_then(|visit| visit.text("reference")) {
            facts.visit = visit.strip_prefix("Encounter/").map(id);
        }
        if kind.as_str() == "Encounter" {
            facts.grants = vec![grant("a", Authority::Encounter)];
        }
        // What these rules cannot read.
        (!text.contains("unreadable")).then_some(facts)
    }
}

fn of_visit(name: &str, code: &str) -> String {
    observation(name, "p", code)
        .replace(r#""subject""#, r#""encounter":{"reference":"Encounter/e"},"subject""#)
}

async fn walk(world: &World, rules: &str) -> bool {
    walk_by(world, rules, Arc::new(Rules)).await
}

async fn walk_by(world: &World, rules: &str, reader: Arc<dyn ReadFacts>) -> bool {
    let access = everything(Author::Server);
    let begun = world.store.begin_recheck(&access, rules).await.unwrap();
    let mut walker = Rechecker::new(world.store.clone(), rules, reader);
    while walker.step(&access).await.unwrap() != Walked::Finished {}
    begun
}

#[test]
fn what_is_stored_is_read_again_by_new_rules() {
    run(|world| async move {
        world.put(&patient("p"), Facts::default()).await;
        world.put(&encounter("e", "p"), Facts::default()).await;
        world.put(&observation("other", "p", "x"), Facts { labels: label(7), ..Facts::default() }).await;
        // The first version alone has the code.
        world.put(&of_visit("lab", "y"), Facts::default()).await;
        world.put(&of_visit("lab", "x"), Facts::default()).await;
        world.put(&of_visit("note", "x"), Facts::default()).await;
        let odd = observation("odd", "p", "unreadable");
        world.put(&odd, Facts { labels: label(7), ..Facts::default() }).await;
        let access = Access::from(physician(vec![line(Authority::Encounter)]));
        assert!(!world.sees(access.clone(), "Patient/p").await);
        assert!(walk(&world, "one").await);
        let state = world.store.recheck().await.unwrap().unwrap();
        assert_eq!((state.finished, state.done), (true, 6));
        for (name, expected) in [
            ("Patient/p", true),
            ("Observation/other", true),
            ("Encounter/e", false),
            ("Observation/lab", false),
            ("Observation/note", false),
            ("Observation/odd", false),
        ] {
            assert_eq!(world.sees(access.clone(), name).await, expected, "{name}");
        }
        let opened = Access::from(physician(vec![Line { labels: label(1), ..line(Authority::Encounter) }]));
        assert!(world.sees(opened.clone(), "Observation/note").await);
        let window = HistoryWindow { count: 9, ..HistoryWindow::default() };
        let scope = HistoryScope::Instance(kind("Observation"), id("lab"));
        assert_eq!(world.store.history(&opened, &scope, &window).await.unwrap().total, Some(2));
        assert!(!walk(&world, "one").await, "it is not begun again");
        assert!(walk(&world, "two").await);
        assert!(!world.sees(access, "Observation/note").await);
        let reader = Access::from(access::TestAccess { writable: None, ..physician(Vec::new()) });
        assert!(world.store.begin_recheck(&reader, "three").await.is_err());
    });
}

/// Entitles by a visit, until it was finished.
#[derive(Debug)]
struct WhileItLasts;

impl ReadFacts for WhileItLasts {
    fn facts(
        &self,
        kind: ResourceType,
        _: &LogicalId,
        node: &Node<'_>,
        context: &WriteContext,
    ) -> Option<Facts> {
        let mut facts = Facts::default();
        if kind.as_str() == "Encounter" {
            facts.finished = node.text("status") == Some("finished");
            if context.finished.is_none() && !facts.finished {
                facts.grants = vec![grant("a", Authority::Encounter)];
            }
        }
        Some(facts)
    }
}

#[test]
fn what_was_finished_once_stays_finished_when_it_is_read_again() {
    run(|world| async move {
        let with_status = |name: &str, person: &str, status: &str| {
            format!(
                r#"{{"resourceType":"Encounter","id":"{name}","status":"{status}","subject":{{"reference":"Patient/{person}"}}}}"#
            )
        };
        for (person, statuses) in [
            ("goes-on", &["planned", "in-progress"][..]),
            ("over", &["in-progress", "finished"]),
            ("begun-again", &["in-progress", "finished", "in-progress", "onleave"]),
        ] {
            world.put(&patient(person), Facts::default()).await;
            for status in statuses {
                world.put(&with_status(&format!("of-{person}"), person, status), Facts::default()).await;
            }
        }
        assert!(walk_by(&world, "one", Arc::new(WhileItLasts)).await);
        let access = Access::from(physician(vec![line(Authority::Encounter)]));
        for (person, expected) in [("goes-on", true), ("over", false), ("begun-again", false)] {
            assert_eq!(world.sees(access.clone(), &format!("Patient/{person}")).await, expected, "{person}");
        }
    });
}

/// Notes of which moment each version is asked.
#[derive(Debug, Default)]
struct Moments(Mutex<Vec<Instant>>);

impl ReadFacts for Moments {
    fn facts(
        &self,
        kind: ResourceType,
        _: &LogicalId,
        _: &Node<'_>,
        context: &WriteContext,
    ) -> Option<Facts> {
        if kind.as_str() == "Encounter" {
            self.0.lock().unwrap().push(context.at);
        }
        Some(Facts::default())
    }
}

#[test]
fn what_was_moved_says_what_it_says_since_it_was_said() {
    run(|world| async move {
        for name in ["p", "q"] {
            world.put(&patient(name), Facts::default()).await;
        }
        let server = everything(Author::Server);
        let move_to = async |access: &Access, person: &str| {
            let (id, content) = world.content(&encounter("e", person), Facts::default());
            world.write(access, moved(id, content)).await
        };
        world.put(&encounter("e", "p"), Facts::default()).await;
        move_to(&server, "q").await.unwrap();
        world
            .put(&encounter("e", "q").replace("Encounter", "Encounter\",\"language\":\"vi"), Facts::default())
            .await;
        move_to(&server, "p").await.unwrap();
        move_to(&server, "q").await.unwrap();
        let (scope, window) = (
            HistoryScope::Instance(kind("Encounter"), id("e")),
            HistoryWindow { count: 9, ..HistoryWindow::default() },
        );
        let mut versions = world.store.history(&server, &scope, &window).await.unwrap().records;
        versions.reverse();
        let changes: Vec<Change> = versions.iter().map(|record| record.change).collect();
        let moved = Change::Moved;
        assert_eq!(changes, [Change::UpdateAsCreate, moved, Change::Update, moved, moved]);
        let times: Vec<Instant> = versions.iter().map(|record| record.last_updated).collect();
        let expected = [0, 0, 2, 2, 2].map(|place| times[place]);
        let mut since = Vec::new();
        for record in &versions {
            since.push(world.store.said_since(record).await.unwrap());
        }
        assert_eq!(since, expected);
        let moments = Arc::new(Moments::default());
        assert!(walk_by(&world, "one", moments.clone()).await);
        assert_eq!(*moments.0.lock().unwrap(), expected);
        let citizen = everything(Author::Citizen(id("p")));
        assert!(
            matches!(move_to(&citizen, "p").await, Err(WriteError::Forbidden)),
            "in the name of somebody else"
        );
    });
}
