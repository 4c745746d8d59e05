//! The log: one JSON object on each line of stderr, times in UTC, nothing personal in it.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::configuration::{Configuration, LogFormat};

/// Starts the log. A second start in one process changes nothing.
pub fn start(configuration: &Configuration) {
    let text = match *configuration.log_format {
        LogFormat::Json => false,
        LogFormat::Text => true,
        LogFormat::Auto => std::io::stderr().is_terminal(),
    };
    let targets = configuration.log.targets.clone();
    let layer = if text {
        fmt::layer().compact().with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).boxed()
    } else {
        fmt::layer()
            .json()
            .flatten_event(true)
            .with_current_span(true)
            .with_span_list(false)
            .with_writer(std::io::stderr)
            .boxed()
    };
    if tracing_subscriber::registry().with(layer.with_filter(targets)).try_init().is_ok() {
        log_panics();
    }
    for name in Configuration::unknown_variables(std::env::vars()) {
        tracing::warn!(variable = name, "an environment variable looks like a key and is none");
    }
}

/// A panic is a mistake of ours. Its place is logged, its message is not: it could hold what was being read.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "internal mistake: a thread panicked");
    }));
}
