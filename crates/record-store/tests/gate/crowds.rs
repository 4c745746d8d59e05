//! A clinic to which few books are open, or many, or few by many grants: whichever way a search takes, it finds what is open.

use access::{Access, Authority, Facts, GrantFact};
use fhir::Instant;

use crate::world::*;

/// Grants of one book, each with an end of its own.
fn several(count: i64) -> Facts {
    let until = |number| Instant::from_microseconds(NOW + 3_600_000_000 + number);
    grants((0..count).map(|it| GrantFact { ends: until(it), ..grant("a", Authority::Encounter) }).collect())
}

fn over() -> Facts {
    let ends = Instant::from_microseconds(NOW - 1);
    grants(vec![GrantFact { ends, ..grant("a", Authority::Encounter) }])
}

async fn open_books(world: &World) -> u64 {
    let access = Access::from(physician(vec![line(Authority::Encounter)]));
    let (found, total) = world.find(&access, "Patient?_total=accurate").await;
    assert!(!found.iter().any(|name| name == "Patient/stranger" || name == "Patient/former"), "{found:?}");
    let (own, _) = world.find(&access, "Observation?code=x&_total=accurate").await;
    assert_eq!(own, ["Observation/lab"]);
    total.unwrap()
}

async fn begin(world: &World) {
    world.put(&patient("stranger"), grants(vec![grant("b", Authority::Encounter)])).await;
    world.put(&patient("former"), over()).await;
    for (name, book) in [("lab", "p0"), ("other", "stranger"), ("old", "former")] {
        world.put(&observation(name, book, "x"), Facts::default()).await;
    }
}

#[test]
fn however_many_books_are_open_a_search_finds_them_and_no_other() {
    run(|world| async move {
        world.put(&patient("p0"), several(1)).await;
        begin(&world).await;
        for number in 1..300_u64 {
            world.put(&patient(&format!("p{number}")), several(1)).await;
            // Up to 256 books are looked into one by one; who has more is remembered for a while.
            if [1, 254, 255, 256, 257, 299].contains(&number) {
                assert_eq!(open_books(&world).await, number + 1);
            }
        }
        for number in 1..100 {
            let changed = patient(&format!("p{number}")).replace("true", "false");
            world.put(&changed, over()).await;
        }
        assert_eq!(open_books(&world).await, 201, "what has ended is closed, whatever is remembered");
    });
}

#[test]
fn few_books_by_many_grants_are_found_too() {
    run(|world| async move {
        world.put(&patient("p0"), several(17)).await;
        begin(&world).await;
        for number in 1..250_u64 {
            world.put(&patient(&format!("p{number}")), several(17)).await;
            // 241 times 17 are more than the 4,096 grants that are read.
            if [239, 240, 241, 249].contains(&number) {
                assert_eq!(open_books(&world).await, number + 1);
            }
        }
    });
}
