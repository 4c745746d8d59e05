//! Whether two JSON numbers are the same number, however they are written. Exact, and without doing what a
//! huge exponent says.

/// A number as sign, digits and exponent: `0.d1d2d3... * 10^exponent`, no zero at either end of the digits.
#[derive(Debug, PartialEq, Eq)]
struct Canonical {
    negative: bool,
    digits: Vec<u8>,
    exponent: i128,
}

/// Whether both lexemes stand for the same number.
pub(crate) fn same_number(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    // An exponent that no i128 holds: equal only to the same text.
    matches!((canonical(one), canonical(other)), (Some(one), Some(other)) if one == other)
}

fn canonical(lexeme: &str) -> Option<Canonical> {
    let (negative, rest) = match lexeme.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, lexeme),
    };
    let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let Some(first) = digits.iter().position(|digit| *digit != b'0') else {
        // Zero has neither sign nor exponent.
        return Some(Canonical { negative: false, digits: Vec::new(), exponent: 0 });
    };
    let last = digits.iter().rposition(|digit| *digit != b'0').unwrap_or(first);
    let shift = i128::try_from(whole.len()).ok()?.checked_sub(i128::try_from(first).ok()?)?;
    let exponent = exponent.parse::<i128>().ok()?.checked_add(shift)?;
    Some(Canonical { negative, digits: digits.get(first..=last)?.to_vec(), exponent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_value() {
        for (one, other) in [
            ("1", "1.0"),
            ("1.50", "1.5"),
            ("100", "1e2"),
            ("100", "1E+2"),
            ("0.001", "1e-3"),
            ("0.00120", "1.2E-3"),
            ("-0", "0.0"),
            ("0e999999999999999999999999", "0"),
            ("1e400", "10e399"),
            ("12345678901234567890123456789012345678901", "1234567890123456789012345678901234567890.1e1"),
        ] {
            assert!(same_number(one, other), "{one} {other}");
            assert!(same_number(other, one), "{other} {one}");
        }
        for (one, other) in [
            ("1", "-1"),
            ("1", "10"),
            ("1", "0.1"),
            ("0", "1e-999999999"),
            ("1e999999999999999999", "1e999999999999999998"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.10000000000000001"),
        ] {
            assert!(!same_number(one, other), "{one} {other}");
        }
    }

    #[test]
    fn an_exponent_beyond_all_bounds_is_only_itself() {
        let huge = format!("1e{}", "9".repeat(60));
        assert!(same_number(&huge, &huge));
        assert!(!same_number(&huge, "1e9"));
    }
}
