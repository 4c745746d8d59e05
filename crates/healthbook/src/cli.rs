//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{ArgGroup, Args, Parser, Subcommand};

use crate::access_log::{LogCommand, VerifyAudit};
use crate::account::{Account, Admin, Staff};
use crate::client::ClientCommand;
use crate::configuration::{DatabaseFlags, ServeFlags};
use crate::guardian::Guardian;
use crate::keys::KeysCommand;
use crate::package::Package;
use crate::person::Person;
use crate::policy::Policy;
use crate::provider_simulator::ProviderSimulator;
use crate::registry::RegistryCommand;
use crate::registry_simulator::RegistrySimulator;
use crate::sender::SenderCommand;

/// Healthbook: the FHIR R4 backend of a national health book.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    after_help = "Examples:
  healthbook serve --demo 200
  healthbook token --client facility-20001
  healthbook import bundles/
Every key can also be set in a TOML file (--config) or as a variable, for example HEALTHBOOK_LISTEN."
)]
pub struct Cli {
    /// Configuration file (TOML)
    #[arg(long, global = true, value_name = "FILE", env = "HEALTHBOOK_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start the server
    #[command(after_help = "Examples:
  healthbook serve --demo 200                          a nation of 200 invented people in ./healthbook-data
  healthbook serve --database postgres://book:secret@db/book --listen 0.0.0.0:8080 \\
                   --base-url https://book.example/fhir
  healthbook serve --auth off --listen 127.0.0.1:0     for tests on this machine only
  healthbook serve --config healthbook.toml --print-config")]
    Serve(Box<Serve>),
    /// Load FHIR Bundles, NDJSON files and messages of check-ups
    #[command(after_help = "Examples:
  healthbook import synthea/output/fhir
  healthbook import patients.ndjson.gz observations.ndjson.zst --database postgres://book:secret@db/book
  healthbook import check-ups --base-url https://book.example/fhir --client his-01001 --secret-file secret.txt
Files may be plain or compressed with gzip, bzip2 or zstd. An import that was interrupted goes on where it
stopped; loading the same again changes nothing. Exit code 1 when something could not be loaded.")]
    Import(Import),
    /// Write the synthetic nation to files
    #[command(after_help = "Example:
  healthbook nation --people 1000 --seed 7 --out nation --compress")]
    Nation(Nation),
    /// Print an access token for a demo or sandbox database
    #[command(after_help = "Examples:
  healthbook token --client facility-20001
  healthbook token --citizen 099123456789 --database sqlite:healthbook-data/healthbook.db
  healthbook token --client facility-20001 --role nurse --scope 'user/Patient.rs user/Observation.cruds'
  healthbook token --officer auditor
  curl -H \"Authorization: Bearer $(healthbook token --client facility-20001)\" http://127.0.0.1:8080/fhir/Patient
Numbers and ids are in demo.json beside the database. A token lives 10 minutes.")]
    Token(Token),
    /// Bring the layout of a database up to date
    #[command(after_help = "Examples:
  healthbook migrate --database postgres://book:secret@db/book
  healthbook migrate --sandbox --database postgres://book:secret@db/sandbox
A sandbox holds invented people: apps register themselves, and tokens are printed. It stays one.")]
    Migrate(Migrate),
    /// Put the SearchParameters of a database in force and index what is there by them
    #[command(after_help = "Examples:
  healthbook import national/search-parameters && healthbook reindex
  healthbook reindex --database postgres://book:secret@db/book
The same as POST [base]/$reindex; a server may run meanwhile. A reindex that was interrupted
goes on where it stopped. Exit code 1 when a SearchParameter cannot be used.")]
    Reindex(Reindex),
    /// Profiles and terminology: add packages, take them into use, demand profiles
    #[command(after_help = "Examples:
  healthbook package add hl7.fhir.vn.core-0.6.0.tgz && healthbook package use hl7.fhir.vn.core#0.6.0
  healthbook package list
Servers that run on the database follow within seconds. Every command has its own --help with examples.")]
    Package(Package),
    /// The rules of the gate: show, check, put in force, explain, print the permission matrix
    #[command(after_help = "Examples:
  healthbook policy show > my-policy.toml && healthbook policy check my-policy.toml
  healthbook policy use my-policy.toml
  healthbook policy explain --role nurse --purpose TREAT --interaction read --type Condition
Servers that run on the database follow within a second. Every command has its own --help with examples.")]
    Policy(Policy),
    /// Guardians of children, by the word of the registry or of a court
    #[command(
        subcommand,
        after_help = "Example:
  healthbook guardian add --child 099315000001 --guardian 099190000001 --source court"
    )]
    Guardian(Guardian),
    /// The formal end of a book
    #[command(
        subcommand,
        after_help = "Example:
  healthbook person close --citizen 099123456789 --date 2026-11-28"
    )]
    Person(Person),
    /// Apps and systems that may ask for tokens: add, list, approve, block, remove
    #[command(after_help = "Examples:
  healthbook client add --id app-1 --name 'Clinic app' --redirect-uri https://app.example/callback
  healthbook client approve 7c0c... --facility 01001 --organization org-01001
