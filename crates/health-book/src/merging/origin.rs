//! Where entries belong when two books are taken apart: what was there goes back to where it was; what came since stays
//! where it says, or is decided by people.

use std::collections::BTreeSet;

use access::{Access, Interaction};
use fhir::{Instant, LogicalId, VersionId};
use interactions::Problem;
use json::Limits;
use record_store::{HistoryScope, HistoryWindow, Record};

use super::part::Parting;
use super::work::{Basis, Decision, Evidence, Item, MOST_EVIDENCE, keep};
use crate::HealthBook;
use crate::ledger::SERVER;
use crate::refusal::{Rule, internal};

/// Entries that are looked at together.
const PAGE: u32 = 500;

/// Brings back what has moved meanwhile, and puts on the work list what nobody can tell from the outside. Until `settled`
/// requests were under way that were decided before the books were apart; what was written later was meant as it is.
pub(super) async fn restore(
    book: &HealthBook,
    parting: &mut Parting,
    (settled, now): (Instant, Instant),
) -> Result<(), Problem> {
    let store = book.service().store();
    let survivor = Parting::id(&parting.survivor)?;
    let other = Parting::id(&parting.other)?;
    let with_survivor: BTreeSet<LogicalId> = store.one_person(&survivor).await?.into_iter().collect();
    let with_other: BTreeSet<LogicalId> = store.one_person(&other).await?.into_iter().collect();
    // What is to be moved is gathered first: moving is a change, too.
    let mut undecided = Vec::new();
    for (one, side, others) in
        [(&survivor, &with_survivor, &with_other), (&other, &with_other, &with_survivor)]
    {
        for record in changed(book, one, parting.since()).await? {
            if record.last_updated > settled {
                continue;
            }
            let Some(stands) = store.person_of(&record)?.filter(|person| side.contains(person)) else {
                continue;
            };
            match before(book, &record, parting.since()).await? {
                Some(old) => {
                    let came_from = store.person_of(&old)?.filter(|person| others.contains(person));
                    undecided.extend(came_from.map(|person| (record, stands, Some(person))));
                }
                // What names the one who was replaced was written by somebody who meant that person.
                None if side.contains(&other) => {}
                None => undecided.push((record, stands, None)),
            }
        }
    }
    // One that cannot be told of keeps up no other.
    let mut again = Ok(());
    for (record, from, to) in undecided {
        let entry = name(&record);
        // What people have decided since is not undone.
        if parting.handled.contains(&entry) {
            continue;
        }
        let done = match &to {
            Some(to) => go_back(book, record, (&from, to), now).await,
            None => item(book, parting, (&record, &from), now).await,
        };
        match done {
            Ok(item) => {
                if let Some(item) = item {
                    keep(book, item, now).await?;
                }
                parting.handled.insert(entry);
            }
            // The database is away.
            Err(problem) if matches!(problem.status, 503 | 504) => return Err(problem),
            Err(problem) => again = Err(problem),
        }
    }
    again
}

/// Brings an entry back to where it came from; what people have to decide where it cannot be there as it is, for then it never
/// can.
async fn go_back(
    book: &HealthBook,
    record: Record,
    (from, to): (&LogicalId, &LogicalId),
    now: Instant,
) -> Result<Option<Item>, Problem> {
    let item = of_entry(&record, (from, to.as_str()), now);
    let access = all(book, Interaction::Update)?;
    match interactions::move_entries(book.service(), &access, vec![record], from, to).await {
        Ok(true) => Ok(None),
        Ok(false) => Ok(Some(Item { reason: "cannot-go-back".to_owned(), ..item })),
        // Somebody was quicker.
        Err(problem) if matches!(problem.status, 409 | 412) || problem.is_transient() => Err(problem),
        Err(problem) => {
            let codes: BTreeSet<&str> = problem.issues.iter().map(|issue| issue.fault.code()).collect();
            let evidence = codes.into_iter().take(MOST_EVIDENCE).map(|code| Evidence::new("refused", code));
            let evidence = evidence.collect();
            Ok(Some(Item { reason: "cannot-go-back".to_owned(), evidence, ..item }))
        }
    }
}

/// The server that brings entries back.
fn all(book: &HealthBook, interaction: Interaction) -> Result<Access, Problem> {
    Ok(book.service().decide(&SERVER, interaction, None)?)
}

/// What was written in the book of a person since a moment, but for the people themselves and for what the server wrote of
/// it to be told.
async fn changed(book: &HealthBook, person: &LogicalId, since: Instant) -> Result<Vec<Record>, Problem> {
    let access = all(book, Interaction::Read)?;
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = book.service().store().book(&access, person, &[], Some(since), after, PAGE).await?;
        all.extend(page.records.into_iter().filter(|record| {
            !matches!(record.resource_type.as_str(), "Patient" | "Provenance" | "AuditEvent")
        }));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(all),
        }
    }
}

