//! Keys of a look-up: two descriptions of one person share at least one of them, two people seldom do.
//!
//! `docs/matching.md`, section 6, says which slip each key withstands. They are hashed under the key of the database.

use search::Hasher;

use crate::names::{Reading, readings, usual_reading};
use crate::number::{Number, NumberKind};
use crate::person::{Person, Query};

/// A key that more people share than this is passed over: it would only bring up people who are found by others too.
pub const MOST_OF_A_KEY: usize = 250;

/// Most candidates of a query: the keys that the fewest people share come first.
pub const MOST_CANDIDATES: usize = 500;

/// The keys to keep beside a record: about a dozen.
pub fn index_keys(hasher: &Hasher, person: &Person) -> Vec<i64> {
    keys(hasher, person, person.compared_names().filter_map(usual_reading))
}

/// The keys to look up for a query: those of a record, for every order that the names may be in.
pub fn query_keys(hasher: &Hasher, query: &Query) -> Vec<i64> {
    keys(hasher, &query.person, query.person.compared_names().flat_map(readings))
}

fn keys<'a>(hasher: &Hasher, person: &Person, readings: impl Iterator<Item = Reading<'a>>) -> Vec<i64> {
    let mut texts = Vec::with_capacity(16);
    for reading in readings {
        name_keys(person, &reading, &mut texts);
    }
    for number in person.compared_numbers() {
        number_keys(number, &mut texts);
    }
    let mut keys: Vec<i64> = texts.iter().map(|text| hasher.code(text)).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn name_keys(person: &Person, reading: &Reading, out: &mut Vec<String>) {
    let given = reading.given.sound.as_str();
    let family = reading.family.map_or("", |word| word.sound.as_str());
    // Sorted, for a name that is written backwards.
    let (less, more) = if family < given { (family, given) } else { (given, family) };
    if let Some(ward) = &person.ward {
        out.push(format!("match|ward|{less}|{more}|{ward}"));
    }
    let Some(birth_date) = person.birth_date else { return };
    let year = birth_date.year();
    let mut letters: Vec<&str> = reading.words.iter().map(|word| word.letters.as_str()).collect();
    letters.sort_unstable();
    out.push(format!("match|year|{}|{year}", letters.join(" ")));
    let Some((low, high)) =
        birth_date.meant_day().map(|date| (date.day().min(date.month()), date.day().max(date.month())))
    else {
        return;
    };
    out.push(format!("match|given|{given}|{year}|{low}|{high}"));
    out.push(format!("match|date|{less}|{more}|{year}|{low}|{high}"));
    out.push(format!("match|day|{less}|{more}|{low}|{high}"));
    // A slip in the given name leaves its beginning or its end.
    for (end, letter) in [("first", given.chars().next()), ("last", given.chars().next_back())] {
        if let Some(letter) = letter {
            out.push(format!("match|{end}|{family}|{letter}|{year}|{low}|{high}"));
        }
    }
}

fn number_keys(number: &Number, out: &mut Vec<String>) {
    let digits = number.digits();
    let kind = match number.kind() {
        NumberKind::Citizen => "citizen",
        NumberKind::OldIdentity => "old",
        NumberKind::SocialInsurance => "social",
        NumberKind::Phone => "phone",
    };
    out.push(format!("match|{kind}|{digits}"));
    // A slip is in the last three digits, in the three before, or before those; or two are exchanged where
    // these meet.
    if number.kind() == NumberKind::Citizen
        && let (Some(start), Some(last_three), Some(last_six)) =
            (digits.get(..6), digits.get(digits.len() - 3..), digits.get(digits.len() - 6..))
        && let Some(middle_three) = digits.get(6..9.min(digits.len()))
    {
        out.push(format!("match|citizen-start|{start}|{middle_three}"));
        out.push(format!("match|citizen-ends|{start}|{last_three}"));
        out.push(format!("match|citizen-last|{last_six}"));
        let mut sorted: Vec<char> = last_six.chars().collect();
        sorted.sort_unstable();
        out.push(format!("match|citizen-digits|{start}|{}", String::from_iter(sorted)));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::date::BirthDate;
    use crate::name::Name;

    fn meet(record: &Person, query: Person) -> bool {
        let hasher = Hasher::new([7; 16]);
        let kept = index_keys(&hasher, record);
        query_keys(&hasher, &Query { person: query, seen_alive: None }).iter().any(|key| kept.contains(key))
    }

    fn person(name: &str, birth_date: Option<BirthDate>, number: &str) -> Person {
        Person {
            names: vec![Name::whole(name)],
            birth_date,
            numbers: Number::new(NumberKind::Citizen, number).into_iter().collect(),
            ..Person::default()
        }
    }

    #[test]
    fn one_slip_does_not_lose_a_person() {
        let day = |year, month, day| Some(BirthDate::Day(date(year, month, day)));
        let record = person("Nguyễn Văn Hùng", day(1985, 3, 7), "099085123456");
        for (name, birth_date) in [
            ("NGUYEN VAN HUNG", day(1985, 3, 7)),
            ("Nguyeexn Vawn Hufng", day(1985, 7, 3)),
            ("Hùng Nguyễn Văn", day(1985, 3, 7)),
            ("Văn Hùng Nguyễn", day(1985, 3, 7)),
            ("Nguyễn Hùng", day(1985, 3, 7)),
            ("Nguyễn Văn Hugn", day(1985, 3, 7)),
            ("Nguyễn Văn Phùng", day(1985, 3, 7)),
            ("Nguyn Văn Hùng", day(1985, 3, 7)),
            ("Nguyễn Văn Hùng", day(1986, 3, 7)),
            ("Nguyễn Văn Hùng", day(1958, 3, 7)),
            ("Nguyễn Văn Hùng", day(1985, 3, 17)),
            ("Nguyễn Văn Hùng", Some(BirthDate::Year(1985))),
            ("Nguyễn Văn Hùng", day(1985, 1, 1)),
        ] {
            assert!(meet(&record, person(name, birth_date, "")), "{name} {birth_date:?}");
        }
        for number in [
            "099085123456",
            "099085123457",
            "099085124356",
            "099085213456",
            "090985123456",
            "99085123456",
            "09908512345",
        ] {
            assert!(meet(&record, person("Ai", None, number)), "{number}");
        }
        assert!(!meet(&record, person("Trần Thị Hoa", day(1999, 12, 24), "099199654321")));
    }

    proptest! {
        #[test]
        fn no_description_does_harm(name in any::<String>(), number in any::<String>(), year in any::<i16>()) {
            let person = person(&name, Some(BirthDate::Year(year)), &number);
            let hasher = Hasher::new([7; 16]);
            let kept = index_keys(&hasher, &person);
            let asked = query_keys(&hasher, &Query { person, seen_alive: None });
            prop_assert!(kept.len() < 16 && asked.len() < 40);
            prop_assert!(kept.iter().all(|key| asked.contains(key)));
        }
    }
}
