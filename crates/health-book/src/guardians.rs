//! Parents and guardians of a minor, as the registry or a court says. No caller of the server asks for this: it comes
//! from the registry's feed and from the operator's command line.

use access::{Grantee, Purpose};
use fhir::{Fault, Instant, LogicalId};
use interactions::Problem;
use record_store::Store;
use serde_json::Value;

use crate::HealthBook;
use crate::ages::to_come;
use crate::consent::{Evidence, Part, Provision, Relation, Terms, act_of, consent};
use crate::ledger::{Entry, Found, create, find_made_here, items, new_id, read, text, write};
use crate::moment::{birth_date, end_of};
use crate::refusal::{Rule, internal};
use crate::relations::{end_consent, of_relation};
use crate::secret::hashed;

/// Guardians of one child.
const MOST: usize = 50;
/// How often an addition is decided anew: others add guardians of the same child, or have written over what was made here.
const ROUNDS: usize = 64;
/// The act of a suspension.
const DISPUTED: &str = "custody-disputed";

/// Whose word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The population registry.
    Registry,
    /// A court.
    Court,
}

impl Source {
    fn act(self) -> &'static str {
        match self {
            Self::Registry => "guardian-registry",
            Self::Court => "guardian-court",
        }
    }
}

/// Makes exactly these the guardians of a child: adds who is missing, ends who is not among them. The same again changes
/// nothing.
pub async fn set(
    book: &HealthBook,
    child: &LogicalId,
    guardians: &[LogicalId],
    source: Source,
    now: Instant,
) -> Result<(), Problem> {
    let living = living(book, child, now).await?;
    for (found, terms) in &living {
        let stays = guardians.iter().any(|guardian| is_of(terms, guardian));
        if !stays {
            end_consent(book, found, terms, &Evidence::new(source.act(), "registry", ""), now).await?;
        }
    }
    for guardian in guardians {
        if !living.iter().any(|(_, terms)| is_of(terms, guardian)) {
            add(book, child, guardian, source, now).await?;
        }
    }
    Ok(())
}

/// What the registry says of the representative of a child. Who was guardian by its word only, and is it no more, is
/// ended; a guardian by a court stays. The same again changes nothing. `had_other`: whether there may be a guardian already.
pub(crate) async fn follow_registry(
    book: &HealthBook,
    child: &LogicalId,
    guardian: Option<&LogicalId>,
    had_other: bool,
    now: Instant,
) -> Result<(), Problem> {
    let source = Source::Registry;
    let mut known = if had_other { known(book, child).await? } else { Vec::new() };
    let mut living: Vec<_> = known.iter().filter(|(_, terms)| terms.lives(now)).collect();
    living.retain(|(found, _)| is_by_registry(&found.resource));
    let parts = if living.is_empty() { Vec::new() } else { parts_to_come(book, child, now).await? };
    let mut has_ended = false;
    for (found, terms) in living {
        let stays = guardian.is_some_and(|guardian| is_of(terms, guardian));
        // With another birth date it opens something else, until another day.
        if !stays || !has_parts(&found.resource, &parts, now) {
            end_consent(book, found, terms, &Evidence::new(source.act(), "registry", ""), now).await?;
            has_ended = true;
        }
    }
    if has_ended && guardian.is_some() {
        known = self::known(book, child).await?;
    }
    match guardian {
        Some(guardian) if guardian != child => add_to(book, child, guardian, source, known, now).await,
        _ => Ok(()),
    }
}

/// The parts of a childhood that are not over; none of who is not there or has no day of birth.
async fn parts_to_come(book: &HealthBook, child: &LogicalId, now: Instant) -> Result<Vec<Part>, Problem> {
    let found = read(book.service(), "Patient", child).await?;
    let birth = found.and_then(|found| birth_date(text(&found.resource, "/birthDate")));
    Ok(birth.map(|birth| to_come(book.service().policy().document(), birth, now)).unwrap_or_default())
}

/// Whether a guardianship opens these parts from now on.
fn has_parts(resource: &Value, parts: &[Part], now: Instant) -> bool {
    let nested = items(resource, "/provision/provision").iter();
    let nested = nested.map(|part| (end_of(text(part, "/period/end")), items(part, "/securityLabel")));
    let left: Vec<_> = nested.filter(|(ends, _)| ends.is_none_or(|ends| ends > now)).collect();
    left.len() == parts.len()
        && left.iter().zip(parts).all(|((ends, labels), part)| {
            *ends == Some(part.ends) && labels.iter().map(|label| text(label, "/code")).eq(&part.labels)
        })
}

/// Whether it is a guardianship by the word of the registry.
pub(crate) fn is_by_registry(resource: &Value) -> bool {
    act_of(resource) == Source::Registry.act()
}

fn is_of(terms: &Terms, guardian: &LogicalId) -> bool {
    terms.grantee == Some(Grantee::Patient(guardian.clone()))
}

/// The guardianships of a child that are in force.
pub(crate) async fn living(
    book: &HealthBook,
    child: &LogicalId,
    now: Instant,
) -> Result<Vec<(Found, Terms)>, Problem> {
    let known = known(book, child).await?;
    Ok(known.into_iter().filter(|(_, terms)| terms.lives(now)).collect())
}

