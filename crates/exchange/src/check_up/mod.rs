//! The annual check-up: the message `KHAMSUCKHOE` (decision 2062/QĐ-BYT) as XML and JSON, and the FHIR document that means
//! the same. `docs/check-up.md` is the promise.
//!
//! ```
//! use healthbook_exchange::check_up::{self, Format};
//!
//! let faults = check_up::read(b"<KHAMSUCKHOE/>", Format::Xml).unwrap_err();
//! assert_eq!(faults[0].code(), "check-up-structure");
//! ```

mod days;
mod due;
mod fault;
mod from_fhir;
mod identity;
mod json_read;
mod json_write;
mod lists;
mod read;
mod record;
mod table;
mod to_fhir;
mod value;
mod xml_read;
mod xml_write;

pub use due::{DUE_RULE, DueRule, DueState, Judged};
pub use fault::{Fault, Rule};
pub use from_fhir::{entries, from_bundle, texts_of_patient};
pub use lists::choices;
pub use read::read;
pub use record::{AgeGroup, CheckUp, Identity, Sex};
pub use table::{FIELDS, Field, Kind, PARTS, Part, ROWS};
pub use to_fhir::{
    CHECK_UP_VISIT, CLASS_PROFILE, COMPOSITION_PROFILE, ENTERED, Places, Raw, VISIT_KIND, WRITTEN,
};

/// The form of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// XML, with the names in capitals.
    Xml,
    /// JSON, with the same names in lower case.
    Json,
}

impl Format {
    /// The format of a text by its first letter: `<` begins XML.
    pub fn of(text: &[u8]) -> Self {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        if text.trim_ascii_start().starts_with(b"<") { Self::Xml } else { Self::Json }
    }
}

/// What a message may cost: fixed, so that every way in has the same.
mod limits {
    /// Most bytes of a message.
    pub(super) const BYTES: usize = 16 << 20;
    /// Most bytes of one part, unpacked.
    pub(super) const PART: usize = 1 << 20;
    /// Most elements of a message, and of one part.
    pub(super) const ELEMENTS: usize = 200_000;
    /// Deepest nesting.
    pub(super) const DEPTH: usize = 24;
    /// Most records of a message.
    pub(super) const RECORDS: usize = 1_000;
    /// Most parts of a record.
    pub(super) const PARTS: usize = 64;
    /// Most rows of results of a record.
    pub(super) const ROWS: usize = 500;
    /// Most characters of a field whose length the decision does not tell.
    pub(super) const TEXT: usize = 4_000;
    /// Most characters of a signature.
    pub(super) const SIGNATURE: usize = 65_536;
    /// Most faults that are told.
    pub(super) const FAULTS: usize = 200;
}
