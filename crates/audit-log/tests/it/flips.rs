//! Damage, and changes by somebody who did not make the rest fit: each is found, and where it is is said.

use healthbook_audit_log::block::BlockWriter;
use healthbook_audit_log::verify::{Kind, Report, Verifier};
use healthbook_audit_log::{Entry, SigningKey};

use crate::log::{Numbers, Stored, Work, key, store};

const SIZES: [u64; 14] = [3, 40, 41, 200, 256, 300, 511, 512, 700, 1000, 1024, 1300, 1900, 2000];

fn log() -> (Vec<Entry<'static>>, Stored, SigningKey) {
    let entries: Vec<_> = Work::new(3, 300_000).take(2000).collect();
    let key = key();
    let stored = store(&entries, &SIZES, &key);
    (entries, stored, key)
}

#[test]
fn a_log_that_nobody_touched_is_sound() {
    let (_, stored, key) = log();
    let report = stored.verify(&key, &stored.checkpoints[5..]);
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.checkpoints, report.waiting), (2000, 14, 0));
    assert_eq!((report.not_compared, report.late.len()), (0, 0));
    assert_eq!(
        (report.known.held.len(), report.known.refuted.len(), report.head.unwrap().size),
        (9, 0, 2000)
    );
    assert_eq!((report.confirmed, report.last.unwrap().size()), (2000, 2000));
    let nothing = Stored::default().verify(&key, &[]);
    assert!(nothing.is_sound() && nothing.last.is_none());
}

/// Which entry of a block a byte belongs to: the first whose writing reached it.
fn owner(entries: &[Entry<'_>], length: impl Fn(&BlockWriter) -> usize, place: usize) -> usize {
    let mut writer = BlockWriter::new();
    let before = |entry: &Entry<'_>| {
        writer.push(entry).unwrap();
        length(&writer) <= place
    };
    entries.iter().map(before).position(|is_before| !is_before).unwrap()
}

