//! `healthbook package list`, and how packages and demands are shown.

use record_store::{Demand, StoredPackage};
use tokio::task::spawn_blocking;
use validation::Package;

use super::Operator;
use crate::failure::{Failure, print};

/// Digits of a hash that are shown, two for each byte.
const SHOWN: usize = 8;

impl Operator {
    pub(super) async fn list(&self) -> Result<(), Failure> {
        let (store, access) = (self.store(), &self.access);
        let mut text = String::new();
        let in_use = store.built_in_package_in_use(access).await.map_err(Failure::because)?;
        let built_in = spawn_blocking(Package::national).await.map_err(Failure::because)?;
        if let Some(package) = built_in.map_err(Failure::because)? {
            let state = format!("{}, part of the program", state(in_use));
            text.push_str(&line(
                &package.name(),
                &package.canonical,
                &package.sha256,
                &state,
                &counts(&package),
            ));
        }
        for stored in store.packages(access).await.map_err(Failure::because)? {
            let archive = store.package_archive(access, &stored.name).await.map_err(Failure::because)?;
            // It may have been removed since.
            let Some(archive) = archive else { continue };
            let reading = spawn_blocking(move || match Package::from_archive(&archive) {
                Ok(package) => counts(&package),
                Err(error) => format!("cannot be read: {error}"),
            });
            let counts = reading.await.map_err(Failure::because)?;
            let StoredPackage { name, sha256, in_use, .. } = stored;
            let id = format!("{}#{}", name.id, name.version);
            text.push_str(&line(&id, &name.canonical, &sha256, state(in_use), &counts));
        }
        if text.is_empty() {
            text.push_str("no packages\n");
        }
        for demanded in store.demands(access).await.map_err(Failure::because)? {
            text.push_str(&format!("demanded: {}\n", demand(&demanded)));
        }
        print(&text)
    }
}

fn line(id: &str, canonical: &str, sha256: &[u8; 32], state: &str, counts: &str) -> String {
    let hash: String = sha256.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect();
    format!("{id}  {canonical}  sha256 {hash}  {state}  {counts}\n")
}

fn state(in_use: bool) -> &'static str {
    if in_use { "in use" } else { "not in use" }
}

/// The resources of a package by type, in words.
pub(super) fn counts(package: &Package) -> String {
    let counts: Vec<String> =
        package.counts().iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    if counts.is_empty() { "no resources".to_owned() } else { counts.join(", ") }
}

/// A demand in words.
pub(super) fn demand(demand: &Demand) -> String {
    let whose = match &demand.facility {
        Some(facility) => format!("of facility {facility}"),
        None => "of everybody".to_owned(),
    };
    format!("{} {whose}: {}", demand.resource_type, demand.profile)
}
