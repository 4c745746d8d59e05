//! What a citizen closes: for a facility or for everybody, all of the book or some types and labels.
//!
//! | act | who |
//! |---|---|
//! | block, list, lift | citizen, guardian |

use access::{Caller, Grantee, Purpose};
use fhir::{Instant, LogicalId};
use interactions::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::consent::{Evidence, Provision, Relation, Terms, account_of, consent};
use crate::gate::{self, Book};
use crate::guardians::is_suspension;
use crate::ledger::{self, Entry, facility, find_all, new_id, read, referred, text};
use crate::moment::{DAY, plus};
use crate::noted::{concerns, done, told};
use crate::refusal::Rule;
use crate::relations::{end_consent, of_relation};
use crate::{input, turn, vocabulary};

const MOST: usize = 500;
/// How the log of accesses names it.
const PLACE: &str = "access/blocks";
/// Seconds.
const YEAR: i64 = 366 * DAY;

/// `POST /access/blocks`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockRequest {
    /// The code of the facility; everybody when it is left out.
    pub facility: Option<String>,
    /// Until when; as long as may be when it is left out.
    pub until: Option<String>,
    /// Only these types.
    #[serde(default)]
    pub types: Vec<String>,
    /// Only what carries these labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Whether it holds in an emergency, too.
    #[serde(default)]
    pub in_emergency: bool,
    /// The version of the wording that the citizen saw.
    pub text_version: Option<String>,
    /// The book, when it is not the own one.
    pub patient: Option<String>,
}

/// What is to be closed.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub(crate) grantee: Option<Grantee>,
    pub(crate) types: Vec<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) in_emergency: bool,
    pub(crate) text_version: String,
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
}

impl Default for Close {
    fn default() -> Self {
        let begins = Instant::from_microseconds(0);
        let text_version = vocabulary::TEXT_VERSION.to_owned();
        let (types, labels) = (Vec::new(), Vec::new());
        Self { grantee: None, types, labels, in_emergency: false, text_version, begins, ends: begins }
    }
}

/// Closes.
pub async fn block(
    book: &HealthBook,
    caller: &Caller,
    request: BlockRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    let patient = request.patient.as_deref().map(LogicalId::try_from).transpose();
    let patient = patient.map_err(|_| Problem::not_found())?;
    let open = gate::book(book.service(), caller, patient.as_ref(), now).await?;
    // Nobody keeps a child from help in an emergency, or hides by a label what is closed to the guardian.
    if !open.is_own() && (request.in_emergency || !request.labels.is_empty()) {
        return Err(Rule::NotPossible.into());
    }
    input::types(book.service(), &request.types)?;
    input::labels(book.service(), &request.labels)?;
    let latest = plus(now, book.settings().longest_block);
    let ends = match &request.until {
        None => latest,
        Some(until) => input::moment("until", until)?,
    };
    if ends <= now || ends > latest {
        return Err(Rule::TooLong.into());
    }
    let grantee = match &request.facility {
        None => None,
        Some(code) => {
            let found = facility(book.service(), code).await?.ok_or(Rule::NoSuchFacility)?;
            Some(Grantee::Organization(found.id()?))
        }
    };
    let text_version = match &request.text_version {
        Some(version) => input::words("text_version", version, 1, 64)?,
        None => vocabulary::TEXT_VERSION.to_owned(),
    };
    let BlockRequest { types, labels, in_emergency, .. } = request;
    let close = Close { grantee, types, labels, in_emergency, text_version, begins: now, ends };
    let id = write(book, &open, close, "block", now).await?;
    Ok(json!({"id": id.as_str(), "begins": now.to_string(), "ends": ends.to_string()}))
}

