//! The measurement of `examples/measure_matching`, small enough for every day, with the bars of `docs/matching.md`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    dead_code,
    reason = "a broken premise fails the test, and some counts are only printed"
)]

#[path = "../examples/measure_matching/clerk.rs"]
mod clerk;
#[path = "../examples/measure_matching/dice.rs"]
mod dice;
#[path = "../examples/measure_matching/measure.rs"]
mod measure;
#[path = "../examples/measure_matching/population.rs"]
mod population;

use healthbook_person_matching::MOST_CANDIDATES;
use measure::Counts;
use population::Population;

#[test]
fn dirty_queries_find_the_right_people() {
    let mut population = Population::draw(12_000, 5);
    assert!(population.people.iter().any(|citizen| citizen.twin.is_some()));
    assert!(population.people.iter().any(|citizen| citizen.has_double));
    let counts = measure::run(&mut population, 3000, 11, 1);
    assert!(counts.known > 2000 && counts.unknown > 300, "{counts:?}");

    assert_eq!(counts.certain_wrong, 0, "{counts:?}");
    assert_eq!(counts.certain_without_number, 0, "{counts:?}");
    assert_eq!(counts.certain_twice, 0, "{counts:?}");
    assert!(counts.probable * 100 >= counts.known * 97, "{counts:?}");
    // Whoever calls nobody certain is never wrong.
    assert!(counts.certain * 5 >= counts.known * 2, "{counts:?}");
    assert!(Counts::quantile(&counts.candidates, 1000) <= MOST_CANDIDATES);
}
