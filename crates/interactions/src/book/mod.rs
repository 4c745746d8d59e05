//! A book read for people: at a glance and along a life (`docs/book.md`).

mod narrative;
mod sections;
mod stages;
mod summary;
mod timeline;

use access::Access;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType};
use record_store::SearchPage;
use search::Position;

pub use self::stages::LifeStage;
pub use self::summary::{Summary, SummaryProfile, summary, summary_of};
pub use self::timeline::{Event, EventKind, Timeline, timeline, timeline_of};
use crate::condition::ask;
use crate::query_text::query_text;
use crate::search::{OwnSearch, own_search};
use crate::{Problem, Service};

/// A search in one book, as the server asks it: criteria are its own, never a caller's.
struct InBook<'a> {
    service: &'a Service,
    access: &'a Access,
    patient: &'a LogicalId,
    /// What is stored later is of no matter.
    until: Instant,
}

impl InBook<'_> {
    async fn find(
        &self,
        kind: &str,
        criteria: &[(&str, &str)],
        count: u32,
        position: Position,
    ) -> Result<SearchPage, Problem> {
        let mut pairs = vec![("patient", format!("Patient/{}", self.patient))];
        pairs.extend(criteria.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let asked = OwnSearch { kind, pairs: &pairs, count, position, until: Some(self.until) };
        own_search(self.service, self.access, asked).await
    }
}

/// The one patient with an identifier (`system|value`), of those whom the caller sees: 404 when there is none, 412
/// when there are several.
pub async fn patient_of_identifier(
    service: &Service,
    access: &Access,
    pairs: &[(String, String)],
) -> Result<LogicalId, Problem> {
    let given: Vec<&String> =
        pairs.iter().filter(|(name, _)| name == "identifier").map(|(_, value)| value).collect();
    let [identifier] = given.as_slice() else { return Err(invalid("identifier")) };
    // A list would name several people.
    let is_one = identifier.split_once('|').is_some_and(|(_, value)| !value.is_empty());
    if !is_one || identifier.contains(',') {
        return Err(invalid("identifier"));
    }
    let criteria = query_text(&[("identifier".to_owned(), (*identifier).clone())]);
    let found = ask(service, access, ResourceType::PATIENT, &criteria).await?;
    found.only()?.cloned().ok_or_else(Problem::not_found)
}

pub(crate) fn invalid(name: &str) -> Problem {
    let issue = Issue::error(Fault::InvalidSearchValue { name: name.to_owned() });
    Problem::from_issue(400, issue.at(format!("http.{name}")))
}

pub(crate) fn unsupported(name: &str, operation: &str) -> Problem {
    let fault = Fault::UnsupportedParameter { name: name.to_owned(), kind: operation.to_owned() };
    Problem::from_issue(400, Issue::error(fault).at(format!("http.{name}")))
}
