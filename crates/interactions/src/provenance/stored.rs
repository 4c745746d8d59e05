//! `Provenance` that others have sent: found by the same search, beside what is made.

use access::{Access, Caller, Denied, Interaction};
use fhir::{Instant, ReferenceText};
use json::Node;
use record_store::Record;
use search::{QueryContext, Total};

use super::PROVENANCE;
use super::request::{Asked, Wanted};
use crate::search::{look_up, with_resource};
use crate::{Problem, Service};

/// Of more than these only the newest are found.
pub(super) const MOST_STORED: u32 = 1_000;

/// What is stored and satisfies a search, the newest first, and by which access; `None` where the type is closed to the
/// caller.
pub(super) async fn stored(
    service: &Service,
    caller: &Caller,
    wanted: &Wanted,
    until: Instant,
) -> Result<Option<(Access, Vec<Record>)>, Problem> {
    let kind = PROVENANCE.parse().map_err(|_| Problem::not_found())?;
    let access = match service.decide(caller, Interaction::Search, Some(kind)) {
        Ok(access) => access,
        // Facilities see no messages of others about provenance (docs/access.md, section 4).
        Err(Denied::Forbidden) => return Ok(None),
        Err(denied) => return Err(denied.into()),
    };
    let mut pairs = Vec::new();
    if let Some(patient) = &wanted.patient {
        pairs.push(("patient".to_owned(), format!("Patient/{patient}")));
    }
    if !wanted.targets.is_empty() {
        let targets: Vec<String> =
            wanted.targets.iter().map(|target| format!("{}/{}", target.resource_type, target.id)).collect();
        pairs.push(("target".to_owned(), targets.join(",")));
    }
    let more = wanted.understood.iter().filter(|(name, _)| matches!(name.as_str(), "agent" | "recorded"));
    pairs.extend(more.cloned());
    let all = search(service, &access, &pairs, Some(until), MOST_STORED).await?;
    let mut found = Vec::with_capacity(all.len());
    for record in all {
        if names(&record, wanted, service)? {
            found.push(record);
        }
    }
    Ok(Some((access, found)))
}

/// What is stored and satisfies criteria, the newest first, at most so many.
pub(super) async fn search(
    service: &Service,
    access: &Access,
    criteria: &[(String, String)],
    until: Option<Instant>,
    most: u32,
) -> Result<Vec<Record>, Problem> {
    let kind = PROVENANCE.parse().map_err(|_| Problem::not_found())?;
    let mut pairs =
        vec![("_sort".to_owned(), "-_lastUpdated".to_owned()), ("_count".to_owned(), most.to_string())];
    pairs.extend_from_slice(criteria);
    let context =
        QueryContext { base: service.base(), now: Instant::now(), default_count: most, most_count: most };
    let parsed = service.store().registry().parse(&[kind], &pairs, &context);
    if !parsed.errors.is_empty() {
        return Err(Problem::from_issues(400, parsed.errors));
    }
    let mut plan = parsed.plan;
    plan.total = Total::None;
    plan.until = until;
    look_up(service, access, &mut plan).await?;
    Ok(service.store().search(access, &plan).await?.records)
}

/// Whether a stored one is about what is asked for: where a version is asked for, that one or no certain one.
fn names(record: &Record, wanted: &Wanted, service: &Service) -> Result<bool, Problem> {
    if wanted.targets.iter().all(|target| target.version.is_none()) {
        return Ok(true);
    }
    with_resource(record, |resource| {
        let targets = resource.get("target").map(Node::items).unwrap_or_default();
        let texts = targets.iter().filter_map(|target| target.text("reference"));
        texts.into_iter().any(|text| wanted.targets.iter().any(|asked| is(asked, text, service.base())))
    })
}

fn is(asked: &Asked, text: &str, base: &str) -> bool {
    let parsed = ReferenceText::parse(text);
    let same = parsed.local(base).is_some_and(|(kind, id)| kind == asked.resource_type && *id == asked.id);
    let version = match &parsed {
        ReferenceText::Literal { version, .. } => *version,
        _ => None,
    };
    same && (asked.version.is_none() || version.is_none() || version == asked.version)
}
