//! For the operator: what is not in the books, and for whom a sender may write.

use fhir::LogicalId;
use interactions::{Problem, organization_of_facility};
use record_store::{AxisState, Store};

use crate::HealthBook;
use crate::ledger::{find, items, text};
use crate::vocabulary::FACILITY_CODE;

/// System of location numbers.
const LOCATION_NUMBER: &str = "https://www.gs1.org/gln";
/// Messages that are listed.
const MOST: u32 = 10_000;

/// A message that is not in the books. Nothing of it names a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedMessage {
    /// Its `msg_id`.
    pub id: String,
    /// When it came, as text.
    pub received: String,
    /// Whether it is tried again.
    pub waits: bool,
    /// Why: a code.
    pub reason: String,
}

/// All of them, the newest first.
pub async fn parked(store: &Store) -> Result<Vec<ParkedMessage>, Problem> {
    let found = store.parked_axis_messages(MOST).await?;
    let told = found.into_iter().map(|message| ParkedMessage {
        id: message.id,
        received: message.received.to_string(),
        waits: message.state == AxisState::Waiting,
        reason: message.reason,
    });
    Ok(told.collect())
}

/// Code and `Organization` of the facility that a sender writes for: of the code where it is told, else of the location number.
pub async fn facility_of(
    book: &HealthBook,
    sender: &str,
    code: Option<&str>,
) -> Result<Option<(String, LogicalId)>, Problem> {
    if let Some(code) = code {
        let found = organization_of_facility(book.service(), code).await?;
        return Ok(found.map(|organization| (code.to_owned(), organization)));
    }
    let criteria = [("identifier", format!("{LOCATION_NUMBER}|{sender}")), ("_count", "2".to_owned())];
    let (found, _) = find(book.service(), "Organization", &criteria).await?;
    let [found] = found.as_slice() else { return Ok(None) };
    let mut identifiers = items(&found.resource, "/identifier").iter();
    let code = identifiers.find(|it| text(it, "/system") == FACILITY_CODE);
    let Some(code) = code else { return Ok(None) };
    Ok(Some((text(code, "/value").to_owned(), found.id()?)))
}
