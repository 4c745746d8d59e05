//! What is counted of the registry's events: never a person.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use fhir::Instant;
use population_registry::{Event, EventKind};

use super::lag::Distribution;
use super::told::{ANSWER, FEED};

/// The ways on which something comes.
const LINKS: [&str; 3] = [ANSWER, FEED, "social-insurance"];

#[derive(Debug, Default)]
struct Counted {
    outcomes: BTreeMap<&'static str, u64>,
    provinces: BTreeMap<String, Distribution>,
    kinds: BTreeMap<&'static str, Distribution>,
    links: BTreeMap<&'static str, Distribution>,
}

/// The figures of this server since its start.
#[derive(Debug, Default)]
pub struct RegistryFigures(Mutex<Counted>);

impl RegistryFigures {
    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn came(&self, outcome: &'static str) {
        let mut counted = self.counted();
        let count = counted.outcomes.entry(outcome).or_default();
        *count = count.saturating_add(1);
    }

    /// What was asked at a moment is in the book.
    pub(super) fn answered(&self, link: &'static str, asked: Instant, now: Instant) {
        self.counted().links.entry(link).or_default().add(seconds_between(asked, now));
    }

    /// An event is visible in the book.
    pub(super) fn visible(&self, event: &Event, now: Instant) {
        let seconds = seconds_between(event.emitted, now);
        let record = &event.record;
        let place = record.current.as_ref().or(record.permanent.as_ref());
        // A label must not be any text that the other side likes.
        let is_code = |code: &&String| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_digit());
        let province = place.and_then(|place| place.province.as_ref()).filter(is_code);
        let province = province.map_or("unknown", String::as_str).to_owned();
        let mut counted = self.counted();
        counted.provinces.entry(province).or_default().add(seconds);
        counted.kinds.entry(kind(event.kind)).or_default().add(seconds);
        counted.links.entry(FEED).or_default().add(seconds);
    }

    /// Events by what came of them.
    pub fn outcomes(&self) -> BTreeMap<&'static str, u64> {
        self.counted().outcomes.clone()
    }

    /// From emitted to visible, by province.
    pub fn by_province(&self) -> BTreeMap<String, Distribution> {
        self.counted().provinces.clone()
    }

    /// From emitted to visible, by kind of event.
    pub fn by_kind(&self) -> BTreeMap<&'static str, Distribution> {
        self.counted().kinds.clone()
    }

    /// From the event, or from the question, to the book, by the way on which it came. All ways are there, also those on
    /// which nothing has come.
    pub fn by_link(&self) -> BTreeMap<&'static str, Distribution> {
        let mut all = BTreeMap::from(LINKS.map(|link| (link, Distribution::default())));
        all.extend(self.counted().links.clone());
        all
    }
}

fn seconds_between(from: Instant, to: Instant) -> f64 {
    to.microseconds().saturating_sub(from.microseconds()).max(0) as f64 / 1e6
}

fn kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Birth => "birth",
        EventKind::Death => "death",
        EventKind::Correction => "correction",
        EventKind::Name => "name",
        EventKind::Address => "address",
        EventKind::Reissue => "reissue",
        EventKind::Merge => "merge",
        EventKind::Guardianship => "guardianship",
        EventKind::Move => "move",
    }
}
