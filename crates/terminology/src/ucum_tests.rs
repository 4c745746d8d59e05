//! Tests of the canonical units: equal quantities, exact factors, refused units, the bounded cache.

use octofhir_ucum::get_all_units;
use proptest::prelude::*;

use crate::ucum::work_out;
use crate::{Decimal, canonical};

fn number(lexeme: &str) -> Decimal {
    Decimal::parse(lexeme).unwrap_or_else(|| panic!("{lexeme} is no number"))
}

fn quantity(value: &str, unit: &str) -> (String, Decimal) {
    let canonical = canonical(unit).unwrap_or_else(|| panic!("{unit} is no unit"));
    (canonical.unit.to_string(), canonical.convert(&number(value)).unwrap())
}

#[test]
fn equal_quantities_are_equal() {
    for ((left_value, left_unit), (right_value, right_unit)) in [
        (("1", "g"), ("1000", "mg")),
        (("1", "g"), ("0.001", "kg")),
        (("120", "mm[Hg]"), ("0.12", "m[Hg]")),
        (("120", "mm[Hg]"), ("15998.640", "Pa")),
        (("1", "h"), ("60", "min")),
        (("1", "L"), ("1", "dm3")),
        (("1", "l"), ("1", "L")),
        (("1", "mmol/L"), ("1", "mol/m3")),
        (("36.6", "Cel"), ("97.88", "[degF]")),
        (("0", "Cel"), ("273.15", "K")),
        (("-40", "Cel"), ("-40", "[degF]")),
        (("37000", "mCel"), ("37", "Cel{oral}")),
        (("126", "mg/dL"), ("1.26", "g/L")),
        (("45", "%"), ("0.45", "1")),
        (("3", "{score}"), ("3", "1")),
        (("3", "/{HPF}"), ("3", "{count}")),
        (("4.5", "10*9/L"), ("4500", "/uL")),
        (("4.5", "10*3/uL"), ("4.5", "10^3/mm3")),
        (("1", "[in_i]"), ("2.54", "cm")),
        (("1", "[lb_av]"), ("453.59237", "g")),
        (("70", "/min"), ("4200", "/h")),
        (("7", "U/L"), ("420", "umol/h/L")),
        (("1", "kat/L"), ("60000000", "U/L")),
        (("5", "[IU]/mL"), ("5000", "[iU]/L")),
        (("180", "deg"), ("1", "[pi].rad")),
        (("3937", "[ft_us]"), ("1200", "m")),
        (("1", "mL/min/{1.73_m2}"), ("60", "mL/h")),
        (("9", "[degR]"), ("5", "K")),
        (("1", "d"), ("86400", "s")),
        (("1", "wk"), ("168", "h")),
        (("1", "J"), ("1", "kg.m2/s2")),
        (("1", "[psi].[in_i]2"), ("1", "[lbf_av]")),
        (("1", "KiBy"), ("8192", "bit")),
    ] {
        assert_eq!(
            quantity(left_value, left_unit),
            quantity(right_value, right_unit),
            "{left_value} {left_unit} = {right_value} {right_unit}"
        );
    }
}

#[test]
fn canonical_texts() {
    for (unit, text) in [
        ("mg/dL", "g.m-3"),
        ("mm[Hg]", "g.m-1.s-2"),
        ("1", "1"),
        ("%", "1"),
        ("{score}", "1"),
        ("mol", "1"),
        ("m/m", "1"),
        ("[degF]", "K"),
        ("[IU]/L", "m-3.[iU]"),
        ("[arb'U]/L", "m-3.[arb'U]"),
        ("[IU]/[iU]", "1"),
        ("kg/m2", "g.m-2"),
    ] {
        assert_eq!(&*canonical(unit).unwrap().unit, text, "{unit}");
    }
}

