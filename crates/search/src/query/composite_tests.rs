//! Composite parameters: their clauses, and what they find.

use super::tests::clause;
use crate::testing::finds;
use crate::{Check, Clause};

const PRESSURE: &str = r#"{"resourceType":"Observation","status":"final",
    "code":{"coding":[{"system":"http://loinc.org","code":"85354-9"}]},
    "effectiveDateTime":"2026-11-25","valueQuantity":{"value":93,"code":"mm[Hg]"},
    "component":[
        {"code":{"coding":[{"system":"http://loinc.org","code":"8480-6"}]},"valueQuantity":{"value":120,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
        {"code":{"coding":[{"system":"http://loinc.org","code":"8462-4"}]},"valueQuantity":{"value":80,"system":"http://unitsofmeasure.org","code":"mm[Hg]"}},
        {"code":{"coding":[{"code":"a$b"}]},"valueCodeableConcept":{"coding":[{"system":"s","code":"x,y"}]}}]}"#;

fn check(text: &str, cases: &[(&str, &[&str], &[&str])]) {
    for (name, found, not_found) in cases {
        for value in *found {
            assert!(finds(text, name, value), "{name}={value}");
        }
        for value in *not_found {
            assert!(!finds(text, name, value), "{name}={value}");
        }
    }
}

#[test]
fn components_on_the_resource_are_independent_conditions() {
    let both = clause("Observation", "code-value-quantity", "http://l|c$ge5||mg");
    assert_eq!(
        both,
        Clause::All(vec![clause("Observation", "code", "http://l|c"), {
            let Clause::All(parts) = &both else { panic!() };
            assert!(matches!(&parts[1], Clause::Quantity { slots, .. } if slots.len() == 1));
            parts[1].clone()
        }])
    );
    assert!(!both.needs_check());
    check(
        PRESSURE,
        &[
            (
                "code-value-quantity",
                &["85354-9$93", "http://loinc.org|85354-9$gt90||mm[Hg]", "x$1,85354-9$93"],
                &["85354-9$120", "8480-6$120", "85354-9$gt93", "|85354-9$93"],
            ),
            ("code-value-date", &[], &["85354-9$2026"]),
        ],
    );
}

#[test]
fn components_of_an_element_belong_together() {
    let clause = clause("Observation", "component-code-value-quantity", "8480-6$gt100");
    let Clause::Check { superset, check: found } = &clause else { panic!("{clause:?}") };
    assert!(matches!(&**found, Check::Composite { components, .. } if components.len() == 2));
    assert!(matches!(&**superset, Clause::All(parts) if parts.len() == 2));
    assert!(clause.needs_check() && !superset.needs_check());
    check(
        PRESSURE,
        &[
            (
                "component-code-value-quantity",
                &[
                    "8480-6$120",
                    "http://loinc.org|8480-6$gt119",
                    "8462-4$80||mm[Hg]",
                    "8462-4$lt81",
                    "8480-6$16|http://unitsofmeasure.org|kPa",
                    "8480-6$80,8462-4$80",
                ],
                &[
                    "8480-6$80",
                    "8462-4$120",
                    "8480-6$lt100",
                    "85354-9$93",
                    "85354-9$120",
                    "8480-6$120|http://unitsofmeasure.org|kPa",
                ],
            ),
            (
                "combo-code-value-quantity",
                &["8480-6$120", "85354-9$93"],
                &["85354-9$120", "8480-6$93", "8462-4$120"],
            ),
            (
                "component-code-value-concept",
                &[r"a\$b$x\,y", r"a\$b$s|x\,y", r"a\$b$s|"],
                &["a$x", r"a\$b$x", r"8480-6$x\,y", r"a\$b$t|x\,y"],
            ),
        ],
    );
    let check = |text: &str, name: &str, value: &str, expected| {
        assert_eq!(finds(text, name, value), expected, "{name}={value}")
    };
    let group = r#"{"resourceType":"Group","characteristic":[
        {"code":{"coding":[{"code":"g"}]},"valueBoolean":true},{"code":{"coding":[{"code":"h"}]},"valueBoolean":false}]}"#;
    for (value, expected) in [("g$true", true), ("h$false", true), ("g$false", false), ("h$true", false)] {
        check(group, "characteristic-value", value, expected);
    }
    let range = r#"{"resourceType":"Library","useContext":[{"code":{"system":"u","code":"age"},"valueRange":{"low":{"value":18,"code":"a"}}}]}"#;
    for (value, expected) in
        [("age$gt60", true), ("u|age$gt60||a", true), ("age$lt18", false), ("sex$gt60", false)]
    {
        check(range, "context-type-quantity", value, expected);
    }
    // R4 names the components the wrong way round: the code comes first, then the document.
    let document = r#"{"resourceType":"DocumentReference","relatesTo":[
        {"code":"replaces","target":{"reference":"DocumentReference/1"}},{"code":"appends","target":{"reference":"DocumentReference/2"}}]}"#;
    for (value, expected) in [
        ("replaces$1", true),
        ("replaces$DocumentReference/1", true),
        ("appends$http://own/fhir/DocumentReference/2", true),
        ("replaces$2", false),
        ("appends$DocumentReference/1", false),
    ] {
        check(document, "relationship", value, expected);
    }
    let sequence = r#"{"resourceType":"MolecularSequence","referenceSeq":{"chromosome":{"coding":[{"code":"1"}]}},
        "variant":[{"start":123,"end":345}],"coordinateSystem":0}"#;
    for (value, expected) in [("1$lt125$gt300", true), ("1$gt125$gt300", false), ("2$lt125$gt300", false)] {
        check(sequence, "chromosome-variant-coordinate", value, expected);
    }
}
