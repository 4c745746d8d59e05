//! The file of a citizen: what is true passes, what was touched does not.

use healthbook_audit_log::extract::{Extract, Fault, Older, ProvenEntry, Readable, extends};
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
    let (_, _, key) = &log;
    let json = extract(&log, 2, 900).to_json().unwrap();
    let report = Extract::verify_json(json.as_bytes(), key.verifying());
    assert_eq!(report.faults, []);
    assert_eq!(report.proven, 6);
    assert_eq!(report.checkpoint.unwrap().size(), 900);
    assert!(json.contains("BS. Nguyễn"));
}

#[test]
fn a_younger_log_must_begin_with_the_older_one() {
    let log = log();
    let (_, stored, key) = &log;
    let mut now = extract(&log, 2, 900);
    let proof = consistency_proof(stored, 700, 900).unwrap();
    now.older.push(Older { checkpoint: stored.checkpoints[1].clone(), proof: proof.clone() });
    let report = now.verify(key.verifying());
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.older.iter().map(Checkpoint::size).collect::<Vec<_>>(), [700]);

    let [older, younger] =
        [1, 2].map(|it| Checkpoint::open(&stored.checkpoints[it], key.verifying()).unwrap());
    assert!(extends(&older, &younger, &proof));
    assert!(!extends(&older, &younger, &proof[1..]));

    // Another history, signed by the same key, and a checkpoint of another key.
    let other: Vec<_> = Work::new(10, 300_000).take(1000).collect();
    for (signer, kind) in [(key, Kind::NotExtended), (&crate::log::key(), Kind::Checkpoint)] {
        let other = store(&other, &[300, 700, 900], signer);
        let mut forked = extract(&log, 2, 900);
        forked.older.push(Older { checkpoint: other.checkpoints[1].clone(), proof: proof.clone() });
        let report = forked.verify(key.verifying());
        assert_eq!((&report.faults[..], report.older.len()), (&[Fault { kind, position: None }][..], 0));
    }
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
        let report = forged.verify(log.2.verifying());
        assert_eq!(report.faults, [Fault { kind: Kind::Readable, position: Some(7) }]);
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
        forged.verify(key).faults.first().map(|it| (it.kind, it.position))
    };
    assert_eq!(kind(&|it| it.entries[2].position = 254), Some((Kind::NotIncluded, Some(254))));
    assert_eq!(kind(&|it| it.entries.swap(2, 3)), Some((Kind::EntryOrder, Some(255))));
    assert_eq!(kind(&|it| it.entries[3] = it.entries[2].clone()), Some((Kind::EntryOrder, Some(255))));
    assert_eq!(kind(&|it| it.entries[0].proof.truncate(3)), Some((Kind::NotIncluded, Some(0))));
    assert_eq!(
        kind(&|it| it.entries[0].leaf = it.entries[1].leaf.clone()),
        Some((Kind::NotIncluded, Some(0)))
    );
    assert_eq!(kind(&|it| it.entries[0].leaf.clear()), Some((Kind::Entry, Some(0))));
    assert_eq!(kind(&|it| it.checkpoint = log.1.checkpoints[1].clone()), Some((Kind::NotIncluded, Some(0))));
    assert_eq!(kind(&|it| it.checkpoint.push('\n')), Some((Kind::Checkpoint, None)));
    assert_eq!(kind(&|it| it.log.push('x')), Some((Kind::FileKey, None)));
    let others = crate::log::key();
    assert_eq!(true_one.verify(others.verifying()).faults[0].kind, Kind::FileKey);
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
        let report = Extract::verify_json(&forged, log.2.verifying());
        let same = serde_json::from_slice::<Extract>(&forged).is_ok_and(|it| it == true_one);
        assert!(same || !report.is_sound(), "byte {place} is {}", forged[place]);
    }
}
