//! The service: keys, the cache of tokens, what was revoked, and the store behind them.

use std::fmt;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use access::{Caller, Identity};
use fhir::Instant;
use record_store::{Deed, OPERATOR, Origin, Revoked, SecurityChange, SecurityKind, SecurityRecord, Store};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::client::RemoteKeys;
use crate::keys::{self, Keyring};
use crate::noted;
use crate::oauth::{Books, EntrustedBooks, Nothing};
use crate::secret::Derived;
use crate::token::{Claims, Issuer, ProofOf, Revocations, SeenProofs, TokenCache, Verified, prove};
use crate::{AuthError, Grant, KeySummary, Refused, TokenError};

/// How often what was revoked is read.
const BETWEEN_READINGS: Duration = Duration::from_millis(500);

/// A request waits so long for what was revoked.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often keys are looked after, and what has ended is removed, in readings.
const READINGS_BETWEEN_CARE: u32 = 120;
/// Most rounds in which what has ended is removed, of some records each: a minute of many sign-ins leaves more than one round.
const ROUNDS_OF_REMOVAL: usize = 20;

/// Issuer and audience of tokens for trying out: they are made beside the server, which may have any address.
const TRIAL: &str = "urn:healthbook";

/// What the service must know of the server.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// `iss`: the public base url without `/fhir`.
    pub issuer: String,
    /// `aud`: the public base url of FHIR.
    pub fhir_base: String,
    /// Whether the database holds invented people: then clients register freely and tokens are handed out.
    pub sandbox: bool,
    /// Whether key sets may be fetched from this machine; only for a server that listens on loopback.
    pub local_peers: bool,
}

impl AuthSettings {
    /// For making tokens to try out, beside any server.
    pub fn trial() -> Self {
        Self { issuer: TRIAL.to_owned(), fhir_base: TRIAL.to_owned(), sandbox: true, local_peers: false }
    }
}

/// How a request shows who asks.
#[derive(Debug, Clone)]
pub struct Standing {
    /// The access token.
    pub token: String,
    /// The proof of the scheme `DPoP`; `None` for `Bearer`.
    pub proof: Option<ShownProof>,
}

/// A DPoP proof and what it has to be about.
#[derive(Debug, Clone)]
pub struct ShownProof {
    /// The proof.
    pub text: String,
    /// The method of the request.
    pub method: String,
    /// Its public address.
    pub uri: String,
}

/// Who you are.
#[derive(Clone)]
pub struct Auth(Arc<Inner>);

struct Inner {
    store: Store,
    settings: AuthSettings,
    issuers: Vec<Issuer>,
    keys: RwLock<Keyring>,
    cache: TokenCache,
    revocations: Revocations,
    proofs: SeenProofs,
    remote_keys: RemoteKeys,
    refresh_key: Derived,
    demo_key: Derived,
    books: OnceLock<Books>,
    /// One at a time asks the database when what is known has become old.
    asking: Mutex<Option<std::time::Instant>>,
}

/// Shows no key.
impl fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Auth").field("settings", &self.0.settings).finish_non_exhaustive()
    }
}

impl Auth {
    /// Opens the service on a store: with a key that signs, and knowing what was revoked.
    pub async fn open(store: Store, settings: AuthSettings, now: Instant) -> Result<Self, AuthError> {
        let keys = keys::keep(&store, now).await?;
        let own = Issuer { issuer: settings.issuer.clone(), audience: settings.fhir_base.clone() };
        let trial = Issuer { issuer: TRIAL.to_owned(), audience: TRIAL.to_owned() };
        let issuers = if settings.sandbox { vec![own, trial] } else { vec![own] };
        let revocations = Revocations::default();
        revocations.read(&store, now).await?;
        Ok(Self(Arc::new(Inner {
            issuers,
            keys: RwLock::new(keys),
            cache: TokenCache::new(),
            revocations,
            proofs: SeenProofs::default(),
            remote_keys: RemoteKeys::new(settings.local_peers),
            refresh_key: Derived::new(store.link_key(), "refresh tokens")?,
            demo_key: Derived::new(store.link_key(), "demo clients")?,
            books: OnceLock::new(),
            asking: Mutex::new(None),
            settings,
            store,
        })))
    }

    /// The settings.
    pub fn settings(&self) -> &AuthSettings {
        &self.0.settings
    }

