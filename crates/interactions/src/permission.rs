//! What may be written (`docs/access.md`, section 1). What is hidden from the caller is as if it were not there; the state
//! that was decided on goes with the write, and the store refuses the write when it has changed.

use std::collections::HashSet;

use access::{Access, Author, Shield};
use fhir::{Fault, Issue, LogicalId, ResourceType, VersionId};
use json::Node;
use record_store::{
    Body, Changeable, Content, Effect, Expectation, Made, Precondition, Record, Seen, Write, extract,
};

use crate::facts::{Subject, facts};
use crate::person::{KNOWN_BY, is_citizen_number, who_has};
use crate::prepare::content;
use crate::refusals::{Attempt, note_book};
use crate::search::with_resource;
use crate::{Problem, Service, Stored, deceased, registration, registry, review_task, visit_end};

/// Elements of a `Patient` with a citizen number that come from the population registry.
const DESCRIBED: [&str; 3] = ["name", "birthDate", "gender"];

/// What a write comes to.
pub(crate) enum Permitted {
    /// It is to be written, as long as this still holds: nobody else has the citizen numbers of a new person.
    Write(Box<Write>, Vec<Expectation>),
    /// There is nothing to do: what was to be deleted is not there.
    Nothing(Box<Stored>),
}

/// Elements of a `Patient` that only the server changes.
const GUARDED: [&str; 6] = [
    "managingOrganization",
    "link",
    "deceasedBoolean",
    "_deceasedBoolean",
    "deceasedDateTime",
    "_deceasedDateTime",
];

/// The patients and visits that a job makes: nothing is known of them yet.
#[derive(Debug, Default)]
pub(crate) struct NewOnes {
    patients: HashSet<LogicalId>,
    visits: HashSet<LogicalId>,
}

impl NewOnes {
    /// Those among the writes.
    pub(crate) fn among<'a>(writes: impl Iterator<Item = &'a Write>) -> Self {
        let mut new = Self::default();
        for write in writes.filter(|write| write.precondition == Precondition::New) {
            match write.resource_type.as_str() {
                "Patient" => new.patients.insert(write.id.clone()),
                "Encounter" => new.visits.insert(write.id.clone()),
                _ => continue,
            };
        }
        new
    }

    /// Visits alone.
    pub(crate) fn of_visits(visits: HashSet<LogicalId>) -> Self {
        Self { visits, ..Self::default() }
    }

    /// What of them belongs to content.
    fn beside(&self, id: &LogicalId, content: &Content) -> Made {
        let patient = match &content.patient {
            _ if content.resource_type == ResourceType::PATIENT => Some(id),
            patient => patient.as_ref(),
        };
        Made {
            patient: patient.is_some_and(|patient| self.patients.contains(patient)),
            visit: content.facts.visit.as_ref().is_some_and(|visit| self.visits.contains(visit)),
        }
    }
}

/// Of who may write everything: what is loaded is loaded as it is; what the server changes prolongs nothing.
pub(crate) async fn prolong_nothing(service: &Service, write: &mut Write) -> Result<(), Problem> {
    if let (Precondition::Version(_), Some(content)) = (write.precondition, &mut write.content) {
        visit_end::bound(service, &write.id, content).await?;
    }
    Ok(())
}

/// Decides a write against what the caller sees now. `made`: what the same job makes.
pub(crate) async fn permit(
    service: &Service,
    access: &Access,
    write: Write,
    made: &NewOnes,
) -> Result<Permitted, Problem> {
    let attempt = Attempt::of(&write);
    let permitted = decide(service, access, write, made).await;
    permitted.inspect_err(|problem| attempt.note(access, problem))
}

async fn decide(
    service: &Service,
    access: &Access,
    mut write: Write,
    made: &NewOnes,
) -> Result<Permitted, Problem> {
    registry::check(service, access, &mut write).await?;
    if !access.is_by_server() {
        registration::check(&write)?;
    }
    let permitted = by_access(service, access, write, made).await?;
    // Who may not write there is not told of a death.
    if let Permitted::Write(write, _) = &permitted
        && (!is_free(access) || service.has_registry())
    {
        deceased::check(service, access, write).await?;
    }
    Ok(permitted)
}

