//! The part of UCUM that is needed to compare quantities inside expressions: metric prefixes, base and common
//! derived units, and the customary units seen in vital signs.
//!
//! A unit outside of it still compares with itself by its code. Special scales (`Cel`, `[pH]`) have no factor
//! and are left out on purpose.

use std::collections::HashMap;
use std::sync::LazyLock;

use rust_decimal::Decimal;

/// Metre, gram, second, mole, kelvin, coulomb, candela.
const BASE: [&str; 7] = ["m", "g", "s", "mol", "K", "C", "cd"];

type Dimensions = [i8; BASE.len()];

/// A unit in terms of base units.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// How many of the product of base units one unit is, times the denominator.
    pub numerator: Decimal,
    /// Kept apart because a minute has no exact inverse in decimals.
    pub denominator: Decimal,
    /// Exponents of the base units.
    pub dimensions: Dimensions,
}

const NONE: Dimensions = [0; BASE.len()];

impl Measure {
    const ONE: Self = Self { numerator: Decimal::ONE, denominator: Decimal::ONE, dimensions: NONE };

    /// The product of two units.
    pub fn times(&self, other: &Self) -> Option<Self> {
        let mut dimensions = self.dimensions;
        for (exponent, more) in dimensions.iter_mut().zip(other.dimensions) {
            *exponent = exponent.checked_add(more)?;
        }
        Some(Self {
            numerator: self.numerator.checked_mul(other.numerator)?,
            denominator: self.denominator.checked_mul(other.denominator)?,
            dimensions,
        })
    }

    /// One divided by the unit.
    pub fn inverse(&self) -> Option<Self> {
        let mut dimensions = self.dimensions;
        for exponent in &mut dimensions {
            *exponent = exponent.checked_neg()?;
        }
        Some(Self { numerator: self.denominator, denominator: self.numerator, dimensions })
    }

    /// That many of the unit as a number of base units.
    pub fn in_base_units(&self, value: Decimal) -> Option<Decimal> {
        value.checked_mul(self.numerator)?.checked_div(self.denominator)
    }

    /// How many of the other unit one unit is.
    pub fn ratio(&self, other: &Self) -> Option<Decimal> {
        let numerator = self.numerator.checked_mul(other.denominator)?;
        numerator.checked_div(self.denominator.checked_mul(other.numerator)?)
    }

    fn power(&self, exponent: i8) -> Option<Self> {
        let mut result = Self::ONE;
        for _ in 0..exponent.unsigned_abs() {
            result = result.times(self)?;
        }
        if exponent < 0 { result.inverse() } else { Some(result) }
    }

    /// The product of base units as a UCUM code; the factor is not part of it.
    pub fn code(&self) -> String {
        let mut terms = Vec::new();
        for (name, exponent) in BASE.iter().zip(self.dimensions) {
            match exponent {
                0 => {}
                1 => terms.push((*name).to_owned()),
                _ => terms.push(format!("{name}{exponent}")),
            }
        }
        if terms.is_empty() { "1".to_owned() } else { terms.join(".") }
    }
}

/// Reads a UCUM code such as `mg/dL`, `m2`, `[in_i]` or `10*9/L`. `None` for what is not in the tables.
pub fn measure(code: &str) -> Option<Measure> {
    let mut result = Measure::ONE;
    let mut divide = false;
    let mut rest = code;
    if let Some(after) = rest.strip_prefix('/') {
        divide = true;
        rest = after;
    }
    loop {
        let end = term_end(rest);
        let (term, after) = rest.split_at_checked(end)?;
        let term = component(term)?;
        result = result.times(&if divide { term.inverse()? } else { term })?;
        match after.chars().next() {
            None => return Some(result),
            // A slash divides by the next term only.
            Some(operator) => {
                divide = operator == '/';
                rest = after.get(1..)?;
            }
        }
    }
}

/// Where the first `.` or `/` outside of brackets stands.
fn term_end(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, character) in text.char_indices() {
        match character {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            '.' | '/' if depth == 0 => return at,
            _ => {}
        }
    }
    text.len()
}

