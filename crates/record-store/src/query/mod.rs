//! Reading: from what is asked to SQL, the same text for both databases.

mod book;
mod clause;
mod directory;
mod history;
mod scope;
mod search;

pub(crate) use book::{book_page, reverse_includes};
pub(crate) use directory::{counts, lookup, place, put_setting, read, read_version, setting};
pub(crate) use history::{history, history_total};
pub(crate) use scope::BookScope;
pub(crate) use search::{search, search_ids, search_total, sort_value};
