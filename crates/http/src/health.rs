//! `/health/live`: the process runs. `/health/ready`: it can serve.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::app::State;

/// Longer than this the database does not count as answering.
const LIMIT: Duration = Duration::from_secs(2);

/// The process answers.
pub(crate) async fn live() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("live\n")
}

/// The database answers, entries of the log of accesses can be written (else every answer about somebody is 503), and the
/// server is not stopping.
pub(crate) async fn ready(state: Data<State>) -> HttpResponse {
    let refuse = |reason: &'static str| {
        HttpResponse::ServiceUnavailable().content_type("text/plain; charset=utf-8").body(reason)
    };
    if state.stopping.load(Ordering::Relaxed) {
        return refuse("stopping\n");
    }
    let store = state.app.service.store();
    match tokio::time::timeout(LIMIT, store.ping()).await {
        Ok(Ok(())) if store.log_figures().refuses_entries => {
            refuse("the log of accesses cannot be written\n")
        }
        Ok(Ok(())) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"),
        _ => refuse("the database does not answer\n"),
    }
}
