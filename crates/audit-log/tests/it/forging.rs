//! A forger who has the database, but not the key: everything that is stored is made to fit, up to the signatures.

use fhir::Instant;
use healthbook_audit_log::block::{CHECK_LENGTH, StoredBlock};
use healthbook_audit_log::tree::Appender;
use healthbook_audit_log::verify::{Kind, Verifier};
use healthbook_audit_log::{Action, Entry, LogWriter, SigningKey};
use proptest::prelude::*;

use crate::log::{BEGINNING, Stored, Work, key, sign, store};

const SIZES: [u64; 12] = [1, 40, 41, 200, 256, 300, 511, 700, 1024, 1300, 1900, 2000];

struct Forger {
    key: SigningKey,
    entries: Vec<Entry<'static>>,
    stored: Stored,
}

impl Forger {
    fn new() -> Self {
        // Two seconds between two entries: more than an hour in all.
        let entries: Vec<_> = Work::new(6, 4_000_000).take(2000).collect();
        let key = key();
        let stored = store(&entries, &SIZES, &key);
        Self { key, entries, stored }
    }

    /// Stores other entries with the checkpoints that were signed.
    fn with(&self, entries: &[Entry<'static>]) -> Stored {
        Stored { checkpoints: self.stored.checkpoints.clone(), ..store(entries, &[], &self.key) }
    }

    /// The first bad position must be between the checkpoints around it.
    fn is_caught(&self, entries: &[Entry<'static>], position: u64) -> Result<(), TestCaseError> {
        let report = self.with(entries).verify(&self.key, &[]);
        let first = *report.first().expect("a forgery is found");
        let before = SIZES.iter().copied().filter(|size| *size <= position).max().unwrap_or(0);
        let behind = SIZES.iter().copied().find(|size| *size > position).unwrap();
        if (entries.len() as u64) < behind {
            prop_assert_eq!((first.kind, first.first), (Kind::CutOff, entries.len() as u64));
        } else {
            prop_assert_eq!((first.kind, first.first, first.end), (Kind::Signed, before, Some(behind)));
        }
        Ok(())
    }
}

thread_local! {
    static FORGER: Forger = Forger::new();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn an_entry_that_is_removed_is_missed(position in 0..2000_usize) {
        FORGER.with(|forger| {
            let mut entries = forger.entries.clone();
            entries.remove(position);
            forger.is_caught(&entries, position as u64)
        })?;
    }

    #[test]
    fn an_entry_that_is_put_between_is_noticed(position in 0..2000_usize, other in 0..2000_usize) {
        FORGER.with(|forger| {
            let mut entries = forger.entries.clone();
            let inserted = Entry { salt: [7; 16], ..entries[other].clone() };
            entries.insert(position, inserted);
            forger.is_caught(&entries, position as u64)
        })?;
    }

    #[test]
    fn entries_that_change_places_are_noticed(one in 0..2000_usize, other in 0..2000_usize) {
        prop_assume!(one != other);
        FORGER.with(|forger| {
            let mut entries = forger.entries.clone();
            entries.swap(one, other);
            forger.is_caught(&entries, one.min(other) as u64)
        })?;
    }

    #[test]
    fn an_entry_that_is_changed_is_noticed(position in 0..2000_usize, field in 0..8) {
        FORGER.with(|forger| {
            let mut entries = forger.entries.clone();
            let entry = &mut entries[position];
            match field {
                0 => entry.time = Instant::from_microseconds(entry.time.microseconds() - 1),
                1 => entry.time = Instant::from_microseconds(entry.time.microseconds() - 86_400_000_000),
                2 => entry.agent = "anonymous".into(),
                3 => entry.patient = "Patient/099".into(),
                4 => entry.action = Action::Print,
                5 => entry.shown += 1,
                6 => entry.basis = "Consent/1".into(),
                _ => entry.salt[3] ^= 1,
            }
            forger.is_caught(&entries, position as u64)
        })?;
    }

    #[test]
    fn a_tail_that_is_replaced_or_cut_is_noticed(position in 0..2000_usize) {
        FORGER.with(|forger| {
            let tail = Work::new(7, 4_000_000).take(2000 - position);
            let entries: Vec<_> = forger.entries[..position].iter().cloned().chain(tail).collect();
            forger.is_caught(&entries, position as u64)?;
            let report = forger.with(&forger.entries[..position]).verify(&forger.key, &[]);
            let cut = report.findings.iter().find(|it| it.kind == Kind::CutOff).unwrap();
            prop_assert_eq!((cut.first, cut.end), (position as u64, Some(2000)));
            Ok::<_, TestCaseError>(())
        })?;
    }

    /// Checkpoints and entries are both cut or replaced: only who knows a later checkpoint can tell.
    #[test]
    fn a_log_that_is_rolled_back_is_noticed_by_who_knows_better(kept in 0..11_usize, other in 0..12_usize) {
        FORGER.with(|forger| {
            let known = &forger.stored.checkpoints[other..=other];
            let size = SIZES[kept] as usize;
            let mut back = forger.with(&forger.entries[..size]);
            back.checkpoints.truncate(kept + 1);
            let report = back.verify(&forger.key, known);
            if other > kept {
                let first = report.first().unwrap();
                prop_assert_eq!((first.kind, first.first), (Kind::RolledBack, size as u64));
                prop_assert_eq!(report.known.refuted.len(), 1);
            } else {
                prop_assert!(report.is_sound());
                prop_assert_eq!(report.known.held.len(), 1);
            }
            // The rest is made up, and would be signed by whoever has the key.
            let tail = Work::new(8, 1000).take(2000 - size);
            let mut entries = forger.entries[..size].to_vec();
            entries.extend(tail);
            let mut forked = forger.with(&entries);
            forked.checkpoints.truncate(kept + 1);
            let report = forked.verify(&forger.key, known);
            prop_assert_eq!(report.waiting, 2000 - size as u64);
            if other > kept {
                let first = report.first().unwrap();
                prop_assert_eq!((first.kind, first.first), (Kind::KnownDiffers, size as u64));
                prop_assert_eq!(first.end, Some(SIZES[other]));
                prop_assert_eq!(report.known.refuted[0].size(), SIZES[other]);
            }
            Ok::<_, TestCaseError>(())
        })?;
    }

    /// Who makes only some of it fit is caught in the very block.
    #[test]
    fn a_forger_who_forgets_something_is_caught_in_the_block(position in 0..2000_usize, forgotten in 0..3) {
        FORGER.with(|forger| {
            let mut entries = forger.entries.clone();
            entries[position].agent = "anonymous".into();
            let block = position / 256;
            let forged = forger.with(&entries).blocks.swap_remove(block).block;
            let mut stored = forger.stored.clone();
            let nodes = stored.blocks[block].nodes.len();
            let target = &mut stored.blocks[block].block;
            let kind = match forgotten {
                0 => {
                    *target = StoredBlock { checks: target.checks.clone(), root: target.root, ..forged };
                    Kind::Entry
                }
                1 => {
                    *target = StoredBlock { root: target.root, ..forged };
                    Kind::BlockRoot
                }
                _ => {
                    *target = forged;
                    if nodes == 0 { Kind::Signed } else { Kind::Node }
                }
            };
            let report = stored.verify(&forger.key, &[]);
            let first = report.findings.iter().find(|it| it.kind == kind).unwrap();
            prop_assert!(first.first <= position as u64 && first.end.unwrap() > position as u64);
            if kind == Kind::Entry {
                prop_assert_eq!(report.first().unwrap().first, position as u64);
            } else {
                prop_assert!(report.first().unwrap().first <= position as u64);
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}

#[test]
fn entries_that_were_never_signed_wait_or_are_noticed() {
    let forger = Forger::new();
    let mut stored = forger.with(&forger.entries);
    stored.checkpoints.pop();
    // 100 entries in some three minutes are behind the last checkpoint.
    let report = stored.verify(&forger.key, &[]);
    assert!(report.is_sound());
    assert_eq!(report.waiting, 100);
    // 1,300 take longer than a server may wait.
    stored.checkpoints.truncate(8);
    let report = stored.verify(&forger.key, &[]);
    let first = report.first().unwrap();
    assert_eq!((first.kind, first.first, first.end), (Kind::Unsigned, 700, Some(2000)));
    stored.checkpoints.clear();
    assert_eq!(stored.verify(&forger.key, &[]).first().unwrap().kind, Kind::Unsigned);
}

/// Whoever has the key can write what he likes, once. That it was dated back shows.
#[test]
fn an_entry_that_was_dated_back_when_it_was_written_is_late() {
    let forger = Forger::new();
    let mut entries = forger.entries.clone();
    let true_time = entries[1500].time.microseconds();
    entries[1500].time = Instant::from_microseconds(true_time - 3_600_000_000);
    // Eight minutes can be the way of the world: the last checkpoint that does not hold it is of 1300.
    let honest = entries[1301].time.microseconds() - 480_000_000;
    entries[1301].time = Instant::from_microseconds(honest);
    let report = store(&entries, &SIZES, &forger.key).verify(&forger.key, &[]);
    assert!(report.is_sound());
    assert_eq!(report.late.iter().map(|late| late.position).collect::<Vec<_>>(), [1500]);
    assert_eq!(report.late[0].time, entries[1500].time);
}

#[test]
fn checkpoints_that_go_back_or_are_of_others_are_found() {
    let forger = Forger::new();
    let mut swapped = forger.stored.clone();
    swapped.checkpoints.swap(3, 4);
    let report = swapped.verify(&forger.key, &[]);
    assert_eq!(report.findings.len(), 1);
    assert_eq!(report.first().unwrap().kind, Kind::CheckpointOrder);

    let mut back = forger.stored.clone();
    let mut tree = LogWriter::new(forger.key.verifying().name().clone());
    forger.entries.iter().for_each(|entry| drop(tree.push(entry)));
    back.checkpoints.push(sign(&tree, BEGINNING, &forger.key));
    assert_eq!(back.verify(&forger.key, &[]).first().unwrap().kind, Kind::CheckpointOrder);

    let others = key();
    let mut foreign = forger.stored.clone();
    foreign.checkpoints[11] = sign(&tree, BEGINNING * 2, &others);
    assert_eq!(foreign.verify(&forger.key, &[]).first().unwrap().kind, Kind::Checkpoint);
    let report = forger.stored.verify(&others, &forger.stored.checkpoints[..1]);
    assert_eq!(report.checkpoints, 0);
    assert_eq!(report.findings.iter().filter(|it| it.kind == Kind::Checkpoint).count(), 12);
    // One to compare with is wrong, too, but at no position.
    assert_eq!(report.known.unsigned, 1);
    let report = forger.stored.verify(&forger.key, &[sign(&tree, BEGINNING, &others)]);
    assert!(report.findings.is_empty() && !report.is_sound());
}

#[test]
fn checks_that_are_cut_are_missed() {
    let forger = Forger::new();
    for cut in [1, CHECK_LENGTH, 20 * CHECK_LENGTH, 256 * CHECK_LENGTH] {
        let mut stored = forger.stored.clone();
        let checks = &mut stored.blocks[2].block.checks;
        checks.truncate(checks.len() - cut);
        let report = stored.verify(&forger.key, &[]);
        // 511 is the last checkpoint before it, 700 one within, which holds where all entries before it are whole.
        assert!(report.findings.iter().all(|it| it.first >= 511), "{cut}: {report:?}");
        let first = report.first().unwrap();
        assert!(first.first < 768 && first.end.unwrap() > 767 - 20, "{cut}: {report:?}");
        assert!([511, 700].contains(&report.confirmed), "{cut}: {report:?}");
    }
}

/// After a rotation the database begins with a later block; what came before is known by its nodes.
#[test]
fn what_is_left_in_the_database_is_verified_alone() {
    let forger = Forger::new();
    let verify_with = |stored: &Stored, known: &[String]| {
        let tree = Appender::resume(768, &forger.stored).unwrap();
        let mut verifier = Verifier::starting_with(forger.key.verifying().clone(), known, tree);
        stored.checkpoints.iter().for_each(|note| verifier.checkpoint(note));
        stored.blocks[3..].iter().for_each(|block| verifier.block(block));
        verifier.finish()
    };
    let verify = |stored: &Stored| verify_with(stored, &[]);
    let report = verify_with(&forger.stored, &forger.stored.checkpoints);
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.not_compared, report.confirmed), (2000 - 768, 8, 2000));
    assert_eq!((report.known.held.len(), report.known.not_compared.len()), (4, 8));
    let mut entries = forger.entries.clone();
    entries[1100].shown += 1;
    let report = verify(&forger.with(&entries));
    let first = report.first().unwrap();
    assert_eq!((first.kind, first.first, first.end), (Kind::Signed, 1024, Some(1300)));
    // Who forged before that changed the nodes that the tree begins with.
    let forged = forger.with(&[vec![Entry::default()], forger.entries[1..].to_vec()].concat());
    let tree = Appender::resume(768, &forged).unwrap();
    let mut verifier = Verifier::starting_with(forger.key.verifying().clone(), &[], tree);
    forger.stored.checkpoints.iter().for_each(|note| verifier.checkpoint(note));
    forged.blocks[3..].iter().for_each(|block| verifier.block(block));
    assert_eq!(verifier.finish().first().unwrap().kind, Kind::Signed);
}
