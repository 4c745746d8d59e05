//! What an entry takes on disk, everything included.

use crate::support::*;
use crate::work::Work;

const ENTRIES: usize = 50_000;
/// The bar of section 8.
const MOST_BYTES: f64 = 160.0;

#[test]
fn an_entry_takes_at_most_160_bytes() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let before = checkpointed(&database).await;
        let mut work = Work::new(21, 20_000);
        for step in 0..ENTRIES / 2_500 {
            store.append_to_log(work.by_ref().take(2_500).collect()).await.unwrap();
            sequence_all(&store, &key, at(10 * step as i64)).await;
        }
        let bytes = checkpointed(&database).await - before;
        let each = bytes as f64 / ENTRIES as f64;
        println!("{:?}: {each:.1} bytes for an entry", database.backend());
        assert!(each <= MOST_BYTES, "{:?}: {each:.1} bytes for an entry", database.backend());
        store.close().await;
    });
}

/// Bytes on disk, without what is only a copy of changes and without what a sweep gives back.
async fn checkpointed(database: &test_support::TestDatabase) -> u64 {
    match database.backend() {
        test_support::Backend::Sqlite => {
            execute(database, "PRAGMA main.wal_checkpoint(TRUNCATE); PRAGMA beside.wal_checkpoint(TRUNCATE)")
                .await;
        }
        test_support::Backend::Postgres => {
            for table in ["log_waiting", "log_block", "log_node", "log_person", "log_organization"] {
                execute(database, &format!("VACUUM {table}")).await;
            }
        }
    }
    database.bytes_on_disk()
}
