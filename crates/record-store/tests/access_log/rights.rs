//! By what right something was shown: the grant that an entry names, also where many ask at once.

use std::sync::Arc;

use access::{Access, Author, Authority, Facts, GrantFact, Purpose, TestAccess, WriteContext};
use audit_log::Action;
use fhir::{Instant, LogicalId, ResourceType};
use healthbook_record_store::{Journal, ReadFacts, Rechecker, Showing, Walked};
use json::Node;
use uuid::Uuid;

use crate::support::{each, entries, key};
use crate::world::{
    NOW, World, citizen, clinic, encounter, everything, grant, grants, id, kind, line, observation, patient,
    physician,
};

const PEOPLE: usize = 24;

/// Shows a resource to an access, as a request does.
async fn show_in(world: &World, journal: &Journal, access: &Access, (of_kind, name): (&str, &str)) {
    let read = async {
        let record = world.store.read(access, kind(of_kind), &id(name)).await.unwrap().unwrap();
        let showing = Showing::begin(access, Action::Read, "").unwrap();
        record.show(&showing).unwrap().unwrap();
    };
    journal.scope(read).await;
}

/// Shows somebody's `Patient`, and keeps it.
async fn show(world: &World, access: &Access, who: &str) {
    let journal = Journal::new(Uuid::now_v7());
    show_in(world, &journal, access, ("Patient", who)).await;
    world.store.keep(&journal).await.unwrap();
}

fn hour(number: i64) -> Instant {
    Instant::from_microseconds(NOW + number * 3_600_000_000)
}

/// Who treats, in some hour.
fn treating_at(number: i64) -> Access {
    TestAccess { at: hour(number), ..physician(vec![line(Authority::Encounter)]) }.into()
}

/// A person, and two visits, of which the one opens the book until now and the other one from now on.
async fn put_two_in_turn(world: &World) {
    world.put(&patient("p"), Facts::default()).await;
    for (visit, begins, ends) in [("first", -2, 0), ("second", 0, 2)] {
        let of_time =
            GrantFact { begins: hour(begins), ends: hour(ends), ..grant("a", Authority::Encounter) };
        world.put(&encounter(visit, "p"), grants(vec![of_time])).await;
    }
}

#[test]
fn each_of_many_at_once_names_its_own_grant() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        for number in 0..PEOPLE {
            let (who, visit) = (format!("p{number}"), format!("e{number}"));
            world.put(&patient(&who), Facts::default()).await;
            // Of the clinic a there is a visit, and a referral in a resource of its own; of b a referral alone.
            world.put(&encounter(&visit, &who), grants(vec![grant("a", Authority::Encounter)])).await;
            let referrals = vec![grant("a", Authority::Referral), grant("b", Authority::Referral)];
            world.put(&encounter(&format!("r{number}"), &who), grants(referrals)).await;
        }
        let begun = entries(&world.store, &key).await.len();
        let lines = vec![line(Authority::Encounter), line(Authority::Referral)];
        let of_a: Access = physician(lines.clone()).into();
        let of_b: Access = TestAccess { grantee: Some(clinic("b")), ..physician(lines.clone()) }.into();
        let referred: Access = physician(lines[1..].to_vec()).into();
        let reads = (0..PEOPLE).flat_map(|number| [(number, 0), (number, 1), (number, 2), (number, 3)]);
        let reads = reads.map(|(number, who)| {
            let (world, of_a, of_b, referred) = (&world, &of_a, &of_b, &referred);
            async move {
                let name = format!("p{number}");
                match who {
                    0 => show(world, of_a, &name).await,
                    1 => show(world, of_b, &name).await,
                    2 => show(world, referred, &name).await,
                    _ => show(world, &citizen(&name), &name).await,
                }
            }
        });
        futures_util::future::join_all(reads).await;
        let mut found: Vec<(String, String, String)> = entries(&world.store, &key).await[begun..]
            .iter()
            .map(|it| (it.patient.to_string(), it.authority.to_string(), it.basis.to_string()))
            .collect();
        let mut wanted: Vec<(String, String, String)> = (0..PEOPLE)
            .flat_map(|number| {
                let referral = ("test/referral".to_owned(), format!("Encounter/r{number}"));
                [
                    ("test/encounter".to_owned(), format!("Encounter/e{number}")),
                    referral.clone(),
                    referral,
                    ("test/own".to_owned(), String::new()),
                ]
                .map(|(authority, basis)| (format!("Patient/p{number}"), authority, basis))
            })
            .collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted);
        world.store.close().await;
    });
}

