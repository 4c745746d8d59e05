//! `$registry-lookup`: who a citizen number is, by the word of the registry.

use access::{Access, Caller, Interaction};
use audit_log::Action;
use fhir::{Fault, Instant, ResourceType};
use interactions::{Problem, Service};
use population_registry::{BirthDate, PersonalNumber, Question, RegistryError, RequestId};
use record_store::Showing;

use super::ConnectedRegistry;
use super::apply::{find, has_number, usable_age};
use super::effects::answered;
use super::patient::{identity_of, make_stale};
use super::told::{ANSWER, Told};
use crate::HealthBook;
use crate::ledger::{Found, text};
use crate::refusal::internal;

/// What the operation is called in the log.
pub(super) const NAME: &str = "Patient/$registry-lookup";

/// Who is asked for.
pub struct LookUp {
    question: Question,
}

impl LookUp {
    /// From the parameters of the operation, as [`interactions::operation_parameters`] gives them.
    pub fn read(parameters: &[(String, String)]) -> Result<Self, Problem> {
        let given = |name: &str| {
            let pair = parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str());
            let missing = || Fault::OperationParameterMissing { name: name.to_owned() };
            pair.ok_or_else(|| Problem::bad_request(missing()))
        };
        let wrong =
            |name: &str| Problem::bad_request(Fault::OperationParameterValue { name: name.to_owned() });
        let (system, value) = given("identifier")?.rsplit_once('|').ok_or_else(|| wrong("identifier"))?;
        if !interactions::is_citizen_number(system) {
            return Err(wrong("identifier"));
        }
        let number = PersonalNumber::try_from(value).map_err(|_| wrong("identifier"))?;
        let birth_date = BirthDate::try_from(given("birthDate")?).map_err(|_| wrong("birthDate"))?;
        Ok(Self { question: Question { number, birth_date, name: None } })
    }

    pub(super) fn question(&self) -> &Question {
        &self.question
    }
}

/// Asks the gate: who may register people may ask.
pub(super) fn decide(service: &Service, caller: &Caller) -> Result<Access, Problem> {
    Ok(service.decide(caller, Interaction::Create, Some(ResourceType::PATIENT))?)
}

/// Looks a person up, and answers the identity.
pub async fn look_up(
    book: &HealthBook,
    registry: &ConnectedRegistry,
    caller: &Caller,
    asked: &LookUp,
    now: Instant,
) -> Result<String, Problem> {
    let access = decide(book.service(), caller)?;
    let LookUp { question } = asked;
    let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
    let (found, age) = match registry.port().look_up(id, question).await {
        Ok(answer) => {
            let told = Told::answered(&answer);
            let found = written(book, &told, now).await?;
            registry.figures().answered(ANSWER, answer.asked_at, Instant::now());
            (found, None)
        }
        Err(RegistryError::NotFound | RegistryError::Mismatch(_)) => return Err(Problem::not_found()),
        Err(error) => {
            tracing::warn!(error = %error, "the registry did not answer a look-up");
            let (found, age) = last_known(book, question, now).await?.ok_or_else(unavailable)?;
            (found, Some(age))
        }
    };
    let mut identity = identity_of(&found.resource);
    if let Some(seconds) = age {
        make_stale(&mut identity, seconds);
    }
    note(book, &access, &found, NAME).await?;
    Ok(identity.to_string())
}

/// Brings the book up to a record.
async fn written(book: &HealthBook, told: &Told<'_>, now: Instant) -> Result<Found, Problem> {
    let applied = answered(book, told, now).await?;
    let found = crate::ledger::read(book.service(), "Patient", &applied.patient).await?;
    found.ok_or_else(internal)
}

/// What the book knows of somebody while the registry does not answer, and how old it is.
async fn last_known(
    book: &HealthBook,
    question: &Question,
    now: Instant,
) -> Result<Option<(Found, u64)>, Problem> {
    let number = question.number.as_str();
    let Some(found) = find(book.service(), &[number]).await? else { return Ok(None) };
    let born = BirthDate::try_from(text(&found.resource, "/birthDate"));
    let agrees = born.is_ok_and(|born| question.birth_date.agrees_with(born));
    let age = usable_age(&found.resource, now).filter(|_| agrees && has_number(&found.resource, number));
    Ok(age.map(|age| (found, age)))
}

/// That the identity is shown stands in the log of the person.
pub(crate) async fn note(
    book: &HealthBook,
    access: &Access,
    found: &Found,
    name: &str,
) -> Result<(), Problem> {
    let service = book.service();
    let server = service.decide(&interactions::registry::REGISTRY, Interaction::Read, None)?;
    let record = service.store().read(&server, ResourceType::PATIENT, &found.id()?).await?;
    let record = record.ok_or_else(internal)?;
    record.confirm(&Showing::begin_by(access, Action::Operation, name, "registry-lookup")?);
    Ok(())
}

pub(super) fn unavailable() -> Problem {
    Problem::new(503, Fault::RegistryUnavailable)
}