Every command has its own --help with examples.")]
    Client(ClientCommand),
    /// Keys that sign tokens: list, rotate
    #[command(after_help = "Examples:
  healthbook keys list
  healthbook keys rotate
A key is replaced by itself every 30 days; rotate is for one that somebody else may have.")]
    Keys(KeysCommand),
    /// Accounts of administrators and other officers
    #[command(after_help = "Example:
  healthbook admin create --name lan.tran
Every command has its own --help with examples.")]
    Admin(Admin),
    /// Accounts of staff of facilities
    #[command(after_help = "Examples:
  healthbook staff add --name minh.le --facility 01001 --role physician
  healthbook staff list
Every command has its own --help with examples.")]
    Staff(Staff),
    /// Accounts of citizens
    #[command(after_help = "Examples:
  healthbook account activate --citizen 099123456789
  healthbook account block --citizen 099123456789
Every command has its own --help with examples.")]
    Account(Account),
    /// Run a simulated identity provider with the people of a demo database
    #[command(after_help = "Examples:
  healthbook provider-simulator --listen 127.0.0.1:9090
  healthbook serve --provider http://127.0.0.1:9090
  healthbook provider-simulator --fault wrong-nonce")]
    ProviderSimulator(ProviderSimulator),
    /// The population registry: what could not be applied, and taking over everybody whom it knows
    #[command(
        subcommand,
        after_help = "Examples:
  healthbook serve --registry http://127.0.0.1:9091
  healthbook registry parked
  healthbook registry work-list
  healthbook registry backfill --registry http://127.0.0.1:9091"
    )]
    Registry(RegistryCommand),
    /// Who may send messages of the data axis, and what of them is not in the books
    #[command(
        subcommand,
        after_help = "Examples:
  healthbook sender list
  healthbook sender parked
Every command has its own --help with examples."
    )]
    Sender(SenderCommand),
    /// Run a simulated population registry with any number of invented people
    #[command(after_help = "Examples:
  healthbook registry-simulator --people 1000000 --seed 7
  healthbook registry-simulator --events 5000 --duplicate-rate 0.05 --reorder-window 50
  healthbook registry-simulator --events-per-second 100 --outage-every 60s --outage-for 6s
  curl 'http://127.0.0.1:9091/sample?count=3'
It holds nobody in memory: people and events are computed from the seed (docs/registry.md).")]
    RegistrySimulator(Box<RegistrySimulator>),
    /// Verify the log of accesses: a database, its old files, an extract, or a proof
    #[command(after_help = "Examples:
  healthbook verify-audit --key healthbook-data/access-log.vkey
  healthbook verify-audit --key log.vkey --database postgres://book:secret@db/book --known root-2026-11-27.txt
  healthbook verify-audit --key log.vkey /archive/log --database sqlite:healthbook-data/healthbook.db
  healthbook verify-audit --key log.vkey my-log.json
  healthbook verify-audit --key log.vkey my-log-2026.json my-log-2027.json consistency.json
  healthbook verify-audit --key log.vkey --known kept-checkpoint.txt consistency.json
