//! Whose check-up it is: by the word of the registry, else by the books. Number, day of birth, name and sex must agree.

use audit_log::Action;
use exchange::check_up::{Identity, Sex};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{Problem, Refused};
use population_registry::{BirthDate, same_name};
use serde_json::Value;

use crate::HealthBook;
use crate::ledger::{items, read, text};
use crate::name::joined;
use crate::noted;
use crate::registry::{Known, identify};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    /// This `Patient`.
    Is(LogicalId),
    /// Nobody, for this reason. Whoever has the number although the message is of somebody else may learn who tried.
    Nobody(Unverified, Option<LogicalId>),
    /// The registry does not answer now.
    Later,
}

/// Why nobody is who a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unverified {
    /// The message has no number of the person.
    NoNumber,
    /// Nobody has the number.
    Unknown,
    /// Several people have the number.
    Several,
    /// The registry has somebody else under the number.
    Differs,
    /// Whoever has the number was born on another day.
    BirthDate,
    /// Whoever has the number has another name.
    Name,
    /// Whoever has the number is of the other sex.
    Sex,
}

impl Unverified {
    /// The reason of a parked message (`docs/data-axis.md`, section 4).
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoNumber => "no-number",
            Self::Unknown => "unknown",
            Self::Several => "several",
            Self::Differs | Self::BirthDate | Self::Name | Self::Sex => "mismatch",
        }
    }

    /// The code of the fault (`docs/check-up.md`, section 7).
    pub fn code(self) -> &'static str {
        match self {
            Self::NoNumber | Self::Unknown => "check-up-person-unknown",
            Self::Several => "check-up-person-several",
            Self::Differs | Self::BirthDate | Self::Name | Self::Sex => "check-up-person-differs",
        }
    }

    /// The field that does not agree. For the operator: whoever asks from outside must not learn more than that
    /// the person is not verified.
    pub fn place(self) -> &'static str {
        match self {
            Self::NoNumber | Self::Unknown | Self::Several | Self::Differs => "XML1.SO_CCCD",
            Self::BirthDate => "XML1.NGAY_SINH",
            Self::Name => "XML1.HO_TEN",
            Self::Sex => "XML1.GIOI_TINH",
        }
    }

    /// What is wrong, in English and in Vietnamese.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NoNumber | Self::Unknown => {
                ("no book has the number of the person", "không có sổ nào mang số định danh này")
            }
            Self::Several => ("several people have the number", "có nhiều người mang số định danh này"),
            Self::Differs | Self::BirthDate | Self::Name | Self::Sex => (
                "the number is that of somebody with another day of birth, name or sex",
                "số định danh thuộc về người có ngày sinh, họ tên hoặc giới tính khác",
            ),
        }
    }
}

/// Finds the person.
pub async fn person(book: &HealthBook, identity: &Identity, now: Instant) -> Result<Person, Problem> {
    let Some(number) = identity.number.as_deref() else {
        return Ok(Person::Nobody(Unverified::NoNumber, None));
    };
    let Ok(birth_date) = BirthDate::try_from(identity.birth_date.to_string().as_str()) else {
        return Ok(Person::Nobody(Unverified::BirthDate, None));
    };
    let id = match book.registry() {
        Some(registry) => match identify(book, registry, number, birth_date, &identity.name, now).await? {
            Known::Is(id) => id,
            // A registry may answer alike, that it knows nobody, where what is asked differs.
            Known::Nobody => return Ok(Person::Nobody(Unverified::Unknown, meant(book, number).await?)),
            Known::Differs => return Ok(Person::Nobody(Unverified::Differs, meant(book, number).await?)),
            Known::Away => return Ok(Person::Later),
        },
        None => match interactions::citizens_of_numbers(book.service(), &[number]).await?.as_slice() {
            [id] => id.clone(),
            [] => return Ok(Person::Nobody(Unverified::Unknown, None)),
            _ => return Ok(Person::Nobody(Unverified::Several, None)),
        },
    };
    let Some(found) = read(book.service(), "Patient", &id).await? else {
        return Ok(Person::Nobody(Unverified::Unknown, None));
    };
    Ok(match contradiction(&found.resource, identity, birth_date) {
        None => Person::Is(id),
        Some(reason) => Person::Nobody(reason, Some(id)),
    })
}

/// What of the `Patient` is not as the message says. What the book does not know contradicts nothing, but for the birth.
fn contradiction(patient: &Value, identity: &Identity, birth_date: BirthDate) -> Option<Unverified> {
    let born = BirthDate::try_from(text(patient, "/birthDate"));
    if !born.is_ok_and(|born| birth_date.agrees_with(born)) {
        return Some(Unverified::BirthDate);
    }
    let names: Vec<String> = items(patient, "/name").iter().flat_map(names_of).collect();
    if !names.is_empty() && !names.iter().any(|name| same_name(name, &identity.name)) {
        return Some(Unverified::Name);
    }
    match (text(patient, "/gender"), identity.sex) {
        ("male", Sex::Female) | ("female", Sex::Male) => Some(Unverified::Sex),
        _ => None,
    }
}

/// Notes that somebody was not who a message says: in the book of whoever has the number, else of nobody.
pub(crate) fn guessed(meant: Option<LogicalId>) {
    let (action, resource_type) = (Action::Create, ResourceType::PATIENT);
    noted::refused(&Problem::not_found(), Refused { action, resource_type, id: meant });
}

/// Whoever has the number in the books.
async fn meant(book: &HealthBook, number: &str) -> Result<Option<LogicalId>, Problem> {
    let all = interactions::citizens_of_numbers(book.service(), &[number]).await?;
    Ok(<[LogicalId; 1]>::try_from(all).ok().map(|[only]| only))
}

/// The whole name, as it is written and as its parts make it.
fn names_of(name: &Value) -> Vec<String> {
    let both = [text(name, "/text").to_owned(), joined(name)];
    both.into_iter().filter(|name| !name.trim().is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    fn found(patient: &Value) -> Option<Unverified> {
        let identity = Identity {
            number: Some("099072000417".to_owned()),
            guardian_number: None,
            name: "ĐẶNG VĂN GIẢ ĐỊNH".to_owned(),
            birth_date: date(1972, 3, 14),
            sex: Sex::Male,
        };
        contradiction(patient, &identity, BirthDate::try_from("1972-03-14").unwrap())
    }

    #[test]
    fn birth_name_and_sex_must_agree_as_far_as_the_book_knows_them() {
        let born = "1972-03-14";
        for (patient, expected) in [
            (json!({"birthDate": born}), None),
            (json!({"birthDate": "1972"}), None),
            (json!({}), Some(Unverified::BirthDate)),
            (json!({"birthDate": "1972-03-15"}), Some(Unverified::BirthDate)),
            (json!({"birthDate": born, "gender": "male", "name": [{"text": "Đặng Văn Giả Định"}]}), None),
            (json!({"birthDate": born, "name": [{"family": "Đặng", "given": ["Văn", "Giả Định"]}]}), None),
            (json!({"birthDate": born, "name": [{"text": "Khác"}, {"text": "đặng  văn giả định"}]}), None),
            (json!({"birthDate": born, "name": [{"text": "Dang Van Gia Dinh"}]}), Some(Unverified::Name)),
            (json!({"birthDate": born, "gender": "female"}), Some(Unverified::Sex)),
            (json!({"birthDate": born, "gender": "unknown"}), None),
        ] {
            assert_eq!(found(&patient), expected, "{patient}");
        }
    }
}
