//! Formats of identifiers, as NamingSystems of packages describe them.
//!
//! A NamingSystem names its system by `uniqueId` (its aliases too) and carries our extension
//! `urn:healthbook:identifier-format` with `rule`, `pattern`, `english`, `vietnamese`. A value is fine when one of the
//! patterns of its system matches the whole of it.

use std::collections::HashMap;

use fhir::Fault;
use json::Node;
use regex_lite::{Regex, RegexBuilder};

/// The url of the extension.
const FORMAT: &str = "urn:healthbook:identifier-format";

/// No identifier has more bytes; the work of a pattern grows with them.
const LONGEST: usize = 1_024;

/// Bytes that a compiled pattern may take.
const SIZE: usize = 64 << 10;

/// A pattern that must match the whole of a text. It is read alone first, so that none closes a bracket of ours.
fn whole(pattern: &str) -> Result<Regex, regex_lite::Error> {
    Regex::new(pattern)?;
    RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(SIZE).build()
}

#[derive(Debug)]
struct Format {
    rule: String,
    english: String,
    vietnamese: String,
    patterns: Vec<Regex>,
}

/// The formats of all systems that are described.
#[derive(Debug, Default)]
pub(crate) struct Formats {
    formats: Vec<Format>,
    by_system: HashMap<String, usize>,
}

impl Formats {
    /// Adds what a NamingSystem says.
    pub(crate) fn add(&mut self, resource: &Node<'_>) -> Result<(), String> {
        let items = |node: &Node<'_>, name: &str| -> Vec<Node<'static>> {
            node.get(name).map(Node::items).unwrap_or_default().iter().map(Node::to_static).collect()
        };
        let mut format: Option<Format> = None;
        for extension in items(resource, "extension") {
            if extension.text("url") != Some(FORMAT) {
                continue;
            }
            let parts = items(&extension, "extension");
            let part = |name: &str| {
                let part = parts.iter().find(|part| part.text("url") == Some(name))?;
                let value = ["valueString", "valueCode"].iter().find_map(|member| part.text(member))?;
                Some(value.to_owned())
            };
            let pattern = part("pattern").ok_or("an identifier format without a pattern")?;
            let pattern = whole(&pattern).map_err(|error| error.to_string())?;
            match &mut format {
                Some(format) => format.patterns.push(pattern),
                None => {
                    let rule = part("rule").ok_or("an identifier format without a rule")?;
                    let english = part("english").unwrap_or_else(|| rule.clone());
                    let vietnamese = part("vietnamese").unwrap_or_else(|| english.clone());
                    format = Some(Format { rule, english, vietnamese, patterns: vec![pattern] });
                }
            }
        }
        let Some(format) = format else { return Ok(()) };
        for unique in items(resource, "uniqueId") {
            if let Some(system) = unique.text("value") {
                self.by_system.insert(system.to_owned(), self.formats.len());
            }
        }
        self.formats.push(format);
        Ok(())
    }

    /// What is wrong with the value of an Identifier.
    pub(crate) fn check(&self, identifier: &Node<'_>) -> Option<Fault> {
        let format = self.formats.get(*self.by_system.get(identifier.text("system")?)?)?;
        let value = identifier.text("value")?;
        let fits = |pattern: &Regex| value.len() <= LONGEST && pattern.is_match(value);
        if format.patterns.iter().any(fits) {
            return None;
        }
        Some(Fault::IdentifierFormat {
            rule: format.rule.clone(),
            english: format.english.clone(),
            vietnamese: format.vietnamese.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_and_stay_small() {
        assert!(whole("[0-9]{12}").unwrap().is_match("099201000017"));
        assert!(!whole("[0-9]{12}").unwrap().is_match("0992010000179"));
        for wrong in ["a)|(.*", "((a?){1000}){1000}c", "("] {
            assert!(whole(wrong).is_err(), "{wrong}");
        }
    }
}
