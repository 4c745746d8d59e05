//! create, update and delete, plain and conditional: <https://hl7.org/fhir/R4/http.html#create>,
//! <https://hl7.org/fhir/R4/http.html#update>, <https://hl7.org/fhir/R4/http.html#delete>.

use access::Access;
use audit_log::Action;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType, VersionId};
use record_store::{
    Body, Content, Effect, Job, Precondition, Record, Seen, Showing, Write, WriteError, Written,
};

use crate::condition::{self, ATTEMPTS, Condition, ask};
use crate::facts::Subject;
use crate::patch::ROUNDS;
use crate::permission::{NewOnes, Permitted, facts_again, permit};
use crate::prepare::{Expected, prepare, prepare_with_id};
use crate::refusals::note_nothing;
use crate::{Problem, Service};

/// What came of a write.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The type.
    pub resource_type: ResourceType,
    /// The id.
    pub id: LogicalId,
    /// The version that is current now.
    pub version: VersionId,
    /// When it was stored.
    pub last_updated: Instant,
    /// What happened.
    pub effect: Effect,
    /// The content; `None` after a deletion, and of what was written before and may be seen no more.
    pub body: Option<Body>,
}

impl Stored {
    pub(crate) fn new(write: &Write, written: &Written) -> Self {
        Self {
            resource_type: write.resource_type,
            id: write.id.clone(),
            version: written.version,
            last_updated: written.last_updated,
            effect: written.effect,
            body: written.body.clone(),
        }
    }

    /// A resource that is there and stays as it is: who asks learns of it.
    pub(crate) fn unchanged(access: &Access, record: Record) -> Result<Self, Problem> {
        record.confirm(&Showing::begin(access, Action::Read, "")?);
        Ok(Self {
            resource_type: record.resource_type,
            id: record.id,
            version: record.version,
            last_updated: record.last_updated,
            effect: Effect::Unchanged,
            body: record.body,
        })
    }

    /// 201 when it is new, else 200; 204 after a deletion.
    pub fn status(&self) -> u16 {
        match self.effect {
            Effect::Created => 201,
            Effect::Updated | Effect::Unchanged => 200,
            Effect::Deleted | Effect::NothingToDelete => 204,
        }
    }

    /// Whether it is not there any more, or never was.
    pub fn is_gone(&self) -> bool {
        matches!(self.effect, Effect::Deleted | Effect::NothingToDelete)
    }

    /// The resource as JSON with the server's `id` and `meta`.
    pub fn to_json(&self) -> Result<Option<String>, Problem> {
        let render = |body: &Body| body.render(&self.id, self.version, self.last_updated);
        Ok(self.body.as_ref().map(render).transpose()?)
    }
}

/// A new logical id. Version 7: ids of one time lie together in the directory's tree.
pub(crate) fn new_id() -> Result<LogicalId, Problem> {
    LogicalId::try_from(uuid::Uuid::now_v7().to_string().as_str())
        .map_err(|_| Problem::new(500, Fault::Internal))
}

/// `POST [type]`
pub async fn create(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    body: &[u8],
) -> Result<Stored, Problem> {
    let id = new_id()?;
    let expected = Expected { resource_type, id: None, subject: Subject { id: &id, first: true } };
    let content = Some(prepare(service, access, body, expected).await?);
    let write = Write { resource_type, id, precondition: Precondition::New, content, seen: Seen::Unchecked };
    commit(service, access, write).await
}

