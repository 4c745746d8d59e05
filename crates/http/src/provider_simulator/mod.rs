//! The simulated provider as a small server of its own, for development and tests.

use std::collections::HashMap;
use std::future::Future;
use std::net::TcpListener;

use actix_web::http::header;
use actix_web::web::{self, Data, Form, FormConfig, Query};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use auth::account::provider::simulator::Simulator;
use fhir::Instant;
use serde_json::json;

use crate::language::Language as Preferred;
use crate::sign_in::style;

/// `form-action` is open: the choice leads back to whichever server asked.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Serves the simulated provider until `shutdown` is done.
pub async fn serve_provider_simulator(
    listener: TcpListener,
    simulator: Simulator,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let simulator = Data::new(simulator);
    let running = HttpServer::new(move || {
        App::new()
            .app_data(simulator.clone())
            .app_data(FormConfig::default().limit(16 * 1_024))
            .route("/.well-known/openid-configuration", web::get().to(discovery))
            .route("/jwks", web::get().to(jwks))
            .route("/authorize", web::get().to(people))
            .route("/authorize", web::post().to(choose))
            .route("/token", web::post().to(token))
            .route("/auth/style.css", web::get().to(style))
    })
    .disable_signals()
    .workers(1)
    .shutdown_timeout(1)
    .listen(listener)?
    .run();
    let handle = running.handle();
    let serving = tokio::spawn(running);
    shutdown.await;
    handle.stop(true).await;
    serving.await.map_err(std::io::Error::other)?
}

async fn discovery(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.discovery())
}

async fn jwks(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.jwks())
}

async fn people(
    simulator: Data<Simulator>,
    request: HttpRequest,
    query: Query<Vec<(String, String)>>,
) -> HttpResponse {
    let asked = query.iter().find(|(name, _)| name == "lang").map(|(_, value)| value.as_str());
    let language = asked.and_then(::web::Language::from_code).unwrap_or_else(|| {
        match Preferred::preferred(request.headers()) {
            Preferred::Vietnamese => ::web::Language::Vietnamese,
            Preferred::English => ::web::Language::English,
        }
    });
    let people = simulator.people().iter().map(|person| (person.name.as_str(), person.number.as_str()));
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .body(::web::simulator(language, people, &query))
}

async fn choose(simulator: Data<Simulator>, form: Form<HashMap<String, String>>) -> HttpResponse {
    let person = form.get("person").and_then(|person| person.parse().ok());
    match person.and_then(|person| simulator.choose(&form, person)) {
        Some(url) => HttpResponse::SeeOther().insert_header((header::LOCATION, url)).finish(),
        None => HttpResponse::BadRequest().body("no such person, or the request is not complete"),
    }
}

async fn token(simulator: Data<Simulator>, form: Form<HashMap<String, String>>) -> HttpResponse {
    match simulator.token(&form, Instant::now()) {
        Ok(answer) => HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(answer),
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error })),
    }
}