/// The report must name exactly this entry; where the entry itself still reads the same, its block.
fn names(report: &Report, position: u64) -> bool {
    let first = report.first().unwrap();
    match first.kind {
        Kind::Entry => first.first == position && first.end == Some(position + 1),
        Kind::Form => first.first == position / 256 * 256 && first.end == Some(first.first + 256),
        _ => false,
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Words,
    Entries,
    Checks,
}

fn flip(
    (entries, stored, key): &(Vec<Entry<'static>>, Stored, SigningKey),
    block: usize,
    part: Part,
    place: usize,
    bit: u8,
) -> Kind {
    let mut damaged = stored.clone();
    let target = &mut damaged.blocks[block].block;
    let bytes = match part {
        Part::Words => &mut target.words,
        Part::Entries => &mut target.entries,
        Part::Checks => &mut target.checks,
    };
    bytes[place] ^= 1 << bit;
    let of_block = &entries[block * 256..entries.len().min(block * 256 + 256)];
    let number = match part {
        Part::Words => owner(of_block, |it| it.stored().words.len(), place),
        Part::Entries => owner(of_block, |it| it.stored().entries.len(), place),
        Part::Checks => place / 8,
    };
    let report = damaged.verify(key, &[]);
    assert!(
        names(&report, (block * 256 + number) as u64),
        "{part:?} {block} {place} {bit}, entry {number}: {report:?}"
    );
    report.first().unwrap().kind
}

#[test]
fn each_byte_of_a_block_is_watched() {
    // A log of 44 entries behind a full block, so that each byte of both can have its turn.
    let entries: Vec<_> = Work::new(4, 300_000).take(44).collect();
    let key = key();
    let stored = store(&entries, &[20, 44], &key);
    let log = (entries, stored, key);
    let block = &log.1.blocks[0].block;
    for (part, length) in [
        (Part::Words, block.words.len()),
        (Part::Entries, block.entries.len()),
        (Part::Checks, block.checks.len()),
    ] {
        for place in 0..length {
            flip(&log, 0, part, place, (place % 8) as u8);
        }
    }
}

#[test]
fn a_flipped_bit_anywhere_is_found_and_named() {
    let log = log();
    let mut numbers = Numbers(5);
    let mut exact = 0;
    for _ in 0..200 {
        let block = numbers.below(8) as usize;
        let part = [Part::Words, Part::Entries, Part::Checks][numbers.below(3) as usize];
        let stored = &log.1.blocks[block].block;
        let length = match part {
            Part::Words => stored.words.len(),
            Part::Entries => stored.entries.len(),
            Part::Checks => stored.checks.len(),
        };
        let place = numbers.below(length as u64) as usize;
        exact += u32::from(flip(&log, block, part, place, numbers.below(8) as u8) == Kind::Entry);
    }
    assert!(exact > 195, "only {exact} of 200 were named to the entry");
}

#[test]
fn flipped_roots_nodes_and_notes_are_found() {
    let (_, stored, key) = log();
    for block in 0..8_u64 {
        let mut damaged = stored.clone();
        damaged.blocks[block as usize].block.root.0[block as usize] ^= 1;
        let report = damaged.verify(&key, &[]);
        assert_eq!(report.findings.len(), 1);
        let first = report.first().unwrap();
        assert_eq!((first.kind, first.first), (Kind::BlockRoot, block * 256));
        for node in 0..stored.blocks[block as usize].nodes.len() {
            let mut damaged = stored.clone();
            damaged.blocks[block as usize].nodes[node].0[31] ^= 0x80;
            let report = damaged.verify(&key, &[]);
            assert_eq!(report.findings.len(), 1);
            let first = report.first().unwrap();
            assert_eq!(first.kind, Kind::Node);
            assert_eq!((first.first, first.end), ((block + 1 - (1 << node)) * 256, Some((block + 1) * 256)));
        }
    }
    let mut without = stored.clone();
    without.blocks[3].nodes.pop();
    assert_eq!(without.verify(&key, &[]).first().unwrap().kind, Kind::Node);
    for (number, note) in stored.checkpoints.iter().enumerate() {
        for place in (number % 13..note.len()).step_by(13) {
            let mut bytes = note.clone().into_bytes();
            bytes[place] ^= 1;
            let mut damaged = stored.clone();
            damaged.checkpoints[number] = String::from_utf8_lossy(&bytes).into_owned();
            let report = damaged.verify(&key, &[]);
            let before = if number == 0 { 0 } else { SIZES[number - 1] };
            let first = report.first().unwrap();
            assert_eq!((first.kind, first.first), (Kind::Checkpoint, before));
            assert_eq!(first.checkpoint, Some(number as u64));
        }
    }
}

#[test]
fn blocks_that_are_gone_twice_there_or_in_another_place_are_found() {
    let (_, stored, key) = log();
    for block in 0..8_usize {
        let mut gone = stored.clone();
        gone.blocks.remove(block);
        let report = gone.verify(&key, &[]);
        let kind = if block == 7 { Kind::CutOff } else { Kind::Missing };
        let first = report.first().unwrap();
        assert_eq!((first.kind, first.first), (kind, block as u64 * 256));

        let mut twice = stored.clone();
        twice.blocks.insert(block, stored.blocks[block].clone());
        let first = *twice.verify(&key, &[]).first().unwrap();
        assert_eq!((first.kind, first.first), (Kind::OutOfOrder, block as u64 * 256));

        if block < 7 {
            let mut swapped = stored.clone();
            swapped.blocks.swap(block, block + 1);
            let first = *swapped.verify(&key, &[]).first().unwrap();
            assert_eq!((first.kind, first.first), (Kind::Missing, block as u64 * 256));
            // Now with their numbers made to fit: blocks 6 and 7 do not even have the same length.
            for (number, placed) in (0..).zip(&mut swapped.blocks) {
                placed.number = number;
            }
            let report = swapped.verify(&key, &[]);
            let first = report.first().unwrap();
            assert!(
                first.first <= block as u64 * 256 && first.end.unwrap() > block as u64 * 256,
                "{first:?}"
            );
        }
    }
}

/// The entries read the same, but they are not written in the one way: there would be room for something hidden.
#[test]
fn another_way_to_write_the_same_is_found() {
    let mut entries: Vec<_> = Work::new(15, 300_000).take(3).collect();
    let request = entries[0].request;
    entries.iter_mut().for_each(|entry| entry.request = request);
    let key = key();
    let stored = store(&entries, &[3], &key);
    let length_of_two = store(&entries[..2], &[], &key).blocks[0].block.entries.len();
    let mut farther = stored.clone();
    assert_eq!(farther.blocks[0].block.entries[length_of_two], 1);
    farther.blocks[0].block.entries[length_of_two] = 2;
    let mut unused = stored.clone();
    unused.blocks[0].block.words.extend([0, 1, b'x']);
    for other in [farther, unused] {
        assert_eq!(other.blocks[0].block.entries(), Ok(entries.clone()));
        let report = other.verify(&key, &[]);
        assert_eq!(report.findings.len(), 1);
        assert_eq!((report.findings[0].kind, report.findings[0].first), (Kind::Form, 0));
    }
}

/// What comes when its entries have gone by cannot be compared any more, and must not be taken for confirmed.
#[test]
fn a_checkpoint_that_comes_too_late_is_found() {
    let (_, stored, key) = log();
    let mut verifier = Verifier::new(key.verifying().clone(), &[]);
    stored.blocks.iter().for_each(|block| verifier.block(block));
    verifier.checkpoint(&stored.checkpoints[2]);
    verifier.checkpoint(&stored.checkpoints[13]);
    let report = verifier.finish();
    assert_eq!(report.findings.iter().map(|it| it.kind).collect::<Vec<_>>(), [Kind::CheckpointOrder]);
    assert_eq!((report.not_compared, report.confirmed), (1, 2000));
}
