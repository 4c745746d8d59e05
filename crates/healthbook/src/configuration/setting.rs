//! A value with its source, and what the sources gave.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::path::PathBuf;

use super::ConfigurationError;
use super::value::Value;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything.
    Default,
    /// A line of the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A flag of the command line.
    Flag(String),
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{}:{line}", path.display()),
            Self::Variable(name) => write!(formatter, "variable {name}"),
            Self::Flag(name) => write!(formatter, "flag {name}"),
        }
    }
}

/// A value that remembers its source.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    value: T,
    source: Source,
}

impl<T: Value> Setting<T> {
    /// Where the value came from.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The value as it may be shown; `None` when the key is not set.
    pub fn shown(&self) -> Option<String> {
        self.value.shown()
    }
}

impl<T> Deref for Setting<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

/// What the sources gave, by key. What is put later takes the place of what was there.
#[derive(Debug, Default)]
pub struct Given(BTreeMap<&'static str, (String, Source)>);

impl Given {
    /// Takes over what a source gave.
    pub fn put(&mut self, name: &'static str, text: String, source: Source) {
        self.0.insert(name, (text, source));
    }

    /// Reads a key.
    pub fn read<T: Value>(
        &self,
        name: &'static str,
        default: &str,
    ) -> Result<Setting<T>, ConfigurationError> {
        let (text, source) = match self.0.get(name) {
            Some((text, source)) => (text.as_str(), source.clone()),
            None => (default, Source::Default),
        };
        match T::read(text) {
            Some(value) => Ok(Setting { value, source }),
            None => Err(ConfigurationError::Unreadable {
                name,
                text: (!T::SECRET).then(|| text.to_owned()),
                source,
                allowed: T::ALLOWED,
            }),
        }
    }
}
