//! What can be wrong with a configuration. Every text names the key, its source and what is allowed.

use std::fmt;
use std::path::PathBuf;

use super::Source;
use super::keys::NAMES;

/// What is wrong with a configuration.
#[derive(Debug)]
pub enum ConfigurationError {
    /// The file cannot be read or is not TOML.
    File {
        /// The file.
        path: PathBuf,
        /// The line, if it is about one.
        line: Option<usize>,
        /// What is wrong.
        reason: String,
    },
    /// A key that does not exist.
    UnknownKey {
        /// The key.
        name: String,
        /// Where it stands.
        source: Source,
    },
    /// A value that does not fit its key.
    Unreadable {
        /// The key.
        name: &'static str,
        /// The value, unless it may hold a secret.
        text: Option<String>,
        /// Where it stands.
        source: Source,
        /// What is allowed.
        allowed: &'static str,
    },
    /// `auth` is off and others than this machine could come in.
    OpenWithoutAuthentication {
        /// Where `auth` stands.
        auth: Source,
        /// Where `listen` stands.
        listen: Source,
    },
}

impl std::error::Error for ConfigurationError {}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line: Some(line), reason } => {
                write!(formatter, "the configuration cannot be read: {}:{line}: {reason}", path.display())
            }
            Self::File { path, line: None, reason } => {
                write!(formatter, "the configuration cannot be read: {}: {reason}", path.display())
            }
            Self::UnknownKey { name, source } => {
                write!(
                    formatter,
                    "unknown key `{}` ({source}); allowed: {}",
                    one_line(name),
                    NAMES.join(", ")
                )
            }
            Self::Unreadable { name, text: Some(text), source, allowed } => {
                write!(
                    formatter,
                    "key `{name}` ({source}) cannot be \"{}\"; allowed: {allowed}",
                    one_line(text)
                )
            }
            Self::Unreadable { name, text: None, source, allowed } => {
                write!(formatter, "key `{name}` ({source}) cannot be read; allowed: {allowed}")
            }
            Self::OpenWithoutAuthentication { auth, listen } => write!(
                formatter,
                "key `auth` ({auth}) is off, and key `listen` ({listen}) lets other machines in; allowed: \
                 `auth` = token, or a `listen` address on loopback such as 127.0.0.1:8080"
            ),
        }
    }
}

fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(200).collect()
}
