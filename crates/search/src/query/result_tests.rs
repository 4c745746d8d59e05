//! Parameters that shape the answer, and their plans; expectations from the text of R4.

use fhir::ResourceType;

use super::tests::parse;
use crate::testing::{registry, slot};
use crate::{Include, SortKey, Total};

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
