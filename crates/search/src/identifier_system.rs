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
pub fn canonical_system(system: &str) -> &str {
    CANONICAL.get(system).copied().unwrap_or(system)
}

const CITIZEN_NUMBER: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
const IDENTITY_CARD: &str = "http://fhir.hl7.org.vn/core/sid/cmnd";
const INSURANCE_CARD: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";

/// The social insurance number in the number of an insurance card that has group, benefit and province before it (15
/// characters, until 2021): beside its own form a card is indexed by it.
pub(crate) fn number_of_card<'a>(system: &str, value: &'a str) -> Option<&'a str> {
    let (before, number) = value.split_at_checked(5).filter(|_| system == INSURANCE_CARD)?;
    let (group, digits) = before.split_at_checked(2)?;
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_card = number.len() == 10 && is_number(number) && is_number(digits);
    (is_card && group.bytes().all(|byte| byte.is_ascii_alphabetic())).then_some(number)
}

/// What else to look for when an identifier is asked for: a card is found by the number on it, and twelve digits on an
/// insurance or identity card are those of the citizen number. Not the other way round: who writes a number on a card has
/// not shown to be that citizen.
pub(crate) fn other_form<'a>(system: &str, value: &'a str) -> Option<(&'static str, &'a str)> {
    if let Some(number) = number_of_card(system, value) {
        return Some((INSURANCE_CARD, number));
    }
    let is_citizen_number = value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit());
    (is_citizen_number && matches!(system, INSURANCE_CARD | IDENTITY_CARD)).then_some((CITIZEN_NUMBER, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_a_card_meet_in_one_direction() {
        assert_eq!(number_of_card(INSURANCE_CARD, "GD4019123456789"), Some("9123456789"));
        assert_eq!(other_form(INSURANCE_CARD, "GD4019123456789"), Some((INSURANCE_CARD, "9123456789")));
        assert_eq!(other_form(INSURANCE_CARD, "099085123456"), Some((CITIZEN_NUMBER, "099085123456")));
        assert_eq!(other_form(IDENTITY_CARD, "099085123456"), Some((CITIZEN_NUMBER, "099085123456")));
        for (system, value) in [
            (CITIZEN_NUMBER, "099085123456"),
            ("urn:x", "GD4019123456789"),
            (INSURANCE_CARD, "9123456789"),
            (INSURANCE_CARD, "G94019123456789"),
            (INSURANCE_CARD, "GD401912345678"),
            (INSURANCE_CARD, "đ4019123456789"),
            (IDENTITY_CARD, "099123456"),
            (INSURANCE_CARD, ""),
        ] {
            assert_eq!(other_form(system, value), None, "{system} {value}");
        }
    }

    #[test]
    fn both_names_of_the_citizen_number_meet() {
        let canonical = "http://fhir.hl7.org.vn/core/sid/cccd";
        assert_eq!(canonical_system("http://fhir.ehealth.gov.vn/core/sid/national_id"), canonical);
        assert_eq!(canonical_system(canonical), canonical);
        assert_eq!(canonical_system("http://loinc.org"), "http://loinc.org");
        assert_eq!(CANONICAL.len(), 5);
    }
}
