//! Reading: from what is asked to SQL, the same text for both databases.

mod book;
mod clause;
mod comparison;
mod count;
mod directory;
mod driver;
mod gate;
mod history;
mod holders;
mod kin;
mod people;
mod search;
mod sharing;
mod shield;
mod visit;
mod walk_range;

pub(crate) use book::{book_page, reverse_includes};
pub(crate) use clause::Conditions;
pub(crate) use count::{changed_since, expected_ids, probe, sample, search_ids, search_total};
pub(crate) use directory::{
    books_of_ids, claim, counts, current_version, granted_books, lookup, place, places_behind, put_setting,
    read, read_all, read_version, said_before, setting, slots,
};
pub(crate) use driver::{Class, class, first};
pub(crate) use gate::{Gate, Places, RowNames, is_everything};
pub(crate) use history::{history, history_total, moved_since, newest, there};
pub(crate) use holders::{Held, held, holders, holders_of_all};
pub(crate) use kin::{ABOVE, BELOW, hashes_of_kin, kin, merge_of, put_merge, standing_for};
pub(crate) use people::{MATCH_KEYS, count_people, people_at, people_of_keys};
pub(crate) use search::{Page, Route, can_walk};
pub(crate) use sharing::{
    MOST_ENTITLED, MOST_GRANTS, book_counts, denials, entitlements, expected_patient_of_book, grants,
    guarded, patient_of_book, words_of_server,
};
pub(crate) use shield::{guarded_places, put_shield, shielded_book};
pub(crate) use visit::known_visit;
