//! The configuration file: TOML with the keys at its top level.

use std::path::Path;

use toml::de::{DeInteger, DeTable, DeValue};

use super::keys::NAMES;
use super::{ConfigurationError, Given, Source};

/// Reads a file into what is given.
pub fn read(path: &Path, given: &mut Given) -> Result<(), ConfigurationError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigurationError::File {
        path: path.to_owned(),
        line: None,
        reason: error.to_string(),
    })?;
    read_text(path, &text, given)
}

/// Reads the text of a file; the path is for the errors.
pub fn read_text(path: &Path, text: &str, given: &mut Given) -> Result<(), ConfigurationError> {
    let line_of = |offset: usize| 1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    let wrong = |line: Option<usize>, reason: String| ConfigurationError::File {
        path: path.to_owned(),
        line,
        reason,
    };
    let table = DeTable::parse(text).map_err(|error| {
        wrong(error.span().map(|span| line_of(span.start)), error.message().replace('\n', " "))
    })?;
    for (key, value) in table.get_ref() {
        let line = line_of(key.span().start);
        let source = Source::File { path: path.to_owned(), line };
        let Some(name) = NAMES.iter().find(|name| **name == key.get_ref().as_ref()) else {
            return Err(ConfigurationError::UnknownKey { name: key.get_ref().to_string(), source });
        };
        let value = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => integer(number)
                .ok_or_else(|| wrong(Some(line), format!("the number of `{name}` is too large")))?,
            DeValue::Boolean(yes) => yes.to_string(),
            other => {
                let reason = format!("key `{name}` must be a string or a number, not {}", other.type_str());
                return Err(wrong(Some(line), reason));
            }
        };
        given.put(name, value, source);
    }
    Ok(())
}

fn integer(number: &DeInteger<'_>) -> Option<String> {
    i64::from_str_radix(number.as_str(), number.radix()).ok().map(|number| number.to_string())
}
