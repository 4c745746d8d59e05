//! Opening the database that the configuration names.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use interactions::{Service, ServiceSettings, follow_packages, follow_policy};
use record_store::{Store, StoreSettings};

use crate::configuration::Configuration;
use crate::failure::Failure;

/// The folder for files that stand beside the database.
pub fn folder(configuration: &Configuration) -> PathBuf {
    configuration.database.folder(&configuration.data_folder)
}

/// Opens the store and brings its layout up to date. A file that is missing beside a database that had it is not made anew.
pub async fn open(configuration: &Configuration) -> Result<Store, Failure> {
    open_or_make(configuration, false).await
}

/// The same for the server, which goes on without the file, and says what may be lost.
pub async fn open_to_serve(configuration: &Configuration) -> Result<Store, Failure> {
    open_or_make(configuration, true).await
}

async fn open_or_make(configuration: &Configuration, makes_waiting_file: bool) -> Result<Store, Failure> {
    if configuration.database.file().is_some() {
        make_folder(&folder(configuration))?;
    }
    tracing::debug!(database = %*configuration.database, "opening the database");
    let settings = StoreSettings {
        time_zone: configuration.time_zone.zone.clone(),
        statement_timeout: *configuration.statement_timeout,
        connections: configuration.database_connections.get(),
        makes_waiting_file,
        ..StoreSettings::new(configuration.database.url())
    };
    let store = Store::open(&settings).await;
    Ok(store.with_context(|| format!("cannot open {}", *configuration.database))?)
}

/// Opens a database that must be there: a mistake in writing must not make a new one.
pub async fn open_existing(configuration: &Configuration) -> Result<Store, Failure> {
    match configuration.database.file() {
        Some(file) if !file.exists() => Err(Failure::saying(format!(
            "there is no database {} (key `database`, {})",
            *configuration.database,
            configuration.database.source()
        ))),
        _ => open(configuration).await,
    }
}

/// The FHIR service with the policy and the packages that the database has in use. Without them it would show what is
/// closed or take what is not valid, so one that cannot be loaded is a failure.
pub async fn service(store: Store, settings: ServiceSettings) -> Result<Service, Failure> {
    let service = Service::new(store, settings);
    let policy = follow_policy(&service).await;
    policy.context(
        "the policy of the database cannot be used (healthbook policy use --built-in takes it out)",
    )?;
    let loaded = follow_packages(&service).await;
    loaded.context("the packages in use cannot be loaded (healthbook package stop takes one out of use)")?;
    Ok(service)
}

/// Makes a folder that only its owner can look into.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    Ok(builder.create(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?)
}
