//! Identifier systems with two names: both guides of Vietnam name the systems of citizen numbers, insurance cards and
//! facilities. They are one in the index, so a search by either finds the same person.

use std::collections::HashMap;
use std::sync::LazyLock;

const TABLE: &str = include_str!("../definitions/identifier-systems.tsv");

static CANONICAL: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('\t')).map(|(canonical, other)| (other, canonical)).collect()
});

/// The name under which a system is indexed.
pub(crate) fn canonical_system(system: &str) -> &str {
    CANONICAL.get(system).copied().unwrap_or(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_of_the_citizen_number_meet() {
        let canonical = "http://fhir.hl7.org.vn/core/sid/cccd";
        assert_eq!(canonical_system("http://fhir.ehealth.gov.vn/core/sid/national_id"), canonical);
        assert_eq!(canonical_system(canonical), canonical);
        assert_eq!(canonical_system("http://loinc.org"), "http://loinc.org");
        assert_eq!(CANONICAL.len(), 5);
    }
}
