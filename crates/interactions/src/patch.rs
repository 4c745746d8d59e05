//! patch, plain and conditional: <https://hl7.org/fhir/R4/http.html#patch>.
//!
//! The current version is read, changed, checked as if it had been sent as an update, and written on the
//! condition that it is still the current one. When somebody else was quicker it is read again, so that no
//! change is lost; only who names a version with `If-Match` learns of it.

use std::sync::Arc;

use ::patch::{Format, Patch, PatchError, Reason};
use access::Access;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fhir::{Fault, Issue, LogicalId, ResourceType, VersionId, check_resource};
use json::{Limits, Node};
use record_store::{
    Content, Expectation, Job, Journal, Manner, Precondition, Record, Seen, Write, WriteError,
};

use crate::bundle::blocking;
use crate::condition::{ATTEMPTS, ask};
use crate::facts::Subject;
use crate::permission::{NewOnes, Permitted, permit};
use crate::prepare::{Expected, parse, prepare_here};
use crate::refusals::note_misfit;
use crate::{Problem, Service, Stored, read, registry};

/// How often a patch is decided again when others write the same resource. In each round one of them succeeds, so
/// that many who patch one resource at the same moment all come to their turn.
pub(crate) const ROUNDS: usize = 128;

/// The media type of RFC 6902.
pub const JSON_PATCH: &str = "application/json-patch+json";

/// A patch as it was sent.
#[derive(Debug, Clone)]
pub struct PatchDocument {
    /// Its language.
    pub format: Format,
    /// Its text, which is JSON in both languages.
    pub text: Arc<Vec<u8>>,
}

impl PatchDocument {
    /// The patch of an entry of a Bundle: `Parameters`, or a `Binary` that holds a JSON Patch.
    pub(crate) fn of_entry(text: &[u8]) -> Result<Self, Problem> {
        let resource = parse(text, "Resource")?;
        let (resource_type, issues) = check_resource(&resource);
        if !issues.is_empty() {
            return Err(Problem::from_issues(400, issues));
        }
        match resource_type.map(ResourceType::as_str) {
            Some("Parameters") => Ok(Self { format: Format::FhirPathPatch, text: Arc::new(text.to_vec()) }),
            Some("Binary") => binary(&resource),
            _ => {
                let fault = Fault::WrongResourceType { expected: "Parameters, Binary".to_owned() };
                Err(Problem::from_issue(400, Issue::error(fault).at("Resource.resourceType")))
            }
        }
    }

    /// The operations, once it is clear that they can be read.
    pub(crate) fn read(&self) -> Result<Patch<'_>, Problem> {
        let root = match self.format {
            Format::JsonPatch => "",
            Format::FhirPathPatch => "Parameters",
        };
        let document = parse(&self.text, root)?;
        if self.format == Format::FhirPathPatch {
            let (_, issues) = check_resource(&document);
            if !issues.is_empty() {
                return Err(Problem::from_issues(400, issues));
            }
        }
        Patch::read(self.format, document).map_err(refused)
    }

    /// The resource as the patch leaves it; not checked yet.
    pub(crate) fn apply(&self, record: &Record) -> Result<String, Problem> {
        let patch = self.read()?;
        let text = record.inspect()?.ok_or_else(Problem::not_found)?;
        let corrupt = |_| Problem::new(500, Fault::Internal);
        let resource = json::parse(text.as_bytes(), &Limits::default()).map_err(corrupt)?;
        Ok(patch.apply(resource).map_err(refused)?.to_json())
    }
}

fn binary(resource: &Node<'_>) -> Result<PatchDocument, Problem> {
    let content_type = resource.text("contentType").unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(JSON_PATCH) {
        return Err(Problem::from_issue(415, Issue::error(Fault::PatchContentType).at("Binary.contentType")));
    }
    let data = resource.text("data").unwrap_or_default();
    let data: Vec<u8> = data.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let text = STANDARD.decode(data).map_err(|_| {
        let fault = Fault::PatchFormat { rule: "base64".to_owned() };
        Problem::from_issue(400, Issue::error(fault).at("Binary.data"))
    })?;
    Ok(PatchDocument { format: Format::JsonPatch, text: Arc::new(text) })
}

