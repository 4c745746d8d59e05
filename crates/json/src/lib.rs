//! Exact JSON document: what went in comes out.
//!
//! A FHIR resource may carry `1.50`, `1E-22` and members in any order, and all of it has meaning. This
//! document keeps the lexeme of every number, the order of every member and the place of every value in
//! the input, and it refuses what RFC 8259 leaves open: duplicate member names, lone surrogates,
//! unbounded depth.
//!
//! The document borrows from the input; only strings that contain escapes are copied.

mod error;
mod node;
mod parse;
mod write;

pub use error::{ParseError, ParseErrorKind};
pub use node::{Member, Node, Span, Value};
pub use parse::{Limits, parse};
pub use write::write_string;
