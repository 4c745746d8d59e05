//! Names of accounts: what is typed to sign in, or who an external provider says it is. Kept as keyed hashes only.

use record_store::Store;
use unicode_normalization::UnicodeNormalization as _;

use super::AuthError;
use super::secret::{Use, keyed};

/// The id of a name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NameId(String);

impl NameId {
    /// Of what is typed to sign in: a citizen number, or the name of staff and officers.
    pub fn typed(store: &Store, text: &str) -> Self {
        Self(keyed(store, Use::Name, &["name", &normalised(text)]))
    }

    /// Of somebody at an external provider.
    pub fn at_provider(store: &Store, issuer: &str, subject: &str) -> Self {
        Self(keyed(store, Use::Name, &["provider", issuer, subject]))
    }

    /// As the id of a record.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// As it is typed by people who hurry: gaps, capitals, composed letters.
pub(crate) fn normalised(text: &str) -> String {
    text.trim().chars().take(128).nfc().collect::<String>().to_lowercase()
}

/// Whether a text can be the name of staff: not one that could be a citizen number.
pub(crate) fn check_login(text: &str) -> Result<String, AuthError> {
    let login = normalised(text);
    let fits = (3..=64).contains(&login.len())
        && login.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte))
        && !login.bytes().all(|byte| byte.is_ascii_digit());
    if fits { Ok(login) } else { Err(AuthError::BadName) }
}
