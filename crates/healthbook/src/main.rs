//! The Healthbook program: command line, configuration, logging, and the wiring of the other crates.

mod access_log;
mod account;
mod announcement;
mod api_spec;
mod cli;
mod client;
mod command_log;
mod configuration;
mod demo;
mod failure;
mod guardian;
mod health;
mod import;
mod keys;
mod log_key;
mod logging;
mod migrate;
mod nation;
mod notices;
mod opening;
mod package;
mod person;
mod policy;
mod progress;
mod provider_simulator;
mod registry;
mod registry_backfill;
mod registry_simulator;
mod reindex;
mod report_key;
mod sender;
mod serve;
mod shutdown;
mod sign_in;
mod token;
mod trial;

use std::future::Future;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::configuration::Configuration;
use crate::failure::Failure;

/// Many small objects live and die in parsing; this allocator is the faster one for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    let file = cli.config.as_deref();
    let load = |flags| Configuration::load(file, std::env::vars(), flags).map_err(Failure::usage);
    match cli.command {
        Command::Serve(command) => {
            let configuration = load(command.given())?;
            if command.print_config {
                failure::print(&configuration.to_toml())
            } else {
                in_runtime(serve::run(configuration))
            }
        }
        Command::Import(command) => in_runtime(import::run(load(command.database.given())?, command)),
        Command::Nation(command) => nation::run(&load(Vec::new())?, &command),
        Command::Token(command) => in_runtime(token::run(load(command.database.given())?, command)),
        Command::Migrate(command) => {
            in_runtime(migrate::run(load(command.database.given())?, command.sandbox))
        }
        Command::Reindex(command) => in_runtime(reindex::run(load(command.database.given())?)),
        Command::Package(command) => in_runtime(package::run(load(command.database().given())?, command)),
        Command::Policy(command) => {
            let given = command.database().map(|flags| flags.given()).unwrap_or_default();
            in_runtime(policy::run(load(given)?, command))
        }
        Command::Guardian(command) => in_runtime(guardian::run(load(command.database().given())?, command)),
        Command::Person(command) => in_runtime(person::run(load(command.database().given())?, command)),
        Command::Client(command) => in_runtime(client::run(load(command.database().given())?, command)),
        Command::Keys(command) => in_runtime(keys::run(load(command.database().given())?, command)),
        Command::Admin(command) => in_runtime(account::run_admin(load(command.database().given())?, command)),
        Command::Staff(command) => in_runtime(account::run_staff(load(command.database().given())?, command)),
        Command::Account(command) => {
            in_runtime(account::run_account(load(command.database().given())?, command))
        }
        Command::ProviderSimulator(command) => {
            in_runtime(provider_simulator::run(load(command.database.given())?, command))
        }
        Command::Registry(command) => in_runtime(registry::run(load(command.given())?, command)),
        Command::Sender(command) => in_runtime(sender::run(load(command.database().given())?, command)),
        Command::RegistrySimulator(command) => {
            in_runtime(registry_simulator::run(load(Vec::new())?, *command))
        }
        Command::VerifyAudit(command) => {
            in_runtime(access_log::run_verification(load(command.database.given())?, *command))
        }
        Command::Log(command) => in_runtime(access_log::run(load(command.database().given())?, *command)),
        Command::ApiSpec(command) => api_spec::run(&command),
        Command::Health(command) => health::run(&command),
    }
}

fn in_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::because)?;
    let result = runtime.block_on(work);
    // A read that hangs must not keep the program from ending.
    runtime.shutdown_background();
    result
}
