//! A page of the feed.

use fhir::Instant;
use serde_json::Value;

use crate::event::is_plain;
use crate::{Delivery, RegistryError};

/// Most events of a page.
pub const MOST_EVENTS: u16 = 1_000;

/// Most letters of a cursor.
const LONGEST_CURSOR: usize = 128;

/// A place in the feed, as the registry names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

/// The text is not a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor has 1 to 128 plain letters")]
pub struct NoCursor;

impl Cursor {
    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Cursor {
    type Error = NoCursor;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        if is_plain(text, LONGEST_CURSOR) { Ok(Self(text.to_owned())) } else { Err(NoCursor) }
    }
}

/// How many events a page may have: 1 to [`MOST_EVENTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageSize(u16);

impl PageSize {
    /// So many, or as near as it is allowed.
    pub fn clamped(size: usize) -> Self {
        Self(u16::try_from(size).unwrap_or(MOST_EVENTS).clamp(1, MOST_EVENTS))
    }

    /// A tenth of it, after an answer that was too large; `None` of one.
    pub fn smaller(self) -> Option<Self> {
        (self.0 > 1).then(|| Self((self.0 / 10).max(1)))
    }

    /// The number.
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

/// A page.
#[derive(Clone, PartialEq, Eq)]
pub struct EventPage {
    /// What was delivered, in the order of the feed.
    pub deliveries: Vec<Delivery>,
    /// Where the next page begins.
    pub next: Cursor,
    /// The time at the registry.
    pub time: Instant,
}

impl EventPage {
    /// Reads a page of so many events at most.
    pub fn read(body: &[u8], size: PageSize) -> Result<Self, RegistryError> {
        let wrong = RegistryError::Malformed;
        let mut page: Value = serde_json::from_slice(body).map_err(|_| wrong("the page is not JSON"))?;
        let text = |name: &str| page.get(name).and_then(Value::as_str);
        let next = text("next").and_then(|text| Cursor::try_from(text).ok());
        let next = next.ok_or(wrong("the page has no next cursor"))?;
        let time = text("time").and_then(|text| Instant::try_from(text).ok());
        let time = time.ok_or(wrong("the page has no time"))?;
        let Some(Value::Array(items)) = page.get_mut("events").map(Value::take) else {
            return Err(wrong("the page has no events"));
        };
        if items.len() > size.get() {
            return Err(wrong("the page is longer than it was asked for"));
        }
        Ok(Self { deliveries: items.into_iter().map(Delivery::read).collect(), next, time })
    }
}
