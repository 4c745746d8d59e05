//! One line for what one request did: who, when, what, why, and how it ended.

use audit_log::{Entry, Outcome};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::acts::{Act, act_of, is_part};
use super::done::{Done, done};
use super::people::who;
use super::reasons::{is_emergency, right, why};
use super::times::{moment, time_words};
use crate::Language;

/// Different things that a line names; of more it says that there are.
const MOST_NAMED: usize = 6;

/// How far apart the entries of one line may be. Whoever asks chooses the number of the request: the same one again and
/// again must not hide how often somebody looked.
const LONGEST: i64 = 60_000_000;

/// How what a line tells of ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOutcome {
    /// It was done.
    Done,
    /// It was refused: nothing was shown.
    Refused,
    /// Something broke.
    Failed,
}

/// What one request did with a book, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessLine {
    /// Who: name and role.
    pub who: String,
    /// The name of the facility; empty where there is none.
    pub facility: String,
    /// The id of its `Organization`.
    pub organization: Option<String>,
    /// The day.
    pub day: Date,
    /// Day and time.
    pub when: String,
    /// What was done.
    pub what: String,
    /// What for, and by what right.
    pub why: String,
    /// How it ended.
    pub outcome: LineOutcome,
    /// Whether it was an emergency.
    pub emergency: bool,
    /// The first and the last position in the log; `None` while an entry waits for its position.
    pub positions: Option<(u64, u64)>,
}

/// The lines of entries that stand in the order of the log, the newest first. `own` is the reference of whose book it is.
pub fn access_lines(
    entries: &[(Option<u64>, Entry<'_>)],
    own: &str,
    zone: &TimeZone,
    language: Language,
) -> Vec<AccessLine> {
    let groups = entries.chunk_by(|(_, one), (_, other)| is_same(one, other));
    let mut lines = Vec::new();
    for group in groups {
        // A group that lasts too long is several.
        let mut rest = group;
        while let Some((_, first)) = rest.first() {
            let newest = first.time.microseconds();
            let within = |(_, entry): &&(Option<u64>, Entry<'_>)| {
                newest.abs_diff(entry.time.microseconds()) <= LONGEST as u64
            };
            let count = rest.iter().take_while(within).count().max(1);
            let (part, behind) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            lines.extend(line(part, own, zone, language));
            rest = behind;
        }
    }
    lines
}

/// Whether two entries that follow each other tell of one request. What the server does for somebody has no purpose.
pub(super) fn is_same(one: &Entry<'_>, other: &Entry<'_>) -> bool {
    let purposes = [&*one.purpose, &*other.purpose];
    one.request == other.request
        && one.agent == other.agent
        && one.organization == other.organization
        && (purposes.contains(&"") || one.purpose == other.purpose)
        && one.outcome == other.outcome
}

fn line(
    group: &[(Option<u64>, Entry<'_>)],
    own: &str,
    zone: &TimeZone,
    language: Language,
) -> Option<AccessLine> {
    let (_, newest) = group.first()?;
    let positions: Vec<u64> = group.iter().filter_map(|(position, _)| *position).collect();
    let all_placed = positions.len() == group.len();
    // In the order in which it was done.
    let entries: Vec<&Entry<'_>> = group.iter().rev().map(|(_, entry)| entry).collect();
    let act = act_of(&entries, own);
    let rights: Vec<&str> = entries.iter().map(|entry| right(entry)).collect();
    let outcome = match newest.outcome {
        Outcome::Success => LineOutcome::Done,
        Outcome::Refused => LineOutcome::Refused,
        Outcome::Failed => LineOutcome::Failed,
    };
    let organization = newest.organization.split_once('/').map(|(_, id)| id.to_owned());
    let facility = match (newest.organization_name.is_empty(), &organization) {
        (true, Some(_)) => nameless_facility(language).to_owned(),
        _ => newest.organization_name.to_string(),
    };
    Some(AccessLine {
        who: who(newest, own, &rights, language),
        facility,
        organization,
        day: moment(newest.time, zone).date(),
        when: time_words(newest.time, zone, language),
        what: what(&entries, own, act, language),
        why: why(&entries, own, act, language),
        outcome,
        emergency: act.is_some_and(Act::is_emergency) || entries.iter().any(|entry| is_emergency(entry)),
        positions: all_placed.then(|| Some((*positions.iter().min()?, *positions.iter().max()?))).flatten(),
    })
}

/// What was done, each thing once, and how many entries were shown where the words do not say it.
fn what(entries: &[&Entry<'_>], own: &str, act: Option<Act>, language: Language) -> String {
    let (mut what, mut shown): (Vec<String>, u32) = (Vec::new(), 0);
    let mut more = false;
    for entry in entries {
        let done = match act.filter(|_| is_part(entry, own)) {
            Some(act) => Done { words: act.words(entry, language), is_counted: true },
            None => done(entry, own, language),
        };
        shown = shown.saturating_add(if done.is_counted { 0 } else { entry.shown });
        if !what.contains(&done.words) {
            more |= what.len() >= MOST_NAMED;
            if what.len() < MOST_NAMED {
                what.push(done.words);
            }
        }
    }
    if more {
        what.push(language.say("và việc khác", "and more").to_owned());
    }
    let mut what = what.join("; ");
    if shown > 1 {
        what.push_str(&format!(" – {shown} {}", language.say("mục", "entries")));
    }
    what
}

/// What a facility is called of which no name is known.
pub fn nameless_facility(language: Language) -> &'static str {
    language.say("cơ sở không rõ tên", "a facility whose name is not known")
}
