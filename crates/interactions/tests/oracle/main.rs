//! Random resources and random queries: the store and an evaluation of FHIRPath in memory must find the same.
//!
//! `HEALTHBOOK_ROUNDS=100000 cargo test --release -p healthbook-record-store --test oracle -- --nocapture`; see
//! `settings.rs` for what else the environment may change.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test has nobody to hand an error to: a clear panic fails it"
)]

mod backend;
mod checks;
mod compare;
mod definitions;
mod generator_elements;
mod generator_filter;
mod generator_pools;
mod generator_queries;
mod generator_resources;
mod generator_values;
mod matching;
mod random;
mod settings;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use test_support::TestDatabase;

use crate::backend::Backend;
use crate::compare::{Verdict, compare, describe, shape, shrink};
use crate::generator_queries::{ALL, Query, query};
use crate::generator_resources::{resource, world};
use crate::matching::engine::Question;
use crate::random::Random;
use crate::settings::LENIENT;
use crate::world::World;

/// Differences that are made small and printed; the rest is counted.
const MOST_SHOWN: usize = 25;

/// What came of a run.
#[derive(Default)]
struct Report {
    compared: u64,
    with_matches: u64,
    /// Some resources of the type matched and some did not.
    with_some: u64,
    refused_by_both: u64,
    refused: BTreeMap<String, (u64, String)>,
    pending: BTreeMap<&'static str, u64>,
    differences: BTreeMap<String, (u64, String)>,
    /// Parameters that some compared query asked by.
    asked: BTreeSet<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_store_finds_what_fhirpath_finds() {
    let mut failed = false;
    for database in TestDatabase::each() {
        let backend = Backend::open(database).await;
        let started = Instant::now();
        let report = run(&backend).await;
        let seconds = started.elapsed().as_secs_f64();
        print(&backend.name, &report, seconds);
        failed |= !report.differences.is_empty() || (!report.refused.is_empty() && !*LENIENT);
    }
    assert!(!failed, "the store and the oracle differ: see above");
}

async fn run(backend: &Backend) -> Report {
    let (rounds, queries) = (settings::rounds(), settings::queries_of_a_set());
    let mut report = Report::default();
    let (mut round, mut seed) = (0, settings::seed());
    while round < rounds {
        let mut random = Random::new(seed);
        let mut world = world(&mut random);
        load(backend, &mut random, &mut world).await;
        let now = fhir::Instant::now().truncated_to_millis().microseconds();
        for _ in 0..queries.min(rounds - round) {
            // The seed shifts the walk, so that every set begins with other parameters.
            let query = query(&mut random, &Question { world: &world, now }, round + seed);
            judge(backend, &mut world, &query, now, seed, &mut report).await;
            round += 1;
        }
        backend.delete(&world.resources).await;
        seed += 1;
    }
    report
}

/// Writes a set. Some resources had another content before, of which nothing may be found.
async fn load(backend: &Backend, random: &mut Random, world: &mut World) {
    let mut earlier: Vec<_> = Vec::new();
    for current in &world.resources {
        if random.chance(20) {
            earlier.push(resource(random, current.kind, current.id));
        }
    }
    backend.write(&mut earlier).await;
    backend.write(&mut world.resources).await;
}

async fn judge(
    backend: &Backend,
    world: &mut World,
    query: &Query,
    now: i64,
    seed: u64,
    report: &mut Report,
) {
    match compare(backend, world, query, now).await {
        Verdict::Same { matches } => {
            report.compared += 1;
            report.with_matches += u64::from(matches > 0);
            report.with_some += u64::from(matches > 0 && matches < world.of_type(query.kind).count());
            report.asked.extend(query.pairs.iter().map(|(name, _)| format!("{} {name}", query.kind)));
        }
        Verdict::RefusedByBoth => report.refused_by_both += 1,
        Verdict::Pending(why) => *report.pending.entry(why).or_default() += 1,
        Verdict::Refused(why) => {
            let entry = report.refused.entry(why).or_insert_with(|| (0, query.text()));
            entry.0 += 1;
        }
        Verdict::Different(text) => {
            report.compared += 1;
            let known = shape(query);
            if report.differences.len() >= MOST_SHOWN && !report.differences.contains_key(&known) {
                report.differences.entry("others".to_owned()).or_default().0 += 1;
                return;
            }
            let (small, query) = shrink(backend, world, query, now).await;
            let known = shape(&query);
            if !report.differences.contains_key(&known) {
                let text = describe(backend, &small, &query, now, &text, seed);
                report.differences.insert(known.clone(), (0, text));
            }
            if let Some(entry) = report.differences.get_mut(&known) {
                entry.0 += 1;
            }
        }
    }
}

fn print(name: &str, report: &Report, seconds: f64) {
    for (shape, (count, text)) in &report.differences {
        println!("{count} times: {shape}\n{text}");
    }
    let refused: u64 = report.refused.values().map(|(count, _)| count).sum();
    for (why, (count, example)) in &report.refused {
        println!("refused {count} times: {why}\n    {example}");
    }
    for (why, count) in &report.pending {
        println!("pending {count} times: {why}");
    }
    let plain = ALL.iter().filter(|(kind, parameter)| {
        let own = format!("{kind} {}", parameter.code);
        report.asked.iter().any(|asked| asked.split(':').next() == Some(own.as_str()))
    });
    println!(
        "{name}: {} comparisons ({:.0}/s), {} with matches ({} not of all), {} kinds of differences, {refused} refused, \
         {} refused by both, {} of {} parameters asked",
        report.compared,
        report.compared as f64 / seconds,
        report.with_matches,
        report.with_some,
        report.differences.len(),
        report.refused_by_both,
        plain.count(),
        ALL.len(),
    );
}
