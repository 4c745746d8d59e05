//! The annual check-up as a station works at it (`docs/check-up.md`, sections 8 to 10).

mod due;
mod form;
mod record;
mod remind;
mod second;
mod write;

pub use due::{due, due_page};
pub use form::{ASKED, Begun, begin};
pub use record::{CheckUpForm, Recorded, fields, record};
pub use remind::remind;
pub(crate) use second::{Repeated, repeated};
pub(crate) use write::write;
