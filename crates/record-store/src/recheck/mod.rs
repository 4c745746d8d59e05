//! A walk over everything that is stored, after a change of the rules by which facts and labels are read.
//!
//! Whoever writes reads by the rules in force, so that what was stored before them is walked over once, in small steps
//! through the writer, each of which notes its position in the same transaction. Another process takes over from one that
//! is gone. Until a resource is reached, what was read of it by the former rules holds; what was never read is closed to
//! everybody who enters a book by a grant.

mod state;

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::Access;
use diesel::sql_types::{BigInt, Binary};

pub use self::state::Recheck;
use crate::store::{Store, select};
use crate::write::{ReadFacts, Upkeep};
use crate::{StoreError, WriteError, query};

/// Name of the setting that says how far a walk is.
const SETTING: &str = "facts";
/// Resources that are read again in one transaction. Other writes wait meanwhile.
const STEP: i64 = 64;
/// A walk without a step for so long has lost its process.
const LOST: Duration = Duration::from_secs(10);

impl Store {
    /// How far the last walk is; `None` when there never was one.
    pub async fn recheck(&self) -> Result<Option<Recheck>, StoreError> {
        Ok(self.recheck_setting().await?.map(|(state, _)| state))
    }

    /// Asks for a walk by the rules with this name. Whether one has begun: the one that was walked last or is being
    /// walked is not begun again.
    pub async fn begin_recheck(&self, access: &Access, rules: &str) -> Result<bool, WriteError> {
        if !access.may_write() || !access.is_unlimited() {
            return Err(WriteError::Forbidden);
        }
        let before = self.recheck_setting().await?;
        if before.as_ref().is_some_and(|(state, _)| state.rules == rules) {
            return Ok(false);
        }
        let state = Recheck::new(rules, self.process());
        let bytes = before.as_ref().map(|(_, bytes)| bytes.as_slice());
        Ok(self.upkeep(upkeep(bytes, &state, None)).await?)
    }

    async fn recheck_setting(&self) -> Result<Option<(Recheck, Vec<u8>)>, StoreError> {
        let found: Vec<(Vec<u8>,)> = select!(self, query::setting(SETTING), (Binary,))?;
        let Some((bytes,)) = found.into_iter().next() else { return Ok(None) };
        Ok(Some((Recheck::from_bytes(&bytes).ok_or(StoreError::Corrupt)?, bytes)))
    }
}

type Work = (Arc<dyn ReadFacts>, Vec<(i64, i64)>);

fn upkeep(before: Option<&[u8]>, after: &Recheck, work: Option<Work>) -> Upkeep {
    let (reader, places) = work.map_or((None, Vec::new()), |(reader, places)| (Some(reader), places));
    let claim = query::claim(SETTING, before, after.to_bytes());
    Upkeep { claim, alone: false, statements: Vec::new(), places, reader }
}

/// What a step of a walk has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walked {
    /// There is nothing to do, or not for who reads by these rules.
    Finished,
    /// A part of the work.
    Some,
    /// Another process works.
    Elsewhere,
}

/// Works at whatever walk the database asks for, step by step.
pub struct Rechecker {
    store: Store,
    reader: Arc<dyn ReadFacts>,
    /// The rules by which the reader reads.
    rules: String,
    /// The state as it was seen first, and when.
    seen: Option<(Vec<u8>, Instant)>,
}

impl Rechecker {
    /// A worker on a store that reads by the rules with this name.
    pub fn new(store: Store, rules: &str, reader: Arc<dyn ReadFacts>) -> Self {
        Self { store, reader, rules: rules.to_owned(), seen: None }
    }

    /// Does the next step, if it is this process that works.
    pub async fn step(&mut self, access: &Access) -> Result<Walked, WriteError> {
        if !access.may_write() || !access.is_unlimited() {
            return Err(WriteError::Forbidden);
        }
        let Some((state, bytes)) = self.store.recheck_setting().await? else { return Ok(Walked::Finished) };
        // Who reads by other rules leaves the walk to those who know them.
        if state.finished || state.rules != self.rules {
            return Ok(Walked::Finished);
        }
        if state.holder != self.store.process() {
            match &self.seen {
                Some((seen, since)) if *seen == bytes && since.elapsed() >= LOST => {}
                Some((seen, _)) if *seen == bytes => return Ok(Walked::Elsewhere),
                _ => {
                    self.seen = Some((bytes, Instant::now()));
                    return Ok(Walked::Elsewhere);
                }
            }
        }
        let statement = query::places_behind(state.position, STEP);
        let places: Vec<(i64, i64)> = select!(self.store, statement, (BigInt, BigInt))?;
        let mut after = Recheck { beat: state.beat + 1, holder: self.store.process(), ..state };
        match places.last() {
            Some(last) => {
                after.position = *last;
                after.done += u64::try_from(places.len()).unwrap_or(0);
            }
            None => after.finished = true,
        }
        self.store.upkeep(upkeep(Some(&bytes), &after, Some((Arc::clone(&self.reader), places)))).await?;
        Ok(if after.finished { Walked::Finished } else { Walked::Some })
    }
}
