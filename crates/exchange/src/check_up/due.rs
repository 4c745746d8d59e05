//! The rule of the annual check-up: who is due, who has been examined, who is late (`docs/check-up.md`, section 8). Versions of
//! the rule are lines of `definitions/check-up-rule.tsv`.

use std::sync::LazyLock;

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::AgeGroup;
use super::record::years;

/// The name of the rule; a version stands behind it after `|`.
pub const DUE_RULE: &str = "urn:healthbook:rule:annual-check-up";

/// How somebody stands in a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DueState {
    /// Not examined in the year, and the day by which it has to be is not over.
    Due,
    /// Examined in the year.
    Done,
    /// Not examined in the year, and the day is over.
    Overdue,
}

impl DueState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Due, Self::Done, Self::Overdue];

    /// Its code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Done => "done",
            Self::Overdue => "overdue",
        }
    }

    /// The state of a code.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A version of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRule {
    version: u16,
    from_year: i16,
    months: i32,
}

/// What the rule says of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// The state.
    pub state: DueState,
    /// The last day on which the check-up is in time. Of somebody who was examined in the year, the last one of the next.
    pub due: Date,
    /// The day of the last check-up that counts, none when there is none.
    pub last: Option<Date>,
    /// For which form of the check-up the age is; none when the day of birth is not told, or has not come.
    pub group: Option<AgeGroup>,
}

static RULES: LazyLock<Vec<DueRule>> = LazyLock::new(|| {
    let lines = include_str!("../../definitions/check-up-rule.tsv").lines();
    let mut rules: Vec<DueRule> = lines.filter_map(DueRule::of_line).collect();
    rules.sort_by_key(|rule| (rule.from_year, rule.version));
    rules
});

/// Decides where the table has no line, which a test rules out.
const FIRST: DueRule = DueRule { version: 1, from_year: 2026, months: 12 };

impl DueRule {
    fn of_line(line: &str) -> Option<Self> {
        let mut cells = line.split('\t');
        let version = cells.next()?.parse().ok()?;
        let from_year = cells.next()?.parse().ok()?;
        let months = cells.next()?.parse().ok()?;
        Some(Self { version, from_year, months })
    }

    /// The version that decides of a year.
    pub fn of_year(year: i16) -> Self {
        let begun = RULES.iter().rev().find(|rule| rule.from_year <= year);
        begun.or_else(|| RULES.first()).copied().unwrap_or(FIRST)
    }

    /// Its number.
    pub fn version(&self) -> u16 {
        self.version
    }

    /// Name and version: `urn:healthbook:rule:annual-check-up|1`.
    pub fn canonical(&self) -> String {
        format!("{DUE_RULE}|{}", self.version)
    }

    /// The last day on which the next check-up is in time: the same day after the months, the last of that month where it has no
    /// such day (civil code of 2015, article 148: a period of years ends with the corresponding day).
    pub fn next_due(&self, last: Date) -> Date {
        last.checked_add(self.months.months()).unwrap_or(Date::MAX)
    }

    /// How somebody stands in a year, seen from a day: by the days of the check-ups, in any order. What is later than the year
    /// or than today says nothing about it.
    pub fn judge(&self, year: i16, today: Date, birth: Option<Date>, days: &[Date]) -> Judged {
        let known = days.iter().copied().filter(|day| *day <= today && day.year() <= year);
        let last = known.max();
        let due = match last {
            Some(last) => self.next_due(last),
            None => Date::new(year, 12, 31).unwrap_or(Date::MAX),
        };
        let state = match last {
            Some(last) if last.year() == year => DueState::Done,
            _ if due < today => DueState::Overdue,
            _ => DueState::Due,
        };
        let group =
            birth.filter(|birth| *birth <= today).map(|birth| AgeGroup::of_years(years(birth, today)));
        Judged { state, due, last, group }
    }

    /// The check-up that a check-up of this day repeats: the latest one not after it whose months are not
    /// over. Of two on one day that which is known already is the first.
    pub fn repeated(&self, day: Date, others: impl IntoIterator<Item = Date>) -> Option<Date> {
        others.into_iter().filter(|other| *other <= day && day < self.next_due(*other)).max()
    }
}

#[cfg(test)]
mod tests {
    use DueState::{Done, Due, Overdue};
    use jiff::civil::date;

    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_table_has_the_rule() {
        assert_eq!(RULES.len(), 1, "a new version needs its own tables of dates");
        let rule = DueRule::of_year(2026);
        assert_eq!(rule, FIRST);
        for year in [1999, 2025, 2026, 2100] {
            assert_eq!(DueRule::of_year(year).version(), 1, "{year}");
        }
        assert_eq!(rule.canonical(), "urn:healthbook:rule:annual-check-up|1");
    }

