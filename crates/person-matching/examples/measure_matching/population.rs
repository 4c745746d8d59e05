//! The truth: a population with twins, people of the same name and birth date, and families that share a telephone
//! or a card. People are those of the synthetic nation; what that lacks is added here.

use std::collections::{HashMap, HashSet};

use healthbook_person_matching::{BirthDate, Death, Name, Number, NumberKind, Person, Sex};
use jiff::civil::{Date, date};
use synthetic_nation::{Nation, Resident, Settings};

use crate::dice::Dice;

/// One person, small enough for a million of them. A number of 0 is none.
#[derive(Clone)]
pub struct Citizen {
    pub household: u64,
    pub names: Vec<&'static str>,
    pub is_female: bool,
    pub born: Date,
    pub citizen: u64,
    pub old_identity: u64,
    pub social: u64,
    pub phone: u64,
    pub province: &'static str,
    pub ward: &'static str,
    pub parents: [Option<Box<str>>; 2],
    pub died: Option<Date>,
    /// Of twins, the other one.
    pub twin: Option<u32>,
    /// Somebody else of the population has the same name and birth date.
    pub has_double: bool,
    /// How well the record is kept: 0 to 999.
    pub quality: usize,
}

pub struct Population {
    pub people: Vec<Citizen>,
    /// Every citizen number that was ever given out.
    numbers: HashSet<u64>,
}

/// Names that clerks and ears confuse; parents like them for twins.
const LIKE_TWINS: [[&str; 2]; 8] = [
    ["An", "Ân"],
    ["Hùng", "Hưng"],
    ["Anh", "Ánh"],
    ["Linh", "Lĩnh"],
    ["Thanh", "Thành"],
    ["Hoa", "Hòa"],
    ["Lan", "Lam"],
    ["Huy", "Huỳnh"],
];
const OTHER_GIVEN: [&str; 12] =
    ["Minh", "Khang", "Ngọc", "Thảo", "Phúc", "Vy", "Bảo", "Trang", "Long", "Phượng", "Hà", "Hải"];
const SECOND_MIDDLE: [&str; 10] =
    ["Thu", "Thanh", "Kim", "Hồng", "Minh", "Ngọc", "Bảo", "Như", "Quốc", "Xuân"];

pub const TODAY: Date = date(2026, 11, 25);

impl Population {
    pub fn draw(people: u32, seed: u64) -> Population {
        let dice = &mut Dice(seed);
        let mut population =
            Population { people: Vec::with_capacity(people as usize * 102 / 100), numbers: HashSet::new() };
        for resident in Nation::new(Settings { people, seed, today: TODAY }).residents() {
            let citizen = population.citizen(&resident, dice);
            population.numbers.insert(citizen.citizen);
            population.people.push(citizen);
            // About one child in seventy is one of twins.
            if resident.is_child && dice.per_thousand(14) {
                let other = population.people.len() - 1;
                let mut twin = population.twin_of(other, dice);
                twin.twin = Some(other as u32);
                population.people[other].twin = Some(other as u32 + 1);
                population.people.push(twin);
            }
        }
        population.share(dice);
        population.make_doubles(dice);
        population.mark_doubles();
        population
    }

    fn citizen(&mut self, resident: &Resident, dice: &mut Dice) -> Citizen {
        let mut names = vec![resident.family];
        names.extend(resident.middle);
        // One in four has two middle names.
        let second = *dice.pick(&SECOND_MIDDLE);
        if dice.per_thousand(250) && resident.middle != Some(second) && resident.given != second {
            names.push(second);
        }
        names.push(resident.given);
        let index = self.people.len() as u64;
        let had_old_card = resident.born.year() < 2001 && dice.per_thousand(700);
        Citizen {
            household: resident.household,
            names,
            is_female: resident.is_female,
            born: resident.born,
            citizen: digits(&resident.number),
            old_identity: if had_old_card { 1 + (index * 7_654_321 + 13) % 999_999_999 } else { 0 },
            social: if resident.card.is_some() { social_number(index) } else { 0 },
            phone: resident.phone.as_deref().map_or(0, digits),
            province: resident.province,
            ward: resident.ward,
            parents: resident.parents.clone().map(|name| name.map(Into::into)),
            died: resident.died,
            twin: None,
            has_double: false,
            quality: dice.below(1000),
        }
    }

    /// A twin of somebody, who is not in the population yet.
    pub fn twin_of(&mut self, other: usize, dice: &mut Dice) -> Citizen {
        let mut twin = self.people[other].clone();
        let last = twin.names.len() - 1;
        let given = twin.names[last];
        let alike = LIKE_TWINS.iter().find(|pair| pair.contains(&given));
        twin.names[last] = match alike {
            Some(pair) if dice.per_thousand(600) => pair[usize::from(pair[0] == given)],
            _ => **dice.pick(&OTHER_GIVEN.iter().filter(|name| **name != given).collect::<Vec<_>>()),
        };
        if dice.per_thousand(300) {
            twin.is_female = !twin.is_female;
            twin.names.retain(|name| !matches!(*name, "Thị" | "Văn"));
        }
        self.renumber(&mut twin, dice);
        twin
    }

