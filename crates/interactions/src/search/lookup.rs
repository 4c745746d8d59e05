//! Conditions that need something from the database first: value sets, code systems, Lists and hierarchies become
//! lists of codes, references or ids.

use std::collections::HashSet;
use std::future::Future;
use std::pin::Pin;

use access::Access;
use fhir::{Fault, Issue, LogicalId, ReferenceText, ResourceType};
use json::Node;
use record_store::Record;
use search::{Clause, Lookup, LookupKind, ReferenceTest, SearchPlan};

use super::invalid;
use crate::value_set::Codes;
use crate::{Problem, Service};

/// Most resources of one hierarchy.
const MOST_PARTS: usize = 5_000;

type Resolved<'a> = Pin<Box<dyn Future<Output = Result<Clause, Problem>> + Send + 'a>>;

/// Replaces every lookup of a plan by what it finds. A plan is searched after that only.
pub async fn look_up(service: &Service, access: &Access, plan: &mut SearchPlan) -> Result<(), Problem> {
    let codes = Codes::new(service, access);
    let mut clauses = Vec::with_capacity(plan.clauses.len());
    for clause in std::mem::take(&mut plan.clauses) {
        clauses.push(if needs_lookup(&clause) {
            resolve(service, access, &codes, clause).await?
        } else {
            clause
        });
    }
    plan.clauses = clauses;
    Ok(())
}

fn needs_lookup(clause: &Clause) -> bool {
    match clause {
        Clause::Lookup(_) => true,
        Clause::Chain { targets, .. } => targets.iter().any(|target| target.clauses.iter().any(needs_lookup)),
        _ => clause.parts().iter().any(needs_lookup),
    }
}

fn resolve<'a>(
    service: &'a Service,
    access: &'a Access,
    codes: &'a Codes<'a>,
    clause: Clause,
) -> Resolved<'a> {
    Box::pin(async move {
        Ok(match clause {
            Clause::All(clauses) => Clause::All(all(service, access, codes, clauses).await?),
            Clause::Any(clauses) => Clause::Any(all(service, access, codes, clauses).await?),
            Clause::Not(clause) => Clause::Not(Box::new(resolve(service, access, codes, *clause).await?)),
            Clause::Has { slots, source, clauses } => {
                Clause::Has { slots, source, clauses: all(service, access, codes, clauses).await? }
            }
            Clause::Chain { slots, mut targets } => {
                for target in &mut targets {
                    target.clauses = all(service, access, codes, std::mem::take(&mut target.clauses)).await?;
                }
                Clause::Chain { slots, targets }
            }
            Clause::Lookup(lookup) => found(service, access, codes, &lookup).await?,
            other => other,
        })
    })
}

async fn all(
    service: &Service,
    access: &Access,
    codes: &Codes<'_>,
    clauses: Vec<Clause>,
) -> Result<Vec<Clause>, Problem> {
    let mut resolved = Vec::with_capacity(clauses.len());
    for clause in clauses {
        resolved.push(resolve(service, access, codes, clause).await?);
    }
    Ok(resolved)
}

async fn found(
    service: &Service,
    access: &Access,
    reader: &Codes<'_>,
    lookup: &Lookup,
) -> Result<Clause, Problem> {
    let registry = service.store().registry();
    match lookup.kind {
        LookupKind::ValueSet => {
            let mut codes = Vec::new();
            for value in &lookup.values {
                let unknown = || {
                    let issue = Issue::error(Fault::ValueSetUnknown { name: lookup.code.clone() });
                    Problem::from_issue(400, issue.at(format!("http.{}", lookup.code)))
                };
                codes.extend(reader.of(value).await?.ok_or_else(unknown)?);
            }
            Ok(registry.codes_clause(lookup, codes))
        }
        LookupKind::CodesBelow | LookupKind::CodesAbove => {
            let mut codes = Vec::new();
            for value in &lookup.values {
                let (system, code) = match value.rsplit_once('|') {
                    Some((system, code)) => (Some(system), code),
                    None => (None, value.as_str()),
                };
                if code.is_empty() {
                    return Err(invalid(&lookup.code));
                }
                codes.extend(reader.hierarchy(lookup.kind, system, code).await?);
            }
            Ok(registry.codes_clause(lookup, codes))
        }
        LookupKind::ReferencesBelow | LookupKind::ReferencesAbove => {
            let mut targets = Vec::new();
            for value in &lookup.values {
                targets.extend(parts(service, access, lookup, value).await?);
            }
            Ok(registry.references_clause(lookup, &targets))
        }
        LookupKind::Members => members(service, access, lookup).await,
    }
}

