//! The pages of the feed beside each other: the cursor moves behind them in their order, and what fails is asked for again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fhir::Instant;
use population_registry::{Cursor, EventPage, PageSize, RegistryError};

use super::ConnectedRegistry;
use super::awaited_tests::on_each;
use super::page_tests::{Feed, event, versions};
use super::worker::{Place, Step, cursor, move_cursor, step};
use crate::HealthBook;

/// People of the feed: two full pages and a bit.
const PEOPLE: usize = 2_010;

fn place(number: usize) -> Cursor {
    Cursor::try_from(format!("at-{number}").as_str()).unwrap()
}

fn number_of(cursor: &Cursor) -> usize {
    cursor.as_str().trim_start_matches("at-").parse().unwrap()
}

/// Each person has one event, but for the first, who stands on every page, in versions that come one after the other. The
/// question at some place goes unanswered once.
fn registry(unanswered: usize) -> ConnectedRegistry {
    let asked = AtomicUsize::new(0);
    ConnectedRegistry::new(Arc::new(Feed(move |after: Option<&Cursor>, size: PageSize| {
        if asked.fetch_add(1, Ordering::Relaxed) == unanswered {
            return Err(RegistryError::Unreachable);
        }
        let begin = after.map_or(0, number_of);
        let end = PEOPLE.min(begin + size.get());
        let again = (0 < begin && begin < PEOPLE).then(|| event(0, 1 + begin as u64));
        let others = (begin..end).skip(again.iter().count()).map(|person| event(person, 1));
        let deliveries = again.into_iter().chain(others).collect();
        Ok(EventPage { deliveries, next: place(end), time: Instant::now() })
    })))
}

/// Takes steps until nothing more has happened; how often there was no answer.
async fn walked(book: &HealthBook, registry: &ConnectedRegistry, place: &mut Place) -> usize {
    let (mut steps, mut unanswered, mut seen) = (0, 0, 0);
    loop {
        steps += 1;
        assert!(steps < 20, "it goes round and round");
        match step(book, registry, place).await.unwrap() {
            Step::Page => {}
            Step::NoAnswer => unanswered += 1,
            Step::Nothing => return unanswered,
            Step::Elsewhere => panic!("nobody else moves the cursor"),
        }
        let at = cursor(book.service().store()).await.unwrap();
        let at = at.map_or(0, |kept| number_of(&Cursor::try_from(kept.value.as_str()).unwrap()));
        assert!(at >= seen, "the cursor never goes back");
        seen = at;
        // Whoever stands before the cursor is in the book.
        for person in [at.saturating_sub(999), at.saturating_sub(1)] {
            assert!(at == 0 || versions(book, person).await == ["1"], "person {person}, cursor {at}");
        }
    }
}

#[test]
fn the_cursor_moves_behind_pages_that_are_done_in_their_order() {
    for (unanswered, silent) in [(usize::MAX, 0), (0, 1), (1, 0)] {
        on_each(move |book, _| async move {
            let registry = registry(unanswered);
            let unheard = walked(&book, &registry, &mut Place::of_database()).await;
            assert_eq!(unheard, silent, "no answer is told when nothing else is under way");
            let kept = cursor(book.service().store()).await.unwrap().unwrap();
            assert_eq!(kept.value, format!("at-{PEOPLE}"));
            assert_eq!(registry.figures().outcomes(), [("applied", PEOPLE as u64)].into());
        });
    }
}

#[test]
fn of_large_events_fewer_are_asked_for() {
    const ALL: usize = 30;
    on_each(|book, _| async move {
        let registry = ConnectedRegistry::new(Arc::new(Feed(|after: Option<&Cursor>, size: PageSize| {
            let begin = after.map_or(0, number_of);
            let end = ALL.min(begin + size.get());
            if end - begin > 12 {
                return Err(RegistryError::TooLarge);
            }
            let deliveries = (begin..end).map(|person| event(person, 1)).collect();
            Ok(EventPage { deliveries, next: place(end), time: Instant::now() })
        })));
        let unheard = walked(&book, &registry, &mut Place::of_database()).await;
        assert_eq!(unheard, 0);
        assert_eq!(registry.figures().outcomes(), [("applied", ALL as u64)].into());
    });
}

#[test]
fn who_finds_that_somebody_else_has_moved_the_cursor_leaves_it() {
    on_each(|book, _| async move {
        let registry = registry(usize::MAX);
        let store = book.service().store();
        let mut place_of_this = Place::of_database();
        // The first page has come, and is begun by the next step.
        assert!(matches!(step(&book, &registry, &mut place_of_this).await.unwrap(), Step::Page));
        assert!(versions(&book, 0).await.is_empty(), "what has come is not begun in the same step");
        assert!(move_cursor(store, None, &place(PEOPLE), Vec::new()).await.unwrap());
        let mut steps = 0;
        while !matches!(step(&book, &registry, &mut place_of_this).await.unwrap(), Step::Elsewhere) {
            steps += 1;
            assert!(steps < 10);
        }
        let kept = cursor(store).await.unwrap().unwrap();
        assert_eq!(kept.value, format!("at-{PEOPLE}"), "as the other one has left it");
    });
}
