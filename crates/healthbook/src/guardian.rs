//! `healthbook guardian`: who the guardians of a child are, by the word of the registry or of a court.

use clap::{Args, Subcommand, ValueEnum};
use fhir::Instant;
use health_book::guardians::{self, Source};
use record_store::Deed;

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::person::{self, open};

/// `healthbook guardian`
#[derive(Debug, Subcommand)]
pub enum Guardian {
    /// Make somebody guardian of a child
    #[command(after_help = "Example:
  healthbook guardian add --child 099315000001 --guardian 099190000001 --source court")]
    Add(Pair),
    /// End a guardianship
    #[command(after_help = "Example:
  healthbook guardian remove --child 099315000001 --guardian 099190000001 --source court")]
    Remove(Pair),
    /// Close the child's book to every guardian while custody is disputed
    #[command(after_help = "Example:
  healthbook guardian suspend --child 099315000001")]
    Suspend(Child),
    /// Open it again
    #[command(after_help = "Example:
  healthbook guardian resume --child 099315000001")]
    Resume(Child),
}

/// A child and a guardian.
#[derive(Debug, Args)]
pub struct Pair {
    /// Citizen number of the child
    #[arg(long, value_name = "NUMBER")]
    pub child: String,
    /// Citizen number of the guardian
    #[arg(long, value_name = "NUMBER")]
    pub guardian: String,
    /// Whose word it is
    #[arg(long)]
    pub source: Word,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// A child.
#[derive(Debug, Args)]
pub struct Child {
    /// Citizen number of the child
    #[arg(long, value_name = "NUMBER")]
    pub child: String,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// Whose word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Word {
    /// A court
    Court,
    /// The population registry
    Registry,
}

impl From<Word> for Source {
    fn from(word: Word) -> Self {
        match word {
            Word::Court => Self::Court,
            Word::Registry => Self::Registry,
        }
    }
}

impl Guardian {
    /// Its name in the log of accesses.
    fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "guardian add",
            Self::Remove(_) => "guardian remove",
            Self::Suspend(_) => "guardian suspend",
            Self::Resume(_) => "guardian resume",
        }
    }

    /// The database that the command is about.
    pub fn database(&self) -> &DatabaseFlags {
        match self {
            Self::Add(pair) | Self::Remove(pair) => &pair.database,
            Self::Suspend(child) | Self::Resume(child) => &child.database,
        }
    }
}

/// Runs the command.
pub async fn run(configuration: Configuration, command: Guardian) -> Result<(), Failure> {
    let book = open(&configuration).await?;
    let done = logged(book.service().store(), command.name(), change(&book, &command)).await;
    book.service().store().close().await;
    done?;
    print("done\n")
}

async fn change(book: &health_book::HealthBook, command: &Guardian) -> Result<(), Failure> {
    let now = Instant::now();
    let done = match command {
        Guardian::Add(pair) => {
            let (child, guardian) = both(book, pair).await?;
            guardians::add(book, &child, &guardian, pair.source.into(), now).await
        }
        Guardian::Remove(pair) => {
            let (child, guardian) = both(book, pair).await?;
            guardians::remove(book, &child, &guardian, pair.source.into(), now).await
        }
        Guardian::Suspend(child) => guardians::suspend(book, &of_child(book, &child.child).await?, now).await,
        Guardian::Resume(child) => guardians::resume(book, &of_child(book, &child.child).await?, now).await,
    };
    done.map_err(person::refused)
}

/// The child, in whose book the entry stands.
async fn of_child(book: &health_book::HealthBook, number: &str) -> Result<fhir::LogicalId, Failure> {
    let child = person::find(book, number, "child").await?;
    Deed::concerns(&child);
    Ok(child)
}

async fn both(
    book: &health_book::HealthBook,
    pair: &Pair,
) -> Result<(fhir::LogicalId, fhir::LogicalId), Failure> {
    let child = of_child(book, &pair.child).await?;
    Ok((child, person::find(book, &pair.guardian, "guardian").await?))
}