Prints what is proven, what is wrong and the first bad position. The checkpoints of all files are compared: two of one size
with different roots are two histories. Exit code 0: sound; 1: something is wrong; 2: used wrongly; 3: nothing wrong was
found, but something was not shown (NOT SHOWN tells what is missing and where to get it). The key must be known from
elsewhere, and no server is needed. Checkpoints that were published show a log that was cut: hand them over.")]
    VerifyAudit(Box<VerifyAudit>),
    /// The log of accesses: move its old entries to files
    #[command(after_help = "Example:
  healthbook log rotate --before 2021-01-01 --out /archive/log --key log.vkey
Every command has its own --help with examples.")]
    Log(Box<LogCommand>),
    /// Write the contract to files: OpenAPI, FHIR definitions, catalogue of errors
    #[command(after_help = "Examples:
  healthbook api-spec --out api-spec --docs docs
  healthbook api-spec --check
  healthbook api-spec --compare api-spec/released/openapi.yaml
Exit code 1 when files are stale, or when something breaks that the version promises.")]
    ApiSpec(ApiSpec),
    /// Ask a running server whether it is ready; exit code 0 or 1
    #[command(after_help = "Example:
  healthbook health --url http://127.0.0.1:8080/health/ready")]
    Health(Health),
}

/// `healthbook serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
    /// The server.
    #[command(flatten)]
    pub server: ServeFlags,
    /// Print the effective configuration with the source of each key, and end
    #[arg(long)]
    pub print_config: bool,
}

impl Serve {
    /// The flags that were given.
    pub fn given(&self) -> Vec<(&'static str, String)> {
        let mut given = self.database.given();
        given.extend(self.server.given());
        given
    }
}

