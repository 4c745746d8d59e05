//! Numbers and quantities: what a value in a resource covers, and its row.
//!
//! A number is exact: implicit precision belongs to the value that is searched for, not to the one that is stored.

use fhirpath::Item;
use json::Node;
use terminology::{Decimal, HIGHEST, LOWEST, canonical};

use crate::{Hasher, QuantityRow, Slot};

/// The code system of UCUM.
pub(crate) const UCUM: &str = "http://unitsofmeasure.org";

/// A closed range of numbers with a unit; a missing end is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extent {
    low: Option<Decimal>,
    high: Option<Decimal>,
    system: String,
    code: String,
    text: String,
}

impl Extent {
    /// What an item covers: a number, Quantity, Money, Range or SampledData.
    pub fn of(item: &Item<'_>) -> Option<Self> {
        let Some(element) = item.element() else {
            let number = Decimal::parse(&item.text()?)?;
            return Some(Self { low: Some(number.clone()), high: Some(number), ..Self::default() });
        };
        let node = element.node();
        match element.type_id().name() {
            "Range" => Self::range(node),
            "SampledData" => Self::samples(node),
            "Money" => {
                let value = number(node, "value")?;
                let system = if node.get("currency").is_some() { "urn:iso:std:iso:4217" } else { "" };
                Some(Self {
                    low: Some(value.clone()),
                    high: Some(value),
                    system: system.to_owned(),
                    code: node.text("currency").unwrap_or_default().to_owned(),
                    text: String::new(),
                })
            }
            _ if element.is_primitive() => {
                let number = Decimal::parse(element.text()?)?;
                Some(Self { low: Some(number.clone()), high: Some(number), ..Self::default() })
            }
            _ => Self::quantity(node),
        }
    }

    fn quantity(node: &Node<'_>) -> Option<Self> {
        let value = number(node, "value")?;
        let (low, high) = match node.text("comparator") {
            Some("<") => (None, Some(value.just_below())),
            Some("<=") => (None, Some(value)),
            Some(">") => (Some(value.just_above()), None),
            Some(">=") => (Some(value), None),
            _ => (Some(value.clone()), Some(value)),
        };
        let text = |name: &str| node.text(name).unwrap_or_default().to_owned();
        Some(Self { low, high, system: text("system"), code: text("code"), text: text("unit") })
    }

    fn range(node: &Node<'_>) -> Option<Self> {
        let end = |name: &str| node.get(name).and_then(Self::quantity);
        let (low, high) = (end("low"), end("high"));
        let unit = low.as_ref().or(high.as_ref())?.clone();
        Some(Self { low: low.and_then(|low| low.low), high: high.and_then(|high| high.high), ..unit })
    }

    /// From the smallest to the largest sample: `origin + factor * sample`.
    fn samples(node: &Node<'_>) -> Option<Self> {
        let origin = Self::quantity(node.get("origin")?)?;
        let zero = origin.low.clone()?;
        let factor = number(node, "factor");
        let mut extent: Option<(Decimal, Decimal)> = None;
        for sample in node.text("data")?.split_whitespace() {
            // `E`, `U` and `L` say that there is no number.
            let Some(sample) = Decimal::parse(sample) else { continue };
            let scaled = factor.as_ref().map_or_else(|| sample.clone(), |factor| sample.multiply(factor));
            let value = zero.add(&scaled);
            extent = Some(match extent {
                None => (value.clone(), value),
                Some((low, high)) => (low.min(value.clone()), high.max(value)),
            });
        }
        let (low, high) = extent?;
        Some(Self { low: Some(low), high: Some(high), ..origin })
    }

    /// The row.
    pub fn row(&self, hasher: &Hasher, slot: Slot) -> QuantityRow {
        let given = (sortable(self.low.as_ref(), LOWEST), sortable(self.high.as_ref(), HIGHEST));
        let mut row = QuantityRow {
            slot,
            unit: 0,
            low: given.0.clone(),
            high: given.1.clone(),
            given: None,
            code: hasher.unit(&self.code),
            text: hasher.unit(&self.text),
        };
        if !self.code.is_empty() {
            row.unit = unit(hasher, &self.system, &self.code);
        }
        if self.system == UCUM
            && let Some(canonical) = canonical(&self.code)
        {
            let convert = |value: &Option<Decimal>| match value {
                None => Some(None),
                Some(value) => canonical.convert(value).map(Some),
            };
            if let (Some(low), Some(high)) = (convert(&self.low), convert(&self.high)) {
                row.low = sortable(low.as_ref(), LOWEST);
                row.high = sortable(high.as_ref(), HIGHEST);
            }
        }
        row.given = (given != (row.low.clone(), row.high.clone())).then_some(given);
        row
    }
}

/// The hash of a unit with its system: of the canonical unit where UCUM has one.
pub(crate) fn unit(hasher: &Hasher, system: &str, code: &str) -> i32 {
    match canonical(code).filter(|_| system == UCUM) {
        Some(canonical) => hasher.unit(&format!("{UCUM}|{}", canonical.unit)),
        None => hasher.unit(&format!("{system}|{code}")),
    }
}

fn number(node: &Node<'_>, name: &str) -> Option<Decimal> {
    Decimal::parse(node.get(name)?.as_number()?)
}

fn sortable(value: Option<&Decimal>, open: &[u8]) -> Vec<u8> {
    value.map_or_else(|| open.to_vec(), Decimal::to_sortable)
}

#[cfg(test)]
#[path = "quantity_tests.rs"]
mod tests;
