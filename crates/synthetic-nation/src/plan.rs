//! Who lives together: the seats of a household with sex and birth date, before anybody has a name.
//!
//! A plan depends on the seed, the place of the household and the calendar year, not on how many people the
//! nation has. Birth years are counted back from the year of `today`, so the nation does not grow old on the
//! shelf; inside one year the people stay the same, except that children are born on their day.

use jiff::civil::Date;

use crate::calendar::{day_of, days_between};
use crate::chance::{Chance, Key};
use crate::numbers::HOUSEHOLDS_IN_A_ROUND;
use crate::people::Sex;

/// What somebody is in the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Single,
    Father,
    Mother,
    Grandfather,
    Grandmother,
    Child,
}

/// A place at the table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seat {
    pub(crate) role: Role,
    pub(crate) sex: Sex,
    pub(crate) born: Date,
    /// Stays the same while other children come and go; the number in the key of the person.
    pub(crate) slot: u64,
}

/// A birth that a mother of the household has behind or, for less than nine months, before her.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth {
    pub(crate) date: Date,
    pub(crate) slot: u64,
    /// 1 for the first child.
    pub(crate) order: u64,
}

/// A household before its people have names.
pub(crate) struct Plan {
    pub(crate) seats: Vec<Seat>,
    pub(crate) births: Vec<Birth>,
}

/// A seat with a birth year that may still lie before us.
#[derive(Clone, Copy)]
struct Draft {
    role: Role,
    sex: Sex,
    year: i64,
    slot: u64,
    at_home: bool,
}

const FATHER: u64 = 0;
const MOTHER: u64 = 1;
const GRANDFATHER: u64 = 2;
const GRANDMOTHER: u64 = 3;
const FIRST_CHILD: u64 = 4;

/// Seats that a household can have at most; serial numbers of people leave room for so many.
pub(crate) const MOST_SEATS: u64 = 12;

/// The key of household number `index`.
pub(crate) fn household_key(nation: Key, index: u64) -> Key {
    nation.child("household", index)
}

impl Plan {
    /// The plan of household number `index`.
    pub(crate) fn draw(nation: Key, index: u64, today: Date) -> Plan {
        let this_year = i64::from(today.year());
        let years_back = years_back(nation, index, this_year);
        let key = household_key(nation, index);
        let mut plan = Plan { seats: Vec::with_capacity(6), births: Vec::new() };
        for draft in drafts(key, this_year) {
            let birthday = key.child("member", draft.slot).draw("birthday").between(0, 364);
            let born = day_of(draft.year - years_back, birthday);
            if draft.role == Role::Child && days_between(today, born) < 270 {
                plan.births.push(Birth { date: born, slot: draft.slot, order: draft.slot - FIRST_CHILD + 1 });
            }
            if draft.at_home && born <= today {
                plan.seats.push(Seat { role: draft.role, sex: draft.sex, born, slot: draft.slot });
            }
        }
        plan
    }

    /// The members of household number `index`, counted without the second look that unique numbers need.
    pub(crate) fn count(nation: Key, index: u64, today: Date) -> usize {
        Plan::draw(nation, index, today).seats.len()
    }
}

/// How many years older everybody in this household is than first drawn, so that no citizen number is given twice.
///
/// Households a million apart share the six last digits. The later one moves back in time, all its people
/// together, until it shares no pair of sex and birth year with the earlier ones. Nobody moves in the first
/// million households, and few move far before thirty million people.
fn years_back(nation: Key, index: u64, this_year: i64) -> i64 {
    let mut taken: Vec<(Sex, i64)> = Vec::new();
    let mut back = 0;
    for round in 0..=index / HOUSEHOLDS_IN_A_ROUND {
        if round == 0 && index < HOUSEHOLDS_IN_A_ROUND {
            return 0;
        }
        let earlier = round * HOUSEHOLDS_IN_A_ROUND + index % HOUSEHOLDS_IN_A_ROUND;
        let drafts = drafts(household_key(nation, earlier), this_year);
        back = (0..100)
            .find(|back| drafts.iter().all(|draft| !taken.contains(&(draft.sex, draft.year - back))))
            .unwrap_or(100);
        taken.extend(drafts.iter().map(|draft| (draft.sex, draft.year - back)));
    }
    back
}

fn drafts(key: Key, this_year: i64) -> Vec<Draft> {
    let mut chance = key.draw("seats");
    let mut drafts = Vec::with_capacity(8);
    match chance.below(1000) {
        0..105 => single(&mut chance, this_year, &mut drafts),
        105..230 => couple(&mut chance, this_year, &mut drafts),
        230..650 => {
            let mother = chance.between(22, 55);
            family(&mut chance, this_year, mother, &mut drafts);
        }
        650..735 => {
            let mother = chance.between(25, 57);
            family(&mut chance, this_year, mother, &mut drafts);
            let leaves = if chance.per_thousand(800) { Role::Father } else { Role::Mother };
            drafts.retain(|draft| draft.role != leaves);
        }
        _ => {
            let mother = chance.between(21, 49);
            family(&mut chance, this_year, mother, &mut drafts);
            grandparents(&mut chance, &mut drafts);
        }
    }
    drafts
}