#[test]
fn a_grant_is_that_of_the_moment_when_it_was_shown() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        put_two_in_turn(&world).await;
        let begun = entries(&world.store, &key).await.len();
        let (before, after) = (treating_at(-1), treating_at(1));
        let reads = [&before, &after, &before].map(|access| show(&world, access, "p"));
        futures_util::future::join_all(reads).await;
        let found = entries(&world.store, &key).await;
        let mut named: Vec<&str> = found[begun..].iter().map(|it| &*it.basis).collect();
        named.sort_unstable();
        assert_eq!(named, ["Encounter/first", "Encounter/first", "Encounter/second"]);
        world.store.close().await;
    });
}

/// What the writer knows from one commit to the next, it must not know longer than it is true: not when this server writes,
/// nor when another one on the same database does.
#[test]
fn what_is_named_is_what_is_granted_now_whoever_has_written_it() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        let other = World::open(database.url()).await;
        world.put(&patient("p"), Facts::default()).await;
        world.put(&encounter("e0", "p"), grants(vec![grant("a", Authority::Encounter)])).await;
        let access: Access = physician(vec![line(Authority::Encounter)]).into();
        let begun = entries(&world.store, &key).await.len();
        let mut wanted = Vec::new();
        let rounds = [(&world, &other), (&other, &world), (&world, &other)];
        for (number, (writing, waiting)) in rounds.into_iter().enumerate() {
            let (old, new) = (format!("e{number}"), format!("e{}", number + 1));
            // Whoever writes next was the last to read: nothing but its own writing tells it.
            show(waiting, &access, "p").await;
            show(writing, &access, "p").await;
            writing.put(&encounter(&new, "p"), grants(vec![grant("a", Authority::Encounter)])).await;
            writing.delete("Encounter", &old).await;
            show(writing, &access, "p").await;
            show(waiting, &access, "p").await;
            wanted.extend([&old, &old, &new, &new].map(|visit| format!("Encounter/{visit}")));
        }
        let found = entries(&world.store, &key).await;
        let reads = found[begun..].iter().filter(|it| it.action == Action::Read);
        let named: Vec<&str> = reads.map(|it| &*it.basis).collect();
        assert_eq!(named, wanted);
        other.store.close().await;
        world.store.close().await;
    });
}

/// Every visit is a referral, too, as new rules may say.
#[derive(Debug)]
struct Referrals;

impl ReadFacts for Referrals {
    fn facts(&self, kind: ResourceType, _: &LogicalId, _: &Node<'_>, _: &WriteContext) -> Option<Facts> {
        let referral = grants(vec![grant("a", Authority::Referral)]);
        Some(if kind.as_str() == "Encounter" { referral } else { Facts::default() })
    }
}

#[test]
fn what_is_named_is_what_new_rules_have_read_again() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        world.put(&encounter("e", "p"), grants(vec![grant("a", Authority::Encounter)])).await;
        let begun = entries(&world.store, &key).await.len();
        let access: Access = physician(vec![line(Authority::Encounter), line(Authority::Referral)]).into();
        show(&world, &access, "p").await;
        let server = everything(Author::Server);
        world.store.begin_recheck(&server, "new").await.unwrap();
        let mut walker = Rechecker::new(world.store.clone(), "new", Arc::new(Referrals));
        while walker.step(&server).await.unwrap() != Walked::Finished {}
        show(&world, &access, "p").await;
        let found = entries(&world.store, &key).await;
        let reads = found[begun..].iter().filter(|it| it.action == Action::Read);
        let named: Vec<&str> = reads.map(|it| &*it.authority).collect();
        assert_eq!(named, ["test/encounter", "test/referral"]);
        world.store.close().await;
    });
}

#[test]
fn a_grant_that_had_ended_when_others_were_read_is_named_of_what_was_shown_before() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        put_two_in_turn(&world).await;
        let begun = entries(&world.store, &key).await.len();
        for moment in [1, -1, 1] {
            show(&world, &treating_at(moment), "p").await;
        }
        let found = entries(&world.store, &key).await;
        let named: Vec<&str> = found[begun..].iter().map(|it| &*it.basis).collect();
        assert_eq!(named, ["Encounter/second", "Encounter/first", "Encounter/second"]);
        world.store.close().await;
    });
}

