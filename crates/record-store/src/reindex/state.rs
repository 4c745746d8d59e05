//! How far a reindex is, as a setting of the database: whoever finds it there goes on from there.

use search::Slot;

/// What a reindex is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Adding the rows of new parameters, resource by resource.
    Walking,
    /// The new parameters can be searched; rows of parameters that are gone are being removed.
    Emptying,
    /// Nothing.
    Finished,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Walking, Self::Emptying, Self::Finished];

    fn as_str(self) -> &'static str {
        match self {
            Self::Walking => "walking",
            Self::Emptying => "emptying",
            Self::Finished => "finished",
        }
    }
}

/// Something to say about one search parameter: a code of the fault catalogue and a name to fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The code.
    pub code: String,
    /// The name.
    pub name: String,
}

/// How far a reindex is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindex {
    /// What it is doing.
    pub phase: Phase,
    /// Resources that were walked over.
    pub done: u64,
    /// Resources there were when it began; 0 when there were too many to count.
    pub total: u64,
    /// What there was to say about the parameters.
    pub remarks: Vec<Remark>,
    /// The process that works.
    pub(crate) holder: i64,
    /// Grows with every step, so that everybody sees that somebody works.
    pub(crate) beat: u64,
    /// Type, book and key of the resource that was walked over last.
    pub(crate) position: (i16, i64, i64),
    /// Slots that no parameter uses any more.
    pub(crate) retired: Vec<Slot>,
}

impl Reindex {
    /// One that begins.
    pub(crate) fn new(holder: i64) -> Self {
        Self {
            phase: Phase::Walking,
            done: 0,
            total: 0,
            remarks: Vec::new(),
            holder,
            beat: 0,
            position: (-1, 0, 0),
            retired: Vec::new(),
        }
    }

    /// The next step of the same.
    #[must_use]
    pub(crate) fn next(&self) -> Self {
        Self { beat: self.beat + 1, ..self.clone() }
    }

    /// The value of the setting.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let (kind, book, key) = self.position;
        let phase = self.phase.as_str();
        let Self { holder, beat, done, total, .. } = self;
        let mut text = format!("{phase} {holder} {beat} {done} {total} {kind} {book} {key}\n");
        let retired: Vec<String> = self.retired.iter().map(|slot| slot.0.to_string()).collect();
        text.push_str(&retired.join(" "));
        text.push('\n');
        for Remark { code, name } in &self.remarks {
            let name = name.replace(char::is_control, " ");
            text.push_str(&format!("{code} {name}\n"));
        }
        text.into_bytes()
    }

    /// Of the value of the setting; `None` when it cannot be read.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        let mut words = lines.next()?.split(' ');
        let phase = words.next()?;
        let phase = Phase::ALL.into_iter().find(|known| known.as_str() == phase)?;
        let (holder, beat) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let (done, total) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let position =
            (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        let slots = lines.next()?.split_whitespace();
        let retired = slots.map(|slot| slot.parse().ok().map(Slot)).collect::<Option<_>>()?;
        let remark = |line: &str| {
            let (code, name) = line.split_once(' ')?;
            Some(Remark { code: code.to_owned(), name: name.to_owned() })
        };
        let remarks = lines.filter_map(remark).collect();
        Some(Self { phase, done, total, remarks, holder, beat, position, retired })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let remark = Remark { code: "a-code".to_owned(), name: "http://a b".to_owned() };
        for retired in [Vec::new(), vec![Slot(7), Slot(900)]] {
            let state = Reindex {
                phase: Phase::Emptying,
                done: 5,
                total: 7,
                remarks: vec![remark.clone(), remark.clone()],
                position: (3, 1 << 40, 9),
                retired,
                ..Reindex::new(-77)
            };
            assert_eq!(Reindex::from_bytes(&state.to_bytes()), Some(state.clone()));
            assert_ne!(state.next().to_bytes(), state.to_bytes());
        }
        assert_eq!(Reindex::from_bytes(b"running"), None);
    }
}
