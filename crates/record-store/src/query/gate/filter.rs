//! The limits of granular scopes: a search that the resource must be found by.

use std::sync::Arc;

use access::ScopeFilter;
use fhir::Instant;
use percent_encoding::percent_decode_str;
use search::{Clause, QueryContext, Registry};

use super::Filter;

/// Reads a limit. What cannot be read, or what the rows of the resource do not decide, admits nothing.
pub(super) fn read(registry: &Arc<Registry>, limit: &ScopeFilter) -> Filter {
    let any_of = limit.any_of.iter().filter_map(|text| clauses(registry, limit, text)).collect();
    Filter { types: limit.types, any_of }
}

fn clauses(registry: &Registry, limit: &ScopeFilter, text: &str) -> Option<Vec<Clause>> {
    let pairs: Vec<(String, String)> = text
        .split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            Some((decoded(name)?, decoded(value)?))
        })
        .collect::<Option<_>>()?;
    let types: Vec<_> = limit.types.iter().collect();
    // No address is the own one here: an absolute reference in a scope means what it says.
    let context = QueryContext { base: "urn:none", now: Instant::now(), default_count: 1, most_count: 1 };
    let parsed = registry.parse(&types, &pairs, &context);
    if parsed.issues().next().is_some() {
        return None;
    }
    let plan = parsed.plan;
    // Whatever does not narrow is not a limit: who wrote it meant something else.
    let narrows = plan.sort.is_empty() && plan.includes.is_empty() && !plan.clauses.is_empty();
    (narrows && plan.clauses.iter().all(rows_decide)).then_some(plan.clauses)
}

/// Whether the rows of a resource alone decide a clause.
fn rows_decide(clause: &Clause) -> bool {
    match clause {
        Clause::All(parts) | Clause::Any(parts) => parts.iter().all(rows_decide),
        Clause::Not(part) => rows_decide(part),
        Clause::Lookup(_) => false,
        clause => !clause.needs_check() && !clause.has_join(),
    }
}

fn decoded(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(|text| text.into_owned())
}
