//! A kind of caller between the world with secrets and the one without.

use std::env;

use super::callers::Kind;
use super::dice::Dice;
use super::model::{Model, last_versions};
use super::other_world::{Fate, fates, without_secrets};
use super::pair::{Found, Pair};
use super::population::population;
use super::query::Query;
use super::world::World;

fn number(name: &str) -> Option<usize> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// How many queries were asked for.
pub fn queries() -> Option<usize> {
    number("HEALTHBOOK_QUERIES")
}

/// From where chance starts.
pub fn seed() -> u64 {
    number("HEALTHBOOK_SEED").unwrap_or(72) as u64
}

/// How many of those that the model takes for visible are answered: those that are not.
fn unanswered(world: &mut World, seen: &[(String, String)]) -> Vec<String> {
    let paths = seen.iter().map(|(kind, id)| format!("/fhir/{kind}/{id}"));
    paths.filter(|path| world.ask(&Query::get(path.as_str())).status != 200).collect()
}

/// Fails when an answer differs, and when nothing was tried in truth.
pub fn nothing_tells(kind: Kind, seed: u64, empty: &World, count: usize) {
    let mut dice = Dice::new(seed);
    let steps = population(&mut dice, &empty.cast);
    let model = Model::new(kind, &empty.cast, &steps);
    let fates = fates(&model, &steps);
    let last = last_versions(&steps);
    let is_seen = |key: &(String, String)| fates[key] == Fate::Seen && last[key].1;
    let seen: Vec<(String, String)> = fates.keys().filter(|key| is_seen(key)).cloned().collect();
    let hidden = fates.values().filter(|fate| **fate != Fate::Seen).count();

    let mut pair = Pair::new(dice, empty, &steps, &without_secrets(&model, &steps, &fates));
    for world in [&mut pair.with, &mut pair.without] {
        world.open_for(kind.token(&empty.cast)).unwrap_or_else(|problem| panic!("{kind:?}: {problem}"));
    }
    let unanswered = unanswered(&mut pair.with, &seen);
    let found: Option<Found> = pair.ask(count);
    eprintln!(
        "{kind:?}, seed {seed}: {} visible entries ({} not answered), {hidden} hidden; {count} queries, {} entries, status {:?}",
        seen.len(),
        unanswered.len(),
        pair.entries,
        pair.told
    );
    if let Some(found) = found {
        panic!("{kind:?}, seed {seed}, {found}");
    }
    assert!(hidden >= 20, "{kind:?}: something must be hidden");
    let most = seen.len() / 5;
    assert!(unanswered.len() <= most, "{kind:?}: visible by the document, not answered: {unanswered:?}");
}
