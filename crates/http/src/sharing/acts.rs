//! One handler for each act: reads, calls one function of `health_book`, renders.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Payload;
use fhir::Instant;
use health_book::{
    HealthBook, blocks, delegations, effects as draft_effects, emergency as emergencies, merging,
    patterns as all_patterns, preferences as all_preferences, presence, preview as previews,
    relations as all_relations, review as all_reviews, shields as all_shields, visits,
};

use super::answer::{body, bytes, json, parameter};
use crate::failure::Failure;
use crate::incoming::Incoming;

type Answer = Result<HttpResponse, Failure>;

fn book(incoming: &Incoming) -> &HealthBook {
    &incoming.state.app.health_book
}

/// `POST /access/presence-codes`
pub(super) async fn make_code(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let made = presence::make_code(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::CREATED, &made))
}

/// `POST /access/relations`
pub(super) async fn redeem(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let relation = presence::redeem(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::CREATED, &relation))
}

/// `GET /access/relations`
pub(super) async fn relations(incoming: Incoming) -> Answer {
    let request = all_relations::ListRequest {
        patient: parameter(&incoming, "patient"),
        page: parameter(&incoming, "page"),
        count: parameter(&incoming, "count"),
    };
    let list = all_relations::list(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `POST /access/relations/{id}/end`
pub(super) async fn end_relation(incoming: Incoming) -> Answer {
    let id = incoming.segment("id");
    let ended = all_relations::end(book(&incoming), &incoming.caller, id, Instant::now()).await?;
    Ok(json(StatusCode::OK, &ended))
}

/// `POST /access/relations/{id}/shorten`
pub(super) async fn shorten(incoming: Incoming, payload: Payload) -> Answer {
    let (request, id) = (body(&incoming, payload).await?, incoming.segment("id"));
    let changed =
        all_relations::shorten(book(&incoming), &incoming.caller, id, request, Instant::now()).await?;
    Ok(json(StatusCode::OK, &changed))
}

/// `POST /access/relations/{id}/extend`
pub(super) async fn extend(incoming: Incoming, payload: Payload) -> Answer {
    let (request, id) = (body(&incoming, payload).await?, incoming.segment("id"));
    let changed =
        all_relations::extend(book(&incoming), &incoming.caller, id, request, Instant::now()).await?;
    Ok(json(StatusCode::OK, &changed))
}

/// `POST /access/blocks`
pub(super) async fn block(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let made = blocks::block(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::CREATED, &made))
}

/// `GET /access/blocks`
pub(super) async fn blocks(incoming: Incoming) -> Answer {
    let patient = parameter(&incoming, "patient");
    let list = blocks::list(book(&incoming), &incoming.caller, patient.as_deref(), Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `DELETE /access/blocks/{id}`
pub(super) async fn lift(incoming: Incoming) -> Answer {
    blocks::lift(book(&incoming), &incoming.caller, incoming.segment("id"), Instant::now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// `POST /access/emergency`
pub(super) async fn emergency(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let opened = emergencies::open(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(if opened.is_new { StatusCode::CREATED } else { StatusCode::OK }, &opened.answer))
}

/// `GET /access/emergency/reviews`
pub(super) async fn reviews(incoming: Incoming) -> Answer {
    let list = all_reviews::list(book(&incoming), &incoming.caller, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `POST /access/emergency/reviews/{id}/review`
pub(super) async fn review(incoming: Incoming, payload: Payload) -> Answer {
    let (request, id) = (body(&incoming, payload).await?, incoming.segment("id"));
    let done = all_reviews::review(book(&incoming), &incoming.caller, id, request, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `POST /access/delegations`
pub(super) async fn delegate(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let made = delegations::give(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::CREATED, &made))
}

/// `GET /access/delegations`
pub(super) async fn delegations(incoming: Incoming) -> Answer {
    let list = delegations::list(book(&incoming), &incoming.caller, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `POST /access/delegations/{id}/accept`
pub(super) async fn accept(incoming: Incoming) -> Answer {
    let id = incoming.segment("id");
    let done = delegations::accept(book(&incoming), &incoming.caller, id, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `POST /access/delegations/{id}/end`
pub(super) async fn end_delegation(incoming: Incoming) -> Answer {
    let id = incoming.segment("id");
    let done = delegations::end(book(&incoming), &incoming.caller, id, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `POST /access/visits/{id}/private`
pub(super) async fn make_private(incoming: Incoming) -> Answer {
    let id = incoming.segment("id");
    let done = visits::make_private(book(&incoming), &incoming.caller, id, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `POST /access/preview`
pub(super) async fn preview(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let shown = previews::preview(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::OK, &shown))
}

/// `POST /access/effects`
pub(super) async fn effects(incoming: Incoming, payload: Payload) -> Answer {
    let draft = bytes(&incoming, payload).await?;
    let list = draft_effects::effects(book(&incoming), &incoming.caller, &draft, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `GET /access/shields`
pub(super) async fn shields(incoming: Incoming) -> Answer {
    let list = all_shields::list(book(&incoming), &incoming.caller, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `POST /access/shields`
pub(super) async fn ask_shield(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let asked = all_shields::ask(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::ACCEPTED, &asked))
}

/// `POST /access/shields/{id}/confirm`
pub(super) async fn confirm_shield(incoming: Incoming) -> Answer {
    let id = incoming.segment("id");
    let done = all_shields::confirm(book(&incoming), &incoming.caller, id, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `GET /access/merges`
pub(super) async fn merges(incoming: Incoming) -> Answer {
    let list = merging::list(book(&incoming), &incoming.caller, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}

/// `POST /access/merges`
pub(super) async fn report_merge(incoming: Incoming, payload: Payload) -> Answer {
    let request = body(&incoming, payload).await?;
    let made = merging::report(book(&incoming), &incoming.caller, request, Instant::now()).await?;
    Ok(json(StatusCode::CREATED, &made))
}

/// `POST /access/merges/{id}/propose`
pub(super) async fn propose_merge(incoming: Incoming, payload: Payload) -> Answer {
    let (request, id) = (body(&incoming, payload).await?, incoming.segment("id"));
    let done = merging::propose(book(&incoming), &incoming.caller, id, request, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `POST /access/merges/{id}/confirm`
pub(super) async fn confirm_merge(incoming: Incoming) -> Answer {
    let id = incoming.segment("id");
    let done = merging::confirm(book(&incoming), &incoming.caller, id, Instant::now()).await?;
    Ok(json(StatusCode::OK, &done))
}

/// `GET /access/notices/preferences`
pub(super) async fn preferences(incoming: Incoming) -> Answer {
    let preferences = all_preferences::get(book(&incoming), &incoming.caller, Instant::now()).await?;
    Ok(json(StatusCode::OK, &preferences))
}

/// `PUT /access/notices/preferences`
pub(super) async fn prefer(incoming: Incoming, payload: Payload) -> Answer {
    let wanted = body(&incoming, payload).await?;
    let preferences = all_preferences::put(book(&incoming), &incoming.caller, wanted, Instant::now()).await?;
    Ok(json(StatusCode::OK, &preferences))
}

/// `GET /access/notices/patterns`
pub(super) async fn patterns(incoming: Incoming) -> Answer {
    let list = all_patterns::list(book(&incoming), &incoming.caller, Instant::now()).await?;
    Ok(json(StatusCode::OK, &list))
}
