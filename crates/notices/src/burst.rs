//! Many books in a short time: what is remembered of who reads (section 2, `many-books`).

use std::collections::{HashMap, VecDeque};

use fhir::Instant;

/// People of whom it is remembered.
const MOST_AGENTS: usize = 100_000;

/// A reading that makes more books than may be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Burst {
    /// Positions of the entries in the window, the oldest first, with the book of each; the last is the one at hand.
    pub readings: Vec<(u64, String)>,
}

/// The last books of a person, each once.
#[derive(Debug, Default)]
struct Recent {
    /// Time, position, book: the oldest first.
    readings: VecDeque<(i64, u64, String)>,
}

/// The last books of everybody.
#[derive(Debug, Default)]
pub(crate) struct Readers {
    agents: HashMap<String, Recent>,
}

impl Readers {
    /// Notes a reading. When the person has read in more than `most` books within the window, these are told.
    pub(crate) fn note(
        &mut self,
        (agent, patient): (&str, &str),
        (position, at): (u64, Instant),
        (most, window): (usize, i64),
    ) -> Option<Burst> {
        let time = at.microseconds();
        let begins = time.saturating_sub(window);
        if self.agents.len() >= MOST_AGENTS && !self.agents.contains_key(agent) {
            self.forget(begins);
        }
        let recent = self.agents.entry(agent.to_owned()).or_default();
        recent.readings.retain(|(_, _, book)| book != patient);
        recent.readings.push_back((time, position, patient.to_owned()));
        while recent.readings.front().is_some_and(|(read, ..)| *read <= begins)
            || recent.readings.len() > most.saturating_add(1)
        {
            recent.readings.pop_front();
        }
        let is_burst = recent.readings.len() > most;
        is_burst.then(|| Burst {
            readings: recent.readings.iter().map(|(_, place, book)| (*place, book.clone())).collect(),
        })
    }

    /// Forgets whoever has read nothing since; then, where there are still too many, everybody.
    fn forget(&mut self, begins: i64) {
        self.agents.retain(|_, recent| recent.readings.back().is_some_and(|(read, ..)| *read > begins));
        if self.agents.len() >= MOST_AGENTS {
            self.agents.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_book_more_than_may_be_is_a_burst_and_names_all_of_them() {
        let mut readers = Readers::default();
        let mut read = |second: i64, patient: &str| {
            let at = Instant::from_microseconds(second * 1_000_000);
            let place = (u64::try_from(second).unwrap(), at);
            readers.note(("Practitioner/a", patient), place, (2, 10_000_000))
        };
        assert_eq!(read(1, "a"), None);
        assert_eq!(read(2, "b"), None);
        assert_eq!(read(3, "a"), None, "the same book again is no other one");
        let burst = read(4, "c").unwrap();
        let readings: Vec<_> = burst.readings.iter().map(|(place, book)| (*place, book.as_str())).collect();
        assert_eq!(readings, [(2, "b"), (3, "a"), (4, "c")]);
        assert_eq!(read(12, "d").unwrap().readings.len(), 3, "b is ten seconds ago");
        assert_eq!(read(22, "e"), None);
    }

    #[test]
    fn everybody_is_counted_alone() {
        let mut readers = Readers::default();
        for (place, agent) in (0..).zip(["a", "b", "c", "a"]) {
            let book = place.to_string();
            let found = readers.note((agent, &book), (place, Instant::from_microseconds(1)), (1, 10));
            assert_eq!(found.is_some(), place == 3);
        }
    }
}