/// A resource with all that are part of it, or all it is part of.
async fn parts(
    service: &Service,
    access: &Access,
    lookup: &Lookup,
    value: &str,
) -> Result<Vec<(ResourceType, LogicalId)>, Problem> {
    let registry = service.store().registry();
    let mut found: Vec<(ResourceType, LogicalId)> = match ReferenceText::parse(value).local(service.base()) {
        Some((kind, id)) => vec![(kind, id.clone())],
        None => {
            let id = LogicalId::try_from(value).map_err(|_| invalid(&lookup.code))?;
            let parameters = lookup.types.iter().flat_map(|kind| registry.parameters(*kind));
            let targets =
                parameters.filter(|known| known.code == lookup.code).flat_map(|known| &known.targets);
            targets.map(|kind| (*kind, id.clone())).collect()
        }
    };
    let mut seen: HashSet<(ResourceType, LogicalId)> = found.iter().cloned().collect();
    let mut round = found.clone();
    while !round.is_empty() {
        let mut next = Vec::new();
        for (kind, id) in &round {
            // The parameter by which a resource of the type is part of another of the same type.
            let parents: Vec<_> = ["partof", "part-of"]
                .iter()
                .flat_map(|code| registry.reference_slots(*kind, Some(code)))
                .collect();
            if parents.is_empty() {
                continue;
            }
            if lookup.kind == LookupKind::ReferencesBelow {
                let target = registry.hasher().reference_id(id.as_str());
                let test = ReferenceTest { target, target_type: i16::try_from(kind.index()).ok() };
                let children = Clause::Reference { slots: parents, values: vec![test] };
                let plan = plan_of(*kind, children, u32::try_from(MOST_PARTS).unwrap_or(u32::MAX));
                let ids = service.store().search_ids(access, &plan).await?;
                next.extend(ids.into_iter().map(|id| (*kind, id)));
            } else if let Some(record) = service.store().read(access, *kind, id).await?
                && !record.is_deleted()
            {
                let above =
                    with_resource(&record, |resource| registry.references_of(*kind, resource, &parents))?;
                next.extend(above.into_iter().filter(|(other, _)| other == kind));
            }
        }
        next.retain(|target| seen.insert(target.clone()));
        found.extend(next.iter().cloned());
        if found.len() > MOST_PARTS {
            return Err(Problem::new(400, Fault::SearchTooCostly));
        }
        round = next;
    }
    Ok(found)
}

/// The members of Lists, those marked as deleted left out.
async fn members(service: &Service, access: &Access, lookup: &Lookup) -> Result<Clause, Problem> {
    let registry = service.store().registry();
    let list: ResourceType = "List".parse().map_err(|_| Problem::new(500, Fault::Internal))?;
    let mut members: Vec<(ResourceType, LogicalId)> = Vec::new();
    for value in &lookup.values {
        let id = LogicalId::try_from(value.as_str()).map_err(|_| invalid("_list"))?;
        let Some(record) =
            service.store().read(access, list, &id).await?.filter(|record| !record.is_deleted())
        else {
            continue;
        };
        members.extend(with_resource(&record, |resource| {
            let entries = resource.get("entry").map(Node::items).unwrap_or_default();
            let kept =
                entries.iter().filter(|entry| entry.get("deleted").and_then(Node::as_bool) != Some(true));
            let target = |entry: &Node<'_>| registry.local_target(entry.get("item")?.text("reference")?);
            kept.filter_map(target).collect::<Vec<_>>()
        })?);
    }
    members.retain(|(kind, _)| lookup.types.is_empty() || lookup.types.contains(kind));
    members.sort();
    members.dedup();
    if members.len() > MOST_PARTS {
        return Err(Problem::new(400, Fault::SearchTooCostly));
    }
    Ok(Clause::members(members))
}

/// A search for resources of one type that one clause describes.
pub(crate) fn plan_of(resource_type: ResourceType, clause: Clause, count: u32) -> SearchPlan {
    SearchPlan { types: vec![resource_type], clauses: vec![clause], count, ..SearchPlan::default() }
}

/// Reads the content of a record.
pub(crate) fn with_resource<T>(record: &Record, read: impl FnOnce(&Node<'_>) -> T) -> Result<T, Problem> {
    let failed = || Problem::new(500, Fault::Internal);
    let text = record.inspect()?.ok_or_else(failed)?;
    let node = json::parse(text.as_bytes(), &json::Limits { depth: usize::MAX }).map_err(|_| failed())?;
    Ok(read(&node))
}
