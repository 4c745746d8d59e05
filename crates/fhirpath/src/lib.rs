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
//! let text = r#"{"resourceType":"Patient","name":[{"use":"official","family":"Nguyễn"}]}"#;
//! let patient = json::parse(text.as_bytes(), &json::Limits::default())?;
//! let context = Context::for_resource(&patient).ok_or("not a resource")?;
//! let names = expression.evaluate(&context)?;
//! assert_eq!(names[0].text().as_deref(), Some("Nguyễn"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The crate does no input or output and reads no clock. A hostile expression is stopped by the number of
//! steps that the [`Context`] allows; the depth of a tree is bounded when it is parsed.

mod calendar;
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
mod temporal_text;
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
