//! `healthbook client`: apps and systems that may ask for tokens.

use std::path::PathBuf;

use anyhow::Context as _;
use auth::{Approval, Auth, AuthSettings, Facility, NewClient};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use fhir::{Instant, LogicalId};

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// `healthbook client`
#[derive(Debug, Args)]
pub struct ClientCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add a client that is served at once; prints its id, and its secret if it gets one
    #[command(after_help = "Examples:
  healthbook client add --id app-1 --name 'Clinic app' --redirect-uri https://app.example/callback
  healthbook client add --id his-01001 --facility 01001 --organization org-01001 --jwks-uri https://his.example/jwks
  healthbook client add --id lab-01001 --facility 01001 --organization org-01001 --secret --scope 'system/Observation.crus'
Without --grant: authorization_code and refresh_token where there is a --redirect-uri, else client_credentials.")]
    Add(Box<Add>),
    /// List all clients
    #[command(after_help = "Example:
  healthbook client list --database postgres://book:secret@db/book")]
    List(Database),
    /// Approve a client that registered itself, or serve again one that was blocked
    #[command(after_help = "Example:
  healthbook client approve 7c0c5a2e-0d5f-4c43-9b0c-3f6b1f0f3a11 --facility 01001 --organization org-01001")]
    Approve(Approve),
    /// Serve a client no more: its tokens are not believed from now on
    #[command(after_help = "Example:
  healthbook client block his-01001")]
    Block(Named),
    /// Remove a client
    #[command(after_help = "Example:
  healthbook client remove his-01001")]
    Remove(Named),
}

#[derive(Debug, Args)]
struct Database {
    #[command(flatten)]
    database: DatabaseFlags,
}

#[derive(Debug, Args)]
struct Named {
    /// Its id
    #[arg(value_name = "ID")]
    id: String,
    #[command(flatten)]
    database: DatabaseFlags,
}

#[derive(Debug, Args)]
struct Approve {
    /// Its id
    #[arg(value_name = "ID")]
    id: String,
    /// Code of the facility that it belongs to
    #[arg(long, value_name = "CODE", requires = "organization")]
    facility: Option<String>,
    /// Id of the Organization of the facility
    #[arg(long, value_name = "ID", requires = "facility")]
    organization: Option<String>,
    /// The most that it may get, when it is not what it asked for
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    #[command(flatten)]
    database: DatabaseFlags,
}

#[derive(Debug, Args)]
struct Add {
    /// Its id; a new one when left out
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Its name, as people see it
    #[arg(long, value_name = "NAME", default_value = "")]
    name: String,
    /// Where answers go; may be repeated
    #[arg(long = "redirect-uri", value_name = "URL")]
    redirect_uris: Vec<String>,
    /// How it gets tokens; may be repeated
    #[arg(long = "grant", value_name = "TYPE", value_parser = PossibleValuesParser::new([
        "authorization_code", "refresh_token", "client_credentials",
    ]))]
    grants: Vec<String>,
    /// The most that it may get
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// File with its public keys (JSON Web Key Set)
    #[arg(long, value_name = "FILE", conflicts_with = "jwks_uri")]
    jwks: Option<PathBuf>,
    /// Where its public keys are
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
    /// Give it a secret
    #[arg(long, conflicts_with_all = ["jwks", "jwks_uri"])]
    secret: bool,
    /// Code of the facility that it belongs to
    #[arg(long, value_name = "CODE", requires = "organization")]
    facility: Option<String>,
    /// Id of the Organization of the facility
    #[arg(long, value_name = "ID", requires = "facility")]
    organization: Option<String>,
    /// The role that its users usually work in
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Only tokens that are bound to a key (DPoP)
    #[arg(long)]
    dpop: bool,
    #[command(flatten)]
    database: DatabaseFlags,
}

