//! What the tests of this crate share.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::tz::TimeZone;

use crate::{Hasher, Registry, Slot};

static SLOTS: LazyLock<HashMap<String, Slot>> = LazyLock::new(|| {
    Registry::slot_expressions().zip(1_i16..).map(|(name, number)| (name, Slot(number))).collect()
});

static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
    Registry::new(&SLOTS, Hasher::new([1; 16]), zone).with_base("http://own/fhir")
});

/// A registry with all slots, in Vietnamese time, at `http://own/fhir`.
pub(crate) fn registry() -> &'static Registry {
    &REGISTRY
}

/// The number of a slot.
pub(crate) fn slot(name: &str) -> Slot {
    *SLOTS.get(name).unwrap_or_else(|| panic!("no slot {name}"))
}

/// The name of a slot.
pub(crate) fn slot_name(slot: Slot) -> &'static str {
    SLOTS.iter().find(|(_, number)| **number == slot).map(|(name, _)| name.as_str()).unwrap()
}

/// Microseconds of a moment.
pub(crate) fn moment(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}
