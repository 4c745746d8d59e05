//! `/metrics` in OpenMetrics text. Labels are paths as patterns, methods and statuses: never a value.

use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::Data;
use health_book::Figures;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use crate::app::State;
use crate::log_metrics::LogMetrics;

type Labels = [(&'static str, String); 3];

type Durations = Family<[(&'static str, String); 2], Histogram, fn() -> Histogram>;

/// The figures of this process.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Labels, Counter>,
    seconds: Durations,
    pub(crate) running: Gauge<i64, AtomicI64>,
    notices: Family<[(&'static str, &'static str); 1], Counter>,
    messages: Family<[(&'static str, &'static str); 2], Counter>,
    lag_entries: Gauge<i64, AtomicI64>,
    lag_seconds: Gauge<i64, AtomicI64>,
    registry_events: Family<[(&'static str, &'static str); 1], Counter>,
    axis_messages: Family<[(&'static str, &'static str); 1], Counter>,
    axis_waiting: Gauge<i64, AtomicI64>,
    log: LogMetrics,
}

fn histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_5, 2.0, 16))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("healthbook");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let running = Gauge::default();
        registry.register("http_requests", "Requests that were answered", requests.clone());
        registry.register("http_request_seconds", "Time from request to answer", seconds.clone());
        registry.register("http_requests_running", "Requests that are being answered", running.clone());
        let (notices, messages) = (Family::default(), Family::default());
        let (lag_entries, lag_seconds) = (Gauge::default(), Gauge::default());
        registry.register("notices", "Notices that were stored, by rule", notices.clone());
        registry.register("notice_messages", "Messages about notices, by way and outcome", messages.clone());
        let help = "Entries of the log of accesses that were not looked at for notices";
        registry.register("notice_lag_entries", help, lag_entries.clone());
        let help = "Age of the last entry that was looked at, when some are left";
        registry.register("notice_lag_seconds", help, lag_seconds.clone());
        let registry_events = Family::default();
        let help = "Events of the population registry by what came of them";
        registry.register("registry_events", help, registry_events.clone());
        let (axis_messages, axis_waiting) = (Family::default(), Gauge::default());
        registry.register("axis_messages", "Messages of the data axis by result", axis_messages.clone());
        registry.register("axis_waiting", "Messages of the data axis that wait", axis_waiting.clone());
        let log = LogMetrics::new(&mut registry);
        Self {
            registry,
            requests,
            seconds,
            running,
            notices,
            messages,
            lag_entries,
            lag_seconds,
            registry_events,
            axis_messages,
            axis_waiting,
            log,
        }
    }

    /// Counts an answered request.
    pub(crate) fn observe(&self, method: &str, path: &str, status: u16, duration: Duration) {
        let (method, path) = (("method", method.to_owned()), ("path", path.to_owned()));
        let labels = [method.clone(), path.clone(), ("status", status.to_string())];
        self.requests.get_or_create(&labels).inc();
        self.seconds.get_or_create(&[method, path]).observe(duration.as_secs_f64());
    }

    /// Takes over what is counted of notices.
    fn note(&self, figures: &Figures) {
        for (rule, count) in figures.all_stored() {
            let counter = self.notices.get_or_create(&[("rule", rule)]);
            counter.inner().store(count, Ordering::Relaxed);
        }
        for ((channel, outcome), count) in figures.all_messages() {
            let labels = [("channel", channel), ("outcome", outcome)];
            self.messages.get_or_create(&labels).inner().store(count, Ordering::Relaxed);
        }
        let lag = figures.lag();
        self.lag_entries.set(i64::try_from(lag.entries).unwrap_or(i64::MAX));
        self.lag_seconds.set(lag.seconds);
    }
}

/// `GET /metrics`
pub(crate) async fn metrics(state: Data<State>) -> HttpResponse {
    state.metrics.note(state.app.health_book.figures());
    state.metrics.log.note(&state.app.service.store().log_figures(), fhir::Instant::now());
    if let Some(registry) = state.app.health_book.registry() {
        for (outcome, count) in registry.figures().outcomes() {
            let counter = state.metrics.registry_events.get_or_create(&[("outcome", outcome)]);
            counter.inner().store(count, Ordering::Relaxed);
        }
    }
    if let Some(axis) = state.app.health_book.axis() {
        for (outcome, count) in axis.figures().outcomes() {
            let counter = state.metrics.axis_messages.get_or_create(&[("outcome", outcome)]);
            counter.inner().store(count, Ordering::Relaxed);
        }
        // While the database does not answer the last number stands.
        if let Ok((waiting, _)) = state.app.service.store().waiting_axis_messages().await {
            state.metrics.axis_waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        }
    }
    let mut text = String::new();
    match encode(&mut text, &state.metrics.registry) {
        Ok(()) if crate::population::write_lag(&mut text, &state.app.health_book).is_err() => {
            HttpResponse::InternalServerError().finish()
        }
        Ok(()) => HttpResponse::Ok()
            .content_type("application/openmetrics-text; version=1.0.0; charset=utf-8")
            .body(text),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}
