//! Numbers and units of measure, pure and exact: what a Quantity is worth, whatever unit it was written in.
//!
//! * [`Decimal`] is a FHIR decimal of any size, with the range its digits imply and bytes that sort like it.
//! * [`canonical`] gives the base unit of a UCUM unit and the way of a value into it, so that `1 g` and `1000 mg`
//!   meet.

mod decimal;
#[cfg(test)]
mod decimal_tests;
mod definitions;
mod fraction;
mod library;
mod sortable;
#[cfg(test)]
mod sortable_tests;
mod ucum;
#[cfg(test)]
mod ucum_tests;

pub use decimal::Decimal;
pub use library::{Library, Membership};
pub use sortable::{HIGHEST, LOWEST};
pub use ucum::{CanonicalUnit, canonical};
