//! A package with one CodeSystem that is made from a table (RFC 4180), for code lists that come as a spreadsheet.
//!
//! The first line names the columns: `code` and `display`, and if wanted `parent` (a code), `english`, `inactive`
//! (`true` or `false`), `from` and `until` (dates of the concept). The result is flat: a parent becomes the property
//! `parent` of its child.

mod hierarchy;
mod rows;

use fhir::{PartialDate, fits_primitive};
use json::{Node, write_string};

use self::rows::Row;
use super::{Package, PackageError};

/// What a table of codes is.
#[derive(Debug, Clone)]
pub struct CodeTable {
    /// Canonical url of the CodeSystem.
    pub system: String,
    /// Its version, which is that of the package too.
    pub version: String,
    /// Its name for people who write programs; without one the last part of the url.
    pub name: Option<String>,
    /// The language of the displays.
    pub language: String,
    /// Whether the table holds all codes of the system: only then can it say that a code is wrong.
    pub complete: bool,
    /// Since when this edition is in force.
    pub from: Option<String>,
    /// Until when, that day included.
    pub until: Option<String>,
}

/// Something wrong with a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct LineFault {
    /// The line of the file, from 1.
    pub line: u64,
    /// What is wrong there.
    pub reason: String,
}

/// Why a table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct CodeTableError {
    /// What is wrong with the table as a whole.
    pub whole: Option<String>,
    /// What is wrong with its lines, the first of them.
    pub lines: Vec<LineFault>,
}

impl CodeTableError {
    pub(super) fn table(reason: impl Into<String>) -> Self {
        Self { whole: Some(reason.into()), lines: Vec::new() }
    }

    fn text(&self) -> String {
        let whole = self.whole.iter().cloned();
        whole.chain(self.lines.iter().map(ToString::to_string)).collect::<Vec<_>>().join("\n")
    }
}

impl From<PackageError> for CodeTableError {
    fn from(error: PackageError) -> Self {
        Self::table(error.to_string())
    }
}

impl CodeTable {
    /// The archive of the package: `codes.NAME`, with the canonical of the system.
    pub fn archive(&self, csv: &str) -> Result<Vec<u8>, CodeTableError> {
        let head = self.head()?;
        let text = code_system(head, self.complete, &rows::read(csv)?);
        let mut manifest = String::from("{\"name\":");
        write_string(&format!("codes.{}", self.slug().to_lowercase()), &mut manifest);
        manifest.push_str(",\"version\":");
        write_string(&self.version, &mut manifest);
        manifest.push_str(",\"canonical\":");
        write_string(&self.system, &mut manifest);
        manifest.push_str(",\"fhirVersions\":[\"4.0.1\"]}");
        Ok(Package::archive([
            ("package/package.json".to_owned(), manifest),
            (format!("package/CodeSystem-{}.json", self.slug()), text),
        ])?)
    }

    /// The name as an id.
    fn slug(&self) -> String {
        let last = self.system.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        let name = self.name.as_deref().unwrap_or(last);
        let words = name.split(|character: char| !character.is_ascii_alphanumeric() && character != '.');
        let slug = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
        slug.chars().take(60).collect()
    }

    /// What the CodeSystem says about itself, up to its kind of content.
    fn head(&self) -> Result<String, CodeTableError> {
        let fits = |kind: &str, text: &str| fits_primitive(kind, &Node::string(text));
        if !fits("uri", &self.system) || self.slug().is_empty() {
            return Err(CodeTableError::table("the system must be a url"));
        }
        if !fits("code", &self.language) {
            return Err(CodeTableError::table("the language must be a code, for example vi"));
        }
        let member = |name: &str, value: &str| {
            let mut text = format!(",\"{name}\":");
            write_string(value, &mut text);
            text
        };
        let period = self.period()?.join(",");
        let extension =
            format!(",\"extension\":[{{\"url\":\"{EFFECTIVE_PERIOD}\",\"valuePeriod\":{{{period}}}}}]");
        Ok([
            "{\"resourceType\":\"CodeSystem\"".to_owned(),
            member("id", &self.slug()),
            member("language", &self.language),
            if period.is_empty() { String::new() } else { extension },
            member("url", &self.system),
            member("version", &self.version),
            member("name", &computer_name(&self.slug())),
            member("status", "active"),
        ]
        .concat())
    }

    fn period(&self) -> Result<Vec<String>, CodeTableError> {
        let mut period = Vec::new();
        for (name, date) in [("start", &self.from), ("end", &self.until)] {
            let Some(date) = date else { continue };
            if !fits_primitive("dateTime", &Node::string(date.as_str())) {
                return Err(CodeTableError::table(
                    "from and until must be dates: YYYY, YYYY-MM or YYYY-MM-DD",
                ));
            }
            period.push(format!("\"{name}\":\"{date}\""));
        }
        if is_backwards(self.from.as_deref(), self.until.as_deref()) {
            return Err(CodeTableError::table("from is later than until"));
        }
        Ok(period)
    }
}

/// Says in R4 from when to when an artifact is in force.
const EFFECTIVE_PERIOD: &str = "http://hl7.org/fhir/StructureDefinition/artifact-effectivePeriod";

/// Whether a period ends before it begins.
fn is_backwards(from: Option<&str>, until: Option<&str>) -> bool {
    let start = |text: &str| PartialDate::parse(text).ok().map(|date| date.start);
    match (from.and_then(start), until.and_then(start)) {
        (Some(from), Some(until)) => from > until,
        _ => false,
    }
}

/// A name as R4 wants it (`csd-0`): a letter in upper case, then letters and digits.
fn computer_name(slug: &str) -> String {
    let words = slug.split(|character: char| !character.is_ascii_alphanumeric());
    let mut name: String = words
        .flat_map(|word| {
            let (first, rest) = word.split_at_checked(1).unwrap_or_default();
            [first.to_uppercase(), rest.to_owned()]
        })
        .collect();
    if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        name.insert(0, 'C');
    }
    name
}

/// The properties that concepts may have: code, where it is defined, type, description.
const PROPERTIES: [(&str, &str, &str, &str); 4] = [
    ("parent", "http://hl7.org/fhir/concept-properties#parent", "code", "The concept above"),
    ("inactive", "http://hl7.org/fhir/concept-properties#inactive", "boolean", "No longer to be used"),
    ("from", "", "dateTime", "First day of the concept"),
    ("until", "", "dateTime", "Last day of the concept"),
];

fn code_system(mut text: String, complete: bool, rows: &[Row]) -> String {
    text.push_str(",\"caseSensitive\":true");
    if rows.iter().any(|row| !row.parent.is_empty()) {
        text.push_str(",\"hierarchyMeaning\":\"is-a\"");
    }
    text.push_str(&format!(
        ",\"content\":\"{}\",\"count\":{},\"property\":[",
        if complete { "complete" } else { "fragment" },
        rows.len()
    ));
    for (index, (code, uri, kind, description)) in PROPERTIES.iter().enumerate() {
        let uri = if uri.is_empty() { String::new() } else { format!("\"uri\":\"{uri}\",") };
        let comma = if index == 0 { "" } else { "," };
        text.push_str(&format!(
            "{comma}{{\"code\":\"{code}\",{uri}\"description\":\"{description}\",\"type\":\"{kind}\"}}"
        ));
    }
    text.push_str("],\"concept\":[");
    for (index, row) in rows.iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        row.write(&mut text);
    }
    text.push_str("\n]}");
    text
}

#[cfg(test)]
#[path = "code_table/tests.rs"]
mod tests;
