//! Which entries are looked at, and what they are (section 1).

use audit_log::{Action, Entry, Outcome};
use fhir::Instant;

use crate::burst::{Burst, Readers};
use crate::rule::RuleSettings;
use crate::time::night;

/// The last number of an action that reads or writes.
const LAST_ACTION: u8 = 19;
/// The role of a facility's system, behind which there may be anybody.
const SYSTEM: &str = "system";
/// The authority of the server's own work.
const EVERYTHING: &str = "everything";
/// Who asks a server without sign-in.
const UNRESTRICTED: &str = "unrestricted";
/// The purpose of an emergency.
const EMERGENCY: &str = "BTG";

/// An access that may be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The position of the entry.
    pub position: u64,
    /// When.
    pub at: Instant,
    /// Who: `Practitioner/..`, `Account/..`, `Device/..`.
    pub agent: String,
    /// The name under which that somebody is known; may be empty.
    pub agent_name: String,
    /// The role.
    pub role: String,
    /// `Organization/..`
    pub organization: String,
    /// Its name; may be empty.
    pub organization_name: String,
    /// `Patient/..`
    pub patient: String,
    /// Whether it made the book.
    pub is_first_entry: bool,
    /// Whether it was an emergency.
    pub is_emergency: bool,
    /// Whether a person asked, and not a system.
    pub is_person: bool,
    /// The night, where the role does not work at night.
    pub night: Option<i64>,
    /// Whether the person has read in too many books with it.
    pub burst: Option<Burst>,
    /// Whether it is too old to be told.
    pub is_old: bool,
}

/// Looks at entries in their order.
#[derive(Debug)]
pub struct Observer {
    settings: RuleSettings,
    readers: Readers,
}

impl Observer {
    /// Who has seen nothing yet.
    pub fn new(settings: RuleSettings) -> Self {
        Self { settings, readers: Readers::default() }
    }

    /// The settings.
    pub fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    /// Looks at an entry; `None` when it is none that is told.
    pub fn look(&mut self, position: u64, entry: &Entry<'_>, now: Instant) -> Option<Seen> {
        let is_access = entry.action.number() <= LAST_ACTION && entry.outcome == Outcome::Success;
        // Who is named by a search and not shown was not read.
        let asks = matches!(entry.action, Action::History | Action::Search | Action::Operation);
        let shows_nothing = asks && entry.shown == 0 && entry.authority.is_empty();
        if !is_access || shows_nothing || entry.organization.is_empty() || entry.patient.is_empty() {
            return None;
        }
        let is_person = *entry.role != *SYSTEM;
        let limits = (self.settings.many_books, self.settings.window);
        let burst = if is_person && reads(entry.action) {
            self.readers.note((&entry.agent, &entry.patient), (position, entry.time), limits)
        } else {
            None
        };
        let works_by_day = self.settings.day_roles.iter().any(|role| **role == *entry.role);
        let is_night_of_interest = is_person && works_by_day && reads(entry.action);
        Some(Seen {
            position,
            at: entry.time,
            agent: entry.agent.to_string(),
            agent_name: entry.agent_name.to_string(),
            role: entry.role.to_string(),
            organization: entry.organization.to_string(),
            organization_name: entry.organization_name.to_string(),
            patient: entry.patient.to_string(),
            is_first_entry: entry.action == Action::Create && *entry.resource == *entry.patient,
            is_emergency: *entry.purpose == *EMERGENCY,
            is_person,
            night: if is_night_of_interest { night(entry.time, &self.settings) } else { None },
            burst,
            is_old: now.microseconds().saturating_sub(entry.time.microseconds()) > self.settings.oldest,
        })
    }
}

/// The id of the `Communication` that an entry says the server has written, whoever's act it was. What people and clients write
/// is written by a rule of the policy.
pub fn message_of<'e>(entry: &'e Entry<'_>) -> Option<&'e str> {
    let is_written = entry.action.number() >= Action::Create.number() && entry.action != Action::Delete;
    let is_of_server = *entry.authority == *EVERYTHING && *entry.agent != *UNRESTRICTED;
    let is_new = is_written && entry.outcome == Outcome::Success && *entry.version == *"1";
    entry.resource.strip_prefix("Communication/").filter(|_| is_of_server && is_new)
}

fn reads(action: Action) -> bool {
    action.number() < Action::Create.number()
}
