//! What can go wrong below signing in. None of it says who was to be signed in.

/// Signing in could not be carried out. That somebody is refused is no error but an answer.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] record_store::StoreError),
    /// Something that signing in keeps cannot be read.
    #[error("a stored record of signing in cannot be read")]
    Corrupt,
    /// Others change the same thing all the time, or all places for hashing are taken.
    #[error("signing in is busy")]
    Busy,
    /// The system gives no random numbers, or a hash cannot be computed.
    #[error("a secret cannot be made")]
    Secret,
    /// A message could not be sent.
    #[error("a message cannot be sent")]
    Sending,
    /// An account of this name exists.
    #[error("the name is taken")]
    NameTaken,
    /// The text cannot be the name of an account.
    #[error("this cannot be a name: 3 to 64 letters, digits and . _ - @, and not digits alone")]
    BadName,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
}

impl From<serde_json::Error> for AuthError {
    fn from(_: serde_json::Error) -> Self {
        Self::Corrupt
    }
}
