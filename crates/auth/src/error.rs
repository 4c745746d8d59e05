//! Why something could not be done, and why a token is not believed.

use record_store::StoreError;

/// Why something could not be done. None of it is the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the database holds cannot be read.
    #[error("a record of signing in is broken")]
    Broken,
    /// It could not be asked which books are entrusted to somebody.
    #[error("it cannot be found which books are entrusted")]
    Books,
    /// A key could not be made, opened or used.
    #[error("a key cannot be used")]
    Key,
}

impl From<crate::account::AuthError> for AuthError {
    fn from(error: crate::account::AuthError) -> Self {
        match error {
            crate::account::AuthError::Store(error) => Self::Store(error),
            crate::account::AuthError::Secret => Self::Key,
            _ => Self::Broken,
        }
    }
}

/// Why a token was not made or is not believed. Callers outside learn only that it is not valid; the reason is
/// for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than ten minutes, or no time at all.
    #[error("an access token lives 1 second to 10 minutes")]
    Lifetime,
    /// Not a token of this kind: not readable, another algorithm, a claim that is missing.
    #[error("the token is malformed")]
    Malformed,
    /// Signed with a key that is not ours.
    #[error("the key of the token is not known")]
    UnknownKey,
    /// Signed with another key, or changed.
    #[error("the signature of the token does not hold")]
    Signature,
    /// Made by another issuer or for another audience.
    #[error("the token was not made for this server")]
    WrongServer,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Its session, subject or client is not believed any more.
    #[error("the token was revoked")]
    Revoked,
    /// It is bound to a key and came without a proof of it, or the other way round.
    #[error("the token is bound to a key")]
    Binding,
    /// The proof of the key does not hold (RFC 9449).
    #[error("the proof of the key does not hold")]
    Proof,
    /// The token could not be signed.
    #[error("the token cannot be signed")]
    Signing,
}

impl From<jsonwebtoken::errors::Error> for TokenError {
    fn from(error: jsonwebtoken::errors::Error) -> Self {
        use jsonwebtoken::errors::ErrorKind;
        match error.kind() {
            ErrorKind::InvalidSignature => Self::Signature,
            ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => Self::WrongServer,
            ErrorKind::ExpiredSignature => Self::Expired,
            ErrorKind::ImmatureSignature => Self::NotYetValid,
            _ => Self::Malformed,
        }
    }
}
