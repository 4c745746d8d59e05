//! Index rows: what of a resource can be found.
//!
//! A row is labelled with a [`Slot`]: one branch of one search expression for one resource type and one
//! parameter kind. Parameters share slots (`patient` and `subject`, `code` and `combo-code`), so a value is
//! stored once however many parameters can find it, and the slot alone tells the resource type.

/// Number of a slot, given by the database that stores the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub i16);

/// The rows of one resource, without repetition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexRows {
    /// Tokens and uris.
    pub tokens: Vec<TokenRow>,
    /// Strings.
    pub strings: Vec<StringRow>,
    /// Dates and periods.
    pub dates: Vec<DateRow>,
    /// References.
    pub references: Vec<ReferenceRow>,
}

/// A token: keyed 64-bit hashes of code and system (see [`Hasher`](crate::Hasher)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenRow {
    /// Where the value stands.
    pub slot: Slot,
    /// Hash of the code (case-sensitive).
    pub code: i64,
    /// Hash of the system; 0 when there is none.
    pub system: i32,
}

/// A string, folded for comparison: lower case, without marks, `đ` as `d`, white space as single blanks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StringRow {
    /// Where the value stands.
    pub slot: Slot,
    /// The folded text, cut at 96 characters.
    pub folded: String,
    /// The text as it is, for `:exact`.
    pub exact: String,
}

/// A half-open range of microseconds since 1970 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRow {
    /// Where the value stands.
    pub slot: Slot,
    /// First microsecond; `i64::MIN` when open.
    pub low: i64,
    /// First microsecond after; `i64::MAX` when open.
    pub high: i64,
}

/// A reference: to a resource of this server by type and id, or to anything else by its url.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReferenceRow {
    /// Where the value stands.
    pub slot: Slot,
    /// Keyed hash of the logical id, or of the whole url.
    pub target: i64,
    /// [`ResourceType::index`](fhir::ResourceType::index) of the target; -1 for a url.
    pub target_type: i16,
}
