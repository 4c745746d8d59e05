//! A message that a facility sends as it is: judged, its people verified, and written.

use access::{Actor, Caller};
use audit_log::Action;
use exchange::check_up::{self, CheckUp, Format, Raw};
use fhir::{Fault, Instant, LogicalId};
use interactions::{Problem, Refused as Refusal, organization_of_facility};

use super::identify::{Person, guessed, person};
use super::rights::check_may_write;
use super::write::{is_passing, write};
use crate::HealthBook;
use crate::noted;
use crate::refusal::internal;
use crate::vocabulary::kind;

/// The place of a fault of a record as a whole.
const WHOLE: &str = "KHAMSUCKHOE";
/// The field that says whose check-up it is.
const NUMBER: &str = "XML1.SO_CCCD";
/// The field that says where it was.
const FACILITY: &str = "XML2.MA_CSKCB";

/// What came of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Records of the message.
    pub records: usize,
    /// Resources that were not there.
    pub created: usize,
    /// Resources that have a new version.
    pub updated: usize,
    /// Resources that were there already.
    pub unchanged: usize,
    /// What is not in the books, and why.
    pub refused: Vec<Refused>,
}

/// A fault of a message, or of one of its records. It holds no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Number of the record, from 1; 0 for the message itself.
    pub record: usize,
    /// Part, row and field.
    pub place: String,
    /// The code.
    pub code: &'static str,
    /// In English.
    pub english: String,
    /// In Vietnamese.
    pub vietnamese: String,
}

/// Takes a message of a facility. A fault of the message refuses all of it; of several records each counts for itself. The same
/// again changes nothing.
pub async fn take(book: &HealthBook, caller: &Caller, text: Vec<u8>, now: Instant) -> Result<Taken, Problem> {
    let facility = facility(book, caller)?;
    let reading = tokio::task::spawn_blocking(move || {
        let format = Format::of(&text);
        (check_up::read(&text, format), text, format)
    });
    let (read, text, format) = reading.await.map_err(|_| internal())?;
    let check_ups = match read {
        Ok(check_ups) => check_ups,
        Err(faults) => {
            let refused = faults.iter().map(|fault| Refused {
                record: fault.record,
                place: fault.place(),
                code: fault.code(),
                english: fault.rule.english().to_owned(),
                vietnamese: fault.rule.vietnamese().to_owned(),
            });
            return Ok(Taken { refused: refused.collect(), ..Taken::default() });
        }
    };
    let raw = Raw::of(&text, format, &check_ups);
    let mut taken = Taken { records: check_ups.len(), ..Taken::default() };
    let writing = async {
        for (index, check_up) in check_ups.iter().enumerate() {
            match record(book, facility.as_ref(), index + 1, check_up, &raw, now, &mut taken).await {
                Ok(()) => {}
                Err(problem) if is_passing(problem.status) => return Err(problem),
                Err(problem) => taken.refused.push(not_written(index + 1, &problem)),
            }
        }
        Ok::<_, Problem>(())
    };
    interactions::message(&text).scope(writing).await?;
    Ok(taken)
}

/// Refuses whoever sends no check-ups. The log of accesses has it.
pub fn may_send(book: &HealthBook, caller: &Caller) -> Result<(), Problem> {
    let allowed = facility(book, caller).map(drop);
    if let Err(problem) = &allowed {
        let resource_type = kind("Composition")?;
        noted::refused(problem, Refusal { action: Action::Create, resource_type, id: None });
    }
    allowed
}

/// A record that its book does not take.
fn not_written(record: usize, problem: &Problem) -> Refused {
    let fault = problem.issues.first().map_or(&Fault::Internal, |issue| &issue.fault);
    Refused {
        record,
        place: WHOLE.to_owned(),
        code: fault.code(),
        english: fault.english(),
        vietnamese: fault.vietnamese(),
    }
}

async fn record(
    book: &HealthBook,
    facility: Option<&(String, LogicalId)>,
    number: usize,
    check_up: &CheckUp,
    raw: &Raw<'_>,
    now: Instant,
    taken: &mut Taken,
) -> Result<(), Problem> {
    let mut refuse = |place: &str, code, (english, vietnamese): (&str, &str)| {
        let (english, vietnamese) = (english.to_owned(), vietnamese.to_owned());
        taken.refused.push(Refused { record: number, place: place.to_owned(), code, english, vietnamese });
        Ok(())
    };
    let organization = match facility {
        Some((code, organization)) if code == check_up.facility() => Some(organization.clone()),
        Some(_) => {
            let words = ("not the facility of the sender", "không phải là cơ sở của đơn vị gửi");
            return refuse(FACILITY, "check-up-facility-foreign", words);
        }
        None => organization_of_facility(book.service(), check_up.facility()).await?,
    };
    let patient = match person(book, &check_up.identity(), now).await? {
        Person::Is(patient) => patient,
        // Which field differs is not told: it would be a way to guess the others.
        Person::Nobody(reason, meant) => {
            guessed(meant);
            return refuse(NUMBER, reason.code(), reason.words());
        }
        Person::Later => return Err(Problem::new(503, Fault::RegistryUnavailable)),
    };
    let service = book.service();
    let done = write(service, &Caller::MESSAGE, &patient, organization.as_ref(), check_up, raw).await?;
    taken.created += done.created;
    taken.updated += done.updated;
    taken.unchanged += done.unchanged;
    Ok(())
}

/// Code and `Organization` of the facility that sends; none where the server runs without sign-in. Who is no facility, or may not
/// write what a check-up is, is refused.
fn facility(book: &HealthBook, caller: &Caller) -> Result<Option<(String, LogicalId)>, Problem> {
    check_may_write(book.service(), caller)?;
    match caller {
        Caller::Unrestricted => Ok(None),
        Caller::Authenticated(identity) => match &identity.actor {
            Actor::Facility { code, organization, .. } => Ok(Some((code.clone(), organization.clone()))),
            Actor::Citizen { .. } | Actor::Officer { .. } => Err(Problem::new(403, Fault::Forbidden)),
        },
        Caller::Anonymous => Err(Problem::new(401, Fault::LoginRequired)),
        Caller::Background { .. } => Err(Problem::new(403, Fault::Forbidden)),
    }
}
