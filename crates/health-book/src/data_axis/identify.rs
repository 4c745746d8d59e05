//! Whose check-up it is: by the word of the registry, else by the books.

use exchange::check_up::Identity;
use fhir::{Instant, LogicalId};
use interactions::Problem;
use population_registry::BirthDate;

use crate::HealthBook;
use crate::ledger::{read, text};
use crate::registry::{Known, identify};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Person {
    /// This `Patient`.
    Is(LogicalId),
    /// Nobody, for this reason.
    Nobody(&'static str),
    /// The registry does not answer now.
    Later,
}

/// Finds the person.
pub(super) async fn person(book: &HealthBook, identity: &Identity, now: Instant) -> Result<Person, Problem> {
    let Some(number) = identity.number.as_deref() else { return Ok(Person::Nobody("no-number")) };
    let Ok(birth_date) = BirthDate::try_from(identity.birth_date.to_string().as_str()) else {
        return Ok(Person::Nobody("birth-date"));
    };
    if let Some(registry) = book.registry() {
        return Ok(match identify(book, registry, number, birth_date, &identity.name, now).await? {
            Known::Is(id) => Person::Is(id),
            Known::Nobody => Person::Nobody("unknown"),
            Known::Differs => Person::Nobody("mismatch"),
            Known::Away => Person::Later,
        });
    }
    let found = interactions::citizens_of_numbers(book.service(), &[number]).await?;
    let id = match found.as_slice() {
        [id] => id,
        [] => return Ok(Person::Nobody("unknown")),
        _ => return Ok(Person::Nobody("several")),
    };
    let Some(found) = read(book.service(), "Patient", id).await? else {
        return Ok(Person::Nobody("unknown"));
    };
    let born = BirthDate::try_from(text(&found.resource, "/birthDate"));
    Ok(match born.is_ok_and(|born| birth_date.agrees_with(born)) {
        true => Person::Is(id.clone()),
        false => Person::Nobody("mismatch"),
    })
}
