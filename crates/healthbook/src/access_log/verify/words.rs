//! What is printed. Lines that somebody may pass on as a finding are in English and Vietnamese.

use std::fmt::Write as _;

use audit_log::checkpoint::CheckpointError;
use audit_log::extract::ExtractReport;
use audit_log::history::{Comparison, Shows};
use audit_log::renewal::Lineage;
use audit_log::verify::{Finding, Kind, Report};
use audit_log::{Checkpoint, VerifyingKey};
use record_store::LogReport;

/// As many findings of a kind are printed.
const PRINTED: usize = 50;

/// Appends a line.
macro_rules! line {
    ($text:expr, $($parts:tt)*) => {
        // Writing into a String cannot fail.
        let _ = writeln!($text, $($parts)*);
    };
}

/// Where something is signed by another key than those that were given.
pub(super) const OTHER_KEY: &str = "signed by a key that is not in --key, or changed: the key of a log is renewed now and then. The keys of today are what \
     /transparency/key of the server answers; take that as --key, and the one that you have as --kept-key, \
     which tells whether it comes after it (khóa của nhật ký có thể đã được thay: tải tệp khóa mới ở địa chỉ này)\n";

/// That nothing but a key which was given up says so, or none.
pub(super) fn alone(places: &[&str]) -> String {
    format!(
        "{}: NOT SHOWN: signed by no key, or by one that was given up since and that others may have; hand over with it what \
         today's key has signed: the database, or /transparency/checkpoint of the server and what leads to it, \
         /transparency/consistency (không có chữ ký của khóa hiện nay, cần thêm điểm kiểm tra do khóa hiện nay ký)\n",
        places.join(", ")
    )
}

/// What nobody has proven of the keys, whatever they have signed.
pub(super) fn of_losses(key: &VerifyingKey) -> String {
    let line = |until: u64| {
        format!(
            "a key of this log was lost when it had {until} entries: which one came next is the word of the operator \
             (một khóa đã bị mất, khóa kế tiếp chỉ theo lời đơn vị vận hành)\n"
        )
    };
    key.losses().map(line).collect()
}

/// How the key stands to the one that was kept.
pub(super) fn of_lineage(lineage: Lineage) -> String {
    match lineage {
        Lineage::Proven => "the key is the one that was kept, or comes after it: each key has named the next \
             (khóa trùng hoặc kế tiếp khóa đã lưu)\n"
            .to_owned(),
        Lineage::Lost(until) => format!(
            "NOT SHOWN: that the key comes after the one that was kept: between them one was lost, at {until} entries \
             (giữa hai khóa có một khóa đã bị mất)\n"
        ),
        Lineage::Untold => "NOT SHOWN: that the key comes after the one that was kept: --key is one key alone, without those \
             before it; take what /transparency/key of the server answers (tệp khóa thiếu các khóa trước đó)\n"
            .to_owned(),
        Lineage::Unknown => "WRONG: the key does not come after the one that was kept, or the two files say different things of \
             the keys before (khóa không kế tiếp khóa đã lưu)\n"
            .to_owned(),
    }
}

/// Who has signed a checkpoint of a file.
pub(super) fn signed(place: &str, checkpoint: &Checkpoint) -> String {
    format!("{place}: {}", signature(checkpoint))
}

/// A checkpoint to compare with that is none, and why.
pub(super) fn not_signed(place: &str, error: &CheckpointError) -> String {
    let [english, vietnamese] = Kind::from(*error).words();
    format!("{place}: WRONG: {english} ({vietnamese}): {error}\n")
}

/// What is wrong with a file as such.
pub(super) fn of_file(place: &str, kind: Kind) -> String {
    let [english, vietnamese] = kind.words();
    format!("{place}: WRONG: {english} ({vietnamese})\n")
}

/// A checkpoint that a whole log does not hold; the report of the log says what is wrong.
pub(super) fn refuted(log: &str, place: &str, checkpoint: &Checkpoint) -> String {
    format!("{log}: WRONG: the checkpoint of {} entries in {place} is none of this log\n", checkpoint.size())
}

/// Entries that are neither in the files nor in the database.
pub(super) fn gap(end: u64, first: u64) -> String {
    format!(
        "WRONG at position {end}: the files end here and the database begins at {first}: what lies between is in neither \
         (các mục ở giữa không có trong tệp nào)\n"
    )
}

/// An extract.
pub(super) fn of_extract(place: &str, report: &ExtractReport) -> String {
    let (proven, older) = (report.proven, report.older.len());
    let mut text = format!(
        "{place}: {proven} entries proven, {older} older checkpoints proven to be the beginning; \
                 whether these are all entries an extract cannot show\n"
    );
    text.extend(report.checkpoint.as_ref().map(signature));
    first_bad(report.faults.iter().filter_map(|fault| fault.position).min(), &mut text);
    for fault in report.faults.iter().take(PRINTED) {
        let [english, vietnamese] = fault.kind.words();
        let at = fault.position.map_or_else(String::new, |position| format!(" at position {position}"));
        line!(text, "WRONG{at}: {english} ({vietnamese})");
    }
    more(report.faults.len(), 0, &mut text);
    text
}

/// The proof of one entry.
pub(super) fn of_entry(place: &str, index: u64, verified: &Result<Checkpoint, Kind>) -> String {
    match verified {
        Ok(checkpoint) => {
            format!("{place}: the entry at position {index} is in the log\n{}", signature(checkpoint))
        }
        Err(Kind::NotIncluded) => {
            let [english, vietnamese] = Kind::NotIncluded.words();
            format!("{place}: WRONG at position {index}: {english} ({vietnamese})\n")
        }
        Err(kind) => of_file(place, *kind),
    }
}

