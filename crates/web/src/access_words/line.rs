//! One line for what one request did: who, when, what, why, and how it ended.

use audit_log::{Entry, Outcome};
use fhir::Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::done::done;
use super::people::who;
use super::reasons::{is_emergency, right, why};
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

/// Whether two entries that follow each other tell of one request.
pub(super) fn is_same(one: &Entry<'_>, other: &Entry<'_>) -> bool {
    one.request == other.request
        && one.agent == other.agent
        && one.organization == other.organization
        && one.purpose == other.purpose
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
    let mut what: Vec<String> = Vec::new();
    let mut more = false;
    // In the order in which it was done.
    for (_, entry) in group.iter().rev() {
        let words = done(entry, language);
        if !what.contains(&words) {
            more |= what.len() >= MOST_NAMED;
            if what.len() < MOST_NAMED {
                what.push(words);
            }
        }
    }
    if more {
        what.push(language.say("và việc khác", "and more").to_owned());
    }
    let mut what = what.join("; ");
    let shown = group.iter().fold(0_u32, |sum, (_, entry)| sum.saturating_add(entry.shown));
    if shown > 1 {
        what.push_str(&format!(" – {shown} {}", language.say("mục", "entries")));
    }
    let outcome = match newest.outcome {
        Outcome::Success => LineOutcome::Done,
        Outcome::Refused => LineOutcome::Refused,
        Outcome::Failed => LineOutcome::Failed,
    };
    let organization = newest.organization.split_once('/').map(|(_, id)| id.to_owned());
    let facility = match (newest.organization_name.is_empty(), &organization) {
        (true, Some(_)) => {
            language.say("cơ sở không rõ tên", "a facility whose name is not known").to_owned()
        }
        _ => newest.organization_name.to_string(),
    };
    Some(AccessLine {
        who: who(newest, own, right(newest), language),
        facility,
        organization,
        day: moment(newest.time, zone).date(),
        when: time_words(newest.time, zone, language),
        what,
        why: why(newest, own, language),
        outcome,
        emergency: group.iter().any(|(_, entry)| is_emergency(entry)),
        positions: all_placed.then(|| Some((*positions.iter().min()?, *positions.iter().max()?))).flatten(),
    })
}

fn moment(time: Instant, zone: &TimeZone) -> jiff::civil::DateTime {
    let timestamp =
        jiff::Timestamp::from_microsecond(time.microseconds()).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    zone.to_datetime(timestamp)
}

/// Day and time as people write them: `14:05:09 ngày 28/11/2026`.
pub fn time_words(time: Instant, zone: &TimeZone, language: Language) -> String {
    let moment = moment(time, zone);
    let clock = format!("{:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second());
    match language {
        Language::Vietnamese => format!("{clock} ngày {}", day_words(moment.date(), language)),
        Language::English => format!("{}, {clock}", day_words(moment.date(), language)),
    }
}

/// A day as people write it.
pub fn day_words(day: Date, language: Language) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    match language {
        Language::Vietnamese => format!("{:02}/{:02}/{}", day.day(), day.month(), day.year()),
        Language::English => {
            let month = usize::try_from(day.month() - 1).ok().and_then(|month| MONTHS.get(month));
            format!("{} {} {}", day.day(), month.copied().unwrap_or_default(), day.year())
        }
    }
}
