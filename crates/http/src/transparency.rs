//! `/transparency`: what everybody may know of the log of accesses, and a citizen's own part of it with its proofs
//! (`docs/access-log.md`).

use std::str::FromStr;

use access::{Actor, Caller, Denied, Interaction};
use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::ServiceConfig;
use audit_log::{Action, Checkpoint, VerifyingKey};
use fhir::{Fault, LogicalId, ResourceType};
use interactions::{Problem, log_period};
use record_store::{Journal, LogPeriod};
use serde::Serialize;
use serde_json::json;

use crate::app::State;
use crate::failure::Failure;
use crate::fhir_routes::{get, resource};
use crate::incoming::Incoming;

type Answer = Result<HttpResponse, Failure>;

/// Older checkpoints of one extract.
const MOST_OLDER: usize = 16;

/// Adds every path below `/transparency`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("", "GET, HEAD").route(get().to(overview)))
        .service(resource("/checkpoint", "GET, HEAD").route(get().to(checkpoint)))
        .service(resource("/consistency", "GET, HEAD").route(get().to(consistency)))
        .service(resource("/extract", "GET, HEAD").route(get().to(extract)))
        .service(resource("/key", "GET, HEAD").route(get().to(key_file)))
        .service(resource("/proof/{position}", "GET, HEAD").route(get().to(proof)))
        .service(resource("/roots/{day}", "GET, HEAD").route(get().to(root_of_day)));
}

/// `GET /transparency`: name and key of the log, and its last checkpoint.
async fn overview(incoming: Incoming) -> Answer {
    let (key, note) = signed_by(&incoming.state).await?;
    let answer = json!({
        "log": key.map(|key| key.name().as_str()),
        "vkey": key.map(ToString::to_string),
        "checkpoint": note,
        // With it a citizen compares what stands in a report.
        "report_certificate": incoming.state.app.seal.fingerprint(),
    });
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(answer.to_string()))
}

/// The key of the log, where it has signed the last checkpoint, and that one: with another key whoever verifies would be
/// told that all of the log is wrong.
async fn signed_by(state: &State) -> Result<(Option<&VerifyingKey>, Option<String>), Failure> {
    let note = state.app.service.store().log_checkpoint().await.map_err(Problem::from)?;
    let fits = |key: &&VerifyingKey| note.as_ref().is_none_or(|note| Checkpoint::open(note, key).is_ok());
    Ok((state.app.log_key.as_ref().filter(fits), note))
}

/// `GET /transparency/key`: the public key and those before it, as a file for `healthbook verify-audit --key`.
async fn key_file(incoming: Incoming) -> Answer {
    note(Some(key(&incoming).await?.file()))
}

/// `GET /transparency/checkpoint`: the last checkpoint, a signed note.
async fn checkpoint(incoming: Incoming) -> Answer {
    note(incoming.service().store().log_checkpoint().await.map_err(Problem::from)?)
}

/// `GET /transparency/roots/2026-11-28`: the first checkpoint that holds all of a day in Vietnam.
async fn root_of_day(incoming: Incoming) -> Answer {
    let day = incoming.segment("day").parse::<jiff::civil::Date>();
    let day = day.map_err(|_| Failure::new(404, Fault::UnknownPath))?;
    note(incoming.service().store().log_root_of_day(day).await.map_err(Problem::from)?)
}

/// A note, or the file of a key.
fn note(note: Option<String>) -> Answer {
    let note = note.ok_or_else(|| Failure::new(404, Fault::UnknownPath))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8")).body(note))
}

/// `GET /transparency/proof/N`: that the entry `AuditEvent/log-N` is in the log that is signed, for who may read it.
async fn proof(incoming: Incoming) -> Answer {
    incoming.known()?;
    let position = incoming.segment("position").parse::<u64>();
    let position = position.map_err(|_| Failure::new(404, Fault::UnknownPath))?;
    let (service, key) = (incoming.service(), key(&incoming).await?);
    let proof = interactions::audit_event_proof(service, &incoming.caller, key, position).await?;
    // A checkpoint that holds it comes within seconds.
    file(&proof.ok_or_else(|| Failure::new(503, Fault::Busy))?)
}