    /// The address of the token endpoint.
    pub fn token_endpoint(&self) -> String {
        format!("{}/auth/token", self.0.settings.issuer)
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    pub(crate) fn remote_keys(&self) -> &RemoteKeys {
        &self.0.remote_keys
    }

    pub(crate) fn refresh_key(&self) -> &Derived {
        &self.0.refresh_key
    }

    pub(crate) fn demo_key(&self) -> &Derived {
        &self.0.demo_key
    }

    /// Says who knows which books are entrusted to a citizen; the first one counts. Without, only own books are offered.
    pub fn ask_for_books(&self, books: Arc<dyn EntrustedBooks>) {
        // Whoever comes second is not asked.
        let _ = self.0.books.set(books);
    }

    pub(crate) fn books(&self) -> Books {
        self.0.books.get().cloned().unwrap_or_else(|| Arc::new(Nothing))
    }

    pub(crate) fn proofs(&self) -> &SeenProofs {
        &self.0.proofs
    }

    pub(crate) fn keys(&self) -> Keyring {
        self.0.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_keys(&self, keys: Keyring) {
        *self.0.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// The public keys (RFC 7517).
    pub fn key_set(&self, now: Instant) -> Value {
        self.keys().published(now)
    }

    /// The keys, for people.
    pub fn key_summaries(&self, now: Instant) -> Vec<KeySummary> {
        self.keys().summaries(now)
    }

    /// Makes a key that signs at once.
    pub async fn rotate_keys(&self, now: Instant) -> Result<(), AuthError> {
        self.set_keys(keys::rotate(self.store(), now).await?);
        Ok(())
    }

    /// Makes an access token.
    pub fn issue(&self, grant: &Grant, now: Instant, lifetime: Duration) -> Result<String, TokenError> {
        let issuer = self.0.issuers.first().ok_or(TokenError::Signing)?;
        Claims::new(grant, issuer, now, lifetime)?.sign(&self.keys(), now)
    }

    /// Makes an access token that is handed out beside the token endpoint, which the log of accesses has.
    pub async fn hand_out(
        &self,
        grant: &Grant,
        way: &str,
        now: Instant,
        lifetime: Duration,
    ) -> Result<String, AuthError> {
        let token = self.issue(grant, now, lifetime).map_err(|_| AuthError::Key)?;
        self.note_handed_out(grant, way).await?;
        Ok(token)
    }

    /// Notes in the log of accesses that a token of invented people was handed out.
    pub async fn note_handed_out(&self, grant: &Grant, way: &str) -> Result<(), AuthError> {
        Ok(self.store().note(noted::handed_out(grant, way, Origin::acting())).await?)
    }

    /// Whether a token would be believed now.
    pub fn recognises(&self, token: &str, now: Instant) -> Result<(), TokenError> {
        self.verified(token, now).map(drop)
    }

    /// Keeps the session of a token that was made to try things out, so that it can be ended like any other.
    pub async fn open_trial_session(&self, grant: &Grant, now: Instant) -> Result<(), AuthError> {
        let value = serde_json::json!({
            "account": grant.account, "device": "healthbook token", "place": "", "channel": "app",
            "client": grant.client, "acr": "0", "amr": [], "auth_time": now.microseconds(), "used": now.microseconds(),
        });
        let longest = i64::try_from(crate::LONGEST_LIFETIME.as_micros()).unwrap_or(0);
        let ends = Instant::from_microseconds(now.microseconds().saturating_add(longest));
        let record = SecurityRecord::new(SecurityKind::Session, &grant.session, value.to_string());
        let record = record.of(&grant.account).until(ends);
        let by = Origin { agent: OPERATOR.to_owned(), ..Origin::default() };
        let deed = noted::handed_out(grant, "token", by);
        self.change_noting(SecurityChange::Insert(record), Vec::new(), vec![deed], now).await.map(drop)
    }

    /// Who asks, as far as memory can tell. What it cannot tell, [`Self::check_again`] finds out.
    pub fn check(&self, standing: &Standing, now: Instant) -> Result<Caller, Refused> {
        if !self.0.revocations.is_fresh() {
            return Err(Refused::Unavailable);
        }
        let verified = self.verified(&standing.token, now)?;
        match (&verified.key, &standing.proof) {
            (None, None) => {}
            (Some(key), Some(proof)) => {
                let ShownProof { text, method, uri } = proof;
                let of = ProofOf { method, uri, token: Some(&standing.token) };
                if prove(text, &of, &self.0.proofs, now)? != *key {
                    return Err(TokenError::Proof.into());
                }
            }
            _ => return Err(TokenError::Binding.into()),
        }
        Ok(verified.caller.clone())
    }

    /// The same after asking the database: for a key that is not known yet, or when what was revoked is not.
    pub async fn check_again(&self, standing: &Standing, now: Instant) -> Result<Caller, Refused> {
        let asked = tokio::time::timeout(PATIENCE, async {
            let mut asked = self.0.asking.lock().await;
            // Who shows keys that nobody knows does not make us ask for them without end.
            let recently = asked.is_some_and(|asked| asked.elapsed() < BETWEEN_READINGS);
            if recently && self.0.revocations.is_fresh() {
                return Ok(());
            }
            self.read_revocations(now).await?;
            self.set_keys(Keyring::load(self.store(), now).await?);
            *asked = Some(std::time::Instant::now());
            Ok::<(), AuthError>(())
        });
        match asked.await {
            Ok(Ok(())) => self.check(standing, now),
            _ => Err(Refused::Unavailable),
        }
    }

    /// A token that holds and was not revoked, whatever key it is bound to.
    pub(crate) fn verified(&self, token: &str, now: Instant) -> Result<Arc<Verified>, TokenError> {
        let verified = match self.0.cache.get(token, now) {
            Some(verified) => verified,
            None => {
                let claims = Claims::verify(token, &self.keys(), &self.0.issuers, now)?;
                let verified = Arc::new(claims.into_verified()?);
                self.0.cache.put(token, Arc::clone(&verified));
                verified
            }
        };
        if identity(&verified).is_none_or(|identity| self.0.revocations.cover(identity, verified.made)) {
            return Err(TokenError::Revoked);
        }
        Ok(verified)
    }

    /// The claims of such a token.
    pub(crate) fn claims(&self, token: &str, now: Instant) -> Result<Claims, TokenError> {
        self.verified(token, now)?;
        Claims::verify(token, &self.keys(), &self.0.issuers, now)
    }

    /// Does a change of what signing in keeps (`Store::change_security`); what it revokes is revoked in this server
    /// at once.
    pub async fn change(
        &self,
        claim: SecurityChange,
        others: Vec<SecurityChange>,
        now: Instant,
    ) -> Result<bool, AuthError> {
        self.change_noting(claim, others, Vec::new(), now).await
    }

    /// The same, and the log of accesses has what was done by it.
    pub(crate) async fn change_noting(
        &self,
        claim: SecurityChange,
        others: Vec<SecurityChange>,
        deeds: Vec<Deed>,
        now: Instant,
    ) -> Result<bool, AuthError> {
        let all = std::iter::once(&claim).chain(&others);
        let revoked: Vec<(Revoked, Instant)> = all
            .filter_map(|change| match change {
                SecurityChange::Revoke(revoked, at) => Some((revoked.clone(), *at)),
                _ => None,
            })
            .collect();
        let done = self.store().change_security_noting(claim, others, deeds, now).await?;
        if done {
            self.0.revocations.add(revoked, now);
        }
        Ok(done)
    }

    /// Has it read what was revoked, unless it is known.
    pub(crate) async fn know_revocations(&self, now: Instant) -> Result<(), AuthError> {
        if self.0.revocations.is_fresh() { Ok(()) } else { self.read_revocations(now).await }
    }

    /// Reads what was revoked beside this service: what a command or a page has ended holds at once.
    pub async fn read_revocations(&self, now: Instant) -> Result<(), AuthError> {
        Ok(self.0.revocations.read(self.store(), now).await?)
    }

    /// Follows what is revoked and keeps keys, as long as the server runs.
    pub async fn follow_revocations(self) {
        let mut moments = tokio::time::interval(BETWEEN_READINGS);
        moments.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut readings: u32 = 0;
        let mut failing = false;
        loop {
            moments.tick().await;
            let done = self.read_revocations(Instant::now()).await;
            if let (Err(error), false) = (&done, failing) {
                tracing::error!(error = %error, "it cannot be read what was revoked: nobody is believed until it can");
            }
            failing = done.is_err();
            readings = readings.wrapping_add(1);
            if readings.is_multiple_of(READINGS_BETWEEN_CARE) {
                self.care(Instant::now()).await;
            }
        }
    }

    /// Once a minute: the next key in time, and what has ended is removed.
    async fn care(&self, now: Instant) {
        match keys::keep(self.store(), now).await {
            Ok(keys) => self.set_keys(keys),
            Err(error) => tracing::warn!(error = %error, "the keys cannot be read"),
        }
        let before = Instant::from_microseconds(now.microseconds().saturating_sub(3_600_000_000));
        for _ in 0..ROUNDS_OF_REMOVAL {
            match self.store().remove_ended_security(now, before).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    tracing::warn!(error = %error, "what has ended cannot be removed");
                    break;
                }
            }
        }
    }
}

fn identity(verified: &Verified) -> Option<&Identity> {
    match &verified.caller {
        Caller::Authenticated(identity) => Some(identity),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
