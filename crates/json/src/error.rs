//! Why an input is not a JSON document we accept, and where.

/// The rule that the input broke. Messages carry no value of the input: it may be personal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// The bytes are not UTF-8.
    #[error("the bytes are not valid UTF-8")]
    InvalidUtf8,
    /// A `\uD800`..`\uDFFF` escape without its partner.
    #[error("a surrogate escape stands alone")]
    LoneSurrogate,
    /// The escape after a backslash is not one of RFC 8259.
    #[error("the escape sequence is not valid")]
    InvalidEscape,
    /// A raw character below U+0020 inside a string.
    #[error("a control character stands unescaped in a string")]
    ControlCharacter,
    /// `\u0000`: FHIR strings may not contain it (R4 datatypes, `string`).
    #[error("the character U+0000 is not allowed")]
    NullCharacter,
    /// The number does not follow the JSON grammar.
    #[error("the number is not valid")]
    InvalidNumber,
    /// The same member name twice in one object.
    #[error("a member name is repeated in one object")]
    DuplicateKey,
    /// More nesting than [`Limits::depth`](crate::Limits::depth).
    #[error("the document is nested too deeply")]
    TooDeep,
    /// The input ended inside a value.
    #[error("the input ends too early")]
    UnexpectedEnd,
    /// A character that cannot stand here.
    #[error("an unexpected character")]
    UnexpectedCharacter,
    /// Something follows the document.
    #[error("something follows the end of the document")]
    TrailingData,
}

impl ParseErrorKind {
    /// A name of the rule that is the same in every language.
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidUtf8 => "invalid-utf-8",
            Self::LoneSurrogate => "lone-surrogate",
            Self::InvalidEscape => "invalid-escape",
            Self::ControlCharacter => "control-character",
            Self::NullCharacter => "null-character",
            Self::InvalidNumber => "invalid-number",
            Self::DuplicateKey => "duplicate-key",
            Self::TooDeep => "too-deep",
            Self::UnexpectedEnd => "unexpected-end",
            Self::UnexpectedCharacter => "unexpected-character",
            Self::TrailingData => "trailing-data",
        }
    }
}

/// A refused input: the rule, the byte offset, line and column (from 1), and the path of the enclosing
/// member, for example `entry[3].resource.name`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at line {line}, column {column}")]
pub struct ParseError {
    /// The rule that was broken.
    pub kind: ParseErrorKind,
    /// Byte offset from the start of the input.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// Path of the value being read; empty at the root.
    pub path: String,
}