    /// Somebody of the same name and birth date who lives elsewhere and is not in the population yet.
    pub fn double_of(&mut self, one: usize, other: usize, dice: &mut Dice) -> Citizen {
        let mut double = self.people[other].clone();
        let first = &self.people[one];
        double.names = first.names.clone();
        double.born = first.born;
        double.is_female = first.is_female;
        double.twin = None;
        self.renumber(&mut double, dice);
        double
    }

    /// Gives new numbers, which nobody has had, to somebody.
    pub fn renumber(&mut self, citizen: &mut Citizen, dice: &mut Dice) {
        let year = citizen.born.year();
        let digit = if year >= 2000 { 2 } else { 0 } + u64::from(citizen.is_female);
        let start = (99 * 10 + digit) * 100 + u64::from(year.unsigned_abs() % 100);
        citizen.citizen = loop {
            let number = start * 1_000_000 + dice.below(1_000_000) as u64;
            if self.numbers.insert(number) {
                break number;
            }
        };
        if citizen.old_identity != 0 {
            citizen.old_identity = 100_000_000 + dice.below(800_000_000) as u64;
        }
        if citizen.social != 0 {
            citizen.social = social_number(3_000_000 + self.numbers.len() as u64);
        }
    }

    /// One household in four has one telephone; children have their parents'. One child in a hundred is known
    /// by the card of a parent.
    fn share(&mut self, dice: &mut Dice) {
        for household in self.people.chunk_by_mut(|one, other| one.household == other.household) {
            let phone = household.iter().map(|person| person.phone).find(|phone| *phone != 0).unwrap_or(0);
            let card = household[0].social;
            let is_shared = dice.per_thousand(250);
            for person in household.iter_mut() {
                if is_shared || person.phone == 0 {
                    person.phone = phone;
                }
                let is_child = person.parents != [None, None];
                if is_child && person.social != 0 && card != 0 && dice.per_thousand(10) {
                    person.social = card;
                }
            }
        }
    }

    /// One person in two hundred gets a double on purpose; more have one by chance.
    fn make_doubles(&mut self, dice: &mut Dice) {
        for _ in 0..self.people.len() / 200 {
            let (one, other) = (dice.below(self.people.len()), dice.below(self.people.len()));
            if one != other && self.people[one].twin.is_none() && self.people[other].twin.is_none() {
                self.people[other] = self.double_of(one, other, dice);
            }
        }
    }

    fn mark_doubles(&mut self) {
        let mut counts: HashMap<(&[&str], Date), u32> = HashMap::new();
        for person in &self.people {
            *counts.entry((&person.names, person.born)).or_default() += 1;
        }
        let marks: Vec<bool> =
            self.people.iter().map(|person| counts[&(&person.names[..], person.born)] > 1).collect();
        self.people.iter_mut().zip(marks).for_each(|(person, mark)| person.has_double = mark);
    }
}

fn social_number(index: u64) -> u64 {
    9_000_000_000 + (index * 387_420_489 + 77) % 1_000_000_000
}

fn digits(text: &str) -> u64 {
    text.chars()
        .filter_map(|character| character.to_digit(10))
        .fold(0, |sum, digit| sum * 10 + u64::from(digit))
}

impl Citizen {
    /// The record that the store has: nine of ten are verified, some lack what old papers lacked.
    pub fn record(&self) -> Person {
        let is_verified = self.quality < 900;
        let name = self.names.join(" ");
        let mut person = Person {
            names: vec![Name::parts(self.names[0], name[self.names[0].len()..].trim())],
            birth_date: Some(BirthDate::Day(self.born)),
            sex: Some(if self.is_female { Sex::Female } else { Sex::Male }),
            province: Some(self.province.to_owned()),
            ward: Some(self.ward.to_owned()),
            mother: self.parents[0].as_deref().map(Name::whole),
            father: self.parents[1].as_deref().map(Name::whole),
            death: self.died.map(|date| Death { date, is_verified }),
            is_verified,
            ..Person::default()
        };
        for (kind, number, width) in [
            (NumberKind::Citizen, self.citizen, 12),
            (NumberKind::OldIdentity, self.old_identity, 9),
            (NumberKind::SocialInsurance, self.social, 10),
            (NumberKind::Phone, self.phone, 10),
        ] {
            let number = (number != 0).then(|| Number::new(kind, &format!("{number:0width$}"))).flatten();
            person.numbers.extend(number.map(|number| if is_verified { number.verified() } else { number }));
        }
        // Records that were typed from paper: the year stands for the day.
        if !is_verified && self.born.year() < 1970 && self.quality.is_multiple_of(4) {
            person.birth_date = Some(BirthDate::Year(self.born.year()));
        }
        person
    }
}
