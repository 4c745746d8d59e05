//! What belongs to one database and must never change in it: the hash key of its index, the key of its
//! page links, the numbers of its slots.

use std::collections::HashMap;

use search::{CustomParameter, Hasher, Registry, Slot};

use crate::current_registry::CurrentRegistry;
use crate::{StoreError, StoreSettings};

const HASH_KEY: &str = "hash-key";
const LINK_KEY: &str = "link-key";
/// Name of the setting that holds the custom search parameters.
pub(crate) const CUSTOM: &str = "search-parameters";

/// What opening a database gives.
pub(crate) struct Prepared {
    pub(crate) registry: CurrentRegistry,
    pub(crate) link_key: [u8; 32],
    /// A number that this process has and no other.
    pub(crate) process: i64,
}

/// The settings that a new database lacks, with fresh values.
pub(crate) fn missing_settings(
    found: &HashMap<String, Vec<u8>>,
) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
    let mut missing = Vec::new();
    for (name, length) in [(HASH_KEY, 16), (LINK_KEY, 32)] {
        if !found.contains_key(name) {
            let mut value = vec![0; length];
            getrandom::fill(&mut value).map_err(|error| StoreError::Unusable(error.to_string()))?;
            missing.push((name.to_owned(), value));
        }
    }
    Ok(missing)
}

/// The custom search parameters of a database.
pub(crate) fn custom(settings: &HashMap<String, Vec<u8>>) -> Vec<CustomParameter> {
    settings.get(CUSTOM).map(|lines| parameters(lines)).unwrap_or_default()
}

/// The custom search parameters as the setting holds them.
pub(crate) fn parameters(lines: &[u8]) -> Vec<CustomParameter> {
    String::from_utf8_lossy(lines).lines().filter_map(CustomParameter::from_line).collect()
}

/// The value of the setting for custom search parameters.
pub(crate) fn lines(custom: &[CustomParameter]) -> Vec<u8> {
    custom.iter().map(|parameter| parameter.to_line() + "\n").collect::<String>().into_bytes()
}

/// The slots that this version of the server knows and the database does not. Numbers are never used again.
pub(crate) fn missing_slots(
    found: &HashMap<String, Slot>,
    custom: &[CustomParameter],
) -> Result<Vec<(Slot, String)>, StoreError> {
    let mut next = found.values().map(|slot| slot.0).max().unwrap_or(0);
    let mut missing = Vec::new();
    for expression in Registry::slot_expressions(custom) {
        if !found.contains_key(&expression) {
            next =
                next.checked_add(1).ok_or_else(|| StoreError::Unusable("no slot number is left".into()))?;
            missing.push((Slot(next), expression));
        }
    }
    Ok(missing)
}

/// The registry and keys of a database whose settings are complete.
pub(crate) fn prepared(
    settings: &HashMap<String, Vec<u8>>,
    slots: &HashMap<String, Slot>,
    store: &StoreSettings,
) -> Result<Prepared, StoreError> {
    let hash_key = key(settings, HASH_KEY)?;
    let link_key = key(settings, LINK_KEY)?;
    let registry = Registry::new(slots, custom(settings), Hasher::new(hash_key), store.time_zone.clone());
    let lines = settings.get(CUSTOM).cloned().unwrap_or_default();
    let mut process = [0; 8];
    getrandom::fill(&mut process).map_err(|error| StoreError::Unusable(error.to_string()))?;
    let process = i64::from_ne_bytes(process);
    Ok(Prepared { registry: CurrentRegistry::new(registry, lines), link_key, process })
}

fn key<const N: usize>(settings: &HashMap<String, Vec<u8>>, name: &str) -> Result<[u8; N], StoreError> {
    settings
        .get(name)
        .and_then(|value| value.as_slice().try_into().ok())
        .ok_or_else(|| StoreError::Unusable(format!("the setting {name} of the database is damaged")))
}
