//! `healthbook verify-audit` and `healthbook log`: the log of accesses, verified, and its old parts in files.

mod arguments;
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
    let arguments::What::Rotate(rotation) = &command.what;
    rotate::run(&configuration, rotation).await
}
