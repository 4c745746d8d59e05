//! Where a version comes from: `Provenance` that is made, when it is asked for, of the entry of the write in the log of
//! accesses. `docs/provenance.md` is the contract.

mod derive;
mod found;
mod header;
mod id;
mod request;
mod signature;
mod stored;

use access::{Caller, Denied, Interaction};
use audit_log::{Action, Entry};
use fhir::{LogicalId, ResourceType};
use record_store::{Record, Showing};

use self::derive::{Origin, provenance};
pub(crate) use self::found::provenances;
pub use self::header::{create_with_provenance, update_with_provenance};
use self::id::{Target, target_of};
use self::signature::SignatureState;
pub use self::signature::Signers;
use crate::search::SearchRequest;
use crate::{PAGE_PARAMETER, Problem, Service};

/// The type.
pub(crate) const PROVENANCE: &str = "Provenance";

/// The resource whose version a made `Provenance` is about, where an id is that of one.
pub fn reads_about(resource_type: ResourceType, id: &LogicalId) -> Option<(ResourceType, LogicalId)> {
    let target = target_of(id).filter(|_| resource_type.as_str() == PROVENANCE)?;
    Some((target.resource_type, target.id))
}

/// `GET Provenance/[id]` of a version that the caller sees; `None` where the id is not of the form of one that is made.
pub async fn read_provenance(
    service: &Service,
    caller: &Caller,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<Option<String>, Problem> {
    if resource_type.as_str() != PROVENANCE {
        return Ok(None);
    }
    let Some(Target { resource_type, id: of, version }) = target_of(id) else { return Ok(None) };
    covered(service, caller, Interaction::Read)?;
    let access = service.decide(caller, Interaction::VersionRead, Some(resource_type))?;
    let record = service.store().read_version(&access, resource_type, &of, version).await?;
    let record = record.ok_or_else(Problem::not_found)?;
    let showing = Showing::begin(&access, Action::Read, format!("{PROVENANCE}/{id}"))?;
    record.confirm(&showing);
    let signers = Signers::of(service, caller);
    let made = made_of(service, &signers, std::slice::from_ref(&record)).await?;
    made.into_iter().next().map(|(_, text)| Some(text)).ok_or_else(Problem::not_found)
}

/// The `Provenance` of versions that are shown: id and text, in their order.
pub(crate) async fn made_of(
    service: &Service,
    signers: &Signers,
    versions: &[Record],
) -> Result<Vec<(String, String)>, Problem> {
    let entries = service.store().writes_of(versions).await?;
    let states = signers.states(service, &versions.iter().collect::<Vec<_>>()).await?;
    let mut made = Vec::with_capacity(versions.len());
    for ((version, entry), state) in versions.iter().zip(&entries).zip(states) {
        made.push(made_of_one(service, version, entry.as_ref(), state).await?);
    }
    Ok(made)
}

async fn made_of_one(
    service: &Service,
    version: &Record,
    entry: Option<&Entry<'_>>,
    signature: SignatureState,
) -> Result<(String, String), Problem> {
    let message = match entry {
        Some(entry) => service.store().message_of(entry).await?,
        None => None,
    };
    let resource = provenance(version, &Origin { entry, message, signature });
    Ok((resource["id"].as_str().unwrap_or_default().to_owned(), resource.to_string()))
}

/// By what a search that asks for the `Provenance` of what it finds tells it; `None` where it does not ask, or the caller's
/// scopes do not reach it.
pub(crate) fn is_included(service: &Service, caller: &Caller, request: &SearchRequest) -> Option<Signers> {
    // Behind the first page the link holds what was asked.
    let may_ask = request.pairs.iter().any(|(name, _)| name == PAGE_PARAMETER || asks(name));
    let is_told = may_ask && covered(service, caller, Interaction::Search).is_ok();
    is_told.then(|| Signers::of(service, caller))
}

fn asks(name: &str) -> bool {
    name.split(':').next() == Some("_revinclude")
}

/// Those of the matches of a search whose `Provenance` it asks for by `_revinclude`.
pub(crate) fn included_of(pairs: &[(String, String)], matches: &[Record]) -> Vec<Record> {
    let wanted: Vec<Option<ResourceType>> = pairs
        .iter()
        .filter(|(name, _)| asks(name))
        .filter_map(|(_, value)| {
            let mut parts = value.split(':');
            let is_ours = parts.next() == Some(PROVENANCE) && matches!(parts.next(), Some("target" | "*"));
            is_ours.then(|| parts.next().and_then(|kind| kind.parse().ok()))
        })
        .collect();
    let is_wanted = |record: &&Record| {
        record.resource_type.as_str() != PROVENANCE
            && wanted.iter().any(|kind| kind.is_none_or(|kind| kind == record.resource_type))
    };
    matches.iter().filter(is_wanted).cloned().collect()
}

fn covered(service: &Service, caller: &Caller, interaction: Interaction) -> Result<(), Denied> {
    match PROVENANCE.parse() {
        Ok(kind) => service.policy().scopes_cover(caller, interaction, kind),
        Err(_) => Err(Denied::Forbidden),
    }
}
