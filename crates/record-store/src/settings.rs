//! How to open a store.

use std::time::Duration;

/// Settings of a store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:PATH` or `postgres://...`.
    pub url: String,
    /// The zone of dates and times that name none.
    pub time_zone: jiff::tz::TimeZone,
    /// Time limit of a reading statement (PostgreSQL).
    pub statement_timeout: Duration,
    /// Connections for readers (PostgreSQL).
    pub connections: usize,
    /// Whether the file beside a SQLite database in which entries of the log of accesses wait is made anew where it is missing.
    /// Whoever does so gives up what waited in it.
    pub makes_waiting_file: bool,
}

impl StoreSettings {
    /// The settings for a database, with Vietnam's zone, 30 s and 16 connections.
    pub fn new(url: impl Into<String>) -> Self {
        let time_zone = jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh")
            .unwrap_or_else(|_| jiff::tz::TimeZone::fixed(jiff::tz::offset(7)));
        Self {
            url: url.into(),
            time_zone,
            statement_timeout: Duration::from_secs(30),
            connections: 16,
            makes_waiting_file: true,
        }
    }
}
