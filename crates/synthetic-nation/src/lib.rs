//! The synthetic nation: Vietnamese people, households, facilities and visits as FHIR R4 transaction Bundles.
//!
//! For demonstrations, tests, the sandbox and benchmarks. Nobody in it exists: every citizen number starts with
//! 099, which no province has, telephone numbers start with four zeros, and people and facilities carry the
//! HTEST tag. Everything else is meant to be plausible: names, ages, households, places, illnesses, visits.
//!
//! ```
//! use healthbook_synthetic_nation::{Nation, Settings};
//!
//! let today = jiff::civil::date(2026, 11, 25);
//! let nation = Nation::new(Settings { people: 50, seed: 7, today });
//! let resources: usize = nation.bundles().map(|bundle| bundle.resources).sum();
//! assert!(resources > 1000);
//! ```
//!
//! The promises, each kept by a test:
//! * the same settings give the same bytes, on every machine;
//! * a household depends on seed, place in line and day only, so a larger nation starts with the smaller one;
//! * every entry is an update with a known id: loading twice changes nothing;
//! * citizen numbers and ids are unique, and every reference leads to a resource of the nation;
//! * memory stays flat: bundles are made one at a time.

mod acute_care;
mod allergy;
mod body;
mod book;
mod bundle;
mod calendar;
mod chance;
mod check_up;
mod check_up_findings;
mod check_up_message;
mod chronic_care;
mod citizens;
mod condition;
mod decimal;
mod demo;
mod facility;
mod facility_bundle;
mod household;
mod illness;
mod insurance;
mod json_text;
mod laboratory;
mod life;
mod maternity;
mod measure;
mod medicine;
mod names;
mod nation;
mod next_visit;
mod numbers;
mod parts;
mod patient;
mod people;
mod places;
mod plan;
mod procedure;
mod resident;
mod systems;
mod table;
mod vaccination;
mod visit;

pub use chance::Chance;
pub use check_up_message::NationCheckUp;
pub use citizens::{Citizen, Citizens, Home, Issue, Kin, MOST_CITIZENS, PlainName};
pub use demo::{Demo, DemoCitizen, DemoClient, DemoFacility, Story};
pub use nation::{MOST_PEOPLE, Nation};
pub use people::Sex;
pub use resident::Resident;

/// What a nation depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many people live in it.
    pub people: u32,
    /// Another seed is another nation; the facilities stay the same.
    pub seed: u64,
    /// The last day of its history. Within one calendar year the same people only grow older.
    pub today: jiff::civil::Date,
}

/// A transaction Bundle, ready to be written to a file or sent to a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationBundle {
    /// Stem of a file name: `facilities-01` or `household-00000017`.
    pub name: String,
    /// The Bundle as compact JSON.
    pub json: String,
    /// The number of its entries.
    pub resources: usize,
}
