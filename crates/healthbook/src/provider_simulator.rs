//! `healthbook provider-simulator`: a provider for development and tests, with the invented people of a demo database.

use std::net::{SocketAddr, TcpListener};

use anyhow::Context as _;
use auth::account::provider::simulator::{Fault, Person, Simulator};
use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::configuration::{Configuration, DatabaseFlags};
use crate::demo::{self, Description};
use crate::failure::{Failure, print};
use crate::shutdown::Signals;
use crate::{logging, opening};

/// `healthbook provider-simulator`
#[derive(Debug, Args)]
pub struct ProviderSimulator {
    /// Address to listen on, of this machine
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9090")]
    pub listen: SocketAddr,
    /// What is to be wrong with its answers
    #[arg(long, value_name = "FAULT", value_parser = faults())]
    pub fault: Option<String>,
    /// The demo database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

fn faults() -> PossibleValuesParser {
    PossibleValuesParser::new(Fault::ALL.iter().map(|fault| fault.code()))
}

/// Runs it until it is asked to stop.
pub async fn run(configuration: Configuration, command: ProviderSimulator) -> Result<(), Failure> {
    logging::start(&configuration);
    let mut signals = Signals::listen()?;
    let store = opening::open_existing(&configuration).await?;
    let demo = demo::find(&store).await;
    store.close().await;
    let demo = demo?.ok_or_else(|| Failure::saying("this is not a demo database"))?;
    let fault = Fault::ALL.iter().copied().find(|fault| Some(fault.code()) == command.fault.as_deref());
    let (listener, issuer) = bind(command.listen)?;
    print(&format!("{issuer}\n"))?;
    let simulator = simulator(issuer, &demo, fault)?;
    let shutdown = async move {
        signals.next().await;
    };
    let served = healthbook_http::serve_provider_simulator(listener, simulator, shutdown).await;
    Ok(served.context("the simulator failed")?)
}

/// Listens; the second is the issuer. Anybody can be anybody there, so only this machine is served.
pub fn bind(address: SocketAddr) -> Result<(TcpListener, String), Failure> {
    if !address.ip().is_loopback() {
        return Err(Failure::usage(anyhow::anyhow!("the simulator listens on a loopback address only")));
    }
    let listener = TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    let bound = listener.local_addr().map_err(Failure::because)?;
    Ok((listener, format!("http://{bound}")))
}

/// The provider of the people of a demo.
pub fn simulator(issuer: String, demo: &Description, fault: Option<Fault>) -> Result<Simulator, Failure> {
    let people = demo.people();
    let people = people.map(|(number, _, name)| Person { name: name.to_owned(), number: number.to_owned() });
    Simulator::new(issuer, people.collect(), fault).map_err(Failure::because)
}
