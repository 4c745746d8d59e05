//! One handler per FHIR interaction: <https://hl7.org/fhir/R4/http.html>.

use access::Interaction;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Payload;
use audit_log::Action;
use fhir::{Fault, ResourceType};
use interactions::{PatchDocument, ReadRequest, SearchRequest, pairs};
use record_store::{Begun, HistoryScope, Phase, Record, Showing};

use crate::body::{has_form_or_nothing, read_form, read_json, read_message, read_patch};
use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::reply;

pub(crate) type Answer = Result<HttpResponse, Failure>;

/// `GET metadata`: open to everybody.
pub(crate) async fn capabilities(incoming: Incoming) -> Answer {
    Ok(reply::document(interactions::capability_statement(incoming.service()).to_string()))
}

/// `GET [type]/[id]`
pub(crate) async fn read(incoming: Incoming) -> Answer {
    let (service, caller) = (incoming.service(), &incoming.caller);
    if let (Ok(kind), Ok(id)) = (incoming.resource_type("type"), incoming.id(404)) {
        // What is made when it is asked for: its own gate says who may read it.
        if interactions::is_log_entry(kind, &id) {
            return Ok(reply::document(interactions::read_audit_event(service, caller, &id).await?));
        }
        if let Some(made) = interactions::read_provenance(service, caller, kind, &id).await? {
            return Ok(reply::document(made));
        }
    }
    let access = incoming.decide(Interaction::Read)?;
    let (resource_type, id) = (incoming.resource_type("type")?, incoming.id(404)?);
    let request = read_request(&incoming, resource_type)?;
    let record = interactions::read_standing(service, &access, resource_type, &id).await?;
    let showing = Showing::begin(&access, Action::Read, "").map_err(interactions::Problem::from)?;
    if record.id != id {
        // Nobody has this version under this address, and no tag of it may be taken for one of what was asked for.
        let part = request.part_of(&record, &showing)?;
        return reply::standing(service, &record, part, &showing);
    }
    show(&request, &record, &showing)
}

/// `GET [type]/[id]/_history/[version]`
pub(crate) async fn read_version(incoming: Incoming) -> Answer {
    let access = incoming.decide(Interaction::VersionRead)?;
    let (resource_type, id, version) =
        (incoming.resource_type("type")?, incoming.id(404)?, incoming.version()?);
    let request = read_request(&incoming, resource_type)?;
    let record = interactions::read_version(incoming.service(), &access, resource_type, &id, version).await?;
    let showing = Showing::begin(&access, Action::Vread, "").map_err(interactions::Problem::from)?;
    show(&request, &record, &showing)
}

/// How one resource is asked for: before it is read.
fn read_request(incoming: &Incoming, resource_type: ResourceType) -> Result<ReadRequest, Failure> {
    let freshness = incoming.freshness()?;
    Ok(ReadRequest::new(incoming.service(), resource_type, &incoming.pairs, freshness)?)
}

/// A resource, or the part of it that is asked for, or that the caller has it already.
fn show(request: &ReadRequest, record: &Record, showing: &Showing) -> Answer {
    if request.is_known(record) {
        record.confirm(showing);
        return Ok(reply::not_modified(record));
    }
    reply::record(record, request.part_of(record, showing)?, showing)
}

/// `POST [type]`, with `If-None-Exist` conditional.
pub(crate) async fn create(incoming: Incoming, payload: Payload) -> Answer {
    let mut access = incoming.decide(Interaction::Create)?;
    let resource_type = incoming.resource_type("type")?;
    let criteria = incoming.if_none_exist()?;
    if criteria.is_some() {
        access = incoming.decide_conditional(Interaction::Create)?;
    }
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let service = incoming.service();
    if criteria.is_some() {
        incoming.no_provenance()?;
    }
    let provenance = incoming.provenance()?;
    let (text, caller) = (&body.bytes, &incoming.caller);
    let work = Box::pin(async {
        match (criteria, provenance) {
            (None, None) => interactions::create(service, &access, resource_type, text).await,
            (None, Some(sent)) => {
                interactions::create_with_provenance(service, caller, resource_type, text, sent).await
            }
            (Some(criteria), _) => {
                interactions::conditional_create(service, &access, resource_type, text, &criteria).await
            }
        }
    });
    let stored = match incoming.once(text)? {
        Some(once) => interactions::write_once(service, &access, once, work).await?,
        None => work.await?,
    };
    reply::stored(service, &stored, incoming.preferences.answer)
}

