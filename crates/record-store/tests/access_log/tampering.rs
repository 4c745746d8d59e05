//! Whoever changes the stored log is found out, and where.

use audit_log::tree::BLOCK_LENGTH;
use audit_log::verify::Kind;
use audit_log::{Entry, LogWriter, PlacedBlock, SigningKey};
use healthbook_record_store::LogReport;
use test_support::TestDatabase;

use crate::support::*;
use crate::work::Work;

const ENTRIES: usize = 1_100;
/// Sizes at which a checkpoint is signed.
const SIGNED: [usize; 5] = [100, 300, 600, 900, ENTRIES];

/// A log in a database that nobody is connected to.
async fn made(database: &TestDatabase, key: &SigningKey) -> Vec<Entry<'static>> {
    let store = open(database).await;
    let sent: Vec<Entry<'static>> = Work::new(5, 100_000).take(ENTRIES).collect();
    let mut begin = 0;
    for end in SIGNED {
        store.append_to_log(sent[begin..end].to_vec()).await.unwrap();
        let now = fhir::Instant::from_microseconds(sent[end - 1].time.microseconds() + 20_000_000);
        let done = sequence_all(&store, key, now).await;
        assert_eq!(done.checkpoint.unwrap().size(), end as u64);
        begin = end;
    }
    let report = verify(&store, key).await;
    assert!(report.is_sound() && report.log.late.is_empty(), "{report:?}");
    store.close().await;
    // Let the writers go: a PostgreSQL database with visitors cannot be copied.
    drop(store);
    quiet(database).await;
    sent
}

async fn report_after(database: &TestDatabase, key: &SigningKey, sql: &str) -> LogReport {
    let copy = database.copy();
    execute(&copy, sql).await;
    let store = open(&copy).await;
    let report = verify(&store, key).await;
    store.close().await;
    report
}

/// The first position that something is said about.
fn first(report: &LogReport) -> Option<u64> {
    let of_log = report.log.first().map(|finding| finding.first);
    let of_index = report.index.iter().find_map(|finding| finding.position);
    of_log.into_iter().chain(of_index).min()
}

#[test]
fn an_altered_byte_is_found_in_every_column() {
    each(async |database| {
        let key = key();
        made(&database, &key).await;
        let changed = |column: &str, place: usize| altered(&database, column, place);
        // What is changed, and between which positions it must be said.
        let mut cases: Vec<(String, u64, u64)> = Vec::new();
        for place in [0, 1, 40, 900, 2_000] {
            for column in ["words", "entries"] {
                let sql =
                    format!("UPDATE log_block SET {column} = {} WHERE number = 1", changed(column, place));
                cases.push((sql, 256, 511));
            }
        }
        for entry in [0, 10, 255] {
            let sql = changed("checks", entry * 8 + 3);
            let position = 256 + entry as u64;
            cases.push((format!("UPDATE log_block SET checks = {sql} WHERE number = 1"), position, position));
        }
        let root = changed("root", 31);
        cases.push((format!("UPDATE log_block SET root = {root} WHERE number = 2"), 512, 512));
        let hash = changed("hash", 0);
        cases.push((format!("UPDATE log_node SET hash = {hash} WHERE level = 8 AND place = 3"), 512, 768));
        cases.push((format!("UPDATE log_node SET hash = {hash} WHERE level = 9 AND place = 1"), 512, 512));
        cases.push((format!("UPDATE log_node SET hash = {hash} WHERE level = 10 AND place = 0"), 0, 0));
        cases.push(("UPDATE log_node SET place = 77 WHERE level = 8 AND place = 2".to_owned(), 512, 512));
        cases.push(("UPDATE log_node SET level = 77 WHERE level = 8 AND place = 2".to_owned(), 512, 512));
        cases.push(("UPDATE log_block SET number = 99 WHERE number = 2".to_owned(), 300, 512));
        for sql in ["size = size + 1", "time = time + 1000000", "note = replace(note, 'T', 't')"] {
            // The checkpoint of 600 is not one that is signed: the one before is the last that is known.
            cases.push((format!("UPDATE log_checkpoint SET {sql} WHERE size = 600"), 300, 600));
        }
        for (table, column) in [("log_person", "person"), ("log_organization", "organization")] {
            let one = format!("SELECT min({column}) FROM {table} WHERE block = 2");
            let sql =
                format!("UPDATE {table} SET {column} = {column} + 1 WHERE block = 2 AND {column} = ({one})");
            cases.push((sql, 512, 512));
            let sql = format!("UPDATE {table} SET block = 77 WHERE block = 2 AND {column} = ({one})");
            cases.push((sql, 512, 512));
        }
        for (sql, from, to) in cases {
            let report = report_after(&database, &key, &sql).await;
            assert!(!report.is_sound(), "not found: {sql}");
            let first = first(&report).unwrap_or_else(|| panic!("no position: {sql}: {report:?}"));
            assert!((from..=to).contains(&first), "{first}, not {from} to {to}: {sql}: {report:?}");
        }
    });
}