/// All of them, also those that have ended.
async fn known(book: &HealthBook, child: &LogicalId) -> Result<Vec<(Found, Terms)>, Problem> {
    let pairs = [("patient", child.to_string()), of_relation(Relation::Guardian)];
    let found = find_made_here(book.service(), "Consent", &pairs, MOST).await?;
    let terms =
        found.into_iter().filter_map(|found| Terms::read(&found.resource).map(|terms| (found, terms)));
    Ok(terms.collect())
}

/// Adds a guardian; one who is there stays as is.
pub async fn add(
    book: &HealthBook,
    child: &LogicalId,
    guardian: &LogicalId,
    source: Source,
    now: Instant,
) -> Result<(), Problem> {
    let known = known(book, child).await?;
    add_to(book, child, guardian, source, known, now).await
}

/// The same where the guardians of the child were looked for a moment ago.
async fn add_to(
    book: &HealthBook,
    child: &LogicalId,
    guardian: &LogicalId,
    source: Source,
    mut known: Vec<(Found, Terms)>,
    now: Instant,
) -> Result<(), Problem> {
    let now = now.truncated_to_millis();
    let service = book.service();
    let there = read(service, "Patient", child).await?.ok_or_else(Problem::not_found)?;
    read(service, "Patient", guardian).await?.ok_or_else(Problem::not_found)?;
    let birth = birth_date(text(&there.resource, "/birthDate")).ok_or(Rule::NotPossible)?;
    let parts = to_come(service.policy().document(), birth, now);
    let Some(last) = parts.last() else { return Err(Rule::NotPossible.into()) };
    if child == guardian {
        return Err(Rule::NotPossible.into());
    }
    let mut provision = Provision::permit(Grantee::Patient(guardian.clone()), now, last.ends);
    provision.purpose = Some(Purpose::PatientRequest);
    provision.parts = parts;
    let channel = if source == Source::Registry { "registry" } else { "command" };
    let evidence = Evidence::new(source.act(), channel, "");
    let mut nth = 0_usize;
    for _ in 0..ROUNDS {
        let of_both = || known.iter().filter(|(_, terms)| is_of(terms, guardian));
        if of_both().any(|(_, terms)| terms.lives(now)) {
            return Ok(());
        }
        // Of several who add the same at once one makes it: the id is the first that is free. Those before are of
        // guardianships that have ended; not all of them are known, since somebody may have written over one.
        nth = nth.max(of_both().count());
        let id = id_of(service.store(), child, guardian, nth)?;
        let resource = consent(&id, child, Relation::Guardian, "active", &provision, &evidence, now);
        if create(service, &id, &resource).await? {
            return Ok(());
        }
        nth = nth.saturating_add(1);
        known = self::known(book, child).await?;
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

fn id_of(store: &Store, child: &LogicalId, guardian: &LogicalId, nth: usize) -> Result<LogicalId, Problem> {
    let mut id = hashed(store, "guardian", &format!("{child} {guardian} {nth}"));
    id.truncate(32);
    LogicalId::try_from(id.as_str()).map_err(|_| internal())
}

/// Ends a guardianship. One that is not there is none already.
pub async fn remove(
    book: &HealthBook,
    child: &LogicalId,
    guardian: &LogicalId,
    source: Source,
    now: Instant,
) -> Result<(), Problem> {
    for (found, terms) in living(book, child, now).await? {
        if is_of(&terms, guardian) {
            end_consent(book, &found, &terms, &Evidence::new(source.act(), "command", ""), now).await?;
        }
    }
    Ok(())
}

/// Custody is disputed: the book is closed to every guardian until [`resume`].
pub async fn suspend(book: &HealthBook, child: &LogicalId, now: Instant) -> Result<(), Problem> {
    let now = now.truncated_to_millis();
    let suspended = suspensions(book, child, now).await?;
    let mut entries = Vec::new();
    for (_, terms) in living(book, child, now).await? {
        if suspended.iter().any(|(_, denial)| denial.grantee == terms.grantee) {
            continue;
        }
        let provision = Provision::deny(terms.grantee.clone(), now, terms.ends);
        let evidence = Evidence::new(DISPUTED, "command", "");
        let id = new_id()?;
        entries.push(Entry::new(consent(&id, child, Relation::Block, "active", &provision, &evidence, now)));
    }
    if entries.is_empty() { Ok(()) } else { write(book.service(), entries).await }
}

/// Custody is settled.
pub async fn resume(book: &HealthBook, child: &LogicalId, now: Instant) -> Result<(), Problem> {
    for (found, terms) in suspensions(book, child, now).await? {
        end_consent(book, &found, &terms, &Evidence::new("custody-settled", "command", ""), now).await?;
    }
    Ok(())
}

/// Whether a block stands for disputed custody: only [`resume`] lifts it.
pub(crate) fn is_suspension(resource: &Value) -> bool {
    act_of(resource) == DISPUTED
}

async fn suspensions(
    book: &HealthBook,
    child: &LogicalId,
    now: Instant,
) -> Result<Vec<(Found, Terms)>, Problem> {
    let pairs = [("patient", child.to_string()), of_relation(Relation::Block)];
    let found = find_made_here(book.service(), "Consent", &pairs, 500).await?;
    let ours = found.into_iter().filter(|found| is_suspension(&found.resource));
    let terms = ours.filter_map(|found| Terms::read(&found.resource).map(|terms| (found, terms)));
    Ok(terms.filter(|(_, terms)| terms.lives(now)).collect())
}