/// `PUT [type]/[id]`
pub(crate) async fn update(incoming: Incoming, payload: Payload) -> Answer {
    let access = incoming.decide(Interaction::Update)?;
    let (resource_type, id) = (incoming.resource_type("type")?, incoming.id(400)?);
    let if_match = incoming.if_match()?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let service = incoming.service();
    let stored = match incoming.provenance()? {
        None => interactions::update(service, &access, resource_type, &id, &body.bytes, if_match).await?,
        Some(provenance) => {
            let (caller, what) = (&incoming.caller, (resource_type, &id));
            interactions::update_with_provenance(service, caller, what, &body.bytes, if_match, provenance)
                .await?
        }
    };
    reply::stored(service, &stored, incoming.preferences.answer)
}

/// `PUT [type]?criteria`
pub(crate) async fn conditional_update(incoming: Incoming, payload: Payload) -> Answer {
    let access = incoming.decide_conditional(Interaction::Update)?;
    incoming.no_provenance()?;
    let resource_type = incoming.resource_type("type")?;
    let if_match = incoming.if_match()?;
    let body = read_json(&incoming.state, incoming.headers(), payload).await?;
    let service = incoming.service();
    let criteria = incoming.query();
    let stored =
        interactions::conditional_update(service, &access, resource_type, &body.bytes, criteria, if_match)
            .await?;
    reply::stored(service, &stored, incoming.preferences.answer)
}

/// `PATCH [type]/[id]`
pub(crate) async fn patch(incoming: Incoming, payload: Payload) -> Answer {
    let access = incoming.decide_patch()?;
    incoming.no_provenance()?;
    let (resource_type, id) = (incoming.resource_type("type")?, incoming.id(404)?);
    let if_match = incoming.if_match()?;
    let (format, mut body) = read_patch(&incoming.state, incoming.headers(), payload).await?;
    let once = incoming.once(&body.bytes)?;
    let document = PatchDocument { format, text: body.take().into() };
    let service = incoming.service();
    let work = Box::pin(interactions::patch(service, &access, resource_type, &id, &document, if_match));
    let stored = match once {
        Some(once) => interactions::write_once(service, &access, once, work).await?,
        None => work.await?,
    };
    reply::stored(service, &stored, incoming.preferences.answer)
}

/// `PATCH [type]?criteria`
pub(crate) async fn conditional_patch(incoming: Incoming, payload: Payload) -> Answer {
    let access = incoming.decide_conditional_patch()?;
    incoming.no_provenance()?;
    let resource_type = incoming.resource_type("type")?;
    let if_match = incoming.if_match()?;
    let (format, mut body) = read_patch(&incoming.state, incoming.headers(), payload).await?;
    let document = PatchDocument { format, text: body.take().into() };
    let (service, criteria) = (incoming.service(), incoming.query());
    let stored =
        interactions::conditional_patch(service, &access, resource_type, criteria, &document, if_match)
            .await?;
    reply::stored(service, &stored, incoming.preferences.answer)
}

/// `DELETE [type]/[id]`
pub(crate) async fn delete(incoming: Incoming) -> Answer {
    let access = incoming.decide(Interaction::Delete)?;
    let (resource_type, id) = (incoming.resource_type("type")?, incoming.id(400)?);
    let service = incoming.service();
    let stored = interactions::delete(service, &access, resource_type, &id, incoming.if_match()?).await?;
    reply::stored(service, &stored, incoming.preferences.answer)
}

/// `DELETE [type]?criteria`
pub(crate) async fn conditional_delete(incoming: Incoming) -> Answer {
    let access = incoming.decide_conditional(Interaction::Delete)?;
    let resource_type = incoming.resource_type("type")?;
    let service = incoming.service();
    match interactions::conditional_delete(service, &access, resource_type, incoming.query()).await? {
        Some(stored) => reply::stored(service, &stored, incoming.preferences.answer),
        None => Ok(HttpResponse::NoContent().finish()),
    }
}

/// `GET _history`
pub(crate) async fn system_history(incoming: Incoming) -> Answer {
    history(&incoming, HistoryScope::System, Interaction::TypeHistory).await
}