#[test]
fn what_was_added_beside_the_log_is_found() {
    each(async |database| {
        let key = key();
        made(&database, &key).await;
        let hash = literal(&database, &[7; 32]);
        for sql in [
            format!("INSERT INTO log_node (level, place, hash) VALUES (8, 50, {hash})"),
            "INSERT INTO log_person (person, block) VALUES (12345, 1)".to_owned(),
            "INSERT INTO log_checkpoint (size, time, note) VALUES (700, 5, 'nonsense')".to_owned(),
        ] {
            let report = report_after(&database, &key, &sql).await;
            assert!(!report.is_sound(), "not found: {sql}");
        }
        let empty = literal(&database, &[0, 0, 0, 9, 1]);
        for table in ["log_waiting", waiting_alone(&database)] {
            let sql = format!("INSERT INTO {table} (count, entries) VALUES (1, {empty})");
            let report = report_after(&database, &key, &sql).await;
            assert_eq!((report.is_sound(), report.unreadable), (false, 1), "{table}");
        }
    });
}

#[test]
fn what_is_removed_or_stands_elsewhere_is_found() {
    each(async |database| {
        let key = key();
        made(&database, &key).await;
        let swap = "UPDATE log_block SET number = 90 WHERE number = 1; \
                    UPDATE log_block SET number = 1 WHERE number = 2; \
                    UPDATE log_block SET number = 2 WHERE number = 90";
        for (sql, kind, position) in [
            ("DELETE FROM log_block WHERE number = 2", Kind::Missing, 512),
            ("DELETE FROM log_block WHERE number = 4", Kind::CutOff, 1024),
            ("DELETE FROM log_block WHERE number >= 3", Kind::CutOff, 768),
            ("DELETE FROM log_node WHERE level = 8 AND place = 2", Kind::Node, 512),
        ] {
            let report = report_after(&database, &key, sql).await;
            let found = report.log.findings.iter().find(|finding| finding.kind == kind);
            assert_eq!(found.map(|finding| finding.first), Some(position), "{sql}: {report:?}");
        }
        // Each block is sound in itself; the checkpoints of 100 and 300 tell where the first wrong entry is.
        let report = report_after(&database, &key, swap).await;
        let found = report.log.first().map(|finding| (finding.kind, finding.first, finding.end));
        assert_eq!(found, Some((Kind::Signed, 100, Some(300))), "{report:?}");
    });
}

