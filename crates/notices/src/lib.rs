//! What a citizen is told about accesses to the own book: the rules, over entries of the log.
//!
//! `docs/notices.md` is the contract. Nothing here reads or writes, and there is no clock: entries and facts come in,
//! notices go out.

mod burst;
mod family;
mod hint;
mod observe;
mod rule;
mod text;
mod time;

pub use burst::Burst;
pub use family::{PersonalName, is_hint_at_family};
pub use hint::{Facts, Hint, judge};
pub use observe::{Observer, Seen, message_of};
pub use rule::{AccessRule, RuleSettings};
pub use text::{Texts, texts};
pub use time::{day_for_people, for_people};
