//! `healthbook verify-audit` and `healthbook log`: the log of accesses, verified, and its old parts in files.

mod arguments;
mod renew;
mod rotate;
#[cfg(test)]
mod tests;
mod verify;

pub use arguments::{LogCommand, VerifyAudit};

use crate::configuration::Configuration;
use crate::failure::Failure;
use crate::logging;

/// Verifies.
pub async fn run_verification(configuration: Configuration, command: VerifyAudit) -> Result<(), Failure> {
    logging::start(&configuration);
    verify::run(&configuration, &command).await
}

/// Runs one of the commands about the log.
pub async fn run(configuration: Configuration, command: LogCommand) -> Result<(), Failure> {
    logging::start(&configuration);
    match &command.what {
        arguments::What::Rotate(rotation) => rotate::run(&configuration, rotation).await,
        arguments::What::RenewKey(renewal) => renew::run(&configuration, renewal).await,
    }
}
