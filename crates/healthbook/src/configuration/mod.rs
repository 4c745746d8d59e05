//! How the program is to run: one list of keys, four sources, one precedence.
//!
//! A flag beats an environment variable, a variable beats the file, the file beats the default. The key
//! `time_zone` is `--time-zone` as a flag, `HEALTHBOOK_TIME_ZONE` as a variable and `time_zone` in the file.
//! To add a key, add a line to the list in [`keys`].

mod database;
mod error;
mod file;
mod keys;
mod listen;
mod provider;
mod setting;
mod value;

use std::path::Path;

pub use database::Database;
pub use error::ConfigurationError;
pub use keys::{Configuration, DatabaseFlags, ServeFlags};
pub use listen::{BaseUrl, ListenAddress};
pub use provider::{PeerUrl, Secret, Text};
pub use setting::{Given, Setting, Source};
pub use value::{Authentication, LogFormat, LogLevels, TimeZone, Value};

/// What the names of our environment variables begin with.
const VARIABLE_PREFIX: &str = "HEALTHBOOK_";

/// Variables that begin like ours and are no keys: the one that names the file, and those of the tests.
const OTHER_VARIABLES: &[&str] = &["HEALTHBOOK_CONFIG", "HEALTHBOOK_TEST_"];

impl Configuration {
    /// Puts together file, environment and flags.
    pub fn load(
        file: Option<&Path>,
        variables: impl Iterator<Item = (String, String)>,
        flags: Vec<(&'static str, String)>,
    ) -> Result<Self, ConfigurationError> {
        let mut given = Given::default();
        if let Some(path) = file {
            file::read(path, &mut given)?;
        }
        let mut variables: Vec<(String, String)> = variables.collect();
        variables.sort();
        for (variable, text) in variables {
            // An empty variable counts as not set: that is how container files leave one out.
            if let Some(name) = key_of_variable(&variable)
                && !text.is_empty()
            {
                given.put(name, text, Source::Variable(variable));
            }
        }
        for (name, text) in flags {
            given.put(name, text, Source::Flag(format!("--{}", name.replace('_', "-"))));
        }
        let configuration = Self::from_given(&given)?;
        configuration.check()?;
        Ok(configuration)
    }

    /// The rules that concern more than one key.
    fn check(&self) -> Result<(), ConfigurationError> {
        if *self.auth == Authentication::Off && !self.listen.is_loopback() {
            return Err(ConfigurationError::OpenWithoutAuthentication {
                auth: self.auth.source().clone(),
                listen: self.listen.source().clone(),
            });
        }
        Ok(())
    }

    /// The effective configuration in the form of a file, with the source of each key. Passwords are hidden.
    pub fn to_toml(&self) -> String {
        let mut text = String::from("# flag > environment > file > default\n");
        for (name, shown, source) in self.shown() {
            match shown {
                Some(value) => text.push_str(&format!("{name} = {}  # {source}\n", toml_value(&value))),
                None => text.push_str(&format!("# {name} is not set  # {source}\n")),
            }
        }
        text
    }

    /// Variables that look like ours and name no key: most likely a mistake in writing.
    pub fn unknown_variables(variables: impl Iterator<Item = (String, String)>) -> Vec<String> {
        let ours = |name: &String| {
            name.starts_with(VARIABLE_PREFIX)
                && !OTHER_VARIABLES.iter().any(|other| name.starts_with(other))
                && key_of_variable(name).is_none()
        };
        variables.map(|(name, _)| name).filter(ours).collect()
    }
}

fn key_of_variable(variable: &str) -> Option<&'static str> {
    let name = variable.strip_prefix(VARIABLE_PREFIX)?;
    keys::NAMES.iter().find(|known| known.to_uppercase() == name).copied()
}

fn toml_value(text: &str) -> String {
    if !text.is_empty() && text.len() < 19 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
