//! Acts that count before they write take turns, book by book: of many at once each sees what those before it wrote. The
//! turn lies in the database, so that several servers wait for each other, and ends by itself when its server is gone.

use std::time::Duration;

use fhir::{Fault, Instant};
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord, Store};

use crate::moment::plus;
use crate::secret::hashed;

/// After so many seconds a turn is over, whoever had it: far longer than an act takes.
const LIFE: i64 = 15;
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(20);
/// Tries: about ten seconds.
const TRIES: u32 = 500;

/// The turn, until it is dropped.
pub(crate) struct Turn {
    store: Store,
    id: String,
    ends: Instant,
}

/// Waits for the turn of an act (`what`) in a book, or with whatever else it counts. 503 when too many wait.
///
/// Turns go by the clock, not by the moment for which an act is asked.
pub(crate) async fn wait(store: &Store, what: &str, whose: &str) -> Result<Turn, Problem> {
    let id = hashed(store, "turn", &format!("{what} {whose}"));
    for _ in 0..TRIES {
        let now = Instant::now();
        let ends = plus(now, LIFE);
        let record = SecurityRecord::new(SecurityKind::Throttle, &id, String::new()).until(ends);
        if store.change_security(SecurityChange::Insert(record), Vec::new(), now).await? {
            return Ok(Turn { store: store.clone(), id, ends });
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(Problem::new(503, Fault::Busy))
}

impl Turn {
    /// Ends it before anything else: a command may be over, and its process with it, before what it leaves behind is done.
    /// It ends, too, when who asked goes away meanwhile.
    pub(crate) async fn end(mut self) {
        if let Some(ending) = self.ending() {
            // It fails when the runtime is over, and then the turn ends by its time.
            drop(tokio::spawn(ending).await);
        }
    }

    /// What ends it, once. After its time it may be somebody else's.
    fn ending(&mut self) -> Option<impl Future<Output = ()> + use<>> {
        let (now, id) = (Instant::now(), std::mem::take(&mut self.id));
        let store = self.store.clone();
        (!id.is_empty() && now < self.ends).then_some(async move {
            let change = SecurityChange::Remove(SecurityKind::Throttle, id);
            if store.change_security(change, Vec::new(), now).await.is_err() {
                tracing::warn!("a turn ends by its time");
            }
        })
    }
}

impl Drop for Turn {
    /// Also when who asked has gone away meanwhile.
    fn drop(&mut self) {
        if let (Some(ending), Ok(runtime)) = (self.ending(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(ending);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::Poll;

    use record_store::StoreSettings;
    use test_support::TestDatabase;

    use super::*;

    #[test]
    fn a_turn_is_over_when_who_asked_goes_away_while_it_ends() {
        for database in TestDatabase::each() {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let store = Store::open(&StoreSettings::new(database.url())).await.unwrap();
                let turn = wait(&store, "test", "somebody").await.unwrap();
                let mut ending = Box::pin(turn.end());
                poll_fn(|context| {
                    // Whoever has worked for so long has to give way, and so waits before the database is asked.
                    while pin!(tokio::task::consume_budget()).poll(context).is_ready() {}
                    assert!(ending.as_mut().poll(context).is_pending());
                    Poll::Ready(())
                })
                .await;
                drop(ending);
                assert!(wait(&store, "test", "somebody").await.is_ok(), "it is the turn of the next one");
            });
        }
    }
}
