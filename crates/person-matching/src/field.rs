//! What is compared, how a comparison can come out, and the evidence that it makes.

use crate::number::NumberKind;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The family name.
    Family,
    /// The names between family name and given name.
    Middle,
    /// The name that one is called by.
    Given,
    /// The order of the names.
    Order,
    /// The birth date.
    BirthDate,
    /// The sex.
    Sex,
    /// The personal identification number.
    CitizenNumber,
    /// The number of the old identity card.
    OldIdentityNumber,
    /// The social insurance number.
    SocialInsuranceNumber,
    /// The telephone.
    Phone,
    /// Commune and province.
    Place,
    /// The mother's name.
    Mother,
    /// The father's name.
    Father,
}

/// How a comparison came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// They agree, after what `docs/matching.md` says is made equal.
    Same,
    /// The same letters, and on one side or both the marks are lost.
    Unmarked,
    /// The same letters under other marks.
    Marks,
    /// One slip of a finger, a spelling by sound, or an abbreviation.
    Similar,
    /// They agree in another order: of the names, or of day and month.
    Swapped,
    /// One digit wrong, missing or too many, or two neighbours exchanged.
    OneSlip,
    /// The year agrees and more is not known.
    YearOnly,
    /// The same day of the year before or after.
    YearOff,
    /// The year agrees, month and day do not.
    SameYear,
    /// Day and month agree, the year does not.
    SameDay,
    /// Another commune of the same province, or the commune is not known.
    SameProvince,
    /// One side has less than the other, and nothing contradicts.
    Missing,
    /// They differ.
    Different,
}

/// One comparison: a line of the explanation. It holds no value of either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What was compared.
    pub field: Field,
    /// How it came out.
    pub outcome: Outcome,
    /// What that says, in hundredths of a bit: 100 doubles the odds that it is one person, -100 halves them.
    pub weight: i32,
}

impl Field {
    pub(crate) const ALL: [(Field, &'static str); 13] = [
        (Field::Family, "family"),
        (Field::Middle, "middle"),
        (Field::Given, "given"),
        (Field::Order, "order"),
        (Field::BirthDate, "birth-date"),
        (Field::Sex, "sex"),
        (Field::CitizenNumber, "citizen-number"),
        (Field::OldIdentityNumber, "old-identity-number"),
        (Field::SocialInsuranceNumber, "social-insurance-number"),
        (Field::Phone, "phone"),
        (Field::Place, "place"),
        (Field::Mother, "mother"),
        (Field::Father, "father"),
    ];

    /// The name of the field in tables and explanations.
    pub fn code(self) -> &'static str {
        Field::ALL.iter().find(|(field, _)| *field == self).map_or("", |(_, code)| code)
    }

    /// Facts of a household rather than of a person.
    pub(crate) fn is_of_household(self) -> bool {
        matches!(self, Field::Phone | Field::Place | Field::Mother | Field::Father)
    }

    /// A number that belongs to one person.
    pub(crate) fn is_identity_number(self) -> bool {
        matches!(self, Field::CitizenNumber | Field::OldIdentityNumber | Field::SocialInsuranceNumber)
    }

    pub(crate) fn of_number(kind: NumberKind) -> Field {
        match kind {
            NumberKind::Citizen => Field::CitizenNumber,
            NumberKind::OldIdentity => Field::OldIdentityNumber,
            NumberKind::SocialInsurance => Field::SocialInsuranceNumber,
            NumberKind::Phone => Field::Phone,
        }
    }
}

impl Outcome {
    pub(crate) const ALL: [(Outcome, &'static str); 13] = [
        (Outcome::Same, "same"),
        (Outcome::Unmarked, "unmarked"),
        (Outcome::Marks, "marks"),
        (Outcome::Similar, "similar"),
        (Outcome::Swapped, "swapped"),
        (Outcome::OneSlip, "one-slip"),
        (Outcome::YearOnly, "year-only"),
        (Outcome::YearOff, "year-off"),
        (Outcome::SameYear, "same-year"),
        (Outcome::SameDay, "same-day"),
        (Outcome::SameProvince, "same-province"),
        (Outcome::Missing, "missing"),
        (Outcome::Different, "different"),
    ];

    /// The name of the outcome in tables and explanations.
    pub fn code(self) -> &'static str {
        Outcome::ALL.iter().find(|(outcome, _)| *outcome == self).map_or("", |(_, code)| code)
    }
}
