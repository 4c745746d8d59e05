//! Who you are: an OAuth 2.1, OpenID Connect and SMART App Launch server without HTTP.
//!
//! `docs/sign-in.md` is the promise. [`Auth`] is the service: it makes access tokens and believes them, knows clients,
//! and answers what the routes of the http crate are asked. What a caller may is not decided here but by the gate.
//! What must be kept lies in the store; time comes in as an argument.

pub mod account;
mod client;
mod error;
mod jose;
mod keys;
mod noted;
mod oauth;
mod secret;
mod service;
mod token;

pub use client::{Approval, Client, ClientKind, ClientStatus, Facility, NewClient, Registration};
pub use error::{AuthError, TokenError};
pub use keys::{KeyState, KeySummary};
pub use oauth::{
    Answer, Authorization, Basic, Choice, ConsentForm, ConsentQuestion, ConsentStep, EntrustedBook,
    EntrustedBooks, FindingBooks, LaunchAnswer, OAuthError, Parameters, Presented, TokenRequest,
    consent_path,
};
pub use service::{Auth, AuthSettings, ShownProof, Standing};
pub use token::{Grant, LONGEST_LIFETIME, Refused, Subject};