/// `GET [type]/_history`
pub(crate) async fn type_history(incoming: Incoming) -> Answer {
    let scope = HistoryScope::Type(incoming.resource_type("type")?);
    history(&incoming, scope, Interaction::TypeHistory).await
}

/// `GET [type]/[id]/_history`
pub(crate) async fn instance_history(incoming: Incoming) -> Answer {
    let scope = HistoryScope::Instance(incoming.resource_type("type")?, incoming.id(404)?);
    history(&incoming, scope, Interaction::History).await
}

async fn history(incoming: &Incoming, scope: HistoryScope, interaction: Interaction) -> Answer {
    let access = incoming.decide(interaction)?;
    let strict = incoming.preferences.strict;
    let bundle = interactions::history(incoming.service(), &access, &scope, &incoming.pairs, strict).await?;
    Ok(reply::document(bundle))
}

/// `GET [type]?parameters`
pub(crate) async fn search(incoming: Incoming) -> Answer {
    let request = request(&incoming, incoming.pairs.clone(), false)?;
    run_search(&incoming, request).await
}

/// `POST [type]/_search`
pub(crate) async fn posted_search(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = posted_pairs(&incoming, payload).await?;
    let request = request(&incoming, pairs, true)?;
    run_search(&incoming, request).await
}

/// `GET [base]?parameters`
pub(crate) async fn system_search(incoming: Incoming) -> Answer {
    let request = SearchRequest {
        pairs: incoming.pairs.clone(),
        strict: incoming.preferences.strict,
        ..SearchRequest::default()
    };
    run_search(&incoming, request).await
}

/// `POST [base]/_search`
pub(crate) async fn posted_system_search(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = posted_pairs(&incoming, payload).await?;
    let request = SearchRequest {
        pairs,
        strict: incoming.preferences.strict,
        posted: true,
        ..SearchRequest::default()
    };
    run_search(&incoming, request).await
}

/// `GET [compartment]/[id]/[type]?parameters`, `GET [compartment]/[id]/*?parameters`
pub(crate) async fn compartment_search(incoming: Incoming) -> Answer {
    let request = compartment_request(&incoming, incoming.pairs.clone(), false)?;
    run_search(&incoming, request).await
}

/// `POST [compartment]/[id]/[type]/_search`
pub(crate) async fn posted_compartment_search(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = posted_pairs(&incoming, payload).await?;
    let request = compartment_request(&incoming, pairs, true)?;
    run_search(&incoming, request).await
}

/// The parameters of the url and of the form. Nobody unknown gets a body read.
async fn posted_pairs(incoming: &Incoming, payload: Payload) -> Result<Vec<(String, String)>, Failure> {
    incoming.known()?;
    let form = read_form(&incoming.state, incoming.headers(), payload).await?;
    incoming.with_posted(pairs(&form)?)
}

fn request(
    incoming: &Incoming,
    pairs: Vec<(String, String)>,
    posted: bool,
) -> Result<SearchRequest, Failure> {
    let resource_type = Some(incoming.resource_type("type")?);
    let strict = incoming.preferences.strict;
    Ok(SearchRequest { resource_type, pairs, strict, posted, ..SearchRequest::default() })
}

fn compartment_request(
    incoming: &Incoming,
    pairs: Vec<(String, String)>,
    posted: bool,
) -> Result<SearchRequest, Failure> {
    let compartment = incoming.resource_type("type")?;
    let known = ["Device", "Encounter", "Patient", "Practitioner", "RelatedPerson"];
    if !known.contains(&compartment.as_str()) {
        return Err(Failure::new(404, Fault::UnknownPath));
    }
    let resource_type = match incoming.segment("member") {
        "*" => None,
        _ => Some(incoming.resource_type("member")?),
    };
    Ok(SearchRequest {
        resource_type,
        compartment: Some((compartment, incoming.id(404)?)),
        pairs,
        strict: incoming.preferences.strict,
        posted,
        ..SearchRequest::default()
    })
}

