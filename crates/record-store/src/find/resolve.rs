//! Chains and reverse chains before the search: where their end matches few resources, they become a list.

use std::future::Future;
use std::pin::Pin;

use diesel::sql_types::BigInt;
use fhir::{LogicalId, ResourceType};
use search::{ChainTarget, Clause, ReferenceTest, SearchPlan, Slot};

use super::{Found, route, with_resource};
use crate::StoreError;
use crate::query::{Conditions, Gate};
use crate::statement::Statement;
use crate::store::{Store, select};
use crate::stored::type_number;

/// Ends of a chain that become a list of references.
const MOST_ENDS: usize = 1_000;
/// The same where the chain can be tested inside of a book.
const MOST_PATIENTS: usize = 200;
/// Ends that are read one by one because memory has to check them.
const MOST_CHECKED_ENDS: usize = 1_000;

type Resolved<'a> = Pin<Box<dyn Future<Output = Result<Clause, StoreError>> + Send + 'a>>;

impl Store {
    /// The plan with its joins resolved.
    pub(super) async fn resolved(&self, gate: &Gate, plan: &SearchPlan) -> Result<SearchPlan, StoreError> {
        let mut plan = plan.clone();
        let mut clauses = Vec::with_capacity(plan.clauses.len());
        for clause in std::mem::take(&mut plan.clauses) {
            let clause = if clause.has_join() { self.resolve(gate, clause).await? } else { clause };
            // Memory cannot decide what depends on other resources.
            if clause.needs_check() && clause.has_join() {
                return Err(StoreError::TooCostly);
            }
            clauses.push(clause);
        }
        plan.clauses = clauses;
        Ok(plan)
    }

    fn resolve<'a>(&'a self, gate: &'a Gate, clause: Clause) -> Resolved<'a> {
        Box::pin(async move {
            Ok(match clause {
                Clause::All(clauses) => Clause::All(self.resolve_all(gate, clauses).await?),
                Clause::Any(clauses) => Clause::Any(self.resolve_all(gate, clauses).await?),
                Clause::Not(clause) => Clause::Not(Box::new(self.resolve(gate, *clause).await?)),
                Clause::Chain { slots, targets } => self.chain(gate, slots, targets).await?,
                Clause::Has { slots, source, clauses } => self.has(gate, slots, source, clauses).await?,
                other => other,
            })
        })
    }

    async fn resolve_all(&self, gate: &Gate, clauses: Vec<Clause>) -> Result<Vec<Clause>, StoreError> {
        let mut resolved = Vec::with_capacity(clauses.len());
        for clause in clauses {
            resolved.push(self.resolve(gate, clause).await?);
        }
        Ok(resolved)
    }

    async fn chain(
        &self,
        gate: &Gate,
        slots: Vec<Slot>,
        targets: Vec<ChainTarget>,
    ) -> Result<Clause, StoreError> {
        let mut parts = Vec::new();
        for ChainTarget { resource_type, clauses } in targets {
            let clauses = self.resolve_all(gate, clauses).await?;
            let in_book = resource_type == ResourceType::PATIENT && self.registry().decides_book(&slots);
            let most = if in_book { MOST_PATIENTS } else { MOST_ENDS };
            let plan = ends(resource_type, clauses);
            let hashes = if plan.clauses.iter().any(Clause::needs_check) {
                let hash = |found: &Found| self.registry().hasher().reference_id(found.record.id.as_str());
                Some(self.checked_ends(gate, &plan).await?.iter().map(hash).collect())
            } else {
                self.hashes(gate, &plan, most).await?
            };
            parts.push(match hashes {
                Some(hashes) if hashes.is_empty() => Clause::NOTHING,
                Some(hashes) => {
                    let target_type = Some(type_number(resource_type));
                    let values =
                        hashes.into_iter().map(|target| ReferenceTest { target, target_type }).collect();
                    Clause::Reference { slots: slots.clone(), values }
                }
                None => Clause::Chain {
                    slots: slots.clone(),
                    targets: vec![ChainTarget { resource_type, clauses: plan.clauses }],
                },
            });
        }
        parts.retain(|part| !part.is_nothing());
        Ok(if parts.len() == 1 { parts.remove(0) } else { Clause::Any(parts) })
    }

    async fn has(
        &self,
        gate: &Gate,
        slots: Vec<Slot>,
        source: ResourceType,
        clauses: Vec<Clause>,
    ) -> Result<Clause, StoreError> {
        let clauses = self.resolve_all(gate, clauses).await?;
        let plan = ends(source, clauses);
        let checked = plan.clauses.iter().any(Clause::needs_check);
        let found = if checked {
            Some(self.checked_ends(gate, &plan).await?)
        } else {
            let few = self.hashes(gate, &plan, MOST_PATIENTS).await?.is_some();
            if few { Some(self.checked_ends(gate, &plan).await?) } else { None }
        };
        let Some(found) = found else { return Ok(Clause::Has { slots, source, clauses: plan.clauses }) };
        let mut targets: Vec<(ResourceType, LogicalId)> = Vec::new();
        for found in &found {
            targets.extend(with_resource(found, |resource| {
                self.registry().references_of(source, resource, &slots)
            })?);
        }
        Ok(Clause::members(targets))
    }

    /// The hashes of the ids of all matches; `None` when there are more than `most`.
    async fn hashes(
        &self,
        gate: &Gate,
        plan: &SearchPlan,
        most: usize,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        let route = self.route(gate, plan, None, route::SOME).await?;
        let mut statement = Statement::new("SELECT r.id_hash ");
        let registry = self.registry();
        let mut conditions = Conditions::new(&registry, gate);
        conditions.from(&mut statement, &plan.types, &plan.clauses, route.driver, None, "r");
        statement.sql(&format!(" LIMIT {}", most + 1));
        let rows: Vec<(i64,)> = select!(self, statement, (BigInt,))?;
        Ok((rows.len() <= most).then(|| rows.into_iter().map(|(hash,)| hash).collect()))
    }

    /// All matches, read and checked.
    async fn checked_ends(&self, gate: &Gate, plan: &SearchPlan) -> Result<Vec<Found>, StoreError> {
        if plan.clauses.iter().any(|clause| clause.needs_check() && clause.has_join()) {
            return Err(StoreError::TooCostly);
        }
        let scan = self.scan(gate, plan, None, MOST_CHECKED_ENDS + 1).await?;
        if scan.resume.is_some() || scan.found.len() > MOST_CHECKED_ENDS {
            return Err(StoreError::TooCostly);
        }
        Ok(scan.found)
    }
}

/// The plan of the end of a chain.
fn ends(resource_type: ResourceType, clauses: Vec<Clause>) -> SearchPlan {
    let mut flat = Vec::new();
    for clause in clauses {
        match clause {
            Clause::All(clauses) => flat.extend(clauses),
            clause => flat.push(clause),
        }
    }
    SearchPlan { types: vec![resource_type], clauses: flat, ..SearchPlan::default() }
}