impl ClientCommand {
    /// The flags of the database.
    pub fn database(&self) -> &DatabaseFlags {
        match &self.what {
            What::Add(add) => &add.database,
            What::List(flags) => &flags.database,
            What::Approve(approve) => &approve.database,
            What::Block(named) | What::Remove(named) => &named.database,
        }
    }
}

impl What {
    /// The name in the log of accesses.
    fn name(&self) -> &'static str {
        match self {
            Self::Add(_) => "client add",
            Self::List(_) => "client list",
            Self::Approve(_) => "client approve",
            Self::Block(_) => "client block",
            Self::Remove(_) => "client remove",
        }
    }
}

/// Does what the command says.
pub async fn run(configuration: Configuration, command: ClientCommand) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open_existing(&configuration).await?;
    let auth = Auth::open(store.clone(), AuthSettings::trial(), Instant::now()).await;
    let done = match auth {
        Ok(auth) => logged(&store, command.what.name(), work(&auth, command.what)).await,
        Err(error) => Err(Failure::because(error)),
    };
    store.close().await;
    print(&done?)
}

async fn work(auth: &Auth, what: What) -> Result<String, Failure> {
    let now = Instant::now();
    let done = |found: bool, id: &str, done: &str| match found {
        true => Ok(format!("{id}: {done}\n")),
        false => Err(Failure::saying("there is no client of this id")),
    };
    match what {
        What::Add(new) => add(auth, *new, now).await,
        What::List(_) => {
            let clients = auth.clients(now).await.map_err(Failure::because)?;
            Ok(clients.iter().map(line).collect())
        }
        What::Approve(approve) => {
            let facility = facility(approve.facility, approve.organization)?;
            let approval = Approval { facility, scope: approve.scope };
            let found = auth.approve_client(&approve.id, approval, now).await.map_err(Failure::because)?;
            done(found, &approve.id, "is served")
        }
        What::Block(named) => {
            let found = auth.block_client(&named.id, now).await.map_err(Failure::because)?;
            done(found, &named.id, "is blocked")
        }
        What::Remove(named) => {
            let found = auth.remove_client(&named.id, now).await.map_err(Failure::because)?;
            done(found, &named.id, "is removed")
        }
    }
}

async fn add(auth: &Auth, new: Add, now: Instant) -> Result<String, Failure> {
    let jwks = match &new.jwks {
        None => None,
        Some(path) => {
            let text =
                std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            Some(serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))?)
        }
    };
    let usual: &[&str] = if new.redirect_uris.is_empty() {
        &["client_credentials"]
    } else {
        &["authorization_code", "refresh_token"]
    };
    let usual = || usual.iter().map(|grant| (*grant).to_owned()).collect();
    let client = NewClient {
        id: new.id,
        name: new.name,
        redirect_uris: new.redirect_uris,
        grant_types: if new.grants.is_empty() { usual() } else { new.grants },
        scope: new.scope,
        jwks,
        jwks_uri: new.jwks_uri,
        with_secret: new.secret,
        facility: facility(new.facility, new.organization)?,
        role: new.role,
        dpop_bound: new.dpop,
    };
    let (client, secret) =
        auth.add_client(client, now).await.map_err(|error| Failure::saying(error.description))?;
    let secret = secret.map(|secret| format!("secret (told this once): {secret}\n")).unwrap_or_default();
    Ok(format!("{}\n{secret}", client.id))
}

fn facility(code: Option<String>, organization: Option<String>) -> Result<Option<Facility>, Failure> {
    let Some((code, organization)) = code.zip(organization) else { return Ok(None) };
    let organization = LogicalId::try_from(organization.as_str());
    let organization =
        organization.map_err(|_| Failure::saying("--organization is the id of an Organization"))?;
    Ok(Some(Facility { code, organization }))
}

fn line(client: &auth::Client) -> String {
    let facility =
        client.facility().map(|facility| format!("  facility {}", facility.code)).unwrap_or_default();
    format!(
        "{}  {}  {}  {}{facility}\n",
        client.id,
        client.status.code(),
        client.grant_types.join(","),
        client.name
    )
}
