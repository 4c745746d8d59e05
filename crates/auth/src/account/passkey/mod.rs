//! Passkeys (WebAuthn Level 2): a key in a device that signs in after the device has recognised its owner.
//!
//! Only what signing in needs: discoverable keys, user verification always, no attestation, ES256 and RS256 over the one
//! library for encryption that the house has. `docs/sign-in.md` says why this is not a crate.

mod client_data;
mod key;
#[cfg(test)]
mod tests;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::client_data::AuthenticatorData;
use self::key::Key;
use super::secret::{id_of, new_secret};
use super::session::{self, Proof};
use super::{Account, Accounts, Answer, AuthError, Session, Visitor, after};
use crate::noted;

/// Life of a challenge.
const LIFE: i64 = 300;
/// A session may add a passkey so many seconds after somebody signed in.
const RECENT: i64 = 600;
/// Most passkeys of an account.
const MOST: usize = 20;
/// Possession of a key, and the device has verified its user.
const PASSKEY: Proof = Proof { acr: "2", amr: &["pop", "user", "mfa"] };

/// Why a passkey was not taken. The text is for the log; the person only learns that it did not work.
#[derive(Debug, thiserror::Error)]
pub enum PasskeyError {
    /// The answer cannot be read.
    #[error("the answer of the device is malformed")]
    Malformed,
    /// It belongs to no challenge of this browser, or one that was used.
    #[error("the answer belongs to no challenge of this browser")]
    NotAsked,
    /// It was made for another site.
    #[error("the answer was made for another site")]
    OtherSite,
    /// The device did not verify its user.
    #[error("the device has not verified its user")]
    NotVerified,
    /// The key is of a kind that is not used here.
    #[error("the key is of another kind")]
    OtherKind,
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature,
    /// The counter went back: there may be a copy of the key.
    #[error("the counter of the key went back")]
    Counter,
    /// The key or its account is not known, or cannot be used.
    #[error("the key is not known")]
    Unknown,
    /// The session is not fresh or not good enough to add a key, or there are enough.
    #[error("the session cannot add a key")]
    NotNow,
    /// Below.
    #[error(transparent)]
    Auth(#[from] AuthError),
}

impl From<record_store::StoreError> for PasskeyError {
    fn from(error: record_store::StoreError) -> Self {
        Self::Auth(error.into())
    }
}

/// The site as browsers know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Its host.
    id: String,
    /// Scheme, host and port.
    origin: String,
}

