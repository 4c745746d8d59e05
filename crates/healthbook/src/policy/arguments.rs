//! The command line of `healthbook policy`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Subcommand};
use fhir::ResourceType;

use crate::configuration::DatabaseFlags;

/// `healthbook policy`
#[derive(Debug, Args)]
pub struct Policy {
    /// What to do.
    #[command(subcommand)]
    pub command: PolicyCommand,
}

impl Policy {
    /// The database that is meant.
    pub fn database(&self) -> Option<&DatabaseFlags> {
        match &self.command {
            PolicyCommand::Show(command) | PolicyCommand::Matrix(command) => Some(&command.database),
            PolicyCommand::Use(command) => Some(&command.database),
            PolicyCommand::Explain(command) => Some(&command.source.database),
            PolicyCommand::Check(_) => None,
        }
    }
}

/// The commands about the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Print a policy
    #[command(after_help = "Examples:
  healthbook policy show > my-policy.toml
  healthbook policy show --in-use --database postgres://book:secret@db/book")]
    Show(Source),
    /// Check a policy without putting it in force
    #[command(after_help = "Example:
  healthbook policy check my-policy.toml
Exit code 1 with the place and the reason when it cannot be used.")]
    Check(Check),
    /// Put a policy in force, in every server on the database within a second
    #[command(after_help = "Examples:
  healthbook policy use my-policy.toml
  healthbook policy use --built-in")]
    Use(Use),
    /// Explain a decision: lines, rules, labels
    #[command(after_help = "Examples:
  healthbook policy explain --role physician --purpose TREAT --interaction search --type Observation
  healthbook policy explain --role citizen --purpose PATRQT --interaction create --type Consent")]
    Explain(Explain),
    /// Print the permission matrix
    #[command(after_help = "Example:
  healthbook policy matrix > permission-matrix.md")]
    Matrix(Source),
}

/// Which policy.
#[derive(Debug, Args)]
pub struct Source {
    /// The policy that the database has in use, instead of the one of the program
    #[arg(long)]
    pub in_use: bool,
    /// Another one
    #[arg(long, value_name = "FILE", conflicts_with = "in_use")]
    pub file: Option<PathBuf>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook policy check`
#[derive(Debug, Args)]
pub struct Check {
    /// The policy
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// `healthbook policy use`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("policy").required(true).args(["file", "built_in"])))]
pub struct Use {
    /// The policy
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The one of the program
    #[arg(long)]
    pub built_in: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook policy explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// As what somebody asks
    #[arg(long, value_name = "ROLE", value_parser = PossibleValuesParser::new(access::Role::ALL.map(access::Role::code)))]
    pub role: String,
    /// What for
    #[arg(long, value_name = "CODE", value_parser = PossibleValuesParser::new(access::Purpose::ALL.map(access::Purpose::code)))]
    pub purpose: String,
    /// What is asked
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(access::Interaction::ALL.map(access::Interaction::code)))]
    pub interaction: String,
    /// With which type
    #[arg(long = "type", value_name = "TYPE")]
    pub resource_type: Option<ResourceType>,
    /// Through a client with these scopes
    #[arg(long, value_name = "SCOPES")]
    pub scopes: Option<String>,
    /// The policy.
    #[command(flatten)]
    pub source: Source,
}
