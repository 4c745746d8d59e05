//! A lease that was lost and taken anew is another one, and a cursor that somebody else has moved is left where it is.

use fhir::Instant;
use population_registry::Cursor;
use record_store::{SecurityKind, SecurityRecord};

use super::awaited_tests::on_each;
use super::lease::Lease;
use super::worker::{FEED, cursor, move_cursor};
use crate::moment::plus;

#[test]
fn who_gets_it_back_is_told_that_it_was_away() {
    on_each(|book, _| async move {
        let store = book.service().store();
        let (mut one, mut other) = (Lease::new(store, FEED), Lease::new(store, FEED));
        let begin = Instant::now();
        assert!(!one.held().is_now());
        for second in [0, 2, 4] {
            assert!(one.hold(plus(begin, second)).await.unwrap());
            assert!(!other.hold(plus(begin, second)).await.unwrap());
            assert_eq!((one.held().is_now(), one.held().generation), (true, 1));
        }
        assert!(other.hold(plus(begin, 11)).await.unwrap());
        assert!(!one.hold(plus(begin, 11)).await.unwrap());
        assert!(!one.held().is_now());
        assert!(one.hold(plus(begin, 18)).await.unwrap());
        assert_eq!((one.held().is_now(), one.held().generation), (true, 2));
        // Nobody had it meanwhile; but somebody could have.
        assert!(one.hold(plus(begin, 30)).await.unwrap());
        assert_eq!((one.held().is_now(), one.held().generation), (true, 3));
    });
}

/// The holder of before has ended without a word, so that its record stands there still, prolonged a few times.
#[test]
fn who_takes_it_from_one_that_is_gone_keeps_it() {
    on_each(|book, _| async move {
        let store = book.service().store();
        let (mut gone, mut next) = (Lease::new(store, FEED), Lease::new(store, FEED));
        let begin = Instant::now();
        for second in [0, 2, 4] {
            assert!(gone.hold(plus(begin, second)).await.unwrap());
        }
        for second in [11, 13, 15, 17, 19] {
            assert!(next.hold(plus(begin, second)).await.unwrap(), "at {second}");
            assert_eq!((next.held().is_now(), next.held().generation), (true, 1), "at {second}");
        }
        assert!(!gone.hold(plus(begin, 20)).await.unwrap());
        next.release(plus(begin, 20)).await.unwrap();
        assert!(gone.hold(plus(begin, 21)).await.unwrap());
        assert!(gone.hold(plus(begin, 23)).await.unwrap());
    });
}

#[test]
fn a_cursor_that_somebody_else_has_moved_is_left_with_what_would_be_parked() {
    on_each(|book, _| async move {
        let store = book.service().store();
        let at = |place: &str| Cursor::try_from(place).unwrap();
        assert!(move_cursor(store, None, &at("one"), Vec::new()).await.unwrap());
        let kept = cursor(store).await.unwrap();
        assert!(move_cursor(store, kept.clone(), &at("two"), Vec::new()).await.unwrap());
        let parked = || vec![SecurityRecord::new(SecurityKind::RegistryParked, "x", "{}".to_owned())];
        for kept in [None, kept] {
            assert!(!move_cursor(store, kept, &at("late"), parked()).await.unwrap());
        }
        assert_eq!(cursor(store).await.unwrap().unwrap().value, "two");
        let now = Instant::now();
        let parked = store.security_records(SecurityKind::RegistryParked, None, now).await.unwrap();
        assert!(parked.is_empty());
    });
}
