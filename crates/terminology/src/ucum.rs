//! Units of measure in their canonical form, so that equal quantities compare equal whatever unit they come in.
//!
//! The library `octofhir-ucum` parses the units and knows their dimensions. It converts with 28 significant
//! digits; here the factors are multiplied exactly, as fractions, and every value is rounded at most once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use octofhir_ucum::{
    Case, Dimension, Number, SpecialKind, UnitExpr, UnitRecord, lookup_unit, parse_expression,
};

use crate::Decimal;
use crate::definitions::definition;
use crate::fraction::Fraction;

/// Units longer than this are refused: no unit is, and each text takes a place in the cache.
const MAX_UNIT_LENGTH: usize = 100;

/// A nation's records hold some hundreds of distinct units.
const MAX_CACHED_UNITS: usize = 4096;

/// Power of ten of the last digit of a result: any parsed number in any unit stays within.
const MAX_RESULT_EXPONENT: i64 = 4900;

/// The order of the base units in a canonical text: `g.m-1.s-2` as the library and the FHIR servers around write
/// it.
const BASE_UNIT_ORDER: [usize; 7] = [2, 0, 1, 3, 4, 5, 6];

/// Every text that was asked for, including those that are no unit.
static CACHE: LazyLock<RwLock<HashMap<Box<str>, Option<CanonicalUnit>>>> = LazyLock::new(RwLock::default);

/// The canonical unit of a unit and the way into it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct CanonicalUnit {
    /// The base units, equal for all units that can be converted into each other: `g.m-3` for `mg/dL` and `g/L`,
    /// `1` for all numbers, percentages and counts.
    pub unit: Arc<str>,
    scale: Arc<Scale>,
}

/// How a value is brought to the base units.
#[derive(Debug)]
struct Scale {
    /// For a temperature: what the value is multiplied with and what is added, before the factor.
    shift: Option<(Decimal, Decimal)>,
    factor: Fraction,
}

impl CanonicalUnit {
    /// The value in the canonical unit.
    ///
    /// Exact whenever the result has an end; else its first 60 digits, cut off, which are the same for equal
    /// quantities. `None` when the result is beyond 1e4900 or so, which no number that was parsed comes to.
    pub fn convert(&self, value: &Decimal) -> Option<Decimal> {
        let factor = &self.scale.factor;
        let converted = match &self.scale.shift {
            None => factor.apply(value),
            Some((scale, offset)) => factor.apply(&value.multiply(scale).add(offset)),
        };
        // Nearer to zero than this, and it could come between zero and the number just above zero.
        (converted.parts().1.abs() <= MAX_RESULT_EXPONENT).then_some(converted)
    }
}

/// The canonical form of a UCUM unit (case-sensitive codes).
///
/// `None` for a text that is no UCUM unit, for one longer than 100 bytes, and for special units other than
/// temperatures (`[pH]`, `B`, `Np`, homeopathic potencies, ...): their scales are not linear, and a conversion
/// would not be exact. A temperature takes a prefix, but is not converted as a part of a term (`Cel/h`), which
/// UCUM forbids.
///
/// Arbitrary units (`[IU]`) are base units of their own: `[IU]/L` and `[IU]/mL` meet, `[arb'U]/L` does not.
/// By the tables of UCUM the mole is a number, so `mol/L` meets `/L`.
pub fn canonical(unit: &str) -> Option<CanonicalUnit> {
    if unit.len() > MAX_UNIT_LENGTH {
        return None;
    }
    if let Some(known) = CACHE.read().unwrap_or_else(PoisonError::into_inner).get(unit) {
        return known.clone();
    }
    let found = work_out(unit);
    let mut cache = CACHE.write().unwrap_or_else(PoisonError::into_inner);
    if cache.len() >= MAX_CACHED_UNITS {
        // Only invented units come this far. Whatever is in use is back after microseconds.
        cache.clear();
    }
    cache.insert(unit.into(), found.clone());
    found
}

/// [`canonical`] without the cache.
pub(crate) fn work_out(unit: &str) -> Option<CanonicalUnit> {
    let expression = parse_expression(unit).ok()?;
    let (term, shift) = match temperature(&expression) {
        Some((term, shift)) => (term, Some(shift)),
        None => (evaluate(&expression)?, None),
    };
    let scale = Scale { shift, factor: term.factor.clone() };
    Some(CanonicalUnit { unit: term.text().into(), scale: Arc::new(scale) })
}

/// A product of base units and arbitrary units, and how much of it.
struct Term {
    factor: Fraction,
    dimension: [i32; 7],
    arbitrary: BTreeMap<&'static str, i32>,
}

