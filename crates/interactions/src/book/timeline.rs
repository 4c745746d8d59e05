//! `Patient/[id]/$timeline`: the events of a life, newest first (`docs/book.md`, section 2).
//!
//! Each kind of event is a search of its own in the order of its dates; a page is their merger. A link holds how far
//! each of them was read.

use std::collections::VecDeque;

use access::Access;
use audit_log::Action;
use fhir::{DateRange, Instant, LogicalId, ResourceType};
use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use json::Node;
use record_store::{Record, Showing};
use search::Position;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{InBook, LifeStage, invalid, unsupported};
use crate::bundle_text::BundleText;
use crate::logged::logged_query;
use crate::page::{PAGE_PARAMETER, page_url};
use crate::search::{PageCursor, bound, with_resource};
use crate::{Problem, Service, read};

const DEFAULT_COUNT: u32 = 20;
const MOST_COUNT: u32 = 100;
/// What stands beside each event.
const EXTENSION: &str = "urn:healthbook:timeline-event";
const CHECK_UP: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-checkup";

/// What kind of event it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A visit or stay.
    Encounter,
    /// A check-up.
    CheckUp,
    /// A vaccination.
    Immunization,
    /// Something was found.
    Diagnosis,
    /// Something was done.
    Procedure,
    /// A paper.
    Document,
}

impl EventKind {
    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Encounter => "encounter",
            Self::CheckUp => "check-up",
            Self::Immunization => "immunization",
            Self::Diagnosis => "diagnosis",
            Self::Procedure => "procedure",
            Self::Document => "document",
        }
    }
}

