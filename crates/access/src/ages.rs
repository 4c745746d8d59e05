//! The age table: what a guardian sees of a minor, and until when.

use fhir::{Instant, PartialDate};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::Labels;

/// What holds from an age.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AgeStep {
    pub from: u8,
    pub closes: Labels,
    pub joins: bool,
}

/// The age table of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ages {
    majority: u8,
    steps: Vec<AgeStep>,
    all: Labels,
}

/// A stretch of a minor's life in which one step of the table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgeSlice {
    /// The age at which it begins, in years.
    pub from: u8,
    /// From this moment: local midnight of the birthday.
    pub begins: Instant,
    /// Until before this moment.
    pub ends: Instant,
    /// The labels that are open to a guardian.
    pub opens: Labels,
    /// Whether the child joins in consents.
    pub child_joins: bool,
}

impl Ages {
    pub(crate) fn new(majority: u8, steps: Vec<AgeStep>, all: Labels) -> Self {
        Self { majority, steps, all }
    }

    /// The age in years from which nobody is a guardian by age.
    pub fn majority(&self) -> u8 {
        self.majority
    }

    /// The ages at which something changes, without the majority.
    pub fn steps(&self) -> impl Iterator<Item = u8> {
        self.steps.iter().map(|step| step.from)
    }

    /// The labels that are open to a guardian of a minor of an age; `None` from the majority on.
    pub fn opens(&self, age: u8) -> Option<Labels> {
        if age >= self.majority {
            return None;
        }
        let step = self.steps.iter().rev().find(|step| step.from <= age)?;
        Some(self.all.without(step.closes))
    }

    /// The slices of a life, from the birth to the majority. Of a date that leaves the day open the first day
    /// counts: what closes with age closes earlier. Empty when the date is out of all reach.
    pub fn slices(&self, birth_date: &PartialDate, zone: &TimeZone) -> Vec<AgeSlice> {
        let born = birth_date.start.date();
        let mut slices = Vec::with_capacity(self.steps.len());
        for (place, step) in self.steps.iter().enumerate() {
            let next = self.steps.get(place + 1).map_or(self.majority, |next| next.from);
            let (Some(begins), Some(ends)) = (midnight(born, step.from, zone), midnight(born, next, zone))
            else {
                return Vec::new();
            };
            slices.push(AgeSlice {
                from: step.from,
                begins,
                ends,
                opens: self.all.without(step.closes),
                child_joins: step.joins,
            });
        }
        slices
    }
}

/// Midnight of a birthday. Who was born on 29 February becomes a year older on 1 March of a year without that day:
/// the day before is not yet the full year.
fn midnight(born: Date, years: u8, zone: &TimeZone) -> Option<Instant> {
    let year = born.year().checked_add(i16::from(years))?;
    let birthday = Date::new(year, born.month(), born.day()).or_else(|_| Date::new(year, 3, 1)).ok()?;
    let midnight = zone.to_timestamp(birthday.to_datetime(jiff::civil::Time::midnight())).ok()?;
    Some(Instant::from_microseconds(midnight.as_microsecond()))
}
