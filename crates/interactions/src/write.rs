//! create, update and delete, plain and conditional: <https://hl7.org/fhir/R4/http.html#create>,
//! <https://hl7.org/fhir/R4/http.html#update>, <https://hl7.org/fhir/R4/http.html#delete>.

use access::Access;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType, VersionId};
use record_store::{Body, Content, Effect, Job, Precondition, Record, Write, WriteError, Written};

use crate::condition::{ATTEMPTS, Condition, ask};
use crate::prepare::{Expected, prepare, prepare_with_id};
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
    /// The content; `None` after a deletion.
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
            body: write.content.as_ref().map(|content| content.body.clone()),
        }
    }

    pub(crate) fn unchanged(record: Record) -> Self {
        Self {
            resource_type: record.resource_type,
            id: record.id,
            version: record.version,
            last_updated: record.last_updated,
            effect: Effect::Unchanged,
            body: record.body,
        }
    }

    /// 201 when it is new, else 200; 204 after a deletion.
    pub fn status(&self) -> u16 {
        match self.effect {
            Effect::Created => 201,
            Effect::Updated | Effect::Unchanged => 200,
            Effect::Deleted | Effect::NothingToDelete => 204,
        }
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
    let content = prepare(service, access, body, Expected { resource_type, id: None }).await?;
    let write =
        Write { resource_type, id: new_id()?, precondition: Precondition::New, content: Some(content) };
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
    let content = prepare(service, access, body, Expected { resource_type, id: None }).await?;
    for _ in 0..ATTEMPTS {
        let condition = ask(service, access, resource_type, criteria).await?;
        if let Some(id) = condition.only()? {
            // Deleted meanwhile: ask again.
            match service.store().read(access, resource_type, id).await? {
                Some(record) if !record.is_deleted() => return Ok(Stored::unchanged(record)),
                _ => continue,
            }
        }
        let content = Some(content.clone());
        let write = Write { resource_type, id: new_id()?, precondition: Precondition::New, content };
        if let Some(stored) = commit_under(service, access, write, condition).await? {
            return Ok(stored);
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
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
    let content = prepare(service, access, body, Expected { resource_type, id: Some(id) }).await?;
    let precondition = if_match.map_or(Precondition::None, Precondition::Version);
    commit(service, access, Write { resource_type, id: id.clone(), precondition, content: Some(content) })
        .await
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
    let expected = Expected { resource_type, id: None };
    let (content, own_id) = prepare_with_id(service, access, body, expected).await?;
    for _ in 0..ATTEMPTS {
        let condition = ask(service, access, resource_type, criteria).await?;
        let found = condition.only()?;
        let write = conditional_write(resource_type, own_id.as_ref(), content.clone(), found, if_match)?;
        if let Some(stored) = commit_under(service, access, write, condition).await? {
            return Ok(stored);
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// The write of a conditional update whose criteria have been asked.
pub(crate) fn conditional_write(
    resource_type: ResourceType,
    own_id: Option<&LogicalId>,
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
        (None, None) => (new_id()?, Precondition::New),
    };
    Ok(Write { resource_type, id, precondition, content: Some(content) })
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
    commit(service, access, Write { resource_type, id: id.clone(), precondition, content: None }).await
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
        let write = Write { resource_type, id, precondition: Precondition::None, content: None };
        if let Some(stored) = commit_under(service, access, write, condition).await? {
            return Ok(Some(stored));
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

async fn commit(service: &Service, access: &Access, write: Write) -> Result<Stored, Problem> {
    let job = Job { expectations: Vec::new(), writes: vec![write.clone()] };
    let written = service.store().write(access, job).await?;
    first(&write, &written)
}

/// Writes if the condition still holds; `None` when it does not.
async fn commit_under(
    service: &Service,
    access: &Access,
    write: Write,
    condition: Condition,
) -> Result<Option<Stored>, Problem> {
    let job = Job { expectations: vec![condition.expectation], writes: vec![write.clone()] };
    match service.store().write(access, job).await {
        Ok(written) => first(&write, &written).map(Some),
        Err(WriteError::ConditionChanged) => Ok(None),
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
