//! `healthbook person`: the formal end of a book.

use clap::{Args, Subcommand};
use fhir::{Instant, LogicalId};
use health_book::{HealthBook, SharingSettings, closing};
use interactions::{Problem, ServiceSettings};
use jiff::civil::Date;
use record_store::Deed;

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// `healthbook person`
#[derive(Debug, Subcommand)]
pub enum Person {
    /// Close the book of a person who died: date, relations, delegations, sign-in
    #[command(after_help = "Example:
  healthbook person close --citizen 099123456789 --date 2026-11-28")]
    Close(Close),
}

/// `healthbook person close`
#[derive(Debug, Args)]
pub struct Close {
    /// Citizen number
    #[arg(long, value_name = "NUMBER")]
    pub citizen: String,
    /// Day of death, in Vietnam
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Date,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

impl Person {
    /// The database that the command is about.
    pub fn database(&self) -> &DatabaseFlags {
        let Self::Close(close) = self;
        &close.database
    }
}

/// Runs the command.
pub async fn run(configuration: Configuration, command: Person) -> Result<(), Failure> {
    let Person::Close(command) = command;
    let book = open(&configuration).await?;
    let done = logged(book.service().store(), "person close", close(&book, &command)).await;
    book.service().store().close().await;
    done?;
    print("done\n")
}

async fn close(book: &HealthBook, command: &Close) -> Result<(), Failure> {
    let patient = find(book, &command.citizen, "citizen").await?;
    Deed::concerns(&patient);
    closing::close(book, &patient, command.date, Instant::now()).await.map_err(refused)
}

/// The acts on a database that is there.
pub async fn open(configuration: &Configuration) -> Result<HealthBook, Failure> {
    logging::start(configuration);
    let store = opening::open_existing(configuration).await?;
    let service = opening::service(store, ServiceSettings::default()).await?;
    Ok(HealthBook::new(service, SharingSettings::default()))
}

/// The `Patient` of a citizen number. The number is not repeated: terminals are logged, too.
pub async fn find(book: &HealthBook, number: &str, flag: &str) -> Result<LogicalId, Failure> {
    let found = book.citizen(number).await.map_err(refused)?;
    found.ok_or_else(|| Failure::saying(format!("nobody has the number of --{flag}")))
}

/// A refusal as words.
pub fn refused(problem: Problem) -> Failure {
    let words: Vec<String> = problem.issues.iter().map(|issue| issue.fault.english()).collect();
    Failure::saying(words.join("; "))
}
