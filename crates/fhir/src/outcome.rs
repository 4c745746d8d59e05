//! Issues, and the `OperationOutcome` that carries them (R4 `operationoutcome.html`).

use json::write_string;

use crate::Fault;

/// `OperationOutcome.issue.severity`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The request was refused.
    Error,
    /// It was done, and something deserves attention.
    Warning,
    /// It was done.
    Information,
}

/// `OperationOutcome.issue.code`: the part of the R4 value set `issue-type` that this server uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the codes of R4 issue-type")]
pub enum IssueType {
    Invalid,
    Structure,
    Required,
    Value,
    Login,
    Forbidden,
    Processing,
    NotSupported,
    Duplicate,
    MultipleMatches,
    NotFound,
    Deleted,
    TooLong,
    TooCostly,
    Conflict,
    Transient,
    Throttled,
    Timeout,
    Exception,
    Informational,
    Invariant,
    CodeInvalid,
}

impl IssueType {
    /// The code.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Structure => "structure",
            Self::Required => "required",
            Self::Value => "value",
            Self::Login => "login",
            Self::Forbidden => "forbidden",
            Self::Processing => "processing",
            Self::NotSupported => "not-supported",
            Self::Duplicate => "duplicate",
            Self::MultipleMatches => "multiple-matches",
            Self::NotFound => "not-found",
            Self::Deleted => "deleted",
            Self::TooLong => "too-long",
            Self::TooCostly => "too-costly",
            Self::Conflict => "conflict",
            Self::Transient => "transient",
            Self::Throttled => "throttled",
            Self::Timeout => "timeout",
            Self::Exception => "exception",
            Self::Informational => "informational",
            Self::Invariant => "invariant",
            Self::CodeInvalid => "code-invalid",
        }
    }
}

/// One thing that is to be said about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub fault: Fault,
    /// Where it is, as a FHIRPath expression or, for a search, as `http.parameter`.
    pub expression: Option<String>,
}

impl Issue {
    /// An error.
    pub fn error(fault: Fault) -> Self {
        Self { severity: Severity::Error, fault, expression: None }
    }

    /// A warning.
    pub fn warning(fault: Fault) -> Self {
        Self { severity: Severity::Warning, fault, expression: None }
    }

    /// A piece of information.
    pub fn information(fault: Fault) -> Self {
        Self { severity: Severity::Information, fault, expression: None }
    }

    /// The same issue at a place.
    #[must_use]
    pub fn at(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// The same issue with its place seen from outside, for example from the Bundle that holds the resource:
    /// the first name of the expression is replaced. `[3]`, an operation of a patch, has no name to be replaced.
    #[must_use]
    pub fn within(mut self, outer: &str) -> Self {
        let inner = self.expression.unwrap_or_default();
        let rest = inner.find(['.', '[']).and_then(|at| inner.get(at..)).unwrap_or_default();
        self.expression = Some(format!("{outer}{rest}"));
        self
    }

    fn write(&self, out: &mut String) {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "information",
        };
        out.push_str(&format!(
            "{{\"severity\":\"{severity}\",\"code\":\"{}\",\"details\":{{\"coding\":[{{\"system\":\"{}\",\"code\":\"{}\"}}],\"text\":",
            self.fault.issue_type().as_str(),
            Fault::SYSTEM,
            self.fault.code()
        ));
        write_string(&self.fault.vietnamese(), out);
        out.push_str("},\"diagnostics\":");
        write_string(&self.fault.english(), out);
        if let Some(expression) = &self.expression {
            out.push_str(",\"expression\":[");
            write_string(expression, out);
            out.push(']');
        }
        out.push('}');
    }
}

/// The issues as an `OperationOutcome`: `diagnostics` in English, `details.text` in Vietnamese, the catalogue
/// code in `details.coding`.
pub fn outcome_json(issues: &[Issue]) -> String {
    let mut out = String::from("{\"resourceType\":\"OperationOutcome\",\"issue\":[");
    let nothing = [Issue::information(Fault::AllOk)];
    let issues = if issues.is_empty() { &nothing } else { issues };
    for (index, issue) in issues.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        issue.write(&mut out);
    }
    out.push_str("]}");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_bilingual_and_names_the_place() {
        let issue = Issue::error(Fault::UnknownElement { name: "x\"y".into() }).at("Patient.contact[0]");
        let operation = Issue::error(Fault::PatchTest).at("[3]").within("Bundle.entry[2].resource");
        assert_eq!(operation.expression.as_deref(), Some("Bundle.entry[2].resource[3]"));
        let text = outcome_json(&[issue.within("Bundle.entry[2].resource")]);
        let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        let issue = &node.get("issue").unwrap().items()[0];
        assert_eq!(issue.text("severity"), Some("error"));
        assert_eq!(issue.text("code"), Some("structure"));
        assert_eq!(
            issue.get("expression").unwrap().items()[0].as_str(),
            Some("Bundle.entry[2].resource.contact[0]")
        );
        assert!(issue.text("diagnostics").unwrap().contains("x\"y"));
        assert!(issue.get("details").unwrap().text("text").unwrap().contains("không"));
    }
}
