//! The annual check-up (`docs/check-up.md`): into books, whichever way it comes, and as a station works at it.

mod asked;
mod due;
mod form;
mod identify;
mod record;
mod remind;
mod rights;
mod second;
mod take;
mod write;

pub use asked::{Asked, ROW_COUNT, asked};
pub use due::{ROLES, due, due_page};
pub use form::{Begun, begin};
pub(crate) use identify::guessed;
pub use identify::{Person, Unverified, person};
pub use record::{CheckUpForm, Recorded, record};
pub use remind::{Reminded, remind};
pub use rights::may_record;
pub(crate) use second::{Repeated, repeated};
pub use take::{Refused, Taken, may_send, take};
pub use write::{is_passing, write};
