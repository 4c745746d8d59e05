//! Entries and blocks: the one way to write them, and back.

use fhir::Instant;
use healthbook_audit_log::block::{BlockReader, StoredBlock};
use healthbook_audit_log::entry::{InvalidEntry, LONGEST_TEXT};
use healthbook_audit_log::{Action, BlockWriter, Entry, Outcome, Text, tree};
use proptest::prelude::*;
use uuid::Uuid;

use crate::log::Work;

/// Section 1 of the contract, by hand.
#[test]
fn the_bytes_are_those_of_the_table() {
    let entry = Entry {
        salt: [0xaa; 16],
        time: Instant::from_microseconds(1),
        request: Uuid::from_bytes([0xbb; 16]),
        action: Action::Delete,
        outcome: Outcome::Refused,
        agent: "a".into(),
        query: "é".into(),
        shown: 258,
        policy: "p".into(),
        ..Entry::default()
    };
    let mut bytes = vec![1];
    bytes.extend([0xaa; 16]);
    bytes.extend([0, 0, 0, 0, 0, 0, 0, 1]);
    bytes.extend([0xbb; 16]);
    bytes.extend([19, 4]);
    bytes.extend([1, b'a', 0, 0, 0, 0]);
    bytes.extend([0, 0, 0, 0, 2, 0xc3, 0xa9]);
    bytes.extend([0, 0, 1, 2]);
    bytes.extend([0, 0, 0, 1, b'p']);
    assert_eq!(entry.to_leaf_bytes(), bytes);
    assert_eq!(Entry::from_leaf_bytes(&bytes), Ok(entry.clone()));
    assert_eq!(entry.leaf_hash(), tree::hash_leaf(&bytes));

    let with = |place: usize, byte: u8| {
        let mut other = bytes.clone();
        other[place] = byte;
        other
    };
    // Another version; an outcome that there is not; a text that is not UTF-8.
    for wrong in [with(0, 2), with(42, 1), with(44, 0xff), bytes[1..].to_vec(), vec![]] {
        assert_eq!(Entry::from_leaf_bytes(&wrong), Err(InvalidEntry));
    }
    // A longer form of a length; something behind the last field.
    let longer = [&bytes[..43], &[0x81, 0], &bytes[44..]].concat();
    assert_eq!(Entry::from_leaf_bytes(&longer), Err(InvalidEntry));
    assert_eq!(Entry::from_leaf_bytes(&[&bytes[..], &[0]].concat()), Err(InvalidEntry));
}

#[test]
fn each_number_is_an_action_and_back() {
    for number in 0..=u8::MAX {
        assert_eq!(Action::from_number(number).number(), number);
    }
    assert_eq!(Action::from_number(48), Action::Sharing);
    assert_eq!(Action::from_number(9).to_string(), "9");
    assert_eq!(Action::SignIn.to_string(), "sign-in");
}

#[test]
fn a_text_is_cut_between_letters() {
    let long = "é".repeat(3000);
    let text = Text::from(long.as_str());
    assert!(text.len() <= LONGEST_TEXT && text.len() > LONGEST_TEXT - 5);
    assert!(text.ends_with("é…"));
    assert_eq!(Text::from("é".repeat(2048)).len(), LONGEST_TEXT);
    let entry = Entry { query: long.into(), ..Entry::default() };
    let bytes = entry.to_leaf_bytes();
    assert_eq!(Entry::from_leaf_bytes(&bytes), Ok(entry.clone()));
}

#[test]
fn entries_of_a_working_day_are_small() {
    let entries: Vec<_> = Work::new(1, 300_000).take(40 * 256).collect();
    let stored: usize = entries.chunks(256).map(|it| StoredBlock::of(it).unwrap().stored_length()).sum();
    let each = stored as f64 / entries.len() as f64;
    println!("{each:.1} bytes for an entry");
    assert!(each <= 90.0, "{each}");
}

