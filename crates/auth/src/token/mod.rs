//! Tokens: made, believed, bound to keys, revoked.

mod cache;
mod claims;
mod id_token;
mod proof;
mod revocations;

pub(crate) use cache::{TokenCache, Verified};
pub(crate) use claims::{Claims, Issuer};
pub use claims::{Grant, LONGEST_LIFETIME, Subject};
pub(crate) use id_token::IdToken;
pub(crate) use proof::{ProofOf, SeenProofs, prove};
pub(crate) use revocations::Revocations;

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The token is not believed.
    #[error(transparent)]
    Invalid(#[from] crate::TokenError),
    /// What was revoked could not be read for too long: nobody is believed.
    #[error("it is not known what was revoked")]
    Unavailable,
}