impl Site {
    /// The site of a public base url; `None` when it has no host.
    pub fn of(base: &str) -> Option<Self> {
        let url = url::Url::parse(base).ok()?;
        Some(Self { id: url.host_str()?.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

/// What a browser is asked, and the secret for its cookie.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// `publicKey` of the options, with binary values in base64url.
    pub options: Value,
    /// The secret.
    pub secret: String,
}

/// What a browser answers, with binary values in base64url.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    /// Id of the credential.
    pub id: String,
    /// `clientDataJSON`
    #[serde(rename = "clientDataJSON")]
    pub client_data: String,
    /// `attestationObject`, of a new key.
    pub attestation_object: Option<String>,
    /// `authenticatorData`, of a sign-in.
    pub authenticator_data: Option<String>,
    /// `signature`, of a sign-in.
    pub signature: Option<String>,
    /// `userHandle`, of a sign-in.
    pub user_handle: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Pending {
    passkey_challenge: String,
    /// The account to which a key is added.
    account: Option<String>,
    continue_with: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    key: Key,
    counter: u32,
    device: String,
}

fn decode(text: &str) -> Result<Vec<u8>, PasskeyError> {
    // The largest are attestation objects with chains of certificates.
    if text.len() > 12 * 1_024 {
        return Err(PasskeyError::Malformed);
    }
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| PasskeyError::Malformed)
}

impl Accounts {
    async fn challenge(
        &self,
        account: Option<String>,
        continue_with: Option<String>,
        now: Instant,
    ) -> Result<(String, String), PasskeyError> {
        let (challenge, secret) = (new_secret()?, new_secret()?);
        let pending = Pending { passkey_challenge: challenge.clone(), account, continue_with };
        let value = serde_json::to_string(&pending).map_err(AuthError::from)?;
        let record = SecurityRecord::new(SecurityKind::Transaction, id_of(&secret), value);
        let claim = SecurityChange::Insert(record.until(after(now, LIFE)));
        self.store().change_security(claim, Vec::new(), now).await?;
        Ok((challenge, secret))
    }

    /// The challenge of a browser, which is used up whatever comes of it.
    async fn take_challenge(&self, secret: &str, now: Instant) -> Result<Pending, PasskeyError> {
        let id = id_of(secret);
        let record = self.store().security_record(SecurityKind::Transaction, &id, now).await?;
        let record = record.ok_or(PasskeyError::NotAsked)?;
        let pending = serde_json::from_str(&record.value).map_err(|_| PasskeyError::NotAsked)?;
        let claim = SecurityChange::Remove(SecurityKind::Transaction, id);
        let is_first = self.store().change_security(claim, Vec::new(), now).await?;
        if is_first { Ok(pending) } else { Err(PasskeyError::NotAsked) }
    }

    /// Asks a browser for a new key. The session must be fresh, of two factors, and the person's own.
    pub async fn begin_passkey(
        &self,
        site: &Site,
        session: &Session,
        now: Instant,
    ) -> Result<Challenge, PasskeyError> {
        let age = now.seconds().saturating_sub(session.auth_time.seconds());
        let kind = SecurityKind::Credential;
        let there = self.store().security_records(kind, Some(&session.account), now).await?;
        if age > RECENT || session.acr != "2" || session.assisted_by.is_some() || there.len() >= MOST {
            return Err(PasskeyError::NotNow);
        }
        let (challenge, secret) = self.challenge(Some(session.account.clone()), None, now).await?;
        let options = json!({
            "challenge": challenge,
            "rp": { "id": site.id, "name": "Sổ sức khỏe điện tử" },
            // No name and no number: the device may show this to others.
            "user": {
                "id": URL_SAFE_NO_PAD.encode(&session.account),
                "name": "Sổ sức khỏe", "displayName": "Sổ sức khỏe",
            },
            "pubKeyCredParams": [{ "type": "public-key", "alg": -7 }, { "type": "public-key", "alg": -257 }],
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
            },
            "attestation": "none",
            "timeout": LIFE * 1_000,
        });
        Ok(Challenge { options, secret })
    }

    /// Keeps a new key.
    pub async fn finish_passkey(
        &self,
        site: &Site,
        session: &Session,
        secret: &str,
        response: &Response,
        now: Instant,
    ) -> Result<(), PasskeyError> {
        let pending = self.take_challenge(secret, now).await?;
        if pending.account.as_deref() != Some(&session.account) {
            return Err(PasskeyError::NotAsked);
        }
        let client_data = decode(&response.client_data)?;
        client_data::check(&client_data, "webauthn.create", &pending.passkey_challenge, &site.origin)?;
        let attestation = decode(response.attestation_object.as_deref().unwrap_or_default())?;
        let bytes = key::authenticator_data(&attestation).ok_or(PasskeyError::Malformed)?;
        let data = AuthenticatorData::read(bytes, &site.id)?;
        let (credential, key) = data.credential()?;
        if credential != decode(&response.id)? {
            return Err(PasskeyError::Malformed);
        }
        let stored = Stored { key, counter: data.counter, device: session.device.clone() };
        let value = serde_json::to_string(&stored).map_err(AuthError::from)?;
        let id = credential_id(&credential);
        let record = SecurityRecord::new(SecurityKind::Credential, &id, value).of(&session.account);
        // A key belongs to one account for ever.
        if !self.store().change_security(SecurityChange::Insert(record), Vec::new(), now).await? {
            return Err(PasskeyError::Unknown);
        }
        // Others may have been added since this one was asked for: counted once it counts itself, and taken back.
        let there =
            self.store().security_records(SecurityKind::Credential, Some(&session.account), now).await?;
        if there.len() > MOST {
            let claim = SecurityChange::Remove(SecurityKind::Credential, id);
            self.store().change_security(claim, Vec::new(), now).await?;
            return Err(PasskeyError::NotNow);
        }
        tracing::info!(account = session.account, "a passkey was added");
        Ok(())
    }

    /// Asks a browser for any of its keys for this site.
    pub async fn begin_passkey_sign_in(
        &self,
        site: &Site,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Challenge, PasskeyError> {
        let (challenge, secret) = self.challenge(None, visitor.continue_with.clone(), now).await?;
        let options = json!({
            "challenge": challenge, "rpId": site.id, "userVerification": "required",
            "allowCredentials": [], "timeout": LIFE * 1_000,
        });
        Ok(Challenge { options, secret })
    }

    /// Signs in with a key.
    pub async fn finish_passkey_sign_in(
        &self,
        site: &Site,
        secret: &str,
        response: &Response,
        visitor: &Visitor,
        now: Instant,
    ) -> Result<Answer, PasskeyError> {
        // Whoever was not asked for a key has tried nothing.
        let pending = self.take_challenge(secret, now).await?;
        let mut owner = String::new();
        let taken = self.take_passkey(site, &pending, response, &mut owner, now).await;
        let account = match taken {
            Ok(account) => account,
            Err(error) => {
                let account = Account::find(self.store(), &owner, now).await?;
                self.refuse(account.as_ref(), "passkey").await?;
                return Err(error);
            }
        };
        let deed = noted::signed_in(&account.id, &account.kind, "passkey");
        let (store, arrival) = (self.store(), &visitor.arrival);
        let opened = session::open(store, &account, PASSKEY, arrival, None, deed, now).await?;
        Ok(Answer::SignedIn(Box::new(opened), pending.continue_with))
    }

    /// Takes the answer to a challenge; `owner` is the account of the key, once it is known.
    async fn take_passkey(
        &self,
        site: &Site,
        pending: &Pending,
        response: &Response,
        owner: &mut String,
        now: Instant,
    ) -> Result<Account, PasskeyError> {
        if pending.account.is_some() {
            return Err(PasskeyError::NotAsked);
        }
        let client_data = decode(&response.client_data)?;
        client_data::check(&client_data, "webauthn.get", &pending.passkey_challenge, &site.origin)?;
        let bytes = decode(response.authenticator_data.as_deref().unwrap_or_default())?;
        let data = AuthenticatorData::read(&bytes, &site.id)?;
        let id = credential_id(&decode(&response.id)?);
        let record = self.store().security_record(SecurityKind::Credential, &id, now).await?;
        let mut record = record.ok_or(PasskeyError::Unknown)?;
        owner.clone_from(&record.owner);
        let mut stored: Stored = serde_json::from_str(&record.value).map_err(AuthError::from)?;
        let mut signed = bytes.clone();
        signed.extend_from_slice(digest::digest(&digest::SHA256, &client_data).as_ref());
        let signature = decode(response.signature.as_deref().unwrap_or_default())?;
        if !stored.key.verifies(&signed, &signature) {
            return Err(PasskeyError::Signature);
        }
        if let Some(handle) = &response.user_handle
            && decode(handle)? != record.owner.as_bytes()
        {
            return Err(PasskeyError::Unknown);
        }
        // WebAuthn, 7.2, step 21: two zeros are a device that does not count.
        if (stored.counter, data.counter) != (0, 0) && data.counter <= stored.counter {
            tracing::warn!(account = record.owner, "the counter of a passkey went back");
            return Err(PasskeyError::Counter);
        }
        let account = Account::find(self.store(), &record.owner, now).await?;
        let account = account.filter(Account::is_active).ok_or(PasskeyError::Unknown)?;
        stored.counter = data.counter;
        record.value = serde_json::to_string(&stored).map_err(AuthError::from)?;
        if !self.store().change_security(SecurityChange::Replace(record), Vec::new(), now).await? {
            return Err(PasskeyError::Counter);
        }
        Ok(account)
    }
}

/// Ids of credentials may be long.
fn credential_id(credential: &[u8]) -> String {
    id_of(&URL_SAFE_NO_PAD.encode(credential))
}
