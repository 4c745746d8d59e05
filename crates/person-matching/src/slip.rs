//! One slip of the finger: a sign wrong, missing, too many, or exchanged with its neighbour.

/// Whether the two differ by exactly one such slip.
pub(crate) fn is_one_slip(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let same_start = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let one = one.get(same_start..).unwrap_or_default();
    let other = other.get(same_start..).unwrap_or_default();
    match (one, other) {
        ([], []) => false,
        ([a, b, rest @ ..], [c, d, others @ ..]) if a == d && b == c && rest == others => true,
        ([_, rest @ ..], [_, others @ ..]) if rest == others => true,
        ([_, rest @ ..], _) if rest == other => true,
        (_, [_, others @ ..]) if one == others => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_one_slip;

    #[test]
    fn one_slip_and_no_more() {
        for (one, other) in [
            ("099123", "099124"),
            ("099123", "09123"),
            ("09123", "099123"),
            ("099123", "0991233"),
            ("099123", "099132"),
            ("099123", "909123"),
            ("", "1"),
        ] {
            assert!(is_one_slip(one, other) && is_one_slip(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("099123", "099123"),
            ("099123", "099321"),
            ("099123", "0991"),
            ("", ""),
            ("12", "34"),
            ("abcd", "badc"),
        ] {
            assert!(!is_one_slip(one, other) && !is_one_slip(other, one), "{one} {other}");
        }
    }
}
