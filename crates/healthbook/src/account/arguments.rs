//! `healthbook admin`, `healthbook staff`, `healthbook account`: the arguments.

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

use crate::configuration::DatabaseFlags;

/// `healthbook admin`
#[derive(Debug, Args)]
pub struct Admin {
    /// What to do.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What `healthbook admin` can do.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make the account of an officer and print its activation code
    #[command(after_help = "Examples:
  healthbook admin create --name lan.tran
  healthbook admin create --name kiem.toan --role auditor
The code is for one use within 7 days, at /auth/activate. There an authenticator app is set up too.")]
    Create(AdminCreate),
}

/// `healthbook admin create`
#[derive(Debug, Args)]
pub struct AdminCreate {
    /// The name to sign in with
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The office
    #[arg(long, value_name = "ROLE", default_value = "administrator", value_parser = PossibleValuesParser::new(
        ["administrator", "operator", "auditor", "ministry"]))]
    pub role: String,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook staff`
#[derive(Debug, Args)]
pub struct Staff {
    /// What to do.
    #[command(subcommand)]
    pub command: StaffCommand,
}

/// What `healthbook staff` can do.
#[derive(Debug, Subcommand)]
pub enum StaffCommand {
    /// Make the account of somebody at a facility and print its activation code
    #[command(after_help = "Example:
  healthbook staff add --name minh.le --facility 01001 --role physician --role station-head")]
    Add(StaffAdd),
    /// List the accounts of staff and officers
    #[command(after_help = "Example:
  healthbook staff list")]
    List(OnlyDatabase),
    /// Block an account: whoever is signed in is not any more
    #[command(after_help = "Examples:
  healthbook staff block --name minh.le
  healthbook staff block --name minh.le --not")]
    Block(StaffBlock),
    /// Close an account for ever
    #[command(after_help = "Example:
  healthbook staff remove --name minh.le")]
    Remove(Named),
}

/// `healthbook staff add`
#[derive(Debug, Args)]
pub struct StaffAdd {
    /// The name to sign in with
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Code of the facility
    #[arg(long, value_name = "CODE")]
    pub facility: String,
    /// A role; may be given more than once
    #[arg(long, value_name = "ROLE", required = true, value_parser = PossibleValuesParser::new([
        "physician", "nurse", "pharmacist", "laboratory", "registrar", "station-head", "facility-officer",
    ]))]
    pub role: Vec<String>,
    /// Id of the Practitioner
    #[arg(long, value_name = "ID")]
    pub practitioner: Option<String>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// A command that needs nothing but the database.
#[derive(Debug, Args)]
pub struct OnlyDatabase {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook staff block`
#[derive(Debug, Args)]
pub struct StaffBlock {
    /// Whose account.
    #[command(flatten)]
    pub named: Named,
    /// Give the account free again
    #[arg(long)]
    pub not: bool,
}

/// A command about one account of staff.
#[derive(Debug, Args)]
pub struct Named {
    /// The name to sign in with
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook account`
#[derive(Debug, Args)]
pub struct Account {
    /// What to do.
    #[command(subcommand)]
    pub command: AccountCommand,
}

/// What `healthbook account` can do.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Print an activation code for a citizen; the account is made if needed
    #[command(after_help = "Examples:
  healthbook account activate --citizen 099123456789
  healthbook account activate --citizen 099123456789 --contact +84900000000
The code is for one use within 7 days, at /auth/activate. With a contact, signing in asks for a one-time code.")]
    Activate(Activate),
    /// Block the account of a citizen: whoever is signed in is not any more
    #[command(after_help = "Examples:
  healthbook account block --citizen 099123456789
  healthbook account block --citizen 099123456789 --not")]
    Block(CitizenBlock),
    /// Close the account of a citizen for ever
    #[command(after_help = "Example:
  healthbook account close --citizen 099123456789")]
    Close(OfCitizen),
}

/// `healthbook account activate`
#[derive(Debug, Args)]
pub struct Activate {
    /// Whose account.
    #[command(flatten)]
    pub citizen: OfCitizen,
    /// Where one-time codes go: a telephone number or an address for mail
    #[arg(long, value_name = "CONTACT")]
    pub contact: Option<String>,
}

/// `healthbook account block`
#[derive(Debug, Args)]
pub struct CitizenBlock {
    /// Whose account.
    #[command(flatten)]
    pub citizen: OfCitizen,
    /// Give the account free again
    #[arg(long)]
    pub not: bool,
}

/// A command about one citizen.
#[derive(Debug, Args)]
pub struct OfCitizen {
    /// The citizen number
    #[arg(long, value_name = "NUMBER")]
    pub citizen: String,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

impl Admin {
    /// The database of the command.
    pub fn database(&self) -> &DatabaseFlags {
        let AdminCommand::Create(create) = &self.command;
        &create.database
    }
}

impl Staff {
    /// The database of the command.
    pub fn database(&self) -> &DatabaseFlags {
        match &self.command {
            StaffCommand::Add(add) => &add.database,
            StaffCommand::List(list) => &list.database,
            StaffCommand::Block(block) => &block.named.database,
            StaffCommand::Remove(named) => &named.database,
        }
    }
}

impl Account {
    /// The database of the command.
    pub fn database(&self) -> &DatabaseFlags {
        match &self.command {
            AccountCommand::Activate(activate) => &activate.citizen.database,
            AccountCommand::Block(block) => &block.citizen.database,
            AccountCommand::Close(citizen) => &citizen.database,
        }
    }
}
