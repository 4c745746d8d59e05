//! What a resource says about access, asked of the policy when it is made ready to be stored, and again when the rules
//! by which that is read have changed.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use access::{Access, Caller, FactProblem, Facts, Interaction, Policy, WriteContext};
use fhir::{Instant, LogicalId, ResourceType};
use json::Node;
use record_store::{ReadFacts, Rechecker, Record, Walked, WriteError};

use crate::permission::is_free;
use crate::{Problem, Service};

/// Whose facts are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) id: &'a LogicalId,
    /// Whether it is going to be the first version.
    pub(crate) first: bool,
}

/// The facts of a resource that is about to be written under an access. Refused is a consent that could not be enforced
/// as a whole, and content that the caller may not write.
pub(crate) fn facts(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    subject: Subject<'_>,
    resource: &Node<'_>,
) -> Result<Facts, Problem> {
    let context = WriteContext { at: access.at(), first: subject.first, finished: None };
    let policy = service.policy();
    if !is_free(access) {
        access.check_content(resource_type, resource).map_err(refused)?;
    }
    let mut facts = policy.facts(resource_type, subject.id, resource, &context).map_err(refused)?;
    if subject.first && resource_type == ResourceType::PATIENT {
        facts.grants.extend(policy.registration(access.author(), access.at()));
    }
    Ok(facts)
}

/// The facts of a version that is to say of somebody else what it says since a moment.
pub(crate) fn facts_of_moved(
    service: &Service,
    record: &Record,
    resource: &Node<'_>,
    since: Instant,
) -> Result<Facts, Problem> {
    let context = WriteContext { at: since, first: false, finished: None };
    service.policy().facts(record.resource_type, &record.id, resource, &context).map_err(refused)
}

fn refused(problem: FactProblem) -> Problem {
    let (status, issue) = problem.issue();
    Problem::from_issue(status, issue)
}

/// How long a walk that has nothing to do, or has failed, waits.
const PAUSE: Duration = Duration::from_secs(5);

/// Reads facts by one policy.
#[derive(Debug)]
struct ByPolicy(Policy);

impl ReadFacts for ByPolicy {
    fn facts(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
        resource: &Node<'_>,
        context: &WriteContext,
    ) -> Option<Facts> {
        self.0.facts(resource_type, id, resource, context).ok()
    }
}

/// Reads what is stored again whenever the rules have changed, as far as no other process does.
pub async fn work_at_facts(service: Service) -> Infallible {
    let mut work: Option<(String, Rechecker)> = None;
    loop {
        match step(&service, &mut work).await {
            Ok(Walked::Some) => continue,
            Ok(Walked::Finished | Walked::Elsewhere) => {}
            Err(error) => tracing::warn!(error = %error, "reading facts again failed and is tried again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn step(service: &Service, work: &mut Option<(String, Rechecker)>) -> Result<Walked, WriteError> {
    let policy = service.policy();
    let rules = policy.facts_version();
    let access = policy
        .decide(&Caller::Background { job: "facts" }, Interaction::Update, None, Instant::now())
        .map_err(|_| WriteError::Forbidden)?;
    if work.as_ref().is_none_or(|(known, _)| known != rules) {
        service.store().begin_recheck(&access, rules).await?;
        let reader = Arc::new(ByPolicy(policy.clone()));
        *work = Some((rules.to_owned(), Rechecker::new(service.store().clone(), rules, reader)));
    }
    match work {
        Some((_, walker)) => walker.step(&access).await,
        None => Ok(Walked::Finished),
    }
}
