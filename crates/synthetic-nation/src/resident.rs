//! The people of the nation without their books: who they are, for measurements that need many of them.

use jiff::civil::Date;

use crate::household::Household;
use crate::nation::Nation;
use crate::people::{Person, Sex};
use crate::plan::Role;

/// What a population registry would know of one person.
#[derive(Clone, Debug)]
pub struct Resident {
    /// The number of the household in the nation.
    pub household: u64,
    /// The family name.
    pub family: &'static str,
    /// The middle name, which some do not have.
    pub middle: Option<&'static str>,
    /// The name that one is called by.
    pub given: &'static str,
    /// The sex is female; else it is male.
    pub is_female: bool,
    /// The birth date.
    pub born: Date,
    /// The citizen number, in the test range.
    pub number: String,
    /// The number of the insurance card: 10, 12 or 15 characters.
    pub card: Option<String>,
    /// The telephone number.
    pub phone: Option<String>,
    /// Code of the province of residence.
    pub province: &'static str,
    /// Code of the commune of residence.
    pub ward: &'static str,
    /// The day of death.
    pub died: Option<Date>,
    /// A child of the household; the others are its grown-ups.
    pub is_child: bool,
    /// The names of mother and father where they live in the same household as their child.
    pub parents: [Option<String>; 2],
}

impl Nation {
    /// All people, household by household, without making their books.
    pub fn residents(&self) -> impl Iterator<Item = Resident> + '_ {
        self.household_list().zip(0..).flat_map(|(household, number)| {
            household.members.iter().map(|person| resident(&household, number, person)).collect::<Vec<_>>()
        })
    }
}

fn resident(household: &Household, number: u64, person: &Person) -> Resident {
    let is_child = person.role == Role::Child;
    let parent = |role| household.member(role).filter(|_| is_child).map(|parent| parent.name.text());
    Resident {
        household: number,
        family: person.name.family,
        middle: person.name.middle,
        given: person.name.given,
        is_female: person.sex == Sex::Female,
        born: person.born,
        number: person.number.clone(),
        card: person.card.as_ref().map(|card| card.number.clone()),
        phone: person.phone.clone(),
        province: household.place.province.code,
        ward: household.place.ward.code,
        died: person.died,
        is_child,
        parents: [parent(Role::Mother), parent(Role::Father)],
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::Settings;

    #[test]
    fn residents_are_the_people_of_the_bundles() {
        let nation = Nation::new(Settings { people: 120, seed: 3, today: date(2026, 11, 25) });
        let books: String = nation.bundles().map(|bundle| bundle.json).collect();
        let residents: Vec<Resident> = nation.residents().collect();
        assert_eq!(residents.len(), 120);
        assert!(residents.iter().all(|resident| books.contains(&resident.number)));
        assert!(residents.iter().any(|resident| resident.is_child && resident.parents[0].is_some()));
        assert!(residents.iter().all(|resident| resident.is_child || resident.parents == [None, None]));
    }
}
