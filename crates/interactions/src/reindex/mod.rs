//! `$reindex`: the search parameters that this database holds as SearchParameter resources or in packages are put in
//! force, and what is there already is indexed by them.

mod parameters;

use std::convert::Infallible;

use access::{Access, Caller, Interaction};
use audit_log::Action;
use fhir::{Fault, Instant, Issue, ResourceType};
use record_store::{Begun, Deed, Journal, POLL, Phase, Reindex, Reindexer, Remark, Step};
use search::{Position, QueryContext, Registry};
use serde_json::{Value, json};

use self::parameters::{OWN_FAULTS, Reading, settle};
use crate::bundle::blocking;
use crate::search::with_resource;
use crate::{Problem, Service, follow_packages};

/// SearchParameters that are read at a time.
const PAGE: u32 = 200;

/// Takes the active SearchParameters of the database and those of its packages in use as its own parameters. Who works at reindexes does the rest.
pub async fn begin_reindex(service: &Service, access: &Access) -> Result<Begun, Problem> {
    // A package that was taken into use just now counts already.
    if let Err(error) = follow_packages(service).await {
        tracing::warn!(error = %error, "cannot load the packages in use: the reindex takes those in force");
    }
    // A command of the operator has its own entry.
    if Journal::current().is_some() {
        service.store().note(Deed::new(Action::Background, "$reindex")).await?;
    }
    let reading = read(service, access).await?;
    let (custom, remarks) = settle(reading, service.store().registry().custom());
    let begun = service.store().begin_reindex(access, custom, remarks).await?;
    service.reindexes().notify_one();
    Ok(begun)
}

/// Reads the active SearchParameters, those of R4 left out: they are in force already.
async fn read(service: &Service, access: &Access) -> Result<Reading, Problem> {
    let kind: ResourceType = "SearchParameter".parse().map_err(|_| Problem::new(500, Fault::Internal))?;
    let criteria = [("status".to_owned(), "active".to_owned())];
    let context =
        QueryContext { base: service.base(), now: Instant::now(), default_count: PAGE, most_count: PAGE };
    let mut plan = service.store().registry().parse(&[kind], &criteria, &context).plan;
    // Working out all definitions takes some milliseconds.
    let mut reading = blocking(|| Ok(Reading::new(Registry::of_r4()))).await?;
    loop {
        let page = service.store().search(access, &plan).await?;
        for record in &page.records {
            with_resource(record, |resource| reading.add(resource, record.id.as_str()))?;
        }
        match page.next {
            Some(next) => plan.position = Position::After(next),
            None => break,
        }
    }
    let packages = service.packages();
    blocking(move || {
        for package in &packages.packages {
            for text in package.of_type("SearchParameter") {
                // Whoever took the package into use was told of what cannot be read.
                if let Ok(resource) = json::parse(text.as_bytes(), &json::Limits::default()) {
                    reading.add_of_package(&resource);
                }
            }
        }
        Ok(reading)
    })
    .await
}

/// Works at the reindexes of the database as long as the server runs, and puts in force what another process has
/// changed.
pub async fn work_at_reindexes(service: Service) -> Result<Infallible, Problem> {
    let access = service.decide(&Caller::Background { job: "reindex" }, Interaction::Update, None)?;
    let mut reindexer = Reindexer::new(service.store().clone());
    let mut said = None;
    loop {
        match reindexer.step(&access).await {
            Ok(Step::Done(state)) => {
                if said != Some(state.phase) {
                    let Reindex { done, total, .. } = state;
                    tracing::info!(phase = ?state.phase, done, total, "reindexing");
                    said = Some(state.phase);
                }
                continue;
            }
            Ok(Step::Idle) => said = None,
            Ok(Step::People) => continue,
            Ok(Step::Elsewhere(_)) => {}
            Err(error) => tracing::warn!(error = %error, "a step of a reindex failed and is tried again"),
        }
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            () = service.reindexes().notified() => {}
        }
    }
}

/// What there is to say about the SearchParameters that a reindex has read.
pub fn reindex_issues(state: &Reindex) -> Vec<Issue> {
    state.remarks.iter().filter_map(issue).collect()
}

fn issue(remark: &Remark) -> Option<Issue> {
    let faults = OWN_FAULTS.iter().map(|make| make(remark.name.clone()));
    faults.into_iter().find(|fault| fault.code() == remark.code).map(Issue::warning)
}

/// How far a reindex is, as a `Parameters` resource.
pub fn reindex_document(service: &Service, state: Option<&Reindex>) -> String {
    let status = match state.map(|state| state.phase) {
        None => "never",
        Some(Phase::Walking) => "indexing",
        Some(Phase::Emptying) => "removing",
        Some(Phase::Finished) => "finished",
    };
    let number = |count: u64| i32::try_from(count).unwrap_or(i32::MAX);
    let (done, total) = state.map_or((0, 0), |state| (state.done, state.total.max(state.done)));
    let mut members = vec![
        json!({"name": "status", "valueCode": status}),
        json!({"name": "done", "valueUnsignedInt": number(done)}),
        json!({"name": "total", "valueUnsignedInt": number(total)}),
    ];
    for parameter in service.store().registry().custom() {
        let mut parts = vec![
            json!({"name": "url", "valueUri": parameter.url}),
            json!({"name": "code", "valueCode": parameter.code}),
        ];
        parts.extend(parameter.bases.iter().map(|base| json!({"name": "base", "valueCode": base})));
        let ready = if parameter.ready { "ready" } else { "indexing" };
        parts.push(json!({"name": "state", "valueCode": ready}));
        members.push(json!({"name": "parameter", "part": parts}));
    }
    let issues = state.map(reindex_issues).unwrap_or_default();
    if !issues.is_empty()
        && let Ok(outcome) = serde_json::from_str::<Value>(&fhir::outcome_json(&issues))
    {
        members.push(json!({"name": "issues", "resource": outcome}));
    }
    json!({"resourceType": "Parameters", "parameter": members}).to_string()
}
