//! From the text of a query to a plan (R4 `search.html`).
//!
//! The parameters of a query are read one by one. What cannot be used is not fatal here: it becomes an issue,
//! in one of two lists, and the caller decides with the client's `Prefer: handling`.

mod date;
mod filter;
mod include;
mod reference;
mod result;
mod sort;
mod text;

use fhir::{Fault, Instant, Issue, ResourceType};

use crate::definitions::TypeDefinition;
use crate::{Clause, Registry, SearchPlan, Total};

/// Most conditions that one query may join by AND.
const MOST_CLAUSES: usize = 64;

/// What the reading of a query depends on besides the query.
#[derive(Debug, Clone, Copy)]
pub struct QueryContext<'a> {
    /// Own base url without the last `/`: absolute references under it are local.
    pub base: &'a str,
    /// The time of the request, for `ap`.
    pub now: Instant,
    /// Matches on a page when `_count` does not say.
    pub default_count: u32,
    /// Most matches on a page, whatever `_count` says.
    pub most_count: u32,
}

/// A query as it was understood.
#[derive(Debug, Clone)]
pub struct ParsedQuery {
    /// What is to be found.
    pub plan: SearchPlan,
    /// Parameters that do not exist or that this version cannot search by. The plan is made without them:
    /// refuse under `Prefer: handling=strict`, report otherwise (R4 `search.html#errors`).
    pub unknown: Vec<Issue>,
    /// Values that cannot be read, and modifiers, chains and `_has` that are not supported: always refuse, for
    /// the plan would answer another question.
    pub errors: Vec<Issue>,
    /// The parameters that were understood, in order, for the self link. `_count` is the one in effect.
    pub understood: Vec<(String, String)>,
}

impl ParsedQuery {
    /// All issues, errors first.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.errors.iter().chain(&self.unknown)
    }
}

/// Why a parameter is not part of the plan.
enum Refusal {
    /// The query can be answered without it if the client agrees.
    Unknown(Fault),
    /// It cannot.
    Error(Fault),
}

impl Refusal {
    fn value(name: &str) -> Self {
        Self::Error(Fault::InvalidSearchValue { name: name.to_owned() })
    }

    fn modifier(name: &str, modifier: &str) -> Self {
        Self::Error(Fault::UnsupportedModifier { name: name.to_owned(), modifier: modifier.to_owned() })
    }

    fn unsupported(name: &str, kind: &str) -> Fault {
        Fault::UnsupportedParameter { name: name.to_owned(), kind: kind.to_owned() }
    }
}

struct Parser<'a> {
    registry: &'a Registry,
    context: &'a QueryContext<'a>,
    resource_type: ResourceType,
    definition: &'static TypeDefinition,
    plan: SearchPlan,
}

impl Registry {
    /// Reads the parameters of a search for resources of one type. `pairs` are names and values as they stand
    /// in the query, percent-decoded, in order.
    pub fn parse(
        &self,
        resource_type: ResourceType,
        pairs: &[(String, String)],
        context: &QueryContext<'_>,
    ) -> ParsedQuery {
        let plan = SearchPlan {
            resource_type,
            clauses: Vec::new(),
            sort: Vec::new(),
            count: context.default_count.min(context.most_count),
            after: None,
            book: None,
            includes: Vec::new(),
            total: Total::None,
            count_only: false,
        };
        let definition = self.definition(resource_type);
        let mut parser = Parser { registry: self, context, resource_type, definition, plan };
        let (mut unknown, mut errors, mut understood) = (Vec::new(), Vec::new(), Vec::new());
        let mut seen = Vec::new();
        for (name, value) in pairs {
            let (code, modifier) = match name.split_once(':') {
                Some((code, modifier)) => (code, Some(modifier)),
                None => (name.as_str(), None),
            };
            let read = if result::is_single(code) && seen.contains(&code) {
                Err(Refusal::value(code))
            } else {
                seen.push(code);
                parser.parameter(code, modifier, value)
            };
            match read {
                Ok(()) if code == "_count" => understood.push((name.clone(), parser.count_in_effect())),
                Ok(()) => understood.push((name.clone(), value.clone())),
                Err(Refusal::Unknown(fault)) => unknown.push(Issue::error(fault).at(place(code))),
                Err(Refusal::Error(fault)) => errors.push(Issue::error(fault).at(place(code))),
            }
        }
        ParsedQuery { plan: parser.plan, unknown, errors, understood }
    }
}

/// `http.name`, where R4 wants the parameter in `OperationOutcome.issue.expression`.
fn place(code: &str) -> String {
    let code: String = code.chars().filter(|character| !character.is_control()).take(64).collect();
    format!("http.{code}")
}

impl Parser<'_> {
    fn parameter(&mut self, code: &str, modifier: Option<&str>, value: &str) -> Result<(), Refusal> {
        if let Some(read) = self.result_parameter(code, modifier, value) {
            return read;
        }
        if code == "_has" {
            return Err(Refusal::Error(Refusal::unsupported(code, "reverse chain")));
        }
        // `subject.name`, `subject:Patient.name`
        let first = code.split_once('.').map(|(first, _)| first);
        if first.is_some_and(|first| self.definition.parameter(first).is_some())
            || (self.definition.parameter(code).is_some() && modifier.is_some_and(|text| text.contains('.')))
        {
            return Err(Refusal::Error(Refusal::unsupported(first.unwrap_or(code), "chain")));
        }
        let Some(parameter) = self.definition.parameter(code) else {
            return Err(Refusal::Unknown(Fault::UnknownParameter { name: code.to_owned() }));
        };
        if !parameter.searchable {
            return Err(Refusal::Unknown(Refusal::unsupported(code, parameter.kind.as_str())));
        }
        if self.plan.clauses.len() >= MOST_CLAUSES {
            return Err(Refusal::value(code));
        }
        let clause = match self.filter(parameter, modifier, value)? {
            Clause::Token { slots, .. }
            | Clause::String { slots, .. }
            | Clause::Date { slots, .. }
            | Clause::Reference { slots, .. }
                if slots.is_empty() =>
            {
                Clause::Nothing
            }
            clause => clause,
        };
        self.plan.clauses.push(clause);
        Ok(())
    }

    fn count_in_effect(&self) -> String {
        if self.plan.count_only { "0".to_owned() } else { self.plan.count.to_string() }
    }
}

#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod result_tests;
#[cfg(test)]
mod tests;
