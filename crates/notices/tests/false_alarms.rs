//! How often the rule about names is wrong: all staff of the synthetic nation against all its people, as if each read the
//! book of each (`docs/notices.md`, section 3).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a broken premise of a test fails the test"
)]

use std::collections::HashMap;

use healthbook_notices::{PersonalName, is_hint_at_family};
use serde_json::Value;
use synthetic_nation::{Nation, Settings};

fn name_of(resource: &Value) -> PersonalName {
    let name = &resource["name"][0];
    let given = name["given"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let middle = if given.len() > 1 { text(&given[0]) } else { String::new() };
    PersonalName { family: text(&name["family"]), middle, ward: String::new() }
}

#[test]
fn strangers_are_rarely_taken_for_relatives() {
    let nation = Nation::new(Settings { people: 2_500, seed: 412, today: jiff::civil::date(2026, 11, 28) });
    let (mut staff, mut people) = (Vec::new(), Vec::new());
    for bundle in nation.bundles() {
        let bundle: Value = serde_json::from_str(&bundle.json).unwrap();
        for entry in bundle["entry"].as_array().unwrap() {
            match entry["resource"]["resourceType"].as_str() {
                Some("Practitioner") => staff.push(name_of(&entry["resource"])),
                Some("Patient") => people.push(name_of(&entry["resource"])),
                _ => {}
            }
        }
    }
    let (mut pairs, mut families, mut hints) = (0_u64, 0_u64, 0_u64);
    let mut counted: HashMap<(String, String), u64> = HashMap::new();
    for person in &people {
        *counted.entry((person.family.clone(), person.middle.clone())).or_default() += 1;
    }
    for member in &staff {
        for ((family, middle), count) in &counted {
            let other = PersonalName { family: family.clone(), middle: middle.clone(), ward: String::new() };
            pairs += count;
            families += if member.family == *family { *count } else { 0 };
            hints += if is_hint_at_family(member, &other) { *count } else { 0 };
        }
    }
    let share = |count: u64| count as f64 * 100.0 / pairs as f64;
    println!(
        "{} staff, {} people: the family name is the same for {:.1} %, the rule speaks for {:.2} %",
        staff.len(),
        people.len(),
        share(families),
        share(hints)
    );
    assert!(staff.len() > 20 && people.len() > 2_000);
    assert!(share(families) > 10.0, "the family name alone says nothing");
    assert!(share(hints) < 1.0);
    assert!(hints > 0);
}
