//! `Observation/$lastn`: <https://hl7.org/fhir/R4/observation-operation-lastn.html>: of each code the latest.

use std::collections::HashMap;

use access::Access;
use audit_log::Action;
use fhir::{Fault, Instant, Issue, ResourceType};
use json::Node;
use record_store::{Record, Showing};
use search::{Position, QueryContext};

use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::query_text::query_text;
use crate::search::{look_up, with_resource};
use crate::{Problem, Service};

/// Observations that are looked at.
const MOST: usize = 20_000;
/// Observations that are read at a time.
const PAGE: u32 = 1_000;

/// The latest `max` Observations of each code (1 unless it is said), newest first; two Observations have the same code
/// when they share a coding, or the text where there is none. The other parameters are those of a search, of which one
/// must say whose Observations they are: `patient` or `subject`. What was entered in error or cancelled is left out,
/// unless `status` is asked for. What was posted stands in no link.
pub async fn lastn(
    service: &Service,
    access: &Access,
    pairs: &[(String, String)],
    strict: bool,
    posted: bool,
) -> Result<String, Problem> {
    let invalid = |name: &str| {
        let issue = Issue::error(Fault::InvalidSearchValue { name: name.to_owned() });
        Problem::from_issue(400, issue.at(format!("http.{name}")))
    };
    let observation: ResourceType = "Observation".parse().map_err(|_| Problem::new(500, Fault::Internal))?;
    let mut most = 1_usize;
    let mut criteria = Vec::new();
    for (name, value) in pairs {
        match name.as_str() {
            "max" => most = value.parse().ok().filter(|max| *max > 0).ok_or_else(|| invalid("max"))?,
            // The order and the number of the answer are the operation's.
            "_sort"
            | "_count"
            | "_total"
            | "_include"
            | "_revinclude"
            | "_include:iterate"
            | "_revinclude:iterate" => {
                let fault = Fault::UnsupportedParameter { name: name.clone(), kind: "$lastn".to_owned() };
                return Err(Problem::from_issue(400, Issue::error(fault).at(format!("http.{name}"))));
            }
            _ => criteria.push((name.clone(), value.clone())),
        }
    }
    let of = |name: &String, code: &str| name.split([':', '.']).next() == Some(code);
    if !criteria.iter().any(|(name, value)| !value.is_empty() && (of(name, "patient") || of(name, "subject")))
    {
        return Err(Problem::bad_request(Fault::WhoseObservations));
    }
    // What was entered in error is no finding, unless it is asked for.
    if !criteria.iter().any(|(name, _)| of(name, "status")) {
        criteria.push(("status:not".to_owned(), "entered-in-error,cancelled".to_owned()));
    }
    criteria.push(("_sort".to_owned(), "-date".to_owned()));
    let context =
        QueryContext { base: service.base(), now: Instant::now(), default_count: PAGE, most_count: PAGE };
    let parsed = service.store().registry().parse(&[observation], &criteria, &context);
    if !parsed.errors.is_empty() || (strict && !parsed.unknown.is_empty()) {
        return Err(Problem::from_issues(400, parsed.errors.into_iter().chain(parsed.unknown).collect()));
    }
    let mut plan = parsed.plan;
    if plan.count_only {
        return Err(invalid("_summary"));
    }
    look_up(service, access, &mut plan).await?;
    plan.until = Some(service.store().moment().await?);
    let mut groups = Groups { most, ..Groups::default() };
    let mut seen = 0;
    loop {
        let page = service.store().search(access, &plan).await?;
        seen += page.records.len();
        for record in page.records {
            groups.add(record)?;
        }
        match page.next {
            Some(_) if seen >= MOST => return Err(Problem::new(400, Fault::SearchTooCostly)),
            Some(next) => plan.position = Position::After(next),
            None => break,
        }
    }
    let mut understood: Vec<_> = parsed.understood.into_iter().filter(|pair| pairs.contains(pair)).collect();
    understood.extend(pairs.iter().filter(|(name, _)| name == "max").cloned());
    let place = format!("{}/Observation/$lastn", service.base());
    let query = if posted { String::new() } else { format!("?{}", query_text(&understood)) };
    let links = [("self", format!("{place}{query}"))];
    let mut bundle = BundleText::new("searchset", u64::try_from(groups.records.len()).ok(), &links);
    let asked: Vec<_> = pairs.iter().filter(|pair| understood.contains(pair)).cloned().collect();
    let asked = logged_query("Observation/$lastn", &asked);
    let showing = Showing::begin_named(access, Action::Operation, asked, parsed.named)?;
    for record in &groups.records {
        bundle.found(service.base(), record, "match", &plan.shown, &showing)?;
    }
    let remarks: Vec<Issue> = parsed
        .unknown
        .into_iter()
        .map(|issue| Issue { severity: fhir::Severity::Warning, ..issue })
        .collect();
    bundle.outcome(&remarks);
    Ok(bundle.finish())
}

/// Observations by their codes.
#[derive(Default)]
struct Groups {
    most: usize,
    /// By coding or text: the group.
    names: HashMap<String, usize>,
    /// How many of each group are taken.
    taken: Vec<usize>,
    records: Vec<Record>,
}

impl Groups {
    fn add(&mut self, record: Record) -> Result<(), Problem> {
        let names = with_resource(&record, names)?;
        let known = names.iter().find_map(|name| self.names.get(name).copied());
        let group = known.unwrap_or_else(|| {
            self.taken.push(0);
            self.taken.len() - 1
        });
        for name in names {
            self.names.entry(name).or_insert(group);
        }
        if let Some(taken) = self.taken.get_mut(group)
            && *taken < self.most
        {
            *taken += 1;
            self.records.push(record);
        }
        Ok(())
    }
}

/// The names of an Observation's code, each with whose Observation it is.
fn names(observation: &Node<'_>) -> Vec<String> {
    let subject =
        observation.get("subject").and_then(|subject| subject.text("reference")).unwrap_or_default();
    codes(observation).into_iter().map(|code| format!("{subject} {code}")).collect()
}

/// The codings of its code, or its text where there is none.
pub(crate) fn codes(observation: &Node<'_>) -> Vec<String> {
    let Some(code) = observation.get("code") else { return vec![String::new()] };
    let codings = code.get("coding").map(Node::items).unwrap_or_default();
    let named: Vec<String> = codings
        .iter()
        .filter_map(|coding| {
            Some(format!("{}|{}", coding.text("system").unwrap_or_default(), coding.text("code")?))
        })
        .collect();
    if named.is_empty() { vec![format!("text {}", code.text("text").unwrap_or_default())] } else { named }
}