/// `GET /transparency/consistency?first=N&second=M`: that the log of M entries begins with that of N, as far as it is signed.
/// The parameters are those of RFC 6962, section 4.4.
async fn consistency(incoming: Incoming) -> Answer {
    let first = chosen(&incoming, "first")?.ok_or_else(|| invalid("first"))?;
    let (key, second) = (key(&incoming).await?, chosen(&incoming, "second")?);
    let proof = incoming.service().store().log_consistency_proof(key, first, second).await;
    file(&proof.map_err(Problem::from)?.ok_or_else(|| Failure::new(404, Fault::UnknownPath))?)
}

/// The public key of the log: a server that has another one than that which has signed it last proves nothing.
async fn key(incoming: &Incoming) -> Result<&VerifyingKey, Failure> {
    let (key, _) = signed_by(&incoming.state).await?;
    key.ok_or_else(|| Failure::new(503, Fault::Busy))
}

fn file(content: &impl Serialize) -> Answer {
    let text = serde_json::to_string_pretty(content).map_err(|_| Failure::new(500, Fault::Internal))?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(text))
}

/// `GET /transparency/extract`: the entries about the citizen who asks, each with its proof, for `healthbook verify-audit`.
async fn extract(incoming: Incoming) -> Answer {
    incoming.known()?;
    let (from, to) = (chosen(&incoming, "from")?, chosen(&incoming, "to")?);
    let period = log_period(incoming.service(), from, to, chosen(&incoming, "before")?);
    let older = all(&incoming, "older")?;
    if older.len() > MOST_OLDER {
        return Err(invalid("older"));
    }
    let extract = extract_of(&incoming.state, &incoming.caller, period, &older).await?;
    extract.ok_or_else(|| Failure::new(503, Fault::Busy))
}

/// The value of a parameter, if it is there.
fn chosen<T: FromStr>(incoming: &Incoming, name: &str) -> Result<Option<T>, Failure> {
    let given = incoming.pairs.iter().find(|(given, _)| given == name);
    given.map(|(_, value)| value.parse().map_err(|_| invalid(name))).transpose()
}

/// All values of a parameter.
fn all<T: FromStr>(incoming: &Incoming, name: &str) -> Result<Vec<T>, Failure> {
    let given = incoming.pairs.iter().filter(|(given, _)| given == name);
    given.map(|(_, value)| value.parse().map_err(|_| invalid(name))).collect()
}

fn invalid(name: &str) -> Failure {
    Failure::new(400, Fault::InvalidSearchValue { name: name.to_owned() })
}

/// The extract of a citizen, as a file to keep; whoever else asks gets none. `None` while nothing is signed, in the first
/// seconds of a log. `older` are sizes of checkpoints with which the log is proven to begin.
pub(crate) async fn extract_of(
    state: &State,
    caller: &Caller,
    period: LogPeriod,
    older: &[u64],
) -> Result<Option<HttpResponse>, Failure> {
    let service = &state.app.service;
    interactions::may_read_log(service, caller, Interaction::Search)?;
    let Caller::Authenticated(identity) = caller else { return Err(Denied::Forbidden.into()) };
    let Actor::Citizen { patient } = &identity.actor else { return Err(Denied::Forbidden.into()) };
    let (Some(key), _) = signed_by(state).await? else { return Ok(None) };
    let people = service.store().own_people(patient).await.map_err(Problem::from)?;
    let mut notes = Vec::with_capacity(older.len());
    for size in older {
        let note = service.store().log_checkpoint_at(*size).await.map_err(Problem::from)?;
        notes.push(note.ok_or_else(|| invalid("older"))?);
    }
    let extract =
        service.store().log_extract_of(key, &people, period, &notes).await.map_err(Problem::from)?;
    let Some(extract) = extract else { return Ok(None) };
    // It needs entries that have left the database.
    if extract.older.len() < notes.len() {
        return Err(invalid("older"));
    }
    if let Some(journal) = Journal::current() {
        let ids = people.iter().filter_map(|of| LogicalId::try_from(of.split_once('/')?.1).ok());
        for id in ids {
            let about = Some((ResourceType::PATIENT, id));
            journal.asked(Action::Export, about, "transparency/extract", interactions::OWN_LOG);
        }
    }
    let text = serde_json::to_string_pretty(&extract).map_err(|_| Failure::new(500, Fault::Internal))?;
    let answer = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"access-log.json\""))
        .body(text);
    Ok(Some(answer))
}
