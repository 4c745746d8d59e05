//! `GET Provenance?target=...`, `GET Provenance?patient=...`: what is made and what is stored, the newest first.

use access::{Access, Caller, Interaction};
use audit_log::{Action, Entry};
use fhir::{Fault, Instant, Issue};
use record_store::{HistoryCursor, HistoryScope, HistoryWindow, Record, Showing};
use search::{Named, Shown};
use serde::{Deserialize, Serialize};

use super::request::{Wanted, is_about_versions, is_type};
use super::stored::{MOST_STORED, stored};
use super::{PROVENANCE, Signers, covered, made_of_one};
use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::page::{PAGE_PARAMETER, page_url};
use crate::query_text::query_text;
use crate::search::SearchRequest;
use crate::{Problem, Service};

/// Versions that are looked at for one page, when an agent or a time is asked for.
const MOST_LOOKED_AT: usize = 2_000;

/// Versions of one step of such a search.
const STEP: u32 = 500;

/// Where page links are opened.
const PLACE: &str = "Provenance of versions";

/// The state of a walk.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct State {
    pairs: Vec<(String, String)>,
    /// What is written after this moment does not disturb the pages.
    begun: i64,
    /// Behind which version what is made goes on.
    after: (i64, i64, i32),
    /// How many of those that are stored were shown.
    shown: usize,
}

/// A version that is found: by which of the accesses, and the entry of its write.
struct Found {
    access: usize,
    version: Record,
    at: HistoryCursor,
    entry: Option<Entry<'static>>,
}

/// A page; `None` where the search is one of what is stored only.
pub(crate) async fn provenances(
    service: &Service,
    caller: &Caller,
    request: &SearchRequest,
) -> Result<Option<String>, Problem> {
    if !is_type(request) {
        return Ok(None);
    }
    let link = request.pairs.iter().find(|(name, _)| name == PAGE_PARAMETER);
    let walk: Option<State> = match link {
        Some((_, link)) => match service.links().open(PLACE, link) {
            Ok(walk) => Some(walk),
            // That of a search of what is stored.
            Err(_) => return Ok(None),
        },
        None if is_about_versions(request) => None,
        None => return Ok(None),
    };
    covered(service, caller, Interaction::Search)?;
    let pairs = walk.as_ref().map_or(&request.pairs, |walk| &walk.pairs);
    let wanted = Wanted::read(service, request, pairs)?;
    if request.strict && !wanted.unknown.is_empty() {
        return Err(Problem::from_issues(400, wanted.unknown).into_errors());
    }
    let begun = match &walk {
        Some(walk) => Instant::from_microseconds(walk.begun),
        None => service.store().moment().await?,
    };
    let state = walk.unwrap_or_else(|| State {
        pairs: wanted.understood.clone(),
        begun: begun.microseconds(),
        after: (i64::MAX, i64::MAX, i32::MAX),
        shown: 0,
    });
    page(service, caller, request, &wanted, state).await.map(Some)
}

