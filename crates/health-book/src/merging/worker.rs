//! Goes on with what a server that ended has begun, and tells late readers of a mixed book.

use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use record_store::SecurityKind;

use super::part::go_on;
use crate::HealthBook;

/// Between two looks at what is to be gone on with.
const BETWEEN: Duration = Duration::from_secs(10);

/// Works until the server ends.
pub async fn work_at_merges(book: HealthBook) {
    loop {
        if let Err(problem) = step(&book).await {
            tracing::warn!(status = problem.status, "it cannot be read which partings were begun");
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

/// Goes on with each. What fails is logged and tried again, and keeps up no other.
async fn step(book: &HealthBook) -> Result<(), Problem> {
    let begun =
        book.service().store().security_records(SecurityKind::Unmerging, None, Instant::now()).await?;
    for record in begun {
        if let Err(problem) = go_on(book, record).await {
            let codes: Vec<&str> = problem.issues.iter().map(|issue| issue.fault.code()).collect();
            tracing::warn!(status = problem.status, ?codes, "a parting that was begun was not gone on with");
        }
    }
    Ok(())
}
