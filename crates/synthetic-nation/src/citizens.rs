//! A whole people, one at a time: who stands at a place in line is computed from the seed, and found again by number.
//!
//! Nobody is kept in memory, so there may be a hundred million. They come in blocks of 200: of each sex and birth year
//! from 1926 to 2025 one. That is what makes a number lead back to its owner: its digits tell sex and year, and the six
//! last ones the block, in an order of their own. A block is 25 families of four generations.
//!
//! These are other people than those of a [`Nation`](crate::Nation), which knows more of fewer.

use jiff::civil::Date;

use crate::calendar::day_of;
use crate::chance::{Chance, Key};
use crate::household::address_line;
use crate::names::{PersonName, draw_ethnic_group, draw_family_name};
use crate::numbers::{shuffled, unshuffled};
use crate::people::Sex;
use crate::places::{Place, draw_place};

/// The most people there can be.
pub const MOST_CITIZENS: u64 = 100_000_000;

const IN_A_BLOCK: u64 = 200;
const FAMILIES: u64 = 25;
const SEATS: u64 = 8;
const FIRST_YEAR: i64 = 1926;
/// Years between one generation and the next; also the number of families, each a year later than the one before.
const YEARS_BETWEEN: u64 = 25;
/// Six digits name twice as many blocks as there are: the upper half is for numbers that replace others.
const MOST_BLOCKS: u64 = MOST_CITIZENS / IN_A_BLOCK;

/// A people. It holds its seed and how many there are.
#[derive(Clone, Copy, Debug)]
pub struct Citizens {
    key: Key,
    count: u64,
}

/// Which number of a person: the first one, or the one that has replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issue {
    /// Given at birth.
    First,
    /// Given when the first was cancelled.
    Second,
}

/// A name in its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainName {
    /// The family name.
    pub family: &'static str,
    /// The middle name.
    pub middle: Option<&'static str>,
    /// The name that one is called by.
    pub given: &'static str,
}

/// Where somebody lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Code of the province.
    pub province: &'static str,
    /// Code of the commune.
    pub ward: &'static str,
    /// House, street, hamlet.
    pub line: String,
}

/// The places in line of the nearest, as far as they are among the people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kin {
    /// The father.
    pub father: Option<u64>,
    /// The mother.
    pub mother: Option<u64>,
    /// Husband or wife.
    pub spouse: Option<u64>,
    /// The head of the household, who may be the person.
    pub head: Option<u64>,
}

/// Somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Citizen {
    /// The place in line.
    pub index: u64,
    /// The first number.
    pub number: String,
    /// The name.
    pub name: PlainName,
    /// The sex.
    pub sex: Sex,
    /// The birth date.
    pub born: Date,
    /// Code of the ethnic group.
    pub ethnic_group: &'static str,
    /// The home.
    pub home: Home,
    /// The nearest.
    pub kin: Kin,
}

/// Where in its block a person stands.
#[derive(Clone, Copy)]
struct Seat {
    block: u64,
    /// 0 to 24; also the years after the first of the generation.
    family: u64,
    /// 0 to 3, the oldest first.
    generation: u64,
    sex: Sex,
}

impl Seat {
    fn of(index: u64) -> Seat {
        let within = index % IN_A_BLOCK;
        let seat = within % SEATS;
        let sex = if seat.is_multiple_of(2) { Sex::Male } else { Sex::Female };
        // Neighbours in line are of different ages: 7 and 25 have no common divisor.
        Seat { block: index / IN_A_BLOCK, family: within / SEATS * 7 % FAMILIES, generation: seat / 2, sex }
    }

    fn index(self) -> u64 {
        // 7 times 18 is 1 more than a multiple of 25.
        let place = self.family * 18 % FAMILIES;
        self.block * IN_A_BLOCK + place * SEATS + self.generation * 2 + u64::from(self.sex == Sex::Female)
    }

    fn year(self) -> i64 {
        FIRST_YEAR + (self.generation * YEARS_BETWEEN + self.family) as i64
    }

