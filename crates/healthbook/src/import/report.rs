//! What came of an import: numbers, and what failed and why.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interactions::{ImportOutcome, Problem};
use record_store::Effect;

use crate::progress::{grouped, per_second};

/// Failures that are shown in full.
const SHOWN: usize = 20;

/// How the codes of faults of messages begin.
const MESSAGE: &str = "check-up-";

/// `XML11.GIA_TRI` of `XML11[2].GIA_TRI`.
fn without_row(place: &str) -> String {
    match (place.split_once('['), place.split_once(']')) {
        (Some((part, _)), Some((_, field))) => format!("{part}{field}"),
        _ => place.to_owned(),
    }
}

/// Where in a file something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// All of it.
    Whole,
    /// An entry of a Bundle, from 0 as in `Bundle.entry[0]`.
    Entry(usize),
    /// A line, from 1.
    Line(u64),
    /// A record of a message of check-ups, from 1.
    Record(usize),
}

impl Place {
    /// The record of that number, from 1; of a message with one record all of it.
    pub fn of_record(record: usize, records: usize) -> Self {
        match record {
            record if record > 0 && records > 1 => Self::Record(record),
            _ => Self::Whole,
        }
    }
}

/// Something that was not loaded.
#[derive(Debug, Clone)]
pub struct Failed {
    /// The file.
    pub path: PathBuf,
    /// Where in it.
    pub place: Place,
    /// What kind of failure, for counting.
    pub code: Cow<'static, str>,
    /// Where in the resource.
    pub expression: Option<String>,
    /// What is wrong.
    pub text: String,
    /// Whether another try may succeed: what it refers to may come with a later file, or the database was
    /// busy.
    pub again: bool,
}

impl Failed {
    /// A failure that is no refusal of the server: a file that cannot be read.
    pub fn of_file(
        path: &Path,
        place: Place,
        code: impl Into<Cow<'static, str>>,
        text: impl Into<String>,
    ) -> Self {
        let (path, code) = (path.to_owned(), code.into());
        Self { path, place, code, expression: None, text: text.into(), again: false }
    }

    /// A refusal.
    pub fn refused(path: &Path, place: Place, problem: &Problem) -> Self {
        let codes = || problem.issues.iter().map(|issue| issue.fault.code());
        let first = problem.issues.first();
        let mut text = first.map_or_else(|| problem.to_string(), |issue| issue.fault.english());
        if problem.issues.len() > 1 {
            // Writing to a String does not fail.
            let _ = write!(text, " (and {} more)", problem.issues.len() - 1);
        }
        Self {
            path: path.to_owned(),
            place,
            code: codes().next().unwrap_or("unknown").into(),
            expression: first.and_then(|issue| issue.expression.clone()),
            text,
            again: problem.is_transient()
                || codes().any(|code| matches!(code, "reference-no-match" | "condition-unstable")),
        }
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.path.display())?;
        match self.place {
            Place::Whole => {}
            Place::Entry(index) => write!(formatter, " entry {index}")?,
            Place::Line(line) => write!(formatter, " line {line}")?,
            Place::Record(record) => write!(formatter, " record {record}")?,
        }
        write!(formatter, ": {}", self.code)?;
        if let Some(expression) = &self.expression {
            write!(formatter, " at {expression}")?;
        }
        write!(formatter, ": {}", self.text)
    }
}

/// Numbers of an import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Were not there.
    pub created: u64,
    /// Have a new version.
    pub updated: u64,
    /// Were there with the same content.
    pub unchanged: u64,
}

impl Counts {
    /// Of a Bundle.
    pub fn of(outcome: &ImportOutcome) -> Self {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        Self {
            created: number(outcome.created),
            updated: number(outcome.updated),
            unchanged: number(outcome.unchanged),
        }
    }

    /// One resource more.
    pub fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Created => self.created += 1,
            Effect::Updated | Effect::Deleted => self.updated += 1,
            Effect::Unchanged | Effect::NothingToDelete => self.unchanged += 1,
        }
    }

    /// All together.
    pub fn sum(self) -> u64 {
        self.created + self.updated + self.unchanged
    }

    /// Takes over what another pass over the same Bundle counted: what the first pass loaded is unchanged in
    /// the second and must not count twice.
    #[must_use]
    pub fn then(self, again: Self) -> Self {
        Self {
            created: self.created + again.created,
            updated: self.updated + again.updated,
            unchanged: self.unchanged + again.unchanged.saturating_sub(self.sum()),
        }
    }

    /// Takes over the numbers of other resources.
    pub fn add(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
    }
}

