//! A sorted search in one book, where the gate is asked last: what is hidden is passed over wherever it stands, on every page and
//! in both directions.

use access::{Access, Authority, Facts, TestAccess};
use search::Position;

use crate::world::*;

/// Day of each, and whether it is hidden: the first and the last of each order, two beside each other, and some without a
/// day among them. Made in this order.
const ENTRIES: [(Option<u32>, bool); 12] = [
    (Some(9), true),
    (None, false),
    (Some(2), false),
    (Some(5), true),
    (None, true),
    (Some(7), false),
    (Some(5), false),
    (Some(1), true),
    (None, false),
    (Some(6), true),
    (Some(7), true),
    (Some(8), false),
];

/// A caller, and which entries that one sees by whether they are hidden.
type Who = (&'static str, Access, fn(bool) -> bool);

fn name(index: usize) -> String {
    format!("o{index:02}")
}

/// What is expected: by day, what has none last, then the newest first.
fn in_order(descending: bool, seen: impl Fn(bool) -> bool) -> Vec<String> {
    let mut order: Vec<usize> = (0..ENTRIES.len()).filter(|index| seen(ENTRIES[*index].1)).collect();
    order.sort_by_key(|index| {
        let day = ENTRIES[*index].0.map_or(0, i64::from);
        (ENTRIES[*index].0.is_none(), if descending { -day } else { day }, std::cmp::Reverse(*index))
    });
    order.into_iter().map(name).collect()
}

/// All pages of a query from the first to the last, and all of them from the last back to the first.
async fn walked(world: &World, access: &Access, query: &str) -> [Vec<String>; 2] {
    let mut plan = world.plan(query);
    assert!(plan.book.is_some(), "{query} says in which book it looks");
    let (mut forward, mut backward) = (Vec::new(), Vec::new());
    let mut last;
    loop {
        let page = world.store.search(access, &plan).await.unwrap();
        let names: Vec<String> = page.records.iter().map(|record| record.id.to_string()).collect();
        assert!(!names.is_empty() || forward.is_empty(), "{query}: an empty page behind another one");
        forward.extend(names.iter().cloned());
        last = (names, page.previous);
        match page.next {
            Some(next) => plan.position = Position::After(next),
            None => break,
        }
    }
    backward.extend(last.0.into_iter().rev());
    let mut before = last.1;
    while let Some(cursor) = before {
        plan.position = Position::Before(cursor);
        let page = world.store.search(access, &plan).await.unwrap();
        backward.extend(page.records.iter().rev().map(|record| record.id.to_string()));
        before = page.previous;
    }
    backward.reverse();
    [forward, backward]
}

#[test]
fn what_is_hidden_is_passed_over_in_every_order_and_on_every_page() {
    run(|world| async move {
        let by = Authority::Encounter;
        world.put(&patient("open"), grants(vec![grant("a", by)])).await;
        for (index, (day, hidden)) in ENTRIES.iter().enumerate() {
            let day = day.map_or(String::new(), |day| format!(r#""effectiveDateTime":"2020-01-0{day}","#));
            let text =
                observation(&name(index), "open", "x").replace(r#""status""#, &format!(r#"{day}"status""#));
            let facts = match hidden {
                true => Facts { labels: label(2), ..in_visit("secret") },
                false => in_visit("seen"),
            };
            world.put(&text, facts).await;
        }
        let treats = physician(vec![line(by)]);
        let within = TestAccess { within: Some(id("open")), ..treats.clone() };
        let nobody = TestAccess { grantee: Some(clinic("z")), author: facility("z"), ..treats.clone() };
        let callers: [Who; 4] = [
            ("a clinic that treats", treats.into(), |hidden| !hidden),
            ("within the book", within.into(), |hidden| !hidden),
            ("the citizen", citizen("open"), |_| true),
            ("another clinic", nobody.into(), |_| false),
        ];
        for (who, access, seen) in callers {
            for (sort, descending) in [("-date", true), ("date", false)] {
                let expected = in_order(descending, seen);
                for criteria in ["", "&code=x", "&status:not=cancelled", "&code=x,y"] {
                    for count in [1, 2, 5, 20] {
                        let query = format!("Observation?patient=open{criteria}&_sort={sort}&_count={count}");
                        let found = walked(&world, &access, &query).await;
                        assert_eq!(found, [expected.clone(), expected.clone()], "{who}: {query}");
                    }
                }
            }
        }
    });
}
