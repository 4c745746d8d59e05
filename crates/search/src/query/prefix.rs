//! Comparison prefixes of ordered values (R4 `search.html#prefix`).

use crate::Prefix;

/// The prefix of a value and what follows it; without one it is `eq`.
pub(super) fn prefixed(value: &str) -> (Prefix, &str) {
    match (value.get(..2).and_then(prefix), value.get(2..)) {
        (Some(prefix), Some(rest)) => (prefix, rest),
        _ => (Prefix::Equal, value),
    }
}

/// The prefix of that name.
pub(super) fn prefix(text: &str) -> Option<Prefix> {
    Some(match text {
        "eq" => Prefix::Equal,
        "ne" => Prefix::NotEqual,
        "gt" => Prefix::GreaterThan,
        "lt" => Prefix::LessThan,
        "ge" => Prefix::GreaterOrEqual,
        "le" => Prefix::LessOrEqual,
        "sa" => Prefix::StartsAfter,
        "eb" => Prefix::EndsBefore,
        "ap" => Prefix::Approximately,
        _ => return None,
    })
}
