//! Reading: from what is asked to SQL, the same text for both databases.

mod book;
mod clause;
mod comparison;
mod count;
mod directory;
mod driver;
mod history;
mod scope;
mod search;
mod walk_range;

pub(crate) use book::{book_page, reverse_includes};
pub(crate) use clause::Conditions;
pub(crate) use count::{changed_since, expected_ids, probe, sample, search_ids, search_total};
pub(crate) use directory::{counts, lookup, place, put_setting, read, read_version, setting, slots};
pub(crate) use driver::{Class, class, first};
pub(crate) use history::{history, history_total, moved_since, newest};
pub(crate) use scope::BookScope;
pub(crate) use search::{Page, Route, can_walk};
