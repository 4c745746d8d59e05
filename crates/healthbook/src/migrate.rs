//! `healthbook migrate`: brings the layout of a database up to date.

use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// Opens the database, which migrates it, and says what is in it.
pub async fn run(configuration: Configuration) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open(&configuration).await?;
    let counts = store.counts().await;
    store.close().await;
    let resources: u64 = counts.map_err(Failure::because)?.iter().map(|(_, count)| count).sum();
    print(&format!("{}: the layout is up to date, {resources} resources\n", *configuration.database))
}
