//! A person as a record or a query describes them. Everything may be missing.

use jiff::civil::Date;

use crate::date::BirthDate;
use crate::name::Name;
use crate::number::Number;

/// Sex, where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// A death that a record tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Death {
    /// The day.
    pub date: Date,
    /// The register says so, not only a clinic.
    pub is_verified: bool,
}

/// What is known of one person.
#[derive(Clone, Debug, Default)]
pub struct Person {
    /// The names, the official one first. At most four are compared.
    pub names: Vec<Name>,
    /// The birth date.
    pub birth_date: Option<BirthDate>,
    /// The sex.
    pub sex: Option<Sex>,
    /// Numbers of papers and telephones. At most sixteen are compared.
    pub numbers: Vec<Number>,
    /// Code of the province of residence.
    pub province: Option<String>,
    /// Code of the commune of residence.
    pub ward: Option<String>,
    /// The mother's name.
    pub mother: Option<Name>,
    /// The father's name.
    pub father: Option<Name>,
    /// The death, of a record.
    pub death: Option<Death>,
    /// Name, birth date and sex are checked: of a record, by the population register; of a query, by a chip or seal.
    pub is_verified: bool,
}

/// Whom a caller looks for.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// What is known of the person.
    pub person: Person,
    /// A day on which the person was seen alive: the day of a visit, not that of a late result.
    pub seen_alive: Option<Date>,
}

impl Person {
    /// Adds names and numbers that another record knows of the same person.
    pub fn learn(&mut self, other: Person) {
        self.names
            .extend(other.names.into_iter().filter(|name| !self.names.contains(name)).collect::<Vec<_>>());
        let new = |number: &Number| !self.numbers.iter().any(|own| own.is_same(number));
        self.numbers.extend(other.numbers.into_iter().filter(new).collect::<Vec<_>>());
    }

    pub(crate) fn compared_names(&self) -> impl Iterator<Item = &Name> {
        self.names.iter().filter(|name| !name.is_empty()).take(4)
    }

    pub(crate) fn compared_numbers(&self) -> impl Iterator<Item = &Number> {
        self.numbers.iter().take(16)
    }
}