async fn by_access(
    service: &Service,
    access: &Access,
    mut write: Write,
    made: &NewOnes,
) -> Result<Permitted, Problem> {
    if is_free(access) {
        prolong_nothing(service, &mut write).await?;
        return Ok(Permitted::Write(Box::new(write), Vec::new()));
    }
    let found = match write.precondition {
        Precondition::New => None,
        _ => service.store().read_to_change(access, write.resource_type, &write.id).await?,
    };
    if let (Some(_), Some(content)) = (&found, &mut write.content) {
        visit_end::bound(service, &write.id, content).await?;
    }
    let Write { resource_type, id, precondition, .. } = &write;
    let there = found.as_ref().filter(|found| !found.record.is_deleted());
    if let Precondition::Version(wanted) = precondition
        && there.is_none_or(|found| found.record.version != *wanted)
    {
        return Err(Problem::version_conflict(there.map(|found| found.record.version)));
    }
    match (&write.content, found) {
        (None, None) => Ok(Permitted::Nothing(Box::new(nothing(&write, access)))),
        (None, Some(found)) => {
            if !found.record.is_deleted() {
                check_allowed(&found)?;
                review_task::check(&found.record)?;
                // Nobody deletes what they are shown a part of.
                if found.hidden.is_some() {
                    return Err(forbidden());
                }
            }
            seen(write, Seen::Version(found.record.version))
        }
        (Some(content), None) => {
            if *precondition != Precondition::New {
                return Err(Problem::new(405, Fault::ClientIdRefused));
            }
            let put = check_put(service, access, id, content, made).await;
            put.inspect_err(|_| note_book(content, None))?;
            let expectations = match *resource_type {
                ResourceType::PATIENT => check_new_patient(service, access, content, id).await?,
                _ => Vec::new(),
            };
            if *resource_type == ResourceType::ORGANIZATION {
                check_organization(None, content, id)?;
            }
            Ok(Permitted::Write(Box::new(Write { seen: Seen::Absent, ..write }), expectations))
        }
        (Some(_), Some(found)) => {
            if *precondition == Precondition::Absent && !found.record.is_deleted() {
                return Err(Problem::precondition_failed(*precondition, Some(found.record.version)));
            }
            check_allowed(&found)?;
            review_task::check(&found.record)?;
            let write = kept(service, access, &found, write)?;
            let Write { resource_type, id, content: Some(content), .. } = &write else {
                return Err(forbidden());
            };
            if let Err(problem) = check_put(service, access, id, content, made).await {
                note_book(content, book_of(service, &found.record)?.as_ref());
                return Err(problem);
            }
            if *resource_type == ResourceType::PATIENT {
                check_patient(&found.record, content)?;
            }
            if *resource_type == ResourceType::ORGANIZATION {
                check_organization(Some(&found.record), content, id)?;
            }
            seen(write, Seen::Version(found.record.version))
        }
    }
}

/// Whether nothing has to be decided: the server itself, and whoever may see and write everything.
pub(crate) fn is_free(access: &Access) -> bool {
    access.is_unlimited() && access.writable() == Some(&access::Reach::Everything)
}

/// The write with what it lacks because the location shield took it out of what the caller was shown.
fn kept(service: &Service, access: &Access, found: &Changeable, mut write: Write) -> Result<Write, Problem> {
    let Write { resource_type, id, content: Some(sent), .. } = &mut write else { return Ok(write) };
    if !Shield::is_about(*resource_type) {
        return Ok(write);
    }
    // A copy may be older than the end of the shield.
    let is_copy = found.hidden.is_none() && with_content(sent, id, Shield::is_marked)?;
    let whole = found.hidden.as_ref().or(found.record.body.as_ref().filter(|_| is_copy));
    if let Some(whole) = whole {
        let (resource_type, id) = (*resource_type, &*id);
        let merged = with_body(whole, id, |whole| {
            with_content(sent, id, |sent| {
                let mut merged = sent.clone();
                Shield::restore(resource_type, whole, &mut merged);
                content(service, access, resource_type, Subject { id, first: false }, &merged)
            })
        });
        *sent = Content { manner: sent.manner, ..merged??? };
    }
    Ok(write)
}

