//! That the comparison finds what leaks, in every way of asking, and nothing else; that the model is no empty one.
//!
//! What leaks is an entry that one world has and the other lacks while the caller sees everything (`--auth off`).

use serde_json::{Value, json};
use test_support::TestDatabase;

use super::callers::Kind;
use super::dice::Dice;
use super::model::{Model, book, last_versions};
use super::other_world::{Fate, fates, without_secrets};
use super::pair::Pair;
use super::population::{Cast, Step, identity, population};
use super::query::Query;
use super::world::World;

const SEED: u64 = 99;

fn pair(empty: &World, alter: impl Fn(&[Step]) -> Vec<Step>) -> Pair {
    let mut dice = Dice::new(SEED);
    let steps = population(&mut dice, &empty.cast);
    Pair::new(dice, empty, &steps, &alter(&steps))
}

#[test]
fn equal_worlds_do_not_differ() {
    for database in TestDatabase::each() {
        if let Some(found) = pair(&World::shared_empty(database), <[Step]>::to_vec).ask(200) {
            panic!("{found}");
        }
    }
}

/// What is in the world to the end.
fn lasting(steps: &[Step]) -> Vec<Value> {
    let last = last_versions(steps);
    let bodies = steps.iter().filter_map(|step| match step {
        Step::Put(body) => Some(body.clone()),
        _ => None,
    });
    bodies.filter(|body| last[&identity(body)] == (body.clone(), true)).collect()
}

fn key(step: &Step) -> Option<(String, String)> {
    match step {
        Step::Put(body) => Some(identity(body)),
        Step::Delete { kind, id } => Some((kind.clone(), id.clone())),
        Step::Mark => None,
    }
}

#[test]
fn one_entry_that_leaks_is_found() {
    let empty = World::shared_empty(TestDatabase::sqlite());
    for kind in ["Observation", "Patient", "Consent"] {
        let mut pair = pair(&empty, |steps| {
            let leaked = lasting(steps).iter().rfind(|body| body["resourceType"] == kind).map(identity);
            steps.iter().filter(|step| key(step) != leaked).cloned().collect()
        });
        let found = pair.ask(600).unwrap_or_else(|| panic!("{kind}: nobody noticed"));
        eprintln!("{kind}: noticed by query {}", found.number);
    }
}

/// The same behind the gate: the model takes for hidden what the citizen sees.
#[test]
fn a_wrong_model_is_found() {
    let empty = World::shared_empty(TestDatabase::sqlite());
    let own = empty.cast.citizen(0).to_owned();
    let mut pair = pair(&empty, |steps| {
        let is_own =
            |body: &&Value| body["resourceType"] == "RelatedPerson" && book(body).as_ref() == Some(&own);
        let leaked = lasting(steps).iter().find(is_own).map(identity);
        steps.iter().filter(|step| key(step) != leaked).cloned().collect()
    });
    for world in [&mut pair.with, &mut pair.without] {
        world.open_for(Kind::Citizen.token(&empty.cast)).unwrap();
    }
    assert!(pair.ask(1000).is_some());
}

#[test]
fn content_and_versions_that_leak_are_found() {
    let empty = World::shared_empty(TestDatabase::sqlite());
    let alter = |steps: &[Step], replace: bool| -> Vec<Step> {
        let leaked = lasting(steps).iter().rfind(|body| body["resourceType"] == "Observation").map(identity);
        let mut altered = Vec::new();
        for step in steps {
            if let (Step::Put(body), true) = (step, key(step) == leaked) {
                let mut body = body.clone();
                body["note"] = json!([{"text": "khác"}]);
                altered.push(Step::Put(body));
                if replace {
                    continue;
                }
            }
            altered.push(step.clone());
        }
        altered
    };
    for replace in [true, false] {
        assert!(pair(&empty, |steps| alter(steps, replace)).ask(800).is_some(), "replaced: {replace}");
    }
}

