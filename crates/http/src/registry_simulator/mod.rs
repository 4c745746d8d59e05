//! The simulated population registry as a small server of its own, for development and tests.

use std::future::Future;
use std::net::TcpListener;

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, PayloadConfig};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use fhir::Instant;
use population_registry::simulator::{Simulator, Wanted};

/// Most bytes of a question.
const MOST_BYTES: usize = 1 << 20;

/// Serves the simulated registry until `shutdown` is done.
pub async fn serve_registry_simulator(
    listener: TcpListener,
    simulator: Simulator,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let simulator = Data::new(simulator);
    let running = HttpServer::new(move || {
        App::new()
            .app_data(simulator.clone())
            .app_data(PayloadConfig::new(MOST_BYTES))
            .default_service(web::to(answer))
    })
    .disable_signals()
    .workers(2)
    .shutdown_timeout(1)
    .listen(listener)?
    .run();
    let handle = running.handle();
    let serving = tokio::spawn(running);
    shutdown.await;
    handle.stop(true).await;
    serving.await.map_err(std::io::Error::other)?
}

async fn answer(simulator: Data<Simulator>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let latency = simulator.latency();
    if !latency.is_zero() && !Simulator::is_own_path(request.path()) {
        tokio::time::sleep(latency).await;
    }
    let wanted = Wanted { path: request.path(), query: request.query_string(), body: &body };
    let shown = simulator.answer(wanted, Instant::now());
    let status = StatusCode::from_u16(shown.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.content_type(shown.content_type);
    if let Some(seconds) = shown.retry_after {
        response.insert_header(("retry-after", seconds.to_string()));
    }
    response.body(shown.body)
}
