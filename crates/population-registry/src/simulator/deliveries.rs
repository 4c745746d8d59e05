//! The order of the feed: runs of events, in each of them any order, some events twice, some once more in a broken form.

use synthetic_nation::Citizens;

/// Most events of a run.
const MOST_IN_A_RUN: u64 = 10_000;

const MILLION: f64 = 1_000_000.0;

/// What is wrong with the feed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FeedFaults {
    /// The share of events that are delivered twice.
    pub duplicate_rate: f64,
    /// The share of events that are delivered once more in a broken form.
    pub malformed_rate: f64,
    /// Events in a run; within one they come in any order.
    pub reorder_window: u64,
}

/// How an event is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// As it is.
    Whole,
    /// Broken in one of several ways.
    Broken(u64),
}

/// The order of deliveries.
pub(super) struct Deliveries {
    run: u64,
    /// In a million.
    duplicates: u64,
    malformed: u64,
}

/// A place in the feed: a run, and how many of its deliveries were taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) run: u64,
    pub(super) taken: usize,
}

impl Place {
    pub(super) fn read(text: &str) -> Option<Self> {
        let (run, taken) = text.split_once('.')?;
        Some(Self { run: run.parse().ok()?, taken: taken.parse().ok()? })
    }

    pub(super) fn text(self) -> String {
        format!("{}.{}", self.run, self.taken)
    }
}

impl Deliveries {
    pub(super) fn new(faults: FeedFaults) -> Self {
        let rate = |rate: f64| (rate.clamp(0.0, 1.0) * MILLION) as u64;
        Self {
            run: faults.reorder_window.clamp(1, MOST_IN_A_RUN),
            duplicates: rate(faults.duplicate_rate),
            malformed: rate(faults.malformed_rate),
        }
    }

    /// What is delivered from a place on, at most so many, of the events that have happened; and the next place. A run is
    /// delivered when all of its events have happened.
    pub(super) fn from(
        &self,
        people: &Citizens,
        mut place: Place,
        most: usize,
        happened: u64,
        end: u64,
    ) -> (Vec<(u64, Form)>, Place) {
        let mut found = Vec::new();
        while found.len() < most {
            let last = place.run.saturating_add(1).saturating_mul(self.run).min(end);
            if place.run.saturating_mul(self.run) >= end || last > happened {
                break;
            }
            let run = self.of_run(people, place.run, end);
            let wanted = most - found.len();
            found.extend(run.iter().skip(place.taken).take(wanted));
            place.taken = place.taken.saturating_add(wanted);
            if place.taken >= run.len() {
                place = Place { run: place.run + 1, taken: 0 };
            }
        }
        (found, place)
    }

    /// The place in the feed before which everything has happened, and nothing that had not.
    pub(super) fn place_of(&self, happened: u64, end: u64) -> Place {
        // A run is delivered when all of it has happened, and the last run is whatever is left.
        let run = if happened >= end { end.div_ceil(self.run) } else { happened / self.run };
        Place { run, taken: 0 }
    }

    /// Everything that is delivered in a run.
    fn of_run(&self, people: &Citizens, run: u64, end: u64) -> Vec<(u64, Form)> {
        let events = |run: u64| {
            let first = run.saturating_mul(self.run);
            first.min(end)..first.saturating_add(self.run).min(end)
        };
        let is_last = events(run).end >= end;
        let mut found = Vec::new();
        if run > 0 {
            found.extend(
                events(run - 1).filter(|event| self.repeats(people, *event) == Some(true)).map(whole),
            );
        }
        for event in events(run) {
            let mut chance = people.chance("malformed", event);
            if chance.below(1_000_000) < self.malformed {
                found.push((event, Form::Broken(chance.below(5))));
            }
            found.push(whole(event));
            match self.repeats(people, event) {
                Some(is_late) if !is_late || is_last => found.push(whole(event)),
                _ => {}
            }
        }
        if self.run > 1 {
            let mut chance = people.chance("order", run);
            for place in (1..found.len()).rev() {
                let other = usize::try_from(chance.below(place as u64 + 1)).unwrap_or(place);
                found.swap(place, other);
            }
        }
        found
    }

    /// Whether an event comes twice, and then whether the second delivery is one of the next run.
    fn repeats(&self, people: &Citizens, event: u64) -> Option<bool> {
        let mut chance = people.chance("duplicate", event);
        (chance.below(1_000_000) < self.duplicates).then(|| chance.per_thousand(500))
    }
}

fn whole(event: u64) -> (u64, Form) {
    (event, Form::Whole)
}
