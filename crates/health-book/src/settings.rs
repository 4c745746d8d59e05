//! The limits of the acts.

use access::{Authority, Policy};
use fhir::Instant;

use crate::moment::{DAY, HOUR, plus};

/// The limits of the acts; times in seconds. How long a relation lasts is the policy's `[clocks]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharingSettings {
    /// Life of a presence code.
    pub code_life: i64,
    /// Living presence codes of a citizen.
    pub most_codes: usize,
    /// Longest relation by presence, in days, where the citizen says how long.
    pub presence_days: i64,
    /// How often it is renewed.
    pub emergency_renewals: u32,
    /// Whether nurses may ask for it.
    pub emergency_by_nurse: bool,
    /// Time for the review.
    pub review: i64,
    /// Living delegations of a citizen.
    pub most_delegations: usize,
    /// Longest delegation, and how far from now a relation is extended at most.
    pub longest: i64,
    /// Longest block.
    pub longest_block: i64,
    /// Time for the second officer.
    pub approval: i64,
    /// Days before majority at which both sides are told.
    pub majority_notice_days: i32,
}

impl Default for SharingSettings {
    fn default() -> Self {
        Self {
            code_life: 300,
            most_codes: 3,
            presence_days: 30,
            emergency_renewals: 2,
            emergency_by_nurse: false,
            review: 7 * DAY,
            most_delegations: 5,
            longest: 366 * DAY,
            longest_block: 100 * 366 * DAY,
            approval: 7 * DAY,
            majority_notice_days: 60,
        }
    }
}

/// When a relation ends that begins now, by the clocks of the policy; after a day where it has none for it.
pub(crate) fn clock(policy: &Policy, authority: Authority, now: Instant) -> Instant {
    policy.document().ends(authority, now).unwrap_or_else(|| plus(now, DAY))
}

/// So many tries in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    /// What is counted.
    pub what: &'static str,
    /// Tries.
    pub most: u32,
    /// In so many seconds from the first.
    pub within: i64,
}

pub(crate) const CODES_OF_FACILITY: Limit = Limit { what: "codes-facility", most: 30, within: 600 };
pub(crate) const CODES_OF_ACCOUNT: Limit = Limit { what: "codes-account", most: 10, within: 600 };
pub(crate) const PRESCRIPTIONS_OF_FACILITY: Limit = Limit { what: "rx-facility", most: 10, within: 600 };
pub(crate) const PRESCRIPTION: Limit = Limit { what: "rx-code", most: 5, within: DAY };
pub(crate) const EMERGENCIES: Limit = Limit { what: "emergency", most: 60, within: HOUR };
pub(crate) const PEOPLE: Limit = Limit { what: "people", most: 10, within: DAY };
