//! Goes on with what a server that ended has begun, and tells late readers of a mixed book.

use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use record_store::SecurityKind;

use super::part::go_on;
use crate::HealthBook;

/// Between two looks at what is to be gone on with.
const BETWEEN: Duration = Duration::from_secs(10);

/// Works until the server ends. What fails is logged and tried again.
pub async fn work_at_merges(book: HealthBook) {
    loop {
        if let Err(problem) = step(&book).await {
            tracing::warn!(status = problem.status, "partings that were begun were not gone on with");
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

async fn step(book: &HealthBook) -> Result<(), Problem> {
    let begun =
        book.service().store().security_records(SecurityKind::Unmerging, None, Instant::now()).await?;
    for record in begun {
        go_on(book, record).await?;
    }
    Ok(())
}
