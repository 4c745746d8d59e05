//! `GET` inside a Bundle: the same answers as over HTTP.

use access::{Caller, Interaction};
use audit_log::Action;
use fhir::{Fault, Instant, LogicalId, ResourceType, VersionId};
use record_store::{HistoryScope, Record, Showing};

use crate::bundle_text::{EntryResponse, Text};
use crate::query_text::pairs;
use crate::{
    AUDIT_EVENT, EntityTags, Freshness, Problem, SearchRequest, Service, everything, history, is_log_entry,
    lastn, read_audit_event, read_provenance, read_standing, read_version, search_of,
};

/// Answers one `GET`.
pub(super) async fn get(
    service: &Service,
    caller: &Caller,
    url: &str,
    versions: Option<EntityTags>,
    since: Option<Instant>,
) -> Result<EntryResponse, Problem> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let pairs = pairs(query)?;
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let unknown = || Problem::new(404, Fault::UnknownPath);
    let type_of = |name: &str| {
        name.parse::<ResourceType>()
            .map_err(|_| Problem::new(404, Fault::UnknownResourceType { name: name.to_owned() }))
    };
    let id_of = |text: &str| LogicalId::try_from(text).map_err(|_| Problem::new(404, Fault::InvalidId));
    let freshness = Freshness { versions, since };
    let bundle = match segments.as_slice() {
        ["metadata"] => {
            let resource = Some(Text::Shared(crate::capability_statement(service)));
            return Ok(EntryResponse { status: 200, resource, ..EntryResponse::default() });
        }
        ["_history"] => {
            let access = service.decide(caller, Interaction::TypeHistory, None)?;
            history(service, &access, &HistoryScope::System, &pairs, false).await?
        }
        [AUDIT_EVENT, id] if is_log_entry(type_of(AUDIT_EVENT)?, &id_of(id)?) => {
            read_audit_event(service, caller, &id_of(id)?).await?
        }
        [kind] => {
            let (resource_type, pairs) = (Some(type_of(kind)?), pairs);
            let request = SearchRequest { resource_type, pairs, ..SearchRequest::default() };
            let decide = || Ok::<_, Problem>(service.decide(caller, Interaction::Search, resource_type)?);
            search_of(service, caller, request, decide).await?
        }
        [] => {
            let request = SearchRequest { pairs, ..SearchRequest::default() };
            let decide = || Ok::<_, Problem>(service.decide(caller, Interaction::Search, None)?);
            search_of(service, caller, request, decide).await?
        }
        ["Observation", "$lastn"] => {
            let access = service.decide(caller, Interaction::ReadOperation, "Observation".parse().ok())?;
            lastn(service, &access, &pairs, false, false).await?
        }
        [kind, "_history"] => {
            let access = service.decide(caller, Interaction::TypeHistory, kind.parse().ok())?;
            history(service, &access, &HistoryScope::Type(type_of(kind)?), &pairs, false).await?
        }
        [kind, id] => {
            if let Some(made) = read_provenance(service, caller, type_of(kind)?, &id_of(id)?).await? {
                let resource = Some(Text::Own(made));
                return Ok(EntryResponse { status: 200, resource, ..EntryResponse::default() });
            }
            let access = service.decide(caller, Interaction::Read, kind.parse().ok())?;
            let id = id_of(id)?;
            let record = read_standing(service, &access, type_of(kind)?, &id).await?;
            let showing = Showing::begin(&access, Action::Read, "")?;
            if record.id != id {
                // The version is that of another resource: nobody has it under this address.
                let resource = record.show(&showing)?.map(Text::Own);
                return Ok(EntryResponse { status: 200, resource, ..EntryResponse::default() });
            }
            return resource(record, &freshness, &showing);
        }
        [kind, id, "_history"] => {
            let access = service.decide(caller, Interaction::History, kind.parse().ok())?;
            history(service, &access, &HistoryScope::Instance(type_of(kind)?, id_of(id)?), &pairs, false)
                .await?
        }
        ["Patient", id, "$everything"] => {
            let access = service.decide(caller, Interaction::ReadOperation, "Patient".parse().ok())?;
            everything(service, &access, &id_of(id)?, &pairs, false).await?
        }
        [compartment, id, kind] => {
            let compartment = Some((type_of(compartment)?, id_of(id)?));
            let resource_type = if *kind == "*" { None } else { Some(type_of(kind)?) };
            let request = SearchRequest { resource_type, compartment, pairs, ..SearchRequest::default() };
            let decide =
                || Ok::<_, Problem>(service.decide(caller, Interaction::Search, kind.parse().ok())?);
            search_of(service, caller, request, decide).await?
        }
        [kind, id, "_history", version] => {
            let access = service.decide(caller, Interaction::VersionRead, kind.parse().ok())?;
            let version =
                VersionId::try_from(*version).map_err(|_| Problem::new(404, Fault::NoSuchVersion))?;
            let record = read_version(service, &access, type_of(kind)?, &id_of(id)?, version).await?;
            return resource(record, &freshness, &Showing::begin(&access, Action::Vread, "")?);
        }
        _ => return Err(unknown()),
    };
    Ok(EntryResponse { status: 200, resource: Some(Text::Own(bundle)), ..EntryResponse::default() })
}

fn resource(record: Record, freshness: &Freshness, showing: &Showing) -> Result<EntryResponse, Problem> {
    let version = Some((record.version, record.last_updated));
    if freshness.holds(&record) {
        record.confirm(showing);
        return Ok(EntryResponse { status: 304, version, ..EntryResponse::default() });
    }
    let resource = record.show(showing)?.map(Text::Own);
    Ok(EntryResponse { status: 200, version, resource, ..EntryResponse::default() })
}