fn seen(write: Write, seen: Seen) -> Result<Permitted, Problem> {
    Ok(Permitted::Write(Box::new(Write { seen, ..write }), Vec::new()))
}

fn nothing(write: &Write, access: &Access) -> Stored {
    Stored {
        resource_type: write.resource_type,
        id: write.id.clone(),
        version: VersionId::FIRST,
        last_updated: access.at(),
        effect: Effect::NothingToDelete,
        body: None,
    }
}

fn forbidden() -> Problem {
    Problem::new(403, Fault::Forbidden)
}

fn check_allowed(found: &Changeable) -> Result<(), Problem> {
    if found.allowed { Ok(()) } else { Err(forbidden()) }
}

pub(crate) async fn check_put(
    service: &Service,
    access: &Access,
    id: &LogicalId,
    content: &Content,
    made: &NewOnes,
) -> Result<(), Problem> {
    let may = service.store().may_put(access, id, content, made.beside(id, content)).await?;
    if may { Ok(()) } else { Err(forbidden()) }
}

/// The person in whose book a version stands.
fn book_of(service: &Service, record: &Record) -> Result<Option<LogicalId>, Problem> {
    let registry = service.store().registry();
    let Some(body) = &record.body else { return Ok(None) };
    with_body(body, &record.id, |node| extract(&registry, record.resource_type, node).patient)
}

/// Who registers a person says nothing of what only the server says, but may name the own facility. What comes back must
/// still hold when the person is written: a second person of one number would make the first one unknown.
async fn check_new_patient(
    service: &Service,
    access: &Access,
    content: &Content,
    id: &LogicalId,
) -> Result<Vec<Expectation>, Problem> {
    let own = match access.author() {
        Author::Facility(organization) => Some(format!("Organization/{organization}")),
        Author::Server | Author::Citizen(_) | Author::Message => None,
    };
    let mut numbers = with_content(content, id, |patient| {
        for element in GUARDED {
            let Some(value) = patient.get(element) else { continue };
            // A stillborn is registered by who knows the death.
            if element.contains("deceased") && registration::is_stillborn(patient) {
                continue;
            }
            let names_own = element == "managingOrganization"
                && own.is_some()
                && value.text("reference") == own.as_deref();
            if !names_own {
                return Err(field_owned(element));
            }
        }
        if security(patient).is_some() {
            return Err(field_owned("meta.security"));
        }
        if merge(patient).is_some() {
            return Err(field_owned("extension"));
        }
        let numbers =
            known_by(patient).into_iter().filter(|it| it.text("system").is_some_and(is_citizen_number));
        Ok(numbers.filter_map(|it| it.text("value").map(str::to_owned)).collect::<Vec<_>>())
    })??;
    numbers.sort();
    numbers.dedup();
    let mut expectations = Vec::with_capacity(numbers.len());
    for number in numbers {
        let Some(condition) = who_has(service, &number).await? else { continue };
        if !condition.expectation.found.is_empty() {
            return Err(number_taken());
        }
        expectations.push(condition.expectation);
    }
    Ok(expectations)
}

/// 409: another person has the citizen number.
pub(crate) fn number_taken() -> Problem {
    Problem { status: 409, ..field_owned("identifier") }
}

/// The identifiers by which the server knows somebody or a facility.
fn known_by<'a, 'n>(resource: &'n Node<'a>) -> Vec<&'n Node<'a>> {
    let identifiers = resource.get("identifier").map(Node::items).unwrap_or_default();
    let known = |node: &&'n Node<'a>| node.text("system").is_some_and(|system| KNOWN_BY.contains(&system));
    identifiers.iter().filter(known).collect()
}

