//! search: <https://hl7.org/fhir/R4/http.html#search>, <https://hl7.org/fhir/R4/search.html>.

mod include;
mod links;
mod lookup;
mod own;

use access::{Access, Caller};
use audit_log::Action;
use fhir::{Fault, Instant, Issue, LogicalId, ResourceType, Severity};
use record_store::Showing;
use search::{Clause, Named, ParsedQuery, QueryContext, Registry, SearchPlan, Shown, Total};

pub(crate) use self::links::{PageCursor, bound};
pub use self::lookup::look_up;
pub(crate) use self::lookup::{plan_of, with_resource};
pub(crate) use self::own::{OwnSearch, own_search, own_search_all};
use crate::access_log_search::{audit_events, is_of_the_log};
use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::provenance::{Signers, included_of, is_included, made_of, provenances};
use crate::{Problem, Service};

/// A search as it was asked.
#[derive(Debug, Clone, Default)]
pub struct SearchRequest {
    /// The type whose resources are searched; `None` for all types.
    pub resource_type: Option<ResourceType>,
    /// Only members of this compartment: `Patient/[id]/Observation`, `Patient/[id]/*`.
    pub compartment: Option<(ResourceType, LogicalId)>,
    /// Parameters in their order.
    pub pairs: Vec<(String, String)>,
    /// `Prefer: handling=strict`: refuse what is not understood.
    pub strict: bool,
    /// Sent with `POST _search`: its values must not stand in a link.
    pub posted: bool,
    /// Where `_revinclude=Provenance:target` also tells where the matches come from (docs/provenance.md).
    pub tells_provenance: Option<Signers>,
}

impl SearchRequest {
    /// The path below the base.
    pub(crate) fn place(&self) -> String {
        match (&self.compartment, self.resource_type) {
            (Some((compartment, id)), Some(kind)) => format!("{compartment}/{id}/{kind}"),
            (Some((compartment, id)), None) => format!("{compartment}/{id}/*"),
            (None, Some(kind)) => kind.to_string(),
            (None, None) => String::new(),
        }
    }

    fn types(&self) -> Vec<ResourceType> {
        self.resource_type.into_iter().collect()
    }
}

/// The same of whoever asks: what is made when it is asked for, entries of the log and `Provenance`, is found too. `decide`
/// asks the gate for a search of what is stored.
pub async fn search_of<E: From<Problem>>(
    service: &Service,
    caller: &Caller,
    mut request: SearchRequest,
    decide: impl FnOnce() -> Result<Access, E>,
) -> Result<String, E> {
    if is_of_the_log(caller, &request) {
        return Ok(audit_events(service, caller, &request).await?);
    }
    if let Some(found) = provenances(service, caller, &request).await? {
        return Ok(found);
    }
    let access = decide()?;
    request.tells_provenance = is_included(service, caller, &request);
    Ok(search(service, &access, request).await?)
}

