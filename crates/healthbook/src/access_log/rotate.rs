//! `healthbook log rotate`: old entries leave the database for files that stay verifiable.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use anyhow::Context as _;
use audit_log::segment::{Frame, SegmentReader};
use audit_log::verify::Verifier;
use fhir::Instant;
use jiff::ToSpan as _;
use record_store::{Rotated, Store, StoreError};

use super::arguments::Rotate;
use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::log_key::{self, Standing};
use crate::opening;

/// Writes, verifies, removes; file after file.
pub async fn run(configuration: &Configuration, command: &Rotate) -> Result<(), Failure> {
    let store = opening::open_existing(configuration).await?;
    let rotated = logged(&store, "log rotate", rotate(configuration, command, &store)).await;
    store.close().await;
    rotated
}

async fn rotate(configuration: &Configuration, command: &Rotate, store: &Store) -> Result<(), Failure> {
    let years = configuration.log_years.0;
    let youngest = configuration.time_zone.today().checked_sub(years.years()).map_err(Failure::because)?;
    let is_demo = store.demo().await.map_err(Failure::because)?.is_some();
    if command.before > youngest && !(command.force_demo && is_demo) {
        return Err(Failure::saying(format!(
            "entries are kept for {years} years: the day must not be after {youngest}"
        )));
    }
    let midnight = command.before.at(0, 0, 0, 0);
    let midnight = configuration.time_zone.zone.to_timestamp(midnight).map_err(Failure::because)?;
    let before = Instant::from_microseconds(midnight.as_microsecond());
    is_key_of(command, store).await?;
    opening::make_folder(&command.out)?;
    let mut blocks = 0;
    while let Some(rotated) = next_file(store, command, before).await? {
        blocks += rotated.blocks;
    }
    print(&format!("{} entries have left the database\n", blocks * audit_log::tree::BLOCK_LENGTH as u64))
}

/// The key is asked for, so that a folder of segments is not verified by a key that came with it: another one is a mistake.
async fn is_key_of(command: &Rotate, store: &Store) -> Result<(), Failure> {
    let Some(note) = store.log_checkpoint().await.map_err(Failure::because)? else { return Ok(()) };
    match log_key::standing(&note, &command.key) {
        Standing::OfThisLog(_) => log_key::knows_all(store, &command.key).await,
        Standing::OfAnother => {
            let log = note.lines().next().unwrap_or_default();
            Err(Failure::saying(format!(
                "--key: that is not the key of this log, {log}, or not that of today: take the file access-log.vkey"
            )))
        }
        Standing::Damaged(error) => Err(log_key::damaged("last", &error)),
    }
}

/// One file. Its entries leave the database when it is on disk and verified.
async fn next_file(store: &Store, command: &Rotate, before: Instant) -> Result<Option<Rotated>, Failure> {
    let part = command.out.join("unfinished.part");
    let make = |_| Ok(BufWriter::with_capacity(1 << 20, File::create(&part)?));
    let written = store.write_segment(&command.key, before, command.blocks.get(), make).await;
    let stays = || format!("{}: not written; nothing of it has left the database", part.display());
    let Some(rotated) = written.map_err(words).with_context(stays)? else { return Ok(None) };
    let file = command.out.join(format!("segment-{:012}.log", rotated.first_block));
    sync(&part)?;
    if !is_sound(&part, command, &rotated)? {
        return Err(Failure::saying(
            "the entries are not those that were signed, and stay in the database: see healthbook verify-audit",
        ));
    }
    if file.exists() {
        return Err(Failure::saying(format!("{} is there already", file.display())));
    }
    std::fs::rename(&part, &file).with_context(|| format!("cannot make {}", file.display()))?;
    sync(&command.out)?;
    store.remove_from_log(&rotated).await.map_err(Failure::because)?;
    print(&format!("{}: {} blocks\n", file.display(), rotated.blocks))?;
    Ok(Some(rotated))
}

/// What went wrong: a disk of segments that is full is not the database, and what cannot be read is some of the log.
fn words(error: StoreError) -> anyhow::Error {
    match error {
        StoreError::Unusable(text) => anyhow::Error::msg(text),
        StoreError::Corrupt => anyhow::Error::msg(
            "log_block, log_node or log_checkpoint is damaged: run healthbook verify-audit, see docs/guides/operating.md",
        ),
        other => other.into(),
    }
}

/// Puts a file or folder on disk.
fn sync(path: &Path) -> Result<(), Failure> {
    let synced = File::open(path).and_then(|file| file.sync_all());
    Ok(synced.with_context(|| format!("cannot put {} on disk", path.display()))?)
}

/// Whether what is in the file goes on from what is before it, and is signed to its end but for less than a checkpoint.
fn is_sound(file: &Path, command: &Rotate, rotated: &Rotated) -> Result<bool, Failure> {
    let opened = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let reader = SegmentReader::new(BufReader::with_capacity(1 << 20, opened)).map_err(Failure::because)?;
    let mut verifier = Verifier::starting_with(command.key.clone(), &[], rotated.tree_before.clone());
    for frame in reader {
        match frame.map_err(Failure::because)? {
            Frame::Block(block) => verifier.block(&block),
            Frame::Checkpoint(note) => verifier.checkpoint(&note),
        }
    }
    let report = verifier.finish();
    // What stands behind the last checkpoint of the file is in the first one of the next.
    let is_wrong = |finding: &audit_log::verify::Finding| finding.kind != audit_log::verify::Kind::Unsigned;
    Ok(!report.findings.iter().any(is_wrong))
}
