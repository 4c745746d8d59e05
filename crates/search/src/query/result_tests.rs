//! Parameters that shape the answer, and their plans; expectations from the text of R4.

use fhir::ResourceType;

use super::tests::parse;
use crate::testing::{registry, slot};
use crate::{Include, Shown, SortKey, Total};

#[test]
fn results() {
    let plan = |name: &str, value: &str| parse("Patient", &[(name, value)]).plan;
    assert_eq!(plan("_count", "7").count, 7);
    assert_eq!(plan("_count", "99999999999999").count, 500);
    assert_eq!(plan("_format", "json").count, 20);
    assert!(plan("_count", "0").count_only && plan("_summary", "count").count_only);
    assert_eq!(plan("_total", "accurate").total, Total::Accurate);
    let query = [
        ("gender", "male"),
        ("_count", "9999"),
        ("colour", "red"),
        ("_pretty", "true"),
        ("_summary", "false"),
    ];
    let understood = parse("Patient", &query).understood;
    let understood: Vec<_> = understood.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        understood,
        [("gender", "male"), ("_count", "500"), ("_pretty", "true"), ("_summary", "false")]
    );
}

#[test]
fn how_much_is_shown() {
    let shown = |name: &str, value: &str| parse("Patient", &[(name, value)]).plan.shown;
    assert_eq!(shown("_summary", "true"), Shown::Summary);
    assert_eq!(shown("_summary", "text"), Shown::Text);
    assert_eq!(shown("_summary", "data"), Shown::Data);
    assert_eq!(shown("_summary", "false"), Shown::Whole);
    let names = |names: &[&str]| Shown::Elements(names.iter().map(|name| (*name).to_owned()).collect());
    assert_eq!(shown("_elements", "name, birthDate"), names(&["name", "birthDate"]));
    assert_eq!(shown("_elements", "deceased[x]"), names(&["deceased[x]"]));
    // They exclude each other; without one of them the answer would show another thing than was asked.
    let both = parse("Patient", &[("_elements", "name"), ("_summary", "true")]);
    assert_eq!((both.errors.len(), both.plan.shown), (1, names(&["name"])));
    assert!(parse("Patient", &[("_elements", "name"), ("_summary", "count")]).plan.count_only);
}

#[test]
fn sort_keys_follow_the_kind_of_the_parameter() {
    let key = |kind: &str, code: &str| parse(kind, &[("_sort", code)]).plan.sort.remove(0).key;
    assert_eq!(key("Patient", "gender"), texts("Patient token Patient.gender"));
    assert_eq!(
        key("Observation", "patient"),
        SortKey::Text(vec![crate::TextSource {
            slot: slot("Observation reference Observation.subject"),
            target: Some(fhir::ResourceType::PATIENT),
            system: None,
        }])
    );
    assert_eq!(key("ValueSet", "url"), texts("ValueSet token ValueSet.url"));
    assert_eq!(
        key("RiskAssessment", "probability"),
        SortKey::Quantity(vec![slot("RiskAssessment quantity RiskAssessment.prediction.probability")])
    );
    assert!(matches!(key("Observation", "value-quantity"), SortKey::Quantity(slots) if slots.len() == 2));
    assert!(matches!(key("Patient", "name"), SortKey::String(slots) if slots.len() == 3));
    assert!(matches!(key("Observation", "date"), SortKey::Date(slots) if slots.len() == 1));
    let many = ["family"; 9].join(",");
    assert_eq!(parse("Patient", &[("_sort", &many)]).errors.len(), 1);
}

#[test]
fn sorting() {
    let plan = parse("Patient", &[("_sort", "family,-birthdate"), ("_sort", "-_lastUpdated,_id")]).plan;
    let keys: Vec<_> = plan.sort.iter().map(|sort| (sort.key.clone(), sort.descending)).collect();
    let family = SortKey::String(vec![slot("Patient string Patient.name.family")]);
    let birth = SortKey::Date(vec![slot("Patient date Patient.birthDate")]);
    assert_eq!(keys, [(family, false), (birth, true), (SortKey::LastUpdated, true), (SortKey::Id, false)]);
}

#[test]
fn includes() {
    let includes = |name: &str, value: &str| parse("Observation", &[(name, value)]).plan.includes;
    let subject = vec![slot("Observation reference Observation.subject")];
    let source: ResourceType = "Observation".parse().unwrap();
    let include = |target: Option<ResourceType>, iterate| {
        vec![Include { reverse: false, source, slots: subject.clone(), target, iterate }]
    };
    assert_eq!(includes("_include", "Observation:subject"), include(None, false));
    assert_eq!(
        includes("_include", "Observation:subject:Patient"),
        include(Some(ResourceType::PATIENT), false)
    );
    assert_eq!(includes("_include:iterate", "Observation:subject"), include(None, true));
    assert_eq!(includes("_include", "Observation:patient"), include(Some(ResourceType::PATIENT), false));
    let all = includes("_include", "*");
    assert_eq!((all.len(), all[0].slots.clone()), (1, registry().reference_slots(source, None)));
    assert_eq!(includes("_include", "Observation:*"), all);
    let reverse = includes("_revinclude", "Provenance:target");
    assert!(reverse.len() == 1 && reverse[0].reverse && reverse[0].source.as_str() == "Provenance");
    let everything = includes("_revinclude", "*");
    assert!(everything.len() > 20, "{}", everything.len());
    assert!(everything.iter().all(|include| include.reverse && !include.slots.is_empty()));
}

fn texts(name: &str) -> SortKey {
    SortKey::Text(vec![crate::TextSource { slot: slot(name), target: None, system: None }])
}
