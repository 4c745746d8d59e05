//! How far a walk is, as a setting of the database: whoever finds it there goes on from there.

/// How far a walk over what is stored is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recheck {
    /// The name of the rules by which is read.
    pub rules: String,
    /// Whether everything was reached.
    pub finished: bool,
    /// Resources that were read.
    pub done: u64,
    /// The process that works.
    pub(crate) holder: i64,
    /// Grows with every step, so that everybody sees that somebody works.
    pub(crate) beat: u64,
    /// Book and key of the resource that was read last.
    pub(crate) position: (i64, i64),
}

impl Recheck {
    /// One that begins.
    pub(crate) fn new(rules: &str, holder: i64) -> Self {
        Self { rules: rules.to_owned(), finished: false, done: 0, holder, beat: 0, position: (-1, 0) }
    }

    /// The value of the setting.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let Self { rules, finished, done, holder, beat, position: (book, key) } = self;
        format!("{finished} {done} {holder} {beat} {book} {key} {rules}").into_bytes()
    }

    /// Of the value of the setting; `None` when it cannot be read.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(bytes).ok()?.splitn(7, ' ');
        let (finished, done) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let (holder, beat) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let position = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self { rules: words.next()?.to_owned(), finished, done, holder, beat, position })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        for finished in [false, true] {
            let state =
                Recheck { finished, done: 7, position: (1 << 40, 9), ..Recheck::new("2 of May", -77) };
            assert_eq!(Recheck::from_bytes(&state.to_bytes()), Some(state));
        }
        assert_eq!(Recheck::from_bytes(b"walking"), None);
    }
}
