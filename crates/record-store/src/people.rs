//! People by the keys of the matching (`docs/matching.md`, sections 6 and 9): kept beside each person, looked up together.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use access::Access;
use diesel::sql_types::{BigInt, Binary};
use fhir::{LogicalId, ResourceType};
use json::Node;
use person_matching::{MOST_CANDIDATES, MOST_OF_A_KEY, Person, index_keys};
use search::{Extracted, Registry, TokenRow};

use crate::query::{self, MATCH_KEYS};
use crate::shield::Sight;
use crate::store::{Store, select};
use crate::stored::{VersionRow, VersionTypes, record};
use crate::{Record, StoreError};

/// What the setting says when nobody lacks the keys.
pub(crate) const DONE: &[u8] = b"done";
/// How long the number of people holds: only its logarithm counts.
const COUNTED_EVERY: Duration = Duration::from_secs(600);

/// The index rows of a resource with the keys of the matching, and the patient whose book it is part of.
pub fn extract(registry: &Registry, resource_type: ResourceType, resource: &Node<'_>) -> Extracted {
    let mut extracted = registry.extract(resource_type, resource);
    if resource_type == ResourceType::PATIENT
        && let Some(slot) = registry.match_slot()
    {
        let keys = index_keys(registry.hasher(), &Person::of_record(resource));
        extracted.rows.tokens.extend(keys.into_iter().map(|code| TokenRow { slot, code, system: 0 }));
        extracted.rows.tokens.sort_unstable();
    }
    extracted
}

/// What a store knows of its people as a whole.
#[derive(Debug, Default)]
pub(crate) struct KnownPeople {
    /// Everybody has keys.
    have_keys: AtomicBool,
    count: AtomicU64,
    counted: Mutex<Option<Instant>>,
}

impl KnownPeople {
    /// Whether the count is too old; whoever is told so counts.
    fn is_mine_to_count(&self) -> bool {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let is_old = counted.is_none_or(|at| at.elapsed() >= COUNTED_EVERY);
        if is_old {
            *counted = Some(Instant::now());
        }
        is_old
    }
}

/// People who share keys of a look-up.
#[derive(Debug, Default)]
pub struct Candidates {
    /// The people, as whoever is not shown places sees them.
    pub people: Vec<Record>,
    /// Some key led to nobody because too many share it.
    pub passed_over: bool,
}

impl Store {
    /// The people who share one of these keys: the keys that the fewest share come first, one that too many share is
    /// passed over. Places of people under the location shield are shown to nobody here, so no comparison tells them.
    pub async fn people_of_keys(&self, access: &Access, keys: &[i64]) -> Result<Candidates, StoreError> {
        let registry = self.registry();
        let Some(slot) = registry.match_slot().filter(|_| !keys.is_empty()) else {
            return Ok(Candidates::default());
        };
        let most = i64::try_from(MOST_OF_A_KEY).unwrap_or(i64::MAX);
        let statement = query::people_of_keys(slot, keys, most.saturating_add(1));
        let rows: Vec<(i64, i64, i64)> = select!(self, statement, (BigInt, BigInt, BigInt))?;
        let (places, passed_over) = rarest_first(rows);
        let mut candidates = Candidates { people: Vec::with_capacity(places.len()), passed_over };
        if places.is_empty() {
            return Ok(candidates);
        }
        let gate = self.gate(access).await?;
        let rows: Vec<VersionRow> = select!(self, query::people_at(&gate, &places), VersionTypes)?;
        let wanted: HashSet<(i64, i64)> = places.into_iter().collect();
        for row in rows.into_iter().filter(|row| wanted.contains(&(row.0, row.1))) {
            candidates.people.push(record(row, Sight::Shielded)?);
        }
        Ok(candidates)
    }

    /// The person of an id, as [`Self::people_of_keys`] shows people; it may be deleted.
    pub async fn person_of_id(&self, access: &Access, id: &LogicalId) -> Result<Option<Record>, StoreError> {
        let row = self.row(access, ResourceType::PATIENT, id).await?;
        row.map(|row| record(row, Sight::Shielded)).transpose()
    }

    /// Whether nobody lacks the keys: a walk over a database from before there were any is over.
    pub async fn people_have_keys(&self) -> Result<bool, StoreError> {
        if self.known_people.have_keys.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let found: Vec<(Vec<u8>,)> = select!(self, query::setting(MATCH_KEYS), (Binary,))?;
        let done = found.first().is_some_and(|(state,)| state == DONE);
        self.known_people.have_keys.store(done, Ordering::Relaxed);
        Ok(done)
    }

    /// About how many people there are: counted now and then.
    pub async fn count_people(&self) -> Result<u64, StoreError> {
        let known = &self.known_people;
        if known.is_mine_to_count() {
            let counted: Result<Vec<(i64,)>, StoreError> = select!(self, query::count_people(), (BigInt,));
            match counted {
                Ok(rows) => {
                    let count = rows.first().and_then(|(count,)| u64::try_from(*count).ok()).unwrap_or(0);
                    known.count.store(count, Ordering::Relaxed);
                }
                // Of so many the last number, or the largest nation, is near enough.
                Err(StoreError::Timeout) => {
                    let _ =
                        known.count.compare_exchange(0, 100_000_000, Ordering::Relaxed, Ordering::Relaxed);
                }
                Err(error) => {
                    *known.counted.lock().unwrap_or_else(PoisonError::into_inner) = None;
                    return Err(error);
                }
            }
        }
        Ok(known.count.load(Ordering::Relaxed))
    }
}

/// Books and keys of the candidates among rows of key, book and resource key.
fn rarest_first(rows: Vec<(i64, i64, i64)>) -> (Vec<(i64, i64)>, bool) {
    let mut by_key: HashMap<i64, Vec<(i64, i64)>> = HashMap::new();
    for (code, book, key) in rows {
        by_key.entry(code).or_default().push((book, key));
    }
    let mut lists: Vec<Vec<(i64, i64)>> = by_key.into_values().collect();
    lists.sort_by_key(Vec::len);
    let passed_over = lists.last().is_some_and(|list| list.len() > MOST_OF_A_KEY);
    let mut seen = HashSet::new();
    let places = lists.into_iter().filter(|list| list.len() <= MOST_OF_A_KEY).flatten();
    (places.filter(|place| seen.insert(*place)).take(MOST_CANDIDATES).collect(), passed_over)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_keys_are_passed_over_and_rare_ones_come_first() {
        let shared =
            |code: i64, people: std::ops::Range<i64>| people.map(move |person| (code, person, person));
        let (places, passed_over) = rarest_first(shared(1, 0..250).chain(shared(2, 900..901)).collect());
        assert_eq!((places.len(), places.first(), passed_over), (251, Some(&(900, 900)), false));
        let (places, passed_over) = rarest_first(shared(1, 0..251).chain(shared(2, 7..8)).collect());
        assert_eq!((places, passed_over), (vec![(7, 7)], true));
        let (places, _) =
            rarest_first((0..4).flat_map(|code| shared(code, code * 200..code * 200 + 200)).collect());
        assert_eq!(places.len(), MOST_CANDIDATES);
    }
}
