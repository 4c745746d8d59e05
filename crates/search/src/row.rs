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
    /// Numbers and quantities.
    pub quantities: Vec<QuantityRow>,
    /// The parameters that have a value: bit by [`Registry::presence`](crate::Registry::presence). Kept with the
    /// resource, not in an index.
    pub present: i64,
}

impl IndexRows {
    /// The number of rows.
    pub fn len(&self) -> usize {
        self.tokens.len()
            + self.strings.len()
            + self.dates.len()
            + self.references.len()
            + self.quantities.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
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
    /// The folded text, cut at 256 characters.
    pub folded: String,
    /// The text as it is, for `:exact`; of a long text the beginning and a hash.
    pub exact: String,
}

/// A half-open range of microseconds since 1970 UTC. Open ends are [`DateRow::OPEN_LOW`] and
/// [`DateRow::OPEN_HIGH`], so that the difference of any two fits the type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateRow {
    /// Where the value stands.
    pub slot: Slot,
    /// First microsecond.
    pub low: i64,
    /// First microsecond after.
    pub high: i64,
}

impl DateRow {
    /// Before every time that FHIR can write.
    pub const OPEN_LOW: i64 = -(1 << 61);
    /// After every time that FHIR can write.
    pub const OPEN_HIGH: i64 = 1 << 61;
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

/// A number or quantity: a closed range of numbers in sortable form (`terminology::Decimal::to_sortable`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuantityRow {
    /// Where the value stands.
    pub slot: Slot,
    /// Hash of the canonical UCUM unit, else of `system|code`; 0 without a code.
    pub unit: i32,
    /// The smallest number, in the canonical unit if there is one.
    pub low: Vec<u8>,
    /// The largest number.
    pub high: Vec<u8>,
    /// Both as they stand in the resource, where that differs.
    pub given: Option<(Vec<u8>, Vec<u8>)>,
    /// Hash of the code; 0 when there is none.
    pub code: i32,
    /// Hash of the unit for people; 0 when there is none.
    pub text: i32,
}