async fn page(
    service: &Service,
    caller: &Caller,
    request: &SearchRequest,
    wanted: &Wanted,
    state: State,
) -> Result<String, Problem> {
    let begun = Instant::from_microseconds(state.begun);
    let scopes = scopes(service, caller, wanted)?;
    let (made, rest) = gather(service, &scopes, wanted, &state).await?;
    let stored = stored(service, caller, wanted, begun).await?;
    let (stored_access, stored) = stored.unzip();
    let stored = stored.unwrap_or_default();
    let is_cut = stored.len() >= usize::try_from(MOST_STORED).unwrap_or(usize::MAX);
    let mut made = made.into_iter().peekable();
    let mut others = stored.into_iter().skip(state.shown).peekable();
    let mut next = State { pairs: wanted.understood.clone(), ..state };
    let mut shown: Vec<Line> = Vec::new();
    while shown.len() < usize::try_from(wanted.count).unwrap_or(usize::MAX) {
        let time = others.peek().map(|other| other.last_updated.microseconds());
        let is_made = match (made.peek(), time) {
            (Some(found), Some(time)) => found.at.updated >= time,
            (Some(_), None) => true,
            // What is older than where the search for versions has stopped waits for the next page.
            (None, Some(time)) if rest.is_some_and(|rest| time < rest.updated) => break,
            (None, _) => false,
        };
        if is_made && let Some(found) = made.next() {
            next.after = (found.at.updated, found.at.key, found.at.version);
            shown.push(Line::Made(Box::new(found)));
        } else if let Some(record) = others.next() {
            next.shown += 1;
            shown.push(Line::Stored(record));
        } else {
            break;
        }
    }
    if let (Some(rest), None) = (rest, made.peek()) {
        next.after = (rest.updated, rest.key, rest.version);
    }
    let is_more = made.peek().is_some() || others.peek().is_some() || rest.is_some();
    let mut bundle = BundleText::new("searchset", None, &links(service, request, &next, is_more)?);
    let query = logged_query(&request.place(), &next.pairs);
    let (showings, others) = begin(&scopes, stored_access.as_ref(), wanted, &shown, &query)?;
    let versions: Vec<&Record> = shown.iter().filter_map(Line::version).collect();
    let mut states = Signers::of(service, caller).states(service, &versions).await?.into_iter();
    for line in &shown {
        match (line, &others) {
            (Line::Made(found), _) => {
                let Some(state) = states.next() else { continue };
                let (id, text) = made_of_one(service, &found.version, found.entry.as_ref(), state).await?;
                if let Some(Some(showing)) = showings.get(found.access) {
                    found.version.confirm(showing);
                    bundle.made(&format!("{}/{PROVENANCE}/{id}", service.base()), &text, "match");
                }
            }
            (Line::Stored(record), Some(showing)) => {
                bundle.found(service.base(), record, "match", &Shown::Whole, showing)?;
            }
            (Line::Stored(_), None) => {}
        }
    }
    let cut = is_cut.then(|| Issue::warning(Fault::IncludesCut));
    bundle.outcome(&wanted.unknown.iter().cloned().chain(cut).collect::<Vec<_>>());
    Ok(bundle.finish())
}

/// Begins to show a page: what is made by the access of each history, what is stored by its own. Where what is asked for is
/// not shown, it stands in its book, once, that it was asked for.
fn begin(
    scopes: &[(Access, HistoryScope)],
    stored: Option<&Access>,
    wanted: &Wanted,
    shown: &[Line],
    query: &str,
) -> Result<(Vec<Option<Showing>>, Option<Showing>), Problem> {
    let stored = stored.filter(|_| shown.iter().any(|line| matches!(line, Line::Stored(_))));
    let (mut showings, mut left) = (Vec::with_capacity(scopes.len()), Vec::new());
    for (index, (access, scope)) in scopes.iter().enumerate() {
        let mut named = match scope {
            HistoryScope::Instance(kind, id) => vec![Named::from((*kind, id.clone()))],
            _ => wanted.named(),
        };
        let is_of_it = |line: &Line| matches!(line, Line::Made(found) if found.access == index);
        // What is stored may be about it.
        let is_left = stored.is_some() && !shown.iter().any(is_of_it);
        if is_left {
            left.append(&mut named);
        }
        let begin = || Showing::begin_named(access, Action::Search, query, named);
        showings.push((!is_left).then(begin).transpose()?);
    }
    let others = stored.map(|access| Showing::begin_named(access, Action::Search, query, left));
    Ok((showings, others.transpose()?))
}

/// A line of a page.
enum Line {
    Made(Box<Found>),
    Stored(Record),
}

impl Line {
    /// The version about which something is made.
    fn version(&self) -> Option<&Record> {
        match self {
            Self::Made(found) => Some(&found.version),
            Self::Stored(_) => None,
        }
    }
}