/// The first 64 are looked at: when they have ended, it is others.
#[test]
fn a_grant_behind_very_many_that_have_ended_is_named() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        let until = |end: i64| GrantFact { ends: hour(end), ..grant("a", Authority::Encounter) };
        world.put(&encounter("many", "p"), grants(vec![until(1); 64])).await;
        world.put(&encounter("last", "p"), grants(vec![until(9)])).await;
        let begun = entries(&world.store, &key).await.len();
        for moment in [0, 2] {
            show(&world, &treating_at(moment), "p").await;
        }
        let found = entries(&world.store, &key).await;
        let named: Vec<&str> = found[begun..].iter().map(|it| &*it.basis).collect();
        assert_eq!(named, ["Encounter/many", "Encounter/last"]);
        world.store.close().await;
    });
}

#[test]
fn what_was_written_anew_after_it_was_shown_is_named_still() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        let begun_at = |seconds: i64| GrantFact {
            begins: Instant::from_microseconds(NOW + seconds * 1_000_000),
            ..grant("a", Authority::Encounter)
        };
        world.put(&encounter("e", "p"), grants(vec![begun_at(-60)])).await;
        let begun = entries(&world.store, &key).await.len();
        let access: Access = physician(vec![line(Authority::Referral), line(Authority::Encounter)]).into();
        let journal = Journal::new(Uuid::now_v7());
        show_in(&world, &journal, &access, ("Patient", "p")).await;
        let later = encounter("e", "p").replace("finished", "in-progress");
        assert_ne!(later, encounter("e", "p"));
        world.put(&later, grants(vec![begun_at(60)])).await;
        world.store.keep(&journal).await.unwrap();
        let found = entries(&world.store, &key).await;
        let read = found[begun..].iter().find(|it| it.action == Action::Read).unwrap();
        assert_eq!((&*read.authority, &*read.basis), ("test/encounter", "Encounter/e"));
        world.store.close().await;
    });
}

#[test]
fn a_grant_of_another_kind_or_purpose_is_not_named() {
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        world.put(&patient("p"), Facts::default()).await;
        world.put(&observation("o", "p", "x"), Facts::default()).await;
        let of_kind =
            |name: &str| GrantFact { resource_type: Some(kind(name)), ..grant("a", Authority::Encounter) };
        let payment = GrantFact { purpose: Some(Purpose::Payment), ..grant("a", Authority::Encounter) };
        // In the order of their keys: each before the right one would do if its terms were not looked at.
        world.put(&encounter("vaccinations", "p"), grants(vec![of_kind("Immunization")])).await;
        world.put(&encounter("payment", "p"), grants(vec![payment])).await;
        world.put(&encounter("results", "p"), grants(vec![of_kind("Observation")])).await;
        let begun = entries(&world.store, &key).await.len();
        let access: Access = physician(vec![line(Authority::Encounter)]).into();
        let journal = Journal::new(Uuid::now_v7());
        show_in(&world, &journal, &access, ("Observation", "o")).await;
        world.store.keep(&journal).await.unwrap();
        assert_eq!(&*entries(&world.store, &key).await[begun].basis, "Encounter/results");
        world.store.close().await;
    });
}

/// More books than one statement asks for.
#[test]
fn each_of_very_many_books_of_one_answer_names_its_grant() {
    const BOOKS: usize = 600;
    each(async |database| {
        let (world, key) = (World::open(database.url()).await, key());
        for number in 0..BOOKS {
            world.put(&patient(&format!("p{number}")), grants(vec![grant("a", Authority::Encounter)])).await;
        }
        let begun = entries(&world.store, &key).await.len();
        let access: Access = physician(vec![line(Authority::Encounter)]).into();
        let journal = Journal::new(Uuid::now_v7());
        for number in 0..BOOKS {
            show_in(&world, &journal, &access, ("Patient", &format!("p{number}"))).await;
        }
        world.store.keep(&journal).await.unwrap();
        let found = entries(&world.store, &key).await;
        assert_eq!(found.len() - begun, BOOKS);
        for entry in &found[begun..] {
            assert_eq!((&*entry.authority, &entry.basis), ("test/encounter", &entry.patient));
        }
        world.store.close().await;
    });
}
