//! Sets of confidentiality labels.

use std::ops::{BitAnd, BitOr};

/// A set of labels, a bit for each: special secrecy (HIV, mental health, ...), an adolescent's private visit, the
/// location shield. Which bit means what is said by the policy and never changes; bit 62 stands for every label that
/// the policy does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Labels(i64);

impl Labels {
    /// No label.
    pub const NONE: Self = Self(0);
    /// Every label.
    pub const ALL: Self = Self(i64::MAX);
    /// A label that the policy does not know: the most restricted.
    pub const UNKNOWN: Self = Self(1 << 62);

    /// The label of a bit from 0 to 61; `None` beyond.
    pub fn bit(bit: u8) -> Option<Self> {
        (bit < 62).then(|| Self(1_i64 << bit))
    }

    /// The bits as a database keeps them: never negative.
    pub fn bits(self) -> i64 {
        self.0
    }

    /// From the bits of a database; the sign is left out.
    pub fn from_bits(bits: i64) -> Self {
        Self(bits & i64::MAX)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of these are among those.
    pub fn is_within(self, others: Self) -> bool {
        self.0 & !others.0 == 0
    }

    /// These without those.
    #[must_use]
    pub fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }
}

impl BitOr for Labels {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Labels {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