    fn with(self, generation: u64, sex: Sex) -> Seat {
        Seat { generation, sex, ..self }
    }

    /// The family of the parents: for most daughters of the last generation one that is three years older, so that a
    /// son and a daughter of one year are twins in few families only.
    fn descent(self) -> Seat {
        let is_later_daughter = self.generation == 3 && self.sex == Sex::Female && self.family >= 3;
        if is_later_daughter { Seat { family: self.family - 3, ..self } } else { self }
    }

    /// Wives come from families elsewhere.
    fn has_parents(self) -> bool {
        self.generation == 3 || (self.generation > 0 && self.sex == Sex::Male)
    }
}

impl Citizens {
    /// So many people of this seed, at most [`MOST_CITIZENS`].
    pub fn new(seed: u64, count: u64) -> Citizens {
        Citizens { key: Key::root(seed).child("citizens", 0), count: count.min(MOST_CITIZENS) }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Who stands at this place in line.
    pub fn citizen(&self, index: u64) -> Option<Citizen> {
        let number = self.number(index, Issue::First)?;
        let seat = Seat::of(index);
        let place = self.place(seat)?;
        let ethnic_group = draw_ethnic_group(&mut self.family_key(seat).draw("ethnic group"), place);
        let born = day_of(seat.year(), self.key.child("birthday", index).chance().between(0, 364));
        // The young live beside the old.
        let half = self.family_key(seat).child("house", seat.generation / 2);
        Some(Citizen {
            index,
            number,
            name: self.name(index, 0)?,
            sex: seat.sex,
            born,
            ethnic_group,
            home: Home {
                province: place.province.code,
                ward: place.ward.code,
                line: address_line(half, place),
            },
            kin: self.kin(seat),
        })
    }

    /// A number of somebody.
    pub fn number(&self, index: u64, issue: Issue) -> Option<String> {
        if index >= self.count {
            return None;
        }
        let seat = Seat::of(index);
        let block = seat.block + if issue == Issue::Second { MOST_BLOCKS } else { 0 };
        let (century, sex) = (if seat.year() >= 2000 { 2 } else { 0 }, u64::from(seat.sex == Sex::Female));
        let tail = shuffled(self.number_key(seat.year(), sex), block, 6);
        Some(format!("099{}{:02}{tail:06}", century + sex, seat.year().rem_euclid(100)))
    }

    /// Whose number it is, or would be.
    pub fn find(&self, number: &str) -> Option<(u64, Issue)> {
        if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let rest = number.strip_prefix("099")?;
        let digit = |from: usize, to: usize| rest.get(from..to)?.parse::<u64>().ok();
        let (class, year, tail) = (digit(0, 1)?, digit(1, 3)?, digit(3, 9)?);
        if class > 3 {
            return None;
        }
        let year = 1900 + (class / 2 * 100 + year) as i64;
        let since = u64::try_from(year - FIRST_YEAR).ok().filter(|since| *since < 4 * YEARS_BETWEEN)?;
        let place = unshuffled(self.number_key(year, class % 2), tail, 6);
        let sex = if class.is_multiple_of(2) { Sex::Male } else { Sex::Female };
        let (generation, family) = (since / YEARS_BETWEEN, since % YEARS_BETWEEN);
        let index = Seat { block: place % MOST_BLOCKS, family, generation, sex }.index();
        let issue = if place < MOST_BLOCKS { Issue::First } else { Issue::Second };
        (index < self.count).then_some((index, issue))
    }

    /// The name at birth (0), or another one with the same family name.
    pub fn name(&self, index: u64, change: u64) -> Option<PlainName> {
        if index >= self.count {
            return None;
        }
        let seat = Seat::of(index);
        let place = self.place(seat)?;
        let owner = if seat.has_parents() || seat.sex == Sex::Male {
            self.family_key(seat).draw("family name")
        } else {
            self.key.child("maiden name", index).chance()
        };
        let mut owner = owner;
        // The names of minorities stand in another order; the registry knows one order only.
        let family = draw_family_name(&mut owner, "01", place.province.region);
        let key = self.key.child("person", index).child("name", change);
        let drawn = PersonName::draw(key, family, "01", seat.sex, seat.year());
        Some(PlainName { family: drawn.family, middle: drawn.middle, given: drawn.given })
    }

    /// A home somewhere, the same for the same word and number.
    pub fn home(&self, word: &str, number: u64) -> Option<Home> {
        let key = self.key.child(word, number);
        let place = draw_place(&mut key.draw("place"))?;
        Some(Home { province: place.province.code, ward: place.ward.code, line: address_line(key, place) })
    }

    /// A stream of numbers for other facts about somebody, the same for the same word.
    pub fn chance(&self, word: &str, index: u64) -> Chance {
        self.key.child(word, index).chance()
    }

    fn kin(&self, seat: Seat) -> Kin {
        let known = |seat: Seat| Some(seat.index()).filter(|index| *index < self.count);
        let descent = seat.descent();
        let parent = |sex| {
            let parent = descent.with(seat.generation.checked_sub(1)?, sex);
            known(parent).filter(|_| seat.has_parents())
        };
        let other = if seat.sex == Sex::Male { Sex::Female } else { Sex::Male };
        let spouse = if seat.generation < 3 { known(seat.with(seat.generation, other)) } else { None };
        let head = known(descent.with(if seat.generation < 2 { 1 } else { 2 }, Sex::Male));
        Kin { father: parent(Sex::Male), mother: parent(Sex::Female), spouse, head }
    }

    fn family_key(&self, seat: Seat) -> Key {
        let seat = seat.descent();
        self.key.child("family", seat.block * FAMILIES + seat.family)
    }

    fn place(&self, seat: Seat) -> Option<Place> {
        draw_place(&mut self.family_key(seat).draw("place"))
    }

    fn number_key(&self, year: i64, sex: u64) -> Key {
        self.key.child("numbers", (year.unsigned_abs() << 1) | sex)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_number_leads_back_to_its_owner() {
        let people = Citizens::new(7, MOST_CITIZENS);
        let mut met = HashSet::new();
        for index in (0..400).chain((0..MOST_CITIZENS).step_by(1_234_567)).chain([MOST_CITIZENS - 1]) {
            for issue in [Issue::First, Issue::Second] {
                let number = people.number(index, issue).unwrap();
                assert_eq!(people.find(&number), Some((index, issue)), "{index}");
                met.insert(number);
            }
        }
        assert_eq!(met.len(), 2 * (400 + 82));
        assert_eq!(people.number(MOST_CITIZENS, Issue::First), None);
    }

    #[test]
    fn what_is_nobodys_number_is_not_found() {
        let people = Citizens::new(7, 1_000);
        for number in
            ["", "099", "09906500000a", "001065000001", "099965000001", "099025000001", "0990650000011"]
        {
            assert_eq!(people.find(number), None, "{number}");
        }
    }

    #[test]
    fn a_larger_people_begins_with_the_smaller_one() {
        let (small, large) = (Citizens::new(3, 500), Citizens::new(3, 5_000));
        for index in [0, 17, 199, 399] {
            assert_eq!(small.citizen(index), large.citizen(index), "{index}");
        }
        assert_ne!(small.citizen(17), Citizens::new(4, 500).citizen(17));
    }

    #[test]
    fn families_hang_together() {
        let people = Citizens::new(11, 400);
        for index in 0..400 {
            let person = people.citizen(index).unwrap();
            let digits = (person.number.as_bytes()[3] - b'0', &person.number[4..6]);
            let female = u8::from(person.sex == Sex::Female);
            assert_eq!(digits.0, female + if person.born.year() >= 2000 { 2 } else { 0 });
            assert_eq!(digits.1, format!("{:02}", person.born.year() % 100));
            let Some(father) = person.kin.father else { continue };
            let father = people.citizen(father).unwrap();
            assert!((20..40).contains(&(person.born.year() - father.born.year())), "{index}");
            assert_eq!((father.name.family, father.sex), (person.name.family, Sex::Male), "{index}");
        }
    }
}