    #[test]
    fn states_by_date() {
        // year, today, check-ups, state, due
        let table: [(i16, &str, &[&str], DueState, &str); 22] = [
            (2026, "2026-11-29", &[], Due, "2026-12-31"),
            (2026, "2026-12-31", &[], Due, "2026-12-31"),
            (2026, "2027-01-01", &[], Overdue, "2026-12-31"),
            (2027, "2027-01-01", &[], Due, "2027-12-31"),
            (2026, "2026-06-01", &["2026-01-01"], Done, "2027-01-01"),
            (2026, "2026-12-31", &["2026-12-31"], Done, "2027-12-31"),
            (2027, "2027-01-01", &["2026-12-31"], Due, "2027-12-31"),
            (2027, "2027-01-01", &["2026-01-01"], Due, "2027-01-01"),
            (2027, "2027-01-02", &["2026-01-01"], Overdue, "2027-01-01"),
            (2026, "2026-06-15", &["2025-06-15"], Due, "2026-06-15"),
            (2026, "2026-06-16", &["2025-06-15"], Overdue, "2026-06-15"),
            (2026, "2026-01-01", &["2024-12-31"], Overdue, "2025-12-31"),
            (2026, "2026-01-01", &["2025-01-01"], Due, "2026-01-01"),
            // Of several the last counts, whatever their order.
            (2026, "2026-03-01", &["2025-12-01", "2019-05-05", "2024-06-01"], Due, "2026-12-01"),
            // The leap day.
            (2025, "2025-02-28", &["2024-02-29"], Due, "2025-02-28"),
            (2025, "2025-03-01", &["2024-02-29"], Overdue, "2025-02-28"),
            (2024, "2024-02-29", &["2023-02-28"], Overdue, "2024-02-28"),
            (2024, "2024-02-29", &["2024-02-29"], Done, "2025-02-28"),
            (2028, "2028-02-29", &["2027-03-01"], Due, "2028-03-01"),
            // A year that is over: what came after it says nothing about it.
            (2025, "2026-11-29", &["2024-05-01", "2026-02-01"], Overdue, "2025-05-01"),
            (2025, "2026-11-29", &["2025-05-01", "2026-02-01"], Done, "2026-05-01"),
            // A day that has not come is a mistake and says nothing.
            (2026, "2026-11-29", &["2026-12-01"], Due, "2026-12-31"),
        ];
        for (year, today, days, state, due) in table {
            let days: Vec<Date> = days.iter().map(|text| day(text)).collect();
            let found = DueRule::of_year(year).judge(year, day(today), None, &days);
            assert_eq!((found.state, found.due), (state, day(due)), "{year} on {today} after {days:?}");
        }
    }

    #[test]
    fn forms_by_age() {
        use AgeGroup::{Adult, Child, Pupil};
        let table = [
            ("2026-11-29", "2026-11-29", Some(Child)),
            ("2020-11-30", "2026-11-29", Some(Child)),
            ("2020-11-29", "2026-11-29", Some(Pupil)),
            ("2008-11-30", "2026-11-29", Some(Pupil)),
            ("2008-11-29", "2026-11-29", Some(Adult)),
            ("1926-11-29", "2026-11-29", Some(Adult)),
            // Born on the leap day: the birthday of other years is the first of March.
            ("2020-02-29", "2026-02-28", Some(Child)),
            ("2020-02-29", "2026-03-01", Some(Pupil)),
            ("2008-02-29", "2026-02-28", Some(Pupil)),
            ("2008-02-29", "2026-03-01", Some(Adult)),
            // Not born yet.
            ("2026-11-30", "2026-11-29", None),
        ];
        for (birth, today, group) in table {
            let found = DueRule::of_year(2026).judge(2026, day(today), Some(day(birth)), &[]);
            assert_eq!(found.group, group, "{birth} on {today}");
        }
    }

    #[test]
    fn a_second_examination_within_twelve_months_repeats_the_first() {
        let table = [
            ("2026-06-15", vec!["2025-06-15"], None),
            ("2026-06-14", vec!["2025-06-15"], Some("2025-06-15")),
            ("2025-06-16", vec!["2025-06-15"], Some("2025-06-15")),
            ("2025-06-15", vec!["2025-06-15"], Some("2025-06-15")),
            ("2025-06-14", vec!["2025-06-15"], None),
            ("2025-02-27", vec!["2024-02-29"], Some("2024-02-29")),
            ("2025-02-28", vec!["2024-02-29"], None),
            ("2027-01-01", vec!["2026-12-31", "2026-02-01"], Some("2026-12-31")),
            ("2026-01-01", vec!["2024-12-31", "2026-02-01"], None),
        ];
        for (on, others, first) in table {
            let found = DueRule::of_year(2026).repeated(day(on), others.iter().map(|text| day(text)));
            assert_eq!(found, first.map(day), "{on} after {others:?}");
        }
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_trouble() {
        let rule = DueRule::of_year(9999);
        assert_eq!(rule.next_due(Date::MAX), Date::MAX);
        assert_eq!(rule.judge(9999, Date::MAX, Some(Date::MIN), &[Date::MAX]).state, Done);
        assert_eq!(rule.repeated(date(9999, 12, 30), [date(9999, 12, 29)]), Some(date(9999, 12, 29)));
    }
}
