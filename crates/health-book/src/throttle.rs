//! So many tries in a time, counted in the database, so that several servers count together.

use fhir::Instant;
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};

use crate::moment::plus;
use crate::refusal::{Rule, internal};
use crate::secret::hashed;
use crate::settings::Limit;

/// How often a count is tried again when somebody else counts at the same moment.
const ROUNDS: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    tries: u32,
}

/// Counts a try before it is made, so that many at once do not pass together. Over the limit it is refused.
pub(crate) async fn enter(store: &Store, limit: Limit, whose: &str, now: Instant) -> Result<(), Problem> {
    change(store, limit, whose, now, |tries| if tries < limit.most { Some(tries + 1) } else { None }).await
}

/// Takes a try back that was right: only wrong ones count.
pub(crate) async fn forgive(store: &Store, limit: Limit, whose: &str, now: Instant) -> Result<(), Problem> {
    change(store, limit, whose, now, |tries| Some(tries.saturating_sub(1))).await
}

async fn change(
    store: &Store,
    limit: Limit,
    whose: &str,
    now: Instant,
    next: impl Fn(u32) -> Option<u32>,
) -> Result<(), Problem> {
    // What is throttled may be a code or a number: it is kept as a hash only.
    let id = hashed(store, limit.what, whose);
    for _ in 0..ROUNDS {
        let there = store.security_record(SecurityKind::Throttle, &id, now).await?;
        let tries = match &there {
            Some(record) => serde_json::from_str::<Count>(&record.value).map_err(|_| internal())?.tries,
            None => 0,
        };
        let tries = next(tries).ok_or(Rule::Throttled)?;
        let value = serde_json::to_string(&Count { tries }).map_err(|_| internal())?;
        let claim = match there {
            Some(record) => SecurityChange::Replace(SecurityRecord { value, ..record }),
            None => SecurityChange::Insert(
                SecurityRecord::new(SecurityKind::Throttle, id.clone(), value).until(plus(now, limit.within)),
            ),
        };
        if store.change_security(claim, Vec::new(), now).await? {
            return Ok(());
        }
    }
    Err(Rule::Throttled.into())
}
