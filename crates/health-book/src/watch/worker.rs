//! The worker: follows the log, stores notices, and sends messages beside it, until the server ends.

use std::time::Duration;

use fhir::Instant;
use interactions::Problem;
use notices::RuleSettings;

use super::queue::Channel;
use super::{Follower, inbox, message};
use crate::HealthBook;

/// Between two looks at the log.
const PAUSE: Duration = Duration::from_secs(1);

/// Follows the log and sends messages until it is dropped. What goes wrong is said once for as long as it lasts; requests
/// never wait for it.
pub async fn work_at_notices(book: HealthBook, rules: RuleSettings) {
    tokio::join!(
        follow(book.clone(), rules),
        send(book.clone(), Channel::Mail),
        send(book, Channel::Webhook)
    );
}

async fn follow(book: HealthBook, rules: RuleSettings) {
    let mut follower = Follower::new(book.clone(), rules);
    let (mut said, mut said_of_storing) = (Said::default(), Said::default());
    loop {
        let step = follower.step(Instant::now()).await;
        let more = step.as_ref().is_ok_and(|step| step.more);
        said.whether(&step);
        said_of_storing.whether(&inbox::store_due(&book, Instant::now()).await);
        if !more {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

async fn send(book: HealthBook, channel: Channel) {
    let mut said = Said::default();
    loop {
        said.whether(&message::send_due(&book, channel, Instant::now()).await);
        tokio::time::sleep(PAUSE).await;
    }
}

/// What was said of failures.
#[derive(Default)]
struct Said {
    status: Option<u16>,
}

impl Said {
    fn whether<T>(&mut self, result: &Result<T, Problem>) {
        match result {
            Ok(_) => self.status = None,
            Err(problem) if self.status != Some(problem.status) => {
                self.status = Some(problem.status);
                tracing::error!(
                    status = problem.status,
                    "notices are not gone on with; what is to be told waits"
                );
            }
            Err(_) => {}
        }
    }
}
