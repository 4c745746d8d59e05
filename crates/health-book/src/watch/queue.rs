//! What is to be stored or sent lies in the database until it is done: tried again, later each time, and given up at last.

use fhir::Instant;
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::moment::{DAY, plus};
use crate::refusal::internal;

/// Where a notice goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The book.
    Book,
    /// An address for mail.
    Mail,
    /// A webhook.
    Webhook,
}

impl Channel {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Mail => "mail",
            Self::Webhook => "webhook",
        }
    }
}

/// What waits is not kept longer than that.
const LIFE: i64 = 30 * DAY;
/// Seconds before the second try.
const FIRST_PAUSE: i64 = 30;
/// The longest pause.
const LONGEST_PAUSE: i64 = 6 * 3_600;
/// Tries, then it is given up.
const MOST_TRIES: u32 = 10;
/// While something is tried nobody else tries it for so long.
const TAKEN: i64 = 60;
/// Looked at in one round.
const MOST: u32 = 500;

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Waiting {
    /// Not before this moment, in microseconds.
    due: i64,
    tries: u32,
    what: Value,
}

/// Something that waits, taken by this server.
#[derive(Debug, Clone)]
pub(super) struct Taken {
    record: SecurityRecord,
    waiting: Waiting,
}

/// What came of a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failed {
    Later,
    GivenUp,
}

/// A record of something that waits.
pub(super) fn waiting(
    channel: Channel,
    id: &str,
    what: &impl Serialize,
    now: Instant,
) -> Result<SecurityRecord, Problem> {
    let what = serde_json::to_value(what).map_err(|_| internal())?;
    let waiting = Waiting { due: now.microseconds(), tries: 0, what };
    let text = serde_json::to_string(&waiting).map_err(|_| internal())?;
    let id = format!("{}-{id}", channel.code());
    let record = SecurityRecord::new(SecurityKind::NoticeDelivery, id, text);
    Ok(record.of(channel.code()).until(plus(now, LIFE)))
}

/// How many wait.
pub(super) async fn count(store: &Store, channel: Channel) -> Result<u64, Problem> {
    Ok(store.count_security_records(SecurityKind::NoticeDelivery, channel.code()).await?)
}

/// Those that are due, not yet taken.
pub(super) async fn due(
    store: &Store,
    channel: Channel,
    now: Instant,
) -> Result<Vec<SecurityRecord>, Problem> {
    let kind = SecurityKind::NoticeDelivery;
    // Those that end first are those that are due first: `until` moves with `due`.
    let mut records = store.first_security_records(kind, channel.code(), now, MOST).await?;
    records.retain(|record| {
        // What cannot be read is taken, and given up then.
        serde_json::from_str::<Waiting>(&record.value)
            .map_or(true, |waiting| waiting.due <= now.microseconds())
    });
    Ok(records)
}

/// Takes one, so that no other server tries it meanwhile; `None` when another was faster, or it cannot be read.
pub(super) async fn take(
    store: &Store,
    mut record: SecurityRecord,
    now: Instant,
) -> Result<Option<Taken>, Problem> {
    let Ok(mut waiting) = serde_json::from_str::<Waiting>(&record.value) else {
        let removal = SecurityChange::Remove(SecurityKind::NoticeDelivery, record.id);
        store.change_security(removal, Vec::new(), now).await?;
        return Ok(None);
    };
    waiting.due = plus(now, TAKEN).microseconds();
    waiting.tries = waiting.tries.saturating_add(1);
    record.value = serde_json::to_string(&waiting).map_err(|_| internal())?;
    record = record.until(plus(now, TAKEN.saturating_add(LIFE)));
    let is_ours = store.change_security(SecurityChange::Replace(record.clone()), Vec::new(), now).await?;
    record.version = record.version.saturating_add(1);
    Ok(is_ours.then_some(Taken { record, waiting }))
}

impl Taken {
    pub(super) fn what<'t, T: Deserialize<'t>>(&'t self) -> Option<T> {
        T::deserialize(&self.waiting.what).ok()
    }

    /// It is done, and with it nothing waits any more. `false` when another server has done it.
    pub(super) async fn done(self, store: &Store, now: Instant) -> Result<bool, Problem> {
        let removal = SecurityChange::Remove(SecurityKind::NoticeDelivery, self.record.id);
        Ok(store.change_security(removal, Vec::new(), now).await?)
    }

    /// It failed: later again, or never.
    pub(super) async fn failed(mut self, store: &Store, now: Instant) -> Result<Failed, Problem> {
        if self.waiting.tries >= MOST_TRIES {
            self.done(store, now).await?;
            return Ok(Failed::GivenUp);
        }
        let pause = pause(self.waiting.tries, random()?);
        self.waiting.due = plus(now, pause).microseconds();
        self.record = self.record.until(plus(now, pause.saturating_add(LIFE)));
        self.record.value = serde_json::to_string(&self.waiting).map_err(|_| internal())?;
        store.change_security(SecurityChange::Replace(self.record), Vec::new(), now).await?;
        Ok(Failed::Later)
    }
}

fn random() -> Result<u16, Problem> {
    let mut bytes = [0_u8; 2];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| internal())?;
    Ok(u16::from_be_bytes(bytes))
}

/// Seconds before the next try: twice as long each time, half of it to all of it by chance.
fn pause(tries: u32, chance: u16) -> i64 {
    let doubled = 1_i64.checked_shl(tries.saturating_sub(1)).unwrap_or(i64::MAX).max(1);
    let whole = FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
    whole / 2 + (whole - whole / 2) * i64::from(chance) / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_are_spread_by_chance() {
        assert_eq!((pause(1, 0), pause(1, u16::MAX)), (15, 30));
        assert_eq!((pause(2, 0), pause(2, u16::MAX)), (30, 60));
        assert_eq!(pause(9, u16::MAX), 30 * 256);
        assert_eq!(pause(63, u16::MAX), LONGEST_PAUSE);
        assert_eq!(pause(u32::MAX, u16::MAX), LONGEST_PAUSE);
    }
}
