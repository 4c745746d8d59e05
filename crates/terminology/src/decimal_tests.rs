//! Tests of the decimals: what is read, what a search means by a number, arithmetic and order.

use std::cmp::Ordering;
use std::time::{Duration, Instant};

use num_bigint::BigInt;
use proptest::prelude::*;

use crate::Decimal;

fn number(lexeme: &str) -> Decimal {
    Decimal::parse(lexeme).unwrap_or_else(|| panic!("{lexeme} is no number"))
}

/// Numbers as people and machines write them: short ones, long ones, with and without exponents.
pub(crate) fn lexeme() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?",
        2 => "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?",
        2 => "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,5})?[eE][+-]?[0-9]{1,2}",
        1 => "-?[1-9](\\.[0-9]{1,5})?[eE][+-]?[1-8][0-9]{2}",
    ]
}

#[test]
fn reads_numbers_as_fhir_writes_them() {
    for (lexeme, display) in [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("0e5", "0"),
        ("-0.50", "-0.5"),
        ("100", "100"),
        ("1.00", "1"),
        ("1e2", "100"),
        ("1E-22", "1e-22"),
        ("-1.50e+3", "-1500"),
        ("12345678901234567890123456789.5", "1.23456789012345678901234567895e28"),
        ("10000000000000000000000000000000", "1e31"),
        ("0.00000012", "0.00000012"),
        ("6.02214076e23", "6.02214076e23"),
    ] {
        assert_eq!(number(lexeme).to_string(), display, "{lexeme}");
    }
}

#[test]
fn refuses_what_is_no_number() {
    for lexeme in [
        "", "-", ".", "1.", ".5", "+1", "00", "007", "-01", "1e", "1e+", "1e1.5", "e5", "1 ", " 1", "1_0",
        "0x1", "1,5", "NaN", "Infinity", "--1", "1.-5", "1.+5", "1e++5", "1e5e5", "1.5.5", "٣", "1e٣",
    ] {
        assert_eq!(Decimal::parse(lexeme), None, "{lexeme}");
        assert_eq!(Decimal::implicit_range(lexeme), None, "{lexeme}");
    }
}

#[test]
fn refuses_hostile_numbers_at_once() {
    let start = Instant::now();
    let digits = "9".repeat(10_000_000);
    for lexeme in [
        "1e999999999",
        "1e-999999999",
        "0e999999999",
        "1e99999999999999999999999999",
        "1e-9223372036854775808",
        "1.5e-9223372036854775808",
        "1e1001",
        "1e-1001",
        "1.0e-1000",
        digits.as_str(),
    ] {
        assert_eq!(Decimal::parse(lexeme), None);
    }
    assert!(start.elapsed() < Duration::from_secs(1));
    assert!(Decimal::parse(&"9".repeat(400)).is_some());
    assert!(Decimal::parse(&"9".repeat(401)).is_none());
    assert!(Decimal::parse("1e1000").is_some());
    assert!(Decimal::parse("1e-1000").is_some());
}

#[test]
fn a_search_means_what_rounds_to_the_number() {
    for (lexeme, low, high) in [
        ("100", "99.5", "100.5"),
        ("100.00", "99.995", "100.005"),
        ("1e2", "50", "150"),
        ("1.0e2", "95", "105"),
        ("0", "-0.5", "0.5"),
        ("-5.4", "-5.45", "-5.35"),
        ("1E-22", "0.5e-22", "1.5e-22"),
    ] {
        assert_eq!(Decimal::implicit_range(lexeme), Some((number(low), number(high))), "{lexeme}");
    }
}

#[test]
fn calculates_exactly() {
    assert_eq!(number("0.1").add(&number("0.2")), number("0.3"));
    assert_eq!(number("1e-100").add(&number("1e100")).subtract(&number("1e100")), number("1e-100"));
    assert_eq!(number("-1.5").multiply(&number("0.2")), number("-0.3"));
    assert_eq!(number("-7").abs(), number("7"));
    assert_eq!(number("5.4").tenth(), number("0.54"));
    assert_eq!(Decimal::from(-1200), number("-1.2e3"));
}

