//! A household with its people: the unit of the nation, a pure function of seed, place in line and day.

use jiff::civil::Date;

use crate::calendar::age;
use crate::chance::Key;
use crate::illness::long_illnesses;
use crate::insurance::{Card, Holder};
use crate::names::{PersonName, draw_ethnic_group, draw_family_name, is_matrilineal};
use crate::numbers::citizen_number;
use crate::people::{Occupation, Person, Sex};
use crate::places::{Place, draw_place};
use crate::plan::{Birth, MOST_SEATS, Plan, Role, Seat, household_key};

/// Households in a row that live in the same commune, so that even a small nation has stations with patients.
pub(crate) const NEIGHBOURS: u64 = 8;

/// People who live together.
pub(crate) struct Household {
    pub(crate) key: Key,
    pub(crate) place: Place,
    pub(crate) line: String,
    pub(crate) members: Vec<Person>,
    pub(crate) births: Vec<Birth>,
}

/// The commune of household number `index`.
pub(crate) fn place_of(nation: Key, index: u64) -> Option<Place> {
    draw_place(&mut nation.child("neighbourhood", index / NEIGHBOURS).chance())
}

/// The family names in a household.
struct FamilyNames {
    father: &'static str,
    mother: &'static str,
    grandmother: &'static str,
}

impl Household {
    /// Household number `index`; at most `room` people of it.
    pub(crate) fn draw(nation: Key, index: u64, today: Date, room: usize) -> Option<Household> {
        let place = place_of(nation, index)?;
        let key = household_key(nation, index);
        let plan = Plan::draw(nation, index, today);
        let mut chance = key.draw("family");
        let ethnic_group = draw_ethnic_group(&mut chance, place);
        let mut family_name = || draw_family_name(&mut chance, ethnic_group, place.province.region);
        let names = FamilyNames { father: family_name(), mother: family_name(), grandmother: family_name() };
        let origin = Origin { nation, index, key, place, ethnic_group, names, today };
        let members = plan.seats.iter().take(room).map(|seat| origin.person(seat)).collect();
        Some(Household { key, place, line: address_line(key, place), members, births: plan.births })
    }

    /// The first member with this role.
    pub(crate) fn member(&self, role: Role) -> Option<&Person> {
        self.members.iter().find(|person| person.role == role)
    }
}

/// What the members of a household have in common.
struct Origin {
    nation: Key,
    index: u64,
    key: Key,
    place: Place,
    ethnic_group: &'static str,
    names: FamilyNames,
    today: Date,
}

impl Origin {
    fn person(&self, seat: &Seat) -> Person {
        let key = self.key.child("member", seat.slot);
        let serial = self.index * MOST_SEATS + seat.slot;
        let birth_year = i64::from(seat.born.year());
        let number = citizen_number(self.nation, self.index, seat.sex, birth_year);
        let died = match seat.role {
            Role::Child => None,
            _ => Person::draw_death(key, seat.born, self.today),
        };
        let until = died.unwrap_or(self.today);
        let years = age(seat.born, self.today);
        let occupation = Occupation::draw(key, years, self.place.ward.is_urban);
        let holder = Holder {
            nation: self.nation,
            person: key,
            household: self.key,
            serial,
            citizen_number: &number,
            born: seat.born,
            occupation,
            ethnic_group: self.ethnic_group,
            place: self.place,
        };
        let card = Card::draw(&holder, self.today);
        Person {
            key,
            id: key.id(),
            serial,
            role: seat.role,
            sex: seat.sex,
            born: seat.born,
            name: PersonName::draw(key, self.family_name(seat), self.ethnic_group, seat.sex, birth_year),
            ethnic_group: self.ethnic_group,
            occupation,
            phone: Person::draw_phone(key, years),
            card,
            died,
            until,
            illnesses: long_illnesses(key, seat.sex, seat.born, until),
            number,
        }
    }

    /// Children carry the name of the father, in a few groups that of the mother; grandparents are his parents.
    fn family_name(&self, seat: &Seat) -> &'static str {
        let names = &self.names;
        let from_mother = is_matrilineal(self.ethnic_group);
        match seat.role {
            Role::Single if seat.sex == Sex::Female => names.mother,
            Role::Mother => names.mother,
            Role::Child if from_mother => names.mother,
            Role::Grandmother if from_mother => names.father,
            Role::Grandfather if from_mother => names.grandmother,
            Role::Grandmother => names.grandmother,
            Role::Single | Role::Father | Role::Grandfather | Role::Child => names.father,
        }
    }
}

pub(crate) fn address_line(key: Key, place: Place) -> String {
    let mut chance = key.draw("address");
    if place.ward.is_urban {
        return format!("Số {}, tổ dân phố {}", chance.between(1, 240), chance.between(1, 24));
    }
    let number = chance.between(1, 14);
    match place.province.code {
        // Southern provinces say "ấp", the highlands of the north "bản", others "thôn".
        "80" | "82" | "86" | "91" | "92" | "96" | "75" => format!("Ấp {number}"),
        "11" | "12" | "14" => format!("Bản {number}"),
        _ => format!("Thôn {number}"),
    }
}
