//! Search parameters as R4 defines them, each for one resource type.

use fhir::ResourceType;

use crate::path::Only;

/// The types of search parameters (R4 `search.html#ptypes`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the codes of R4 search-param-type")]
pub enum ParameterType {
    Number,
    Date,
    String,
    Token,
    Reference,
    Composite,
    Quantity,
    Uri,
    Special,
}

impl ParameterType {
    /// The code, for example `token`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Date => "date",
            Self::String => "string",
            Self::Token => "token",
            Self::Reference => "reference",
            Self::Composite => "composite",
            Self::Quantity => "quantity",
            Self::Uri => "uri",
            Self::Special => "special",
        }
    }

    /// The type of that code.
    pub fn named(code: &str) -> Option<Self> {
        use ParameterType::{Composite, Date, Number, Quantity, Reference, Special, String, Token, Uri};
        [Number, Date, String, Token, Reference, Composite, Quantity, Uri, Special]
            .into_iter()
            .find(|kind| kind.as_str() == code)
    }

    /// The index table that holds its values; `None` while its values are not indexed.
    pub(crate) fn table(self) -> Option<Table> {
        match self {
            Self::Token | Self::Uri => Some(Table::Token),
            Self::String => Some(Table::String),
            Self::Date => Some(Table::Date),
            Self::Reference => Some(Table::Reference),
            Self::Number | Self::Composite | Self::Quantity | Self::Special => None,
        }
    }
}

/// Which index table a slot's rows are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    Token,
    String,
    Date,
    Reference,
}

impl Table {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::String => "string",
            Self::Date => "date",
            Self::Reference => "reference",
        }
    }
}

/// A search parameter of one resource type.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in a query.
    pub code: &'static str,
    /// Its type.
    pub kind: ParameterType,
    /// Canonical url of its definition.
    pub url: &'static str,
    /// For references: the types that this resource type's elements may refer to; empty means any.
    pub targets: Vec<ResourceType>,
    /// Whether this version can search by it.
    pub searchable: bool,
    /// Where its values are.
    pub(crate) sources: Vec<Source>,
}

/// A slot that a parameter looks into, and what of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    /// Index in the list of all slots.
    pub slot: usize,
    pub only: Only,
    /// For references: what the element may refer to; empty means any.
    pub targets: Vec<ResourceType>,
    pub tokens: TokenShape,
    /// The element is a canonical or uri: its value is a url and nothing else.
    pub url: bool,
}

/// What a query's `system|` can mean for the tokens of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum TokenShape {
    /// Coding, CodeableConcept, Identifier: the value says its system.
    System,
    /// code, boolean, id, string, uri: the element implies it, and it is not checked.
    Implied,
    /// ContactPoint: the value has none; `phone`, `email`, ... stands in its place.
    ContactPoint,
}
