//! Tokens that were verified, so that a signature is checked once and not with each request.

use std::sync::Arc;

use access::Caller;
use fhir::Instant;
use quick_cache::sync::Cache;

use crate::secret::sha256;

/// Tokens that are remembered. One takes about a kilobyte.
const MOST: usize = 20_000;

/// A token that holds while its time lasts and nobody revokes it.
#[derive(Debug)]
pub(crate) struct Verified {
    /// When it was made, in microseconds.
    pub(crate) made: i64,
    /// When it ends, in seconds.
    pub(crate) ends: i64,
    /// The key that it is bound to.
    pub(crate) key: Option<String>,
    pub(crate) caller: Caller,
}

/// Verified tokens by their hash: the cache holds no text that could be used.
pub(crate) struct TokenCache(Cache<[u8; 32], Arc<Verified>>);

impl TokenCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(MOST))
    }

    /// A token that was verified and still lives.
    pub(crate) fn get(&self, token: &str, now: Instant) -> Option<Arc<Verified>> {
        let hash = sha256(token);
        let verified = self.0.get(&hash)?;
        if verified.ends <= now.seconds() {
            self.0.remove(&hash);
            return None;
        }
        Some(verified)
    }

    pub(crate) fn put(&self, token: &str, verified: Arc<Verified>) {
        self.0.insert(sha256(token), verified);
    }
}
