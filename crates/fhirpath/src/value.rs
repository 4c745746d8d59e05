//! Values of the FHIRPath `System` types: what literals, operators and functions work on.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use rust_decimal::Decimal;

use crate::quantity::Quantity;
use crate::temporal::{Temporal, TemporalKind};

/// Text that is borrowed from the resource or shared with the expression.
#[derive(Debug, Clone)]
pub enum Text<'a> {
    /// Part of the resource.
    Borrowed(&'a str),
    /// A literal or a computed text.
    Shared(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text<'_> {}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (**self).cmp(&**other)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self::Shared(text.into())
    }
}

/// The types of the `System` namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SystemType {
    /// `System.Boolean`
    Boolean,
    /// `System.String`
    String,
    /// `System.Integer`
    Integer,
    /// `System.Decimal`
    Decimal,
    /// `System.Date`
    Date,
    /// `System.DateTime`
    DateTime,
    /// `System.Time`
    Time,
    /// `System.Quantity`
    Quantity,
    /// What `type()` returns.
    TypeInfo,
}

impl SystemType {
    /// The type of that name, without `System.`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "Boolean" => Self::Boolean,
            "String" => Self::String,
            "Integer" => Self::Integer,
            "Decimal" => Self::Decimal,
            "Date" => Self::Date,
            "DateTime" => Self::DateTime,
            "Time" => Self::Time,
            "Quantity" => Self::Quantity,
            _ => return None,
        })
    }

    /// The name without `System.`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boolean => "Boolean",
            Self::String => "String",
            Self::Integer => "Integer",
            Self::Decimal => "Decimal",
            Self::Date => "Date",
            Self::DateTime => "DateTime",
            Self::Time => "Time",
            Self::Quantity => "Quantity",
            Self::TypeInfo => "SimpleTypeInfo",
        }
    }
}

/// A value of a `System` type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `true`, `false`
    Boolean(bool),
    /// A whole number of 32 bits; kept wider so that arithmetic can see its overflow.
    Integer(i64),
    /// An exact decimal of up to 28 digits that keeps its trailing zeros.
    Decimal(Decimal),
    /// Text.
    String(Text<'a>),
    /// A date, dateTime or time.
    Temporal(Temporal),
    /// A number with a unit.
    Quantity(Arc<Quantity>),
    /// The answer of `type()`: namespace and name.
    TypeInfo(&'static str, &'static str),
}

impl<'a> Value<'a> {
    /// A string value of a computed text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    /// The type of the value.
    pub fn system_type(&self) -> SystemType {
        match self {
            Self::Boolean(_) => SystemType::Boolean,
            Self::Integer(_) => SystemType::Integer,
            Self::Decimal(_) => SystemType::Decimal,
            Self::String(_) => SystemType::String,
            Self::Temporal(temporal) => match temporal.kind() {
                TemporalKind::Date => SystemType::Date,
                TemporalKind::DateTime => SystemType::DateTime,
                TemporalKind::Time => SystemType::Time,
            },
            Self::Quantity(_) => SystemType::Quantity,
            Self::TypeInfo(..) => SystemType::TypeInfo,
        }
    }

    /// The number, if this is an Integer or a Decimal.
    pub fn as_decimal(&self) -> Option<Decimal> {
        match self {
            Self::Integer(value) => Some(Decimal::from(*value)),
            Self::Decimal(value) => Some(*value),
            _ => None,
        }
    }
}

/// The text that `toString()` gives.
impl fmt::Display for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(out, "{value}"),
            Self::Integer(value) => write!(out, "{value}"),
            Self::Decimal(value) => write!(out, "{value}"),
            Self::String(text) => out.write_str(text),
            Self::Temporal(value) => write!(out, "{value}"),
            Self::Quantity(value) => write!(out, "{value}"),
            Self::TypeInfo(namespace, name) => write!(out, "{namespace}.{name}"),
        }
    }
}

/// Reads a JSON or FHIRPath number lexeme, exponents included. `None` when it has more digits than a decimal
/// can hold exactly.
pub fn parse_decimal(lexeme: &str) -> Option<Decimal> {
    if lexeme.contains(['e', 'E']) {
        return Decimal::from_scientific(lexeme).ok();
    }
    Decimal::from_str_exact(lexeme).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_refused() {
        let text = |lexeme| parse_decimal(lexeme).map(|value| value.to_string());
        assert_eq!(text("1.50").as_deref(), Some("1.50"));
        assert_eq!(text("-1E-22").as_deref(), Some("-0.0000000000000000000001"));
        assert_eq!(text("1.5e3").as_deref(), Some("1500"));
        assert_eq!(text("1e28").as_deref(), Some("10000000000000000000000000000"));
        for lexeme in [
            "1e29",
            "1E400",
            "1e-400",
            "1E99999999999",
            "1E-99999999999",
            "0.12345678901234567890123456789012",
            "79228162514264337593543950336",
            "9e27e",
            "e5",
            "",
            "-",
            "1e",
        ] {
            assert_eq!(text(lexeme), None, "{lexeme}");
        }
        // Whatever the exponent, reading does not panic.
        for exponent in -400..400 {
            let _ = parse_decimal(&format!("79228162514264337593543950335e{exponent}"));
            let _ = parse_decimal(&format!("0.00e{exponent}"));
        }
    }
}
