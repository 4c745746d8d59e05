//! A search as the server asks it for an operation: criteria are its own, never a caller's; what is found is the gate's.

use access::Access;
use fhir::{Fault, Instant, ResourceType};
use record_store::{Record, SearchPage};
use search::{Position, QueryContext};

use super::look_up;
use crate::{Problem, Service};

/// Matches that are read at a time where all of them are wanted. More than people of a page have: then the store begins with
/// these people, and follows no order of everybody's.
const TOGETHER: u32 = 5_000;

/// What is asked.
pub(crate) struct OwnSearch<'a> {
    pub(crate) kind: &'a str,
    pub(crate) pairs: &'a [(&'a str, String)],
    pub(crate) count: u32,
    pub(crate) position: Position,
    /// What is stored later is of no matter.
    pub(crate) until: Option<Instant>,
}

/// A page of matches.
pub(crate) async fn own_search(
    service: &Service,
    access: &Access,
    asked: OwnSearch<'_>,
) -> Result<SearchPage, Problem> {
    let failed = || Problem::new(500, Fault::Internal);
    let OwnSearch { kind, pairs, count, position, until } = asked;
    let kind: ResourceType = kind.parse().map_err(|_| failed())?;
    let pairs: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let now = until.unwrap_or_else(Instant::now);
    let context = QueryContext { base: service.base(), now, default_count: count, most_count: count };
    let store = service.store();
    let parsed = store.registry().parse(&[kind], &pairs, &context);
    if !parsed.errors.is_empty() || !parsed.unknown.is_empty() {
        tracing::error!(kind = kind.as_str(), "the criteria of the server cannot be parsed");
        return Err(failed());
    }
    let mut plan = parsed.plan;
    look_up(service, access, &mut plan).await?;
    plan.count = count;
    plan.until = until;
    plan.position = position;
    Ok(store.search(access, &plan).await?)
}

/// All matches; more than `most` are refused as too costly.
pub(crate) async fn own_search_all(
    service: &Service,
    access: &Access,
    kind: &str,
    pairs: &[(&str, String)],
    most: usize,
) -> Result<Vec<Record>, Problem> {
    let (mut all, mut position) = (Vec::new(), Position::First);
    loop {
        let asked = OwnSearch { kind, pairs, count: TOGETHER, position, until: None };
        let page = own_search(service, access, asked).await?;
        all.extend(page.records);
        if all.len() > most {
            return Err(Problem::new(400, Fault::SearchTooCostly));
        }
        match page.next {
            Some(next) => position = Position::After(next),
            None => return Ok(all),
        }
    }
}
