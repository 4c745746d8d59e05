//! The age table: majority at local midnight, birthdays of 29 February.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a broken premise of a test fails the test"
)]

use fhir::{Instant, PartialDate};
use healthbook_access::{AgeSlice, Policy};

fn slices(birth_date: &str) -> Vec<AgeSlice> {
    let policy = Policy::built_in();
    let document = policy.document();
    document.ages().slices(&PartialDate::parse(birth_date).unwrap(), document.zone())
}

fn at(text: &str) -> Instant {
    Instant::try_from(text).unwrap()
}

#[test]
fn a_childhood_ends_at_midnight_in_ho_chi_minh_city() {
    let slices = slices("2010-06-15");
    let ages: Vec<u8> = slices.iter().map(|slice| slice.from).collect();
    assert_eq!(ages, [0, 7, 13, 16]);
    // Midnight there is 17:00 UTC of the day before.
    assert_eq!(slices[0].begins, at("2010-06-14T17:00:00Z"));
    assert_eq!(slices[1].begins, at("2017-06-15T00:00:00+07:00"));
    assert_eq!(slices[3].ends, at("2028-06-15T00:00:00+07:00"));
    assert!(slices.windows(2).all(|pair| pair[0].ends == pair[1].begins), "without a gap");
    let joins: Vec<bool> = slices.iter().map(|slice| slice.child_joins).collect();
    assert_eq!(joins, [false, true, true, true]);
}

#[test]
fn who_was_born_on_29_february_is_a_year_older_on_1_march() {
    let slices = slices("2008-02-29");
    assert_eq!(slices[1].begins, at("2015-03-01T00:00:00+07:00"));
    assert_eq!(slices[2].begins, at("2021-03-01T00:00:00+07:00"));
    // 2024 has the day.
    assert_eq!(slices[3].begins, at("2024-02-29T00:00:00+07:00"));
    assert_eq!(slices[3].ends, at("2026-03-01T00:00:00+07:00"));
}

#[test]
fn labels_close_and_stay_closed() {
    let policy = Policy::built_in();
    let table = policy.document().labels();
    let slices = slices("2010");
    assert_eq!(slices[0].begins, at("2010-01-01T00:00:00+07:00"), "of a year its first day");
    // The guardian may be who did it.
    let abuse = table.label("DV").unwrap().labels | table.label("CHILD_ABUSE").unwrap().labels;
    assert_eq!(slices[0].opens, table.special().without(abuse));
    assert_eq!(slices[1].opens, slices[0].opens);
    assert!(slices.iter().all(|slice| (slice.opens & abuse).is_empty()), "at every age");
    assert!(!table.codes(slices[0].opens).contains(&"R"), "no consent can name the shield");
    let sex = table.label("SEX").unwrap().labels;
    assert!(sex.is_within(slices[1].opens) && !sex.is_within(slices[2].opens));
    assert!(table.label("HIV").unwrap().labels.is_within(slices[2].opens));
    assert!(slices[3].opens.is_empty());
    assert_eq!(policy.document().ages().opens(18), None);
}

#[test]
fn a_date_out_of_reach_has_no_slices() {
    assert!(slices("9999-12-31").is_empty());
    assert!(!slices("0001-01-01").is_empty());
}
