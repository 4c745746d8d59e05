//! Why a token was not made or is not believed.

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
