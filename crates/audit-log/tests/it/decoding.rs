//! Bytes that anybody may have written: nothing falls over, and nothing is read in two ways.

use healthbook_audit_log::block::{PlacedBlock, StoredBlock};
use healthbook_audit_log::extract::Extract;
use healthbook_audit_log::segment::SegmentReader;
use healthbook_audit_log::{BlockWriter, Checkpoint, Entry, Hash, SigningKey, VerifyingKey};
use proptest::prelude::*;

use crate::log::{Stored, Work, key};

thread_local! {
    static KEY: SigningKey = key();
}

fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    // Small numbers are what lengths and numbers of words are made of.
    prop::collection::vec(prop_oneof![any::<u8>(), 0..4_u8], 0..most)
}

/// Reads a block in every way.
fn read(block: StoredBlock) {
    let entries = block.entries();
    if let Ok(entries) = &entries {
        assert_eq!(entries.len(), block.count());
        assert_eq!(block.leaf_hashes().unwrap().len(), block.count());
    }
    if let Ok(writer) = BlockWriter::resume(&block) {
        assert_eq!(writer.stored(), block);
    }
    let _ = (block.entry(0), block.entry(3), block.entry(usize::MAX));
    let placed = [0, 1, u64::MAX, u64::MAX / 256].map(|number| PlacedBlock {
        number,
        block: block.clone(),
        nodes: vec![Hash([0; 32]); 2],
    });
    let stored = Stored { blocks: placed.to_vec(), checkpoints: vec![] };
    KEY.with(|key| assert!(!stored.verify(key, &[]).is_sound()));
}

proptest! {
    #[test]
    fn any_bytes_are_a_block_or_none(words in bytes(80), entries in bytes(200), checks in bytes(40)) {
        read(StoredBlock { words, entries, checks, root: Hash([1; 32]) });
    }

    #[test]
    fn a_block_with_changed_bytes_is_read_or_not(
        seed in any::<u64>(),
        count in 1..40_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_usize), 1..6),
        cut in 0..4_usize,
    ) {
        let entries: Vec<_> = Work::new(seed, 1000).take(count).collect();
        let mut block = StoredBlock::of(&entries).unwrap();
        for (place, byte, part) in changes {
            let part = [&mut block.words, &mut block.entries, &mut block.checks].into_iter().nth(part).unwrap();
            let place = place.index(part.len());
            part[place] = byte;
        }
        block.words.truncate(block.words.len() - cut);
        read(block);
    }

    #[test]
    fn any_text_is_a_key_a_checkpoint_an_extract_or_none(text in any::<String>(), bytes in bytes(300)) {
        prop_assert!(text.parse::<VerifyingKey>().is_err());
        KEY.with(|key| {
            assert!(Checkpoint::open(&text, key.verifying()).is_err());
            assert!(!Extract::verify_json(&bytes, key.verifying()).is_sound());
        });
        let _ = Entry::from_leaf_bytes(&bytes);
        let start = b"healthbook access log, segment 1\n\x00\x0chealthbook/a";
        for bytes in [bytes.clone(), [&start[..], &bytes].concat()] {
            if let Ok(reader) = SegmentReader::new(bytes.as_slice()) {
                let _ = reader.count();
            }
        }
    }
}
