//! Why an input is not FHIR XML, or a document cannot be written as such, and where.

/// The rule that the input broke. Messages carry no value of the input: it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlRule {
    /// The bytes are not UTF-8.
    #[error("the bytes are not valid UTF-8")]
    InvalidUtf8,
    /// The declaration names another encoding or another version of XML.
    #[error("only XML 1.0 in UTF-8 is read")]
    Encoding,
    /// A character that XML 1.0 does not have.
    #[error("a character is not allowed in XML 1.0")]
    Character,
    /// A DOCTYPE.
    #[error("a DOCTYPE is not allowed")]
    Doctype,
    /// An entity that is not one of the five of XML.
    #[error("an entity is not one of the five of XML")]
    Entity,
    /// The text breaks the grammar of XML.
    #[error("the text is not well-formed XML")]
    NotWellFormed,
    /// The input ended inside of an element.
    #[error("the input ends too early")]
    UnexpectedEnd,
    /// The same attribute twice in one element.
    #[error("an attribute is repeated")]
    RepeatedAttribute,
    /// A prefix that nothing declares.
    #[error("a prefix is not declared")]
    UnboundPrefix,
    /// An element outside of the namespace that it belongs to.
    #[error("an element is in the wrong namespace")]
    WrongNamespace,
    /// The element is not a resource type of R4.
    #[error("the element is not a resource type")]
    UnknownResource,
    /// The type does not have the element.
    #[error("an element does not exist here")]
    UnknownElement,
    /// The element does not have the attribute.
    #[error("an attribute does not exist here")]
    UnknownAttribute,
    /// The element does not repeat.
    #[error("an element that does not repeat is repeated")]
    RepeatedElement,
    /// An element with neither value nor content.
    #[error("an element is empty")]
    EmptyElement,
    /// Text between elements.
    #[error("text stands between elements")]
    TextBetween,
    /// An element that holds one resource holds none, or more than one.
    #[error("exactly one resource is expected")]
    OneResource,
    /// More nesting than [`Limits::depth`](crate::Limits::depth).
    #[error("the document is nested too deeply")]
    TooDeep,
    /// More bytes, elements, attributes or namespaces than [`Limits`](crate::Limits) allows.
    #[error("the document is too large")]
    TooLarge,
    /// Something follows the document.
    #[error("something follows the end of the document")]
    TrailingData,
}

impl XmlRule {
    /// A name of the rule that is the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidUtf8 => "invalid-utf-8",
            Self::Encoding => "encoding",
            Self::Character => "character-not-allowed",
            Self::Doctype => "doctype-not-allowed",
            Self::Entity => "entity-not-allowed",
            Self::NotWellFormed => "not-well-formed",
            Self::UnexpectedEnd => "unexpected-end",
            Self::RepeatedAttribute => "attribute-repeated",
            Self::UnboundPrefix => "prefix-unbound",
            Self::WrongNamespace => "wrong-namespace",
            Self::UnknownResource => "unknown-resource",
            Self::UnknownElement => "unknown-element",
            Self::UnknownAttribute => "unknown-attribute",
            Self::RepeatedElement => "element-repeated",
            Self::EmptyElement => "empty-element",
            Self::TextBetween => "text-between-elements",
            Self::OneResource => "one-resource-expected",
            Self::TooDeep => "too-deep",
            Self::TooLarge => "too-large",
            Self::TrailingData => "trailing-data",
        }
    }
}

/// A refused input.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at line {line}, column {column}")]
pub struct XmlError {
    /// The rule that was broken.
    pub rule: XmlRule,
    /// The element or attribute that broke it, if it has a name that can be shown.
    pub name: Option<String>,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// The element in which it was found, as a FHIRPath expression; `None` outside of the resource.
    pub expression: Option<String>,
}

/// Why a document cannot be written as XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwritableRule {
    /// Not an object with the `resourceType` of R4.
    #[error("not a resource")]
    NotAResource,
    /// A member that the type does not have, or that XML has no place for.
    #[error("a member has no place in XML")]
    UnknownMember,
    /// A value of another JSON type than the element has.
    #[error("a value has the wrong JSON type")]
    WrongJsonType,
    /// Null, or an empty string, array or object.
    #[error("a value is empty")]
    EmptyValue,
    /// A character that XML 1.0 does not have.
    #[error("a character is not allowed in XML 1.0")]
    Character,
    /// A narrative that is not a well-formed `div`.
    #[error("a narrative is not well-formed XHTML")]
    Narrative,
    /// More nesting than any resource here has.
    #[error("the document is nested too deeply")]
    TooDeep,
}

/// A document that cannot be written as XML, and the element that is in the way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule} at {expression}")]
pub struct Unwritable {
    /// What is in the way.
    pub rule: UnwritableRule,
    /// Where.
    pub expression: String,
}

/// A name of the input, if it is plain enough to be shown: anything else may be data.
pub(crate) fn shown_name(name: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.');
    (name.len() <= 64 && name.bytes().all(plain)).then(|| name.to_owned())
}