#[test]
fn a_block_ends_at_256() {
    let entries: Vec<_> = Work::new(2, 300_000).take(257).collect();
    assert!(StoredBlock::of(&entries).is_err());
    let full = StoredBlock::of(&entries[..256]).unwrap();
    assert_eq!(full.count(), 256);
    for number in [0, 1, 100, 255] {
        assert_eq!(full.entry(number).as_ref(), Ok(&entries[number]));
    }
    assert!(full.entry(256).is_err());
    assert!(BlockWriter::resume(&full).unwrap().is_full());
    let hashes: Vec<_> = entries[..256].iter().map(Entry::leaf_hash).collect();
    assert_eq!(full.leaf_hashes(), Ok(hashes.clone()));
    assert_eq!(full.root, tree::root_of(&hashes));
}

fn text() -> impl Strategy<Value = Text<'static>> {
    let id = any::<u128>().prop_map(|it| Uuid::from_u128(it).to_string());
    prop_oneof![
        Just(String::new()),
        "[a-c]{1,2}",
        id.clone(),
        (id.clone(), "(Patient/|x|[0-9a-f]{8}-)").prop_map(|(id, prefix)| prefix + &id),
        id.prop_map(|id| id.to_uppercase()),
        ".{0,60}",
        Just("ư".repeat(5000)),
    ]
    .prop_map(Text::from)
}

pub fn entry() -> impl Strategy<Value = Entry<'static>> {
    let numbers = (any::<[u8; 16]>(), any::<i64>(), 0..3_u128, any::<u8>(), 0..3_u8, any::<u32>());
    (numbers, prop::collection::vec(text(), 15)).prop_map(|(numbers, texts)| {
        let (salt, time, request, action, outcome, shown) = numbers;
        let mut texts = texts.into_iter();
        let mut next = || texts.next().unwrap();
        Entry {
            salt,
            time: Instant::from_microseconds(time),
            request: Uuid::from_u128(request),
            action: Action::from_number(action),
            outcome: Outcome::from_number(outcome * 4).unwrap(),
            agent: next(),
            agent_name: next(),
            role: next(),
            organization: next(),
            organization_name: next(),
            client: next(),
            patient: next(),
            resource: next(),
            version: next(),
            query: next(),
            shown,
            purpose: next(),
            authority: next(),
            basis: next(),
            policy: next(),
        }
    })
}

proptest! {
    #[test]
    fn an_entry_comes_back(entry in entry()) {
        let bytes = entry.to_leaf_bytes();
        prop_assert_eq!(Entry::from_leaf_bytes(&bytes), Ok(entry.clone()));
        prop_assert_eq!(entry.leaf_hash(), tree::hash_leaf(&bytes));
    }

    #[test]
    fn a_block_comes_back(entries in prop::collection::vec(entry(), 0..12), cut in any::<prop::sample::Index>()) {
        let stored = StoredBlock::of(&entries).unwrap();
        prop_assert_eq!(stored.entries(), Ok(entries.clone()));
        prop_assert!(BlockReader::new(&stored).is_sound());
        // However it grew, it is the same.
        let cut = cut.index(entries.len() + 1);
        let mut writer = BlockWriter::resume(&StoredBlock::of(&entries[..cut]).unwrap()).unwrap();
        for entry in &entries[cut..] {
            prop_assert_eq!(writer.push(entry), Ok(entry.leaf_hash()));
        }
        prop_assert_eq!(writer.stored(), stored);
    }

    #[test]
    fn what_is_read_is_what_is_written(bytes in prop::collection::vec(any::<u8>(), 0..200), start in 0..2_usize) {
        let mut bytes = bytes;
        if start == 1 && !bytes.is_empty() {
            bytes[0] = 1;
        }
        if let Ok(entry) = Entry::from_leaf_bytes(&bytes) {
            prop_assert_eq!(entry.to_leaf_bytes(), bytes);
        }
    }
}
