//! `healthbook serve`: from the configuration to a running server, and down again.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use auth::{Auth, AuthSettings};
use fhir::Instant;
use health_book::{HealthBook, SharingSettings};
use healthbook_http::{App, Authentication, HttpSettings};
use interactions::{Service, ServiceSettings};
use record_store::{Sequencer, SequencerSettings};
use tokio::sync::oneshot;

use crate::announcement::{Announcement, local_address};
use crate::configuration::{self, Configuration};
use crate::demo::{self, Description};
use crate::failure::Failure;
use crate::shutdown::Signals;
use crate::{log_key, logging, notices, opening, registry, report_key, sender, sign_in};

/// How often the log repeats that authentication is off.
const BETWEEN_WARNINGS: Duration = Duration::from_secs(600);

/// What the server gets beyond its own limit before it is left behind.
const GRACE: Duration = Duration::from_secs(2);

/// Runs the server until it is asked to stop.
pub async fn run(configuration: Configuration) -> Result<(), Failure> {
    logging::start(&configuration);
    let signals = Signals::listen()?;
    // Before the database is opened and a demo is loaded: a port that is taken is known at once.
    let listener = TcpListener::bind(configuration.listen.addresses()).with_context(|| {
        let listen = &configuration.listen;
        format!("cannot listen on {} (key `listen`, {})", listen.shown().unwrap_or_default(), listen.source())
    })?;
    let bound = listener.local_addr().map_err(Failure::because)?;
    let address = local_address(bound);
    if configuration.base_url.is_none() && bound.ip().is_unspecified() {
        tracing::warn!("key `base_url` is not set: links in answers lead to this machine only");
    }
    let base =
        configuration.base_url.as_ref().map_or_else(|| format!("{address}/fhir"), |base| base.0.clone());

    let store = opening::open_to_serve(&configuration).await?;
    let most_answer_bytes = configuration.answer_limit.0;
    let settings = ServiceSettings { base, most_answer_bytes, ..ServiceSettings::default() };
    let result = match opening::service(store.clone(), settings).await {
        Ok(service) => serve(&configuration, service, listener, &address, signals).await,
        Err(failure) => Err(failure),
    };
    if tokio::time::timeout(*configuration.shutdown_limit + GRACE, store.close()).await.is_err() {
        tracing::warn!("the database did not take in time what was still to be written, and was left open");
    }
    result?;
    tracing::info!("stopped");
    Ok(())
}