fn component(term: &str) -> Option<Measure> {
    // An annotation says what is counted, not how much.
    let term = match term.split_once('{') {
        Some(("", annotation)) if annotation.ends_with('}') => return Some(Measure::ONE),
        Some((before, annotation)) if annotation.ends_with('}') => before,
        Some(_) => return None,
        None => term,
    };
    if let Some(exponent) = term.strip_prefix("10*").or_else(|| term.strip_prefix("10^")) {
        let ten = Measure { numerator: Decimal::TEN, ..Measure::ONE };
        return ten.power(exponent.parse().ok().filter(|exponent: &i8| exponent.unsigned_abs() <= 20)?);
    }
    if term.bytes().all(|byte| byte.is_ascii_digit()) {
        let numerator = Decimal::from_str_exact(term).ok().filter(|factor| !factor.is_zero())?;
        return Some(Measure { numerator, ..Measure::ONE });
    }
    let digits = term.len() - term.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let signed = term.len() - digits;
    let split = match term.get(..signed) {
        Some(before) if digits > 0 && before.ends_with(['-', '+']) => signed - 1,
        _ => signed,
    };
    let (symbol, exponent) = term.split_at_checked(split)?;
    let exponent = if exponent.is_empty() { 1 } else { exponent.parse().ok()? };
    atom(symbol)?.power(exponent)
}

fn atom(symbol: &str) -> Option<Measure> {
    static ATOMS: LazyLock<HashMap<String, Measure>> = LazyLock::new(atoms);
    ATOMS.get(symbol).cloned()
}

/// Every unit with every prefix. A unit's own code comes before one that a prefix would make: `min`, `mo`.
fn atoms() -> HashMap<String, Measure> {
    let mut atoms = HashMap::new();
    for unit in &UNITS {
        atoms.extend(unit.measure().map(|measure| (unit.code.to_owned(), measure)));
    }
    let ten = Measure { numerator: Decimal::TEN, ..Measure::ONE };
    for unit in UNITS.iter().filter(|unit| unit.metric) {
        for (prefix, power) in PREFIXES {
            let measure = ten.power(power).and_then(|factor| factor.times(&unit.measure()?));
            if let Some(measure) = measure {
                atoms.entry(format!("{prefix}{}", unit.code)).or_insert(measure);
            }
        }
    }
    atoms
}

const PREFIXES: [(&str, i8); 16] = [
    ("da", 1),
    ("P", 15),
    ("T", 12),
    ("G", 9),
    ("M", 6),
    ("k", 3),
    ("h", 2),
    ("d", -1),
    ("c", -2),
    ("m", -3),
    ("u", -6),
    ("n", -9),
    ("p", -12),
    ("f", -15),
    ("Y", 24),
    ("Z", 21),
];

struct UnitRow {
    code: &'static str,
    metric: bool,
    factor: &'static str,
    dimensions: Dimensions,
}

impl UnitRow {
    fn measure(&self) -> Option<Measure> {
        let (numerator, denominator) = self.factor.split_once('/').unwrap_or((self.factor, "1"));
        let exact = |text| Decimal::from_str_exact(text).ok();
        Some(Measure {
            numerator: exact(numerator)?,
            denominator: exact(denominator)?,
            dimensions: self.dimensions,
        })
    }
}

const fn row(code: &'static str, metric: bool, factor: &'static str, dimensions: Dimensions) -> UnitRow {
    UnitRow { code, metric, factor, dimensions }
}

const LENGTH: Dimensions = [1, 0, 0, 0, 0, 0, 0];
const MASS: Dimensions = [0, 1, 0, 0, 0, 0, 0];
const TIME: Dimensions = [0, 0, 1, 0, 0, 0, 0];
const AMOUNT: Dimensions = [0, 0, 0, 1, 0, 0, 0];
const VOLUME: Dimensions = [3, 0, 0, 0, 0, 0, 0];
const PRESSURE: Dimensions = [-1, 1, -2, 0, 0, 0, 0];
const ENERGY: Dimensions = [2, 1, -2, 0, 0, 0, 0];

