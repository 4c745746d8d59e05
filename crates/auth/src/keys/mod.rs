//! The keys that sign tokens: made, published before they sign, kept until their last token is dead.
//!
//! A key is a record of the store whose id is its number, so that of several servers that want the next one exactly
//! one makes it. The private half is sealed under a key of the database.

mod key;

use std::sync::Arc;

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, Store};
use serde_json::{Value, json};

pub(crate) use key::{SigningKey, thumbprint_ec};

use crate::AuthError;
use crate::secret::Derived;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 24 * 3_600 * SECOND;

/// A key signs for so long before the next one is made.
const ROTATION: i64 = 29 * DAY;

/// A key is published for so long before it signs: until then everybody has fetched it.
const AHEAD: i64 = DAY;

/// A key is published for so long after the next one has begun to sign: longer than any token lives.
const BEHIND: i64 = 3_600 * SECOND;

/// What a key is for at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Signing,
    /// Signs no more; what it has signed still holds.
    Former,
}

/// A key, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySummary {
    /// Its `kid`.
    pub id: String,
    /// From when on it signs.
    pub signs_from: Instant,
    /// What it is for now.
    pub state: KeyState,
}

/// The keys that are known, by number.
#[derive(Clone, Default)]
pub(crate) struct Keyring {
    keys: Vec<Arc<SigningKey>>,
}

impl Keyring {
    /// Reads the keys of a database.
    pub(crate) async fn load(store: &Store, now: Instant) -> Result<Self, AuthError> {
        let sealing = sealing_key(store)?;
        let records = store.security_records(SecurityKind::SigningKey, None, now).await?;
        let keys: Result<Vec<_>, AuthError> =
            records.iter().map(|record| SigningKey::read(record, &sealing).map(Arc::new)).collect();
        Ok(Self { keys: keys? })
    }

    /// The key that signs at a moment: the last one whose time has come.
    pub(crate) fn signing(&self, now: Instant) -> Option<&Arc<SigningKey>> {
        self.keys.iter().rev().find(|key| key.signs_from <= now)
    }

    /// A key that may have signed a token that lives now, or will soon.
    pub(crate) fn verifying(&self, id: &str, now: Instant) -> Option<&Arc<SigningKey>> {
        let at = self.keys.iter().position(|key| key.id == id)?;
        let key = self.keys.get(at)?;
        (!self.is_over(at, now)).then_some(key)
    }

    fn is_over(&self, at: usize, now: Instant) -> bool {
        let next = self.keys.get(at.saturating_add(1));
        next.is_some_and(|next| next.signs_from.microseconds().saturating_add(BEHIND) <= now.microseconds())
    }

    /// The JSON Web Key Set.
    pub(crate) fn published(&self, now: Instant) -> Value {
        let living = self.keys.iter().enumerate().filter(|(at, _)| !self.is_over(*at, now));
        json!({"keys": living.map(|(_, key)| key.to_jwk()).collect::<Vec<_>>()})
    }

    /// The keys, for people.
    pub(crate) fn summaries(&self, now: Instant) -> Vec<KeySummary> {
        let signing = self.signing(now).map(|key| key.number);
        let state = |key: &SigningKey| match signing {
            Some(number) if key.number == number => KeyState::Signing,
            _ if key.signs_from > now => KeyState::Next,
            _ => KeyState::Former,
        };
        let living = self.keys.iter().enumerate().filter(|(at, _)| !self.is_over(*at, now));
        living
            .map(|(_, key)| KeySummary { id: key.id.clone(), signs_from: key.signs_from, state: state(key) })
            .collect()
    }

    /// Whether it is time for another key: there is none, or the last one has signed for long.
    fn wants_another(&self, now: Instant) -> bool {
        self.keys
            .last()
            .is_none_or(|last| last.signs_from.microseconds().saturating_add(ROTATION) <= now.microseconds())
    }
}

/// The keys of a database, with a new one where it is time for it.
pub(crate) async fn keep(store: &Store, now: Instant) -> Result<Keyring, AuthError> {
    let keys = Keyring::load(store, now).await?;
    if keys.wants_another(now) { add(store, &keys, now, false).await } else { Ok(keys) }
}

/// Adds a key that signs at once.
pub(crate) async fn rotate(store: &Store, now: Instant) -> Result<Keyring, AuthError> {
    let keys = Keyring::load(store, now).await?;
    add(store, &keys, now, true).await
}

async fn add(store: &Store, keys: &Keyring, now: Instant, at_once: bool) -> Result<Keyring, AuthError> {
    let number = keys.keys.last().map_or(1, |last| last.number.saturating_add(1));
    let begins = if at_once || keys.keys.is_empty() { 0 } else { AHEAD };
    let signs_from = Instant::from_microseconds(now.microseconds().saturating_add(begins));
    let record = SigningKey::make(number, signs_from, &sealing_key(store)?)?;
    // Keys whose tokens are long dead go with the same change.
    let over = keys.keys.iter().enumerate().filter(|(at, _)| keys.is_over(*at, now));
    let gone =
        over.map(|(_, key)| SecurityChange::Remove(SecurityKind::SigningKey, key::record_id(key.number)));
    // When another server was quicker, its key is as good.
    store.change_security(SecurityChange::Insert(record), gone.collect(), now).await?;
    Keyring::load(store, now).await
}

fn sealing_key(store: &Store) -> Result<Derived, AuthError> {
    Derived::new(store.link_key(), "signing keys")
}

#[cfg(test)]
mod tests;
