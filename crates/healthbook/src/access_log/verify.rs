//! `healthbook verify-audit`: whether a log, its old files, an extract or a proof is what its key has signed.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use audit_log::consistency::ConsistencyProof;
use audit_log::extract::Extract;
use audit_log::proof::EntryProof;
use audit_log::segment::SegmentReader;
use audit_log::tree::BLOCK_LENGTH;
use audit_log::verify::{self, Finding, Report};
use audit_log::{Checkpoint, VerifyingKey};
use record_store::LogReport;

use super::VerifyAudit;
use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::opening;

/// As many findings of a kind are printed.
const PRINTED: usize = 50;

/// What the files are.
#[derive(Default)]
struct Files {
    /// By the position of their first entry; what is not a segment comes last and is found to be damaged.
    segments: Vec<(u64, PathBuf)>,
    /// The position behind the last segment.
    end: u64,
    extracts: Vec<PathBuf>,
}

/// Verifies everything that is named; exit code 1 when something is wrong.
pub async fn run(configuration: &Configuration, command: &VerifyAudit) -> Result<(), Failure> {
    let mut known = Vec::new();
    for file in &command.known {
        let note = std::fs::read_to_string(file);
        known.push(note.with_context(|| format!("cannot read {}", file.display()))?);
    }
    let files = sorted(&command.files)?;
    let with_database = command.files.is_empty() || command.database.database.is_some();
    let mut is_sound = true;
    let mut known_of_segments = known.clone();
    if with_database {
        let store = opening::open_existing(configuration).await?;
        // What is verified is read.
        let read = logged(&store, "verify-audit", async {
            let report = store.verify_log(&command.key, &known).await.map_err(Failure::because)?;
            Ok((report, store.log_checkpoint_within(files.end).await.map_err(Failure::because)?))
        });
        let read = read.await;
        store.close().await;
        let (report, within) = read?;
        known_of_segments.extend(within);
        is_sound &= report.is_sound();
        print(&of_database(&configuration.database.to_string(), &report))?;
    }
    if !files.segments.is_empty() {
        let report = segments(&command.key, &known_of_segments, &files.segments)?;
        is_sound &= report.is_sound();
        print(&of_log(&format!("{} files", files.segments.len()), &report))?;
    }
    for file in &files.extracts {
        is_sound &= extract(&command.key, &known, file)?;
    }
    if is_sound { print("sound\n") } else { Err(print("NOT SOUND\n").err().unwrap_or(Failure::Reported)) }
}

/// Tells segments from extracts, and puts segments into their order.
fn sorted(paths: &[PathBuf]) -> Result<Files, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            let entries = path.read_dir().with_context(|| format!("cannot read {}", path.display()))?;
            let files = entries.filter_map(|entry| Some(entry.ok()?.path()));
            found.extend(files.filter(|file| file.extension().is_some_and(|end| end == "log")));
        } else {
            found.push(path.clone());
        }
    }
    let mut files = Files::default();
    for path in found {
        let mut first = [0];
        let read =
            open(&path)?.read(&mut first).with_context(|| format!("cannot read {}", path.display()))?;
        if read == 1 && first == *b"{" {
            files.extracts.push(path);
            continue;
        }
        let length = BLOCK_LENGTH as u64;
        let (begin, end) = match SegmentReader::new(open(&path)?) {
            Ok(reader) => {
                let header = reader.header();
                let end = header.first_block.saturating_add(header.blocks);
                (header.first_block.saturating_mul(length), end.saturating_mul(length))
            }
            Err(_) => (u64::MAX, 0),
        };
        files.end = files.end.max(end);
        files.segments.push((begin, path));
    }
    files.segments.sort();
    Ok(files)
}

fn open(path: &Path) -> Result<BufReader<File>, Failure> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

fn segments(key: &VerifyingKey, known: &[String], files: &[(u64, PathBuf)]) -> Result<Report, Failure> {
    let opened = files.iter().map(|(_, path)| open(path)).collect::<Result<Vec<_>, _>>()?;
    verify::segments(key, known, opened).map_err(Failure::because)
}

fn extract(key: &VerifyingKey, known: &[String], file: &Path) -> Result<bool, Failure> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    if let Some(proof) = EntryProof::read(&bytes) {
        return one_entry(key, &proof, file);
    }
    if let Some(proof) = ConsistencyProof::read(&bytes) {
        return extension(key, known, &proof, file);
    }
    let report = Extract::verify_json(&bytes, key, known);
    let mut text = format!(
        "{}: {} entries proven, {} older checkpoints proven to be the beginning\n",
        file.display(),
        report.proven,
        report.extended
    );
    signed(report.checkpoint.as_ref(), &mut text);
    findings(&report.findings, &mut text);
    print(&text)?;
    Ok(report.is_sound())
}

