//! A nation of five thousand, read once for all tests.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use healthbook_synthetic_nation::{Nation, Settings};
use jiff::civil::{Date, date};
use serde_json::Value;

pub(crate) const TODAY: Date = date(2026, 11, 25);

pub(crate) fn nation(people: u32, seed: u64) -> Nation {
    Nation::new(Settings { people, seed, today: TODAY })
}

/// What the figures need of a person.
pub(crate) struct Citizen {
    pub(crate) number: String,
    pub(crate) family: String,
    pub(crate) gender: String,
    pub(crate) born: Date,
    pub(crate) group: String,
    pub(crate) province: String,
    pub(crate) ward: String,
    pub(crate) entries: usize,
}

/// A nation of five thousand, read once for all tests.
pub(crate) struct Survey {
    pub(crate) citizens: Vec<Citizen>,
    pub(crate) households: Vec<usize>,
    pub(crate) ids: HashSet<String>,
    pub(crate) references: HashSet<String>,
    pub(crate) visit_codes: Vec<String>,
    pub(crate) resources: usize,
    pub(crate) kinds: HashMap<String, usize>,
}

pub(crate) static SURVEY: LazyLock<Survey> = LazyLock::new(|| survey(&nation(5000, 11)));

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

pub(crate) fn survey(nation: &Nation) -> Survey {
    let mut survey = Survey {
        citizens: Vec::new(),
        households: Vec::new(),
        ids: HashSet::new(),
        references: HashSet::new(),
        visit_codes: Vec::new(),
        resources: 0,
        kinds: HashMap::new(),
    };
    for bundle in nation.bundles() {
        let document: Value = serde_json::from_str(&bundle.json).expect("a bundle is JSON");
        let entries = document["entry"].as_array().expect("a bundle has entries");
        assert_eq!(entries.len(), bundle.resources);
        survey.resources += bundle.resources;
        let mut place_of: HashMap<String, usize> = HashMap::new();
        let before = survey.citizens.len();
        for entry in entries {
            let resource = &entry["resource"];
            let kind = text(&resource["resourceType"]);
            let url = format!("{kind}/{}", text(&resource["id"]));
            assert_eq!(entry["request"]["url"], url.as_str());
            assert_eq!(entry["request"]["method"], "PUT");
            assert!(survey.ids.insert(url.clone()), "{url} occurs twice");
            collect_references(resource, &mut survey.references);
            *survey.kinds.entry(kind.clone()).or_default() += 1;
            if kind == "Patient" {
                place_of.insert(url.clone(), survey.citizens.len());
                survey.citizens.push(citizen(resource));
            }
            if kind == "Encounter" {
                survey.visit_codes.push(text(&resource["identifier"][0]["value"]));
            }
            let owner = ["subject", "patient", "beneficiary"]
                .iter()
                .find_map(|name| resource[*name]["reference"].as_str())
                .unwrap_or(&url);
            if let Some(place) = place_of.get(owner) {
                survey.citizens[*place].entries += 1;
            }
        }
        if survey.citizens.len() > before {
            survey.households.push(survey.citizens.len() - before);
        }
    }
    survey
}

pub(crate) fn citizen(patient: &Value) -> Citizen {
    let address = &patient["address"][0]["extension"];
    Citizen {
        number: text(&patient["identifier"][0]["value"]),
        family: text(&patient["name"][0]["family"]),
        gender: text(&patient["gender"]),
        born: text(&patient["birthDate"]).parse().expect("a birth date"),
        group: text(&patient["extension"][0]["valueCodeableConcept"]["coding"][0]["code"]),
        province: text(&address[0]["valueCoding"]["code"]),
        ward: text(&address[1]["valueCoding"]["code"]),
        entries: 0,
    }
}

pub(crate) fn collect_references(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(reference) if name == "reference" => {
                        found.insert(reference.clone());
                    }
                    _ => collect_references(member, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}
