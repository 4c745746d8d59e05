//! The rows of the table: what a mutant is, how it is made, and what must be said about it.

use serde_json::Value;

use super::{
    bases, bindings, bundles, contained, edit, invariants_a_to_o, invariants_of_types, invariants_p_to_z,
    narrative, primitives, primitives_more, references, shape, structure,
};

/// The sections of the table. A line is `what | base | edits | status fault | place`:
/// * status is 400, 422, or `any` of these two where docs/validation.md does not tell which; a `+` behind it says that
///   the change makes further faults, so that the one named must only be among them;
/// * fault is a code of the catalogue, or `invariant:key`; `/` divides codes where the document allows either;
/// * place is the whole `expression`, or `-` where the document leaves it open.
const SECTIONS: [&str; 13] = [
    structure::ROWS,
    shape::ROWS,
    primitives::ROWS,
    primitives_more::ROWS,
    narrative::ROWS,
    references::ROWS,
    contained::ROWS,
    bindings::ROWS,
    bindings::IN_DATA_TYPES,
    invariants_of_types::ROWS,
    invariants_a_to_o::ROWS,
    invariants_p_to_z::ROWS,
    bundles::ROWS,
];

/// A mutant with what is expected of the server.
pub struct Row {
    pub what: &'static str,
    pub base: &'static str,
    /// The type in the URL.
    pub kind: String,
    /// The body that is sent.
    pub mutant: String,
    pub statuses: &'static [u16],
    /// Further errors may stand beside the expected one.
    pub has_company: bool,
    /// `code` or `invariant:key`.
    pub faults: Vec<&'static str>,
    pub place: Option<&'static str>,
}

/// The whole table.
pub fn rows() -> Vec<Row> {
    let lines = SECTIONS.iter().flat_map(|section| section.lines()).map(str::trim);
    let rows = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    rows.map(|line| row(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

fn row(line: &'static str) -> Result<Row, String> {
    let columns: Vec<&str> = line.split(" | ").map(str::trim).collect();
    let [what, base, edits, expected, place] = columns[..] else {
        return Err(format!("{} columns instead of 5", columns.len()));
    };
    let (status, faults) = expected.split_once(' ').ok_or("a status and a fault are needed")?;
    let original = bases::base(base);
    Ok(Row {
        what,
        base,
        kind: super::kind(original),
        mutant: edit::mutate(original, edits)?,
        statuses: match status.trim_end_matches('+') {
            "400" => &[400],
            "422" => &[422],
            "any" => &[400, 422],
            _ => return Err(format!("not a status: {status}")),
        },
        has_company: status.ends_with('+'),
        faults: faults.split('/').collect(),
        place: (place != "-").then_some(place),
    })
}

impl Row {
    /// What is wrong with an OperationOutcome about this mutant.
    pub fn complaint(&self, outcome: &Value) -> Option<String> {
        let issues = outcome["issue"].as_array().map(Vec::as_slice).unwrap_or_default();
        let is_error = |issue: &&Value| issue["severity"] == "error" || issue["severity"] == "fatal";
        let errors: Vec<&Value> = issues.iter().filter(is_error).collect();
        let found = errors.iter().any(|issue| self.is_met_by(issue));
        if found && (self.has_company || errors.len() == 1) {
            return None;
        }
        let shown: Vec<String> = errors.iter().map(|issue| brief(issue)).collect();
        Some(if shown.is_empty() { "no error".to_owned() } else { shown.join("; ") })
    }

    fn is_met_by(&self, issue: &Value) -> bool {
        let code = issue["details"]["coding"][0]["code"].as_str().unwrap_or_default();
        let names_fault = self.faults.iter().any(|fault| match fault.split_once(':') {
            Some((fault, key)) => code == fault && key_of(issue) == Some(key),
            None => code == *fault,
        });
        let places = issue["expression"].as_array().map(Vec::as_slice).unwrap_or_default();
        names_fault && self.place.is_none_or(|place| places == [place])
    }

    /// What is expected, in a few words.
    pub fn expectation(&self) -> String {
        let status: Vec<String> = self.statuses.iter().map(u16::to_string).collect();
        let company = if self.has_company { "+" } else { "" };
        let place = self.place.unwrap_or("anywhere");
        format!("{}{company} {} at {place}", status.join("/"), self.faults.join("/"))
    }
}

/// The rule that an issue is about: `rule obs-6: ...` in its English text.
fn key_of(issue: &Value) -> Option<&str> {
    issue["diagnostics"].as_str()?.strip_prefix("rule ")?.split(':').next()
}

fn brief(issue: &Value) -> String {
    let code = issue["details"]["coding"][0]["code"].as_str().unwrap_or("no code");
    let key = key_of(issue).map(|key| format!(":{key}")).unwrap_or_default();
    let places: Vec<&str> =
        issue["expression"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    format!("{code}{key} at {}", if places.is_empty() { "nothing".to_owned() } else { places.join(", ") })
}