/// `POST [type]` with `If-None-Exist`: one match answers 200 with that resource, several 412.
pub async fn conditional_create(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    body: &[u8],
    criteria: &str,
) -> Result<Stored, Problem> {
    let id = new_id()?;
    let expected = Expected { resource_type, id: None, subject: Subject { id: &id, first: true } };
    let content = prepare(service, access, body, expected).await?;
    for _ in 0..ATTEMPTS {
        let condition = ask(service, access, resource_type, criteria).await?;
        if let Some(found) = condition.only()? {
            // Deleted meanwhile: ask again.
            match service.store().read(access, resource_type, found).await? {
                Some(record) if !record.is_deleted() => return Stored::unchanged(access, record),
                _ => continue,
            }
        }
        let (id, content) = (id.clone(), Some(content.clone()));
        let (precondition, seen) = (Precondition::New, Seen::Unchecked);
        let write = Write { resource_type, id, precondition, content, seen };
        if let Some(stored) = commit_under(service, access, write, condition).await? {
            return Ok(stored);
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// The same of who believes that nothing matches: the store alone asks. `None` when something does, and nothing is written.
pub(crate) async fn create_first(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    body: &[u8],
    criteria: &str,
) -> Result<Option<Stored>, Problem> {
    let id = new_id()?;
    let expected = Expected { resource_type, id: None, subject: Subject { id: &id, first: true } };
    let content = Some(prepare(service, access, body, expected).await?);
    let condition = condition::read(service, access, resource_type, criteria).await?.of_nobody(access);
    let (precondition, seen) = (Precondition::New, Seen::Unchecked);
    commit_under(service, access, Write { resource_type, id, precondition, content, seen }, condition).await
}

/// `PUT [type]/[id]`: update, or create when it does not exist.
pub async fn update(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
    body: &[u8],
    if_match: Option<VersionId>,
) -> Result<Stored, Problem> {
    let expected = Expected { resource_type, id: Some(id), subject: Subject { id, first: false } };
    let content = Some(prepare(service, access, body, expected).await?);
    let precondition = if_match.map_or(Precondition::None, Precondition::Version);
    let (id, seen) = (id.clone(), Seen::Unchecked);
    commit(service, access, Write { resource_type, id, precondition, content, seen }).await
}

/// Makes a resource under this id. `None` when it is there: nothing is written.
pub async fn create_under(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
    body: &[u8],
) -> Result<Option<Stored>, Problem> {
    let expected = Expected { resource_type, id: Some(id), subject: Subject { id, first: true } };
    let content = Some(prepare(service, access, body, expected).await?);
    let (precondition, seen) = (Precondition::Absent, Seen::Unchecked);
    let write = Write { resource_type, id: id.clone(), precondition, content, seen };
    match commit(service, access, write).await {
        Ok(stored) => Ok(Some(stored)),
        Err(problem) if problem.issues.iter().any(|issue| issue.fault == Fault::IdTaken) => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// `PUT [type]?criteria`: no match creates, one match updates, several answer 412.
pub async fn conditional_update(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    body: &[u8],
    criteria: &str,
    if_match: Option<VersionId>,
) -> Result<Stored, Problem> {
    let id = new_id()?;
    let expected = Expected { resource_type, id: None, subject: Subject { id: &id, first: true } };
    let (content, own_id) = prepare_with_id(service, access, body, expected).await?;
    for _ in 0..ATTEMPTS {
        let condition = ask(service, access, resource_type, criteria).await?;
        let found = condition.only()?;
        let ids = (&id, own_id.as_ref());
        let mut write = conditional_write(resource_type, ids, content.clone(), found, if_match)?;
        if let (true, Some(content)) = (write.id != id, &mut write.content) {
            facts_again(service, access, content, Subject { id: &write.id, first: false })?;
        }
        if let Some(stored) = commit_under(service, access, write, condition).await? {
            return Ok(stored);
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// The write of a conditional update whose criteria have been asked.
pub(crate) fn conditional_write(
    resource_type: ResourceType,
    (new_id, own_id): (&LogicalId, Option<&LogicalId>),
    content: Content,
    found: Option<&LogicalId>,
    if_match: Option<VersionId>,
) -> Result<Write, Problem> {
    if let (Some(found), Some(own_id)) = (found, own_id)
        && found != own_id
    {
        return Err(Problem::from_issue(400, Issue::error(Fault::WrongId).at(format!("{resource_type}.id"))));
    }
    let precondition = if_match.map_or(Precondition::None, Precondition::Version);
    let (id, precondition) = match (found, own_id) {
        (Some(found), _) => (found.clone(), precondition),
        // Another resource under this id is not what the criteria ask for: it must not be replaced.
        (None, Some(own_id)) if if_match.is_none() => (own_id.clone(), Precondition::Absent),
        (None, Some(own_id)) => (own_id.clone(), precondition),
        (None, None) if if_match.is_some() => return Err(Problem::version_conflict(None)),
        (None, None) => (new_id.clone(), Precondition::New),
    };
    Ok(Write { resource_type, id, precondition, content: Some(content), seen: Seen::Unchecked })
}

/// `DELETE [type]/[id]`. Deleting what does not exist succeeds and changes nothing.
pub async fn delete(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
    if_match: Option<VersionId>,
) -> Result<Stored, Problem> {
    let precondition = if_match.map_or(Precondition::None, Precondition::Version);
    let (id, seen) = (id.clone(), Seen::Unchecked);
    let write = Write { resource_type, id, precondition, content: None, seen };
    let stored = commit(service, access, write).await?;
    note_nothing(access, &stored);
    Ok(stored)
}

/// `DELETE [type]?criteria`: at most one match is deleted, several answer 412. `None` when nothing matched.
pub async fn conditional_delete(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    criteria: &str,
) -> Result<Option<Stored>, Problem> {
    for _ in 0..ATTEMPTS {
        let condition = ask(service, access, resource_type, criteria).await?;
        let Some(id) = condition.only()?.cloned() else { return Ok(None) };
        let (precondition, seen) = (Precondition::None, Seen::Unchecked);
        let write = Write { resource_type, id, precondition, content: None, seen };
        if let Some(stored) = commit_under(service, access, write, condition).await? {
            note_nothing(access, &stored);
            return Ok(Some(stored));
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

async fn commit(service: &Service, access: &Access, write: Write) -> Result<Stored, Problem> {
    let made = NewOnes::among(std::iter::once(&write));
    // In each round one of those who write the same resource succeeds.
    for _ in 0..ROUNDS {
        let (write, expectations) = match permit(service, access, write.clone(), &made).await? {
            Permitted::Write(write, expectations) => (*write, expectations),
            Permitted::Nothing(stored) => return Ok(*stored),
        };
        let job = Job { expectations, writes: vec![write.clone()] };
        match service.store().write(access, job).await {
            Err(WriteError::StateChanged | WriteError::ConditionChanged) => {}
            Err(WriteError::VersionConflict { current, .. }) => {
                return Err(Problem::precondition_failed(write.precondition, current));
            }
            written => return first(&write, &written?),
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// Writes if the condition still holds; `None` when it does not.
async fn commit_under(
    service: &Service,
    access: &Access,
    write: Write,
    condition: Condition,
) -> Result<Option<Stored>, Problem> {
    let made = NewOnes::among(std::iter::once(&write));
    let (write, mut expectations) = match permit(service, access, write, &made).await? {
        Permitted::Write(write, expectations) => (*write, expectations),
        Permitted::Nothing(stored) => return Ok(Some(*stored)),
    };
    expectations.push(condition.expectation);
    let job = Job { expectations, writes: vec![write.clone()] };
    match service.store().write(access, job).await {
        Ok(written) => first(&write, &written).map(Some),
        Err(WriteError::ConditionChanged | WriteError::StateChanged) => Ok(None),
        Err(WriteError::VersionConflict { current, .. }) => {
            Err(Problem::precondition_failed(write.precondition, current))
        }
        Err(error) => Err(error.into()),
    }
}

pub(crate) fn first(write: &Write, written: &[Written]) -> Result<Stored, Problem> {
    let written = written.first().ok_or_else(|| Problem::new(500, Fault::Internal))?;
    Ok(Stored::new(write, written))
}
