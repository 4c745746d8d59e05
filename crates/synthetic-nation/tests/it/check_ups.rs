//! 3,000 generated check-ups: XML, FHIR, XML again, and JSON, all of them the same check-up (issue 9, row 1).

use std::collections::{HashMap, HashSet};

use exchange::check_up::{self, AgeGroup, Format, Places};
use healthbook_synthetic_nation::{Nation, Settings};
use json::Limits;

const YEARS: u32 = 4;

fn nation() -> Nation {
    Nation::new(Settings { people: 900, seed: 11, today: jiff::civil::date(2026, 11, 25) })
}

#[test]
fn three_thousand_check_ups_are_the_same_in_xml_json_and_fhir() {
    let mut groups: HashMap<AgeGroup, usize> = HashMap::new();
    let mut codes = HashSet::new();
    let mut read = 0;
    for made in nation().check_ups(YEARS).take(3_000) {
        let before = made.check_up;
        let one = |text: &str, format| {
            check_up::read(text.as_bytes(), format).expect("a generated message is valid")
        };
        let xml = one(&before.to_xml(), Format::Xml);
        assert_eq!(xml, std::slice::from_ref(&before));
        let text = xml[0].to_bundle(&Places::default()).to_json();
        let bundle = json::parse(text.as_bytes(), &Limits::default()).expect("JSON");
        let after = check_up::from_bundle(&bundle).expect("a document is a check-up");
        assert_eq!(after, before);
        assert_eq!(after.to_xml(), before.to_xml());
        assert_eq!(one(&after.to_json(), Format::Json), std::slice::from_ref(&before));
        assert!(codes.insert((before.facility().to_owned(), before.visit_code())), "a visit code twice");
        assert!(before.identity().number.is_some_and(|number| number.starts_with("099")));
        *groups.entry(before.age_group()).or_default() += 1;
        read += 1;
    }
    assert_eq!(read, 3_000);
    for group in AgeGroup::ALL {
        assert!(groups.get(&group).is_some_and(|count| *count > 100), "{group:?}: {groups:?}");
    }
}

#[test]
fn everybody_has_one_check_up_each_year_and_the_same_settings_the_same() {
    let mut years: HashMap<(String, i16), usize> = HashMap::new();
    for made in nation().check_ups(YEARS) {
        *years.entry((made.patient, made.check_up.date().year())).or_default() += 1;
    }
    assert!(years.values().all(|count| *count == 1));
    // Who lived through all four years has four, unless the day of the last one is still to come.
    assert!(years.len() > 900 * 3, "{}", years.len());
    let text = |number: usize| nation().check_ups(1).nth(number).expect("a check-up").check_up.to_xml();
    assert_eq!(text(7), text(7));
}
