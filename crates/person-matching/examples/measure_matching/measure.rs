//! Asks dirty queries of a population and counts what comes back.

use std::collections::BTreeSet;
use std::time::Instant;

use healthbook_person_matching::{
    Grade, MOST_CANDIDATES, MOST_OF_A_KEY, Match, Matcher, Person, Query, index_keys, query_keys,
};
use search::Hasher;

use crate::clerk;
use crate::dice::Dice;
use crate::population::{Citizen, Population};

/// Keys to people, as a table of a store would have them.
pub struct Index {
    hasher: Hasher,
    rows: Vec<(i64, u32)>,
}

impl Index {
    pub fn of(people: &[Citizen]) -> Index {
        let hasher = Hasher::new([7; 16]);
        let mut rows: Vec<(i64, u32)> = Vec::with_capacity(people.len() * 16);
        for (place, citizen) in people.iter().enumerate() {
            rows.extend(index_keys(&hasher, &citizen.record()).into_iter().map(|key| (key, place as u32)));
        }
        rows.sort_unstable();
        Index { hasher, rows }
    }

    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The candidates of a query, and whether a key was passed over because too many people have it.
    fn candidates(&self, query: &Query, scale: usize) -> (Vec<u32>, bool) {
        let mut found: Vec<&[(i64, u32)]> = query_keys(&self.hasher, query)
            .into_iter()
            .map(|key| {
                let start = self.rows.partition_point(|row| row.0 < key);
                let length = self.rows[start..].partition_point(|row| row.0 == key);
                &self.rows[start..start + length]
            })
            .collect();
        found.sort_by_key(|rows| rows.len());
        // In a larger nation there are more other people; the one who is asked for is there once.
        let scaled = |length: usize| length.saturating_sub(1) * scale + 1;
        let mut people = BTreeSet::new();
        let mut is_cut = false;
        for rows in found {
            if scaled(rows.len()) > MOST_OF_A_KEY || scaled(people.len() + rows.len()) > MOST_CANDIDATES {
                is_cut = true;
                break;
            }
            people.extend(rows.iter().map(|row| row.1));
        }
        (people.into_iter().collect(), is_cut)
    }
}

/// What was counted.
#[derive(Debug, Default)]
pub struct Counts {
    /// About people who are in the population, and of those: looked up, probable or better, certain, ranked first.
    pub known: usize,
    pub looked_up: usize,
    pub probable: usize,
    pub certain: usize,
    pub first: usize,
    /// The same, only of those who were drawn as people are, without more twins and doubles than there are.
    pub plain_known: usize,
    pub plain_probable: usize,
    pub plain_certain: usize,
    pub plain_first: usize,
    /// Certain matches that are wrong: all, with a twin, with somebody of the same name and birth date.
    pub certain_wrong: usize,
    pub certain_wrong_twin: usize,
    pub certain_wrong_double: usize,
    /// Certain matches of twins and of people with a double (right ones), and those without a verified number.
    pub certain_twin: usize,
    pub certain_double: usize,
    pub certain_without_number: usize,
    /// Queries with two certain matches.
    pub certain_twice: usize,
    /// About people who are not in the population, and of those: somebody was graded probable.
    pub unknown: usize,
    pub unknown_probable: usize,
    pub cut: usize,
    pub candidates: Vec<usize>,
    pub nanoseconds: Vec<u64>,
    /// What the people who were missed have in common.
    pub missed: Vec<String>,
}

/// Whom a query is about.
struct Subject {
    citizen: Citizen,
    relative: Citizen,
    truth: Option<u32>,
    is_plain: bool,
}

/// `scale` tells of a nation that is so many times larger: what a key may bring up is made so many times smaller instead.
pub fn run(population: &mut Population, queries: usize, seed: u64, scale: usize) -> Counts {
    let index = Index::of(&population.people);
    println!("keys per person: {:.1}", index.rows() as f64 / population.people.len() as f64);
    let matcher = Matcher::new((population.people.len() * scale) as u64);
    let dice = &mut Dice(seed);
    let strangers = Population::draw(2000.min(population.people.len() as u32), seed + 1);
    let twins = places(population, |citizen| citizen.twin.is_some());
    let doubles = places(population, |citizen| citizen.has_double);
    let mut counts = Counts::default();
    for _ in 0..queries {
        let subject = draw_subject(population, &strangers, &twins, &doubles, dice);
        let query = clerk::write(&subject.citizen, &subject.relative, dice);
        let start = Instant::now();
        let (people, is_cut) = index.candidates(&query, scale);
        let records: Vec<Person> =
            people.iter().map(|place| population.people[*place as usize].record()).collect();
        let matches = matcher.rank(&query, &records);
        counts.nanoseconds.push(start.elapsed().as_nanos() as u64);
        counts.candidates.push(people.len());
        counts.cut += usize::from(is_cut);
        counts.count(&subject, &people, &records, &matches, population);
    }
    counts.candidates.sort_unstable();
    counts.nanoseconds.sort_unstable();
    counts
}

fn places(population: &Population, is_one: impl Fn(&Citizen) -> bool) -> Vec<usize> {
    (0..population.people.len()).filter(|place| is_one(&population.people[*place])).collect()
}

