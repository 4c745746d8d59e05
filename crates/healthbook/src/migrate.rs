//! `healthbook migrate`: brings the layout of a database up to date.

use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// Opens the database, which migrates it, and says what is in it.
pub async fn run(configuration: Configuration, sandbox: bool) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open(&configuration).await?;
    let counts = store.counts().await;
    // The layout has the log of accesses only now.
    let command = if sandbox { "migrate --sandbox" } else { "migrate" };
    let mark = async { if sandbox { store.mark_sandbox().await.map_err(Failure::because) } else { Ok(()) } };
    let marked = logged(&store, command, mark).await;
    store.close().await;
    marked?;
    let resources: u64 = counts.map_err(Failure::because)?.iter().map(|(_, count)| count).sum();
    print(&format!("{}: the layout is up to date, {resources} resources\n", *configuration.database))
}
