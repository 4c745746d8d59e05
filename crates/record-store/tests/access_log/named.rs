//! What is named and not shown: in whose book it stands (docs/access-log.md, section 7).

use access::{Access, Authority, Facts};
use audit_log::{Action, Entry, SigningKey};
use fhir::ResourceType;
use healthbook_record_store::{Journal, Showing};
use search::Named;
use uuid::Uuid;

use crate::support::{each, entries, key};
use crate::world::{World, citizen, encounter, id, kind, line, observation, patient, physician};

const PEOPLE: usize = 40;

/// Shows some resources by a search that names some, and keeps it; what that has left.
async fn left(
    (world, key): (&World, &SigningKey),
    access: &Access,
    named: Vec<Named>,
    shown: &[(&str, &str)],
) -> Vec<Entry<'static>> {
    let begun = entries(&world.store, key).await.len();
    let journal = Journal::new(Uuid::now_v7());
    let search = async {
        let showing = Showing::begin_named(access, Action::Search, "Any?_id", named).unwrap();
        for (of_kind, name) in shown {
            let record = world.store.read(access, kind(of_kind), &id(name)).await.unwrap().unwrap();
            record.show(&showing).unwrap().unwrap();
        }
        showing
    };
    let showing = journal.scope(search).await;
    world.store.keep(&journal).await.unwrap();
    // Who shows goes on: what was named is not told again.
    let own = world.store.read(access, ResourceType::PATIENT, &id("p0")).await.unwrap().unwrap();
    own.show(&showing).unwrap().unwrap();
    world.store.keep(&journal).await.unwrap();
    let mut log = entries(&world.store, key).await.split_off(begun);
    let last = log.pop().unwrap();
    assert_eq!((&*last.patient, &*last.resource, last.shown), ("Patient/p0", "Patient/p0", 1));
    log
}

fn told(log: &[Entry<'_>]) -> Vec<(String, String, u32)> {
    let mut told: Vec<_> =
        log.iter().map(|it| (it.patient.to_string(), it.resource.to_string(), it.shown)).collect();
    told.sort();
    told
}

fn row(patient: &str, resource: &str, shown: u32) -> (String, String, u32) {
    (patient.to_owned(), resource.to_owned(), shown)
}

#[test]
fn what_is_named_stands_in_its_book_whatever_else_is_shown() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        let of_log = (&world, &key);
        world.put(r#"{"resourceType":"Organization","id":"o","name":"O"}"#, Facts::default()).await;
        for number in 0..PEOPLE {
            world.put(&patient(&format!("p{number}")), Facts::default()).await;
            let (visit, who) = (format!("e{number}"), format!("p{number}"));
            world.put(&encounter(&visit, &who), Facts::default()).await;
        }
        world.put(&observation("e1", "p2", "x"), Facts::default()).await;
        let access = citizen("p0");
        let of = |kinds: &[&str], name: &str| Named {
            types: kinds.iter().map(|it| kind(it)).collect(),
            id: id(name),
        };

        // What belongs to nobody hides nothing, and says nothing of who is not there.
        let shared = [("Organization", "o")];
        let named = vec![of(&["Patient"], "p1"), of(&["Patient"], "nobody"), of(&["Organization"], "o")];
        let found = left(of_log, &access, named, &shared).await;
        assert_eq!(told(&found), [row("", "Organization/o", 1), row("Patient/p1", "Patient/p1", 0)]);

        // Neither a second time where something of the book is shown, nor where it is shown itself.
        let named = vec![of(&["Patient"], "p0"), of(&["Encounter"], "e0"), of(&["Encounter"], "e3")];
        let found = left(of_log, &access, named, &[("Encounter", "e0")]).await;
        assert_eq!(
            told(&found),
            [row("Patient/p0", "Encounter/e0", 1), row("Patient/p3", "Encounter/e3", 0)]
        );

        // An id alone is that of each type that it can be of.
        let found = left(of_log, &access, vec![of(&["Encounter", "Observation"], "e1")], &[]).await;
        let both = [row("Patient/p1", "Encounter/e1", 0), row("Patient/p2", "Observation/e1", 0)];
        assert_eq!(told(&found), both);
        assert_eq!(told(&left(of_log, &access, vec![of(&[], "e1")], &[]).await), both);
        assert_eq!(
            told(&left(of_log, &access, vec![of(&["Encounter"], "e77")], &[]).await),
            [row("", "Encounter/e77", 0)]
        );
        assert_eq!(told(&left(of_log, &access, vec![of(&[], "e77")], &[]).await), [row("", "", 0)]);

        // Many at once: each in its book, and what is not there in none.
        let many = (0..3_000)
            .map(|number| of(if number % 2 == 0 { &[] } else { &["Encounter"] }, &format!("e{number}")));
        let found = left(of_log, &access, many.collect(), &[]).await;
        let mut wanted: Vec<_> = (0..PEOPLE)
            .map(|number| row(&format!("Patient/p{number}"), &format!("Encounter/e{number}"), 0))
            .collect();
        wanted.sort();
        assert_eq!(told(&found), wanted);
        world.store.close().await;
    });
}

#[test]
fn nobody_is_told_of_a_book_by_how_it_is_named() {
    each(async |database| {
        let world = World::open(database.url()).await;
        world.put(&patient("p0"), Facts::default()).await;
        world.put(&patient("p1"), Facts::default()).await;
        let access: Access = physician(vec![line(Authority::Encounter)]).into();
        let journal = Journal::new(Uuid::now_v7());
        for name in ["p1", "nobody"] {
            let named = vec![Named::from((ResourceType::PATIENT, id(name)))];
            journal
                .scope(async { Showing::begin_named(&access, Action::Search, "Patient?_id", named).unwrap() })
                .await;
        }
        world.store.keep(&journal).await.unwrap();
        let mut log = entries(&world.store, &key()).await;
        log.retain(|entry| entry.action == Action::Search);
        assert!(log.iter().all(|entry| entry.authority.is_empty() && entry.basis.is_empty()));
        assert_eq!(told(&log), [row("", "Patient/nobody", 0), row("Patient/p1", "Patient/p1", 0)]);
        world.store.close().await;
    });
}
