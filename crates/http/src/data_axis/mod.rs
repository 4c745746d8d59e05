//! The data axis over HTTP (`docs/data-axis.md`): signing in, messages, how far they have come. Whoever speaks this protocol
//! reads `res_code`; the status says only what concerns the connection.

mod login;
mod messages;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};

/// The routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/api/auth/login", web::post().to(login::login))
        .route("/api/auth/refresh", web::post().to(login::refresh))
        .route("/api/platform/data-sync/push", web::post().to(messages::push))
        .route("/api/platform/data-sync/state/{id}", web::get().to(messages::state))
        .route("/api/platform/data-sync/key", web::get().to(messages::key));
}

fn answer(status: u16, text: String) -> HttpResponse {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "application/json; charset=utf-8"))
        .body(text)
}
