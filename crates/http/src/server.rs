//! Starting and stopping.

use std::future::Future;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App as ActixApp, HttpResponse, HttpServer};
use fhir::Fault;
use tokio::sync::Semaphore;

use crate::app::{App, HttpSettings, State};
use crate::docs::Contract;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::{
    check_ups, cross_origin, data_axis, docs, fhir_routes, fhir_xml, health, home, logged, metrics, oauth,
    population, sharing, sign_in, transparency, watch,
};

/// Large bodies that are parsed at one time.
const LARGE_BODIES: usize = 2;

/// Serves until `shutdown` is done, then lets running requests finish.
pub async fn serve(
    listener: TcpListener,
    app: App,
    settings: HttpSettings,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let state = Data::new(State {
        address: listener.local_addr()?,
        metrics: Metrics::new(),
        body_budget: Arc::new(Semaphore::new((settings.body_budget / 1024).max(settings.body_limit / 1024))),
        large_bodies: Arc::new(Semaphore::new(LARGE_BODIES)),
        stopping: AtomicBool::new(false),
        contract: Contract::default(),
        app,
        settings: settings.clone(),
    });
    let shared = state.clone();
    let signing_in = state.app.sign_in.clone().map(Data::from);
    let mut server = HttpServer::new(move || {
        let signing_in = signing_in.clone();
        ActixApp::new()
            .app_data(shared.clone())
            .wrap(from_fn(logged::keep))
            .wrap(from_fn(cross_origin::answer))
            .wrap(from_fn(watch::watch))
            .configure(oauth::configure)
            .configure(|service| {
                if let Some(signing_in) = signing_in {
                    let scope =
                        web::scope("/auth").app_data(signing_in.clone()).configure(sign_in::configure);
                    service.service(scope.default_service(web::to(unknown_path)));
                    let scope = web::scope("/station").app_data(signing_in.clone());
                    let scope = scope.configure(sign_in::station::configure);
                    service.service(scope.default_service(web::to(unknown_path)));
                    let scope = web::scope("/book").app_data(signing_in).configure(sign_in::book::configure);
                    service.service(scope.default_service(web::to(unknown_path)));
                }
            })
            .service(
                web::scope("/fhir")
                    .configure(oauth::configure_fhir)
                    .configure(fhir_routes::configure)
                    .default_service(web::to(unknown_path))
                    .wrap(from_fn(fhir_xml::answer)),
            )
            .service(web::scope("/transparency").configure(transparency::configure))
            .service(
                web::scope("/access")
                    .configure(sharing::configure)
                    .default_service(web::to(unknown_path))
                    .wrap(from_fn(fhir_xml::answer)),
            )
            .route("/health/live", web::get().to(health::live))
            .route("/health/live", web::head().to(health::live))
            .route("/health/ready", web::get().to(health::ready))
            .route("/health/ready", web::head().to(health::ready))
            .route("/metrics", web::get().to(metrics::metrics))
            .route("/stats", web::get().to(population::stats))
            .route("/", web::get().to(home::home))
            .configure(data_axis::configure)
            .configure(check_ups::configure)
            .configure(docs::configure)
            .default_service(web::to(unknown_path))
    })
    .disable_signals()
    .shutdown_timeout(settings.shutdown_limit.as_secs())
    .client_request_timeout(std::time::Duration::from_secs(10))
    .client_disconnect_timeout(std::time::Duration::from_secs(1));
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    let running = server.listen(listener)?.run();
    let handle = running.handle();
    let serving = tokio::spawn(running);
    shutdown.await;
    state.stopping.store(true, Ordering::Relaxed);
    handle.stop(true).await;
    serving.await.map_err(std::io::Error::other)?
}

async fn unknown_path() -> Result<HttpResponse, Failure> {
    Err(Failure::new(404, Fault::UnknownPath))
}