async fn serve(
    configuration: &Configuration,
    service: Service,
    listener: TcpListener,
    address: &str,
    mut signals: Signals,
) -> Result<(), Failure> {
    // In a new database nothing is there yet to be read again.
    tokio::spawn(interactions::work_at_facts(service.clone()));
    let seal = report_key::open(configuration)?;
    let log_key = log_key::open(configuration, service.store()).await?;
    let verifying = log_key.is_of_this_log.then(|| log_key.key.verifying().clone());
    // Also with the key of another log: then it says that this one stands still, and how much waits.
    let sequencer = Sequencer::new(service.store().clone(), log_key.key, SequencerSettings::default());
    tokio::spawn(sequencer.run());
    let is_local = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    let demo = tokio::select! {
        demo = demo::prepare(&service, configuration) => demo?,
        // Nothing is served yet, and the loading goes on at the next start.
        signal = signals.next() => {
            tracing::info!(signal, "stopping before the demo is complete");
            return Ok(());
        }
    };
    let sandbox = service.store().is_sandbox().await.map_err(Failure::because)?;
    // Development on one machine: programs beside the server are asked, too.
    let local_peers = is_local && sandbox;
    let authentication = authentication(configuration, &service, demo.as_ref(), sandbox, local_peers).await?;
    tokio::spawn(interactions::work_at_reindexes(service.clone()));
    tokio::spawn(interactions::work_at_packages(service.clone()));
    tokio::spawn(interactions::work_at_policy(service.clone()));
    tokio::spawn(interactions::work_at_answers(service.clone()));
    let auth = match &authentication {
        Authentication::On(auth) => Some(auth),
        Authentication::Off => None,
    };
    let sign_in = sign_in::prepare(configuration, &service, demo.as_ref(), local_peers).await?;
    let password = demo.as_ref().map(|_| auth::account::demo_password(service.store()));
    let announcement =
        Announcement { address, configuration, auth, demo: demo.as_ref(), password: password.as_deref() };
    announcement.print().await?;
    let courier = notices::courier(configuration, local_peers)?;
    let mut health_book = HealthBook::new(service.clone(), SharingSettings::default()).sending(courier);
    if let Some(connected) = registry::connect(configuration)? {
        health_book = health_book.asking(connected.clone());
        tokio::spawn(health_book::registry::work_at_registry(health_book.clone(), connected));
    }
    let axis = sender::axis(configuration, &health_book).await?;
    health_book = health_book.taking(axis.clone());
    tokio::spawn(health_book::data_axis::work_at_axis(health_book.clone(), axis));
    let rules = notices::rules(configuration)?;
    tokio::spawn(health_book::work_at_notices(health_book.clone(), rules));
    tokio::spawn(health_book::work_daily(health_book.clone()));
    tokio::spawn(health_book::work_at_merges(health_book.clone()));
    let demo = demo.as_ref().map(Description::info).map(Arc::new);
    let app =
        App { service, health_book, authentication, sign_in: Some(sign_in), demo, log_key: verifying, seal };
    tracing::info!(address, "listening");

    let (stopping, stopped) = oneshot::channel();
    let shutdown = async move {
        let signal = signals.next().await;
        tracing::info!(signal, "stopping");
        // Nobody waits any more when the server has ended by itself.
        let _ = stopping.send(());
    };
    let serving = healthbook_http::serve(listener, app, settings(configuration), shutdown);
    tokio::select! {
        ended = serving => Ok(ended.context("the server failed")?),
        () = over_time(stopped, *configuration.shutdown_limit + GRACE) => {
            tracing::warn!("some requests did not finish in time and were left behind");
            Ok(())
        }
    }
}

/// Ends when the time for stopping is over.
async fn over_time(stopped: oneshot::Receiver<()>, limit: Duration) {
    if stopped.await.is_err() {
        std::future::pending::<()>().await;
    }
    tokio::time::sleep(limit).await;
}

async fn authentication(
    configuration: &Configuration,
    service: &Service,
    demo: Option<&Description>,
    sandbox: bool,
    local_peers: bool,
) -> Result<Authentication, Failure> {
    if *configuration.auth == configuration::Authentication::Off {
        tokio::spawn(warn_again_and_again());
        return Ok(Authentication::Off);
    }
    let (store, now) = (service.store(), Instant::now());
    let fhir_base = service.base().to_owned();
    let issuer = fhir_base.strip_suffix("/fhir").unwrap_or(&fhir_base).to_owned();
    let settings = AuthSettings { issuer, fhir_base, sandbox, local_peers };
    let auth = Auth::open(store.clone(), settings, now).await.map_err(Failure::because)?;
    auth.ask_for_books(sign_in::entrusted_books(service));
    service.ask_for_names(sign_in::names(&auth));
    for client in demo.map(Description::clients).unwrap_or_default() {
        if let Some(facility) = demo.and_then(|demo| demo.facility(&client.facility)) {
            let added = auth.add_demo_system(&client.id, client.name(), facility, now).await;
            added.map_err(Failure::because)?;
        }
    }
    tokio::spawn(auth.clone().follow_revocations());
    Ok(Authentication::On(auth))
}

async fn warn_again_and_again() {
    let mut moments = tokio::time::interval(BETWEEN_WARNINGS);
    loop {
        moments.tick().await;
        tracing::warn!("AUTHENTICATION IS OFF: everybody on this machine may read and change everything");
    }
}

fn settings(configuration: &Configuration) -> HttpSettings {
    HttpSettings {
        workers: configuration.workers.map(std::num::NonZeroUsize::get),
        body_limit: configuration.body_limit.0,
        body_deadline: *configuration.body_deadline,
        shutdown_limit: *configuration.shutdown_limit,
        ..HttpSettings::default()
    }
}
