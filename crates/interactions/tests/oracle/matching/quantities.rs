//! Number and quantity parameters.

use fhirpath::Item;
use json::Node;

use super::escapes::{split, unescape};
use super::exact::Exact;
use super::{Answer, Prefix, invalid};

pub const UCUM: &str = "http://unitsofmeasure.org";
const CURRENCIES: &str = "urn:iso:std:iso:4217";

/// An end of a range.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub value: Exact,
    /// The end itself does not belong to it.
    pub open: bool,
}

/// A stored quantity as a range of numbers; a missing end is infinite.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub low: Option<End>,
    pub high: Option<End>,
    system: String,
    code: String,
    unit: String,
}

/// Units that are multiples of each other: what they measure, and how many of the smallest.
pub fn unit(code: &str) -> (&str, Exact) {
    let (kind, mantissa, exponent) = match code {
        "mg" => ("mass", 1, -3),
        "g" => ("mass", 1, 0),
        "kg" => ("mass", 1, 3),
        "mmol/L" => ("concentration", 1, -3),
        "mol/L" => ("concentration", 1, 0),
        "s" => ("time", 1, 0),
        "min" => ("time", 60, 0),
        "h" => ("time", 3_600, 0),
        "d" => ("time", 86_400, 0),
        "mo" => ("time", 2_629_800, 0),
        "a" => ("time", 31_557_600, 0),
        "1" => ("ratio", 1, 0),
        "%" => ("ratio", 1, -2),
        other => (other, 1, 0),
    };
    (kind, Exact::new(mantissa, exponent))
}

impl Stored {
    pub fn read(item: &Item<'_>) -> Option<Self> {
        let Some(node) = item.node() else { return Self::number(&item.text()?) };
        match item.type_name().1 {
            "Range" => Self::range(node),
            "SampledData" => Self::sampled(node),
            "Money" => {
                let currency = node.text("currency").unwrap_or_default().to_owned();
                let system = CURRENCIES.to_owned();
                Some(Self { system, code: currency, ..Self::number(node.get("value")?.as_number()?)? })
            }
            _ if node.members().is_empty() => Self::number(&item.text()?),
            _ => Self::quantity(node),
        }
    }

    fn number(text: &str) -> Option<Self> {
        let end = Some(End { value: Exact::parse(text)?, open: false });
        Some(Self { low: end, high: end, ..Self::default() })
    }

    fn quantity(node: &Node<'_>) -> Option<Self> {
        let text = |name| node.text(name).unwrap_or_default().to_owned();
        let value = Exact::parse(node.get("value")?.as_number()?)?;
        let end = |open| Some(End { value, open });
        let (low, high) = match node.text("comparator") {
            Some("<") => (None, end(true)),
            Some("<=") => (None, end(false)),
            Some(">") => (end(true), None),
            Some(">=") => (end(false), None),
            _ => (end(false), end(false)),
        };
        Some(Self { low, high, system: text("system"), code: text("code"), unit: text("unit") })
    }

    fn range(node: &Node<'_>) -> Option<Self> {
        let (low, high) =
            (node.get("low").and_then(Self::quantity), node.get("high").and_then(Self::quantity));
        let some = low.clone().or(high.clone())?;
        Some(Self { low: low.and_then(|low| low.low), high: high.and_then(|high| high.high), ..some })
    }

    fn sampled(node: &Node<'_>) -> Option<Self> {
        let origin = Self::quantity(node.get("origin")?)?;
        let zero = origin.low?.value;
        let factor = node.get("factor").and_then(Node::as_number).and_then(Exact::parse);
        let factor = factor.unwrap_or(Exact::new(1, 0));
        let points = node.text("data")?.split_whitespace().filter_map(Exact::parse);
        let points: Vec<Exact> = points.map(|point| zero.plus(point.times(factor))).collect();
        let end = |value: Option<Exact>| value.map(|value| End { value, open: false });
        let (low, high) = (end(points.iter().min().copied()), end(points.iter().max().copied()));
        low.is_some().then_some(Self { low, high, ..origin })
    }

