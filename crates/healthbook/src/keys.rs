//! `healthbook keys`: the keys that sign tokens.

use auth::{Auth, AuthSettings, KeyState};
use clap::{Args, Subcommand};
use fhir::Instant;

use crate::command_log::logged;
use crate::configuration::{Configuration, DatabaseFlags};
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// `healthbook keys`
#[derive(Debug, Args)]
pub struct KeysCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show the keys that are published
    #[command(after_help = "Example:
  healthbook keys list --database postgres://book:secret@db/book")]
    List(Database),
    /// Sign with a new key from now on
    #[command(after_help = "Example:
  healthbook keys rotate
Servers that run on the database follow within a second; tokens that were signed with the former key still hold.")]
    Rotate(Database),
}

#[derive(Debug, Args)]
struct Database {
    #[command(flatten)]
    database: DatabaseFlags,
}

impl KeysCommand {
    /// The flags of the database.
    pub fn database(&self) -> &DatabaseFlags {
        match &self.what {
            What::List(flags) | What::Rotate(flags) => &flags.database,
        }
    }
}

/// Shows or rotates.
pub async fn run(configuration: Configuration, command: KeysCommand) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open_existing(&configuration).await?;
    let now = Instant::now();
    let work = async {
        let auth = Auth::open(store.clone(), AuthSettings::trial(), now).await.map_err(Failure::because)?;
        if matches!(command.what, What::Rotate(_)) {
            logged(&store, "keys rotate", async { auth.rotate_keys(now).await.map_err(Failure::because) })
                .await?;
        }
        Ok::<_, Failure>(auth.key_summaries(now))
    };
    let keys = work.await;
    store.close().await;
    let mut text = String::new();
    for key in keys? {
        let state = match key.state {
            KeyState::Next => "next",
            KeyState::Signing => "signs",
            KeyState::Former => "former",
        };
        text.push_str(&format!("{}  {:6}  from {}\n", key.id, state, key.signs_from));
    }
    print(&text)
}
