//! From the text of a query to a plan (R4 `search.html`).
//!
//! The parameters of a query are read one by one. What cannot be used is not fatal here: it becomes an issue,
//! in one of two lists, and the caller decides with the client's `Prefer: handling`.

mod composite;
mod criterion;
mod date;
mod filter;
mod filter_expression;
mod filter_text;
mod include;
mod join;
mod named;
mod prefix;
mod quantity;
mod reference;
mod result;
mod sort;
mod special;
mod text;
mod token;

use std::cell::{Cell, RefCell};

use fhir::{Fault, Instant, Issue, ResourceType};

pub use self::named::Named;
pub(crate) use self::token::TokenText;
use crate::{Clause, Registry, SearchPlan};

/// Most conditions that one query may join by AND.
const MOST_CLAUSES: usize = 64;

/// Most conditions that one query may come to. A chain without types asks all types that its references may have, and
/// each of them the same again: `subject.subject.subject...` would have no end. Every value of an OR counts, for every
/// type that a reference may have: the database tests them all for each candidate.
const MOST_CONDITIONS: usize = 2_000;

/// Most links of chains and reverse chains in one query, wherever they stand; one inside of `_has` counts double. Where
/// many match, the database follows each link for each candidate, so a few inside of each other cost as much as sixty side
/// by side: seconds among 200 people.
const MOST_JOINS: usize = 5;

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
    /// Values that cannot be read, and modifiers that do not fit: always refuse, for the plan would answer another
    /// question.
    pub errors: Vec<Issue>,
    /// The parameters that were understood, in order, for the self link. `_count` is the one in effect.
    pub understood: Vec<(String, String)>,
    /// What the criteria name by its id, each once: not more than the query may have conditions.
    pub named: Vec<Named>,
}

impl ParsedQuery {
    /// All issues, errors first.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.errors.iter().chain(&self.unknown)
    }
}

/// Why a parameter is not part of the plan.
#[derive(Debug)]
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

    fn unknown(name: &str) -> Self {
        Self::Unknown(Fault::UnknownParameter { name: name.to_owned() })
    }

    fn unsupported(name: &str, kind: &str) -> Fault {
        Fault::UnsupportedParameter { name: name.to_owned(), kind: kind.to_owned() }
    }
}

/// Reads criteria: names and values become clauses, for any type.
#[derive(Clone, Copy)]
struct Reader<'a> {
    registry: &'a Registry,
    context: &'a QueryContext<'a>,
    /// How many more conditions the query may come to.
    left: &'a Cell<usize>,
    /// How many more links it may have.
    joins: &'a Cell<usize>,
    /// For how many the next link counts.
    weight: usize,
    /// What was named so far.
    named: &'a RefCell<Vec<Named>>,
}

/// Reads a whole query.
struct Parser<'a> {
    reader: Reader<'a>,
    plan: SearchPlan,
}

impl Registry {
    /// Reads the parameters of a search for resources of these types; none means every type, unless `_type` names
    /// some. `pairs` are names and values as they stand in the query, percent-decoded, in order.
    pub fn parse(
        &self,
        types: &[ResourceType],
        pairs: &[(String, String)],
        context: &QueryContext<'_>,
    ) -> ParsedQuery {
        let mut plan = SearchPlan {
            types: types.to_vec(),
            count: context.default_count.min(context.most_count),
            ..SearchPlan::default()
        };
        let (mut unknown, mut errors, mut understood) = (Vec::new(), Vec::new(), Vec::new());
        // `_type` comes first: it says which parameters there are.
        if types.is_empty()
            && let Some((_, value)) = pairs.iter().find(|(name, _)| name == "_type")
            && let Ok(mut named) = value.split(',').map(str::parse).collect::<Result<Vec<ResourceType>, _>>()
        {
            named.sort_unstable();
            named.dedup();
            plan.types = named;
        }
        let left = Cell::new(MOST_CONDITIONS);
        let joins = Cell::new(MOST_JOINS);
        let named = RefCell::default();
        let reader = Reader { registry: self, context, left: &left, joins: &joins, weight: 1, named: &named };
        let mut parser = Parser { reader, plan };
        let mut seen = Vec::new();
        for (name, value) in pairs {
            let code = name.split_once(':').map_or(name.as_str(), |(code, _)| code);
            if value.is_empty() {
                // Ignored, as R4 asks, but never in silence: the answer is another than the one that was meant.
                unknown.push(Issue::error(Fault::EmptyParameter { name: name.clone() }).at(place(code)));
                continue;
            }
            let read = if result::is_single(code) && seen.contains(&code) {
                Err(Refusal::value(code))
            } else {
                seen.push(code);
                parser.parameter(name, value)
            };
            match read {
                Ok(()) if code == "_count" => understood.push((name.clone(), parser.count_in_effect())),
                Ok(()) => understood.push((name.clone(), value.clone())),
                Err(Refusal::Unknown(fault)) => unknown.push(Issue::error(fault).at(place(code))),
                Err(Refusal::Error(fault)) => errors.push(Issue::error(fault).at(place(code))),
            }
        }
        let plan = parser.plan;
        let mut named = named.into_inner();
        named.sort_unstable();
        named.dedup();
        ParsedQuery { plan, unknown, errors, understood, named }
    }
}

/// `http.name`, where R4 wants the parameter in `OperationOutcome.issue.expression`.
fn place(code: &str) -> String {
    let code: String = code.chars().filter(|character| !character.is_control()).take(64).collect();
    format!("http.{code}")
}

impl Parser<'_> {
    fn parameter(&mut self, name: &str, value: &str) -> Result<(), Refusal> {
        let (code, modifier) = match name.split_once(':') {
            Some((code, modifier)) => (code, Some(modifier)),
            None => (name, None),
        };
        if let Some(read) = self.result_parameter(code, modifier, value) {
            return read;
        }
        if self.plan.clauses.len() >= MOST_CLAUSES {
            return Err(Refusal::value(code));
        }
        let clause = self.reader.criterion(&self.plan.types, name, value, 0)?;
        if let [resource_type] = self.plan.types.as_slice()
            && self.plan.book.is_none()
        {
            self.plan.book = self.reader.book_of(*resource_type, &clause, value);
        }
        match clause {
            Clause::All(clauses) => self.plan.clauses.extend(clauses),
            clause => self.plan.clauses.push(clause),
        }
        Ok(())
    }

    fn count_in_effect(&self) -> String {
        if self.plan.count_only { "0".to_owned() } else { self.plan.count.to_string() }
    }
}

#[cfg(test)]
mod composite_tests;
#[cfg(test)]
mod join_tests;
#[cfg(test)]
mod named_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod result_tests;
#[cfg(test)]
mod system_tests;
#[cfg(test)]
mod tests;
