//! One query, answered twice; and a smaller example when the answers differ.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::backend::{Backend, Reply};
use crate::definitions::{Kind, parameter};
use crate::generator_queries::Query;
use crate::matching::engine::Question;
use crate::matching::escapes::split;
use crate::matching::sorting;
use crate::settings::LENIENT;
use crate::world::{Resource, World};

/// What a comparison says.
pub enum Verdict {
    /// The same answer, with so many matches.
    Same {
        matches: usize,
    },
    /// Neither can read the query.
    RefusedByBoth,
    /// Only the store refuses it.
    Refused(String),
    /// The answers differ where the store does not do yet what docs/search.md says; lenient only.
    Pending(&'static str),
    Different(String),
}

/// Asks both.
pub async fn compare(backend: &Backend, world: &World, query: &Query, now: i64) -> Verdict {
    let question = Question { world, now };
    let expected = question.matches(query.kind, &query.pairs);
    let (names, total, total_wanted) = match (backend.ask(query, now).await, &expected) {
        (Reply::Refused(_), Err(_)) => return Verdict::RefusedByBoth,
        (Reply::Refused(why), Ok(_)) => return Verdict::Refused(why),
        (Reply::Failed(why), _) => return Verdict::Different(format!("the store failed: {why}")),
        (Reply::Found { .. }, Err(why)) => {
            return different(query, format!("the store accepts what cannot be read: {}", why.0));
        }
        (Reply::Found { names, total, total_wanted }, Ok(_)) => (names, total, total_wanted),
    };
    let expected = expected.unwrap_or_default();
    let wanted: BTreeSet<String> = expected.iter().map(|resource| resource.name()).collect();
    let found: BTreeSet<String> = names.iter().cloned().collect();
    if wanted != found {
        return different(query, format!("expected {wanted:?}\n   found {found:?}"));
    }
    if names.len() != found.len() {
        return different(query, format!("a match comes twice: {names:?}"));
    }
    if total_wanted && total != Some(wanted.len() as u64) {
        return different(query, format!("total {total:?} instead of {}", wanted.len()));
    }
    let sort = query.pairs.iter().find(|(name, _)| name == "_sort");
    if let Some((_, sort)) = sort {
        let found: Vec<&Resource> = names
            .iter()
            .filter_map(|name| expected.iter().copied().find(|one| one.name() == *name))
            .collect();
        // Where the order is not defined there is nothing to judge.
        if let Ok(Some(fault)) = sorting::fault(&question, sort, &found) {
            return different(query, format!("order {names:?}: {fault}"));
        }
    }
    Verdict::Same { matches: wanted.len() }
}

fn different(query: &Query, text: String) -> Verdict {
    match pending(query).filter(|_| *LENIENT) {
        Some(why) => Verdict::Pending(why),
        None => Verdict::Different(text),
    }
}

/// What docs/search.md promises and the store did not do when the oracle was written. To be emptied.
pub fn pending(query: &Query) -> Option<&'static str> {
    query.pairs.iter().find_map(|(name, _)| {
        matches!(name.as_str(), "name" | "phonetic" | "address").then_some("words of names and addresses")
    })
}

/// The smallest query and set, as far as dropping goes, for which the answers differ; the store holds the
/// whole set again afterwards.
pub async fn shrink(backend: &Backend, world: &mut World, query: &Query, now: i64) -> (World, Query) {
    let (mut query, mut at) = (query.clone(), 0);
    while at < query.pairs.len() {
        let mut smaller = query.clone();
        smaller.pairs.remove(at);
        match compare(backend, world, &smaller, now).await {
            Verdict::Different(_) => query = smaller,
            _ => at += 1,
        }
    }
    for at in 0..query.pairs.len() {
        let (name, value) = query.pairs[at].clone();
        if matches!(name.as_str(), "_filter" | "_sort") {
            continue;
        }
        for alternative in split(&value, ',') {
            let mut smaller = query.clone();
            smaller.pairs[at].1 = alternative;
            if matches!(compare(backend, world, &smaller, now).await, Verdict::Different(_)) {
                query = smaller;
                break;
            }
        }
    }
    let mut small = world.clone();
    // Many at once first: most of a set has nothing to do with the difference.
    let mut chunk = small.resources.len().div_ceil(2);
    while chunk > 0 {
        let mut at = 0;
        while at < small.resources.len() {
            let end = (at + chunk).min(small.resources.len());
            let mut dropped: Vec<Resource> = small.resources.drain(at..end).collect();
            backend.delete(&dropped).await;
            if !matches!(compare(backend, &small, &query, now).await, Verdict::Different(_)) {
                backend.write(&mut dropped).await;
                small.resources.splice(at..at, dropped);
                at = end;
            }
        }
        chunk /= 2;
    }
    backend.write(&mut world.resources).await;
    (small, query)
}

/// The difference as it is printed.
pub fn describe(backend: &Backend, small: &World, query: &Query, now: i64, text: &str, seed: u64) -> String {
    let question = Question { world: small, now };
    let expected = match question.matches(query.kind, &query.pairs) {
        Ok(found) => format!("{:?}", found.iter().map(|resource| resource.name()).collect::<Vec<_>>()),
        Err(why) => format!("nothing, for it cannot read {}", why.0),
    };
    let mut out = String::new();
    let _ = writeln!(out, "--- {} seed {seed}: {}", backend.name, query.text());
    let _ = writeln!(out, "   in the whole set and query: {text}");
    let _ = writeln!(out, "   in this set the oracle finds {expected}");
    for resource in &small.resources {
        let _ = writeln!(out, "   {}: {}", resource.name(), resource.text);
    }
    let _ = writeln!(out, "   asked at {now}");
    out
}

/// What kind of query it is: to show one example of each.
pub fn shape(query: &Query) -> String {
    let shapes = query.pairs.iter().map(|(name, value)| {
        let last = name.rsplit(['.']).next().unwrap_or_default();
        let last =
            last.rsplit_once("_has:").map_or(last, |(_, rest)| rest.splitn(3, ':').nth(2).unwrap_or(rest));
        let (code, modifier) = last.split_once(':').unwrap_or((last, ""));
        let found = crate::definitions::TYPES.iter().find_map(|kind| parameter(kind, code));
        let kind = found.map_or(Kind::Special, |found| found.kind);
        let join = if name.contains("_has:") {
            "_has "
        } else if name.contains('.') {
            "chain "
        } else {
            ""
        };
        let own = match code.starts_with('_') {
            true => code.to_owned(),
            false => format!("{kind:?}"),
        };
        let prefix =
            value.get(..2).filter(|text| crate::matching::Prefix::named(text).is_some()).unwrap_or_default();
        format!("{join}{own} {modifier} {prefix}")
    });
    shapes.collect::<Vec<_>>().join(" & ")
}
