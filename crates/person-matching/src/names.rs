//! How names compare: part by part, in the order of words that fits best.

use crate::field::{Evidence, Field, Outcome};
use crate::name::{Name, Word};
use crate::person::{Person, Sex};
use crate::slip::is_one_slip;
use crate::weights::{evidence, is_family_name, name_weight, weight};

/// One way to read the words of a name.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) family: Option<&'a Word>,
    pub(crate) given: &'a Word,
    pub(crate) words: &'a [Word],
    is_usual: bool,
}

impl<'a> Reading<'a> {
    fn middle(&self) -> impl Iterator<Item = &'a Word> {
        let ends = (self.family.map(std::ptr::from_ref), std::ptr::from_ref(self.given));
        self.words.iter().filter(move |word| {
            ends.0 != Some(std::ptr::from_ref(*word)) && ends.1 != std::ptr::from_ref(*word)
        })
    }
}

/// The usual reading of a name.
pub(crate) fn usual_reading(name: &Name) -> Option<Reading<'_>> {
    let (family, given) = name.ends();
    Some(Reading { family, given: given?, words: name.words(), is_usual: true })
}

/// The readings of a name whose parts may be in any order: the usual one, and those that put a known family name
/// in its place (`Nam Nguyễn Văn`, `Văn Nam Nguyễn`, `Nam Văn Nguyễn`).
pub(crate) fn readings<'a>(name: &'a Name) -> Vec<Reading<'a>> {
    let words = name.words();
    let mut readings: Vec<Reading> = usual_reading(name).into_iter().collect();
    let mut add = |family: &'a Word, given: &'a Word| {
        if is_family_name(&family.letters) {
            readings.push(Reading { family: Some(family), given, words, is_usual: false });
        }
    };
    if let [first, .., last] = words {
        add(last, first);
    }
    if let [first, second, _, ..] = words {
        add(second, first);
    }
    if let [_, .., before_last, last] = words
        && words.len() > 2
    {
        add(last, before_last);
    }
    readings
}

/// The evidence of the pair of names that fits best.
pub(crate) fn compare(query: &Person, record: &Person) -> Vec<Evidence> {
    let sex = record.sex.or(query.sex);
    let mut best: Option<(i32, Vec<Evidence>)> = None;
    for reading in query.compared_names().flat_map(readings) {
        for other in record.compared_names().filter_map(usual_reading) {
            let found = compare_readings(&reading, &other, sex);
            let sum = found.iter().map(|evidence| evidence.weight).sum();
            if best.as_ref().is_none_or(|(most, _)| sum > *most) {
                best = Some((sum, found));
            }
        }
    }
    best.map(|(_, found)| found).unwrap_or_default()
}

fn compare_readings(one: &Reading, other: &Reading, sex: Option<Sex>) -> Vec<Evidence> {
    let family = match (one.family, other.family) {
        (Some(one), Some(other)) => word_evidence(Field::Family, one, other, sex),
        _ => evidence(Field::Family, Outcome::Missing),
    };
    let given = word_evidence(Field::Given, one.given, other.given, sex);
    let mut found = vec![family, given];
    found.extend(compare_middle(one, other, sex));
    if !one.is_usual {
        found.push(evidence(Field::Order, Outcome::Swapped));
    }
    found
}

fn word_evidence(field: Field, one: &Word, other: &Word, sex: Option<Sex>) -> Evidence {
    let outcome = compare_words(one, other);
    let agreement = name_weight(field, &other.letters, sex);
    let weight = match outcome {
        Outcome::Same | Outcome::Unmarked => agreement,
        // Nearly the same is never more than the same.
        _ => weight(field, outcome).min(agreement),
    };
    Evidence { field, outcome, weight }
}

fn compare_middle(one: &Reading, other: &Reading, sex: Option<Sex>) -> Option<Evidence> {
    let field = Field::Middle;
    let mut left: Vec<&Word> = one.middle().collect();
    let mut right: Vec<&Word> = other.middle().collect();
    if left.is_empty() && right.is_empty() {
        return None;
    }
    let mut agreement = 0;
    let mut worst = Outcome::Same;
    for wanted in [Outcome::Same, Outcome::Unmarked, Outcome::Marks, Outcome::Similar] {
        left.retain(|word| {
            let Some(place) = right.iter().position(|other| compare_words(word, other) == wanted) else {
                return true;
            };
            let other = right.remove(place);
            agreement += match wanted {
                Outcome::Same | Outcome::Unmarked => name_weight(field, &other.letters, sex),
                _ => weight(field, wanted),
            };
            worst = worst.max(wanted);
            false
        });
    }
    let (outcome, more) = match (left.is_empty(), right.is_empty()) {
        (true, true) => (worst, 0),
        (false, false) => (Outcome::Different, weight(field, Outcome::Different)),
        _ => (worst.max(Outcome::Missing), weight(field, Outcome::Missing)),
    };
    Some(Evidence { field, outcome, weight: agreement + more })
}