/// A page of matches as a Bundle.
pub async fn search(
    service: &Service,
    access: &Access,
    mut request: SearchRequest,
) -> Result<String, Problem> {
    let walk = links::open(service, access, &mut request)?;
    let ParsedQuery { mut plan, unknown, errors, understood, mut named } = parse(service, &request);
    if !errors.is_empty() || (request.strict && !unknown.is_empty()) {
        let issues = errors.into_iter().chain(unknown).collect();
        return Err(Problem::from_issues(400, issues));
    }
    if plan.shown == Shown::Text && !plan.includes.is_empty() {
        // R4 `search.html#summary`: these two cannot be combined.
        return Err(invalid("_summary"));
    }
    if let Some((compartment, id)) = &request.compartment {
        let registry = service.store().registry();
        enter(&registry, &mut plan, *compartment, id)?;
        if registry.lies_in_books(*compartment) {
            named.push(Named::from((*compartment, id.clone())));
        }
    }
    look_up(service, access, &mut plan).await?;
    let begun = match &walk {
        Some(walk) => walk.begun,
        None => service.store().moment().await?,
    };
    // The first page too is of that moment, else what is stored while it is read could come twice.
    plan.until = Some(begun);
    if let Some(walk) = &walk {
        plan.position = walk.position.clone();
    }
    let known_total = walk.as_ref().and_then(|walk| walk.total);
    if known_total.is_some() {
        plan.total = Total::None;
    }
    let mut page = service.store().search(access, &plan).await?;
    page.total = page.total.or(known_total);
    let (included, cut) = include::includes(service, access, &plan, &page.records).await?;
    let links = links::links(service, access, &request, &understood, &page, begun, walk.is_some())?;
    let mut bundle = BundleText::new("searchset", page.total, &links);
    let query = logged_query(&request.place(), &understood);
    // A total, or that there is nothing on this page, tells of each of them.
    let matches = Showing::begin_named(access, Action::Search, query.clone(), named)?;
    for record in &page.records {
        bundle.found(service.base(), record, "match", &plan.shown, &matches)?;
    }
    // A list of elements is one of the type that is searched (R4 `search.html#elements`).
    let shown = if matches!(plan.shown, Shown::Elements(_)) { &Shown::Whole } else { &plan.shown };
    let begin = || Showing::begin(access, Action::Include, query.as_str());
    let includes = (!included.is_empty()).then(begin).transpose()?;
    for (record, showing) in included.iter().zip(includes.iter().cycle()) {
        bundle.found(service.base(), record, "include", shown, showing)?;
    }
    let mut cut = cut;
    if let Some(signers) = &request.tells_provenance {
        let mut told = included_of(&request.pairs, &page.records);
        cut |= told.len() > include::MOST_INCLUDES;
        told.truncate(include::MOST_INCLUDES);
        let showing = match told.is_empty() {
            true => None,
            false => Some(Showing::begin(access, Action::Include, query)?),
        };
        for (record, (id, text)) in told.iter().zip(made_of(service, signers, &told).await?) {
            showing.iter().for_each(|showing| record.confirm(showing));
            bundle.made(&format!("{}/Provenance/{id}", service.base()), &text, "include");
        }
    }
    let mut remarks: Vec<Issue> = unknown.into_iter().map(as_warning).collect();
    if cut {
        remarks.push(Issue::warning(Fault::IncludesCut));
    }
    bundle.outcome(&remarks);
    Ok(bundle.finish())
}

fn parse(service: &Service, request: &SearchRequest) -> ParsedQuery {
    let settings = service.settings();
    let context = QueryContext {
        base: service.base(),
        now: Instant::now(),
        default_count: settings.default_count,
        most_count: settings.most_count,
    };
    service.store().registry().parse(&request.types(), &request.pairs, &context)
}

/// Restricts a plan to a compartment.
fn enter(
    registry: &Registry,
    plan: &mut SearchPlan,
    compartment: ResourceType,
    id: &LogicalId,
) -> Result<(), Problem> {
    if let [resource_type] = plan.types.as_slice() {
        let clause = registry.compartment(compartment, id, *resource_type);
        let clause = clause.ok_or_else(|| Problem::new(404, Fault::UnknownPath))?;
        if plan.book.is_none() {
            plan.book = registry.compartment_book(compartment, id, *resource_type);
        }
        plan.clauses.push(clause);
        return Ok(());
    }
    let mut types = Registry::compartment_members(compartment);
    types.retain(|kind| plan.types.is_empty() || plan.types.contains(kind));
    let member = |kind: &ResourceType| match registry.compartment(compartment, id, *kind)? {
        Clause::Id(ids) => Some(Clause::Members(*kind, ids)),
        clause => Some(clause),
    };
    plan.clauses.push(Clause::Any(types.iter().filter_map(member).collect()));
    plan.types = types;
    Ok(())
}

fn as_warning(issue: Issue) -> Issue {
    Issue { severity: Severity::Warning, ..issue }
}

/// A value that cannot be read.
fn invalid(name: &str) -> Problem {
    let issue = Issue::error(Fault::InvalidSearchValue { name: name.to_owned() });
    Problem::from_issue(400, issue.at(format!("http.{name}")))
}