    /// The same in the smallest unit, with what is measured.
    pub fn canonical(&self) -> (String, Self) {
        if self.system != UCUM {
            return (format!("{}|{}", self.system, self.code), self.clone());
        }
        let (kind, factor) = unit(&self.code);
        let scaled = |end: Option<End>| end.map(|end| End { value: end.value.times(factor), ..end });
        (kind.to_owned(), Self { low: scaled(self.low), high: scaled(self.high), ..self.clone() })
    }
}

/// A search value: its number, and the ranges that it means.
struct Asked {
    prefix: Prefix,
    value: Exact,
    low: Exact,
    high: Exact,
}

impl Asked {
    fn read(text: &str) -> Option<Self> {
        let (prefix, number) = Prefix::split(text);
        let value = Exact::parse(number)?;
        let mut half = value.half_step();
        if prefix == Prefix::Ap {
            half = half.plus(value.magnitude().times(Exact::new(1, -1)));
        }
        Some(Self { prefix, value, low: value.minus(half), high: value.plus(half) })
    }

    fn scaled(self, factor: Exact) -> Self {
        let Self { prefix, value, low, high } = self;
        Self { prefix, value: value.times(factor), low: low.times(factor), high: high.times(factor) }
    }

    fn fits(&self, own: &Stored) -> bool {
        let value = self.value;
        // Containment in [low, high).
        let contained = own.low.is_some_and(|end| end.value >= self.low)
            && own.high.is_some_and(|end| end.value < self.high || (end.open && end.value == self.high));
        let is_value =
            own.low.zip(own.high).is_some_and(|(low, high)| low.value == value && high.value == value);
        let reaches_above = own.high.is_none_or(|end| end.value > value);
        let reaches_below = own.low.is_none_or(|end| end.value < value);
        match self.prefix {
            Prefix::Eq => contained,
            Prefix::Ne => !contained,
            Prefix::Gt => reaches_above,
            Prefix::Lt => reaches_below,
            Prefix::Ge => reaches_above || is_value,
            Prefix::Le => reaches_below || is_value,
            Prefix::Sa => own.low.is_some_and(|end| end.value > value || (end.open && end.value == value)),
            Prefix::Eb => own.high.is_some_and(|end| end.value < value || (end.open && end.value == value)),
            Prefix::Ap => {
                own.low.is_none_or(|end| end.value < self.high)
                    && own.high.is_none_or(|end| end.value > self.low || (!end.open && end.value == self.low))
            }
        }
    }
}

/// `number`
pub fn matches_number(item: &Item<'_>, value: &str) -> Answer<bool> {
    let Some(asked) = Asked::read(value) else { return invalid(value) };
    Ok(Stored::read(item).is_some_and(|own| asked.fits(&own)))
}

/// `number`, `number|system|code`, `number||code`, still escaped.
pub fn matches_quantity(item: &Item<'_>, value: &str) -> Answer<bool> {
    let parts: Vec<String> = split(value, '|').iter().map(|part| unescape(part)).collect();
    let Some(asked) = parts.first().and_then(|number| Asked::read(number)) else { return invalid(value) };
    let Some(own) = Stored::read(item) else { return Ok(false) };
    Ok(match parts.get(1..).unwrap_or_default() {
        [] => asked.fits(&own),
        [system, code] if system.is_empty() => (own.code == *code || own.unit == *code) && asked.fits(&own),
        [system, code] if system == UCUM && own.system == UCUM => {
            let ((kind, factor), (own_kind, own)) = (unit(code), own.canonical());
            kind == own_kind && asked.scaled(factor).fits(&own)
        }
        [system, code] => own.system == *system && own.code == *code && asked.fits(&own),
        _ => return invalid(value),
    })
}

impl Stored {
    /// System and code (or unit) as a query would name them.
    pub fn named(&self) -> (String, String) {
        let code = if self.code.is_empty() { &self.unit } else { &self.code };
        (self.system.clone(), code.clone())
    }
}