#[test]
fn refuses_what_cannot_be_converted() {
    for unit in [
        "",
        " ",
        "mmHg",
        "foo",
        "mg ",
        "µg",
        "MG/DL",
        "[pH]",
        "B",
        "dB",
        "Np",
        "[hp'_X]",
        "[p'diop]",
        "%[slope]",
        "Cel/h",
        "2.Cel",
        "Cel2",
        "10*101",
        "m2147483647",
        "m-2147483648",
        "10*-2147483648",
        "0",
        "123456789012345678901234567890.m",
        "[c]100.[c]100.[c]100.[c]100",
    ] {
        assert!(canonical(unit).is_none(), "{unit}");
    }
    let long = format!("{{{}}}", "a".repeat(99));
    assert!(canonical(&long).is_none());
    assert!(canonical(&"(".repeat(100)).is_none());
}

/// A unit that the library rounds and that `definitions.rs` does not know is refused; so none may be missing.
#[test]
fn knows_every_unit_of_the_tables_exactly() {
    let one = Decimal::from(1);
    for record in get_all_units().iter().filter(|record| !record.special.is_special()) {
        let unit = work_out(record.code).unwrap_or_else(|| panic!("{} is refused", record.code));
        let exact = unit.convert(&one).unwrap();
        let (digits, exponent) = record.factor.to_integer_and_exponent();
        let rounded = Decimal::new(digits.into(), exponent.into());
        // The library rounds along the way too, so its last digits may differ.
        let difference = exact.subtract(&rounded);
        assert!(
            difference.is_zero() || difference.leading_exponent() < exact.leading_exponent() - 24,
            "{}: {exact} is not {rounded}",
            record.code
        );
        assert_eq!(
            &*unit.unit,
            octofhir_ucum::get_canonical_units(record.code).unwrap().unit,
            "{}",
            record.code
        );
    }
}

#[test]
fn the_cache_is_bounded_and_answers_the_same() {
    for number in 1..10_000 {
        assert!(canonical(&format!("{number}.m")).is_some());
    }
    assert_eq!(quantity("1", "9999.m"), quantity("9999", "m"));
}

proptest! {
    #[test]
    fn conversions_commute(
        value in "-?(0|[1-9][0-9]{0,6})(\\.[0-9]{1,4})?",
        (unit, thousandth) in prop::sample::select(vec![
            ("g", "mg"), ("m", "mm"), ("L", "mL"), ("Cel", "mCel"), ("[psi]", "m[psi]"), ("mol/L", "mmol/L"),
            ("U/L", "mU/L"), ("m[Hg]", "mm[Hg]"), ("rad", "mrad"), ("kat", "mkat"), ("ks/[ft_us]", "s/[ft_us]"),
        ]),
    ) {
        let thousandfold = format!("{value}e3");
        // A prefix that this unit may not have is not what is tested here.
        prop_assume!(canonical(thousandth).is_some());
        prop_assert_eq!(quantity(&value, unit), quantity(&thousandfold, thousandth));
    }

    #[test]
    fn fahrenheit_and_celsius_meet(tenths in -2000_i64..20_000) {
        let celsius = Decimal::new(tenths.into(), -1);
        let fahrenheit = celsius.multiply(&number("1.8")).add(&number("32"));
        prop_assert_eq!(
            canonical("Cel").unwrap().convert(&celsius),
            canonical("[degF]").unwrap().convert(&fahrenheit)
        );
    }

    #[test]
    fn greater_values_stay_greater(
        left in -100_000_i64..100_000,
        right in -100_000_i64..100_000,
        unit in prop::sample::select(vec!["mg/dL", "[degF]", "Cel", "[ft_us]", "deg", "/min", "U/L", "%"]),
    ) {
        let convert = |value: i64| canonical(unit).unwrap().convert(&Decimal::from(value)).unwrap();
        prop_assert_eq!(convert(left).cmp(&convert(right)), left.cmp(&right));
        prop_assert_eq!(convert(left).to_sortable().cmp(&convert(right).to_sortable()), left.cmp(&right));
    }

    #[test]
    fn any_text_is_a_unit_or_refused(unit in "[a-zA-Z0-9*^%/.(){}\\[\\]'+-]{0,20}") {
        if let Some(known) = canonical(&unit) {
            prop_assert!(known.convert(&Decimal::from(1)).is_some());
        }
    }
}
