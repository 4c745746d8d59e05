//! The pages of the feed beside each other: the cursor moves behind them in their order, and what fails is asked for again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fhir::Instant;
use population_registry::{
    Answer, Asking, Claim, Cursor, Demographics, EventPage, PageSize, PopulationRegistry, Question,
    RegistryError, Relationships, RequestId, Verification,
};

use super::ConnectedRegistry;
use super::awaited_tests::on_each;
use super::page_tests::{event, versions};
use super::worker::{Place, Step, cursor, move_cursor, step};
use crate::HealthBook;

/// People of the feed: two full pages and a bit.
const PEOPLE: usize = 2_010;

/// Each person has one event, but for the first. The question at some place goes unanswered once.
struct Feed {
    asked: AtomicUsize,
    unanswered: usize,
}

fn place(number: usize) -> Cursor {
    Cursor::try_from(format!("at-{number}").as_str()).unwrap()
}

fn number_of(cursor: &Cursor) -> usize {
    cursor.as_str().trim_start_matches("at-").parse().unwrap()
}

impl PopulationRegistry for Feed {
    fn verify<'a>(&'a self, _: RequestId, _: &'a Claim) -> Asking<'a, Verification> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn look_up<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Demographics> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn relationships<'a>(&'a self, _: RequestId, _: &'a Question) -> Asking<'a, Relationships> {
        Box::pin(async { Err(RegistryError::Unreachable) })
    }

    fn events<'a>(
        &'a self,
        id: RequestId,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, EventPage> {
        Box::pin(async move {
            if self.asked.fetch_add(1, Ordering::Relaxed) == self.unanswered {
                return Err(RegistryError::Unreachable);
            }
            let begin = after.map_or(0, number_of);
            let end = PEOPLE.min(begin + size.get());
            // The first person stands on every page, in versions that come one after the other.
            let again = (0 < begin && begin < PEOPLE).then(|| event(0, 1 + begin as u64));
            let deliveries = (begin..end).skip(again.iter().count()).map(|person| event(person, 1));
            let deliveries = again.into_iter().chain(deliveries).collect();
            Ok(Answer {
                value: EventPage { deliveries, next: place(end), time: Instant::now() },
                asked_at: Instant::now(),
                source: "population-registry-feed",
                registry_version: None,
                latency: Duration::ZERO,
                request_id: id,
            })
        })
    }
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
            let feed = Feed { asked: AtomicUsize::new(0), unanswered };
            let registry = ConnectedRegistry::new(Arc::new(feed));
            let unheard = walked(&book, &registry, &mut Place::of_database()).await;
            assert_eq!(unheard, silent, "no answer is told when nothing else is under way");
            let kept = cursor(book.service().store()).await.unwrap().unwrap();
            assert_eq!(kept.value, format!("at-{PEOPLE}"));
            assert_eq!(registry.figures().outcomes(), [("applied", PEOPLE as u64)].into());
        });
    }
}

#[test]
fn who_finds_that_somebody_else_has_moved_the_cursor_leaves_it() {
    on_each(|book, _| async move {
        let feed = Feed { asked: AtomicUsize::new(0), unanswered: usize::MAX };
        let registry = ConnectedRegistry::new(Arc::new(feed));
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