/// Sixty of a hundred queries are about people as they come, twelve about twins, thirteen about people with a double,
/// fifteen about people who are not there: strangers, unknown twins, doubles and relatives of people who are.
fn draw_subject(
    population: &mut Population,
    strangers: &Population,
    twins: &[usize],
    doubles: &[usize],
    dice: &mut Dice,
) -> Subject {
    let anybody = dice.below(population.people.len());
    let kind = dice.below(100);
    let place = match kind {
        60..72 if !twins.is_empty() => *dice.pick(twins),
        72..85 if !doubles.is_empty() => *dice.pick(doubles),
        _ => anybody,
    };
    let known = population.people[place].clone();
    if kind < 85 {
        let relative = relative_of(population, place);
        return Subject { citizen: known, relative, truth: Some(place as u32), is_plain: kind < 60 };
    }
    let mut relative = known.clone();
    let mut citizen = match kind {
        85..91 => dice.pick(&strangers.people).clone(),
        91..94 => population.twin_of(place, dice),
        94..97 => {
            let elsewhere = dice.below(population.people.len());
            relative = relative_of(population, elsewhere);
            population.double_of(place, elsewhere, dice)
        }
        _ => {
            // A brother or sister: another birth date, another given name.
            let mut sibling = population.twin_of(place, dice);
            let years = 1 + dice.below(6) as i16;
            sibling.born =
                sibling.born.checked_sub(jiff::Span::new().days(i32::from(years) * 365 + 17)).unwrap();
            sibling
        }
    };
    citizen.twin = known.twin.or((91..94).contains(&kind).then_some(0));
    population.renumber(&mut citizen, dice);
    Subject { citizen, relative, truth: None, is_plain: false }
}

/// The twin, or else somebody next in line of the same household.
fn relative_of(population: &Population, place: usize) -> Citizen {
    let people = &population.people;
    let household = people[place].household;
    let next = [place.wrapping_sub(1), place + 1]
        .into_iter()
        .find(|next| people.get(*next).is_some_and(|other| other.household == household));
    let twin = people[place].twin.map(|twin| twin as usize);
    people[twin.or(next).unwrap_or(place)].clone()
}

impl Counts {
    fn count(
        &mut self,
        subject: &Subject,
        people: &[u32],
        records: &[Person],
        matches: &[Match],
        population: &Population,
    ) {
        let certain: Vec<&Match> = matches.iter().filter(|one| one.grade == Grade::Certain).collect();
        self.certain_twice += usize::from(certain.len() > 1);
        for one in &certain {
            let found = &population.people[people[one.candidate] as usize];
            let is_right = subject.truth == Some(people[one.candidate]);
            if is_right {
                self.certain_twin += usize::from(found.twin.is_some());
                self.certain_double += usize::from(found.has_double);
            } else {
                self.certain_wrong += 1;
                let same_day = found.born == subject.citizen.born;
                self.certain_wrong_twin +=
                    usize::from(same_day && found.household == subject.citizen.household);
                self.certain_wrong_double += usize::from(same_day && found.names == subject.citizen.names);
            }
            let agrees = one.evidence.iter().any(|line| {
                let number = ["citizen-number", "old-identity-number", "social-insurance-number"];
                number.contains(&line.field.code()) && line.outcome.code() == "same"
            });
            self.certain_without_number += usize::from(!agrees || !records[one.candidate].is_verified);
        }
        let Some(truth) = subject.truth else {
            self.unknown += 1;
            self.unknown_probable += usize::from(matches.iter().any(|one| one.grade >= Grade::Probable));
            return;
        };
        let found = matches.iter().find(|one| people[one.candidate] == truth);
        let is_probable = found.is_some_and(|one| one.grade >= Grade::Probable);
        let is_certain = found.is_some_and(|one| one.grade == Grade::Certain);
        let is_first = matches.first().is_some_and(|one| people[one.candidate] == truth);
        self.known += 1;
        self.looked_up += usize::from(found.is_some());
        self.probable += usize::from(is_probable);
        self.certain += usize::from(is_certain);
        self.first += usize::from(is_first);
        if subject.is_plain {
            self.plain_known += 1;
            self.plain_probable += usize::from(is_probable);
            self.plain_certain += usize::from(is_certain);
            self.plain_first += usize::from(is_first);
        }
        if !is_probable {
            self.missed.push(explain(found));
        }
    }

    /// The value below which so many in a thousand lie.
    pub fn quantile<T: Copy>(sorted: &[T], per_thousand: usize) -> T {
        sorted[(sorted.len() * per_thousand / 1000).min(sorted.len() - 1)]
    }
}

fn explain(found: Option<&Match>) -> String {
    let Some(found) = found else { return "not looked up".to_owned() };
    let lines = found.evidence.iter().filter(|line| line.weight < 300);
    let lines: Vec<String> =
        lines.map(|line| format!("{} {}", line.field.code(), line.outcome.code())).collect();
    let rules: Vec<&str> = found.rules.iter().map(|rule| rule.code()).collect();
    format!("{} [{}]", lines.join(", "), rules.join(" "))
}
