//! The citizen's pages: the book at a glance, a check-up, the life so far, who may look.

mod check_up;
mod frame;
mod glance;
mod notices;
mod sharing;
#[cfg(test)]
mod tests;
mod timeline;
mod trend;
mod words;

pub use check_up::{CheckUp, CheckUpPage, Finding, Measured};
pub(crate) use frame::navigation;
pub use frame::{BookHead, BookPlace, BooksPage, Person};
pub use glance::{CheckUpLine, Glance, GlanceLine, GlancePage};
pub use notices::{NoticeLine, NoticesPage};
pub use sharing::{BlockChoice, BlockPage, SharingChange, SharingLine, WhoMayPage};
pub use timeline::{LifeEvent, TimelinePage};
pub use words::{health_class_words, number_words};