impl Term {
    fn number(factor: Fraction) -> Self {
        Self { factor, dimension: [0; 7], arbitrary: BTreeMap::new() }
    }

    /// `self` times `other` to a power.
    fn times(mut self, other: &Self, power: i32) -> Option<Self> {
        self.factor = self.factor.multiply(&other.factor.power(power)?)?;
        for (mine, theirs) in self.dimension.iter_mut().zip(other.dimension) {
            *mine = theirs.checked_mul(power)?.checked_add(*mine)?;
        }
        for (unit, theirs) in &other.arbitrary {
            let mine = self.arbitrary.entry(unit).or_default();
            *mine = theirs.checked_mul(power)?.checked_add(*mine)?;
        }
        Some(self)
    }

    fn text(&self) -> String {
        let base = BASE_UNIT_ORDER
            .iter()
            .filter_map(|&slot| Some((*Dimension::BASE_UNITS.get(slot)?, *self.dimension.get(slot)?)));
        let arbitrary = self.arbitrary.iter().map(|(&unit, &power)| (unit, power));
        let parts: Vec<String> = base
            .chain(arbitrary)
            .filter(|(_, power)| *power != 0)
            .map(|(unit, power)| if power == 1 { unit.to_owned() } else { format!("{unit}{power}") })
            .collect();
        if parts.is_empty() { "1".to_owned() } else { parts.join(".") }
    }
}

/// The proper unit of a temperature, with what a value is multiplied with and what is added before.
fn temperature(expression: &UnitExpr) -> Option<(Term, (Decimal, Decimal))> {
    let code = match expression {
        UnitExpr::Symbol(code) => code,
        UnitExpr::Annotated(inner, _) => return temperature(inner),
        _ => return None,
    };
    let (prefix, record) = lookup_unit(code, Case::Sensitive)?;
    let offset = match record.special {
        SpecialKind::Celsius => "273.15",
        SpecialKind::Fahrenheit => "459.67",
        SpecialKind::Reaumur => "218.52",
        _ => return None,
    };
    let scale = match prefix {
        Some(prefix) => decimal(prefix.factor)?,
        None => Decimal::from(1),
    };
    Some((atom(record)?, (scale, Decimal::parse(offset)?)))
}

fn evaluate(expression: &UnitExpr) -> Option<Term> {
    let one = || Term::number(Fraction::one());
    match expression {
        UnitExpr::Symbol(code) => {
            let (prefix, record) = lookup_unit(code, Case::Sensitive)?;
            if record.special.is_special() {
                return None;
            }
            let unit = atom(record)?;
            match prefix {
                Some(prefix) => unit.times(&Term::number(Fraction::from_decimal(decimal(prefix.factor)?)), 1),
                None => Some(unit),
            }
        }
        UnitExpr::Numeric(number) => Some(Term::number(Fraction::from_decimal(decimal(*number)?))),
        UnitExpr::Annotation(_) => Some(one()),
        UnitExpr::Annotated(inner, _) => evaluate(inner),
        UnitExpr::Power(base, power) => one().times(&evaluate(base)?, *power),
        UnitExpr::Product(terms) => {
            terms.iter().try_fold(one(), |product, term| product.times(&evaluate(term)?, 1))
        }
        UnitExpr::Quotient(numerator, denominator) => evaluate(numerator)?.times(&evaluate(denominator)?, -1),
        UnitExpr::Reciprocal(inner) => one().times(&evaluate(inner)?, -1),
    }
}

/// A unit of the tables; for a temperature, the proper unit behind it.
fn atom(record: &UnitRecord) -> Option<Term> {
    let factor = match definition(record.code) {
        Some((number, term)) => {
            let term = evaluate(&parse_expression(term).ok()?)?;
            term.factor.multiply(&Fraction::from_decimal(Decimal::parse(number)?))?
        }
        None => Fraction::from_decimal(decimal(record.factor)?),
    };
    Some(Term {
        factor,
        dimension: record.dim.0.map(i32::from),
        arbitrary: record.arbitrary.iter().copied().collect(),
    })
}

/// A number of the library. It keeps 28 digits, so one with as many may have been rounded and is refused.
fn decimal(number: Number) -> Option<Decimal> {
    const ROUNDED_FROM: u128 = 10_u128.pow(27);
    let (digits, exponent) = number.to_integer_and_exponent();
    (digits.unsigned_abs() < ROUNDED_FROM).then(|| Decimal::new(digits.into(), exponent.into()))
}
