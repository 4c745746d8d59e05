//! `healthbook verify-audit`: whether a log, its old files, an extract or a proof is what its key has signed, and
//! whether all checkpoints that somebody has collected are of one log.

mod collected;
mod files;
#[cfg(test)]
mod tests;
mod words;

use audit_log::consistency::ConsistencyProof;
use audit_log::verify::{self, Kind, Report};
use record_store::Store;

use self::collected::Collected;
use self::files::Files;
use super::VerifyAudit;
use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::opening;

/// Verifies everything that is named, and compares the checkpoints of all of it.
pub async fn run(configuration: &Configuration, command: &VerifyAudit) -> Result<(), Failure> {
    let files = Files::sorted(&command.files)?;
    let mut collected = Collected::new(&command.key)?;
    if let Some(kept) = &command.kept_key {
        collected.kept_key(kept)?;
    }
    for file in &command.known {
        collected.known(file)?;
    }
    for file in &files.notes {
        collected.note(file)?;
    }
    for file in &files.documents {
        collected.document(file)?;
    }
    for file in &files.unknown {
        print(&words::of_file(&file.display().to_string(), Kind::FileForm))?;
        collected.judge(false);
    }
    if command.files.is_empty() || command.database.database.is_some() {
        let store = opening::open_existing(configuration).await?;
        let name = configuration.database.to_string();
        // What is verified is read.
        let done = logged(&store, "verify-audit", database(&store, &name, &files, &mut collected)).await;
        store.close().await;
        done?;
    } else if !files.segments.is_empty() {
        segments(&files, None, &mut collected)?;
    }
    collected.compare()
}

/// The log of a database, and what has left it for the files that are named.
async fn database(
    store: &Store,
    name: &str,
    files: &Files,
    collected: &mut Collected<'_>,
) -> Result<(), Failure> {
    let report = store.verify_log(collected.key(), &collected.notes(u64::MAX)).await?;
    print(&words::of_database(name, &report))?;
    let last = report.log.last.as_ref().map(|last| last.head());
    collected.log(name, &report.log, last)?;
    collected.judge(report.is_sound());
    if files.segments.is_empty() {
        return Ok(());
    }
    if files.end < report.first {
        print(&words::gap(files.end, report.first))?;
        collected.judge(false);
    }
    // The database keeps the checkpoints of what has left it: the files must hold the last of them.
    let within = store.log_checkpoint_within(files.end).await?;
    let of_files = segments(files, within, collected)?;
    // What the database goes on from must be what is in the files, also behind their last checkpoint.
    if let (true, Some(older), Some(younger)) =
        (report.is_sound() && of_files.is_sound(), of_files.head, last)
        && let Some(proof) = store.log_consistency(older.size, younger.size).await?
    {
        let proof = ConsistencyProof::new(collected.key(), (older.size, younger.size), proof, None);
        collected.proof(proof, name);
    }
    Ok(())
}

/// The files of a rotation. They end where the database goes on: checkpoints of more entries are not theirs to hold.
fn segments(files: &Files, within: Option<String>, collected: &mut Collected<'_>) -> Result<Report, Failure> {
    let known: Vec<String> = collected.notes(files.end).into_iter().chain(within).collect();
    let report =
        verify::segments(collected.key(), &known, files.open_segments()?).map_err(Failure::because)?;
    let name = format!("{} files", files.segments.len());
    print(&words::of_log(&name, &report))?;
    collected.log(&name, &report, report.head)?;
    collected.judge(report.is_sound());
    Ok(report)
}