/// The parameters of an operation that was posted: of the url, and of a form or a `Parameters` resource,
/// where there is one.
pub(crate) async fn operation_pairs(
    incoming: &Incoming,
    payload: Payload,
) -> Result<Vec<(String, String)>, Failure> {
    incoming.decide(Interaction::ReadOperation)?;
    let sent = if has_form_or_nothing(incoming.headers()) {
        pairs(&read_form(&incoming.state, incoming.headers(), payload).await?)?
    } else {
        let body = read_json(&incoming.state, incoming.headers(), payload).await?;
        interactions::operation_parameters(&body.bytes)?
    };
    incoming.with_posted(sent)
}

/// `POST Observation/$lastn`
pub(crate) async fn posted_lastn(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = operation_pairs(&incoming, payload).await?;
    run_lastn(&incoming, &pairs, true).await
}

/// `POST Patient/[id]/$everything`
pub(crate) async fn posted_everything(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = operation_pairs(&incoming, payload).await?;
    run_everything(&incoming, &pairs).await
}

/// `GET Observation/$lastn?parameters`
pub(crate) async fn lastn(incoming: Incoming) -> Answer {
    run_lastn(&incoming, &incoming.pairs, false).await
}

async fn run_lastn(incoming: &Incoming, pairs: &[(String, String)], posted: bool) -> Answer {
    let access = incoming.decide(Interaction::ReadOperation)?;
    let strict = incoming.preferences.strict;
    Ok(reply::document(interactions::lastn(incoming.service(), &access, pairs, strict, posted).await?))
}

async fn run_search(incoming: &Incoming, request: SearchRequest) -> Answer {
    let decide = || incoming.decide(Interaction::Search);
    let found = interactions::search_of(incoming.service(), &incoming.caller, request, decide).await?;
    Ok(reply::document(found))
}

/// `POST [base]`: batch or transaction.
pub(crate) async fn bundle(incoming: Incoming, payload: Payload) -> Answer {
    // Nobody unknown gets a body read. What a caller may is asked for each entry.
    incoming.known()?;
    let (message, mut body) = read_message(&incoming.state, incoming.headers(), payload).await?;
    let answer = incoming.preferences.answer.unwrap_or(interactions::Return::Minimal);
    let service = incoming.service();
    let once = incoming.once(&body.bytes)?;
    // Boxed: the states of a Bundle are many, and the stack of a worker is small.
    let work = Box::pin(interactions::process_bundle(service, &incoming.caller, body.take(), answer));
    let work = message.scope(work);
    let text = match once {
        Some(once) => interactions::answer_once(service, once, work).await?,
        None => work.await?,
    };
    Ok(reply::document(text))
}

/// `GET Patient/[id]/$everything`
pub(crate) async fn everything(incoming: Incoming) -> Answer {
    run_everything(&incoming, &incoming.pairs).await
}

async fn run_everything(incoming: &Incoming, pairs: &[(String, String)]) -> Answer {
    let access = incoming.decide(Interaction::ReadOperation)?;
    if incoming.resource_type("type")? != ResourceType::PATIENT {
        return Err(Failure::new(404, Fault::UnknownOperation { name: "$everything".to_owned() }));
    }
    let (id, strict) = (incoming.id(404)?, incoming.preferences.strict);
    Ok(reply::document(interactions::everything(incoming.service(), &access, &id, pairs, strict).await?))
}

/// `POST [base]/$reindex`: for those who may write everything.
pub(crate) async fn reindex(incoming: Incoming) -> Answer {
    let access = incoming.decide(Interaction::Update)?;
    let service = incoming.service();
    match interactions::begin_reindex(service, &access).await? {
        Begun::Running(_) => Err(Failure::new(409, Fault::ReindexRunning)),
        Begun::Started(_) | Begun::Nothing => progress(&incoming).await,
    }
}

/// `GET [base]/$reindex`
pub(crate) async fn reindex_progress(incoming: Incoming) -> Answer {
    if !incoming.decide(Interaction::Update)?.is_unlimited() {
        return Err(access::Denied::Forbidden.into());
    }
    progress(&incoming).await
}

async fn progress(incoming: &Incoming) -> Answer {
    let service = incoming.service();
    let state = service.store().reindex().await.map_err(interactions::Problem::from)?;
    let running = state.as_ref().is_some_and(|state| state.phase != Phase::Finished);
    let status = if running { StatusCode::ACCEPTED } else { StatusCode::OK };
    let place = format!("{}/$reindex", service.base());
    Ok(reply::status_document(status, &place, interactions::reindex_document(service, state.as_ref())))
}