fn one_entry(key: &VerifyingKey, proof: &EntryProof, file: &Path) -> Result<bool, Failure> {
    let (mut text, index) = (format!("{}: ", file.display()), proof.index);
    let verified = proof.verify(key);
    // Writing into a String cannot fail.
    let _ = match &verified {
        Ok(_) => writeln!(text, "the entry at position {index} is in the log"),
        Err(kind) => {
            let [english, vietnamese] = kind.words();
            writeln!(text, "WRONG at position {index}: {english} ({vietnamese})")
        }
    };
    signed(verified.as_ref().ok(), &mut text);
    print(&text)?;
    Ok(verified.is_ok())
}

fn extension(
    key: &VerifyingKey,
    known: &[String],
    proof: &ConsistencyProof,
    file: &Path,
) -> Result<bool, Failure> {
    let (mut text, first, second) = (format!("{}: ", file.display()), proof.first, proof.second);
    let verified = proof.verify(key, known);
    // Writing into a String cannot fail.
    let _ = match &verified {
        Ok(_) => writeln!(text, "the log of {second} entries begins with that of {first}"),
        Err(kind) => {
            let [english, vietnamese] = kind.words();
            writeln!(text, "WRONG from size {first} to {second}: {english} ({vietnamese})")
        }
    };
    if let Ok(extended) = &verified {
        signed(Some(&extended.checkpoint), &mut text);
        not_compared(extended.not_compared as u64, &mut text);
    }
    print(&text)?;
    Ok(verified.is_ok())
}

fn of_database(name: &str, report: &LogReport) -> String {
    let mut text = String::new();
    if report.first > 0 {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{name} begins at position {}: what was before is in files", report.first);
    }
    text.push_str(&of_log(name, &report.log));
    if report.waiting > 0 || report.unreadable > 0 {
        let _ = writeln!(text, "{} entries wait for their position", report.waiting);
    }
    if report.unreadable > 0 {
        let _ = writeln!(text, "WRONG: {} commits that wait cannot be read", report.unreadable);
    }
    for finding in report.index.iter().take(PRINTED) {
        let place = finding.position.map_or("in the database".to_owned(), |at| format!("at position {at}"));
        let [english, vietnamese] = finding.words;
        let _ = writeln!(text, "WRONG {place}: {english} ({vietnamese})");
    }
    more(report.index.len(), 0, &mut text);
    text
}

fn of_log(name: &str, report: &Report) -> String {
    let mut text = format!("{name}: {} entries, {} checkpoints\n", report.entries, report.checkpoints);
    signed(report.last.as_ref(), &mut text);
    let _ = writeln!(
        text,
        "confirmed before position {}; {} entries are behind the last checkpoint",
        report.confirmed, report.waiting
    );
    not_compared(report.not_compared, &mut text);
    for late in report.late.iter().take(PRINTED) {
        let (position, time, checkpoint) = (late.position, late.time, late.checkpoint);
        let _ = writeln!(text, "late: position {position} says {time}, after the checkpoint of {checkpoint}");
    }
    more(report.late.len(), report.more_late, &mut text);
    findings(&report.findings, &mut text);
    more(report.findings.len(), report.more_findings, &mut text);
    text
}

fn signed(checkpoint: Option<&Checkpoint>, text: &mut String) {
    if let Some(last) = checkpoint {
        let _ = writeln!(text, "signed by {}: size {} at {}", last.log(), last.size(), last.time());
    }
}

fn not_compared(checkpoints: u64, text: &mut String) {
    if checkpoints > 0 {
        let _ = writeln!(text, "{checkpoints} checkpoints could not be compared");
    }
}

fn findings(findings: &[Finding], text: &mut String) {
    if let Some(first) = findings.first() {
        let _ = writeln!(text, "first bad position: {}", first.first);
    }
    for finding in findings.iter().take(PRINTED) {
        let place = match finding.end {
            Some(end) if end > finding.first.saturating_add(1) => {
                format!("positions {} to {}", finding.first, end - 1)
            }
            _ => format!("position {}", finding.first),
        };
        let [english, vietnamese] = finding.kind.words();
        let _ = writeln!(text, "WRONG at {place}: {english} ({vietnamese})");
    }
}

fn more(listed: usize, unlisted: u64, text: &mut String) {
    let more = (listed.saturating_sub(PRINTED) as u64).saturating_add(unlisted);
    if more > 0 {
        let _ = writeln!(text, "and {more} more");
    }
}