/// Closes the own book to a facility that the log of accesses names, all of it and as long as may be. An emergency stays
/// open.
pub async fn block_organization(
    book: &HealthBook,
    caller: &Caller,
    organization: &LogicalId,
    now: Instant,
) -> Result<(), Problem> {
    let now = now.truncated_to_millis();
    let open = gate::book(book.service(), caller, None, now).await?;
    if read(book.service(), "Organization", organization).await?.is_none() {
        return Err(Rule::NoSuchFacility.into());
    }
    // Who presses twice wants one block.
    let _turn = turn::wait(book.service().store(), "block", open.patient.as_str()).await?;
    let grantee = Some(Grantee::Organization(organization.clone()));
    let ends = plus(now, book.settings().longest_block);
    // One that holds already, for every purpose but an emergency, and as long as this one would.
    let closes_all = |terms: &Terms| {
        !terms.permit
            && terms.grantee == grantee
            && terms.types.is_empty()
            && terms.labels.is_empty()
            && (terms.purposes.is_empty() || Purpose::ALL.iter().all(|it| terms.purposes.contains(it)))
            && terms.begins <= now
            && plus(terms.ends, YEAR) >= ends
    };
    if living(book, &open, now).await?.iter().any(|(_, terms)| closes_all(terms)) {
        done(&open.patient, PLACE);
        return Ok(());
    }
    let close = Close { grantee, begins: now, ends, ..Close::default() };
    write(book, &open, close, "block", now).await?;
    Ok(())
}

/// What a block of the whole own book would do to a facility, told before it is made (`POST /access/effects`).
pub async fn effects_of_block(
    book: &HealthBook,
    caller: &Caller,
    organization: &LogicalId,
    now: Instant,
) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    let open = gate::own_book(book.service(), caller, now).await?;
    if read(book.service(), "Organization", organization).await?.is_none() {
        return Err(Rule::NoSuchFacility.into());
    }
    let ends = plus(now, book.settings().longest_block);
    let grantee = Some(Grantee::Organization(organization.clone()));
    let close = Close { grantee, begins: now, ends, ..Close::default() };
    let draft = denial(&new_id()?, &open, close, "block", now).to_string();
    crate::effects::effects(book, caller, draft.as_bytes(), now).await
}

/// Writes the denial.
pub(crate) async fn write(
    book: &HealthBook,
    open: &Book,
    close: Close,
    act: &'static str,
    now: Instant,
) -> Result<LogicalId, Problem> {
    let id = new_id()?;
    let resource = denial(&id, open, close, act, now);
    ledger::write(book.service(), vec![Entry::new(resource)]).await?;
    Ok(id)
}

/// The denial as a `Consent`.
fn denial(id: &LogicalId, open: &Book, close: Close, act: &'static str, now: Instant) -> Value {
    let mut evidence = Evidence::new(act, "api", &open.account);
    evidence.citizen = Some(open.citizen.clone());
    evidence.text_version = close.text_version;
    let mut provision = Provision::deny(close.grantee, close.begins, close.ends);
    provision.types = close.types;
    provision.labels = close.labels;
    provision.in_emergency = close.in_emergency;
    consent(id, &open.patient, Relation::Block, "active", &provision, &evidence, now.truncated_to_millis())
}

/// The blocks that live.
pub async fn list(
    book: &HealthBook,
    caller: &Caller,
    patient: Option<&str>,
    now: Instant,
) -> Result<Value, Problem> {
    let patient = patient.map(LogicalId::try_from).transpose().map_err(|_| Problem::not_found())?;
    let open = gate::book(book.service(), caller, patient.as_ref(), now).await?;
    let mut shown = Vec::new();
    for (id, terms) in living(book, &open, now).await? {
        let facility = match &terms.grantee {
            Some(Grantee::Organization(id)) => Some(id.as_str()),
            _ => None,
        };
        shown.push(json!({
            "id": id.as_str(),
            "facility": facility,
            "types": terms.types,
            "labels": terms.labels,
            "in_emergency": terms.in_emergency(),
            "begins": terms.begins.to_string(),
            "ends": terms.ends.to_string(),
        }));
    }
    told(&open.patient, PLACE);
    Ok(json!({"items": shown}))
}