/// `healthbook import`
#[derive(Debug, Args)]
pub struct Import {
    /// Files and folders; folders with all that is in them
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Files that are loaded at one time [default: one more than there are processors]
    #[arg(long, value_name = "NUMBER")]
    pub jobs: Option<NonZeroUsize>,
    /// Forget what earlier imports have done
    #[arg(long)]
    pub fresh: bool,
    /// Largest Bundle or line in MiB, unpacked
    #[arg(long, value_name = "MIB", default_value = "256")]
    pub largest: NonZeroUsize,
    /// Send messages of check-ups to this server, instead of writing into a database
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Access token for it
    #[arg(long, value_name = "TOKEN", requires = "base_url")]
    pub token: Option<String>,
    /// File with the access token; read again when the server does not believe the one at hand any more
    #[arg(long, value_name = "FILE", requires = "base_url", conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
    /// Client that gets the tokens itself
    #[arg(long, value_name = "ID", requires = "base_url", requires = "secret_file", conflicts_with_all = ["token", "token_file"])]
    pub client: Option<String>,
    /// File with the secret of the client
    #[arg(long, value_name = "FILE", requires = "client")]
    pub secret_file: Option<PathBuf>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook nation`
#[derive(Debug, Args)]
pub struct Nation {
    /// How many people
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=i64::from(synthetic_nation::MOST_PEOPLE)))]
    pub people: u32,
    /// The same seed makes the same people
    #[arg(long, value_name = "NUMBER", default_value_t = 72)]
    pub seed: u64,
    /// Folder for the files; it is made if needed
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Compress each file with gzip
    #[arg(long)]
    pub compress: bool,
}

/// `healthbook token`
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("subject").required(true).args(["citizen", "client", "officer"])))]
pub struct Token {
    /// A citizen, by citizen number
    #[arg(long, value_name = "NUMBER")]
    pub citizen: Option<String>,
    /// A client system, by id
    #[arg(long, value_name = "ID")]
    pub client: Option<String>,
    /// Somebody with a public office
    #[arg(long, value_name = "OFFICE", value_parser = PossibleValuesParser::new([
        "ministry", "auditor", "operator", "administrator",
    ]))]
    pub officer: Option<String>,
    /// Facility of the client system, when it is to be another than its own
    #[arg(long, value_name = "CODE", conflicts_with_all = ["citizen", "officer"])]
    pub facility: Option<String>,
    /// In which role the user of the client system works
    #[arg(long, value_name = "ROLE", conflicts_with_all = ["citizen", "officer"], value_parser = PossibleValuesParser::new([
        "physician", "nurse", "pharmacist", "laboratory", "registrar", "station-head", "facility-officer",
    ]))]
    pub role: Option<String>,
    /// What for: TREAT, BTG, HPAYMT, PUBHLTH, ERESRCH or HOPERAT
    #[arg(long, value_name = "CODE", conflicts_with_all = ["citizen", "officer"], value_parser = PossibleValuesParser::new([
        "TREAT", "BTG", "HPAYMT", "PUBHLTH", "ERESRCH", "HOPERAT",
    ]))]
    pub purpose: Option<String>,
    /// SMART scopes, when it is to be less than everything
    #[arg(long, value_name = "SCOPES")]
    pub scope: Option<String>,
    /// The patient for whom an app was started, by the id of the Patient; for scopes that begin with patient/
    #[arg(long, value_name = "ID")]
    pub patient: Option<String>,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook migrate`
#[derive(Debug, Args)]
pub struct Migrate {
    /// Mark the database as one of invented people
    #[arg(long)]
    pub sandbox: bool,
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook reindex`
#[derive(Debug, Args)]
pub struct Reindex {
    /// The database.
    #[command(flatten)]
    pub database: DatabaseFlags,
}

/// `healthbook api-spec`
#[derive(Debug, Args)]
pub struct ApiSpec {
    /// Folder of the contract
    #[arg(long, value_name = "DIR", default_value = "api-spec")]
    pub out: PathBuf,
    /// Folder of the documents, for the catalogue of errors
    #[arg(long, value_name = "DIR", default_value = "docs")]
    pub docs: PathBuf,
    /// Write nothing: fail when a file is not what would be written
    #[arg(long)]
    pub check: bool,
    /// Write nothing: tell what breaks clients of an earlier contract
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    pub compare: Option<PathBuf>,
}

/// `healthbook health`
#[derive(Debug, Args)]
pub struct Health {
    /// What to ask
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080/health/ready")]
    pub url: String,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent_and_every_command_shows_examples() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        for command in command.get_subcommands().filter(|command| command.get_name() != "help") {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("healthbook {}", command.get_name())), "{}", command.get_name());
            for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
                let help = inner.get_after_help().map(ToString::to_string).unwrap_or_default();
                let words = format!("healthbook {} {}", command.get_name(), inner.get_name());
                assert!(help.contains(&words), "{words}");
            }
        }
    }

    #[test]
    fn a_token_names_one_who_is_a_citizen_a_client_or_an_officer() {
        let parse = |words: &str| Cli::try_parse_from(format!("healthbook token {words}").split_whitespace());
        assert!(parse("--citizen 1").is_ok());
        assert!(parse("--client a --facility b --role nurse").is_ok());
        assert!(parse("--client a --scope patient/*.rs --patient b").is_ok());
        assert!(parse("--officer auditor").is_ok());
        for bad in [
            "",
            "--citizen 1 --client a",
            "--citizen 1 --facility b",
            "--client a --role king",
            "--officer king",
            "--officer auditor --client a",
            "--officer auditor --role nurse",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_package_is_named_by_id_and_version() {
        let parse =
            |words: &str| Cli::try_parse_from(format!("healthbook package {words}").split_whitespace());
        assert!(parse("use a.b#1.0.0 --canonical http://a").is_ok());
        assert!(parse("demand --type Patient --profile http://a --facility 01001 --not").is_ok());
        assert!(parse("codes --system http://a --version 1 a.csv").is_ok());
        for bad in [
            "use a.b",
            "use #1",
            "use a#",
            "add",
            "",
            "demand --type Nothing --profile http://a",
            "demand --type Patient",
            "codes --version 1 a.csv",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn flags_are_named_after_keys() {
        let cli = Cli::try_parse_from(["healthbook", "serve", "--time-zone", "UTC", "--body-limit", "1MiB"])
            .unwrap();
        let Command::Serve(serve) = cli.command else { panic!() };
        assert_eq!(serve.given(), [("time_zone", "UTC".to_owned()), ("body_limit", "1MiB".to_owned())]);
    }
}
