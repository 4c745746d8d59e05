//! How fast a log is verified: `cargo run --release -p healthbook-audit-log --example verify_speed [entries]`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    dead_code,
    reason = "a measurement may stop, and uses a part of what the tests use"
)]

use std::convert::Infallible;
use std::time::Instant;

use healthbook_audit_log::tree::{BLOCK_LENGTH, inclusion_proof};
use healthbook_audit_log::{LogWriter, verify};

#[path = "../tests/it/log.rs"]
mod log;

fn main() {
    let count = std::env::args().nth(1).map_or(1_000_000, |it| it.parse().unwrap());
    let key = log::key();
    let mut work = log::Work::new(1, 300_000);
    let mut stored = log::Stored::default();
    let mut writer = LogWriter::new(key.verifying().name().clone());
    let (mut length, mut writing) = (0, std::time::Duration::ZERO);
    for number in 0..count / BLOCK_LENGTH {
        let entries: Vec<_> = work.by_ref().take(BLOCK_LENGTH).collect();
        let begin = Instant::now();
        for entry in &entries {
            stored.blocks.extend(writer.push(entry));
        }
        writing += begin.elapsed();
        let placed = stored.blocks.last().unwrap();
        length += placed.block.stored_length() + 32 * placed.nodes.len();
        if number % 8 == 7 {
            let time = entries.last().unwrap().time.microseconds();
            stored.checkpoints.push(log::sign(&writer, time, &key));
        }
    }
    let size = writer.size();
    let entries = size as f64;
    println!("{:.1} bytes for an entry, nodes included", length as f64 / entries);
    println!("written: {:.0} entries per second", entries / writing.as_secs_f64());

    let begin = Instant::now();
    for part in 0..1000 {
        inclusion_proof(&stored, size / 1000 * part, size - part).unwrap();
    }
    println!("inclusion proof: {:.0} microseconds", begin.elapsed().as_secs_f64() * 1000.0);

    let checkpoints = stored.checkpoints.len();
    let notes = std::mem::take(&mut stored.checkpoints).into_iter().map(Ok);
    let blocks = stored.blocks.into_iter().map(Ok::<_, Infallible>);
    let begin = Instant::now();
    let report = verify::log(key.verifying(), &[], blocks, notes).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let rate = entries / begin.elapsed().as_secs_f64();
    println!("verified: {rate:.0} entries per second, with {checkpoints} checkpoints");
}