/// The blocks of a book that live, as far as the caller is told of them.
async fn living(book: &HealthBook, open: &Book, now: Instant) -> Result<Vec<(LogicalId, Terms)>, Problem> {
    let pairs = [
        ("patient", open.patient.to_string()),
        ("status", "active".to_owned()),
        of_relation(Relation::Block),
    ];
    let mut living = Vec::new();
    for found in find_all(book.service(), "Consent", &pairs, MOST).await? {
        let Some(terms) = Terms::read(&found.resource).filter(|terms| terms.lives(now)) else { continue };
        let id = found.id()?;
        if open.tells(book.service(), vocabulary::kind("Consent")?, &id).await? {
            living.push((id, terms));
        }
    }
    Ok(living)
}

/// A facility to which the whole own book is closed.
#[derive(Debug, Clone)]
pub struct BlockedFacility {
    /// The block.
    pub block: LogicalId,
    /// The facility.
    pub organization: LogicalId,
    /// Its name; empty when its `Organization` is gone.
    pub name: String,
}

/// The facilities to which the whole own book is closed.
pub async fn facilities(
    book: &HealthBook,
    caller: &Caller,
    now: Instant,
) -> Result<Vec<BlockedFacility>, Problem> {
    let open = gate::book(book.service(), caller, None, now).await?;
    let mut facilities = Vec::new();
    for (block, terms) in living(book, &open, now).await? {
        let Some(Grantee::Organization(organization)) = terms.grantee else { continue };
        if terms.types.is_empty() && terms.labels.is_empty() {
            let found = read(book.service(), "Organization", &organization).await?;
            let name = found.map(|found| text(&found.resource, "/name").to_owned()).unwrap_or_default();
            facilities.push(BlockedFacility { block, organization, name });
        }
    }
    Ok(facilities)
}

/// One of them, by its block. That it is told is noted: no other entry of its request says so.
pub async fn facility_of_block(
    book: &HealthBook,
    caller: &Caller,
    block: &LogicalId,
    now: Instant,
) -> Result<BlockedFacility, Problem> {
    concerns(vocabulary::kind("Consent")?, block);
    let all = facilities(book, caller, now).await?;
    let found = all.into_iter().find(|blocked| blocked.block == *block).ok_or_else(Problem::not_found)?;
    told(&gate::book(book.service(), caller, None, now).await?.patient, PLACE);
    Ok(found)
}

/// Lifts a block.
pub async fn lift(book: &HealthBook, caller: &Caller, id: &str, now: Instant) -> Result<(), Problem> {
    let now = now.truncated_to_millis();
    let id = LogicalId::try_from(id).map_err(|_| Problem::not_found())?;
    concerns(vocabulary::kind("Consent")?, &id);
    // Asked before the look-up, so that a facility learns nothing.
    crate::who::citizen(caller)?;
    let found = read(book.service(), "Consent", &id).await?.ok_or_else(Problem::not_found)?;
    let patient =
        referred(&found.resource, "/patient/reference", "Patient").ok_or_else(Problem::not_found)?;
    let open = gate::book(book.service(), caller, Some(&patient), now).await?;
    if !open.tells(book.service(), vocabulary::kind("Consent")?, &id).await? {
        return Err(Problem::not_found());
    }
    let terms = Terms::read(&found.resource).filter(|terms| terms.relation == Relation::Block);
    let terms = terms.ok_or_else(Problem::not_found)?;
    if terms.status != "active" {
        done(&patient, PLACE);
        return Ok(());
    }
    // What closes the book to a guardian is not the guardian's to lift, and while custody is disputed nobody's.
    if is_suspension(&found.resource)
        || (!open.is_own()
            && (matches!(&terms.grantee, Some(Grantee::Patient(_)))
                || account_of(&found.resource) != open.account))
    {
        return Err(Rule::NotPossible.into());
    }
    let mut evidence = Evidence::new("lift", "api", &open.account);
    evidence.citizen = Some(open.citizen.clone());
    end_consent(book, &found, &terms, &evidence, now).await
}
