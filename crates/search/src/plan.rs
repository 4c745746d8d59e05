//! The plan of a search: what the store has to find, with nothing left to interpret.

use fhir::{Instant, LogicalId, ResourceType};

use crate::{Check, Lookup, Slot};

/// One search. All clauses must hold.
#[derive(Debug, Clone, Default)]
pub struct SearchPlan {
    /// The types whose resources match; empty means every type.
    pub types: Vec<ResourceType>,
    /// The conditions, joined by AND.
    pub clauses: Vec<Clause>,
    /// The order; empty means newest book and resource first.
    pub sort: Vec<Sort>,
    /// How many matches on a page.
    pub count: u32,
    /// Where the page starts.
    pub position: Position,
    /// The matches are those of this moment: what was created later is left out.
    pub until: Option<Instant>,
    /// The one patient whose book holds every match, if the conditions say so.
    pub book: Option<LogicalId>,
    /// What to add to the page.
    pub includes: Vec<Include>,
    /// Whether the number of all matches is wanted.
    pub total: Total,
    /// `_summary=count`: only the number.
    pub count_only: bool,
    /// How much of each resource is shown.
    pub shown: Shown,
}

/// Where a page starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Position {
    /// At the beginning.
    #[default]
    First,
    /// Behind a match.
    After(Cursor),
    /// The page that ends before a match.
    Before(Cursor),
}

/// How much of each resource is shown: `_summary` and `_elements`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shown {
    /// Everything.
    #[default]
    Whole,
    /// `_summary=true`
    Summary,
    /// `_summary=text`
    Text,
    /// `_summary=data`
    Data,
    /// `_elements`
    Elements(Vec<String>),
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Clause {
    /// All of these; an empty list is always true.
    All(Vec<Clause>),
    /// Any of these; an empty list is never true.
    Any(Vec<Clause>),
    /// Not this.
    Not(Box<Clause>),
    /// `_id`
    Id(Vec<LogicalId>),
    /// A resource of this type with one of these ids: members of a `List`.
    Members(ResourceType, Vec<LogicalId>),
    /// One of these resources, by the book and key that the store gave them.
    Places(Vec<(i64, i64)>),
    /// `_type`
    Type(Vec<ResourceType>),
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
    /// A number or quantity parameter.
    Quantity {
        /// Where to look.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<QuantityTest>,
    },
    /// A reference parameter.
    Reference {
        /// Where to look.
        slots: Vec<Slot>,
        /// Any of these.
        values: Vec<ReferenceTest>,
    },
    /// `:missing=false`: a resource of the type has a value of the parameter with this bit.
    Present(Vec<(ResourceType, u8)>),
    /// A chain: a reference in these slots leads to a match.
    Chain {
        /// The references.
        slots: Vec<Slot>,
        /// Any of these targets.
        targets: Vec<ChainTarget>,
    },
    /// `_has`: a match of another type refers to the resource.
    Has {
        /// The references, all of the source type.
        slots: Vec<Slot>,
        /// The type that refers.
        source: ResourceType,
        /// What must be true of it.
        clauses: Vec<Clause>,
    },
    /// Something that only the resource itself can tell.
    Check {
        /// A condition of the index that holds wherever the check does.
        superset: Box<Clause>,
        /// The check.
        check: Box<Check>,
    },
    /// Something that has to be looked up before the plan can be run: a value set, a List, a hierarchy.
    Lookup(Box<Lookup>),
}

impl Clause {
    /// Always true.
    pub const EVERYTHING: Self = Self::All(Vec::new());
    /// Never true.
    pub const NOTHING: Self = Self::Any(Vec::new());

    /// Whether the clause holds for no resource.
    pub fn is_nothing(&self) -> bool {
        matches!(self, Self::Any(clauses) if clauses.is_empty())
    }

    /// Whether the clause holds for every resource.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::All(clauses) if clauses.is_empty())
    }

    /// The clauses that must all hold for this one to hold, itself if it is none of several.
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(clauses) => clauses.iter().flat_map(Self::conjuncts).collect(),
            clause => vec![clause],
        }
    }

    /// One of these resources.
    pub fn members(mut resources: Vec<(ResourceType, LogicalId)>) -> Self {
        resources.sort();
        resources.dedup();
        let of_type = resources.chunk_by(|(one, _), (other, _)| one == other);
        let clauses = of_type.filter_map(|members| {
            let (kind, _) = members.first()?;
            Some(Self::Members(*kind, members.iter().map(|(_, id)| id.clone()).collect()))
        });
        Self::Any(clauses.collect())
    }

    /// The clauses inside of this one.
    pub fn parts(&self) -> &[Self] {
        match self {
            Self::All(parts) | Self::Any(parts) => parts,
            Self::Not(part) => std::slice::from_ref(part),
            Self::Has { clauses, .. } => clauses,
            _ => &[],
        }
    }
}

/// What a chain leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainTarget {
    /// The type.
    pub resource_type: ResourceType,
    /// What must be true of it, joined by AND.
    pub clauses: Vec<Clause>,
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
    /// The folded text ends with this.
    EndsWith(String),
    /// The folded text is this.
    Folded(String),
    /// `:exact`: the text is this.
    Exact {
        /// Folded and cut, for the index.
        folded: String,
        /// As it must be, in the form of [`StringRow::exact`](crate::StringRow::exact).
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

/// A number or quantity to be found. The bounds are numbers in sortable form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantityTest {
    /// The relation.
    pub prefix: Prefix,
    /// Which numbers are compared.
    pub unit: UnitTest,
    /// `eq`, `ne`, `ap`: the lower end of the range. Else the number itself.
    pub low: Vec<u8>,
    /// `eq`, `ne`, `ap`: the upper end of the range, outside of it. Else the number itself.
    pub high: Vec<u8>,
}

/// Which numbers of a [`QuantityRow`](crate::QuantityRow) are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitTest {
    /// The numbers of rows of this unit.
    Unit(i32),
    /// The numbers as they stand in the resource, whatever the unit.
    Any,
    /// The numbers as they stand in the resource, where code or unit is this text.
    Text(i32),
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
    /// The ranges overlap. The search range was widened on both sides by a tenth.
    Approximately,
    /// The ranges overlap (`po` of `_filter`).
    Overlaps,
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
    /// A number or quantity.
    Quantity(Vec<Slot>),
    /// A token, uri or reference: by a text that only the resource itself has.
    Text(Vec<TextSource>),
}

/// Where texts to sort by are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextSource {
    /// The slot.
    pub slot: Slot,
    /// Only references to this type.
    pub target: Option<ResourceType>,
    /// Only contact points of this kind.
    pub system: Option<String>,
}

/// A sort value of a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortValue {
    /// Not present: comes last in both directions.
    Missing,
    /// A date or instant.
    Integer(i64),
    /// A folded string, a code, a reference.
    Text(String),
    /// An id as it is stored, a number in sortable form.
    Bytes(Vec<u8>),
}

/// Where a match stands among the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Values of the sort keys, in their order.
    pub values: Vec<SortValue>,
    /// Book of the match.
    pub book: i64,
    /// Resource key of the match.
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
