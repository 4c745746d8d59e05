//! What names a definition, and which of several editions with one url counts.

use std::cmp::Ordering;

use json::Node;

use crate::node::{items, text};

/// Where R4 says when a definition is in force.
const IN_FORCE: &str = "http://hl7.org/fhir/StructureDefinition/artifact-effectivePeriod";

/// First and last day, where they are said.
pub type InForce = (Option<Box<str>>, Option<Box<str>>);

/// Url, version and dates of a CodeSystem, ValueSet or ConceptMap.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edition {
    /// The canonical url; empty for a definition that came without one.
    pub url: Box<str>,
    /// The version.
    pub version: Option<Box<str>>,
    /// The name for programs.
    pub name: Option<Box<str>>,
    /// The name for people.
    pub title: Option<Box<str>>,
    /// `draft`, `active`, ...
    pub status: Option<Box<str>>,
    /// When it was changed last.
    pub date: Option<Box<str>>,
    /// The language of its displays.
    pub language: Option<Box<str>>,
    /// First and last day on which it is in force; `None` when nothing is said.
    pub in_force: Option<InForce>,
}

impl Edition {
    pub(crate) fn read(resource: &Node<'_>) -> Self {
        let period = items(resource, "extension").iter().find(|it| it.text("url") == Some(IN_FORCE));
        let period = period.and_then(|extension| extension.get("valuePeriod"));
        Self {
            url: text(resource, "url").unwrap_or_default(),
            version: text(resource, "version"),
            name: text(resource, "name"),
            title: text(resource, "title"),
            status: text(resource, "status"),
            date: text(resource, "date"),
            language: text(resource, "language"),
            in_force: period.map(|period| (text(period, "start"), text(period, "end"))),
        }
    }

    /// `url|version`, or the url alone.
    pub fn canonical(&self) -> String {
        match &self.version {
            Some(version) => format!("{}|{version}", self.url),
            None => self.url.to_string(),
        }
    }

    /// Whether it is in force on a day; `None` when it does not say.
    pub fn is_in_force(&self, day: &str) -> Option<bool> {
        let (start, end) = self.in_force.as_ref()?;
        let not_before = start.as_deref().is_none_or(|start| compare_days(day, start) != Ordering::Less);
        let not_after = end.as_deref().is_none_or(|end| compare_days(day, end) != Ordering::Greater);
        Some(not_before && not_after)
    }

    /// Older before newer: by the day from which they are in force where both say when that is, then by date where both
    /// have one that differs, then by version.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let by_force = match (&self.in_force, &other.in_force) {
            (Some((Some(mine), _)), Some((Some(theirs), _))) => compare_days(mine, theirs),
            (Some((mine, _)), Some((theirs, _))) => mine.is_some().cmp(&theirs.is_some()),
            _ => Ordering::Equal,
        };
        let by_date = match (&self.date, &other.date) {
            (Some(mine), Some(theirs)) => compare_days(mine, theirs),
            _ => Ordering::Equal,
        };
        by_force
            .then(by_date)
            .then_with(|| compare_versions(self.version.as_deref(), other.version.as_deref()))
    }
}

/// Dates of any precision; what one of them leaves open does not make a difference. Times of the day do not count.
fn compare_days(left: &str, right: &str) -> Ordering {
    let length = left.len().min(right.len()).min("2026-07-01".len());
    left.as_bytes().get(..length).cmp(&right.as_bytes().get(..length))
}

/// `1.10` is after `1.9`: parts that are numbers compare as numbers.
fn compare_versions(left: Option<&str>, right: Option<&str>) -> Ordering {
    let (Some(left), Some(right)) = (left, right) else { return left.is_some().cmp(&right.is_some()) };
    let separator = |character: char| matches!(character, '.' | '-' | '+' | '_');
    let (mut left, mut right) = (left.split(separator), right.split(separator));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => Ordering::Less,
            (Some(_), None) => Ordering::Greater,
            (Some(mine), Some(theirs)) => match (mine.parse::<u64>(), theirs.parse::<u64>()) {
                (Ok(mine), Ok(theirs)) => mine.cmp(&theirs),
                _ => mine.cmp(theirs),
            },
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_by_number() {
        for (older, newer) in
            [("1.9", "1.10"), ("2025-01-01", "2025-10-01"), ("1", "1.0"), ("4.0.0", "4.0.1")]
        {
            assert_eq!(compare_versions(Some(older), Some(newer)), Ordering::Less, "{older} {newer}");
        }
        assert_eq!(compare_versions(None, Some("1")), Ordering::Less);
    }

    #[test]
    fn what_came_into_force_later_is_newer() {
        let edition = |version: &str, start: Option<&str>, end: Option<&str>| Edition {
            version: Some(version.into()),
            in_force: Some((start.map(Into::into), end.map(Into::into))),
            ..Edition::default()
        };
        let (old, new) =
            (edition("9-2025", None, Some("2026-06-30")), edition("06-2026", Some("2026-07-01"), None));
        assert_eq!(old.compare(&new), Ordering::Less);
        assert_eq!(new.compare(&edition("1", Some("2027-01-01"), None)), Ordering::Less);
    }

    #[test]
    fn a_period_holds_its_ends() {
        let period = |start: Option<&str>, end: Option<&str>| Edition {
            in_force: Some((start.map(Into::into), end.map(Into::into))),
            ..Edition::default()
        };
        let until = period(None, Some("2026-06-30"));
        assert_eq!(until.is_in_force("2026-06-30"), Some(true));
        assert_eq!(until.is_in_force("2026-06-30T23:00:00+07:00"), Some(true));
        assert_eq!(until.is_in_force("2026-07-01"), Some(false));
        let from = period(Some("2026-07"), None);
        assert_eq!(from.is_in_force("2026-06-30"), Some(false));
        assert_eq!(from.is_in_force("2026-07-01"), Some(true));
        assert_eq!(Edition::default().is_in_force("2026-07-01"), None);
    }
}