/// The log of a database.
pub(super) fn of_database(name: &str, report: &LogReport) -> String {
    let mut text = String::new();
    if report.first > 0 {
        line!(text, "{name} begins at position {}: what was before is in files", report.first);
    }
    text.push_str(&of_log(name, &report.log));
    if report.waiting > 0 || report.unreadable > 0 {
        line!(text, "{} entries wait for their position", report.waiting);
    }
    if report.unreadable > 0 {
        line!(text, "WRONG: {} commits that wait cannot be read", report.unreadable);
    }
    for finding in report.index.iter().take(PRINTED) {
        let place = finding.position.map_or("in the database".to_owned(), |at| format!("at position {at}"));
        let [english, vietnamese] = finding.words;
        line!(text, "WRONG {place}: {english} ({vietnamese})");
    }
    more(report.index.len(), 0, &mut text);
    text
}

/// A whole log.
pub(super) fn of_log(name: &str, report: &Report) -> String {
    let mut text = format!("{name}: {} entries, {} checkpoints\n", report.entries, report.checkpoints);
    text.extend(report.last.as_ref().map(signature));
    let (confirmed, waiting) = (report.confirmed, report.waiting);
    line!(text, "confirmed before position {confirmed}; {waiting} entries are behind the last checkpoint");
    if report.not_compared > 0 {
        line!(text, "{} checkpoints could not be compared", report.not_compared);
    }
    for late in report.late.iter().take(PRINTED) {
        let (position, time, checkpoint) = (late.position, late.time, late.checkpoint);
        line!(text, "late: position {position} says {time}, after the checkpoint of {checkpoint}");
    }
    more(report.late.len(), report.more_late, &mut text);
    first_bad(report.findings.iter().find_map(Finding::position), &mut text);
    for finding in report.findings.iter().take(PRINTED) {
        let [english, vietnamese] = finding.kind.words();
        line!(text, "WRONG{}: {english} ({vietnamese})", place_of(finding));
    }
    more(report.findings.len(), report.more_findings, &mut text);
    let is_unsigned = |finding: &Finding| finding.kind == Kind::Checkpoint;
    if report.checkpoints == 0 && report.findings.iter().any(is_unsigned) {
        line!(text, "not one checkpoint is signed by the key that was given: is it that of this log?");
    }
    text
}

/// How the checkpoints of all files stand to each other.
pub(super) fn of_comparison(comparison: &Comparison) -> String {
    let mut text = String::new();
    for fork in &comparison.forks {
        let ([one, other], size) = (&fork.places, fork.size);
        line!(
            text,
            "WRONG: {one} and {other}: keys of the log have signed two different logs of {size} entries \
             (khóa của nhật ký đã ký hai nhật ký khác nhau cùng có {size} mục)"
        );
    }
    for proof in &comparison.proofs {
        let (place, [older, younger]) = (&proof.place, proof.sizes);
        match &proof.shows {
            Shows::Extended => {
                line!(text, "{place}: the log of {younger} entries begins with that of {older}");
            }
            Shows::NotExtended => {
                line!(
                    text,
                    "{place}: WRONG: this file does not prove that the log of {younger} entries begins with that of {older}; \
                     fetch it anew: where that one does not prove it either, the log told two different stories (tệp này không chứng minh được rằng nhật ký mới tiếp nối nhật ký cũ)"
                );
            }
            Shows::Nothing(sizes) => {
                let sizes = listed(sizes, " and of ");
                line!(
                    text,
                    "{place}: NOT SHOWN: there is no checkpoint of {sizes} entries to compare with; \
                     hand over the one that was kept, with --known \
                     (thiếu điểm kiểm tra đã lưu để so sánh)"
                );
            }
        }
    }
    for gap in comparison.gaps.iter().take(PRINTED) {
        let ([one, other], [older, younger]) = (&gap.places, gap.sizes);
        line!(
            text,
            "NOT SHOWN: the checkpoints of {older} entries ({one}) and of {younger} ({other}) were \
             NOT COMPARED; hand over what /transparency/consistency?first={older}&second={younger} of the server \
             answers, or the whole log \
             (hai điểm kiểm tra chưa được so sánh, còn thiếu bằng chứng ở địa chỉ này)"
        );
    }
    more(comparison.gaps.len(), 0, &mut text);
    if comparison.heads > 1 && comparison.is_sound() && comparison.is_complete() {
        line!(text, "all checkpoints were compared: they are of one log");
    }
    text
}

fn signature(checkpoint: &Checkpoint) -> String {
    format!("signed by {}: size {} at {}\n", checkpoint.log(), checkpoint.size(), checkpoint.time())
}

fn listed(numbers: &[u64], between: &str) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(between)
}

fn first_bad(position: Option<u64>, text: &mut String) {
    if let Some(position) = position {
        line!(text, "first bad position: {position}");
    }
}

fn place_of(finding: &Finding) -> String {
    let Some(first) = finding.position() else {
        // Checkpoints are counted from 1 by people.
        return finding
            .checkpoint
            .map_or_else(String::new, |number| format!(" at checkpoint {}", number + 1));
    };
    match finding.end {
        Some(end) if end > first.saturating_add(1) => format!(" at positions {first} to {}", end - 1),
        _ => format!(" at position {first}"),
    }
}

fn more(listed: usize, unlisted: u64, text: &mut String) {
    let more = (listed.saturating_sub(PRINTED) as u64).saturating_add(unlisted);
    if more > 0 {
        line!(text, "and {more} more");
    }
}
