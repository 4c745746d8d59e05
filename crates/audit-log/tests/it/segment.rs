//! The files of a rotation: a folder of them is a log, and damage of a file is found.

use healthbook_audit_log::segment::{Frame, Header, SegmentError, SegmentReader, SegmentWriter};
use healthbook_audit_log::verify::{self, Kind};
use healthbook_audit_log::{Checkpoint, LogWriter, SigningKey};

use crate::log::{Numbers, Stored, Work, key, store};

/// Three files: blocks 0 and 1, 2 and 3, 4.
fn files(stored: &Stored, key: &SigningKey) -> Vec<Vec<u8>> {
    let mut notes = stored.checkpoints.iter().peekable();
    let mut files = Vec::new();
    for blocks in stored.blocks.chunks(2) {
        let log = key.verifying().name().clone();
        let header = Header { log, first_block: blocks[0].number, blocks: blocks.len() as u64 };
        let mut writer = SegmentWriter::new(Vec::new(), &header).unwrap();
        for placed in blocks {
            let end = (placed.number + 1) * 256;
            let is_within = |note: &&String| Checkpoint::open(note, key.verifying()).unwrap().size() <= end;
            while let Some(note) = notes.next_if(is_within) {
                writer.checkpoint(note).unwrap();
            }
            writer.block(&placed.block, &placed.nodes).unwrap();
        }
        files.push(writer.finish().unwrap());
    }
    files
}

fn log() -> (Stored, SigningKey) {
    let entries: Vec<_> = Work::new(12, 300_000).take(1200).collect();
    let key = key();
    (store(&entries, &[100, 256, 512, 513, 900, 1200], &key), key)
}

fn verify(files: &[Vec<u8>], key: &SigningKey) -> verify::Report {
    verify::segments(key.verifying(), &[], files.iter().map(Vec::as_slice)).unwrap()
}

#[test]
fn a_folder_of_files_is_a_log() {
    let (stored, key) = log();
    let files = files(&stored, &key);
    let report = verify(&files, &key);
    assert_eq!(report.findings, []);
    assert_eq!((report.entries, report.checkpoints, report.not_compared), (1200, 6, 0));

    let reader = SegmentReader::new(files[1].as_slice()).unwrap();
    assert_eq!((reader.header().first_block, reader.header().blocks), (2, 2));
    let frames: Vec<_> = reader.map(Result::unwrap).collect();
    assert!(frames.contains(&Frame::Block(stored.blocks[3].clone())));
    assert!(frames.contains(&Frame::Checkpoint(stored.checkpoints[4].clone())));
}

#[test]
fn files_that_are_gone_or_in_another_place_are_found() {
    let (stored, key) = log();
    let files = files(&stored, &key);
    let first = |files: &[Vec<u8>]| verify(files, &key).first().map(|it| (it.kind, it.first));
    assert_eq!(first(&files[1..]), Some((Kind::Missing, 0)));
    assert_eq!(first(&[files[0].clone(), files[2].clone()]), Some((Kind::Missing, 512)));
    let swapped = verify(&[files[1].clone(), files[0].clone(), files[2].clone()], &key);
    assert_eq!(swapped.first().unwrap().first, 0);
    for kind in [Kind::Missing, Kind::OutOfOrder, Kind::CheckpointOrder] {
        assert!(swapped.findings.iter().any(|it| it.kind == kind), "{kind:?}");
    }
    assert_eq!(swapped.confirmed, 0);
    let cut = files[1][..files[1].len() - 9].to_vec();
    assert!(first(&[files[0].clone(), cut, files[2].clone()]).is_some());
    let longer = [&files[1][..], b"x"].concat();
    assert_eq!(first(&[files[0].clone(), longer, files[2].clone()]), Some((Kind::Unreadable, 1024)));
    let other = SigningKey::from_pkcs8("healthbook/other".parse().unwrap(), &SigningKey::generate().unwrap());
    assert_eq!(verify(&files, &other.unwrap()).first().unwrap().kind, Kind::Unreadable);
}

#[test]
fn a_flipped_bit_of_a_file_is_found() {
    let (stored, key) = log();
    let files = files(&stored, &key);
    let mut numbers = Numbers(13);
    let mut places: Vec<(usize, usize)> = (0..80).map(|place| (1, place)).collect();
    places.extend((0..150).map(|_| {
        let file = numbers.below(3) as usize;
        (file, numbers.below(files[file].len() as u64) as usize)
    }));
    places.extend((1..6).map(|back| (2, files[2].len() - back)));
    for (file, place) in places {
        let mut damaged = files.clone();
        damaged[file][place] ^= 1 << numbers.below(8);
        assert!(!verify(&damaged, &key).is_sound(), "file {file}, byte {place}");
    }
}

#[test]
fn a_segment_has_the_blocks_that_it_announces() {
    let (stored, key) = log();
    let header = Header { log: key.verifying().name().clone(), first_block: 0, blocks: 1 };
    let writer = SegmentWriter::new(Vec::new(), &header).unwrap();
    assert!(matches!(writer.finish(), Err(SegmentError::Damaged)));
    let mut writer = SegmentWriter::new(Vec::new(), &header).unwrap();
    writer.block(&stored.blocks[0].block, &[]).unwrap();
    assert!(matches!(writer.block(&stored.blocks[1].block, &[]), Err(SegmentError::Damaged)));
}

/// What was written in one go and what was written by many servers, one after the other, is the same log.
#[test]
fn a_log_is_continued_where_it_ended() {
    let entries: Vec<_> = Work::new(14, 300_000).take(1100).collect();
    let key = key();
    let name = key.verifying().name();
    let whole = store(&entries, &[], &key);
    for size in [0, 1, 255, 256, 257, 700, 768, 1024] {
        let before = store(&entries[..size], &[], &key);
        let last = before.blocks.last().map(|it| &it.block).filter(|_| !size.is_multiple_of(256));
        let mut writer = LogWriter::resume(name.clone(), size as u64, last, &before).unwrap();
        let mut blocks: Vec<_> = before.blocks.into_iter().filter(|it| it.block.count() == 256).collect();
        for entry in &entries[size..] {
            blocks.extend(writer.push(entry));
        }
        blocks.extend(writer.unfinished());
        assert_eq!(blocks, whole.blocks, "{size}");
        assert!(
            blocks.iter().all(|it| it.nodes.is_empty() || LogWriter::node_ids(it).count() == it.nodes.len())
        );
    }
    assert!(LogWriter::resume(name.clone(), 255, None, &whole).is_err());
    assert!(LogWriter::resume(name.clone(), 256, Some(&whole.blocks[1].block), &whole).is_err());
}
