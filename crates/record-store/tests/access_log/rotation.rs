//! What has left the database stays verifiable, and so does what is left.

use audit_log::verify;
use fhir::Instant;

use crate::support::*;
use crate::work::Work;

#[test]
fn segments_and_the_rest_of_the_log_are_verified() {
    each(async |database| {
        let (store, key) = (open(&database).await, key());
        let sent: Vec<_> = Work::new(9, 1_000_000).take(2_000).collect();
        for part in sent.chunks(300) {
            store.append_to_log(part.to_vec()).await.unwrap();
            let now = Instant::from_microseconds(part.last().unwrap().time.microseconds() + 10_000_000);
            sequence_all(&store, &key, now).await;
        }
        let before = sent[1_200].time;
        let mut files = Vec::new();
        loop {
            let mut file = Vec::new();
            let sink = &mut file;
            let done = store.write_segment(key.verifying(), before, 3, move |_| Ok(sink)).await.unwrap();
            let Some(done) = done else { break };
            assert_eq!(done.first_block, 3 * files.len() as u64);
            store.remove_from_log(&done).await.unwrap();
            files.push(file);
        }
        // The block that holds entry 1,200 is the fifth.
        assert_eq!(files.len(), 2);
        let report = verify::segments(key.verifying(), &[], files.iter().map(Vec::as_slice)).unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.entries, 4 * 256);
        assert_eq!(store.log_entry(1_023).await.unwrap(), None);
        assert_eq!(store.log_entry(1_024).await.unwrap().as_ref(), Some(&sent[1_024]));
        let report = crate::support::verify(&store, &key).await;
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.first, report.log.entries), (1_024, 976));
        // It goes on.
        store.append_to_log(sent[..300].to_vec()).await.unwrap();
        let done = sequence_all(
            &store,
            &key,
            Instant::from_microseconds(sent[1_999].time.microseconds() + 60_000_000),
        )
        .await;
        assert_eq!(done.size, 2_300);
        assert!(crate::support::verify(&store, &key).await.is_sound());
        // A node of what has left is not to be changed either.
        let hash = altered(&database, "hash", 5);
        execute(&database, &format!("UPDATE log_node SET hash = {hash} WHERE level = 8 AND place = 1")).await;
        let report = crate::support::verify(&store, &key).await;
        assert_eq!(report.index.first().and_then(|finding| finding.position), Some(0), "{report:?}");
        store.close().await;
    });
}