/// The version that was current at a moment; `None` of what came later.
async fn before(book: &HealthBook, record: &Record, moment: Instant) -> Result<Option<Record>, Problem> {
    let access = all(book, Interaction::History)?;
    let scope = HistoryScope::Instance(record.resource_type, record.id.clone());
    let window = HistoryWindow { until: Some(moment), count: 1, ..HistoryWindow::default() };
    let page = book.service().store().history(&access, &scope, &window).await?;
    Ok(page.records.into_iter().next().filter(|record| !record.is_deleted()))
}

/// The visit that an entry names; empty where it names none.
fn visit(record: &Record) -> Result<String, Problem> {
    let text = record.inspect()?.ok_or_else(internal)?;
    let resource = json::parse(text.as_bytes(), &Limits::default()).map_err(|_| internal())?;
    let named = ["encounter", "context"].map(|name| resource.get(name).and_then(|it| it.text("reference")));
    let visit = named.into_iter().flatten().find(|named| named.starts_with("Encounter/"));
    Ok(visit.unwrap_or_default().to_owned())
}

/// What people have to decide of an entry that came since; `None` where it tells by itself.
async fn item(
    book: &HealthBook,
    parting: &Parting,
    (record, stands): (&Record, &LogicalId),
    now: Instant,
) -> Result<Option<Item>, Problem> {
    let visit = visit(record)?;
    // A visit that began before is the survivor's; one that came since is decided with all that belongs to it.
    let store = book.service().store();
    // So is what the server wrote of an act in that book.
    if !visit.is_empty() || store.is_word_of_server(record.resource_type, &record.id).await? {
        return Ok(None);
    }
    let access = all(book, Interaction::VersionRead)?;
    let first = store.read_version(&access, record.resource_type, &record.id, VersionId::FIRST).await?;
    let written = match first {
        Some(first) => store.writes_of(std::slice::from_ref(&first)).await?.into_iter().next().flatten(),
        None => None,
    };
    // A citizen wrote in the own book.
    if written.as_ref().is_some_and(|written| written.agent.starts_with("Patient/")) {
        return Ok(None);
    }
    let evidence = written.map(|written| Evidence::new("written-by", &written.organization));
    Ok(Some(Item {
        reason: "no-origin".to_owned(),
        evidence: evidence.into_iter().collect(),
        ..of_entry(record, (stands, &parting.other), now)
    }))
}

fn name(record: &Record) -> String {
    format!("{}/{}", record.resource_type, record.id)
}

/// Whether an entry is to be moved from one person to another one.
fn of_entry(record: &Record, (from, to): (&LogicalId, &str), now: Instant) -> Item {
    Item {
        decision: Decision::Origin,
        survivor: from.to_string(),
        other: to.to_owned(),
        entry: Some(name(record)),
        basis: Basis::Parting,
        reason: String::new(),
        evidence: Vec::new(),
        since: now.to_string(),
        proposal: None,
    }
}

/// Moves an entry, and all that belongs to it where it is a visit, to another person.
pub(super) async fn move_entry(
    book: &HealthBook,
    entry: &str,
    from: &LogicalId,
    to: &LogicalId,
) -> Result<(), Problem> {
    let mut records = Vec::new();
    for record in changed(book, from, Instant::from_microseconds(0)).await? {
        let is_meant = name(&record) == entry || visit(&record)? == entry;
        if is_meant && book.service().store().person_of(&record)?.as_ref() == Some(from) {
            records.push(record);
        }
    }
    // Nothing is moved of what stands elsewhere; it may have been before, and not been told.
    if records.is_empty() && !is_of(book, entry, to).await? {
        return Err(Rule::NotPossible.into());
    }
    let access = all(book, Interaction::Update)?;
    match interactions::move_entries(book.service(), &access, records, from, to).await? {
        true => Ok(()),
        false => Err(Rule::NotPossible.into()),
    }
}

/// Whether an entry is about a person.
async fn is_of(book: &HealthBook, entry: &str, person: &LogicalId) -> Result<bool, Problem> {
    let Some((kind, id)) = entry.split_once('/') else { return Ok(false) };
    let (Ok(kind), Ok(id)) = (kind.parse(), LogicalId::try_from(id)) else { return Ok(false) };
    let access = all(book, Interaction::Read)?;
    let found = book.service().store().read(&access, kind, &id).await?;
    let Some(record) = found.filter(|record| !record.is_deleted()) else { return Ok(false) };
    Ok(book.service().store().person_of(&record)?.as_ref() == Some(person))
}
