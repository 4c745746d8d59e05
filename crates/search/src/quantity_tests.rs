//! Numbers and quantities: their rows, and which searches find them (R4 `search.html#number`, `#quantity`).

use terminology::{Decimal, HIGHEST, LOWEST, canonical};

use super::UCUM;
use crate::testing::{extract, finds, registry, slot};
use crate::{QuantityRow, Slot};

fn sortable(number: &str) -> Vec<u8> {
    Decimal::parse(number).unwrap().to_sortable()
}

fn observation(value: &str) -> String {
    format!(r#"{{"resourceType":"Observation","status":"final","code":{{"text":"x"}},{value}}}"#)
}

/// An Observation with a quantity of millimoles.
fn millimoles(members: &str) -> String {
    observation(&format!(
        r#""valueQuantity":{{{members},"unit":"mmol/lít","system":"http://unitsofmeasure.org","code":"mmol/L"}}"#
    ))
}

fn check(text: &str, name: &str, found: &[&str], not_found: &[&str]) {
    for value in found {
        assert!(finds(text, name, value), "{name}={value}");
    }
    for value in not_found {
        assert!(!finds(text, name, value), "{name}={value}");
    }
}

/// The rows of `value-quantity`, by slot of the Quantity or SampledData.
fn rows(text: &str, kind: &str) -> Vec<QuantityRow> {
    let slot: Slot = slot(&format!("Observation quantity Observation.value.ofType({kind})"));
    extract(text).rows.quantities.into_iter().filter(|row| row.slot == slot).collect()
}

#[test]
fn a_ucum_row_is_in_the_canonical_unit() {
    let found = rows(&millimoles(r#""value":6.30"#), "Quantity");
    let [row] = found.as_slice() else { panic!("{found:?}") };
    let hasher = registry().hasher();
    let canonical = canonical("mmol/L").unwrap();
    let converted = canonical.convert(&Decimal::parse("6.3").unwrap()).unwrap().to_sortable();
    assert_eq!((&row.low, &row.high), (&converted, &converted));
    assert_eq!(row.given, Some((sortable("6.3"), sortable("6.3"))));
    assert_eq!(row.unit, hasher.unit(&format!("{UCUM}|{}", canonical.unit)));
    assert_eq!((row.code, row.text), (hasher.unit("mmol/L"), hasher.unit("mmol/lít")));
}

#[test]
fn other_rows_keep_their_numbers() {
    let hasher = registry().hasher();
    for (value, unit, code, text) in [
        (r#""value":5"#, "", "", ""),
        (r#""value":5,"unit":"viên""#, "", "", "viên"),
        (r#""value":5,"system":"http://x","code":"tab""#, "http://x|tab", "tab", ""),
        (r#""value":5,"code":"tab""#, "|tab", "tab", ""),
        // Not UCUM, though its system says so.
        (
            r#""value":5,"system":"http://unitsofmeasure.org","code":"viên""#,
            "http://unitsofmeasure.org|viên",
            "viên",
            "",
        ),
    ] {
        let found = rows(&observation(&format!(r#""valueQuantity":{{{value}}}"#)), "Quantity");
        let [row] = found.as_slice() else { panic!("{value} {found:?}") };
        assert_eq!((&row.low, &row.high, &row.given), (&sortable("5"), &sortable("5"), &None), "{value}");
        assert_eq!(
            (row.unit, row.code, row.text),
            (hasher.unit(unit), hasher.unit(code), hasher.unit(text)),
            "{value}"
        );
    }
    for nothing in [r#""code":"mg""#, r#""value":"5""#, r#""value":1e9999"#] {
        assert!(
            rows(&observation(&format!(r#""valueQuantity":{{{nothing}}}"#)), "Quantity").is_empty(),
            "{nothing}"
        );
    }
}

#[test]
fn a_comparator_opens_the_range() {
    let range = |comparator: &str| {
        let found = rows(
            &observation(&format!(r#""valueQuantity":{{"value":5,"comparator":"{comparator}"}}"#)),
            "Quantity",
        );
        (found[0].low.clone(), found[0].high.clone())
    };
    let five = sortable("5");
    assert_eq!(range("<="), (LOWEST.to_vec(), five.clone()));
    assert_eq!(range(">="), (five.clone(), HIGHEST.to_vec()));
    let (low, high) = range("<");
    assert!(low == LOWEST && high < five && high > sortable("4.999999999999"));
    let (low, high) = range(">");
    assert!(high == HIGHEST && low > five && low < sortable("5.000000000001"));
}

#[test]
fn quantities_meet_in_canonical_units() {
    let text = millimoles(r#""value":6.3"#);
    check(
        &text,
        "value-quantity",
        &[
            "6.3",
            "6",
            "6.30",
            "6.3||mmol/L",
            "6.3||mmol/lít",
            "6.3|http://unitsofmeasure.org|mmol/L",
            "0.0063|http://unitsofmeasure.org|mol/L",
            "6300|http://unitsofmeasure.org|umol/L",
            "gt6200|http://unitsofmeasure.org|umol/L",
            "gt6.2",
            "ge6.3",
            "le6.3",
            "lt6.31",
            "ne6.2",
            "sa6.2",
            "eb6.4",
            "ap6",
            "ap6.9",
            "1,6.3",
        ],
        &[
            "6.2",
            "7",
            "6.31",
            "6.3||mol/L",
            "0.0063||mol/L",
            "6.3||MMOL/L",
            "6.3|http://x|mmol/L",
            "6.3|http://unitsofmeasure.org|mg/dL",
            "0.0063",
            "gt6.3",
            "lt6.3",
            "lt6.3|http://unitsofmeasure.org|mmol/L",
            "ne6.3",
            "ne6",
            "sa6.3",
            "eb6.3",
            "ap5.5",
        ],
    );
    let temperature =
        observation(r#""valueQuantity":{"value":37,"system":"http://unitsofmeasure.org","code":"Cel"}"#);
    check(
        &temperature,
        "value-quantity",
        &["37", "310.15|http://unitsofmeasure.org|K", "98.6|http://unitsofmeasure.org|[degF]"],
        &["37|http://unitsofmeasure.org|K", "98.6"],
    );
}

#[test]
fn open_ranges_are_found_where_they_may_be() {
    check(
        &millimoles(r#""value":5,"comparator":"<""#),
        "value-quantity",
        &["lt5", "lt1", "gt4", "ne5", "eb5", "le4", "ap5|http://unitsofmeasure.org|mmol/L"],
        &["5", "4", "gt5", "ge5", "sa1", "gt5000|http://unitsofmeasure.org|umol/L"],
    );
    check(
        &millimoles(r#""value":5,"comparator":">=""#),
        "value-quantity",
        &["ge5", "gt500", "sa4"],
        // R4's ranges taken by the letter: what only touches the value does not intersect with what is below it.
        &["lt5", "le5", "5", "eb6", "sa5"],
    );
}

#[test]
fn ranges_money_and_samples() {
    let ucum =
        |value: &str| format!(r#"{{"value":{value},"system":"http://unitsofmeasure.org","code":"a"}}"#);
    let onset =
        |low: &str, high: &str| format!(r#"{{"resourceType":"Condition","onsetRange":{{{low}{high}}}}}"#);
    let both = onset(&format!(r#""low":{},"#, ucum("10")), &format!(r#""high":{}"#, ucum("20")));
    check(
        &both,
        "onset-age",
        &[
            "gt15",
            "lt15",
            "ge19",
            "le11",
            "ne1e1",
            "ap15",
            "12|http://unitsofmeasure.org|a,gt19|http://unitsofmeasure.org|a",
            "gt228|http://unitsofmeasure.org|mo",
            "sa9||a",
            "eb21",
        ],
        &[
            "15",
            "10",
            "gt20",
            "ge20",
            "lt10",
            "le10",
            "sa10",
            "eb20",
            "ge21",
            "gt15|http://unitsofmeasure.org|mm",
        ],
    );
    let above = onset(&format!(r#""low":{}"#, ucum("10")), "");
    check(&above, "onset-age", &["gt1000", "ge10", "sa9"], &["lt10", "eb1000"]);
    let invoice = r#"{"resourceType":"Invoice","totalGross":{"value":150000,"currency":"VND"}}"#;
    check(
        invoice,
        "totalgross",
        &["150000", "150000|urn:iso:std:iso:4217|VND", "150000||VND", "gt149999||VND"],
        &["150000|urn:iso:std:iso:4217|USD", "150000||USD", "gt150000"],
    );
    // 2 + 0.5 * 2, -4, 10: from 0 to 7.
    let samples = observation(
        r#""valueSampledData":{"origin":{"value":2,"system":"http://unitsofmeasure.org","code":"mV"},"period":10,"factor":0.5,"dimensions":1,"data":"2 -4 E 10 U L"}"#,
    );
    let found = rows(&samples, "SampledData");
    // A millivolt is a canonical unit of UCUM.
    assert_eq!((&found[0].low, &found[0].high, &found[0].given), (&sortable("0"), &sortable("7"), &None));
    check(
        &samples,
        "value-quantity",
        &["ge6.9||mV", "gt6", "le0.1", "lt1", "ge0.0069|http://unitsofmeasure.org|V"],
        &["gt7||mV", "ge7||mV", "lt0", "le0", "3", "gt0.007|http://unitsofmeasure.org|V"],
    );
    let nothing = r#""valueSampledData":{"origin":{"value":2},"period":10,"dimensions":1,"data":"E U"}"#;
    assert!(rows(&observation(nothing), "SampledData").is_empty());
}

#[test]
fn numbers_are_exact_and_their_search_values_are_not() {
    let risk = |probability: &str| {
        format!(
            r#"{{"resourceType":"RiskAssessment","prediction":[{{"probabilityDecimal":{probability}}}]}}"#
        )
    };
    check(
        &risk("100"),
        "probability",
        &["100", "100.00", "1e2", "ge100", "le1e2", "ap95"],
        &["99", "gt1e2", "lt100", "ne100"],
    );
    check(&risk("99.5"), "probability", &["100", "99.5", "gt99.49"], &["99", "100.0"]);
    check(&risk("100.5"), "probability", &["101", "gt100"], &["100"]);
    check(&risk("-0.05"), "probability", &["-0.05", "lt0", "-5e-2", "eb-0.04"], &["0.05", "gt-0.05"]);
}
