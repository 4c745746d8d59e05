//! What a citizen takes along of the log of accesses: a signed report, and the extract with its proofs.

use ::web::{Language, Notice, access_lines};
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use audit_log::Checkpoint;
use fhir::Instant;
use interactions::{Problem, log_period, pairs};
use report::{AccessReport, LogState, access_report};

use super::SignIn;
use super::access_log_pages::{Asked, Reader, blocked, facilities, read};
use super::answer::{Trouble, page};
use super::visitor::language;
use crate::app::State;
use crate::transparency::extract_of;

/// Entries of a report. Of more the period must be shorter.
const MOST_PRINTED: u32 = 3_000;
/// Older checkpoints of one extract, as of `/transparency/extract`.
const MOST_OLDER: usize = 16;

/// `GET /auth/access-log.pdf`
pub(crate) async fn report(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let printed = print(&sign_in, &state, &request, &asked, language).await;
    printed.unwrap_or_else(|trouble| trouble.page(language))
}

async fn print(
    sign_in: &SignIn,
    state: &Data<State>,
    request: &HttpRequest,
    asked: &Asked,
    language: Language,
) -> Result<HttpResponse, Trouble> {
    let reader = match Reader::of(sign_in, state, request).await? {
        Ok(reader) => reader,
        Err(answer) => return Ok(answer),
    };
    let filter = match asked.filter(language) {
        Ok(filter) => filter,
        Err(wrong) => return Ok(page(StatusCode::BAD_REQUEST, Vec::new(), wrong)),
    };
    let found = read(state, &reader, &filter, None, Some(MOST_PRINTED)).await?;
    let blocked = blocked(state, &reader, language).await?;
    // Read after the entries: what has a position by now is covered by it, or will soon be.
    let log = log_state(state).await?;
    let state = state.clone();
    let made = actix_web::web::block(move || {
        let registry = state.app.service.store().registry();
        let zone = registry.time_zone();
        let lines = access_lines(&found.entries, &found.patient, zone, language);
        let chosen = filter.facility.as_ref().and_then(|id| {
            facilities(&found, &filter, &blocked, language).into_iter().find(|it| it.id == *id)
        });
        let content = AccessReport {
            language,
            name: &found.name,
            from: filter.from,
            to: filter.to,
            facility: chosen.as_ref().map(|facility| facility.name.as_str()),
            own: filter.own,
            made: Instant::now(),
            zone,
            lines: &lines,
            complete: found.next.is_none(),
            log,
        };
        access_report(&content, &state.app.seal)
    });
    let broken = |error: &dyn std::error::Error| {
        tracing::error!(error = %error, "a report could not be made");
        Trouble::new(StatusCode::INTERNAL_SERVER_ERROR, Notice::Broken)
    };
    let file = made.await.map_err(|error| broken(&error))?.map_err(|error| broken(&error))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/pdf"))
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"access-log.pdf\""))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(file))
}

/// The last checkpoint, and the key by which it is verified.
async fn log_state(state: &State) -> Result<Option<LogState>, Trouble> {
    let Some(key) = &state.app.log_key else { return Ok(None) };
    let note = state.app.service.store().log_checkpoint().await.map_err(Problem::from)?;
    Ok(note.and_then(|checkpoint| {
        let size = Checkpoint::open(&checkpoint, key).ok()?.size();
        Some(LogState { key: key.to_string(), checkpoint, size })
    }))
}

/// `GET /auth/access-log/extract`: the entries with their proofs, for `healthbook verify-audit`.
pub(crate) async fn extract(
    sign_in: Data<SignIn>,
    state: Data<State>,
    request: HttpRequest,
    asked: Query<Asked>,
) -> HttpResponse {
    let language = language(&request, asked.lang.as_deref());
    let taken = take(&sign_in, &state, &request, &asked, language).await;
    taken.unwrap_or_else(|trouble| trouble.page(language))
}

async fn take(
    sign_in: &SignIn,
    state: &State,
    request: &HttpRequest,
    asked: &Asked,
    language: Language,
) -> Result<HttpResponse, Trouble> {
    let reader = match Reader::of(sign_in, state, request).await? {
        Ok(reader) => reader,
        Err(answer) => return Ok(answer),
    };
    let filter = match asked.filter(language) {
        Ok(filter) => filter,
        Err(wrong) => return Ok(page(StatusCode::BAD_REQUEST, Vec::new(), wrong)),
    };
    let older = older(request.query_string())?;
    let period = log_period(&state.app.service, filter.from, filter.to, None);
    let extract =
        extract_of(state, &reader.caller, period, &older).await.map_err(|failure| failure.problem)?;
    let mut answer =
        extract.ok_or_else(|| Trouble::new(StatusCode::SERVICE_UNAVAILABLE, Notice::NotSigned))?;
    answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// The sizes of the checkpoints with which the log is proven to begin, each sent as `older`.
fn older(query: &str) -> Result<Vec<u64>, Trouble> {
    let wrong = || Trouble::new(StatusCode::BAD_REQUEST, Notice::NotPossible);
    let sent = pairs(query)?.into_iter().filter(|(name, value)| name == "older" && !value.is_empty());
    let sizes: Vec<u64> =
        sent.map(|(_, size)| size.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    if sizes.len() > MOST_OLDER { Err(wrong()) } else { Ok(sizes) }
}