/// A way of asking, and what tells that a query is one.
type Way = (&'static str, fn(&Query) -> bool);

fn reading() -> Vec<Way> {
    fn names(query: &Query, part: &str) -> bool {
        query.method == "GET"
            && query.parameters.iter().any(|one| one.split('=').next().unwrap().contains(part))
    }
    fn search(query: &Query, start: &str) -> bool {
        query.method == "GET" && query.parameters.iter().any(|one| one.starts_with(start))
    }
    vec![
        ("vread", |query| query.method == "GET" && query.path.contains("/_history/")),
        ("history", |query| query.method == "GET" && query.path.ends_with("/_history")),
        ("chain", |query| names(query, ".") && !names(query, "_has")),
        ("_has", |query| names(query, "_has")),
        (":not", |query| names(query, ":not")),
        (":missing", |query| names(query, ":missing")),
        (":contains", |query| names(query, ":contains")),
        ("_content", |query| search(query, "_content")),
        ("_filter", |query| search(query, "_filter")),
        ("_include", |query| search(query, "_include")),
        ("_revinclude", |query| search(query, "_revinclude")),
        ("_sort", |query| search(query, "_sort")),
        ("_total", |query| search(query, "_total")),
        ("_summary=count", |query| search(query, "_summary=count")),
        ("_lastUpdated", |query| search(query, "_lastUpdated")),
        ("composite", |query| search(query, "code-value-quantity")),
        ("quantity", |query| search(query, "value-quantity")),
        ("compartment", |query| {
            query.path.starts_with("/fhir/Patient/") && query.path.split('/').count() == 5
        }),
        ("$everything", |query| query.path.ends_with("/$everything")),
        ("$summary", |query| query.path.ends_with("/$summary")),
        ("$timeline", |query| query.path.ends_with("/$timeline")),
        ("$lastn", |query| query.path.ends_with("/$lastn")),
        ("_search", |query| query.path.ends_with("/_search")),
        ("HEAD", |query| query.method == "HEAD"),
        ("XML", |query| query.headers.iter().any(|(_, value)| value.ends_with("+xml"))),
        ("If-None-Match", |query| query.headers.iter().any(|(name, _)| name == "If-None-Match")),
        ("batch", |query| query.path == "/fhir" && query.body.contains(r#""type":"batch""#)),
    ]
}

fn writing() -> Vec<Way> {
    fn header(query: &Query, name: &str) -> bool {
        query.headers.iter().any(|(other, _)| other == name)
    }
    vec![
        ("transaction", |query| query.path == "/fhir" && query.body.contains(r#""type":"transaction""#)),
        ("PUT", |query| query.method == "PUT" && query.parameters.is_empty()),
        ("conditional PUT", |query| query.method == "PUT" && !query.parameters.is_empty()),
        ("PATCH", |query| query.method == "PATCH" && query.parameters.is_empty()),
        ("conditional PATCH", |query| query.method == "PATCH" && !query.parameters.is_empty()),
        ("DELETE", |query| query.method == "DELETE" && query.parameters.is_empty()),
        ("conditional DELETE", |query| query.method == "DELETE" && !query.parameters.is_empty()),
        ("If-Match", |query| header(query, "If-Match")),
        ("If-None-Exist", |query| header(query, "If-None-Exist")),
    ]
}

/// A third of everything is missing.
fn poorer(empty: &World) -> Pair {
    pair(empty, |steps| {
        let is_missing = |id: &str| id.len().is_multiple_of(2) || id.ends_with('5');
        let lasting = lasting(steps);
        let leaked: Vec<_> = lasting.iter().map(identity).filter(|(_, id)| is_missing(id)).collect();
        steps.iter().filter(|step| key(step).is_none_or(|key| !leaked.contains(&key))).cloned().collect()
    })
}

/// Whether one of some queries of this kind notices.
fn notices(pair: &mut Pair, writes: usize, is_one: fn(&Query) -> bool) -> bool {
    let mut asked = 0;
    (0..40_000).any(|number| {
        let query = pair.draw(writes);
        if asked >= 150 || !is_one(&query) {
            return false;
        }
        asked += 1;
        pair.compare(number, query).is_some()
    })
}

#[test]
fn every_way_of_reading_notices() {
    let mut pair = poorer(&World::shared_empty(TestDatabase::sqlite()));
    // Nothing is written, so each way starts from the same.
    let mut blind = reading();
    blind.retain(|(_, is_one)| !notices(&mut pair, 0, *is_one));
    assert!(blind.is_empty(), "these notice nothing: {blind:?}");
}

#[test]
fn every_way_of_writing_notices() {
    let empty = World::shared_empty(TestDatabase::sqlite());
    let mut blind = writing();
    // What one way changes is little beside what is missing.
    let mut pair = poorer(&empty);
    blind.retain(|(_, is_one)| !notices(&mut pair, 100, *is_one));
    assert!(blind.is_empty(), "these notice nothing: {blind:?}");
}

/// Each kind of caller sees something and is kept from something; what is left without the hidden is seen as before.
#[test]
fn the_model_agrees_with_itself() {
    let name = |prefix: &str, place: usize| format!("{prefix}-{place}");
    let cast = Cast {
        citizens: (0..4).map(|place| (name("number", place), name("citizen", place))).collect(),
        facilities: (0..3)
            .map(|it| (name("code", it), name("organization", it), name("client", it)))
            .collect(),
    };
    for seed in 0..40 {
        let steps = population(&mut Dice::new(seed), &cast);
        for kind in Kind::ALL {
            let model = Model::new(kind, &cast, &steps);
            let fates = fates(&model, &steps);
            let rest = without_secrets(&model, &steps, &fates);
            let (before, after) = (last_versions(&steps), last_versions(&rest));
            let of_rest = Model::new(kind, &cast, &rest);
            for (key, fate) in &fates {
                let sees = after.get(key).is_some_and(|(body, _)| of_rest.sees(body));
                assert_eq!(sees, *fate == Fate::Seen, "{kind:?}, seed {seed}: {key:?}: {fate:?}");
                assert!(!sees || before[key] == after[key], "{kind:?}, seed {seed}: {key:?}");
            }
            let count = |fate: Fate| fates.values().filter(|one| **one == fate).count();
            let (seen, absent) = (count(Fate::Seen), count(Fate::Absent));
            let most = if [Kind::FacilityOfficer, Kind::Auditor].contains(&kind) { 0 } else { 4 };
            assert!(seen >= most && absent >= 40, "{kind:?}, seed {seed}: {seen} seen, {absent} absent");
            if seed == 0 {
                eprintln!("{kind:?}: {seen} seen, {absent} absent, {} other", count(Fate::Other));
            }
        }
    }
}
