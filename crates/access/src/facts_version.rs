//! A name for the way facts are read: it changes when a policy or a program would read other facts from a resource.

use std::fmt::Write as _;
use std::hash::Hasher as _;
use std::sync::Arc;

use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::source::Source;

/// Raised when the program reads other facts by the same policy.
const READING: u32 = 2;

/// The hash of the parts of a policy on which facts depend, as text. Names, classes, rules and sentences are no part of
/// it, nor is the version, nor what closes as a child grows: to change them leaves the rows as they are.
pub(crate) fn facts_version(source: &Source) -> Arc<str> {
    let mut text = format!(
        "{READING} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        source.time_zone,
        source.label_system,
        source.relation_system,
        source.confidentiality_systems,
        source.harmless,
        source.shield,
        source.opens_labels,
        source.clocks,
        source.systems,
        source.ages.steps.first().map(|step| &step.closes),
    );
    for label in &source.labels {
        let _ = write!(text, " {} {:?} {}", label.bit, label.code, label.shield);
        for set in &label.sets {
            let _ = write!(text, " {:?} {:?} {:?}", set.of, set.begins, set.codes);
        }
    }
    // No keys: it names a text and keeps no secret.
    let mut hasher = SipHasher13::new();
    hasher.write(text.as_bytes());
    Arc::from(format!("{:032x}", hasher.finish128().as_u128()))
}
