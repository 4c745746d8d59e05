//! What to do about each fault of the catalogue, in Vietnamese and English, and with which statuses it is answered.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../definitions/fault-remedies.tsv");

/// What the catalogue says beside the texts of a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The statuses of answers that name the fault as an error; none when it is only a remark.
    pub statuses: Vec<u16>,
    /// What to do, in Vietnamese.
    pub vietnamese: &'static str,
    /// What to do, in English.
    pub english: &'static str,
}

static REMEDIES: LazyLock<HashMap<&'static str, Remedy>> =
    LazyLock::new(|| TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(line).collect());

fn line(line: &'static str) -> Option<(&'static str, Remedy)> {
    let mut fields = line.split('\t');
    let (code, statuses) = (fields.next()?, fields.next()?);
    let statuses = statuses.split(',').filter_map(|status| status.parse().ok()).collect();
    Some((code, Remedy { statuses, vietnamese: fields.next()?, english: fields.next()? }))
}

/// The remedy for a code of the catalogue.
pub fn remedy(code: &str) -> Option<&'static Remedy> {
    REMEDIES.get(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CATALOGUE;

    #[test]
    fn each_fault_has_one_remedy_in_both_languages() {
        let codes: Vec<&str> = TABLE
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split('\t').next().unwrap())
            .collect();
        let catalogue: Vec<&str> = CATALOGUE.iter().map(|entry| entry.code).collect();
        assert_eq!(codes, catalogue, "the same codes in the same order");
        for code in codes {
            let remedy = remedy(code).unwrap();
            assert!(remedy.statuses.iter().all(|status| (400..600).contains(status)), "{code}");
            assert!(remedy.vietnamese.ends_with('.') && remedy.english.ends_with('.'), "{code}");
            assert_ne!(remedy.vietnamese, remedy.english, "{code}");
        }
    }
}
