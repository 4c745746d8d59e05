//! `healthbook registry-simulator`: a population registry and a social insurance of invented people, for development
//! and tests.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use fhir::Instant;
use population_registry::simulator::{Faults, FeedFaults, Simulator, SimulatorSettings};

use crate::configuration::{Configuration, Value};
use crate::failure::{Failure, print};
use crate::logging;
use crate::provider_simulator::bind;
use crate::shutdown::Signals;

/// `healthbook registry-simulator`
#[derive(Debug, Args)]
pub struct RegistrySimulator {
    /// Address to listen on, of this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9091")]
    pub listen: SocketAddr,
    /// How many people there are; nobody is kept in memory
    #[arg(long, value_name = "NUMBER", default_value = "10000", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub people: u64,
    /// Which people: the same seed makes the same ones
    #[arg(long, value_name = "NUMBER", default_value = "412")]
    pub seed: u64,
    /// How many events the feed has [default: none; without end with --events-per-second]
    #[arg(long, value_name = "NUMBER")]
    pub events: Option<u64>,
    /// How many events happen in a second; without it all have happened
    #[arg(long, value_name = "NUMBER", value_parser = positive)]
    pub events_per_second: Option<f64>,
    /// Share of events that are delivered twice, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub duplicate_rate: f64,
    /// Share of events that are delivered once more in a broken form, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub malformed_rate: f64,
    /// Events of each run of so many come in any order
    #[arg(long, value_name = "EVENTS", default_value = "1", value_parser = clap::value_parser!(u64).range(1..=10_000))]
    pub reorder_window: u64,
    /// Every answer comes so late
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub latency: Option<Duration>,
    /// Share of questions that are answered by an error, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = share)]
    pub error_rate: f64,
    /// Time from one outage to the next
    #[arg(long, value_name = "TIME", value_parser = time, requires = "outage_for")]
    pub outage_every: Option<Duration>,
    /// How long an outage lasts
    #[arg(long, value_name = "TIME", value_parser = time, requires = "outage_every")]
    pub outage_for: Option<Duration>,
    /// When the first outage begins [default: as long after the start as from one to the next]
    #[arg(long, value_name = "TIME", value_parser = time, requires = "outage_every")]
    pub outage_after: Option<Duration>,
}

fn share(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| (0.0..=1.0).contains(number));
    number.ok_or_else(|| "a number from 0 to 1".to_owned())
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "a number above 0".to_owned())
}

fn time(text: &str) -> Result<Duration, String> {
    Duration::read(text).ok_or_else(|| Duration::ALLOWED.to_owned())
}

impl RegistrySimulator {
    fn settings(&self) -> SimulatorSettings {
        SimulatorSettings {
            people: self.people,
            seed: self.seed,
            events: self.events,
            events_per_second: self.events_per_second,
            feed: FeedFaults {
                duplicate_rate: self.duplicate_rate,
                malformed_rate: self.malformed_rate,
                reorder_window: self.reorder_window,
            },
            faults: Faults {
                latency: self.latency.unwrap_or_default(),
                error_rate: self.error_rate,
                outage_every: self.outage_every,
                outage_for: self.outage_for.unwrap_or_default(),
                outage_after: self.outage_after,
            },
        }
    }
}

/// Runs it until it is asked to stop.
pub async fn run(configuration: Configuration, command: RegistrySimulator) -> Result<(), Failure> {
    logging::start(&configuration);
    let mut signals = Signals::listen()?;
    let (listener, address) = bind(command.listen)?;
    let simulator = Simulator::new(command.settings(), Instant::now());
    print(&format!("{address}\n"))?;
    let shutdown = async move {
        signals.next().await;
    };
    let served = healthbook_http::serve_registry_simulator(listener, simulator, shutdown).await;
    Ok(served.context("the simulator failed")?)
}
