//! Search parameters as R4 defines them, each for one resource type.

use fhir::{ResourceType, TypeId};
use fhirpath::Expression;

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

    /// The index table that holds its values; `None` when other parameters hold them.
    pub(crate) fn table(self) -> Option<Table> {
        match self {
            Self::Token | Self::Uri => Some(Table::Token),
            Self::String => Some(Table::String),
            Self::Date => Some(Table::Date),
            Self::Reference => Some(Table::Reference),
            Self::Number | Self::Quantity => Some(Table::Quantity),
            Self::Composite | Self::Special => None,
        }
    }
}

/// Which index table a slot's rows are in, and what of a value they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Table {
    Token,
    String,
    /// Strings too: the beginnings of the words of a name or address, the first word left out.
    Words,
    Date,
    Reference,
    /// Tokens too: the identifiers by which References name their targets.
    ReferenceIdentifier,
    Quantity,
}

impl Table {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::String => "string",
            Self::Words => "words",
            Self::Date => "date",
            Self::Reference => "reference",
            Self::ReferenceIdentifier => "reference-identifier",
            Self::Quantity => "quantity",
        }
    }
}

/// A search parameter of one resource type.
#[derive(Debug)]
pub struct Parameter {
    /// Its name in a query.
    pub code: String,
    /// Its type.
    pub kind: ParameterType,
    /// Canonical url of its definition.
    pub url: String,
    /// For references: the types that this resource type's elements may refer to; empty means any.
    pub targets: Vec<ResourceType>,
    /// Whether this version can search by it.
    pub searchable: bool,
    /// Where its values are.
    pub(crate) sources: Vec<Source>,
    /// Its number within the type, 0 to 62: the bit that says that a resource has a value of it. `None` for columns
    /// of the resource, which always have one.
    pub(crate) bit: Option<u8>,
    /// For composites: where the components are.
    pub(crate) composites: Vec<Composite>,
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
    /// The types that the element can have; empty when that is not known.
    pub types: Vec<TypeId>,
    /// For a name or address: the slot of its words.
    pub words: Option<usize>,
    /// For references: the slot of the identifiers in them.
    pub identifiers: Option<usize>,
}

/// One place of a composite parameter: an element whose components belong together.
#[derive(Debug)]
pub(crate) struct Composite {
    /// The element; `None` for the resource itself, where the components are independent conditions.
    pub element: Option<Expression>,
    pub components: Vec<Component>,
}

/// A component of a composite.
#[derive(Debug)]
pub(crate) struct Component {
    pub kind: ParameterType,
    /// From the element to the value.
    pub expression: Expression,
    /// Where values of this component are indexed, whichever element they belong to.
    pub sources: Vec<Source>,
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
