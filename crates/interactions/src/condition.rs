//! Criteria of conditional interactions and conditional references: asked before the write, and asked again
//! by the store inside the write's transaction.

use access::Access;
use audit_log::Action;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType};
use record_store::Expectation;
use search::{Named, QueryContext, SearchPlan};

use crate::logged::{logged_query, note_asked};
use crate::query_text::pairs;
use crate::search::look_up;
use crate::{Problem, Service};

/// How often a write is decided again when others change what its criteria match.
pub(crate) const ATTEMPTS: usize = 16;

/// Criteria and what they match.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) expectation: Expectation,
}

impl Condition {
    /// The only match. 412 when there are several.
    pub(crate) fn only(&self) -> Result<Option<&LogicalId>, Problem> {
        self.only_besides(|_| false)
    }

    /// The only match that is not gone. A transaction deletes first, so what it deletes matches no more.
    pub(crate) fn only_besides(
        &self,
        gone: impl Fn(&LogicalId) -> bool,
    ) -> Result<Option<&LogicalId>, Problem> {
        let mut left = self.expectation.found.iter().filter(|id| !gone(id));
        match (left.next(), left.next()) {
            (_, Some(_)) => Err(Problem::new(412, Fault::MultipleMatches)),
            (first, None) => Ok(first),
        }
    }
}

/// Asks the criteria of a conditional interaction: the text behind the question mark, or of `If-None-Exist`.
pub(crate) async fn ask(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    criteria: &str,
) -> Result<Condition, Problem> {
    ask_besides(service, access, resource_type, criteria, 0).await
}

/// The same when up to `gone` of the matches do not count, because the same transaction deletes them.
pub(crate) async fn ask_besides(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    criteria: &str,
    gone: usize,
) -> Result<Condition, Problem> {
    let Criteria { mut plan, understood, named, name } =
        read(service, access, resource_type, criteria).await?;
    // Two that count are enough to know that there are several.
    plan.count = u32::try_from(gone).unwrap_or(u32::MAX).saturating_add(2);
    // Whatever comes of it: by the status of the answer who asks learns what is there.
    note_asked(access, Action::Search, &logged_query(resource_type.as_str(), &understood), named)?;
    let found = service.store().search_ids(access, &plan).await?;
    Ok(Condition { expectation: Expectation { plan, found, criteria: name, access: access.clone() } })
}

/// Criteria, read and looked up, that are not asked yet.
pub(crate) struct Criteria {
    /// What is to be found: at most two.
    pub(crate) plan: SearchPlan,
    understood: Vec<(String, String)>,
    named: Vec<Named>,
    /// The same for the same criteria, in whatever order they stand.
    name: String,
}

impl Criteria {
    /// The condition that nobody matches, which only the store asks.
    pub(crate) fn of_nobody(self, access: &Access) -> Condition {
        let Self { plan, name, .. } = self;
        let expectation = Expectation { plan, found: Vec::new(), criteria: name, access: access.clone() };
        Condition { expectation }
    }
}

/// Reads criteria.
pub(crate) async fn read(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    criteria: &str,
) -> Result<Criteria, Problem> {
    let criteria = criteria.rsplit_once('?').map_or(criteria, |(_, query)| query);
    let pairs = pairs(criteria)?;
    let context = QueryContext { base: service.base(), now: Instant::now(), default_count: 2, most_count: 2 };
    let parsed = service.store().registry().parse(&[resource_type], &pairs, &context);
    // What is not understood would widen the criteria: a conditional interaction is always strict.
    let mut issues: Vec<Issue> = parsed.errors;
    issues.extend(parsed.unknown);
    if !issues.is_empty() {
        return Err(Problem::from_issues(400, issues));
    }
    let mut plan = parsed.plan;
    look_up(service, access, &mut plan).await?;
    if plan.clauses.is_empty() {
        return Err(Problem::bad_request(Fault::NoCriteria));
    }
    plan.count = 2;
    plan.count_only = false;
    plan.includes.clear();
    plan.sort.clear();
    let mut names: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    names.sort();
    let name = format!("{resource_type}?{}", names.join("&"));
    Ok(Criteria { plan, understood: parsed.understood, named: parsed.named, name })
}
