//! Accounts: who can sign in, how, and on which devices somebody is signed in.
//!
//! `docs/sign-in.md`, sections 5 and 6, is the promise. Everything here takes the time as an argument.

mod activation;
mod assisted;
mod data_sender;
mod demo;
mod error;
mod hashing;
mod kind;
mod name;
mod outbound;

pub mod passkey;
pub mod password;
pub mod provider;
mod record;
mod secret;
mod sender;
mod session;
mod sign_in;
mod step;
#[cfg(test)]
mod tests;
mod throttle;
mod totp;

use std::net::IpAddr;
use std::sync::Arc;

use fhir::Instant;
use record_store::Store;

pub use activation::{Activated, Activation, Enrolment, activation_code, set_contact};
pub use assisted::{Presence, assist};
pub use data_sender::{
    DataSender, REFRESH_LIFE, SenderAnswer, SenderError, SenderKnown, SenderTokens, TOKEN_LIFE, active_sender,
};
pub use demo::{DemoAccount, make_demo_accounts};
pub use error::AuthError;
pub use hashing::Work;
pub use kind::AccountKind;
pub use name::NameId;
pub use outbound::{
    Answer as OutboundAnswer, Outbound, OutboundError, Request as OutboundRequest, Requesting,
};
pub use record::{Account, AccountStatus, close_subject, set_status};
#[cfg(test)]
pub(crate) use secret::id_of as session_id;
pub use secret::{demo_password, form_token, form_token_holds};
pub use sender::{GatewaySender, LogSender, Message, NoSender, Sender, Sending};
pub use session::{Arrival, Opened, Session, account_kind, end_session, session_by_id, session_of, sessions};
pub use sign_in::{Answer, Attempt};
pub use step::{Factor, Step};

use hashing::Hasher;

/// How often a change is tried again when others change the same thing.
const TRIES: u32 = 16;

/// A moment so many seconds later.
fn after(now: Instant, seconds: i64) -> Instant {
    Instant::from_microseconds(now.microseconds().saturating_add(seconds.saturating_mul(1_000_000)))
}

/// Signing in. Cloning it is cheap and gives another handle to the same.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    store: Store,
    hasher: Hasher,
    sender: Box<dyn Sender>,
}

impl Accounts {
    /// Over a store. `places` is how many hashes are computed at one time.
    pub fn new(store: Store, work: Work, places: usize, sender: Box<dyn Sender>) -> Result<Self, AuthError> {
        Ok(Self(Arc::new(Inner { store, hasher: Hasher::new(work, places.max(1))?, sender })))
    }

    /// The store.
    pub fn store(&self) -> &Store {
        &self.0.store
    }
}

/// From where somebody asks.
#[derive(Debug, Clone, Default)]
pub struct Visitor {
    /// The address, for the throttle.
    pub address: Option<IpAddr>,
    /// What the session keeps.
    pub arrival: Arrival,
    /// The authorization that waits for the sign-in: the id of a transaction of ours, never an address.
    pub continue_with: Option<String>,
}
