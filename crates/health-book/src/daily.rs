//! Work of the server that comes with the days.

use std::time::Duration;

use fhir::Instant;

use crate::{HealthBook, majority};

/// Often enough that a server which restarts now and then misses no day; who was told is not told again.
const BETWEEN: Duration = Duration::from_secs(6 * 3_600);

/// Works until the server ends. What fails is logged and tried again.
pub async fn work_daily(book: HealthBook) {
    let mut moments = tokio::time::interval(BETWEEN);
    loop {
        moments.tick().await;
        match majority::tell(&book, Instant::now()).await {
            Ok(0) => {}
            Ok(told) => tracing::info!(told, "notices of majority were stored"),
            Err(problem) => tracing::warn!(status = problem.status, "notices of majority were not stored"),
        }
    }
}
