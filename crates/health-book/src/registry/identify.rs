//! Who somebody is whom a message names: asked of the registry, and the book brought up to its answer.

use fhir::{Instant, LogicalId};
use interactions::Problem;
use population_registry::{BirthDate, PersonalNumber, Question, RegistryError, RequestId};

use super::ConnectedRegistry;
use super::effects::answered;
use super::told::Told;
use crate::HealthBook;

/// What the registry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Known {
    /// It is this `Patient`.
    Is(LogicalId),
    /// Nobody has the number.
    Nobody,
    /// Name or birth date are others.
    Differs,
    /// It does not answer now.
    Away,
}

/// Asks for a number, a birth date and a name.
pub(crate) async fn identify(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    number: &str,
    birth_date: BirthDate,
    name: &str,
    now: Instant,
) -> Result<Known, Problem> {
    let Ok(number) = PersonalNumber::try_from(number) else { return Ok(Known::Nobody) };
    let question = Question { number, birth_date, name: Some(name.to_owned()) };
    let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
    match registry.port().look_up(id, &question).await {
        Ok(answer) => {
            let told = Told::answered(&answer);
            Ok(Known::Is(answered(book, &told, now).await?.patient))
        }
        Err(RegistryError::NotFound) => Ok(Known::Nobody),
        Err(RegistryError::Mismatch(_)) => Ok(Known::Differs),
        Err(error) => {
            tracing::warn!(error = %error, "the registry did not verify a message");
            Ok(Known::Away)
        }
    }
}
