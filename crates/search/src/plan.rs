//! The plan of a search: what the store has to find, with nothing left to interpret.

use fhir::{LogicalId, ResourceType};

use crate::Slot;

/// One search over one resource type. All clauses must hold.
#[derive(Debug, Clone)]
pub struct SearchPlan {
    /// The type whose resources match.
    pub resource_type: ResourceType,
    /// The conditions, joined by AND.
    pub clauses: Vec<Clause>,
    /// The order; empty means newest resource first.
    pub sort: Vec<Sort>,
    /// How many matches on a page.
    pub count: u32,
    /// Where the previous page ended.
    pub after: Option<Cursor>,
    /// The one patient whose book holds every match, if the conditions say so.
    pub book: Option<LogicalId>,
    /// What to add to the page.
    pub includes: Vec<Include>,
    /// Whether the number of all matches is wanted.
    pub total: Total,
    /// `_summary=count`: only the number.
    pub count_only: bool,
}

/// One condition: any of its values, in any of its slots.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// `_id`
    Id(Vec<LogicalId>),
    /// `_lastUpdated`: instants in microseconds within `[low, high)`; several ranges are joined by OR.
    LastUpdated(Vec<DateTest>),
    /// A token or uri parameter.
    Token {
        /// Where to look.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<TokenTest>,
    },
    /// A string parameter.
    String {
        /// Where to look.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<StringTest>,
    },
    /// A date parameter.
    Date {
        /// Where to look.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<DateTest>,
    },
    /// A reference parameter.
    Reference {
        /// Where to look.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<ReferenceTest>,
    },
    /// Any of these clauses: compartment membership by several parameters.
    Any(Vec<Clause>),
    /// The resource whose logical id is this one, of the plan's own type, or nothing at all (an empty `Any`).
    Nothing,
}

/// A token value to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenTest {
    /// Hash of the code; `None` for `system|`.
    pub code: Option<i64>,
    /// Hash of the system: `None` any, `Some(0)` for `|code`.
    pub system: Option<i32>,
}

/// A string value to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StringTest {
    /// The folded text starts with this.
    StartsWith(String),
    /// `:contains`: the folded text contains this.
    Contains(String),
    /// `:exact`: the text is this.
    Exact {
        /// Folded and cut, for the index.
        folded: String,
        /// As it must be.
        exact: String,
    },
}

/// A date value to be found: the search value as a range, and how the resource's range must relate to it
/// (R4 `search.html#prefix`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DateTest {
    /// The relation.
    pub prefix: Prefix,
    /// First microsecond of the search value.
    pub low: i64,
    /// First microsecond after it.
    pub high: i64,
}

/// Comparison prefixes of ordered parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix {
    /// The search range fully contains the resource's.
    Equal,
    /// Not [`Prefix::Equal`].
    NotEqual,
    /// The range above the search value intersects the resource's.
    GreaterThan,
    /// The range below the search value intersects the resource's.
    LessThan,
    /// Greater or equal.
    GreaterOrEqual,
    /// Less or equal.
    LessOrEqual,
    /// The resource's range starts after the search value's.
    StartsAfter,
    /// The resource's range ends before the search value's.
    EndsBefore,
    /// The ranges overlap. The search range was widened on both sides by a tenth of its distance to now.
    Approximately,
}

/// A reference to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReferenceTest {
    /// Hash of the id, or of the url.
    pub target: i64,
    /// Type index of the target: `None` any type, -1 a url.
    pub target_type: Option<i16>,
}

/// One sort key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What to sort by.
    pub key: SortKey,
    /// `-`: largest first.
    pub descending: bool,
}

/// What to sort by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// `_id`
    Id,
    /// `_lastUpdated`
    LastUpdated,
    /// A string parameter: smallest value ascending, largest descending.
    String(Vec<Slot>),
    /// A date parameter: earliest start ascending, latest start descending.
    Date(Vec<Slot>),
}

/// A sort value of the last match on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// Not present: comes last in both directions.
    Missing,
    /// A date or instant.
    Integer(i64),
    /// A folded string or an id.
    Text(String),
}

/// Where a page ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Values of the sort keys, in their order.
    pub values: Vec<SortValue>,
    /// Book of the last match.
    pub book: i64,
    /// Resource key of the last match.
    pub key: i64,
}

/// `_include` and `_revinclude`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Include {
    /// `_revinclude`
    pub reverse: bool,
    /// The type that holds the reference.
    pub source: ResourceType,
    /// The slots of the reference parameter (`*`: of all of them).
    pub slots: Vec<Slot>,
    /// Only targets of this type.
    pub target: Option<ResourceType>,
    /// `:iterate`
    pub iterate: bool,
}

/// `_total`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Total {
    /// Not counted.
    #[default]
    None,
    /// A count that may be approximate. We count exactly.
    Estimate,
    /// An exact count.
    Accurate,
}
