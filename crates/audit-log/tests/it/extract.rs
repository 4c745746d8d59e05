//! The file of a citizen: what is true passes, what was touched does not.

use healthbook_audit_log::extract::{Extract, Older, ProvenEntry, Readable, extends};
use healthbook_audit_log::tree::consistency_proof;
use healthbook_audit_log::verify::Kind;
use healthbook_audit_log::{Checkpoint, Entry, SigningKey};

use crate::log::{Numbers, Stored, Work, key, store};

const POSITIONS: [u64; 6] = [0, 7, 255, 256, 600, 899];

fn log() -> (Vec<Entry<'static>>, Stored, SigningKey) {
    let entries: Vec<_> = Work::new(9, 300_000).take(1000).collect();
    let key = key();
    let stored = store(&entries, &[300, 700, 900, 1000], &key);
    (entries, stored, key)
}

/// An extract at a size with less entries than there are.
fn extract(
    (entries, stored, key): &(Vec<Entry<'static>>, Stored, SigningKey),
    note: usize,
    size: u64,
) -> Extract {
    let within = POSITIONS.into_iter().filter(|position| *position < size);
    let proven = within.map(|it| ProvenEntry::new(&entries[it as usize], it, size, stored).unwrap());
    Extract::new(key.verifying(), stored.checkpoints[note].clone(), proven.collect())
}

#[test]
fn what_is_true_passes() {
    let log = log();
    let (_, stored, key) = &log;
    let json = extract(&log, 2, 900).to_json().unwrap();
    let report = Extract::verify_json(json.as_bytes(), key.verifying(), &stored.checkpoints[2..3]);
    assert_eq!(report.findings, []);
    assert_eq!(report.proven, 6);
    assert_eq!(report.checkpoint.unwrap().size(), 900);
    assert!(json.contains("BS. Nguyễn"));
}

#[test]
fn a_younger_log_must_begin_with_the_older_one() {
    let log = log();
    let (_, stored, key) = &log;
    let known = &stored.checkpoints[1..2];
    let mut now = extract(&log, 2, 900);
    // Not shown is not proven.
    assert_eq!(now.verify(key.verifying(), known).findings[0].kind, Kind::Unproven);
    let proof = consistency_proof(stored, 700, 900).unwrap();
    now.older.push(Older { checkpoint: known[0].clone(), proof: proof.clone() });
    let report = now.verify(key.verifying(), known);
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.extended, 1);

    let [older, younger] =
        [1, 2].map(|it| Checkpoint::open(&stored.checkpoints[it], key.verifying()).unwrap());
    assert!(extends(&older, &younger, &proof));
    assert!(!extends(&older, &younger, &proof[1..]));

    // Another history, signed by the same key: it can be proven to itself, not to who has seen the first.
    let other: Vec<_> = Work::new(10, 300_000).take(1000).collect();
    let other = store(&other, &[300, 700, 900], key);
    let mut forked = extract(&log, 2, 900);
    forked.older.push(Older { checkpoint: other.checkpoints[1].clone(), proof });
    let kinds: Vec<_> = forked.verify(key.verifying(), known).findings.iter().map(|it| it.kind).collect();
    assert_eq!(kinds, [Kind::NotExtended, Kind::Unproven]);
    let report = forked.verify(key.verifying(), &other.checkpoints[2..3]);
    assert!(report.findings.iter().any(|it| it.kind == Kind::NotExtended));
}

#[test]
fn a_readable_text_beside_a_true_leaf_must_be_its_text() {
    let log = log();
    let true_one = extract(&log, 2, 900);
    let changes: [fn(&mut Readable); 6] = [
        |it| it.agent_name = "BS. Trần Văn Khác".to_owned(),
        |it| it.time = it.time.replace("2026", "2025"),
        |it| it.action = "search".to_owned(),
        |it| it.outcome = "failed".to_owned(),
        |it| it.shown += 1,
        |it| it.basis.clear(),
    ];
    for change in changes {
        let mut forged = true_one.clone();
        change(&mut forged.entries[1].entry);
        let report = forged.verify(log.2.verifying(), &[]);
        assert_eq!(report.findings.len(), 1);
        assert_eq!((report.findings[0].kind, report.findings[0].first), (Kind::Readable, 7));
        assert_eq!(report.proven, 5);
    }
}

#[test]
fn what_was_touched_does_not_pass() {
    let log = log();
    let key = log.2.verifying();
    let true_one = extract(&log, 2, 900);
    let kind = |change: &dyn Fn(&mut Extract)| {
        let mut forged = true_one.clone();
        change(&mut forged);
        forged.verify(key, &[]).findings.first().map(|it| it.kind)
    };
    assert_eq!(kind(&|it| it.entries[2].position = 254), Some(Kind::NotIncluded));
    assert_eq!(kind(&|it| it.entries.swap(2, 3)), Some(Kind::OutOfOrder));
    assert_eq!(kind(&|it| it.entries[3] = it.entries[2].clone()), Some(Kind::OutOfOrder));
    assert_eq!(kind(&|it| it.entries[0].proof.truncate(3)), Some(Kind::NotIncluded));
    assert_eq!(kind(&|it| it.entries[0].leaf = it.entries[1].leaf.clone()), Some(Kind::NotIncluded));
    assert_eq!(kind(&|it| it.entries[0].leaf.clear()), Some(Kind::Entry));
    assert_eq!(kind(&|it| it.checkpoint = log.1.checkpoints[1].clone()), Some(Kind::NotIncluded));
    assert_eq!(kind(&|it| it.checkpoint.push('\n')), Some(Kind::Checkpoint));
    assert_eq!(kind(&|it| it.log.push('x')), Some(Kind::ExtractKey));
    let others = crate::log::key();
    assert_eq!(true_one.verify(others.verifying(), &[]).findings[0].kind, Kind::ExtractKey);
}

/// Any change of a letter of the file, but for blanks, is found, or the file means the same.
#[test]
fn a_flipped_bit_of_the_file_is_found() {
    let log = log();
    let true_one = extract(&log, 2, 900);
    let json = true_one.to_json().unwrap().into_bytes();
    let mut numbers = Numbers(11);
    for _ in 0..500 {
        let place = numbers.below(json.len() as u64) as usize;
        let mut forged = json.clone();
        forged[place] ^= 1 << numbers.below(8);
        let report = Extract::verify_json(&forged, log.2.verifying(), &[]);
        let same = serde_json::from_slice::<Extract>(&forged).is_ok_and(|it| it == true_one);
        assert!(same || !report.is_sound(), "byte {place} is {}", forged[place]);
    }
}