/// In which histories is looked, and by which access: who may see a version may see where it comes from.
fn scopes(
    service: &Service,
    caller: &Caller,
    wanted: &Wanted,
) -> Result<Vec<(Access, HistoryScope)>, Problem> {
    if let Some(patient) = &wanted.patient {
        let access = service.decide(caller, Interaction::History, None)?;
        return Ok(vec![(access, HistoryScope::Book(patient.clone()))]);
    }
    let mut scopes = Vec::new();
    let mut known = Vec::new();
    for target in &wanted.targets {
        let name = (target.resource_type, target.id.clone());
        if !known.contains(&name) {
            let access = service.decide(caller, Interaction::History, Some(target.resource_type))?;
            scopes.push((access, HistoryScope::Instance(name.0, name.1.clone())));
            known.push(name);
        }
    }
    Ok(scopes)
}

/// One version more than a page holds, and where the search has stopped before all were looked at.
async fn gather(
    service: &Service,
    scopes: &[(Access, HistoryScope)],
    wanted: &Wanted,
    state: &State,
) -> Result<(Vec<Found>, Option<HistoryCursor>), Problem> {
    let count = usize::try_from(wanted.count).unwrap_or(usize::MAX);
    // Where not every version is asked for, more are looked at in one step: each step reads the history anew.
    let step = if wanted.is_filtered() { wanted.count.max(STEP) } else { wanted.count };
    let in_step = usize::try_from(step).unwrap_or(usize::MAX);
    let (updated, key, version) = state.after;
    let mut after = HistoryCursor { updated, key, version };
    let (mut found, mut looked_at) = (Vec::new(), 0);
    loop {
        let mut round: Vec<(usize, Record, HistoryCursor)> = Vec::new();
        let mut is_more = false;
        for (access, (gate, scope)) in scopes.iter().enumerate() {
            let until = Some(Instant::from_microseconds(state.begun));
            let window = HistoryWindow { until, count: step, after: Some(after), ..HistoryWindow::default() };
            let page = service.store().history(gate, scope, &window).await?;
            is_more |= page.next.is_some();
            round.extend(page.records.into_iter().zip(page.cursors).map(|(record, at)| (access, record, at)));
        }
        round.sort_by_key(|(_, _, at)| std::cmp::Reverse((at.updated, at.key, at.version)));
        // Of what is behind a page of one history another may hold more.
        is_more |= round.len() > in_step;
        round.truncate(in_step);
        looked_at += round.len();
        let last = round.last().map(|(_, _, at)| *at);
        round.retain(|(_, version, _)| wanted.admits(version));
        let versions: Vec<Record> = round.iter().map(|(_, version, _)| version.clone()).collect();
        let entries = service.store().writes_of(&versions).await?;
        for ((access, version, at), entry) in round.into_iter().zip(entries) {
            if wanted.admits_agents(&version, entry.as_ref()) {
                found.push(Found { access, version, at, entry });
            }
        }
        match last.filter(|_| is_more) {
            None => return Ok((found, None)),
            Some(last) if found.len() >= count || looked_at >= MOST_LOOKED_AT => {
                return Ok((found, Some(last)));
            }
            Some(last) => after = last,
        }
    }
}

fn links(
    service: &Service,
    request: &SearchRequest,
    next: &State,
    is_more: bool,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let url = match &request.compartment {
        Some((kind, id)) => format!("{}/{kind}/{id}/{PROVENANCE}", service.base()),
        None => format!("{}/{PROVENANCE}", service.base()),
    };
    // A posted search shows none of its values.
    let query = if request.posted { String::new() } else { query_text(&next.pairs) };
    let mark = if query.is_empty() { "" } else { "?" };
    let mut links = vec![("self", format!("{url}{mark}{query}"))];
    if is_more {
        links.push(("next", page_url(&url, &service.links().seal(PLACE, next)?, &next.pairs)));
    }
    Ok(links)
}
