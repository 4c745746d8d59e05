//! The command line of `healthbook package`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use fhir::ResourceType;

use crate::configuration::DatabaseFlags;

/// `healthbook package`
#[derive(Debug, Args)]
pub struct Package {
    /// What to do.
    #[command(subcommand)]
    pub command: PackageCommand,
}

impl Package {
    /// The database that is meant.
    pub fn database(&self) -> &DatabaseFlags {
        match &self.command {
            PackageCommand::Add(command) => &command.database,
            PackageCommand::Use(command)
            | PackageCommand::Stop(command)
            | PackageCommand::Remove(command) => &command.database,
            PackageCommand::List(command) => &command.database,
            PackageCommand::Codes(command) => &command.database,
            PackageCommand::Demand(command) => &command.database,
        }
    }
}

/// The commands about packages.
#[derive(Debug, Subcommand)]
pub enum PackageCommand {
    /// Check a package and store it in the database; it is not yet in use
    #[command(after_help = "Examples:
  healthbook package add package.tgz
  healthbook package add my-guide/output/package --database postgres://book:secret@db/book
Exit code 1 when it is no FHIR R4 package or when a resource of it cannot be understood; each is named.")]
    Add(Add),
    /// Take a package into use, in every server on the database and without a restart
    #[command(after_help = "Example:
  healthbook package use hl7.fhir.vn.core#0.6.0")]
    Use(Named),
    /// Take a package out of use, in every server on the database and without a restart
    #[command(after_help = "Example:
  healthbook package stop hl7.fhir.vn.core#0.6.0")]
    Stop(Named),
    /// Show the packages of the database and the profiles that are demanded
    #[command(after_help = "Example:
  healthbook package list --database postgres://book:secret@db/book
For each package: id#version, canonical url, the first digits of its SHA-256, whether it is in use, what is in it.")]
    List(List),
    /// Remove a package that is not in use
    #[command(after_help = "Example:
  healthbook package remove hl7.fhir.vn.core#0.5.0")]
    Remove(Named),
    /// Make a package with one CodeSystem from a table and store it; it is not yet in use
    #[command(after_help = "Examples:
  healthbook package codes --system http://example.org/CodeSystem/wards --version 2026-07 wards.csv
  healthbook package codes --system http://hl7.org/fhir/sid/icd-10 --version 2026 --from 2026-07-01 icd10.csv
The table is CSV in UTF-8. Its first line names the columns: code and display, and if wanted parent (a code),
english, inactive (true or false), from and until (dates). Exit code 1 when a line is wrong; each is named.")]
    Codes(Codes),
    /// Demand that every resource of a type follows a profile, or take that back
    #[command(after_help = "Examples:
  healthbook package demand --type Patient --profile http://example.org/StructureDefinition/patient
  healthbook package demand --type Patient --profile http://example.org/StructureDefinition/patient --not
  healthbook package demand --type Encounter --profile http://example.org/StructureDefinition/visit --facility 01001")]
    Demand(Demand),
}

/// `healthbook package add`
#[derive(Debug, Args)]
pub struct Add {
    /// A FHIR package (.tgz), or a folder with its package.json
    #[arg(value_name = "PATH")]
    pub path: PathBuf,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// The commands that name a package.
#[derive(Debug, Args)]
pub struct Named {
    /// The package as ID#VERSION
    #[arg(value_name = "ID#VERSION", value_parser = id_and_version)]
    pub name: (String, String),
    /// Its canonical url, where two packages have the same id and version
    #[arg(long, value_name = "URL")]
    pub canonical: Option<String>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook package list`
#[derive(Debug, Args)]
pub struct List {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook package codes`
#[derive(Debug, Args)]
pub struct Codes {
    /// The table
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Canonical url of the CodeSystem
    #[arg(long, value_name = "URL")]
    pub system: String,
    /// Version of the CodeSystem
    #[arg(long, value_name = "VERSION")]
    pub version: String,
    /// Name of the CodeSystem [default: the last part of its url]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Language of the column display
    #[arg(long, value_name = "CODE", default_value = "vi")]
    pub language: String,
    /// The table does not hold all codes: a code that is missing is not wrong
    #[arg(long)]
    pub fragment: bool,
    /// Since when this version is in force
    #[arg(long, value_name = "DATE")]
    pub from: Option<String>,
    /// Until when this version is in force, that day included
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook package demand`
#[derive(Debug, Args)]
pub struct Demand {
    /// The resource type
    #[arg(long = "type", value_name = "TYPE", value_parser = resource_type)]
    pub resource_type: ResourceType,
    /// Canonical url of the profile
    #[arg(long, value_name = "URL", value_parser = word::<1000>)]
    pub profile: String,
    /// Code of the facility whose resources are meant [default: everybody's]
    #[arg(long, value_name = "CODE", value_parser = word::<64>)]
    pub facility: Option<String>,
    /// Take the demand back
    #[arg(long)]
    pub not: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

fn id_and_version(text: &str) -> Result<(String, String), String> {
    match text.split_once('#') {
        Some((id, version)) if !id.is_empty() && !version.is_empty() => {
            Ok((id.to_owned(), version.to_owned()))
        }
        _ => Err("write it as ID#VERSION, for example hl7.fhir.vn.core#0.6.0".to_owned()),
    }
}

fn resource_type(text: &str) -> Result<ResourceType, String> {
    text.parse().map_err(|_| "R4 has no resource of this type".to_owned())
}

/// A text without blanks, as a url or a code is. It is part of a key of the database.
fn word<const LONGEST: usize>(text: &str) -> Result<String, String> {
    let separates = |character: char| character.is_whitespace() || character.is_control();
    if text.is_empty() || text.len() > LONGEST || text.contains(separates) {
        return Err(format!("a word of at most {LONGEST} bytes is needed"));
    }
    Ok(text.to_owned())
}
