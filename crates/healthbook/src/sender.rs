//! `healthbook sender`: who may send messages of the data axis, and what of them is not in the books.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use auth::account::{Accounts, DataSender, NoSender, Work};
use clap::{Args, Subcommand};
use fhir::Instant;
use health_book::HealthBook;
use health_book::data_axis::{self, DataAxis, Encoding, PublicKey};

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::person;

/// Longest password that is read.
const LONGEST_INPUT: u64 = 4_096;

/// `healthbook sender`
#[derive(Debug, Subcommand)]
pub enum SenderCommand {
    /// Add a sender; its password is read from standard input
    #[command(after_help = "Example:
  healthbook sender add --id 8930000000996 --user his-01001 --public-key his-01001.pem < password.txt")]
    Add(Box<Add>),
    /// List all senders
    #[command(after_help = "Example:
  healthbook sender list")]
    List(Listed),
    /// Serve a sender no more, from now on
    #[command(after_help = "Example:
  healthbook sender disable --id 8930000000996")]
    Disable(Named),
    /// Give a sender another public key
    #[command(after_help = "Example:
  healthbook sender key --id 8930000000996 --public-key his-01001.pem")]
    Key(Key),
    /// Messages that are not in the books, with the reason
    #[command(after_help = "Example:
  healthbook sender parked")]
    Parked(Listed),
}

/// `healthbook sender add`
#[derive(Debug, Args)]
pub struct Add {
    /// Location number (GLN), 13 digits
    #[arg(long, value_name = "GLN")]
    pub id: String,
    /// The name by which it signs in
    #[arg(long, value_name = "NAME")]
    pub user: String,
    /// File with its RSA public key, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub public_key: PathBuf,
    /// How it writes signatures
    #[arg(long, value_name = "ENCODING", default_value = "any", value_parser = ["any", "hex", "base64"])]
    pub signature: String,
    /// Code of the facility that it writes for; that of the Organization with the location number when left out
    #[arg(long, value_name = "CODE")]
    pub facility: Option<String>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook sender list`
#[derive(Debug, Args)]
pub struct Listed {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook sender disable`
#[derive(Debug, Args)]
pub struct Named {
    /// Location number (GLN)
    #[arg(long, value_name = "GLN")]
    pub id: String,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook sender key`
#[derive(Debug, Args)]
pub struct Key {
    /// Location number (GLN)
    #[arg(long, value_name = "GLN")]
    pub id: String,
    /// File with its RSA public key, PEM or DER
    #[arg(long, value_name = "FILE")]
    pub public_key: PathBuf,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

impl SenderCommand {
    /// The database that the command is about.
    pub fn database(&self) -> &DatabaseFlags {
        match self {
            Self::Add(add) => &add.database,
            Self::List(listed) | Self::Parked(listed) => &listed.database,
            Self::Disable(named) => &named.database,
            Self::Key(key) => &key.database,
        }
    }

    /// The name in the log of accesses.
    fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "sender add",
            Self::Disable(_) => "sender disable",
            Self::Key(_) => "sender key",
            Self::List(_) => "sender list",
            Self::Parked(_) => "sender parked",
        }
    }
}

/// Runs the command.
pub async fn run(configuration: Configuration, command: SenderCommand) -> Result<(), Failure> {
    let book = person::open(&configuration).await?;
    let done = logged(book.service().store(), command.name(), work(&book, &command)).await;
    book.service().store().close().await;
    print(&done?)
}

async fn work(book: &HealthBook, command: &SenderCommand) -> Result<String, Failure> {
    let store = book.service().store();
    let accounts = Accounts::new(store.clone(), Work::default(), 1, Box::new(NoSender));
    let (accounts, now) = (accounts.map_err(Failure::because)?, Instant::now());
    match command {
        SenderCommand::Add(new) => add(book, &accounts, new, now).await,
        SenderCommand::List(_) => {
            let senders = accounts.senders(now).await.map_err(Failure::because)?;
            Ok(senders.iter().map(line).collect())
        }
        SenderCommand::Disable(named) => {
            let found = accounts.change_sender(&named.id, |sender| sender.is_active = false, now).await;
            done(found.map_err(Failure::because)?, "is not served any more")
        }
        SenderCommand::Key(given) => {
            let key = key(&given.public_key)?;
            let found = accounts.change_sender(&given.id, |sender| sender.key.clone_from(&key), now).await;
            done(found.map_err(Failure::because)?, "has another key")
        }
        SenderCommand::Parked(_) => {
            let all = data_axis::parked(store).await.map_err(person::refused)?;
            let line = |it: &data_axis::ParkedMessage| {
                let state = if it.waits { "waits" } else { "parked" };
                format!("{}  {}  {state}  {}\n", it.id, it.received, it.reason)
            };
            let lines: String = all.iter().map(line).collect();
            Ok(format!("{lines}{} parked\n", all.len()))
        }
    }
}

fn done(found: bool, words: &str) -> Result<String, Failure> {
    if found { Ok(format!("{words}\n")) } else { Err(Failure::saying("there is no sender of this number")) }
}

async fn add(book: &HealthBook, accounts: &Accounts, new: &Add, now: Instant) -> Result<String, Failure> {
    if !data_axis::is_location_number(&new.id) {
        return Err(Failure::saying("--id is a location number: 13 digits, the last of them a check digit"));
    }
    let key = key(&new.public_key)?;
    let encoding = Encoding::from_code(&new.signature).unwrap_or(Encoding::Any);
    let facility = data_axis::facility_of(book, &new.id, new.facility.as_deref()).await;
    let (facility, organization) = facility.map_err(person::refused)?.ok_or_else(|| {
        Failure::saying(
            "no Organization has this location number and a facility code: say --facility CODE of one",
        )
    })?;
    let sender = DataSender {
        id: new.id.clone(),
        user: new.user.clone(),
        key,
        encoding: encoding.code().to_owned(),
        facility,
        organization,
        is_active: true,
    };
    accounts.add_sender(&sender, &password()?, now).await.map_err(Failure::because)?;
    Ok(line(&sender))
}

/// The first line of standard input: what is typed as an argument is seen by everybody on the machine.
fn password() -> Result<String, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST_INPUT).read_to_string(&mut text);
    read.context("the password cannot be read from standard input")?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

fn key(file: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let key = PublicKey::read(&bytes).with_context(|| format!("{} cannot be used", file.display()))?;
    Ok(key.der().to_vec())
}

fn line(sender: &DataSender) -> String {
    let state = if sender.is_active { "active" } else { "disabled" };
    format!("{}  {state}  facility {}  {}\n", sender.id, sender.facility, sender.user)
}

/// The axis of a server: with the key of the configuration, or that of the database.
pub async fn axis(configuration: &Configuration, book: &HealthBook) -> Result<DataAxis, Failure> {
    let file = configuration.data_axis_key.as_deref().map(std::fs::read).transpose();
    let file = file.context("key `data_axis_key`: the file cannot be read")?;
    let key = data_axis::open_key(book.service().store(), file.as_deref(), Instant::now()).await;
    let key =
        key.map_err(|_| Failure::saying("the key of the data axis (key `data_axis_key`) cannot be used"))?;
    Ok(DataAxis::new(key, data_axis::LIMITS))
}
