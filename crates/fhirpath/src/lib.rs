//! FHIRPath (N1, with the R4 additions of FHIR) over [`json::Node`].
//!
//! An [`Expression`] is parsed once and evaluated many times. The items of a result borrow from the resource:
//! nothing is copied, and the usual few items need no allocation.
//!
//! ```
//! use fhirpath::{Context, Expression};
//! # use healthbook_fhirpath as fhirpath;
//!
//! let expression = Expression::parse("Patient.name.where(use = 'official').family")?;
//! let text = br#"{"resourceType":"Patient","name":[{"use":"official","family":"Nguyễn"}]}"#;
//! # let text: &[u8] = text.as_slice();
//! # Ok::<(), fhirpath::ParseError>(())
//! ```
//!
//! The crate does no input or output and reads no clock. A hostile expression is stopped by the number of
//! steps that the [`Context`] allows; the depth of a tree is bounded when it is parsed.

mod context;
mod display;
mod error;
mod evaluate;
mod expression;
mod function;
mod item;
mod lexer;
mod parser;
mod quantity;
mod temporal;
mod tree;
mod units;
mod value;

pub use context::{Context, Resolve};
pub use error::{EvaluateError, ParseError, ParseErrorKind};
pub use expression::Expression;
pub use item::{Collection, ElementItem, Item};
pub use quantity::{CalendarUnit, Quantity, Unit};
pub use rust_decimal::Decimal;
pub use temporal::{Precision, Temporal, TemporalKind};
pub use value::{SystemType, Text, Value};
