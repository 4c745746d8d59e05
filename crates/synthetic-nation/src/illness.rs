//! What people fall ill with: a short list of common ICD-10 codes with who gets them and what is given.

use std::sync::LazyLock;

use jiff::civil::Date;

use crate::calendar::{age, days_after};
use crate::chance::{Chance, Key};
use crate::people::Sex;
use crate::table::{number, rows};

/// How an illness goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Stays for life once it is there.
    Chronic,
    /// Passes in days, seen at the station or the regional centre.
    Acute,
    /// Needs a stay in hospital.
    Stay,
    /// No illness: the reason of a visit.
    Reason,
}

/// Where an illness is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Station,
    Centre,
    Hospital,
}

/// One row of the list.
#[derive(Debug)]
pub(crate) struct Illness {
    pub(crate) code: &'static str,
    pub(crate) name: &'static str,
    pub(crate) course: Course,
    pub(crate) level: Level,
    pub(crate) medicines: Vec<&'static str>,
    sex: &'static str,
    from_age: i64,
    until_age: i64,
    share: u64,
}

static ILLNESSES: LazyLock<Vec<Illness>> = LazyLock::new(|| {
    rows(include_str!("../data/illnesses.csv"), 8)
        .map(|row| Illness {
            code: row[0],
            name: row[1],
            course: match row[2] {
                "chronic" => Course::Chronic,
                "acute" => Course::Acute,
                "stay" => Course::Stay,
                _ => Course::Reason,
            },
            sex: row[3],
            from_age: number(row[4]) as i64,
            until_age: number(row[5]) as i64,
            share: number(row[6]),
            level: match row[7] {
                "hospital" => Level::Hospital,
                "centre" => Level::Centre,
                _ => Level::Station,
            },
            medicines: row.get(8).map_or("", |list| *list).split('|').filter(|key| !key.is_empty()).collect(),
        })
        .collect()
});

/// The row with this code.
pub(crate) fn illness(code: &str) -> Option<&'static Illness> {
    ILLNESSES.iter().find(|illness| illness.code == code)
}

/// An illness of this course that somebody of this sex and age may have today.
pub(crate) fn draw_illness(
    chance: &mut Chance,
    course: Course,
    sex: Sex,
    age: i64,
) -> Option<&'static Illness> {
    chance.weighted(&ILLNESSES, |illness| {
        let fits = illness.course == course
            && (illness.from_age..illness.until_age).contains(&age)
            && (illness.sex == "any" || illness.sex == sex.code());
        if fits { illness.share } else { 0 }
    })
}

/// An illness that somebody lives with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LongIllness {
    pub(crate) illness: &'static Illness,
    pub(crate) since: Date,
    pub(crate) key: Key,
}

/// The illnesses that somebody has acquired by a day, the oldest first.
///
/// Each illness has a share of people who have it at 75, and the day on which a person gets it follows from
/// one drawn number: the share grows with the square of the years past the first possible age.
pub(crate) fn long_illnesses(person: Key, sex: Sex, born: Date, until: Date) -> Vec<LongIllness> {
    let mut found: Vec<LongIllness> = Vec::new();
    let chronic = ILLNESSES.iter().filter(|illness| illness.course == Course::Chronic);
    for illness in chronic {
        if illness.sex != "any" && illness.sex != sex.code() || age(born, until) < illness.from_age {
            continue;
        }
        let key = person.child(illness.code, 0);
        let mut chance = key.draw("onset");
        let share = illness.share as f64 / 1000.0 * company(illness.code, &found);
        let years = (chance.part() / share).sqrt() * (75 - illness.from_age).max(12) as f64;
        let since = days_after(born, ((illness.from_age as f64 + years) * 365.25) as i64);
        if years < 70.0 && since < until {
            found.push(LongIllness { illness, since, key });
        }
    }
    found.sort_by_key(|long| long.since);
    found
}

/// Some illnesses come together: the factor by which those found already raise the share of another.
fn company(code: &str, found: &[LongIllness]) -> f64 {
    let has = |other: &str| found.iter().any(|long| long.illness.code == other);
    match code {
        "E11.9" | "E78.2" | "N18.9" | "I25.9" | "I69.4" if has("I10") => 1.7,
        "I50.9" | "I48" if has("I25.9") || has("I10") => 2.0,
        "E78.2" | "K76.0" if has("E11.9") => 1.7,
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_complete() {
        assert!(ILLNESSES.len() > 80);
        assert!(ILLNESSES.iter().all(|row| !row.name.is_empty() && row.from_age < row.until_age));
        for row in ILLNESSES.iter().filter(|row| row.course != Course::Reason) {
            assert!(row.share > 0 && ["any", "male", "female"].contains(&row.sex), "{}", row.code);
            for medicine in &row.medicines {
                assert!(crate::medicine::medicine(medicine).is_some(), "{medicine}");
            }
        }
        for code in ["Z00.0", "Z00.1", "Z34.9", "Z38.0", "O80", "O82"] {
            assert!(illness(code).is_some(), "{code}");
        }
    }
}
