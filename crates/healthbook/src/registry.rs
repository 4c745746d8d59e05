//! The population registry: its connection by the configuration, and `healthbook registry`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use fhir::Instant;
use health_book::HealthBook;
use health_book::merging;
use health_book::registry::{ConnectedRegistry, parked};
use outbound::{Peer, PeerSettings};
use population_registry::{CardLogin, Registry, RegistrySettings};

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::registry_backfill::BackfillCommand;
use crate::{person, registry_backfill};

/// Time to connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// `healthbook registry`
#[derive(Debug, Subcommand)]
pub enum RegistryCommand {
    /// What could not be read or applied of the registry's feed: list it, or try one again
    #[command(after_help = "Examples:
  healthbook registry parked
  healthbook registry parked --retry 9f86d081884c7d65")]
    Parked(ParkedCommand),
    /// Take over everybody whom the registry knows; goes on where it stopped, and several may work at once
    #[command(after_help = "Examples:
  healthbook registry backfill --registry http://127.0.0.1:9091
  healthbook registry backfill --registry https://registry.example --people-per-second 500
  healthbook registry backfill --progress")]
    Backfill(BackfillCommand),
    /// How many people and entries wait for the decision of two officers
    #[command(after_help = "Examples:
  healthbook registry work-list")]
    WorkList(WorkListCommand),
}

/// `healthbook registry work-list`
#[derive(Debug, Args)]
pub struct WorkListCommand {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook registry parked`
#[derive(Debug, Args)]
pub struct ParkedCommand {
    /// Try this one again; it is taken out when it can be applied
    #[arg(long, value_name = "ID")]
    pub retry: Option<String>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

impl RegistryCommand {
    /// The database that the command is about.
    pub fn database(&self) -> &DatabaseFlags {
        match self {
            Self::Parked(parked) => &parked.database,
            Self::WorkList(list) => &list.database,
            Self::Backfill(backfill) => &backfill.database,
        }
    }

    /// The flags that were given.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let mut given = self.database().given();
        if let Self::Backfill(BackfillCommand { registry: Some(registry), .. }) = self {
            given.push(("registry", registry.clone()));
        }
        given
    }
}

/// Runs the command.
pub async fn run(configuration: Configuration, command: RegistryCommand) -> Result<(), Failure> {
    if let RegistryCommand::Backfill(command) = command {
        return registry_backfill::run(configuration, command).await;
    }
    let book = person::open(&configuration).await?;
    let done = match command {
        // Already run.
        RegistryCommand::Backfill(_) => Ok(String::new()),
        RegistryCommand::WorkList(_) => {
            logged(book.service().store(), "registry work-list", work_list(&book)).await
        }
        RegistryCommand::Parked(command) => {
            let work = async {
                match &command.retry {
                    None => list(&book).await,
                    Some(id) => retry(&book, id).await,
                }
            };
            logged(book.service().store(), "registry parked", work).await
        }
    };
    book.service().store().close().await;
    print(&done?)
}

async fn list(book: &HealthBook) -> Result<String, Failure> {
    let all = parked::list(book.service().store(), Instant::now()).await.map_err(person::refused)?;
    let mut text = String::new();
    for one in &all {
        let event = one.event.as_deref().unwrap_or("-");
        let somebody = one.person.as_deref().and_then(|hash| hash.get(..16)).unwrap_or("-");
        text.push_str(&format!(
            "{}  {}  event {event}  person {somebody}  {}\n",
            one.id, one.received, one.reason
        ));
    }
    Ok(format!("{text}{} parked\n", all.len()))
}

async fn work_list(book: &HealthBook) -> Result<String, Failure> {
    let counts = merging::counts(book.service().store(), Instant::now()).await.map_err(person::refused)?;
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    let lines: String = counts.iter().map(|(name, count)| format!("{name}  {count}\n")).collect();
    Ok(format!("{lines}{total} to decide\n"))
}

async fn retry(book: &HealthBook, id: &str) -> Result<String, Failure> {
    match parked::retry(book, id, Instant::now()).await {
        Ok(true) => Ok("applied\n".to_owned()),
        Ok(false) => Err(Failure::saying("it still cannot be read: it stays parked".to_owned())),
        Err(problem) if problem.status == 404 => {
            Err(Failure::saying("nothing is parked under this id".to_owned()))
        }
        Err(problem) => Err(person::refused(problem)),
    }
}

/// The registry of the configuration; none without an address.
pub fn connect(configuration: &Configuration) -> Result<Option<ConnectedRegistry>, Failure> {
    Ok(adapter(configuration)?.map(|registry| {
        let registry = Arc::new(registry);
        ConnectedRegistry::new(registry.clone()).with_cards(registry)
    }))
}

/// The adapter to the registry of the configuration.
pub fn adapter(configuration: &Configuration) -> Result<Option<Registry>, Failure> {
    let Some(url) = configuration.registry.as_ref() else { return Ok(None) };
    let read = |key: &str, file: Option<&Path>| {
        let text = file.map(std::fs::read).transpose();
        text.with_context(|| format!("key `{key}`: the file cannot be read"))
    };
    let peer = Peer::new(&PeerSettings {
        base: url.0.clone(),
        identity: read("registry_identity", configuration.registry_identity.as_deref())?,
        authorities: read("registry_authorities", configuration.registry_authorities.as_deref())?,
        connect_limit: CONNECT_LIMIT,
    });
    let peer = peer.context("key `registry`")?;
    let settings = RegistrySettings {
        unit: configuration.registry_unit.0.clone(),
        integration: configuration.registry_integration.0.clone(),
        officer: configuration.registry_officer.0.clone(),
        authorization: configuration.registry_authorization.as_ref().map(|secret| secret.0.clone()),
        card_officer_name: configuration.insurance_officer_name.0.clone(),
        card_officer_number: configuration
            .insurance_officer_number
            .as_ref()
            .map_or_else(String::new, |it| it.0.clone()),
        card_login: configuration
            .insurance_username
            .as_ref()
            .zip(configuration.insurance_password.as_ref())
            .map(|(username, password)| CardLogin {
                username: username.0.clone(),
                password: password.0.clone(),
            }),
        ..RegistrySettings::default()
    };
    Ok(Some(Registry::new(Arc::new(peer), settings)))
}
