//! The nation as a whole against figures from elsewhere.

use crate::survey::{Citizen, SURVEY, TODAY};

fn share(is_counted: impl Fn(&Citizen) -> bool) -> f64 {
    let citizens = &SURVEY.citizens;
    citizens.iter().filter(|citizen| is_counted(citizen)).count() as f64 * 100.0 / citizens.len() as f64
}

fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found:.2}, expected {expected} +- {tolerance}");
}

fn years(citizen: &Citizen) -> i32 {
    let full = i32::from(TODAY.year()) - i32::from(citizen.born.year());
    full - i32::from((TODAY.month(), TODAY.day()) < (citizen.born.month(), citizen.born.day()))
}

/// Rounded shares of Kinh family names, from published counts.
#[test]
fn family_names_are_as_common_as_they_are() {
    let kinh: Vec<&Citizen> = SURVEY.citizens.iter().filter(|citizen| citizen.group == "01").collect();
    let of = |names: &[&str]| {
        let count = kinh.iter().filter(|citizen| names.contains(&citizen.family.as_str())).count();
        count as f64 * 100.0 / kinh.len() as f64
    };
    assert_near("Nguyễn", of(&["Nguyễn"]), 38.0, 3.5);
    assert_near("Trần", of(&["Trần"]), 11.0, 2.0);
    assert_near("Lê", of(&["Lê"]), 9.5, 2.0);
    assert_near("Phạm", of(&["Phạm"]), 7.0, 1.8);
    assert_near("Hoàng and Huỳnh", of(&["Hoàng", "Huỳnh"]), 5.1, 1.8);
    assert_near("Phan", of(&["Phan"]), 4.5, 1.5);
    assert_near("Vũ and Võ", of(&["Vũ", "Võ"]), 3.9, 1.5);
    assert_near("Đặng", of(&["Đặng"]), 2.1, 1.1);
    assert_near("Bùi", of(&["Bùi"]), 2.0, 1.1);
}

/// General Statistics Office, mid-term census of 2024: 99 men to 100 women; under 15 about 23.3 %, over 60
/// about 14.2 %, over 65 about 9.3 %; 3.4 people in a household.
#[test]
fn ages_sexes_and_households_are_those_of_the_country() {
    assert_near("men", share(|citizen| citizen.gender == "male"), 49.8, 2.5);
    assert_near("under 15", share(|citizen| years(citizen) < 15), 23.3, 2.0);
    assert_near("over 60", share(|citizen| years(citizen) >= 60), 14.2, 2.0);
    assert_near("over 65", share(|citizen| years(citizen) >= 65), 9.3, 2.5);
    let mut ages: Vec<i32> = SURVEY.citizens.iter().map(years).collect();
    ages.sort_unstable();
    assert_near("median age", f64::from(ages[ages.len() / 2]), 33.0, 3.0);
    assert_near("household", 5000.0 / SURVEY.households.len() as f64, 3.4, 0.2);
    assert_near("Kinh", share(|citizen| citizen.group == "01"), 85.3, 6.0);
    assert_near("Hà Nội", share(|citizen| citizen.province == "01"), 7.8, 5.0);
    assert_near("Thành phố Hồ Chí Minh", share(|citizen| citizen.province == "79"), 12.4, 6.0);
}

#[test]
fn books_grow_with_age() {
    let mean = |from: i32, until: i32| {
        let group: Vec<&Citizen> =
            SURVEY.citizens.iter().filter(|citizen| (from..until).contains(&years(citizen))).collect();
        group.iter().map(|citizen| citizen.entries).sum::<usize>() as f64 / group.len() as f64
    };
    let per_person = SURVEY.resources as f64 / 5000.0;
    assert!((30.0..60.0).contains(&per_person), "{per_person}");
    assert!(mean(20, 30) < mean(45, 60) && mean(45, 60) < mean(70, 90));
    for kind in [
        "AllergyIntolerance",
        "Condition",
        "Coverage",
        "DiagnosticReport",
        "Encounter",
        "Immunization",
        "Location",
        "MedicationRequest",
        "Observation",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Procedure",
        "RelatedPerson",
    ] {
        assert!(SURVEY.kinds.get(kind).is_some_and(|count| *count > 50), "{kind}");
    }
}
