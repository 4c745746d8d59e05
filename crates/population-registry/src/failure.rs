//! Why a question has no answer. Nothing here holds a value of a person.

use std::time::Duration;

/// A field that was given with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The name.
    Name,
    /// The birth date.
    BirthDate,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// No connection, no answer in time, or the other side is out of order.
    #[error("the registry does not answer")]
    Unreachable,
    /// The other side does not want to answer this question or this server.
    #[error("the registry refuses the question")]
    Refused,
    /// The answer is larger than it may be: of less it may be smaller.
    #[error("the answer of the registry is too large")]
    TooLarge,
    /// The answer is not what was agreed.
    #[error("the answer of the registry cannot be read: {0}")]
    Malformed(&'static str),
    /// Nobody is known like that.
    #[error("the registry knows nobody like that")]
    NotFound,
    /// Somebody has the number, and other fields differ.
    #[error("what was given differs from what the registry knows")]
    Mismatch(Vec<Field>),
    /// Too many questions, by the other side's count or our own.
    #[error("too many questions in a short time")]
    RateLimited(Duration),
    /// Not asked, since the last attempts failed.
    #[error("the registry did not answer lately and is not asked for now")]
    CircuitOpen(Duration),
    /// Not asked, since too many questions wait already.
    #[error("too many questions at one time")]
    Busy,
}

impl RegistryError {
    /// Whether another attempt may help at once.
    pub fn may_be_repeated(&self) -> bool {
        matches!(self, Self::Unreachable)
    }

    /// Whether the other side, or the way to it, is down: what a stale answer may stand in for.
    pub fn is_outage(&self) -> bool {
        matches!(self, Self::Unreachable | Self::RateLimited(_) | Self::CircuitOpen(_) | Self::Busy)
    }

    /// After how long to ask again, as far as it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(time) | Self::CircuitOpen(time) => Some(*time),
            _ => None,
        }
    }
}