static UNITS: [UnitRow; 45] = [
    row("m", true, "1", LENGTH),
    row("g", true, "1", MASS),
    row("s", true, "1", TIME),
    row("mol", true, "1", AMOUNT),
    row("K", true, "1", [0, 0, 0, 0, 1, 0, 0]),
    row("C", true, "1", [0, 0, 0, 0, 0, 1, 0]),
    row("cd", true, "1", [0, 0, 0, 0, 0, 0, 1]),
    row("%", false, "0.01", NONE),
    row("L", true, "0.001", VOLUME),
    row("l", true, "0.001", VOLUME),
    row("t", true, "1000000", MASS),
    row("min", false, "60", TIME),
    row("h", false, "3600", TIME),
    row("d", false, "86400", TIME),
    row("wk", false, "604800", TIME),
    row("mo", false, "2629800", TIME),
    row("a", false, "31557600", TIME),
    row("mo_j", false, "2629800", TIME),
    row("a_j", false, "31557600", TIME),
    row("Hz", true, "1", [0, 0, -1, 0, 0, 0, 0]),
    row("N", true, "1000", [1, 1, -2, 0, 0, 0, 0]),
    row("Pa", true, "1000", PRESSURE),
    row("bar", true, "100000000", PRESSURE),
    row("m[Hg]", true, "133322000", PRESSURE),
    row("m[H2O]", true, "9806650", PRESSURE),
    row("atm", false, "101325000", PRESSURE),
    row("[psi]", false, "6894757.293168359", PRESSURE),
    row("J", true, "1000", ENERGY),
    row("cal", true, "4184", ENERGY),
    row("[Cal]", false, "4184000", ENERGY),
    row("W", true, "1000", [2, 1, -3, 0, 0, 0, 0]),
    row("A", true, "1", [0, 0, -1, 0, 0, 1, 0]),
    row("V", true, "1000", [2, 1, -2, 0, 0, -1, 0]),
    row("kat", true, "1", [0, 0, -1, 1, 0, 0, 0]),
    row("U", true, "1/60000000", [0, 0, -1, 1, 0, 0, 0]),
    row("eq", true, "1", AMOUNT),
    row("[in_i]", false, "0.0254", LENGTH),
    row("[ft_i]", false, "0.3048", LENGTH),
    row("[yd_i]", false, "0.9144", LENGTH),
    row("[mi_i]", false, "1609.344", LENGTH),
    row("[lb_av]", false, "453.59237", MASS),
    row("[oz_av]", false, "28.349523125", MASS),
    row("[stone_av]", false, "6350.29318", MASS),
    row("[gal_us]", false, "0.003785411784", VOLUME),
    row("[foz_us]", false, "0.0000295735295625", VOLUME),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units_of_the_ward() {
        let same = |first: &str, second: &str, ratio: &str| {
            let (first, second) = (measure(first).unwrap(), measure(second).unwrap());
            assert_eq!(first.dimensions, second.dimensions);
            assert_eq!(first.ratio(&second), Decimal::from_str_exact(ratio).ok());
        };
        same("g", "mg", "1000");
        same("mg/dL", "g/L", "0.01");
        same("mm[Hg]", "Pa", "133.322");
        same("10*9/L", "/nL", "1");
        same("kg/m2", "g/cm2", "0.1");
        same("[lb_av]", "kg", "0.45359237");
        same("mL/min/{1.73_m2}", "L/h", "0.06");
        same("m.s-2", "m/s2", "1");
        for unknown in ["[s]", "", "Cel", "kwk", "mg//", "{a"] {
            assert!(measure(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn writes_base_units() {
        assert_eq!(measure("g/m").unwrap().code(), "m-1.g");
        assert_eq!(measure("{count}").unwrap().code(), "1");
    }
}
