//! The tables of R4 against what was made of them.

use std::sync::LazyLock;

use super::*;

static R4: LazyLock<Definitions> = LazyLock::new(|| Definitions::new(&[]));

#[test]
fn every_line_of_the_table_is_registered() {
    let mut lines = 0;
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let line = Line::read(line).unwrap();
        lines += 1;
        for kind in ResourceType::all().filter(|kind| line.covers(TypeId::of_resource(*kind))) {
            let parameter = R4.of(kind).parameter(&line.code).unwrap();
            assert_eq!((&parameter.url, parameter.kind), (&line.url, line.kind), "{kind} {}", line.code);
            let indexed = line.kind.table().is_some() && !line.expression.is_empty();
            // `_query` names a query that nobody defined; everything else can be searched.
            assert_eq!(parameter.searchable, line.code != "_query", "{kind} {}", line.code);
            if indexed && !is_column(&line.code) {
                let branches = branches(&line.expression, kind);
                assert!(!branches.is_empty());
                let found: std::collections::HashSet<usize> =
                    parameter.sources.iter().map(|source| source.slot).collect();
                assert!(found.len() >= branches.len(), "{kind} {}", line.code);
            }
        }
    }
    assert_eq!(lines, 1377);
}

#[test]
fn codes_are_unique_in_a_type() {
    for kind in ResourceType::all() {
        assert!(R4.of(kind).parameters.windows(2).all(|pair| pair[0].code < pair[1].code), "{kind}");
    }
}

#[test]
fn the_types_of_expressions_are_those_their_tables_can_hold() {
    let mut odd = Vec::new();
    for line in TABLE.lines().filter_map(Line::read) {
        for kind in ResourceType::all().filter(|kind| line.covers(TypeId::of_resource(*kind))) {
            for branch in branches(&line.expression, kind) {
                let names: Vec<&str> = branch.outcome().types.iter().map(|kind| kind.name()).collect();
                let fits = |name: &&str| match line.kind {
                    ParameterType::String => ["string", "markdown", "HumanName", "Address"].contains(name),
                    ParameterType::Date => {
                        ["date", "dateTime", "instant", "Period", "Timing"].contains(name)
                            || ["string", "Age", "Range"].contains(name)
                    }
                    ParameterType::Uri => ["uri", "url", "canonical"].contains(name),
                    ParameterType::Reference => {
                        ["Reference", "canonical", "uri", "Resource", "Attachment"].contains(name)
                    }
                    ParameterType::Token => TypeId::named(name).is_some_and(|kind| {
                        kind.kind() == fhir::Kind::Primitive
                            || ["Coding", "CodeableConcept", "Identifier", "ContactPoint"].contains(name)
                    }),
                    _ => true,
                };
                if !names.iter().all(fits) || (names.is_empty() && !branch.text.contains(" and ")) {
                    odd.push(format!("{} {} {names:?}", line.code, branch.text));
                }
            }
        }
    }
    assert_eq!(odd, [""; 0]);
}

#[test]
fn nothing_is_stored_twice() {
    let slots = |kind: &str, code: &str| {
        let parameter = R4.of(kind.parse().unwrap()).parameter(code).unwrap();
        parameter.sources.iter().map(|source| R4.slots[source.slot].name.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(slots("Observation", "patient"), slots("Observation", "subject"));
    assert_eq!(
        slots("Observation", "combo-code"),
        [slots("Observation", "code")[0], slots("Observation", "component-code")[0]]
    );
    assert_eq!(slots("Patient", "phone"), slots("Patient", "telecom"));
    assert_eq!(
        slots("Patient", "name"),
        [
            "Patient string Patient.name.family",
            "Patient string Patient.name.given",
            "Patient string Patient.name.text | Patient.name.prefix | Patient.name.suffix"
        ]
    );
    assert_eq!(slots("Patient", "family"), ["Patient string Patient.name.family"]);
    assert!(slots("Patient", "address").contains(&slots("Patient", "address-city")[0]));
    assert!(R4.slots.len() < 4_000, "{}", R4.slots.len());
}

#[test]
fn one_element_decides_the_book_only_where_nothing_can_outrank_it() {
    let deciding = |kind: &str| {
        R4.of(kind.parse().unwrap()).deciding_slot.map(|slot| R4.slots[slot].name.rsplit('.').next().unwrap())
    };
    for (kind, element) in [
        ("Observation", Some("subject")),
        ("Condition", Some("subject")),
        ("AllergyIntolerance", Some("patient")),
        ("Coverage", Some("beneficiary")),
        ("MedicationDispense", Some("subject")),
        ("Encounter", Some("subject")),
        ("Device", Some("patient")),
        ("Account", None),
        ("Appointment", None),
        ("AuditEvent", None),
        ("Provenance", None),
        ("Organization", None),
    ] {
        assert_eq!(deciding(kind), element, "{kind}");
    }
}
