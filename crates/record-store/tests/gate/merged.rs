//! Whose books are one sees them as one from the commit on, and apart from the commit on, though the store remembers for a
//! moment which books those are.

use std::time::Duration;

use access::{Access, Author, Authority, Facts, GrantFact, Grantee, Labels, Line, Merge, TestAccess};
use fhir::Instant;
use test_support::TestDatabase;

use crate::world::*;

/// Longer than the quarter of a second that docs/merging.md names.
const SOON: Duration = Duration::from_millis(300);

/// A citizen in the own book, long after everything that is written here.
fn citizen_now() -> TestAccess {
    let own = Line { labels: Labels::ALL, ..line(Authority::Own) };
    TestAccess {
        own: Some(id("one")),
        grantee: Some(Grantee::Patient(id("one"))),
        author: Author::Citizen(id("one")),
        at: Instant::from_microseconds(NOW * 2),
        ..physician(vec![own, line(Authority::Shared)])
    }
}

/// A clinic to which both people are open, with a token for one of them.
fn clinic_now() -> TestAccess {
    let within = Some(id("one"));
    TestAccess {
        within,
        at: Instant::from_microseconds(NOW * 2),
        ..physician(vec![line(Authority::Encounter)])
    }
}

/// What a `Patient` says: to whom it is open, and of a merge.
fn facts(merge: Option<Merge>) -> Facts {
    let ends = Instant::from_microseconds(NOW * 3);
    Facts { merge, ..grants(vec![GrantFact { ends, ..grant("a", Authority::Encounter) }]) }
}

/// Another text than before: what is the same to the last character is not written.
fn replaced() -> String {
    patient("other").replace("true", "false")
}

async fn build(world: &World) -> [Access; 3] {
    for person in ["one", "other"] {
        world.put(&patient(person), facts(None)).await;
        world.put(&observation(&format!("of-{person}"), person, "x"), Facts::default()).await;
    }
    let own = citizen_now();
    let within = TestAccess { within: Some(id("one")), ..own.clone() };
    [own.into(), within.into(), clinic_now().into()]
}

/// Whether something of the other book is seen, by a read, a search and the whole book.
async fn seen(world: &World, access: &Access) -> [bool; 3] {
    let read = world.sees(access.clone(), "Observation/of-other").await;
    let (found, _) = world.find(access, "Observation?code=x").await;
    let book = world.store.book(access, &id("one"), &[], None, None, 20).await.unwrap();
    let holds = book.records.iter().any(|record| record.id == id("of-other"));
    [read, found.contains(&"Observation/of-other".to_owned()), holds]
}

#[test]
fn what_this_store_has_merged_or_parted_holds_at_once() {
    run(|world| async move {
        for access in build(&world).await {
            // Each is asked before, so that the answer of before is remembered.
            for _ in 0..3 {
                assert_eq!(seen(&world, &access).await, [false; 3]);
                world.put(&replaced(), facts(Some(Merge::Into(id("one"))))).await;
                assert_eq!(seen(&world, &access).await, [true; 3]);
                world.put(&patient("other"), facts(Some(Merge::Ended))).await;
            }
        }
    });
}

#[test]
fn what_another_store_has_merged_holds_soon_and_what_it_has_parted_at_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    for database in TestDatabase::each() {
        runtime.block_on(async {
            let (one, other) = (World::open(database.url()).await, World::open(database.url()).await);
            let [access, _, _] = build(&one).await;
            assert_eq!(seen(&one, &access).await, [false; 3]);
            other.put(&replaced(), facts(Some(Merge::Into(id("one"))))).await;
            tokio::time::sleep(SOON).await;
            assert_eq!(seen(&one, &access).await, [true; 3]);
            other.put(&patient("other"), facts(Some(Merge::Ended))).await;
            assert_eq!(seen(&one, &access).await, [false; 3], "a parting holds at once");
        });
    }
}
