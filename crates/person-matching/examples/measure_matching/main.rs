//! Measures matching: `cargo run --release -p healthbook-person-matching --example measure_matching [people] [queries] [seed] [scale]`.
//!
//! Without arguments a million people and fifty thousand queries, about a gigabyte and some minutes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a measurement ends it"
)]

mod clerk;
mod dice;
mod measure;
mod population;

use std::collections::HashMap;

use measure::Counts;
use population::Population;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u32>().unwrap());
    let people = arguments.next().unwrap_or(1_000_000);
    let queries = arguments.next().unwrap_or(50_000);
    let seed = arguments.next().map_or(7, u64::from);
    let scale = arguments.next().unwrap_or(1) as usize;
    let mut population = Population::draw(people, 20_261_125 + seed);
    let twins = population.people.iter().filter(|citizen| citizen.twin.is_some()).count();
    let doubles = population.people.iter().filter(|citizen| citizen.has_double).count();
    println!("people: {}, twins: {twins}, same name and birth date: {doubles}", population.people.len());
    let counts = measure::run(&mut population, queries as usize, seed, scale);
    report(&counts);
}

fn report(counts: &Counts) {
    let share =
        |part: usize, whole: usize| format!("{part} of {whole} = {:.5}", part as f64 / whole.max(1) as f64);
    println!("looked up:              {}", share(counts.looked_up, counts.known));
    println!("recall at probable:     {}", share(counts.probable, counts.known));
    println!("ranked first:           {}", share(counts.first, counts.known));
    println!("recall at certain:      {}", share(counts.certain, counts.known));
    println!("people as they come:    probable {}", share(counts.plain_probable, counts.plain_known));
    println!("                        first {}", share(counts.plain_first, counts.plain_known));
    println!("                        certain {}", share(counts.plain_certain, counts.plain_known));
    let all_certain = counts.certain + counts.certain_wrong;
    println!("precision of certain:   {}", share(counts.certain, all_certain));
    println!(
        "wrong certain:          {} (twins {}, same name and birth date {})",
        counts.certain_wrong, counts.certain_wrong_twin, counts.certain_wrong_double
    );
    println!(
        "right certain of twins {}, of people with a double {}; without a verified number {}; twice {}",
        counts.certain_twin, counts.certain_double, counts.certain_without_number, counts.certain_twice
    );
    println!("not in the population:  somebody probable {}", share(counts.unknown_probable, counts.unknown));
    let of = |per_thousand| Counts::quantile(&counts.candidates, per_thousand);
    println!("candidates:             p50 {}, p95 {}, p99 {}, max {}", of(500), of(950), of(990), of(1000));
    println!("queries with a key passed over: {}", counts.cut);
    let of = |per_thousand| Counts::quantile(&counts.nanoseconds, per_thousand) as f64 / 1e6;
    println!(
        "time per query, ms:     p50 {:.3}, p95 {:.3}, p99 {:.3}, max {:.3}",
        of(500),
        of(950),
        of(990),
        of(1000)
    );
    let mut reasons: HashMap<&str, usize> = HashMap::new();
    for reason in &counts.missed {
        *reasons.entry(reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(reason, count)| (std::cmp::Reverse(*count), *reason));
    println!("most frequent reasons for a miss:");
    for (reason, count) in reasons.iter().take(25) {
        println!("  {count:>5}  {reason}");
    }
}
