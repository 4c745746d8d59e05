//! Ranks the candidates of a look-up.

use crate::field::{Evidence, Field, Outcome};
use crate::grade::{Ceiling, Grade, Rule, by_odds, ceiling};
use crate::household;
use crate::names;
use crate::numbers::{self, NumberEvidence};
use crate::person::{Person, Query};
use crate::weights::evidence;

/// Compares people of a population of a certain size.
#[derive(Clone, Copy, Debug)]
pub struct Matcher {
    /// The odds that a record drawn blindly is the person, in hundredths of a bit.
    prior: i32,
}

/// What became of one candidate.
#[derive(Clone, Debug)]
pub struct Match {
    /// The place of the candidate in the list that was given.
    pub candidate: usize,
    /// The grade.
    pub grade: Grade,
    /// The chance that this is the person, given the other candidates: 0 to 1.
    pub score: f64,
    /// The odds of this candidate by itself, in hundredths of a bit.
    pub odds: i32,
    /// Every comparison: how it came out and what it says.
    pub evidence: Vec<Evidence>,
    /// The rules that held the grade down.
    pub rules: Vec<Rule>,
    agrees_in_number: bool,
}

impl Matcher {
    /// A matcher for so many records. The more there are, the more of them agree by chance.
    pub fn new(records: u64) -> Matcher {
        let bits = (records.max(1) as f64).log2();
        Matcher { prior: -(bits * 100.0).round() as i32 }
    }

    /// All candidates with their grades, the best first.
    pub fn rank(&self, query: &Query, candidates: &[Person]) -> Vec<Match> {
        let mut found: Vec<Match> =
            candidates.iter().enumerate().map(|(place, record)| self.judge(query, place, record)).collect();
        let demotions: Vec<(usize, Rule)> = found
            .iter()
            .enumerate()
            .filter(|(_, one)| one.grade == Grade::Certain)
            .filter_map(|(place, one)| Some((place, rival(one, &found, candidates)?)))
            .collect();
        for (place, rule) in demotions {
            if let Some(one) = found.get_mut(place) {
                one.grade = Grade::Probable;
                one.rules.push(rule);
            }
        }
        score(&mut found);
        found.sort_by_key(|one| std::cmp::Reverse((one.grade, one.odds)));
        found
    }

    fn judge(&self, query: &Query, place: usize, record: &Person) -> Match {
        let person = &query.person;
        let numbers = numbers::compare(person, record);
        let evidence = gather(person, record, &numbers);
        let odds = self.prior + evidence.iter().map(|one| one.weight).sum::<i32>();
        let mut ceiling: Ceiling = ceiling(query, record, &numbers, &evidence);
        let by_odds = by_odds(odds);
        if by_odds < ceiling.grade {
            ceiling.rules.clear();
        }
        let agrees_in_number =
            evidence.iter().any(|one| one.field.is_identity_number() && one.outcome == Outcome::Same);
        Match {
            candidate: place,
            grade: by_odds.min(ceiling.grade),
            score: 0.0,
            odds,
            evidence,
            rules: ceiling.rules,
            agrees_in_number,
        }
    }
}

fn gather(query: &Person, record: &Person, numbers: &NumberEvidence) -> Vec<Evidence> {
    let mut found = names::compare(query, record);
    if let (Some(one), Some(other)) = (query.birth_date, record.birth_date) {
        found.push(evidence(Field::BirthDate, one.compare(other)));
    }
    if let (Some(one), Some(other)) = (query.sex, record.sex) {
        let outcome = if one == other { Outcome::Same } else { Outcome::Different };
        found.push(evidence(Field::Sex, outcome));
    }
    found.extend_from_slice(&numbers.evidence);
    found.extend(household::compare(query, record));
    household::limit(&mut found);
    found
}

/// Why another candidate forbids to be certain of this one.
fn rival(one: &Match, all: &[Match], candidates: &[Person]) -> Option<Rule> {
    let others = all.iter().filter(|other| other.candidate != one.candidate);
    let own = one.of_the_person();
    for other in others {
        if other.agrees_in_number {
            return Some(Rule::NumberShared);
        }
        let (Some(record), Some(other_record)) =
            (candidates.get(one.candidate), candidates.get(other.candidate))
        else {
            continue;
        };
        // The number is of this one, the name of that one: whose number was it? Among strangers of the same name and
        // birth date the number decides; in one household cards are mixed up.
        let fits = other.of_the_person();
        if fits > own || (fits == own && household::may_be_one(record, other_record)) {
            return Some(Rule::OtherFitsAsWell);
        }
    }
    None
}

impl Match {
    /// What names, birth date and sex say.
    fn of_the_person(&self) -> i32 {
        let own = |one: &&Evidence| !one.field.is_of_household() && !one.field.is_identity_number();
        self.evidence.iter().filter(own).map(|one| one.weight).sum()
    }
}

/// The chance of each: its odds against those of all others and of nobody being the person.
fn score(found: &mut [Match]) {
    let odds = |one: &Match| match one.grade {
        Grade::CertainlyNot => 0.0,
        _ => (f64::from(one.odds) / 100.0).exp2(),
    };
    let all = 1.0 + found.iter().map(odds).sum::<f64>();
    for one in found {
        one.score = (odds(one) / all * 10_000.0).round() / 10_000.0;
    }
}
