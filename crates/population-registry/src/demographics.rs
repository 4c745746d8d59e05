//! What the registry knows about a person.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use crate::{BirthDate, Claim, Field, PersonalNumber, Question, same_name};

/// The sex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
    /// The registry does not say.
    Unknown,
}

/// A name in its parts, in the order in which they are said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    /// The family name.
    pub family: String,
    /// The middle names, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    /// The name that one is called by.
    pub given: String,
}

impl Name {
    /// The whole name.
    pub fn text(&self) -> String {
        let parts = [Some(self.family.as_str()), self.middle.as_deref(), Some(self.given.as_str())];
        let parts: Vec<&str> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

/// A place, in two tiers since July 2025.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Address {
    /// Code of the province, two digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub province: Option<String>,
    /// Code of the commune, five digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// House, street, hamlet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// Code of the country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// Somebody near.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relative {
    /// The whole name.
    pub name: String,
    /// The number, when it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PersonalNumber>,
}

/// The nearest, and who speaks for the person.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Relationships {
    /// The father.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub father: Option<Relative>,
    /// The mother.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mother: Option<Relative>,
    /// Husband or wife.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spouse: Option<Relative>,
    /// The guardian or other representative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representative: Option<Relative>,
    /// The head of the household.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Relative>,
    /// What the person is to the head: the registry's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head_relation: Option<String>,
}

/// Whether the number stands for somebody who lives.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Status {
    /// Alive.
    #[default]
    Alive,
    /// Dead.
    Dead {
        /// The day, or no more than the year.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        on: Option<BirthDate>,
    },
    /// The number stands for nobody any more.
    Cancelled,
    /// The number was a second one of a person who has another.
    ReplacedBy {
        /// The number that stands for the person.
        number: PersonalNumber,
    },
}

/// Most former numbers of a person.
pub(crate) const MOST_FORMER: usize = 20;

/// No more former numbers than one can look a person up by.
fn few<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<PersonalNumber>, D::Error> {
    let numbers = Vec::deserialize(deserializer)?;
    if numbers.len() > MOST_FORMER {
        return Err(D::Error::custom("too many former numbers"));
    }
    Ok(numbers)
}

/// Everything that the registry tells about a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demographics {
    /// The number.
    pub number: PersonalNumber,
    /// Numbers that were cancelled, the oldest first: 20 at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "few")]
    pub former_numbers: Vec<PersonalNumber>,
    /// The number of the old identity card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_number: Option<String>,
    /// The name.
    pub name: Name,
    /// The sex.
    pub sex: Sex,
    /// The birth date.
    pub birth_date: BirthDate,
    /// Alive, dead, cancelled, replaced.
    #[serde(default)]
    pub status: Status,
    /// Code of the ethnic group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ethnic_group: Option<String>,
    /// The registry's code of the marital status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marital_status: Option<String>,
    /// Code of the nationality.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nationality: Option<String>,
    /// Where the birth was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_place: Option<Address>,
    /// Where the family comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Address>,
    /// The registered residence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permanent: Option<Address>,
    /// Where the person lives now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Address>,
    /// The nearest.
    #[serde(default)]
    pub relationships: Relationships,
}

impl Demographics {
    /// Whether the number is, or was, one of this person.
    pub fn has_number(&self, number: &PersonalNumber) -> bool {
        self.number == *number || self.former_numbers.contains(number)
    }

    /// The fields of a question that differ from the record; the number is not among them.
    pub fn differences(&self, question: &Question) -> Vec<Field> {
        let name = question.name.as_deref().is_none_or(|name| same_name(name, &self.name.text()));
        let birth_date = question.birth_date.agrees_with(self.birth_date);
        let fields = [(name, Field::Name), (birth_date, Field::BirthDate)];
        fields.into_iter().filter(|(agrees, _)| !agrees).map(|(_, field)| field).collect()
    }

    /// Whether a claim is true of this record.
    pub fn confirms(&self, claim: &Claim) -> bool {
        self.has_number(&claim.number)
            && same_name(&claim.name, &self.name.text())
            && claim.birth_date.agrees_with(self.birth_date)
    }
}

macro_rules! silent {
    ($($type:ident)*) => {
        $(
            /// Without what it holds: it is personal.
            impl fmt::Debug for $type {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str(stringify!($type))
                }
            }
        )*
    };
}

silent!(Name Address Relative Relationships Status Demographics);
