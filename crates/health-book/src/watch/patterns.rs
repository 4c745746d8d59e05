//! The work list of a facility: unusual patterns of its own staff.
//!
//! | act | who |
//! |---|---|
//! | list | facility-officer |

use access::{Caller, StaffRole};
use fhir::Instant;
use interactions::Problem;
use notices::{Hint, Seen};
use record_store::{SecurityKind, SecurityRecord};
use serde_json::{Value, json};

use crate::HealthBook;
use crate::gate;
use crate::moment::{DAY, plus};
use crate::noted::told_of_nobody;
use crate::refusal::internal;
use crate::who;

/// How long a pattern is listed.
const LIFE: i64 = 90 * DAY;
/// Entries of the log that are named.
const MOST_ENTRIES: usize = 50;
/// Patterns of one list.
const MOST: usize = 100;

/// The record of a pattern of which a hint is part.
pub(super) fn record(id: &str, hint: &Hint, seen: &Seen) -> SecurityRecord {
    let burst = seen.burst.iter().flat_map(|burst| &burst.readings).map(|(position, _)| *position);
    let positions: Vec<u64> = burst.chain(hint.positions.iter().copied()).collect();
    let mut positions: Vec<u64> = positions.into_iter().rev().take(MOST_ENTRIES).collect();
    positions.sort_unstable();
    positions.dedup();
    let entries: Vec<String> =
        positions.iter().map(|position| format!("AuditEvent/log-{position}")).collect();
    let value = json!({
        "rule": hint.rule.code(),
        "at": seen.at.truncated_to_millis().to_string(),
        "agent": seen.agent,
        "agent_name": seen.agent_name,
        "entries": entries,
    });
    let record = SecurityRecord::new(SecurityKind::NoticePattern, id, value.to_string());
    record.of(&seen.organization).until(plus(seen.at, LIFE))
}

/// `GET /access/notices/patterns`
pub async fn list(book: &HealthBook, caller: &Caller, now: Instant) -> Result<Value, Problem> {
    let staff = who::staff(caller, &[StaffRole::FacilityOfficer])?;
    let service = book.service();
    gate::of_reviews(service, caller)?;
    let owner = format!("Organization/{}", staff.organization);
    let mut records =
        service.store().security_records(SecurityKind::NoticePattern, Some(&owner), now).await?;
    records.sort_by_key(|record| std::cmp::Reverse(record.expires));
    let items: Result<Vec<Value>, Problem> = records
        .iter()
        .take(MOST)
        .map(|record| serde_json::from_str(&record.value).map_err(|_| internal()))
        .collect();
    let items = items?;
    // Staff are named and no patient: it stands in nobody's book, with the organization of who asks.
    told_of_nobody("access/notices/patterns");
    Ok(json!({"items": items}))
}