/// What came of an import.
#[derive(Debug, Default)]
pub struct Report {
    /// Numbers of resources.
    pub counts: Counts,
    /// Files that were looked at.
    pub files: u64,
    /// Files that an earlier import had finished.
    pub skipped: u64,
    /// Whether the import was stopped before its end.
    pub interrupted: bool,
    failed: u64,
    shown: Vec<Failed>,
    codes: BTreeMap<Cow<'static, str>, u64>,
    /// Of messages: by field and rule.
    fields: BTreeMap<(String, Cow<'static, str>), u64>,
}

impl Report {
    /// Takes over a failure.
    pub fn fail(&mut self, failed: Failed) {
        self.failed += 1;
        *self.codes.entry(failed.code.clone()).or_default() += 1;
        if failed.code.starts_with(MESSAGE)
            && let Some(place) = &failed.expression
        {
            *self.fields.entry((without_row(place), failed.code.clone())).or_default() += 1;
        }
        if self.shown.len() < SHOWN {
            self.shown.push(failed);
        }
    }

    /// Whether all went well and to its end.
    pub fn is_success(&self) -> bool {
        self.failed == 0 && !self.interrupted
    }

    /// For people.
    pub fn text(&self, elapsed: Duration) -> String {
        let Counts { created, updated, unchanged } = self.counts;
        let mut text = format!(
            "{} files, {} of them done before\n{} resources in {:.1} s, {}/s: {} created, {} updated, {} unchanged; {} failed\n",
            grouped(self.files),
            grouped(self.skipped),
            grouped(self.counts.sum()),
            elapsed.as_secs_f64(),
            grouped(per_second(self.counts.sum(), elapsed)),
            grouped(created),
            grouped(updated),
            grouped(unchanged),
            grouped(self.failed),
        );
        if self.failed > 0 {
            text.push_str("\nfailed:\n");
            for failed in &self.shown {
                text.push_str(&format!("  {failed}\n"));
            }
            if self.failed > u64::try_from(self.shown.len()).unwrap_or(0) {
                text.push_str("  ...\n");
            }
            text.push_str("\nfailed, by code:\n");
            for (code, count) in &self.codes {
                text.push_str(&format!("  {:>9}  {code}\n", grouped(*count)));
            }
        }
        if !self.fields.is_empty() {
            text.push_str("\nfailed, by field:\n");
            for ((field, code), count) in &self.fields {
                text.push_str(&format!("  {:>9}  {field}  {code}\n", grouped(*count)));
            }
        }
        if self.interrupted {
            text.push_str("\nstopped before the end: the same command goes on from here\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use fhir::{Fault, Issue};

    use super::*;

    fn failed(fault: Fault, place: Place) -> Failed {
        let problem = Problem::from_issue(400, Issue::error(fault).at("Patient.name"));
        Failed::refused(Path::new("a.json"), place, &problem)
    }

    #[test]
    fn a_failure_says_where_and_why() {
        let text = failed(Fault::NotAnArray, Place::Entry(3)).to_string();
        assert_eq!(
            text,
            "a.json entry 3: array-expected at Patient.name: the element repeats: it must be an array"
        );
        let text = Failed::of_file(Path::new("b"), Place::Line(2), "line-too-long", "too long").to_string();
        assert_eq!(text, "b line 2: line-too-long: too long");
    }

    #[test]
    fn only_some_failures_are_worth_another_try() {
        assert!(failed(Fault::ConditionalReferenceNone, Place::Whole).again);
        assert!(!failed(Fault::ConditionalReferenceMany, Place::Whole).again);
        let busy = Problem::new(503, Fault::Busy);
        assert!(Failed::refused(Path::new("a"), Place::Whole, &busy).again);
    }

    #[test]
    fn the_first_failures_are_shown_and_all_are_counted() {
        let mut report = Report::default();
        for line in 1..=25 {
            report.fail(failed(Fault::NotAnArray, Place::Line(line)));
        }
        let text = report.text(Duration::from_secs(1));
        assert!(text.contains("a.json line 20:") && !text.contains("line 21:"), "{text}");
        assert!(text.contains("25 failed\n") && text.contains("         25  array-expected\n"), "{text}");
        assert!(!report.is_success());
    }

    #[test]
    fn faults_of_messages_are_counted_by_field() {
        let mut report = Report::default();
        for row in [1, 2] {
            let failed =
                Failed::of_file(Path::new("a.xml"), Place::Record(row), "check-up-too-long", "too long");
            report.fail(Failed { expression: Some(format!("XML11[{row}].GIA_TRI")), ..failed });
        }
        let text = report.text(Duration::from_secs(1));
        assert!(text.contains("a.xml record 2: check-up-too-long at XML11[2].GIA_TRI: too long"), "{text}");
        assert!(text.contains("          2  XML11.GIA_TRI  check-up-too-long\n"), "{text}");
    }

    #[test]
    fn a_second_pass_does_not_count_twice() {
        let first = Counts { created: 8, updated: 0, unchanged: 1 };
        let second = Counts { created: 2, updated: 0, unchanged: 9 };
        assert_eq!(first.then(second), Counts { created: 10, updated: 0, unchanged: 1 });
    }
}
