//! A book read for people: `$summary` and `$timeline`; the people of a facility: `$check-up-due`.

use access::Interaction;
use actix_web::web::{Path, Payload};
use fhir::{Fault, Instant, LogicalId};

use crate::failure::Failure;
use crate::handlers::{Answer, operation_pairs};
use crate::incoming::Incoming;
use crate::reply;

/// `GET Patient/$summary?identifier=...`
pub(crate) async fn summary_by_identifier(incoming: Incoming) -> Answer {
    run_by_identifier(&incoming, &incoming.pairs).await
}

/// `POST Patient/$summary`
pub(crate) async fn posted_summary_by_identifier(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = operation_pairs(&incoming, payload).await?;
    run_by_identifier(&incoming, &pairs).await
}

async fn run_by_identifier(incoming: &Incoming, pairs: &[(String, String)]) -> Answer {
    let access = incoming.decide(Interaction::ReadOperation)?;
    let service = incoming.service();
    let patient = interactions::patient_of_identifier(service, &access, pairs).await?;
    Ok(reply::document(interactions::summary(service, &access, &patient, pairs, true).await?))
}

/// `GET Patient/[id]/$summary`
pub(crate) async fn summary(incoming: Incoming) -> Answer {
    run_summary(&incoming, &incoming.pairs).await
}

/// `POST Patient/[id]/$summary`
pub(crate) async fn posted_summary(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = operation_pairs(&incoming, payload).await?;
    run_summary(&incoming, &pairs).await
}

async fn run_summary(incoming: &Incoming, pairs: &[(String, String)]) -> Answer {
    let access = incoming.decide(Interaction::ReadOperation)?;
    let id = incoming.id(404)?;
    Ok(reply::document(interactions::summary(incoming.service(), &access, &id, pairs, false).await?))
}

/// `GET Patient/[id]/$timeline`
pub(crate) async fn timeline(incoming: Incoming) -> Answer {
    run_timeline(&incoming, &incoming.pairs).await
}

/// `POST Patient/[id]/$timeline`
pub(crate) async fn posted_timeline(incoming: Incoming, payload: Payload) -> Answer {
    let pairs = operation_pairs(&incoming, payload).await?;
    run_timeline(&incoming, &pairs).await
}

async fn run_timeline(incoming: &Incoming, pairs: &[(String, String)]) -> Answer {
    let access = incoming.decide(Interaction::ReadOperation)?;
    let id = incoming.id(404)?;
    Ok(reply::document(interactions::timeline(incoming.service(), &access, &id, pairs).await?))
}

/// `GET Organization/[id]/$check-up-due`
pub(crate) async fn check_up_due(incoming: Incoming, id: Path<String>) -> Answer {
    run_check_up_due(&incoming, &id, &incoming.pairs).await
}

/// `POST Organization/[id]/$check-up-due`
pub(crate) async fn posted_check_up_due(incoming: Incoming, id: Path<String>, payload: Payload) -> Answer {
    let pairs = operation_pairs(&incoming, payload).await?;
    run_check_up_due(&incoming, &id, &pairs).await
}

async fn run_check_up_due(incoming: &Incoming, id: &str, pairs: &[(String, String)]) -> Answer {
    let id = LogicalId::try_from(id).map_err(|_| Failure::new(404, Fault::NotFound))?;
    let (service, caller) = (incoming.service(), &incoming.caller);
    Ok(reply::document(health_book::check_up::due(service, caller, &id, pairs, Instant::now()).await?))
}
