//! One person: what the population registry and the insurance know, and the illnesses they live with.

use jiff::civil::Date;

use crate::calendar::{age, day_of};
use crate::chance::{Id, Key};
use crate::illness::LongIllness;
use crate::insurance::Card;
use crate::names::PersonName;
use crate::plan::Role;

/// Sex as the registry knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

impl Sex {
    /// The code of FHIR's administrative gender.
    pub fn code(self) -> &'static str {
        match self {
            Sex::Male => "male",
            Sex::Female => "female",
        }
    }
}

/// Groups of decision 4069, as far as the nation uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occupation {
    SmallChild,
    Student,
    Retired,
    Worker,
    Farmer,
    Soldier,
    Professional,
    Administration,
    Health,
    Services,
    Other,
}

impl Occupation {
    /// Code and Vietnamese name.
    pub(crate) fn coded(self) -> (&'static str, &'static str) {
        match self {
            Occupation::SmallChild => ("01", "Trẻ < 6 tuổi đi học, <15 tuổi không đi học"),
            Occupation::Student => ("02", "Sinh viên, học sinh"),
            Occupation::Retired => ("03", "Hưu và > 60 tuổi"),
            Occupation::Worker => ("04", "Công nhân"),
            Occupation::Farmer => ("05", "Nông dân"),
            Occupation::Soldier => ("06", "Lực lượng vũ trang"),
            Occupation::Professional => ("07", "Trí thức"),
            Occupation::Administration => ("08", "Hành chính, sự nghiệp"),
            Occupation::Health => ("09", "Y tế"),
            Occupation::Services => ("10", "Dịch vụ"),
            Occupation::Other => ("99", "Khác"),
        }
    }

    /// An occupation that goes with age and place.
    pub(crate) fn draw(key: Key, years: i64, is_urban: bool) -> Occupation {
        let mut chance = key.draw("occupation");
        if years < 6 {
            return Occupation::SmallChild;
        }
        if years < 18 || (years < 23 && chance.per_thousand(450)) {
            return Occupation::Student;
        }
        if years >= 61 {
            let works = !is_urban && years < 70 && chance.per_thousand(400);
            return if works { Occupation::Farmer } else { Occupation::Retired };
        }
        let shares =
            if is_urban { [260, 30, 15, 120, 95, 20, 380, 80] } else { [240, 380, 10, 35, 50, 10, 200, 75] };
        const KINDS: [Occupation; 8] = [
            Occupation::Worker,
            Occupation::Farmer,
            Occupation::Soldier,
            Occupation::Professional,
            Occupation::Administration,
            Occupation::Health,
            Occupation::Services,
            Occupation::Other,
        ];
        let pairs: Vec<(Occupation, u64)> = KINDS.into_iter().zip(shares).collect();
        chance.weighted(&pairs, |pair| pair.1).map_or(Occupation::Other, |pair| pair.0)
    }

    /// Whether an employer pays for a yearly check-up.
    pub(crate) fn is_employed(self) -> bool {
        matches!(
            self,
            Occupation::Worker
                | Occupation::Soldier
                | Occupation::Professional
                | Occupation::Administration
                | Occupation::Health
        )
    }
}

/// A citizen of the nation.
pub(crate) struct Person {
    pub(crate) key: Key,
    pub(crate) id: Id,
    /// Tells the people of the nation apart; the base of visit codes.
    pub(crate) serial: u64,
    pub(crate) role: Role,
    pub(crate) sex: Sex,
    pub(crate) born: Date,
    pub(crate) number: String,
    pub(crate) name: PersonName,
    pub(crate) ethnic_group: &'static str,
    pub(crate) occupation: Occupation,
    pub(crate) phone: Option<String>,
    pub(crate) card: Option<Card>,
    pub(crate) died: Option<Date>,
    /// The last day of the record: today, or the day of death.
    pub(crate) until: Date,
    pub(crate) illnesses: Vec<LongIllness>,
}

impl Person {
    /// Completed years on the last day of the record.
    pub(crate) fn age(&self) -> i64 {
        age(self.born, self.until)
    }

    /// Whether somebody lives with the illness of this code on a day.
    pub(crate) fn has(&self, code: &str, on: Date) -> bool {
        self.illnesses.iter().any(|long| long.illness.code == code && long.since <= on)
    }

    /// The day of death, for a few of the old in the last two years.
    pub(crate) fn draw_death(key: Key, born: Date, today: Date) -> Option<Date> {
        let years = age(born, today);
        let mut chance = key.draw("death");
        if years < 62 || !chance.per_thousand((years - 56) as u64) {
            return None;
        }
        let year = i64::from(today.year()) - chance.between(0, 1);
        let date = day_of(year, chance.between(0, 364));
        (date < today).then_some(date)
    }

    /// A telephone number that no network gives out: real ones start with a zero and another digit.
    pub(crate) fn draw_phone(key: Key, years: i64) -> Option<String> {
        let mut chance = key.draw("phone");
        let has_phone = years >= 15 && chance.per_thousand(if years < 75 { 960 } else { 600 });
        has_phone.then(|| format!("0000 {:03} {:03}", chance.below(1000), chance.below(1000)))
    }
}
