//! The port: what may be asked, and what an answer carries.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use fhir::Instant;

use crate::event::is_id;
use crate::{
    BirthDate, CardQuestion, CardReport, Cursor, Demographics, EventPage, PageSize, PeoplePage,
    PersonalNumber, RegistryError, Relationships,
};

/// Names a question, here and at the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// From at most 64 plain letters.
    pub fn new(text: &str) -> Option<Self> {
        is_id(text).then(|| Self(text.to_owned()))
    }

    /// From a drawn number.
    pub fn drawn(number: u64) -> Self {
        Self(format!("hb-{number:016x}"))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom one wants to know about.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    /// The number.
    pub number: PersonalNumber,
    /// The birth date: who asks must know somebody, not just a number.
    pub birth_date: BirthDate,
    /// The name, if it is known.
    pub name: Option<String>,
}

/// What is to be confirmed.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// The number.
    pub number: PersonalNumber,
    /// The whole name.
    pub name: String,
    /// The birth date.
    pub birth_date: BirthDate,
}

/// Without what they hold.
impl fmt::Debug for Question {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Question")
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Claim")
    }
}

/// What the registry says to a claim. Why not, it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// Number, name and birth date belong together.
    Confirmed,
    /// They do not.
    NotConfirmed,
}

/// An answer, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was answered.
    pub value: T,
    /// When it was asked.
    pub asked_at: Instant,
    /// Who has answered.
    pub source: &'static str,
    /// The version of the record at the registry, where it tells one.
    pub registry_version: Option<u64>,
    /// How long it took, all attempts together.
    pub latency: Duration,
    /// How the question was called.
    pub request_id: RequestId,
}

/// An answer on its way.
pub type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<Answer<T>, RegistryError>> + Send + 'a>>;

/// The national population registry. All of it is reading, and may be asked again.
pub trait PopulationRegistry: Send + Sync {
    /// Whether number, name and birth date belong together.
    fn verify<'a>(&'a self, id: RequestId, claim: &'a Claim) -> Asking<'a, Verification>;

    /// The record of a person.
    fn look_up<'a>(&'a self, id: RequestId, question: &'a Question) -> Asking<'a, Demographics>;

    /// The nearest of a person.
    fn relationships<'a>(&'a self, id: RequestId, question: &'a Question) -> Asking<'a, Relationships>;

    /// What happened after a place in the feed; from its beginning without one.
    fn events<'a>(
        &'a self,
        id: RequestId,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, EventPage>;
}

/// The listing of the whole population, for a book that begins. Reading, too.
pub trait PopulationListing: Send + Sync {
    /// The people of a part after a place in it; from its beginning without one.
    fn people<'a>(
        &'a self,
        id: RequestId,
        part: u16,
        after: Option<&'a Cursor>,
        size: PageSize,
    ) -> Asking<'a, PeoplePage>;
}

/// The card directory of social insurance.
pub trait CardDirectory: Send + Sync {
    /// The card of a person.
    fn card<'a>(&'a self, id: RequestId, question: &'a CardQuestion) -> Asking<'a, CardReport>;
}