/// The whole log as it would be stored of these entries.
fn stored(entries: &[Entry<'_>], key: &SigningKey) -> Vec<PlacedBlock> {
    let mut writer = LogWriter::new(key.verifying().name().clone());
    let mut blocks: Vec<PlacedBlock> = entries.iter().filter_map(|entry| writer.push(entry)).collect();
    blocks.extend(writer.unfinished());
    blocks
}

/// Puts these entries in the place of the log, so that everything fits together but what was signed.
fn replaced(database: &TestDatabase, entries: &[Entry<'_>], key: &SigningKey) -> String {
    let mut sql = "DELETE FROM log_block; DELETE FROM log_node; ".to_owned();
    for placed in stored(entries, key) {
        let bytes = |bytes: &[u8]| literal(database, bytes);
        let block = &placed.block;
        sql.push_str(&format!(
            "INSERT INTO log_block (number, root, checks, words, entries) VALUES ({}, {}, {}, {}, {}); ",
            placed.number,
            bytes(&block.root.0),
            bytes(&block.checks),
            bytes(&block.words),
            bytes(&block.entries)
        ));
        for (id, hash) in LogWriter::node_ids(&placed).zip(&placed.nodes) {
            sql.push_str(&format!(
                "INSERT INTO log_node (level, place, hash) VALUES ({}, {}, {}); ",
                id.level,
                id.index,
                bytes(&hash.0)
            ));
        }
    }
    sql
}

#[test]
fn a_history_that_was_written_again_is_not_the_one_that_was_signed() {
    each(async |database| {
        let key = key();
        let sent = made(&database, &key).await;
        assert_eq!(stored(&sent, &key).len(), ENTRIES.div_ceil(BLOCK_LENGTH));
        let forge = |change: &dyn Fn(&mut Vec<Entry<'static>>)| {
            let mut entries = sent.clone();
            change(&mut entries);
            replaced(&database, &entries, &key)
        };
        let cases: [(&str, String); 5] = [
            ("changed", forge(&|entries| entries[400].agent = "Practitioner/other".into())),
            ("removed", forge(&|entries| drop(entries.remove(400)))),
            ("inserted", forge(&|entries| entries.insert(400, entries[3].clone()))),
            ("reordered", forge(&|entries| entries.swap(400, 401))),
            (
                "dated back",
                forge(&|entries| {
                    entries[400].time =
                        fhir::Instant::from_microseconds(entries[400].time.microseconds() - 3_600_000_000);
                }),
            ),
        ];
        for (what, sql) in cases {
            let report = report_after(&database, &key, &sql).await;
            let found = report.log.findings.iter().find(|finding| finding.kind == Kind::Signed);
            let Some(found) = found else { panic!("{what} is not found: {report:?}") };
            // Between the checkpoints of 300 and 600.
            assert_eq!((found.first, found.end), (300, Some(600)), "{what}");
        }
        let report = report_after(&database, &key, &forge(&|entries| entries.truncate(1_000))).await;
        let found = report.log.findings.iter().find(|finding| finding.kind == Kind::CutOff);
        assert_eq!(found.map(|finding| finding.first), Some(1_000), "{report:?}");
    });
}

#[test]
fn a_log_that_was_cut_with_its_checkpoints_is_shorter_than_what_somebody_knows() {
    each(async |database| {
        let key = key();
        let sent = made(&database, &key).await;
        let store = open(&database).await;
        let known = [store.log_checkpoint().await.unwrap().unwrap()];
        store.close().await;
        let cut = replaced(&database, &sent[..600], &key);
        let cut = format!(
            "{cut} DELETE FROM log_checkpoint WHERE size > 600; DELETE FROM log_person WHERE block > 2; \
             DELETE FROM log_organization WHERE block > 2"
        );
        drop(store);
        quiet(&database).await;
        let copy = database.copy();
        execute(&copy, &cut).await;
        let store = open(&copy).await;
        let report = verify(&store, &key).await;
        assert!(report.log.is_sound(), "nobody can see it in the log alone: {report:?}");
        let report = store.verify_log(key.verifying(), &known).await.unwrap();
        let found = report.log.first().map(|finding| (finding.kind, finding.first));
        assert_eq!(found, Some((Kind::RolledBack, 600)));
        store.close().await;
    });
}