/// How two words compare: same, unmarked, marks, similar or different.
fn compare_words(one: &Word, other: &Word) -> Outcome {
    if one.letters == other.letters {
        return match (&one.marks, &other.marks) {
            (Some(one), Some(other)) if one == other => Outcome::Same,
            (Some(_), Some(_)) => Outcome::Marks,
            _ => Outcome::Unmarked,
        };
    }
    let is_short_for = |short: &Word, long: &Word| {
        short.letters.len() <= 2
            && short.letters.len() + 2 <= long.letters.len()
            && long.letters.starts_with(&short.letters)
    };
    let is_initial =
        |short: &Word, long: &Word| short.letters.len() == 1 && long.letters.starts_with(&short.letters);
    let is_similar = one.sound == other.sound
        || is_one_slip(&one.letters, &other.letters)
        || is_short_for(one, other)
        || is_short_for(other, one)
        || is_initial(one, other)
        || is_initial(other, one);
    if is_similar { Outcome::Similar } else { Outcome::Different }
}

/// How the names of two parents compare, by family name and given name.
pub(crate) fn compare_parents(one: &Name, other: &Name) -> Option<Outcome> {
    let (one, other) = (usual_reading(one)?, usual_reading(other)?);
    let given = compare_words(one.given, other.given);
    let family = match (one.family, other.family) {
        (Some(one), Some(other)) => compare_words(one, other),
        _ => Outcome::Similar,
    };
    Some(match family.max(given) {
        Outcome::Same | Outcome::Unmarked => Outcome::Same,
        Outcome::Marks | Outcome::Similar => Outcome::Similar,
        _ => Outcome::Different,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(one: &str, other: &str) -> Vec<(Field, Outcome)> {
        let person = |text| Person { names: vec![Name::whole(text)], ..Person::default() };
        let mut found: Vec<_> = compare(&person(one), &person(other))
            .into_iter()
            .map(|evidence| (evidence.field, evidence.outcome))
            .filter(|(_, outcome)| !matches!(outcome, Outcome::Same | Outcome::Unmarked))
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn what_clerks_do_to_names() {
        let name = "Nguyễn Văn Hùng";
        for same in ["Nguyễn Văn Hùng", "NGUYEN VAN HUNG", "Nguyeexn Vawn Hufng", "nguye6n4 va8n hu2ng"] {
            assert_eq!(outcomes(same, name), [], "{same}");
        }
        for swapped in ["Hùng Nguyễn Văn", "Văn Hùng Nguyễn", "Hung Van Nguyen"] {
            assert_eq!(outcomes(swapped, name), [(Field::Order, Outcome::Swapped)], "{swapped}");
        }
        assert_eq!(outcomes("Nguyễn Hùng", name), [(Field::Middle, Outcome::Missing)]);
        assert_eq!(outcomes("Nguyễn Văn Hưng", name), [(Field::Given, Outcome::Marks)]);
        assert_eq!(outcomes("Nguyễn Văn Húng", "Nguyễn Văn Hứng"), [(Field::Given, Outcome::Marks)]);
        assert_eq!(
            outcomes("Ng. V. Hùng", name),
            [(Field::Family, Outcome::Similar), (Field::Middle, Outcome::Similar)]
        );
        assert_eq!(outcomes("Nguyễn Văn Hugn", name), [(Field::Given, Outcome::Similar)]);
        assert_eq!(
            outcomes("Nguyễn Thị Lan", name),
            [(Field::Middle, Outcome::Different), (Field::Given, Outcome::Different)]
        );
        assert_eq!(
            outcomes("Hùng", name),
            [(Field::Family, Outcome::Missing), (Field::Middle, Outcome::Missing)]
        );
    }

    #[test]
    fn a_pair_of_nothing_is_no_evidence() {
        assert_eq!(outcomes("", "Nguyễn Văn Hùng"), []);
        let parents = |one: &str, other: &str| compare_parents(&Name::whole(one), &Name::whole(other));
        assert_eq!(parents("Trần Thị Mai", "TRAN MAI"), Some(Outcome::Same));
        assert_eq!(parents("Trần Thị Mai", "Trần Thị Hoa"), Some(Outcome::Different));
        assert_eq!(parents("", "Trần Thị Hoa"), None);
    }
}