/// Where events come from: a type, criteria with the order, the elements that hold the date.
type Stream = (&'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const NO_MISTAKE: (&str, &str) = ("status:not", "entered-in-error");
const NO_MISTAKEN_FINDING: (&str, &str) = ("verification-status:not", "entered-in-error,refuted");

const STREAMS: [Stream; 7] = [
    ("Composition", &[NO_MISTAKE, ("_sort", "-date")], &["date"]),
    ("Encounter", &[NO_MISTAKE, ("_sort", "-date")], &["period"]),
    ("Immunization", &[("status", "completed"), ("_sort", "-date")], &["occurrenceDateTime"]),
    (
        "Condition",
        &[NO_MISTAKEN_FINDING, ("recorded-date:missing", "false"), ("_sort", "-recorded-date")],
        &["recordedDate"],
    ),
    (
        "Condition",
        &[NO_MISTAKEN_FINDING, ("recorded-date:missing", "true"), ("_sort", "-onset-date")],
        &["onsetDateTime", "onsetPeriod"],
    ),
    (
        "Procedure",
        &[("status:not", "entered-in-error,not-done"), ("_sort", "-date")],
        &["performedDateTime", "performedPeriod"],
    ),
    // The original of a message that was kept has no date of its own.
    ("DocumentReference", &[NO_MISTAKE, ("date:missing", "false"), ("_sort", "-date")], &["date"]),
];

/// How far a stream was read: this many events behind a place.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Progress {
    after: Option<PageCursor>,
    skip: u32,
    ended: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct TimelinePageState {
    count: u32,
    /// The moment of the walk, in microseconds.
    begun: i64,
    streams: Vec<Progress>,
}

/// An event.
#[derive(Debug)]
pub struct Event {
    /// The resource that makes it.
    pub record: Record,
    /// Its kind.
    pub kind: EventKind,
    /// Its date as it is written, if it has one.
    pub date: Option<String>,
    /// The stage of life in which it was.
    pub stage: Option<&'static LifeStage>,
    /// Where it was, as the resource refers to it.
    pub facility: Option<String>,
    /// First microsecond of the date.
    order: i64,
}

/// A page of events.
#[derive(Debug)]
pub struct Timeline {
    /// The events, newest first; without a date last.
    pub events: Vec<Event>,
    /// The sealed link to the next page, if there is one.
    pub next: Option<String>,
}

/// A page of the events that the caller sees. Who shows them notes that with [`Record::show`].
pub async fn timeline_of(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    count: Option<u32>,
    page: Option<&str>,
) -> Result<Timeline, Problem> {
    // A link that is broken must not be told where there is a book only.
    let place = bound(access, &format!("Patient/{patient}/$timeline"));
    let mut state: TimelinePageState = match page {
        Some(link) => service.links().open(&place, link)?,
        None => TimelinePageState {
            count: count.unwrap_or(DEFAULT_COUNT).clamp(1, MOST_COUNT),
            begun: service.store().moment().await?.microseconds(),
            streams: vec![Progress::default(); STREAMS.len()],
        },
    };
    let whose = read::read(service, access, ResourceType::PATIENT, patient).await?;
    let zone = service.store().registry().time_zone().clone();
    let birth = with_resource(&whose, |node| {
        let range = DateRange::parse(node.text("birthDate")?, &zone).ok()?;
        day_of(range.low, &zone)
    })?;
    let until = Instant::from_microseconds(state.begun);
    let book = InBook { service, access, patient, until };
    let count = state.count;
    let streams = STREAMS.iter().zip(&mut state.streams);
    let reading = streams.map(|(stream, progress)| read_stream(&book, stream, progress, count, birth, &zone));
    let mut heads = try_join_all(reading).await?;
    let events = merge(&mut heads, &mut state.streams, state.count);
    for ((left, more), progress) in heads.iter().zip(&mut state.streams) {
        progress.ended |= left.is_empty() && !more;
    }
    let next = match state.streams.iter().all(|progress| progress.ended) {
        true => None,
        false => Some(service.links().seal(&place, &state)?),
    };
    Ok(Timeline { events, next })
}

/// The events of a stream from where it stands, enough for a page, and whether there are more.
async fn read_stream(
    book: &InBook<'_>,
    (kind, criteria, dates): &Stream,
    progress: &mut Progress,
    count: u32,
    birth: Option<Date>,
    zone: &TimeZone,
) -> Result<(VecDeque<Event>, bool), Problem> {
    if progress.ended {
        return Ok((VecDeque::new(), false));
    }
    let position = |progress: &Progress| match &progress.after {
        Some(at) => Position::After(at.clone().into()),
        None => Position::First,
    };
    // What was skipped is not skipped for ever: a slow stream would be read from its beginning each time.
    while progress.skip >= count {
        let passed = book.find(kind, criteria, count, position(progress)).await?;
        let Some(next) = &passed.next else { break };
        progress.after = Some(next.into());
        progress.skip -= count;
    }
    let most = count.saturating_add(progress.skip);
    let page = book.find(kind, criteria, most, position(progress)).await?;
    let skip = usize::try_from(progress.skip).unwrap_or(usize::MAX);
    let mut events = VecDeque::new();
    for record in page.records.into_iter().skip(skip) {
        events.push_back(event(record, dates, birth, zone)?);
    }
    Ok((events, page.next.is_some()))
}

/// The newest of all streams; of the same date in the order of the streams.
fn merge(heads: &mut [(VecDeque<Event>, bool)], streams: &mut [Progress], count: u32) -> Vec<Event> {
    let mut events = Vec::new();
    for _ in 0..count {
        let newest = heads
            .iter()
            .enumerate()
            .filter_map(|(index, (events, _))| Some((events.front()?.order, std::cmp::Reverse(index))))
            .max();
        let Some((_, std::cmp::Reverse(index))) = newest else { break };
        if let (Some((head, _)), Some(progress)) = (heads.get_mut(index), streams.get_mut(index)) {
            progress.skip += 1;
            events.extend(head.pop_front());
        }
    }
    events
}

fn event(record: Record, dates: &[&str], birth: Option<Date>, zone: &TimeZone) -> Result<Event, Problem> {
    let (date, facility, is_check_up) = with_resource(&record, |node| {
        let date = dates.iter().find_map(|name| node.text(name).or_else(|| node.get(name)?.text("start")));
        let profiles = node.get("meta").and_then(|meta| meta.get("profile")).map(Node::items);
        let is_check_up = profiles
            .unwrap_or_default()
            .iter()
            .filter_map(Node::as_str)
            .any(|profile| profile.split('|').next() == Some(CHECK_UP));
        (date.map(str::to_owned), facility(node), is_check_up)
    })?;
    let kind = match record.resource_type.as_str() {
        "Composition" if is_check_up => EventKind::CheckUp,
        "Encounter" => EventKind::Encounter,
        "Immunization" => EventKind::Immunization,
        "Condition" => EventKind::Diagnosis,
        "Procedure" => EventKind::Procedure,
        _ => EventKind::Document,
    };
    let low = date.as_ref().and_then(|date| DateRange::parse(date, zone).ok()).map(|range| range.low);
    let stage =
        low.and_then(|low| day_of(low, zone)).zip(birth).and_then(|(day, birth)| LifeStage::at(birth, day));
    let facility = facility.filter(|_| !record.hides_places());
    Ok(Event { record, kind, date, stage, facility, order: low.unwrap_or(i64::MIN) })
}

/// The facility, where the type of resource says it.
fn facility(node: &Node<'_>) -> Option<String> {
    let organization =
        ["serviceProvider", "custodian"].iter().find_map(|name| node.get(name)?.text("reference"));
    organization.map(str::to_owned)
}

fn day_of(microseconds: i64, zone: &TimeZone) -> Option<Date> {
    Some(zone.to_datetime(Timestamp::from_microsecond(microseconds).ok()?).date())
}

/// The page as a Bundle.
pub async fn timeline(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    pairs: &[(String, String)],
) -> Result<String, Problem> {
    let (mut count, mut page) = (None, None);
    for (name, value) in pairs {
        match name.as_str() {
            "_count" => count = Some(value.parse().map_err(|_| invalid("_count"))?),
            PAGE_PARAMETER => page = Some(value.as_str()),
            "_format" | "_pretty" => {}
            _ => return Err(unsupported(name, "$timeline")),
        }
    }
    let found = timeline_of(service, access, patient, count, page).await?;
    let place = format!("Patient/{patient}/$timeline");
    let url = format!("{}/{place}", service.base());
    let itself = match (page, count) {
        (Some(page), _) => page_url(&url, page, pairs),
        (None, Some(count)) => format!("{url}?_count={count}"),
        (None, None) => url.clone(),
    };
    let mut links = vec![("self", itself)];
    links.extend(found.next.iter().map(|next| ("next", page_url(&url, next, pairs))));
    let mut bundle = BundleText::new("searchset", None, &links);
    let about = Some((ResourceType::PATIENT, patient.clone()));
    let showing = Showing::begin_about(access, Action::Operation, logged_query(&place, pairs), about)?;
    for event in &found.events {
        bundle.found_as(service.base(), &event.record, &extension(event).to_string(), &showing)?;
    }
    Ok(bundle.finish())
}

fn extension(event: &Event) -> Value {
    let mut parts = vec![json!({"url": "kind", "valueCode": event.kind.code()})];
    parts.extend(event.date.as_ref().map(|date| json!({"url": "date", "valueDateTime": date})));
    parts.extend(event.stage.map(|stage| json!({"url": "stage", "valueCode": stage.code})));
    let facility = event.facility.as_ref();
    parts.extend(facility.map(|it| json!({"url": "facility", "valueReference": {"reference": it}})));
    json!({"url": EXTENSION, "extension": parts})
}
