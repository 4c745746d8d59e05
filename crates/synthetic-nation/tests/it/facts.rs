//! Facts inside a book agree with each other and with the calendar.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde_json::Value;

use crate::survey::{nation, text};

/// All resources of a nation of eight hundred.
static RESOURCES: LazyLock<Vec<Value>> = LazyLock::new(|| {
    nation(800, 21)
        .bundles()
        .flat_map(|bundle| {
            let mut document: Value = serde_json::from_str(&bundle.json).expect("a bundle is JSON");
            match document["entry"].take() {
                Value::Array(entries) => entries,
                _ => Vec::new(),
            }
        })
        .map(|mut entry| entry["resource"].take())
        .collect()
});

fn of_kind(kind: &str) -> impl Iterator<Item = &'static Value> {
    RESOURCES.iter().filter(move |resource| resource["resourceType"] == kind)
}

fn day(value: &Value) -> &str {
    value.as_str().and_then(|text| text.get(..10)).unwrap_or_default()
}

fn subject(resource: &Value) -> &str {
    ["subject", "patient"].iter().find_map(|name| resource[*name]["reference"].as_str()).unwrap_or_default()
}

/// Dates of every clinical entry, for the test that they lie in the life of the person.
fn dates(resource: &Value) -> Vec<&str> {
    [
        &resource["effectiveDateTime"],
        &resource["occurrenceDateTime"],
        &resource["authoredOn"],
        &resource["recordedDate"],
        &resource["onsetDateTime"],
        &resource["abatementDateTime"],
        &resource["period"]["start"],
        &resource["period"]["end"],
        &resource["performedPeriod"]["start"],
    ]
    .into_iter()
    .map(day)
    .filter(|day| !day.is_empty())
    .collect()
}

#[test]
fn entries_lie_between_birth_and_today_or_death() {
    let lives: HashMap<String, (&str, &str)> = of_kind("Patient")
        .map(|patient| {
            let id = format!("Patient/{}", patient["id"].as_str().unwrap_or_default());
            let end = day(&patient["deceasedDateTime"]);
            (id, (day(&patient["birthDate"]), if end.is_empty() { "2026-11-25" } else { end }))
        })
        .collect();
    assert!(lives.values().any(|life| life.1 != "2026-11-25"), "somebody has died");
    for resource in RESOURCES.iter().filter(|resource| resource["resourceType"] != "Coverage") {
        if let Some((born, end)) = lives.get(subject(resource)) {
            for date in dates(resource) {
                assert!(*born <= date && date <= *end, "{date} not in {born}..{end}: {resource}");
            }
        }
    }
}

#[test]
fn values_keep_their_places_and_agree() {
    let nation = nation(200, 4);
    let all: String = nation.bundles().map(|bundle| bundle.json).collect();
    let hdl = all.matches(r#""valueQuantity":{"value":1.20,"#).count();
    assert!(hdl > 0, "a value of 1.2 mmol/L is written 1.20");
    let mut sizes: HashMap<&str, [f64; 3]> = HashMap::new();
    for observation in of_kind("Observation") {
        let place = match observation["code"]["coding"][0]["code"].as_str() {
            Some("29463-7") => 0,
            Some("8302-2") => 1,
            Some("39156-5") => 2,
            _ => continue,
        };
        let visit = observation["encounter"]["reference"].as_str().unwrap_or_default();
        let value = observation["valueQuantity"]["value"].as_f64().unwrap_or_default();
        sizes.entry(visit).or_default()[place] = value;
    }
    let mut compared = 0;
    for [weight, height, index] in sizes.into_values().filter(|size| size[2] > 0.0) {
        compared += 1;
        assert!((weight / (height * height / 10_000.0) - index).abs() <= 0.051, "{weight} {height} {index}");
        assert!((11.0..40.0).contains(&index), "{weight} {height} {index}");
    }
    assert!(compared > 300);
}

#[test]
fn visits_end_after_they_start() {
    for encounter in of_kind("Encounter") {
        let (start, end) = (&encounter["period"]["start"], &encounter["period"]["end"]);
        assert!(start.as_str() < end.as_str(), "{encounter}");
    }
    for procedure in of_kind("Procedure") {
        let period = &procedure["performedPeriod"];
        assert!(period["start"].as_str() <= period["end"].as_str(), "{procedure}");
    }
}

#[test]
fn doses_of_a_vaccine_come_in_order() {
    let mut doses: HashMap<(String, String), Vec<(u64, String)>> = HashMap::new();
    for dose in of_kind("Immunization").filter(|dose| dose["status"] == "completed") {
        let vaccine = dose["vaccineCode"]["text"].as_str().unwrap_or_default();
        if vaccine == "Cúm mùa" {
            continue;
        }
        let number = dose["protocolApplied"][0]["doseNumberPositiveInt"].as_u64().unwrap_or_default();
        let series = doses.entry((subject(dose).to_owned(), vaccine.to_owned())).or_default();
        series.push((number, day(&dose["occurrenceDateTime"]).to_owned()));
    }
    assert!(doses.len() > 1000);
    for ((person, vaccine), mut series) in doses {
        series.sort();
        let in_order = series.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1);
        assert!(in_order, "{person} {vaccine} {series:?}");
    }
}

/// Every birth in the book of a child is a delivery of one woman at that place and time.
#[test]
fn mother_and_child_tell_the_same_birth() {
    let key = |visit: &Value, day: &str| (text(&visit["serviceProvider"]["reference"]), day.to_owned());
    let deliveries: Vec<(String, String)> = of_kind("Condition")
        .filter(|condition| text(&condition["code"]["coding"][0]["code"]).starts_with("O8"))
        .filter_map(|condition| {
            let visit = text(&condition["encounter"]["reference"]);
            let visit = of_kind("Encounter").find(|other| visit.ends_with(&text(&other["id"])))?;
            Some(key(visit, day(&visit["period"]["start"])))
        })
        .collect();
    let mothers: Vec<String> = of_kind("RelatedPerson")
        .filter(|other| other["relationship"][0]["coding"][0]["code"] == "MTH")
        .map(|other| text(&other["patient"]["reference"]))
        .collect();
    let mut compared = 0;
    for birth in of_kind("Encounter").filter(|visit| visit["reasonCode"][0]["coding"][0]["code"] == "Z38.0") {
        if !mothers.contains(&text(&birth["subject"]["reference"])) {
            continue;
        }
        compared += 1;
        let start = text(&birth["period"]["start"]);
        // Labour may have begun on the evening before.
        let born = start.get(..10).unwrap_or_default().parse::<jiff::civil::Date>().expect("a date");
        let eve = born.yesterday().expect("a day before");
        let is_told = [born, eve].iter().any(|day| deliveries.contains(&key(birth, &day.to_string())));
        assert!(is_told, "{birth}");
    }
    assert!(compared > 40);
}

#[test]
fn children_carry_the_name_of_a_parent() {
    let children: HashMap<String, &Value> =
        of_kind("Patient").map(|patient| (format!("Patient/{}", text(&patient["id"])), patient)).collect();
    let is_father = |other: &&Value| other["relationship"][0]["coding"][0]["code"] == "FTH";
    let mut compared = 0;
    for father in of_kind("RelatedPerson").filter(is_father) {
        let child = children[father["patient"]["reference"].as_str().unwrap_or_default()];
        let group = text(&child["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]);
        // Gia-rai, Ê-đê and Cơ-ho children carry the name of the mother.
        if !["10", "12", "16"].contains(&group.as_str()) {
            compared += 1;
            assert_eq!(child["name"][0]["family"], father["name"][0]["family"]);
        }
    }
    assert!(compared > 80);
}
