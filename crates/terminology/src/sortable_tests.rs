//! Tests of the sortable form: its order, its way back, its size.

use proptest::prelude::*;

use crate::decimal_tests::lexeme;
use crate::{Decimal, HIGHEST, LOWEST};

fn bytes(lexeme: &str) -> Vec<u8> {
    Decimal::parse(lexeme).unwrap_or_else(|| panic!("{lexeme} is no number")).to_sortable()
}

#[test]
fn sorts_like_the_numbers() {
    let ascending = [
        "-1e1000", "-1e130", "-1e120", "-1e119", "-1234.5", "-1234", "-120", "-12.34", "-12", "-11.99",
        "-10", "-9.9", "-1", "-0.5", "-0.1", "-0.01", "-1e-119", "-1e-120", "-1e-121", "-1e-300", "-1e-1000",
        "0", "1e-1000", "1e-300", "1e-122", "1e-121", "1e-120", "1e-119", "0.01", "0.1", "0.5", "1", "9.9",
        "10", "11.99", "12", "12.34", "120", "1234", "1234.5", "1e119", "1e120", "1e121", "1e130", "1e1000",
    ];
    for pair in ascending.windows(2) {
        assert!(bytes(pair[0]) < bytes(pair[1]), "{pair:?}");
    }
    for lexeme in ascending {
        assert!(LOWEST < bytes(lexeme).as_slice() && bytes(lexeme).as_slice() < HIGHEST, "{lexeme}");
    }
}

#[test]
fn equal_numbers_have_equal_bytes() {
    for (left, right) in [("1.0", "1.00"), ("0", "-0"), ("1e2", "100"), ("0.000", "0e7"), ("-5", "-5.000")] {
        assert_eq!(bytes(left), bytes(right), "{left} {right}");
    }
}

#[test]
fn usual_numbers_are_short() {
    for (lexeme, length) in
        [("0", 1), ("7", 2), ("120", 3), ("36.6", 3), ("5.4", 3), ("-5.4", 4), ("309.75", 4), ("98.765", 4)]
    {
        assert_eq!(bytes(lexeme).len(), length, "{lexeme}");
    }
    assert!(bytes(&"9".repeat(400)).len() <= 24);
}

#[test]
fn further_digits_are_cut_off_toward_zero() {
    let nines = "9".repeat(45);
    assert_eq!(bytes(&nines), bytes(&format!("{}00000", "9".repeat(40))));
    assert_eq!(bytes(&format!("-{nines}")), bytes(&format!("-{}00000", "9".repeat(40))));
    assert!(bytes(&nines) < bytes("1e45"));
}

#[test]
fn other_bytes_are_no_number() {
    for bytes in [
        LOWEST,
        HIGHEST,
        &[],
        &[0x80, 0x01],
        // No pair; a pair above 99; a first pair and a last pair of zeros; an escape for a short power.
        &[0xC1],
        &[0xC1, 0x00],
        &[0xC1, 0x65],
        &[0xC1, 0x01, 0x05],
        &[0xC1, 0x05, 0x01],
        &[0xFD, 0x80, 0x01, 0x05],
        &[0xFD, 0x80],
        // A negative number without its end.
        &[0x3E, 0xFA],
        &[0xFF, 0xFF],
        &[0xFE, 0x02],
        &[0x81, 0x02],
    ] {
        assert_eq!(Decimal::from_sortable(bytes), None, "{bytes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn order_of_bytes_is_order_of_numbers(left in lexeme(), right in lexeme()) {
        let (left, right) = (Decimal::parse(&left).unwrap(), Decimal::parse(&right).unwrap());
        let (left_bytes, right_bytes) = (left.to_sortable(), right.to_sortable());
        let digits = |value: &Decimal| value.parts().0.magnitude().to_string().len();
        if digits(&left) <= 40 && digits(&right) <= 40 {
            prop_assert_eq!(left_bytes.cmp(&right_bytes), left.cmp(&right));
        } else if left <= right {
            prop_assert!(left_bytes <= right_bytes);
        }
        prop_assert!(LOWEST < left_bytes.as_slice() && left_bytes.as_slice() < HIGHEST);
    }

    #[test]
    fn order_holds_among_neighbours(value in lexeme(), step in -3_i64..4) {
        let value = Decimal::parse(&value).unwrap();
        let other = value.add(&Decimal::new(step.into(), value.leading_exponent().min(0) - 3));
        prop_assume!(other.parts().0.bits() < 120 && value.parts().0.bits() < 120);
        prop_assert_eq!(value.to_sortable().cmp(&other.to_sortable()), value.cmp(&other));
    }

    #[test]
    fn bytes_come_back_as_the_number(lexeme in lexeme()) {
        let value = Decimal::parse(&lexeme).unwrap();
        let back = Decimal::from_sortable(&value.to_sortable()).unwrap();
        prop_assert_eq!(back.to_sortable(), value.to_sortable());
        if value.parts().0.magnitude().to_string().len() <= 40 {
            prop_assert_eq!(back, value);
        } else {
            prop_assert!(back.abs() <= value.abs());
        }
    }

    #[test]
    fn any_bytes_are_the_form_of_a_number_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..8)) {
        if let Some(value) = Decimal::from_sortable(&bytes) {
            prop_assert_eq!(value.to_sortable(), bytes);
        }
    }

    #[test]
    fn beside_keeps_the_order(lexeme in lexeme()) {
        let value = Decimal::parse(&lexeme).unwrap();
        let bytes = value.to_sortable();
        prop_assert!(value.just_below().to_sortable() < bytes);
        prop_assert!(bytes < value.just_above().to_sortable());
    }
}
