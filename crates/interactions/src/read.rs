//! read and vread: <https://hl7.org/fhir/R4/http.html#read>, <https://hl7.org/fhir/R4/http.html#vread>.

use access::Access;
use fhir::{Fault, Instant, LogicalId, ResourceType, VersionId};
use record_store::Record;

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

fn existing(record: Record) -> Result<Record, Problem> {
    if record.is_deleted() {
        return Err(Problem { current: Some(record.version), ..Problem::new(410, Fault::Gone) });
    }
    Ok(record)
}
