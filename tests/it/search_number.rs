//! Numbers: nine prefixes, precision by digits, exponents, signs, ranges. R4, search.html#number and #prefix.

use crate::support::checks::check_each;

fn risk(id: &str, probabilities: &[&str]) -> String {
    let predictions: Vec<String> = probabilities.iter().map(|one| format!("{{{one}}}")).collect();
    let predictions = if predictions.is_empty() {
        String::new()
    } else {
        format!(r#","prediction":[{}]"#, predictions.join(","))
    };
    format!(
        r#"{{"resourceType":"RiskAssessment","id":"{id}","status":"final","subject":{{"reference":"Patient/someone"}}{predictions}}}"#
    )
}

fn charge(id: &str, factor: &str) -> String {
    format!(
        r#"{{"resourceType":"ChargeItem","id":"{id}","status":"billable","code":{{"text":"x"}},"subject":{{"reference":"Patient/someone"}},"factorOverride":{factor}}}"#
    )
}

fn sequence(id: &str, variants: &str) -> String {
    format!(r#"{{"resourceType":"MolecularSequence","id":"{id}","coordinateSystem":1{variants}}}"#)
}

/// `zero low under half half0 over high span both`, and `none` without a value.
#[test]
fn probabilities_by_each_prefix() {
    check_each(|checks| {
        let decimal = |id: &str, value: &str| risk(id, &[&format!(r#""probabilityDecimal":{value}"#)]);
        let percent =
            |value: &str| format!(r#"{{"value":{value},"system":"http://unitsofmeasure.org","code":"%"}}"#);
        checks.store([
            decimal("zero", "0"),
            decimal("low", "0.1"),
            decimal("under", "0.45"),
            decimal("half", "0.5"),
            decimal("half0", "0.50"),
            decimal("over", "0.55"),
            decimal("high", "0.9"),
            // R4, riskassessment.html, ras-1 and ras-2: both forms are percentages, and a range says so.
            risk(
                "span",
                &[&format!(r#""probabilityRange":{{"low":{},"high":{}}}"#, percent("0.4"), percent("0.6"))],
            ),
            risk("both", &[r#""probabilityDecimal":0.12"#, r#""probabilityDecimal":0.88"#]),
            risk("none", &[]),
        ]);
        for (value, expected) in [
            // Half a unit of the last digit on each side, the upper end excluded.
            ("0.5", "under half half0"),
            ("eq0.5", "under half half0"),
            ("0.50", "half half0"),
            ("eq0.50", "half half0"),
            ("0.500", "half half0"),
            ("0.45", "under"),
            ("0.55", "over"),
            ("0.54", ""),
            ("0.12", "both"),
            ("0.1", "low both"),
            ("0.10", "low"),
            ("0.4", ""),
            ("0.9", "high both"),
            ("0.90", "high"),
            ("0.0", "zero"),
            ("0.00", "zero"),
            ("5e-1", "under half half0"),
            ("5.0e-1", "half half0"),
            ("0.05e1", "under half half0"),
            ("50e-2", "half half0"),
            ("-0.5", ""),
            // Not contained; one value of several is enough, none is not.
            ("ne0.5", "zero low over high span both"),
            ("ne0.50", "zero low under over high span both"),
            ("ne0.1", "zero under half half0 over high span both"),
            // The number as it is.
            ("gt0.5", "over high span both"),
            ("gt0.45", "half half0 over high span both"),
            ("gt0.55", "high span both"),
            ("gt0.9", ""),
            ("gt0.89", "high"),
            ("gt-1", "zero low under half half0 over high span both"),
            ("ge0.5", "half half0 over high span both"),
            ("ge0.55", "over high span both"),
            ("ge0.88", "high both"),
            ("ge0.9", "high"),
            ("ge9e-1", "high"),
            ("lt0.5", "zero low under span both"),
            ("lt0.45", "zero low span both"),
            ("lt0.1", "zero"),
            ("lt0", ""),
            ("lt-1", ""),
            ("le0.5", "zero low under half half0 span both"),
            ("le0.12", "zero low both"),
            ("le0.1", "zero low"),
            ("le0", "zero"),
            // All of it above, below.
            ("sa0.5", "over high both"),
            ("sa0.52", "over high both"),
            ("sa0.35", "under half half0 over high span both"),
            ("sa0.9", ""),
            ("eb0.5", "zero low under both"),
            ("eb0.65", "zero low under half half0 over span both"),
            ("eb0.1", "zero"),
            // A tenth more or less.
            ("ap0.10", "low"),
            ("ap0.9", "high both"),
            // Alternatives; all of several, where `both` may meet each with another of its values.
            ("0.1,0.9", "low high both"),
            ("0.10,0.90", "low high"),
            ("lt0.1,gt0.6", "zero high both"),
            ("0.50,gt0.6,eb0.1", "zero half half0 high both"),
            ("gt0.5&probability=lt0.6", "over span both"),
            ("ge0.45&probability=le0.55", "under half half0 over span both"),
            ("ge0.1&probability=le0.5&probability=ne0.50", "low under span both"),
        ] {
            checks.finds(&format!("RiskAssessment?probability={value}"), expected);
        }
        // How far the tenth goes beyond the written digits is left open: what must be in, what must not.
        for value in ["ap0.5", "ap0.50"] {
            let found = checks.ids(&format!("RiskAssessment?probability={value}"));
            for id in ["half", "half0", "span"] {
                checks.that(found.iter().any(|one| one == id), format!("{value} without {id}: {found:?}"));
            }
            for id in ["zero", "low", "high", "both", "none"] {
                checks.that(found.iter().all(|one| one != id), format!("{value} with {id}: {found:?}"));
            }
        }
        checks.finds("RiskAssessment?probability:missing=true", "none");
        checks.finds(
            "RiskAssessment?probability:missing=false",
            "zero low under half half0 over high span both",
        );
        checks.finds("RiskAssessment?probability:missing=false&probability=gt0.6", "high both");
        checks.finds("RiskAssessment?probability:missing=true&probability=gt0.6", "");
        for wrong in [
            "probability=abc",
            "probability=0.5x",
            "probability=1.2.3",
            "probability=--1",
            "probability=1e",
            "probability=eq",
            "probability=gtgt1",
            "probability=xx0.5",
            "probability=0x10",
            "probability=NaN",
            "probability=0.1,abc",
            "probability=0.5|http://unitsofmeasure.org|1",
            "probability:missing=perhaps",
            "probability:missing=gt1",
            "probability:exact=1",
            "probability:contains=1",
            "probability:not=1",
            "probability:below=1",
        ] {
            checks.refuses(&format!("RiskAssessment?{wrong}"));
        }
    });
}

#[test]
fn factors_with_exponents_and_signs() {
    check_each(|checks| {
        checks.store([
            charge("minus", "-0.5"),
            charge("discount", "0.8"),
            charge("one", "1"),
            charge("one-zero", "1.0"),
            charge("quarter", "1.25"),
            charge("under", "99.5"),
            charge("hundred", "100"),
            charge("over", "100.5"),
            charge("more", "150"),
        ]);
        for (value, expected) in [
            ("100", "under hundred"),
            ("100.0", "hundred"),
            ("100.00", "hundred"),
            // This project reads one digit as one digit: 50 to 150.
            ("1e2", "under hundred over"),
            ("1E2", "under hundred over"),
            ("1.0e2", "under hundred over"),
            ("1.00e2", "under hundred"),
            ("1.000e2", "hundred"),
            ("1000e-1", "hundred"),
            ("ne100", "minus discount one one-zero quarter over more"),
            ("ne100.0", "minus discount one one-zero quarter under over more"),
            ("gt100", "over more"),
            ("gt99.5", "hundred over more"),
            ("gt1e2", "over more"),
            ("ge100", "hundred over more"),
            ("lt100", "minus discount one one-zero quarter under"),
            ("le100", "minus discount one one-zero quarter under hundred"),
            ("sa100", "over more"),
            ("sa99.4", "under hundred over more"),
            ("eb100", "minus discount one one-zero quarter under"),
            ("eb1", "minus discount"),
            ("ap100", "under hundred over"),
            ("ap150", "more"),
            ("-0.5", "minus"),
            ("-5e-1", "minus"),
            ("-0.50", "minus"),
            ("-0.6", ""),
            ("0.5", ""),
            ("lt0", "minus"),
            ("ge-0.5", "minus discount one one-zero quarter under hundred over more"),
            ("gt-0.5", "discount one one-zero quarter under hundred over more"),
            ("le-0.5", "minus"),
            ("eb-0.4", "minus"),
            ("sa-0.6&factor-override=lt1", "minus discount"),
            ("1", "discount one one-zero quarter"),
            ("1.0", "one one-zero"),
            ("1.00", "one one-zero"),
            ("1.2", ""),
            ("1.3", "quarter"),
            ("1.25", "quarter"),
            ("gt1", "quarter under hundred over more"),
            ("gt1.0", "quarter under hundred over more"),
            ("ge1.25&factor-override=lt100", "quarter under"),
            ("1.0,100.0", "one one-zero hundred"),
            ("100000000000000000000", ""),
            ("lt100000000000000000000&factor-override=gt100", "over more"),
        ] {
            checks.finds(&format!("ChargeItem?factor-override={value}"), expected);
        }
    });
}

/// `sa` and `eb` are not for integers (R4); nothing is asked of them here.
#[test]
fn positions_in_a_sequence() {
    check_each(|checks| {
        checks.store([
            sequence("a", r#","variant":[{"start":10,"end":12}]"#),
            sequence("b", r#","variant":[{"start":11,"end":15},{"start":200,"end":210}]"#),
            sequence("c", r#","variant":[{"start":1000,"end":1001}]"#),
            sequence("d", r#","variant":[{"end":12}]"#),
            sequence("e", ""),
        ]);
        for (query, expected) in [
            ("variant-start=10", "a"),
            ("variant-start=11", "b"),
            ("variant-start=200", "b"),
            ("variant-start=10,1000", "a c"),
            ("variant-start=12", ""),
            ("variant-start=gt10", "b c"),
            ("variant-start=ge10", "a b c"),
            ("variant-start=lt11", "a"),
            ("variant-start=le11", "a b"),
            ("variant-start=lt0", ""),
            ("variant-start=ne10", "b c"),
            ("variant-start=ne11", "a b c"),
            ("variant-start=ap1000", "c"),
            ("variant-start=ap210", "b"),
            ("variant-start=1e3", "c"),
            // One variant starts before 200, another after 11: each criterion may be met by another value.
            ("variant-start=gt11&variant-start=lt200", "b"),
            ("variant-start=gt11&variant-start=lt201", "b"),
            ("variant-end=12", "a d"),
            ("variant-end=gt15", "b c"),
            ("variant-start:missing=true", "d e"),
            ("variant-start:missing=false", "a b c"),
            ("variant-end:missing=true", "e"),
            ("variant-end:missing=true&variant-start:missing=true", "e"),
        ] {
            checks.finds(&format!("MolecularSequence?{query}"), expected);
        }
        for wrong in ["variant-start=ten", "variant-start=1,x", "variant-start:text=10"] {
            checks.refuses(&format!("MolecularSequence?{wrong}"));
        }
    });
}
