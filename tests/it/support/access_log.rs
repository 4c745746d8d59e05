//! The whole log of accesses of a demo, entry for entry, and its verification by the program.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use audit_log::Entry;
use record_store::{Store, StoreSettings};
use uuid::Uuid;

use super::program::{Demo, run, words};

/// A number for a request (`X-Request-Id`) that no other request has.
pub fn new_number() -> Uuid {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let nanos = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    Uuid::from_u128((nanos << 64) | (u128::from(std::process::id()) << 40) | u128::from(count))
}

/// What `healthbook verify-audit` says of the database of a demo; it has to be sound.
#[track_caller]
pub fn verified(demo: &Demo) -> String {
    let key = demo.file().with_file_name("access-log.vkey");
    let folder = demo.folder.path();
    let output =
        run(folder, &["verify-audit", "--key", key.to_str().unwrap(), "--database", demo.database.url()]);
    assert!(output.status.success(), "{}", words(&output));
    words(&output)
}

/// Verifies until everything has its position and a signature covers it: some seconds after the last request.
#[track_caller]
pub fn signed(demo: &Demo) -> String {
    let end = Instant::now() + Duration::from_secs(300);
    loop {
        let said = verified(demo);
        if said.contains("; 0 entries are behind") && !said.contains("wait for their position") {
            return said;
        }
        assert!(Instant::now() < end, "the log stands still: {said}");
        thread::sleep(Duration::from_millis(500));
    }
}

/// All entries by their positions. What waits for its position is not among them: see [`signed`].
pub fn whole_log(demo: &Demo) -> Vec<Entry<'static>> {
    entries_of(demo.database.url())
}

/// The same of any database.
pub fn entries_of(url: &str) -> Vec<Entry<'static>> {
    const READERS: u64 = 4;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&StoreSettings::new(url)).await.unwrap();
        let size = store.log_size().await.unwrap();
        let readers: Vec<_> = (0..READERS)
            .map(|reader| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut found = Vec::new();
                    for position in (0..size).skip(reader as usize).step_by(READERS as usize) {
                        let entry = store.log_entry(position).await.unwrap();
                        found.push((position, entry.expect("no block has left the database")));
                    }
                    found
                })
            })
            .collect();
        let mut entries = Vec::new();
        for reader in readers {
            entries.extend(reader.await.unwrap());
        }
        store.close().await;
        entries.sort_by_key(|(position, _)| *position);
        entries.into_iter().map(|(_, entry)| entry).collect()
    })
}
