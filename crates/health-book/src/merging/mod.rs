//! People who turn out to be one, and who turn out not to be (`docs/merging.md`).
//!
//! | act | who |
//! |---|---|
//! | link, unlink a record without a verified number | who may update both |
//! | propose and confirm | administrator, auditor; two accounts |
//! | merge and part verified people | the population registry |

mod join;
mod link;
mod origin;
mod part;
mod recall;
mod registry;
mod work;
mod worker;

pub use link::{link, unlink};
pub use work::{Confirmed, Evidence, ProposeRequest, ReportRequest, confirm, counts, list, propose, report};
pub use worker::work_at_merges;

pub(crate) use registry::{follow, settle_awaited};

use access::MERGE;
use fhir::LogicalId;
use serde_json::Value;

use crate::HealthBook;
use crate::ledger::{Found, items, text};

/// By whose word people are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Somebody of a facility, about a record without a verified number.
    Link,
    /// The population registry.
    Registry,
    /// Two officers.
    Decision,
}

impl Word {
    const ALL: [Self; 3] = [Self::Link, Self::Registry, Self::Decision];

    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Registry => "registry",
            Self::Decision => "decision",
        }
    }

    /// By whose word somebody is replaced.
    pub(crate) fn of(patient: &Value) -> Option<Self> {
        let code = text(part_of(patient, "word")?, "/valueCode");
        Self::ALL.into_iter().find(|word| word.code() == code)
    }
}

/// A part of what a `Patient` tells of being replaced.
fn part_of<'v>(patient: &'v Value, name: &str) -> Option<&'v Value> {
    let told = items(patient, "/extension").iter().find(|it| text(it, "/url") == MERGE)?;
    items(told, "/extension").iter().find(|part| text(part, "/url") == name)
}

/// Who replaces somebody directly.
pub(crate) fn replaced_by(patient: &Value) -> Option<LogicalId> {
    LogicalId::try_from(text(part_of(patient, "into")?, "/valueId")).ok()
}

/// Whether the population registry, where there is one, knows the person; else whether there is a citizen number.
pub(crate) fn is_verified(book: &HealthBook, found: &Found) -> bool {
    let is_marked = items(&found.resource, "/extension")
        .iter()
        .any(|it| text(it, "/url") == interactions::registry::EXTENSION);
    is_marked || (book.registry().is_none() && !numbers(&found.resource).is_empty())
}

/// The numbers that replace the one of a `Patient`, as the registry says.
fn replacing_numbers(patient: &Value) -> impl Iterator<Item = &str> {
    let links = items(patient, "/link").iter().filter(|link| text(link, "/type") == "replaced-by");
    links.map(|link| text(link, "/other/identifier/value")).filter(|number| !number.is_empty())
}

/// The citizen numbers in force.
pub(crate) fn numbers(patient: &Value) -> Vec<&str> {
    let all = items(patient, "/identifier").iter();
    all.filter(|it| interactions::is_citizen_number(text(it, "/system")) && text(it, "/use") != "old")
        .map(|it| text(it, "/value"))
        .collect()
}
