//! What holds for every nation, whatever its settings.

use std::collections::HashSet;

use healthbook_synthetic_nation::{Nation, NationBundle, Settings};
use jiff::civil::date;

use crate::survey::{SURVEY, TODAY, nation, survey};

/// FNV-1a over all bundles.
fn fingerprint(nation: &Nation) -> u64 {
    nation.bundles().fold(0xcbf2_9ce4_8422_2325, |hash, bundle| {
        bundle
            .name
            .bytes()
            .chain(bundle.json.bytes())
            .fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    })
}

/// Changing this number is a breaking change of the demo: every link, screenshot and recorded answer that shows a
/// citizen of it goes stale. Change it knowingly, and say so in the change log.
#[test]
fn the_nation_of_the_demo_never_changes_by_accident() {
    assert_eq!(format!("{:016x}", fingerprint(&nation(100, 412))), "5b244630c33aa34f");
}

#[test]
fn the_same_settings_give_the_same_bytes_and_another_seed_others() {
    assert_eq!(fingerprint(&nation(60, 1)), fingerprint(&nation(60, 1)));
    assert_ne!(fingerprint(&nation(60, 1)), fingerprint(&nation(60, 2)));
}

#[test]
fn a_larger_nation_starts_with_the_smaller_one() {
    let households = |people| -> Vec<NationBundle> {
        nation(people, 3).bundles().filter(|bundle| bundle.name.starts_with("household")).collect()
    };
    let (small, large) = (households(150), households(600));
    let common = small.len() - 1;
    assert!(common > 30);
    assert_eq!(small[..common], large[..common], "only the last household may be cut");
}

#[test]
fn the_people_stay_while_the_year_goes_on() {
    let patients = |today| -> HashSet<String> {
        let nation = Nation::new(Settings { people: 300, seed: 3, today });
        survey(&nation).citizens.into_iter().map(|citizen| citizen.number).collect()
    };
    let (spring, autumn) = (patients(date(2026, 3, 1)), patients(TODAY));
    assert!(autumn.intersection(&spring).count() > 270);
}

#[test]
fn any_number_of_people_is_met() {
    for people in [0, 1, 2, 17, 200] {
        let nation = nation(people, 5);
        let bundles: Vec<NationBundle> = nation.bundles().collect();
        assert_eq!(nation.people(), people as usize);
        assert_eq!(bundles.len(), nation.bundle_count());
        assert_eq!(survey(&nation).citizens.len(), people as usize);
    }
}

#[test]
fn citizen_numbers_are_unique_and_agree_with_the_person() {
    let numbers: HashSet<&str> = SURVEY.citizens.iter().map(|citizen| citizen.number.as_str()).collect();
    assert_eq!(numbers.len(), 5000);
    for citizen in &SURVEY.citizens {
        let is_born_after_2000 = citizen.born.year() >= 2000;
        let digit = u8::from(citizen.gender == "female") + if is_born_after_2000 { 2 } else { 0 };
        let start = format!("099{digit}{:02}", citizen.born.year() % 100);
        assert!(citizen.number.starts_with(&start), "{} born {}", citizen.number, citizen.born);
        assert!(citizen.number.len() == 12 && citizen.number.bytes().all(|byte| byte.is_ascii_digit()));
        assert!(citizen.born <= TODAY);
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let dangling: Vec<&String> = SURVEY.references.difference(&SURVEY.ids).take(5).collect();
    assert!(dangling.is_empty(), "{dangling:?}");
}

#[test]
fn visit_codes_are_unique() {
    let distinct: HashSet<&String> = SURVEY.visit_codes.iter().collect();
    assert_eq!(distinct.len(), SURVEY.visit_codes.len());
}

#[test]
fn every_ward_lies_in_its_province() {
    let mut known = HashSet::new();
    let mut province = "";
    for line in include_str!("../../data/wards.csv").lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(';') {
            Some((ward, _)) => {
                known.insert((province, ward));
            }
            None => province = line,
        }
    }
    assert_eq!(known.len(), 3321);
    for citizen in &SURVEY.citizens {
        assert!(known.contains(&(citizen.province.as_str(), citizen.ward.as_str())), "{}", citizen.ward);
    }
}

#[test]
fn the_demo_shows_people_of_the_nation() {
    let nation = nation(200, 412);
    let demo = nation.demo(12);
    let ids = survey(&nation).ids;
    assert_eq!(demo.citizens.len(), 12);
    let distinct: HashSet<&str> = demo.citizens.iter().map(|citizen| citizen.number.as_str()).collect();
    assert_eq!(distinct.len(), 12);
    for citizen in &demo.citizens {
        assert!(ids.contains(&format!("Patient/{}", citizen.patient_id)));
        assert!(citizen.number.starts_with("099") && citizen.story.vi.contains("tuổi"));
    }
    for facility in &demo.facilities {
        assert!(ids.contains(&format!("Organization/{}", facility.organization_id)));
    }
    assert_eq!(demo.clients.len(), demo.facilities.len());
    assert!(demo.clients.iter().all(|client| client.id == format!("facility-{}", client.facility)));
    assert!(serde_json::to_string(&demo).is_ok());
}
