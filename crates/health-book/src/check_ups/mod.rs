//! Check-ups into books, whichever way they come: whose they are, and one transaction for each (`docs/check-up.md`).

mod identify;
mod take;
mod write;

pub use identify::{Person, Unverified, person};
pub use take::{Refused, Taken, may_send, take};
pub use write::write;