/// By which code a facility is known is not for the facility to say.
fn check_organization(before: Option<&Record>, content: &Content, id: &LogicalId) -> Result<(), Problem> {
    let codes = |node: &Node<'_>| known_by(node).into_iter().map(text).collect::<Vec<_>>();
    let old = match before {
        Some(before) if !before.is_deleted() => with_resource(before, codes)?,
        _ => Vec::new(),
    };
    if with_content(content, id, codes)? == old {
        Ok(())
    } else {
        Err(field_owned_of("Organization", "identifier"))
    }
}

/// What only the server changes must stay as it is.
fn check_patient(before: &Record, content: &Content) -> Result<(), Problem> {
    let kept = |patient: &Node<'_>| {
        let mut values: Vec<Option<String>> =
            GUARDED.iter().map(|element| patient.get(element).map(text)).collect();
        values.push(security(patient).map(text));
        values.push(merge(patient).map(text));
        // Who is known by a number is described by the registry.
        let numbers = known_by(patient);
        let is_known = !numbers.is_empty();
        values.push(is_known.then(|| numbers.into_iter().map(text).collect()));
        values.extend(DESCRIBED.iter().map(|element| patient.get(element).filter(|_| is_known).map(text)));
        values
    };
    let old = match before.is_deleted() {
        true => vec![None; GUARDED.len() + 3 + DESCRIBED.len()],
        false => with_resource(before, kept)?,
    };
    let new = with_content(content, &before.id, kept)?;
    let names = GUARDED.iter().copied().chain(["meta.security", "extension", "identifier"]).chain(DESCRIBED);
    match names.zip(old.iter().zip(&new)).find(|(_, (old, new))| old != new) {
        Some((element, _)) => Err(field_owned(element)),
        None => Ok(()),
    }
}

/// What tells by whom a person is replaced.
fn merge<'a, 'n>(patient: &'n Node<'a>) -> Option<&'n Node<'a>> {
    patient.get("extension")?.items().iter().find(|it| it.text("url") == Some(access::MERGE))
}

fn security<'a, 'n>(patient: &'n Node<'a>) -> Option<&'n Node<'a>> {
    patient.get("meta")?.get("security")
}

/// A value as text, the same for the same value.
pub(crate) fn text(value: &Node<'_>) -> String {
    value.to_json()
}

pub(crate) fn field_owned(element: &str) -> Problem {
    field_owned_of("Patient", element)
}

fn field_owned_of(resource_type: &str, element: &str) -> Problem {
    let name = if element.contains("deceased") { "deceased[x]" } else { element };
    let issue = Issue::error(Fault::FieldOwned { name: name.to_owned() });
    Problem::from_issue(403, issue.at(format!("{resource_type}.{name}")))
}

pub(crate) fn with_content<T>(
    content: &Content,
    id: &LogicalId,
    read: impl FnOnce(&Node<'_>) -> T,
) -> Result<T, Problem> {
    with_body(&content.body, id, read)
}

pub(crate) fn with_body<T>(
    body: &Body,
    id: &LogicalId,
    read: impl FnOnce(&Node<'_>) -> T,
) -> Result<T, Problem> {
    let failed = || Problem::new(500, Fault::Internal);
    let text = body.render(id, VersionId::FIRST, fhir::Instant::from_microseconds(0))?;
    let node = json::parse(text.as_bytes(), &json::Limits { depth: usize::MAX }).map_err(|_| failed())?;
    Ok(read(&node))
}

/// The facts of content that turned out to belong to another id than it was prepared for.
pub(crate) fn facts_again(
    service: &Service,
    access: &Access,
    content: &mut Content,
    subject: Subject<'_>,
) -> Result<(), Problem> {
    content.facts = with_body(&content.body, subject.id, |resource| {
        facts(service, access, content.resource_type, subject, resource)
    })??;
    Ok(())
}
