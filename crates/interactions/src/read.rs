//! read and vread: <https://hl7.org/fhir/R4/http.html#read>, <https://hl7.org/fhir/R4/http.html#vread>.

use access::Access;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType, VersionId};
use record_store::{Record, Showing};
use search::{QueryContext, Shown};

use crate::bundle_text::part;
use crate::{EntityTags, Problem, Service};

/// What the caller already has.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// `If-None-Match`: the versions that the caller has.
    pub versions: Option<EntityTags>,
    /// `If-Modified-Since`, in whole seconds.
    pub since: Option<Instant>,
}

impl Freshness {
    /// Whether what the caller has is still current. `If-Modified-Since` counts only without `If-None-Match`
    /// (RFC 9110, section 13.1.3).
    pub fn holds(&self, record: &Record) -> bool {
        match (&self.versions, self.since) {
            (Some(versions), _) => versions.contain(record.version),
            (None, Some(since)) => record.last_updated.seconds() <= since.seconds(),
            (None, None) => false,
        }
    }
}

/// The current version. 404 when there is none, 410 when it was deleted.
pub async fn read(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<Record, Problem> {
    let record = service.store().read(access, resource_type, id).await?.ok_or_else(Problem::not_found)?;
    existing(record)
}

/// The current version, or that of who stands for the person: a `Patient` that was replaced is answered by the one that
/// replaces it, with that one's id, where the caller sees it (docs/merging.md, section 3).
pub async fn read_standing(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<Record, Problem> {
    let record = read(service, access, resource_type, id).await?;
    let store = service.store();
    let Some(survivor) = store.survivor_of(&record).await? else { return Ok(record) };
    let standing = store.read(access, resource_type, &survivor).await?;
    Ok(standing.filter(|standing| !standing.is_deleted()).unwrap_or(record))
}

/// One version.
pub async fn read_version(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
    version: VersionId,
) -> Result<Record, Problem> {
    let record = service.store().read_version(access, resource_type, id, version).await?;
    existing(record.ok_or_else(|| Problem::new(404, Fault::NoSuchVersion))?)
}

/// How a resource is asked for. It is judged before anything is read: what is wrong with it must not be told where the resource
/// is there only.
#[derive(Debug)]
pub struct ReadRequest {
    freshness: Freshness,
    shown: Option<Shown>,
}

impl ReadRequest {
    /// Of `_summary` and `_elements` (<https://hl7.org/fhir/R4/http.html#summary>), and of what the caller already has.
    ///
    /// # Errors
    /// 400 when a value is wrong, or asks for the number of one resource.
    pub fn new(
        service: &Service,
        resource_type: ResourceType,
        pairs: &[(String, String)],
        freshness: Freshness,
    ) -> Result<Self, Problem> {
        let asked = pairs.iter().filter(|(name, _)| matches!(name.as_str(), "_summary" | "_elements"));
        let asked: Vec<(String, String)> = asked.cloned().collect();
        if asked.is_empty() {
            return Ok(Self { freshness, shown: None });
        }
        let context =
            QueryContext { base: service.base(), now: Instant::now(), default_count: 1, most_count: 1 };
        let parsed = service.store().registry().parse(&[resource_type], &asked, &context);
        if !parsed.errors.is_empty() || parsed.plan.count_only {
            let fault = Fault::InvalidSearchValue { name: "_summary".to_owned() };
            let issue = Issue::error(fault).at("http._summary");
            return Err(Problem::from_issue(400, parsed.errors.into_iter().next().unwrap_or(issue)));
        }
        Ok(Self { freshness, shown: Some(parsed.plan.shown) })
    }

    /// Whether the caller has this version already.
    pub fn is_known(&self, record: &Record) -> bool {
        self.freshness.holds(record)
    }

    /// The part that is asked for; `None` when all of it is wanted.
    pub fn part_of(&self, record: &Record, showing: &Showing) -> Result<Option<String>, Problem> {
        let Some(shown) = &self.shown else { return Ok(None) };
        let resource = record.show(showing)?.ok_or_else(Problem::not_found)?;
        part(record.resource_type, resource, shown).map(Some)
    }
}

fn existing(record: Record) -> Result<Record, Problem> {
    if record.is_deleted() {
        return Err(Problem { current: Some(record.version), ..Problem::new(410, Fault::Gone) });
    }
    Ok(record)
}
