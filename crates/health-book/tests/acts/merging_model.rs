//! Random merges, writes and unmerges against a model that knows nothing of books: a list of entries with what each said
//! at each moment (`docs/merging.md`, sections 1 and 5).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::merging::{finding, findings, link, unlink};
use crate::world::{World, id, on_each};

const PEOPLE: usize = 5;

/// A generator of SplitMix64.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % most as u64).unwrap()
    }
}

/// What an entry said from a step on: whose it is.
type Entry = Vec<(usize, usize)>;

#[derive(Default)]
struct Model {
    step: usize,
    entries: Vec<Entry>,
    /// Who is replaced by whom, since when.
    replaced: BTreeMap<usize, (usize, usize)>,
}

impl Model {
    fn group(&self, person: usize) -> BTreeSet<usize> {
        let mut group = BTreeSet::from([person]);
        loop {
            let before = group.len();
            for (one, (by, _)) in &self.replaced {
                if group.contains(one) || group.contains(by) {
                    group.extend([*one, *by]);
                }
            }
            if group.len() == before {
                return group;
            }
        }
    }

    fn of(&self, person: usize) -> Vec<String> {
        let group = self.group(person);
        let theirs =
            self.entries.iter().enumerate().filter(|(_, entry)| group.contains(&entry.last().unwrap().1));
        let mut names: Vec<String> = theirs.map(|(number, _)| format!("e{number}")).collect();
        names.sort();
        names
    }

    fn part(&mut self, person: usize) {
        let (by, since) = self.replaced.remove(&person).unwrap();
        let (with_by, with_person) = (self.group(by), self.group(person));
        self.step += 1;
        for entry in &mut self.entries {
            let now = entry.last().unwrap().1;
            let Some((_, then)) = entry.iter().rev().find(|(step, _)| *step < since) else { continue };
            let is_strange = with_by.contains(&now) && with_person.contains(then)
                || with_person.contains(&now) && with_by.contains(then);
            if is_strange {
                let then = *then;
                entry.push((self.step, then));
            }
        }
    }
}

fn name(person: usize) -> String {
    format!("p{person}")
}

async fn check(world: &World, model: &Model) {
    for person in 0..PEOPLE {
        assert_eq!(findings(world, &name(person)).await, model.of(person), "step {} of {person}", model.step);
    }
}

async fn walk(world: &World, seed: u64) {
    let (mut chance, mut model) = (Chance(seed), Model::default());
    for person in 0..PEOPLE {
        world.put(json!({"resourceType": "Patient", "id": name(person), "active": true})).await;
    }
    for _ in 0..40 {
        model.step += 1;
        let (one, other) = (chance.below(PEOPLE), chance.below(PEOPLE));
        match chance.below(6) {
            0 | 1 => {
                world.put(finding(&format!("e{}", model.entries.len()), &name(one))).await;
                model.entries.push(vec![(model.step, one)]);
            }
            2 if !model.entries.is_empty() => {
                // Written again, about somebody of the same book.
                let number = chance.below(model.entries.len());
                let now = model.entries[number].last().unwrap().1;
                let group: Vec<usize> = model.group(now).into_iter().collect();
                let whose = group[chance.below(group.len())];
                let mut entry = finding(&format!("e{number}"), &name(whose));
                entry["note"] = json!([{"text": format!("step {}", model.step)}]);
                world.put(entry).await;
                model.entries[number].push((model.step, whose));
            }
            3 | 4 => {
                let may = one != other && !model.replaced.contains_key(&other) && {
                    let mut above = one;
                    while let Some((by, _)) = model.replaced.get(&above) {
                        above = *by;
                    }
                    above != other
                };
                let done = link(world, &name(one), &name(other)).await;
                let is_again = model.replaced.get(&other).is_some_and(|(by, _)| *by == one);
                assert_eq!(done.is_ok(), may || is_again, "step {}: {other} into {one}", model.step);
                if may {
                    model.replaced.insert(other, (one, model.step));
                }
            }
            _ => {
                let done = match model.replaced.get(&other) {
                    Some((by, _)) => unlink(world, &name(*by), &name(other)).await,
                    None => unlink(world, &name(one), &name(other)).await,
                };
                assert_eq!(done.is_ok(), model.replaced.contains_key(&other), "step {}", model.step);
                if done.is_ok() {
                    model.part(other);
                }
            }
        }
        check(world, &model).await;
    }
    // All apart, in any order.
    while !model.replaced.is_empty() {
        let all: Vec<usize> = model.replaced.keys().copied().collect();
        let person = all[chance.below(all.len())];
        let by = model.replaced[&person].0;
        unlink(world, &name(by), &name(person)).await.unwrap();
        model.part(person);
        check(world, &model).await;
    }
    for (number, entry) in model.entries.iter().enumerate() {
        let stored = world.read("Observation", &id(&format!("e{number}"))).await;
        let versions: usize = stored["meta"]["versionId"].as_str().unwrap().parse().unwrap();
        assert_eq!(versions, entry.len(), "nothing but what the model writes makes a version of e{number}");
        assert_eq!(stored["subject"]["reference"], format!("Patient/{}", name(entry.last().unwrap().1)));
    }
}

#[test]
fn random_merges_and_writes_end_as_the_model_says() {
    let seeds = std::env::var("HEALTHBOOK_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(3);
    for seed in 0..seeds {
        on_each(move |world| async move { walk(&world, seed).await });
    }
}