/// 400 when it cannot be read, 413 when it is too much, 422 when it does not fit.
fn refused(error: PatchError) -> Problem {
    let status = match error.reason {
        Reason::Format(_) => 400,
        Reason::TooLarge => 413,
        _ => 422,
    };
    Problem::from_issue(status, error.issue())
}

/// `PATCH [type]/[id]`
pub async fn patch(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
    document: &PatchDocument,
    if_match: Option<VersionId>,
) -> Result<Stored, Problem> {
    let mut last = None;
    for _ in 0..ROUNDS {
        let record = read(service, access, resource_type, id).await?;
        last = Some(record.version);
        if let Some(stored) = attempt(service, access, record, document, if_match, Vec::new()).await? {
            return Ok(stored);
        }
    }
    Err(Problem { status: 409, ..Problem::version_conflict(last) })
}

/// `PATCH [type]?criteria`: no match answers 404, several 412.
pub async fn conditional_patch(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    criteria: &str,
    document: &PatchDocument,
    if_match: Option<VersionId>,
) -> Result<Stored, Problem> {
    for _ in 0..ROUNDS.max(ATTEMPTS) {
        let condition = ask(service, access, resource_type, criteria).await?;
        let id = condition.only()?.cloned().ok_or_else(Problem::not_found)?;
        let record = match service.store().read(access, resource_type, &id).await? {
            Some(record) if !record.is_deleted() => record,
            // Deleted meanwhile: ask again.
            _ => continue,
        };
        let (expectations, read) = (vec![condition.expectation], record.clone());
        // The request names criteria only: whose it is that was read for it is known here alone.
        let done = attempt(service, access, record, document, if_match, expectations).await;
        let done = done.inspect_err(|problem| {
            if problem.status < 500 {
                note_misfit(access, Journal::current().as_ref(), &read);
            }
        })?;
        if let Some(stored) = done {
            return Ok(stored);
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// The version that the caller names must be the current one.
pub(crate) fn check_version(record: &Record, if_match: Option<VersionId>) -> Result<(), Problem> {
    match if_match {
        Some(wanted) if wanted != record.version => Err(Problem::version_conflict(Some(record.version))),
        _ => Ok(()),
    }
}

/// Patches a version; `None` when it is no longer the current one.
async fn attempt(
    service: &Service,
    access: &Access,
    record: Record,
    document: &PatchDocument,
    if_match: Option<VersionId>,
    mut expectations: Vec<Expectation>,
) -> Result<Option<Stored>, Problem> {
    check_version(&record, if_match)?;
    registry::check_named(service, access, &record, if_match)?;
    let (there, gate, document) = (service.clone(), access.clone(), document.clone());
    let (record, content) = blocking(move || {
        let text = document.apply(&record)?;
        let subject = Subject { id: &record.id, first: false };
        let expected = Expected { resource_type: record.resource_type, id: Some(&record.id), subject };
        let content = prepare_here(&there, &gate, text.as_bytes(), expected)?.0;
        Ok((record, Content { manner: Manner::Patched, ..content }))
    })
    .await?;
    let unchanged = is_unchanged(&record, &content, if_match);
    let precondition = Precondition::Version(record.version);
    let (resource_type, id, seen) = (record.resource_type, record.id.clone(), Seen::Unchecked);
    let write = Write { resource_type, id, precondition, content: Some(content), seen };
    let write = match permit(service, access, write, &NewOnes::default()).await {
        Ok(Permitted::Write(write, more)) => {
            expectations.extend(more);
            *write
        }
        Ok(Permitted::Nothing(_)) => return Ok(None),
        Err(problem) if problem.status == 412 && if_match.is_none() => return Ok(None),
        Err(problem) => return Err(problem),
    };
    if unchanged {
        return Stored::unchanged(access, record).map(Some);
    }
    let job = Job { expectations, writes: vec![write.clone()] };
    match service.store().write(access, job).await {
        Ok(written) => crate::write::first(&write, &written).map(Some),
        Err(WriteError::ConditionChanged | WriteError::StateChanged) => Ok(None),
        Err(WriteError::VersionConflict { .. }) if if_match.is_none() => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether there is nothing to write. As for an update, who names a version gets a new one in any case.
pub(crate) fn is_unchanged(record: &Record, content: &Content, if_match: Option<VersionId>) -> bool {
    if_match.is_none() && record.body.as_ref() == Some(&content.body)
}
