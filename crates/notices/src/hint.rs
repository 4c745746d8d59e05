//! From an access and the facts about it to what is told (section 2).

use fhir::Instant;

use crate::family::{PersonalName, is_hint_at_family};
use crate::observe::Seen;
use crate::rule::AccessRule;
use crate::time::{day, month};

/// What has to be known beside the entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Whether the facility has been in this book before.
    pub is_known_facility: bool,
    /// The name of who read.
    pub reader: Option<PersonalName>,
    /// The name of the citizen.
    pub citizen: Option<PersonalName>,
    /// Whether the citizen is staff of the facility, and another person than who read.
    pub is_colleague: bool,
    /// Whether the facility has a visit of the citizen that is in progress.
    pub is_visit_in_progress: bool,
}

/// What is to be told in one book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// By which rule.
    pub rule: AccessRule,
    /// In whose book: `Patient/..`.
    pub patient: String,
    /// The entries that caused it, as far as they are about this book.
    pub positions: Vec<u64>,
    /// When.
    pub at: Instant,
    /// Text that is the same for what is told once only.
    pub once: String,
    /// The same for the officer of the facility, who is told once for all books.
    pub pattern: Option<String>,
}

/// What is to be told about an access.
pub fn judge(seen: &Seen, facts: &Facts) -> Vec<Hint> {
    let mut hints = Vec::new();
    if seen.is_old {
        return hints;
    }
    let mut add = |rule: AccessRule, who: &str, when: i64, (position, patient): (u64, &str)| {
        hints.push(Hint {
            rule,
            patient: patient.to_owned(),
            positions: vec![position],
            at: seen.at,
            once: format!("{} {patient} {who} {when}", rule.code()),
            pattern: rule.is_pattern().then(|| format!("{} {} {who} {when}", rule.code(), seen.organization)),
        });
    };
    let here = (seen.position, seen.patient.as_str());
    if !facts.is_known_facility && !seen.is_first_entry && !seen.is_emergency {
        add(AccessRule::NewFacility, &seen.organization, 0, here);
    }
    if !seen.is_person {
        return hints;
    }
    if let (Some(reader), Some(citizen)) = (&facts.reader, &facts.citizen)
        && is_hint_at_family(reader, citizen)
    {
        add(AccessRule::SameFamily, &seen.agent, month(seen.at), here);
    }
    if facts.is_colleague {
        add(AccessRule::Colleague, &seen.agent, month(seen.at), here);
    }
    for (position, patient) in seen.burst.iter().flat_map(|burst| &burst.readings) {
        add(AccessRule::ManyBooks, &seen.agent, day(seen.at), (*position, patient));
    }
    if let Some(night) = seen.night
        && !facts.is_visit_in_progress
    {
        add(AccessRule::Night, &seen.agent, night, here);
    }
    hints
}