#[test]
fn divides_exactly_or_cuts_off() {
    assert_eq!(number("4.5").divide(&9.into()), number("0.5"));
    let third = format!("0.{}", "3".repeat(60));
    assert_eq!(number("1").divide(&3.into()), number(&third));
    assert_eq!(number("-1").divide(&3.into()), number(&format!("-{third}")));
    // The same quotient by another way: the digits that are cut off are the same.
    assert_eq!(number("37").divide(&111.into()), number(&third));
    let long = "1".repeat(200);
    assert_eq!(number(&long).divide(&7.into()).leading_exponent(), 198);
}

#[test]
fn just_beside_is_nearer_than_any_short_number() {
    for lexeme in ["5", "1", "-1", "0", "99.5", "1e-300", "-123456789012345678901234567890", "1e1000"] {
        let value = number(lexeme);
        for (below, above) in [(value.just_below(), value.clone()), (value.clone(), value.just_above())] {
            assert!(below < above, "{lexeme}");
            assert!(below.to_sortable() < above.to_sortable(), "{lexeme}");
        }
    }
    assert!(number("4.99999999999999999999999999999") < number("5").just_below());
    assert!(number("5").just_above() < number("5.00000000000000000000000000001"));
    assert!(number("0").just_above() < number("1e-1000"));
}

proptest! {
    #[test]
    fn display_reads_back(lexeme in lexeme()) {
        let value = number(&lexeme);
        prop_assert_eq!(Decimal::parse(&value.to_string()), Some(value));
    }

    #[test]
    fn order_is_that_of_the_difference(left in lexeme(), right in lexeme()) {
        let (left, right) = (number(&left), number(&right));
        let difference = left.subtract(&right);
        let expected = if difference.is_zero() {
            Ordering::Equal
        } else if difference.is_negative() {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        prop_assert_eq!(left.cmp(&right), expected);
        prop_assert_eq!(left == right, expected == Ordering::Equal);
        prop_assert_eq!(right.add(&difference), left);
    }

    #[test]
    fn short_numbers_agree_with_integers(left in -10_000_i64..10_000, right in -10_000_i64..10_000, shift in 0_u32..4) {
        let scaled = |value: i64| number(&format!("{value}e-{shift}"));
        prop_assert_eq!(scaled(left).cmp(&scaled(right)), left.cmp(&right));
        prop_assert_eq!(scaled(left).add(&scaled(right)), scaled(left + right));
        prop_assert_eq!(Decimal::from(left).multiply(&Decimal::from(right)), Decimal::from(left * right));
    }

    #[test]
    fn the_range_holds_the_number_in_its_middle(lexeme in lexeme()) {
        let value = number(&lexeme);
        let (low, high) = Decimal::implicit_range(&lexeme).unwrap();
        prop_assert!(low < value && value < high);
        prop_assert_eq!(value.subtract(&low), high.subtract(&value));
    }

    #[test]
    fn a_quotient_is_the_nearest_below(lexeme in lexeme(), divisor in prop::sample::select(vec![3_i64, 7, 9, 3937, 16129])) {
        let value = number(&lexeme).abs();
        let divisor = BigInt::from(divisor);
        let quotient = value.divide(&divisor);
        let rest = value.subtract(&quotient.multiply(&Decimal::new(divisor, 0)));
        prop_assert!(!rest.is_negative());
        prop_assert!(rest.is_zero() || rest.leading_exponent() < value.leading_exponent() - 54);
    }

    #[test]
    fn whatever_comes_is_read_or_refused(text in "[-+0-9.eE]{0,12}") {
        let _ = Decimal::parse(&text);
        let _ = Decimal::implicit_range(&text);
    }
}
