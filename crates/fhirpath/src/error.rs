//! What can be wrong with an expression, and with its evaluation.

/// Why a text is not an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// A character that begins no token.
    #[error("an unexpected character")]
    UnexpectedCharacter,
    /// A token that cannot stand here.
    #[error("an unexpected token")]
    UnexpectedToken,
    /// The text ends inside an expression, a string or a comment.
    #[error("the expression ends too early")]
    UnexpectedEnd,
    /// A backslash with something that is no escape.
    #[error("the escape sequence is not valid")]
    InvalidEscape,
    /// A number with more digits than can be held exactly.
    #[error("the number is too long")]
    InvalidNumber,
    /// A date or time that does not exist.
    #[error("the date or time is not valid")]
    InvalidTemporal,
    /// More nesting than an evaluation could follow.
    #[error("the expression is nested too deeply")]
    TooDeep,
    /// The text is longer than any sensible expression.
    #[error("the expression is too long")]
    TooLong,
    /// A function that does not exist.
    #[error("the function `{0}` is not known")]
    UnknownFunction(String),
    /// A function with too few or too many arguments.
    #[error("the function `{0}` does not take this number of arguments")]
    ArgumentCount(&'static str),
    /// A type that does not exist.
    #[error("the type `{0}` is not known")]
    UnknownType(String),
}

/// A refused expression: what is wrong and at which byte.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at offset {offset}")]
pub struct ParseError {
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// Byte offset in the text.
    pub offset: usize,
}

/// Why an expression has no result for a resource. Messages carry no value of the resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluateError {
    /// The evaluation took more steps than the context allows.
    #[error("the evaluation takes too many steps")]
    TooManySteps,
    /// More than one item where at most one may be.
    #[error("`{0}` needs a single item")]
    NotSingle(&'static str),
    /// An operand or argument of the wrong type.
    #[error("`{0}` does not work on a value of this type")]
    WrongType(&'static str),
    /// A function that needs something that this server does not offer inside expressions.
    #[error("`{0}` is not supported")]
    Unsupported(&'static str),
    /// `now()`, `today()` or `timeOfDay()` without a time in the context.
    #[error("the context has no current time")]
    NoCurrentTime,
    /// A `%variable` that the context does not have.
    #[error("the variable `%{0}` is not known")]
    UnknownVariable(String),
    /// A regular expression that is not valid or too large.
    #[error("the regular expression is not valid")]
    InvalidPattern,
    /// In a strict evaluation: no item of the input can have an element of that name.
    #[error("the element `{0}` does not exist here")]
    UnknownElement(String),
    /// In a strict evaluation: a function that depends on an order that is not defined.
    #[error("`{0}` needs an ordered collection")]
    Unordered(&'static str),
}
