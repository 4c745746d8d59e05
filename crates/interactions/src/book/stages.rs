//! The stages of a life: a table with the source of each boundary.

use std::sync::LazyLock;

use jiff::Span;
use jiff::civil::Date;

/// A stage of a life.
#[derive(Debug, Clone)]
pub struct LifeStage {
    /// Its code.
    pub code: &'static str,
    /// Its name in Vietnamese.
    pub vietnamese: &'static str,
    /// Its name in English.
    pub english: &'static str,
    /// Where its boundary comes from.
    pub source: &'static str,
    from: Span,
}

static STAGES: LazyLock<Vec<LifeStage>> = LazyLock::new(|| {
    let lines = include_str!("../../definitions/life-stages.tsv").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(read).collect()
});

fn read(line: &'static str) -> Option<LifeStage> {
    let mut fields = line.split('\t');
    let (code, from) = (fields.next()?, fields.next()?.parse().ok()?);
    let (vietnamese, english, source) = (fields.next()?, fields.next()?, fields.next()?);
    Some(LifeStage { code, vietnamese, english, source, from })
}

impl LifeStage {
    /// The stage of a day in the life of whoever was born on another; none before birth.
    pub fn at(birth: Date, day: Date) -> Option<&'static Self> {
        STAGES.iter().rev().find(|stage| birth.checked_add(stage.from).is_ok_and(|begins| begins <= day))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn every_line_of_the_table_is_read_and_they_follow_each_other() {
        let lines = include_str!("../../definitions/life-stages.tsv").lines();
        assert_eq!(STAGES.len(), lines.filter(|line| !line.starts_with('#')).count());
        let born = date(2000, 2, 29);
        let begins: Vec<Date> = STAGES.iter().map(|stage| born.checked_add(stage.from).unwrap()).collect();
        assert!(begins.is_sorted() && begins[0] == born);
        assert!(STAGES.iter().all(|stage| !stage.source.is_empty()));
    }

    #[test]
    fn a_stage_begins_on_its_day() {
        let born = date(2000, 2, 29);
        for (day, expected) in [
            (date(2000, 2, 28), None),
            (date(2000, 2, 29), Some("newborn")),
            (date(2000, 3, 27), Some("newborn")),
            (date(2000, 3, 28), Some("infant")),
            (date(2001, 2, 27), Some("infant")),
            (date(2001, 2, 28), Some("child")),
            (date(2010, 3, 1), Some("adolescent")),
            (date(2018, 2, 27), Some("adolescent")),
            (date(2018, 3, 1), Some("adult")),
            (date(2060, 2, 28), Some("adult")),
            (date(2060, 2, 29), Some("elderly")),
            (date(2120, 1, 1), Some("elderly")),
        ] {
            assert_eq!(LifeStage::at(born, day).map(|stage| stage.code), expected, "{day}");
        }
    }
}