fn adult(role: Role, year: i64) -> Draft {
    let (sex, slot) = match role {
        Role::Mother => (Sex::Female, MOTHER),
        Role::Grandfather => (Sex::Male, GRANDFATHER),
        Role::Grandmother => (Sex::Female, GRANDMOTHER),
        _ => (Sex::Male, FATHER),
    };
    Draft { role, sex, year, slot, at_home: true }
}

fn single(chance: &mut Chance, this_year: i64, drafts: &mut Vec<Draft>) {
    let (age, women) = match chance.below(100) {
        0..41 => (chance.between(19, 34), 440),
        41..60 => (chance.between(35, 59), 480),
        _ => (chance.between(60, 91), 740),
    };
    let sex = if chance.per_thousand(women) { Sex::Female } else { Sex::Male };
    drafts.push(Draft { role: Role::Single, sex, year: this_year - age, slot: FATHER, at_home: true });
}

fn couple(chance: &mut Chance, this_year: i64, drafts: &mut Vec<Draft>) {
    let age = if chance.per_thousand(360) { chance.between(21, 30) } else { chance.between(52, 82) };
    let mother = this_year - age;
    drafts.push(adult(Role::Father, mother - chance.between(-1, 6)));
    drafts.push(adult(Role::Mother, mother));
    if age <= 30 && chance.per_thousand(300) {
        // A first child on its way or just born.
        let year = this_year + chance.between(0, 1);
        drafts.push(child(chance, year, this_year, 0));
    }
}

fn child(chance: &mut Chance, year: i64, this_year: i64, order: u64) -> Draft {
    // At birth 111 boys to 100 girls of late, about 106 before.
    let boys = if year >= 2005 { 526 } else { 514 };
    let sex = if chance.per_thousand(boys) { Sex::Male } else { Sex::Female };
    let leaves_home = chance.between(19, 33);
    let at_home = this_year - year < leaves_home;
    Draft { role: Role::Child, sex, year, slot: FIRST_CHILD + order, at_home }
}

fn family(chance: &mut Chance, this_year: i64, mother_age: i64, drafts: &mut Vec<Draft>) {
    let mother = this_year - mother_age;
    drafts.push(adult(Role::Father, mother - chance.between(-2, 8)));
    drafts.push(adult(Role::Mother, mother));
    let wanted = match chance.below(100) {
        0..18 => 1,
        18..74 => 2,
        74..94 => 3,
        _ => 4,
    };
    let mut year = mother + chance.between(20, 30);
    for order in 0..wanted {
        if year > this_year + 1 || year > mother + 42 {
            break;
        }
        drafts.push(child(chance, year, this_year, order));
        year += chance.between(2, 6);
    }
}

fn grandparents(chance: &mut Chance, drafts: &mut Vec<Draft>) {
    let Some(father) = drafts.iter().find(|draft| draft.role == Role::Father).map(|draft| draft.year) else {
        return;
    };
    let grandmother = father - chance.between(20, 33);
    let grandfather = grandmother - chance.between(0, 5);
    if chance.per_thousand(600) {
        drafts.insert(2, adult(Role::Grandfather, grandfather));
    }
    if chance.per_thousand(850) || drafts.len() < 3 {
        drafts.insert(2, adult(Role::Grandmother, grandmother));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::date;

    use super::*;

    #[test]
    fn no_citizen_number_is_shared_over_many_rounds() {
        let nation = Key::root(9);
        let today = date(2026, 11, 25);
        for tail in 0..40 {
            let mut met = HashSet::new();
            for round in 0..10 {
                for seat in Plan::draw(nation, round * HOUSEHOLDS_IN_A_ROUND + tail, today).seats {
                    assert!(met.insert((seat.sex, seat.born.year())), "tail {tail} round {round}");
                }
            }
        }
    }

    #[test]
    fn parents_are_grown_up_and_sit_before_their_children() {
        let nation = Key::root(4);
        for index in 0..2000 {
            let plan = Plan::draw(nation, index, date(2026, 11, 25));
            let mothers: Vec<&Seat> = plan.seats.iter().filter(|seat| seat.role == Role::Mother).collect();
            let first_child = plan.seats.iter().position(|seat| seat.role == Role::Child);
            for (place, seat) in plan.seats.iter().enumerate() {
                assert!(seat.slot < MOST_SEATS);
                if seat.role == Role::Child {
                    let young = mothers.iter().any(|mother| seat.born.year() - mother.born.year() < 19);
                    assert!(!young, "household {index}");
                } else {
                    assert!(first_child.is_none_or(|child| place < child));
                }
            }
        }
    }
}
