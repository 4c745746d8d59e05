//! Values (elementdefinition.html): fixed[x] and pattern[x], smallest and greatest values, lengths.

use super::definitions::{World, observation, patient, profile};

fn of_patient(elements: &[(&str, &str)]) -> World {
    World::new(&[profile("p", "Patient", elements)])
}

fn of_observation(elements: &[(&str, &str)]) -> World {
    World::new(&[profile("o", "Observation", elements)])
}

#[test]
fn fixed_primitives() {
    of_patient(&[
        ("Patient.active", r#""fixedBoolean":true"#),
        ("Patient.gender", r#""fixedCode":"female""#),
        ("Patient.birthDate", r#""fixedDate":"2000""#),
        ("Patient.identifier.system", r#""fixedUri":"urn:a""#),
        ("Patient.name.given", r#""fixedString":"A""#),
    ])
    .errors(&[
        (patient(r#""gender":"female","active":true,"birthDate":"2000""#), &[]),
        (
            patient(r#""gender":"male","active":false,"birthDate":"2000-01""#),
            &["Patient.gender fixed-value", "Patient.active fixed-value", "Patient.birthDate fixed-value"],
        ),
        (
            patient(r#""identifier":[{"system":"urn:a"},{"system":"urn:A"},{"value":"1"}]"#),
            &["Patient.identifier[1].system fixed-value"],
        ),
        (patient(r#""name":[{"text":"a"},{"given":["A","B"]}]"#), &["Patient.name[1].given[1] fixed-value"]),
        // There, but not with the value.
        (
            patient(r#""_gender":{"extension":[{"url":"urn:x","valueCode":"unknown"}]}"#),
            &["Patient.gender fixed-value"],
        ),
    ]);
}

/// datatypes.html#decimal: the precision has meaning, so 1.0 is not exactly 1.00.
#[test]
fn fixed_decimals_keep_their_precision() {
    let value = |text: &str| observation(&format!(r#""valueQuantity":{{"value":{text},"unit":"g"}}"#));
    of_observation(&[("Observation.valueQuantity.value", r#""fixedDecimal":1.0"#)]).errors(&[
        (value("1.0"), &[]),
        (value("1.00"), &["Observation.value.value fixed-value"]),
        (value("1"), &["Observation.value.value fixed-value"]),
    ]);
    of_observation(&[("Observation.valueQuantity", r#""patternQuantity":{"value":1.0}"#)])
        .errors(&[(value("1.0"), &[]), (value("1.00"), &["Observation.value pattern-value"])]);
}

#[test]
fn fixed_complex_values_are_exact() {
    let code = |code: &str| format!(r#"{{"resourceType":"Observation","status":"final","code":{code}}}"#);
    let wrong: &[&str] = &["Observation.code fixed-value"];
    of_observation(&[(
        "Observation.code",
        r#""fixedCodeableConcept":{"coding":[{"system":"urn:s","code":"a"}],"text":"t"}"#,
    )])
    .errors(&[
        (code(r#"{"coding":[{"system":"urn:s","code":"a"}],"text":"t"}"#), &[]),
        (code(r#"{"text":"t","coding":[{"code":"a","system":"urn:s"}]}"#), &[]),
        (code(r#"{"coding":[{"system":"urn:s","code":"a"}]}"#), wrong),
        (code(r#"{"coding":[{"system":"urn:s","code":"a","display":"A"}],"text":"t"}"#), wrong),
        (
            code(r#"{"coding":[{"system":"urn:s","code":"a"},{"system":"urn:s","code":"b"}],"text":"t"}"#),
            wrong,
        ),
        (code(r#"{"id":"1","coding":[{"system":"urn:s","code":"a"}],"text":"t"}"#), wrong),
    ]);
}

#[test]
fn patterns_of_concepts() {
    let code = |code: &str| format!(r#"{{"resourceType":"Observation","status":"final","code":{code}}}"#);
    let wrong: &[&str] = &["Observation.code pattern-value"];
    of_observation(&[
        ("Observation.code", r#""patternCodeableConcept":{"coding":[{"system":"urn:s","code":"a"}]}"#),
        ("Observation.category", r#""patternCodeableConcept":{"coding":[{"system":"urn:c"}]}"#),
    ])
    .errors(&[
        (code(r#"{"coding":[{"system":"urn:s","code":"a"}]}"#), &[]),
        (code(r#"{"coding":[{"code":"z"},{"system":"urn:s","code":"a","display":"A"}],"text":"t"}"#), &[]),
        (code(r#"{"coding":[{"system":"urn:s","code":"b"}]}"#), wrong),
        // Both halves, but not in one coding.
        (code(r#"{"coding":[{"system":"urn:s","code":"b"},{"system":"urn:t","code":"a"}]}"#), wrong),
        (code(r#"{"text":"a"}"#), wrong),
        (
            r#"{"resourceType":"Observation","status":"final","code":{"coding":[{"system":"urn:s","code":"a"}]},
            "category":[{"coding":[{"system":"urn:c","code":"1"}]},{"coding":[{"system":"urn:d","code":"1"}]}]}"#
                .to_owned(),
            &["Observation.category[1] pattern-value"],
        ),
    ]);
}

#[test]
fn patterns_with_lists_and_primitives() {
    let wrong: &[&str] = &["Patient.name[0] pattern-value"];
    of_patient(&[
        ("Patient.name", r#""patternHumanName":{"use":"official","given":["A","B"]}"#),
        ("Patient.language", r#""patternCode":"vi""#),
        ("Patient.maritalStatus", r#""patternCodeableConcept":{"coding":[{"code":"a"},{"code":"b"}]}"#),
    ])
    .errors(&[
        (patient(r#""language":"vi","name":[{"use":"official","given":["A","B"],"text":"t"}]"#), &[]),
        (patient(r#""name":[{"use":"official","given":["C","B","A"]}]"#), &[]),
        (patient(r#""name":[{"use":"official","given":["A"]}]"#), wrong),
        (patient(r#""name":[{"given":["A","B"]}]"#), wrong),
        (patient(r#""language":"vi-VN""#), &["Patient.language pattern-value"]),
        (patient(r#""maritalStatus":{"coding":[{"code":"b"},{"code":"a"}]}"#), &[]),
        (patient(r#""maritalStatus":{"coding":[{"code":"a"}]}"#), &["Patient.maritalStatus pattern-value"]),
    ]);
}

#[test]
fn ranges_of_numbers() {
    of_patient(&[(
        "Patient.multipleBirth[x]",
        r#""type":[{"code":"integer"}],"minValueInteger":1,"maxValueInteger":9"#,
    )])
    .errors(&[
        (patient(r#""multipleBirthInteger":1"#), &[]),
        (patient(r#""multipleBirthInteger":9"#), &[]),
        (patient(r#""multipleBirthInteger":0"#), &["Patient.multipleBirth value-range"]),
        (patient(r#""multipleBirthInteger":-5"#), &["Patient.multipleBirth value-range"]),
        (patient(r#""multipleBirthInteger":10"#), &["Patient.multipleBirth value-range"]),
    ]);
    let low = |text: &str| observation(&format!(r#""referenceRange":[{{"low":{{"value":{text}}}}}]"#));
    let wrong: &[&str] = &["Observation.referenceRange[0].low.value value-range"];
    of_observation(&[(
        "Observation.referenceRange.low.value",
        r#""minValueDecimal":0.5,"maxValueDecimal":100"#,
    )])
    .errors(&[
        (low("0.5"), &[]),
        (low("0.50"), &[]),
        (low("5e-1"), &[]),
        (low("100.00"), &[]),
        (low("0.499999999999999999999"), wrong),
        (low("100.000000000000000000001"), wrong),
        (low("-3"), wrong),
    ]);
}

#[test]
fn ranges_of_dates() {
    of_patient(&[("Patient.birthDate", r#""minValueDate":"1900-02-10","maxValueDate":"2030-12-31""#)])
        .errors(&[
            (patient(r#""birthDate":"1900-02-10""#), &[]),
            (patient(r#""birthDate":"1900-02-09""#), &["Patient.birthDate value-range"]),
            (patient(r#""birthDate":"1899""#), &["Patient.birthDate value-range"]),
            // May or may not be within the range: not known to be wrong.
            (patient(r#""birthDate":"1900""#), &[]),
            (patient(r#""birthDate":"2030-12""#), &[]),
            (patient(r#""birthDate":"2031""#), &["Patient.birthDate value-range"]),
        ]);
    of_observation(&[(
        "Observation.effective[x]",
        r#""type":[{"code":"dateTime"}],"maxValueDateTime":"2026-01-01T00:00:00Z""#,
    )])
    .errors(&[
        (observation(r#""effectiveDateTime":"2026-01-01T00:00:00Z""#), &[]),
        (observation(r#""effectiveDateTime":"2026-01-01T06:59:59+07:00""#), &[]),
        (
            observation(r#""effectiveDateTime":"2026-01-01T07:00:01+07:00""#),
            &["Observation.effective value-range"],
        ),
        (observation(r#""effectiveDateTime":"2027""#), &["Observation.effective value-range"]),
    ]);
}

/// elementdefinition.html: a smallest value of a Quantity is a canonical one, "you cannot provide 100mg if the minimum value
/// is 10g".
#[test]
fn ranges_of_quantities() {
    let amount = |value: &str, unit: &str| {
        observation(&format!(
            r#""valueQuantity":{{"value":{value},"system":"http://unitsofmeasure.org","code":"{unit}"}}"#
        ))
    };
    let wrong: &[&str] = &["Observation.value value-range"];
    of_observation(&[(
        "Observation.value[x]",
        r#""type":[{"code":"Quantity"}],
        "minValueQuantity":{"value":10,"system":"http://unitsofmeasure.org","code":"g"},
        "maxValueQuantity":{"value":2,"system":"http://unitsofmeasure.org","code":"kg"}"#,
    )])
    .errors(&[
        (amount("10", "g"), &[]),
        (amount("10000", "mg"), &[]),
        (amount("2000", "g"), &[]),
        (amount("100", "mg"), wrong),
        (amount("2001", "g"), wrong),
        (amount("3", "kg"), wrong),
    ]);
}

/// elementdefinition.html: the length is one in characters.
#[test]
fn lengths() {
    of_patient(&[("Patient.name.text", r#""maxLength":5"#)]).errors(&[
        (patient(r#""name":[{"text":"abcde"}]"#), &[]),
        (patient(r#""name":[{"text":"ắễộửỵ"}]"#), &[]),
        (patient(r#""name":[{"text":"abcde"},{"text":"abcdef"}]"#), &["Patient.name[1].text too-long"]),
    ]);
}
