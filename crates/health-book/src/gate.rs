//! The gate, asked before an act on a book.

use access::{Access, Authority, Caller, Grantee, Interaction, Purpose, Reach, Shield};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{Problem, Service};

use crate::grants::{denials, grants};
use crate::ledger::{is_redacted, read_as};
use crate::noted::concerns;
use crate::vocabulary::kind;
use crate::who;

/// A book on which the caller may act.
pub(crate) struct Book {
    pub(crate) patient: LogicalId,
    pub(crate) access: Access,
    /// The account that acts.
    pub(crate) account: String,
    /// The citizen who acts.
    pub(crate) citizen: LogicalId,
    /// Whether the location shield hides places from the caller.
    shielded: bool,
}

impl Book {
    /// Whether it is the citizen's own.
    pub(crate) fn is_own(&self) -> bool {
        self.patient == self.citizen
    }

    /// Whether the caller must not learn which facility this resource of the book names.
    pub(crate) fn hides(&self, source: ResourceType) -> bool {
        self.shielded && Shield::is_about(source)
    }

    /// Whether a resource of the book is told to who acts: what is closed to a guardian is not.
    pub(crate) async fn tells(
        &self,
        service: &Service,
        resource_type: ResourceType,
        id: &LogicalId,
    ) -> Result<bool, Problem> {
        Ok(self.is_own() || read_as(service, &self.access, resource_type, id).await?.is_some())
    }
}

/// The book of the citizen, or of a child: then the gate must let the caller see consents as its guardian. A guardian writes
/// none by FHIR, only by these acts.
/// 404 when the caller does not see it, whether it exists or not.
pub(crate) async fn book(
    service: &Service,
    caller: &Caller,
    patient: Option<&LogicalId>,
    now: Instant,
) -> Result<Book, Problem> {
    let citizen = who::citizen(caller);
    if let Some(patient) = patient.or(citizen.as_ref().ok().map(|citizen| citizen.patient)) {
        concerns(ResourceType::PATIENT, patient);
    }
    let citizen = citizen?;
    let patient = patient.unwrap_or(citizen.patient).clone();
    let access = to_share(service, caller)?;
    let there = read_as(service, &access, ResourceType::PATIENT, &patient).await?;
    let there = there.ok_or_else(Problem::not_found)?;
    let shielded = is_redacted(&there.resource);
    let (account, citizen) = (citizen.identity.subject.clone(), citizen.patient.clone());
    let book = Book { patient, access, account, citizen, shielded };
    if book.is_own() || is_guardian(service, &book, now).await? {
        Ok(book)
    } else {
        Err(Problem::not_found())
    }
}

/// Only the own book.
pub(crate) async fn own_book(service: &Service, caller: &Caller, now: Instant) -> Result<Book, Problem> {
    book(service, caller, None, now).await
}

/// What lets a citizen write a `Consent`; a token without the scope for that may do none of the acts.
fn to_share(service: &Service, caller: &Caller) -> Result<Access, Problem> {
    Ok(service.decide(caller, Interaction::Create, Some(kind("Consent")?))?)
}

async fn is_guardian(service: &Service, book: &Book, now: Instant) -> Result<bool, Problem> {
    let consent = kind("Consent")?;
    let may = match book.access.visible() {
        Reach::Lines(lines) => {
            lines.iter().any(|line| line.authority == Authority::Guardian && line.types.contains(consent))
        }
        Reach::Everything => false,
    };
    if !may {
        return Ok(false);
    }
    let me = Grantee::Patient(book.citizen.clone());
    let granted = grants(service, &book.patient, now).await?.into_iter().any(|grant| {
        grant.authority == Authority::Guardian
            && grant.grantee.as_ref() == Some(&me)
            && grant.begins <= now
            && now < grant.ends
    });
    let closed = denials(service, &book.patient, now).await?;
    Ok(granted && !closed.close(&me, Some(Purpose::PatientRequest), now))
}

/// A token of staff that may read a `Patient` at all: the least that every act of a facility needs.
pub(crate) fn of_facility(service: &Service, caller: &Caller) -> Result<Access, Problem> {
    Ok(service.decide(caller, Interaction::Read, Some(ResourceType::PATIENT))?)
}

/// A token of an officer of a facility that reaches what there is to review. It is looked up by the server, so a scope that
/// reaches some tasks only reaches none.
pub(crate) fn of_reviews(service: &Service, caller: &Caller) -> Result<Access, Problem> {
    service.policy().scopes_cover(caller, Interaction::Search, kind("Task")?)?;
    Ok(service.decide(caller, Interaction::Search, Some(kind("Task")?))?)
}
