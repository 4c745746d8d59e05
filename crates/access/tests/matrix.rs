//! The print of the permission matrix in `docs` is that of the policy of the program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a broken premise of a test fails the test")]

use healthbook_access::{Authority, Policy, Purpose, Role};

#[test]
fn the_printed_matrix_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/permission-matrix.md");
    let matrix = Policy::built_in().matrix();
    if std::env::var_os("HEALTHBOOK_WRITE_MATRIX").is_some() {
        std::fs::write(path, &matrix).unwrap();
    }
    let printed = std::fs::read_to_string(path).unwrap();
    assert!(
        printed == matrix,
        "stale: HEALTHBOOK_WRITE_MATRIX=1 cargo test -p healthbook-access --test matrix"
    );
}

/// The cells of the first row that begins so.
fn row<'a>(matrix: &'a str, first: &str) -> Vec<&'a str> {
    let begins = format!("| {first} | ");
    let row = matrix.lines().find(|line| line.starts_with(&begins)).unwrap();
    row.trim_matches('|').split(" | ").map(str::trim).collect()
}

#[test]
fn every_role_right_and_purpose_has_a_sentence_in_both_languages() {
    let matrix = Policy::built_in().matrix();
    let codes = Role::ALL.map(Role::code).into_iter().chain(Authority::ALL.map(Authority::code));
    for code in codes.chain(Purpose::ALL.map(Purpose::code)) {
        let cells = row(&matrix, code);
        assert!(cells.len() >= 3 && !cells[1].is_empty() && !cells[2].is_empty(), "{code}: {cells:?}");
        assert_ne!(cells[1], cells[2], "{code}");
    }
}

#[test]
fn who_can_ever_see_a_label_is_told() {
    let matrix = Policy::built_in().matrix();
    let seers = |code: &str| row(&matrix, &format!("`{code}`")).split_off(3);
    assert_eq!(seers("UNKNOWN"), ["the citizen", "nobody / không ai", "nobody / không ai"]);
    for abuse in ["DV", "CHILD_ABUSE"] {
        assert_eq!(seers(abuse)[..2], ["the citizen", "nobody / không ai"], "{abuse}");
    }
    let mental = seers("PSY");
    assert!(mental[0].contains("guardian (child up to 12 years)"));
    assert!(mental[0].contains("physician in an emergency") && !mental[0].contains("nurse"));
    assert!(mental[1].contains("pharmacist (MedicationDispense and MedicationRequest)"));
    assert!(!seers("SEX")[1].contains("pharmacist"));
    assert!(mental[2].contains("nurse") && mental[2].contains("delegate"));
    for nobody in ["ministry", "auditor", "operator", "administrator", "facility-officer"] {
        assert!(mental.iter().all(|cell| !cell.contains(nobody)), "{nobody}");
    }
}
