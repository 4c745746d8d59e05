//! `_include` and `_revinclude`: what is added to a page.

use std::collections::HashSet;

use access::Access;
use fhir::{Fault, LogicalId, ResourceType};
use record_store::Record;
use search::{Include, SearchPlan};

use crate::{Problem, Service};

/// Most resources that `_include` and `_revinclude` add to a page.
pub(super) const MOST_INCLUDES: usize = 1_000;

/// Rounds of `:iterate`.
const MOST_ROUNDS: usize = 16;

/// The resources that the includes of a plan add to a page, and whether some had to be left out.
pub(super) async fn includes(
    service: &Service,
    access: &Access,
    plan: &SearchPlan,
    matches: &[Record],
) -> Result<(Vec<Record>, bool), Problem> {
    if plan.includes.is_empty() {
        return Ok((Vec::new(), false));
    }
    let mut seen: HashSet<(ResourceType, LogicalId)> =
        matches.iter().map(|record| (record.resource_type, record.id.clone())).collect();
    let mut included: Vec<Record> = Vec::new();
    let mut round: Vec<Record> = matches.to_vec();
    for number in 0..MOST_ROUNDS {
        let mut found = Vec::new();
        for include in plan.includes.iter().filter(|include| number == 0 || include.iterate) {
            let records = if include.reverse {
                reverse_include(service, access, include, &round).await?
            } else {
                forward_include(service, access, include, &round).await?
            };
            found.extend(
                records.into_iter().filter(|record| seen.insert((record.resource_type, record.id.clone()))),
            );
        }
        if included.len() + found.len() > MOST_INCLUDES {
            found.truncate(MOST_INCLUDES - included.len());
            included.extend(found);
            return Ok((included, true));
        }
        if found.is_empty() {
            break;
        }
        included.extend(found.iter().cloned());
        round = found;
    }
    Ok((included, false))
}

async fn forward_include(
    service: &Service,
    access: &Access,
    include: &Include,
    records: &[Record],
) -> Result<Vec<Record>, Problem> {
    let registry = service.store().registry();
    let mut targets: Vec<(ResourceType, LogicalId)> = Vec::new();
    for record in records.iter().filter(|record| record.resource_type == include.source) {
        let Some(text) = record.inspect()? else { continue };
        let node = json::parse(text.as_bytes(), &json::Limits { depth: usize::MAX })
            .map_err(|_| Problem::new(500, Fault::Internal))?;
        targets.extend(registry.references_of(include.source, &node, &include.slots));
    }
    targets.retain(|(resource_type, _)| include.target.is_none_or(|target| target == *resource_type));
    targets.sort();
    targets.dedup();
    targets.truncate(MOST_INCLUDES + 1);
    Ok(service.store().read_many(access, &targets).await?)
}

async fn reverse_include(
    service: &Service,
    access: &Access,
    include: &Include,
    records: &[Record],
) -> Result<Vec<Record>, Problem> {
    let targets: Vec<_> = records
        .iter()
        .filter(|record| include.target.is_none_or(|target| target == record.resource_type))
        .map(|record| (record.resource_type, record.id.clone()))
        .collect();
    if targets.is_empty() || include.slots.is_empty() {
        return Ok(Vec::new());
    }
    let limit = u32::try_from(MOST_INCLUDES + 1).unwrap_or(u32::MAX);
    Ok(service.store().reverse_includes(access, &include.slots, &targets, limit).await?)
}
