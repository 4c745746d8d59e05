//! The throttle: whoever guesses waits, by name and by address.
//!
//! An attempt is counted before it is looked at and given back when it was right, so that guesses at the same moment
//! are counted too. Names that lead to no account are counted like the others.

use std::net::IpAddr;

use fhir::Instant;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};
use serde::{Deserialize, Serialize};

use super::secret::{Use, keyed};
use super::{AuthError, NameId, TRIES, after};

/// Whom attempts are counted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Subject {
    /// A name, as a keyed hash.
    Name(NameId),
    /// The second factor of an account: whoever tries codes knows the password already.
    SecondFactor(String),
    /// An address. Many people may be behind it: it bears more, and is never closed.
    Address(String),
}

impl Subject {
    /// The subject of an address; of the sixth version its network, for everybody has that to themselves.
    pub(super) fn address(store: &Store, address: IpAddr) -> Self {
        let text = match address.to_canonical() {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}")
            }
        };
        Self::Address(keyed(store, Use::Address, &[&text]))
    }

    fn id(&self) -> String {
        match self {
            Self::Name(name) => format!("name:{}", name.as_str()),
            Self::SecondFactor(account) => format!("second:{account}"),
            Self::Address(address) => format!("address:{address}"),
        }
    }

    /// Seconds to wait after so many failures; `None` until the next day.
    fn wait(&self, failures: u32) -> Option<i64> {
        let failures = if matches!(self, Self::Address(_)) { failures / 10 } else { failures };
        match failures {
            0..3 => Some(0),
            3..9 => Some(1),
            9..25 => Some(3),
            25..100 => Some(5),
            100 => Some(10),
            _ if matches!(self, Self::Address(_)) => Some(10),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Count {
    failures: u32,
    last: i64,
}

/// Whether an attempt may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Admitted,
    /// Not before so many seconds are over.
    Wait(u32),
}

/// Seconds from a moment to the next day in Vietnam, where it is seven hours later than UTC.
fn until_next_day(now: Instant) -> i64 {
    const DAY: i64 = 24 * 3_600;
    DAY - (now.seconds() + 7 * 3_600).rem_euclid(DAY)
}

/// Counts an attempt, unless it must wait.
pub(super) async fn admit(store: &Store, subject: &Subject, now: Instant) -> Result<Admission, AuthError> {
    let id = subject.id();
    for _ in 0..TRIES {
        let record = store.security_record(SecurityKind::Throttle, &id, now).await?;
        let count = match &record {
            Some(record) => serde_json::from_str(&record.value)?,
            None => Count { failures: 0, last: 0 },
        };
        match subject.wait(count.failures) {
            None => return Ok(Admission::Wait(seconds(until_next_day(now)))),
            Some(wait) => {
                let left = Instant::from_microseconds(count.last).seconds() + wait - now.seconds();
                if wait > 0 && left > 0 {
                    return Ok(Admission::Wait(seconds(left)));
                }
            }
        }
        let next = Count { failures: count.failures.saturating_add(1), last: now.microseconds() };
        let mut new = SecurityRecord::new(SecurityKind::Throttle, &id, serde_json::to_string(&next)?)
            .until(after(now, until_next_day(now)));
        let claim = match record {
            Some(record) => {
                new.version = record.version;
                // A day's count ends with the day, however often it is added to.
                new.expires = record.expires;
                SecurityChange::Replace(new)
            }
            None => SecurityChange::Insert(new),
        };
        if store.change_security(claim, Vec::new(), now).await? {
            return Ok(Admission::Admitted);
        }
    }
    // Many guess at the same time at the same name.
    Ok(Admission::Wait(1))
}

/// What was right is not counted: a name is free again, an address gets back the one attempt.
pub(super) async fn was_right(store: &Store, subject: &Subject, now: Instant) -> Result<(), AuthError> {
    if matches!(subject, Subject::Address(_)) {
        return give_back(store, subject, now).await;
    }
    let claim = SecurityChange::Remove(SecurityKind::Throttle, subject.id());
    store.change_security(claim, Vec::new(), now).await?;
    Ok(())
}

/// An attempt that was not looked at is not counted.
pub(super) async fn give_back(store: &Store, subject: &Subject, now: Instant) -> Result<(), AuthError> {
    for _ in 0..TRIES {
        let record = store.security_record(SecurityKind::Throttle, &subject.id(), now).await?;
        let Some(mut record) = record else { return Ok(()) };
        let mut count: Count = serde_json::from_str(&record.value)?;
        count.failures = count.failures.saturating_sub(1);
        record.value = serde_json::to_string(&count)?;
        if store.change_security(SecurityChange::Replace(record), Vec::new(), now).await? {
            return Ok(());
        }
    }
    Ok(())
}

fn seconds(seconds: i64) -> u32 {
    u32::try_from(seconds.max(1)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_are_those_of_the_promise() {
        let one = Subject::SecondFactor(String::new());
        let waits = [(0, 0), (2, 0), (3, 1), (8, 1), (9, 3), (24, 3), (25, 5), (99, 5), (100, 10)];
        for (failures, wait) in waits {
            assert_eq!(one.wait(failures), Some(wait), "{failures}");
        }
        assert_eq!(one.wait(101), None);
        let many = Subject::Address(String::new());
        assert_eq!((many.wait(29), many.wait(30), many.wait(u32::MAX)), (Some(0), Some(1), Some(10)));
    }

    #[test]
    fn the_next_day_begins_at_midnight_in_vietnam() {
        let at = |text: &str| until_next_day(Instant::try_from(text).unwrap());
        assert_eq!(at("2026-11-28T23:59:59+07:00"), 1);
        assert_eq!(at("2026-11-29T00:00:00+07:00"), 24 * 3_600);
    }
}
