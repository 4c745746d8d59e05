//! Number and quantity values (R4 `search.html#number`, `search.html#quantity`).

use terminology::{Decimal, canonical};

use super::prefix::prefixed;
use super::text::{split, unescape};
use crate::parameter::ParameterType;
use crate::quantity::{UCUM, unit};
use crate::{Hasher, Prefix, QuantityTest, UnitTest};

/// Reads `ge5.4`, and for a quantity `ge5.4|http://unitsofmeasure.org|mg`, `ge5.4||mg`.
///
/// `eq`, `ne` and `ap` compare with the range that the digits stand for; the others with the number itself.
pub(super) fn test(hasher: &Hasher, kind: ParameterType, value: &str) -> Option<QuantityTest> {
    let (prefix, rest) = prefixed(value);
    test_with(hasher, kind, prefix, rest)
}

/// The same with the prefix apart.
pub(super) fn test_with(
    hasher: &Hasher,
    kind: ParameterType,
    prefix: Prefix,
    value: &str,
) -> Option<QuantityTest> {
    let parts = split(value, b'|');
    let (number, unit_parts) = parts.split_first()?;
    let (mut low, mut high) = bounds(prefix, number)?;
    let unit = match (kind, unit_parts) {
        // The ends of a Range that a number parameter covers have a unit; it does not count.
        (ParameterType::Number, []) => UnitTest::Any,
        (ParameterType::Number, _) => return None,
        (_, [] | ["", ""]) => UnitTest::Any,
        (_, ["", code]) => UnitTest::Text(hasher.unit(&unescape(code))),
        (_, [system, code]) if !code.is_empty() => {
            let (system, code) = (unescape(system), unescape(code));
            if system == UCUM
                && let Some(canonical) = canonical(&code)
            {
                (low, high) = (canonical.convert(&low)?, canonical.convert(&high)?);
            }
            UnitTest::Unit(unit(hasher, &system, &code))
        }
        _ => return None,
    };
    Some(QuantityTest { prefix, unit, low: low.to_sortable(), high: high.to_sortable() })
}

fn bounds(prefix: Prefix, number: &str) -> Option<(Decimal, Decimal)> {
    let value = Decimal::parse(number)?;
    match prefix {
        Prefix::Equal | Prefix::NotEqual => Decimal::implicit_range(number),
        Prefix::Approximately | Prefix::Overlaps => {
            let (low, high) = Decimal::implicit_range(number)?;
            let tenth = if prefix == Prefix::Overlaps { Decimal::parse("0")? } else { value.abs().tenth() };
            Some((low.subtract(&tenth), high.add(&tenth)))
        }
        _ => Some((value.clone(), value)),
    }
}
