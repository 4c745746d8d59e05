//! Collecting issues: where in the resource the walk is, and how much was found.

use fhir::{Fault, Issue, Severity};

/// Issues after which the rest is only counted.
const MOST_ISSUES: usize = 50;

/// Which issues are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// What makes a resource invalid.
    Errors,
    /// Advice as well.
    All,
}

/// The issues found so far.
#[derive(Debug)]
pub(crate) struct Report {
    level: Level,
    issues: Vec<Issue>,
    left_out: usize,
}

impl Report {
    pub(crate) fn new(level: Level) -> Self {
        Self { level, issues: Vec::new(), left_out: 0 }
    }

    /// A report of the same level for what may turn out not to matter.
    pub(crate) fn aside(&self) -> Self {
        Self::new(Level::Errors)
    }

    pub(crate) fn wants_advice(&self) -> bool {
        self.level == Level::All
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.issues.iter().any(|issue| issue.severity == Severity::Error)
    }

    pub(crate) fn error(&mut self, place: &str, fault: Fault) {
        self.add(Issue::error(fault).at(place));
    }

    pub(crate) fn advise(&mut self, place: &str, fault: Fault) {
        if self.wants_advice() {
            self.add(Issue::warning(fault).at(place));
        }
    }

    pub(crate) fn say(&mut self, severity: Severity, place: &str, fault: Fault) {
        match severity {
            Severity::Error => self.error(place, fault),
            _ => self.advise(place, fault),
        }
    }

    /// Two profiles may demand the same thing: it is said once.
    fn add(&mut self, issue: Issue) {
        if self.issues.contains(&issue) {
            return;
        }
        if self.issues.len() < MOST_ISSUES {
            self.issues.push(issue);
        } else {
            self.left_out += 1;
        }
    }

    pub(crate) fn into_issues(mut self) -> Vec<Issue> {
        if self.left_out > 0 {
            let count = self.left_out.to_string();
            self.issues.push(Issue::information(Fault::MoreIssues { count }));
        }
        self.issues
    }
}
