//! A list of keys says what its keys have signed, and nothing that anybody else has.

use super::*;
use crate::CheckpointError;
use crate::tree::empty_root;

fn new_key(name: &str) -> SigningKey {
    SigningKey::from_pkcs8(LogName::new(name).unwrap(), &SigningKey::generate().unwrap()).unwrap()
}

/// One entry each second.
fn checkpoint(key: &SigningKey, size: u64) -> Checkpoint {
    at(key, size, size)
}

fn at(key: &SigningKey, size: u64, second: u64) -> Checkpoint {
    let time = Instant::from_microseconds(i64::try_from(second).unwrap() * 1_000_000);
    Checkpoint::new(key.verifying().name().clone(), size, empty_root(), time)
}

fn note(key: &SigningKey, size: u64) -> String {
    checkpoint(key, size).sign(key).unwrap()
}

/// Three keys, each named by the one before it: until 10, until 20.
fn three() -> [SigningKey; 3] {
    let (first, mut second, mut third) = (new_key("a"), new_key("a"), new_key("a"));
    first.give_up(&mut second, &checkpoint(&first, 10)).unwrap();
    second.give_up(&mut third, &checkpoint(&second, 20)).unwrap();
    [first, second, third]
}

/// A list that a key has signed.
fn listed(by: &SigningKey, lines: &[String]) -> Result<VerifyingKey, InvalidKey> {
    by.sign(&format!("{}\n", lines.join("\n"))).unwrap().parse()
}

fn lines(key: &SigningKey) -> Vec<String> {
    key.verifying().list().lines().map(str::to_owned).collect()
}

#[test]
fn each_key_opens_what_it_has_signed_until_it_was_given_up() {
    let [first, second, third] = three();
    let key = third.verifying();
    let open = |by: &SigningKey, size| Checkpoint::open(&note(by, size), key).map(|it| it.size());
    for (by, last) in [(&first, 10), (&second, 20)] {
        assert_eq!(open(by, last), Ok(last));
        assert_eq!(open(by, last + 1), Err(CheckpointError::GivenUp));
        let late = at(by, last, last + 1).sign(by).unwrap();
        assert_eq!(Checkpoint::open(&late, key), Err(CheckpointError::GivenUp), "later than its last one");
        assert!(Checkpoint::open(&note(by, last), key).unwrap().is_by_earlier_key());
    }
    assert_eq!(open(&third, 5), Ok(5));
    assert_eq!(open(&third, 5_000), Ok(5_000));
    assert!(!Checkpoint::open(&note(&third, 5), key).unwrap().is_by_earlier_key());
    assert_eq!(open(&new_key("a"), 5), Err(CheckpointError::Note(NoteError::Unsigned)));
    // An earlier key knows nothing of a later one.
    assert!(Checkpoint::open(&note(&third, 5), first.verifying()).is_err());
    let torn = note(&first, 5).replace("\n5\n", "\n6\n");
    assert_eq!(Checkpoint::open(&torn, key), Err(CheckpointError::Note(NoteError::Signature)));
}

#[test]
fn a_log_that_was_set_back_went_on_before_its_end() {
    let (first, mut second, mut third) = (new_key("a"), new_key("a"), new_key("a"));
    first.give_up(&mut second, &checkpoint(&first, 30)).unwrap();
    // A backup of 20 entries came back, which the first key has signed.
    second.give_up(&mut third, &checkpoint(&first, 20)).unwrap();
    let key: VerifyingKey = third.verifying().file().parse().unwrap();
    assert!(Checkpoint::open(&note(&first, 20), &key).is_ok());
    for by in [&first, &second] {
        assert_eq!(
            Checkpoint::open(&note(by, 25), &key),
            Err(CheckpointError::GivenUp),
            "lost with the rest"
        );
    }
}

#[test]
fn the_file_leads_back_and_there_is_one_way_to_write_it() {
    let [first, second, third] = three();
    let file = third.verifying().file();
    assert_eq!(file.lines().count(), 5);
    assert_eq!(file.parse::<VerifyingKey>().as_ref(), Ok(third.verifying()));
    assert_eq!(file.trim_end().parse::<VerifyingKey>().as_ref(), Ok(third.verifying()));
    for key in [&first, &second, &third] {
        assert!(third.verifying().is_named(&key.verifying().to_string()));
        assert_eq!(third.verifying().follows(key.verifying()), Lineage::Proven);
    }
    assert!(!first.verifying().is_named(&third.verifying().to_string()));
    assert_eq!(first.verifying().follows(third.verifying()), Lineage::Untold);
    assert_eq!(second.verifying().follows(third.verifying()), Lineage::Unknown);
    assert_eq!(third.verifying().follows(new_key("a").verifying()), Lineage::Unknown);
    assert_eq!(third.verifying().follows(new_key("b").verifying()), Lineage::Unknown);
    let last = file.trim_end();
    for place in 0..last.len() {
        for bit in 0..7 {
            let mut bytes = last.as_bytes().to_vec();
            bytes[place] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            assert!(text.parse::<VerifyingKey>().is_err(), "byte {place}, bit {bit}");
        }
    }
    // The key alone knows less.
    assert!(file.lines().next().unwrap().parse::<VerifyingKey>().is_ok());
}

#[test]
fn nobody_but_all_of_its_keys_changes_the_list() {
    let [first, second, third] = three();
    let all = lines(&third);
    assert_eq!(listed(&third, &all).as_ref(), Ok(third.verifying()));
    // Another one than the key of today signs it, or nobody.
    assert_eq!(listed(&second, &all), Err(InvalidKey::List));
    assert_eq!(listed(&first, &lines(&third)), Err(InvalidKey::List));
    assert_eq!(all.join("\n").parse::<VerifyingKey>(), Err(InvalidKey::List));
    // The key of today has signed it, and one before it has not.
    let pick = |places: &[usize]| -> Vec<String> { places.iter().map(|it| all[*it].clone()).collect() };
    let lost = format!("{} until 9 9 lost", first.verifying());
    let later = all[1].replace(" until 20 20 ", " until 21 20 ");
    for (wrong, line) in [
        (pick(&[0, 2, 1]), 2),
        (pick(&[0, 2]), 2),
        (pick(&[0, 1]), 2),
        (pick(&[0, 1, 2, 1]), 2),
        (vec![all[0].clone(), all[1].clone(), lost], 2),
        (vec![all[0].clone(), later, all[2].clone()], 2),
        (vec![all[0].clone(), all[1].clone(), all[2].replace(" until 10 ", " until 010 ")], 2),
    ] {
        assert_eq!(listed(&third, &wrong), Err(InvalidKey::Line(line)), "{wrong:?}");
    }
    // The first line says nothing of another list: it needs the signature of that key.
    let other = new_key("a");
    let forged = [all[0].clone(), format!("{} until 4611686018427387904 9 lost", other.verifying())];
    assert_eq!(listed(&other, &forged), Err(InvalidKey::List));
}

#[test]
fn a_key_that_was_lost_is_followed_by_the_word_of_the_operator_only() {
    let [first, second, lost] = three();
    let mut next = new_key("a");
    next.replace_lost(lost.verifying(), &checkpoint(&lost, 30)).unwrap();
    let key = next.verifying();
    assert_eq!(key.file().parse::<VerifyingKey>().as_ref(), Ok(key));
    assert_eq!(key.follows(key), Lineage::Proven);
    assert_eq!(key.losses().collect::<Vec<_>>(), [30]);
    for kept in [&first, &second, &lost] {
        assert_eq!(key.follows(kept.verifying()), Lineage::Lost(30));
    }
    assert!(Checkpoint::open(&note(&lost, 30), key).is_ok());
    assert_eq!(Checkpoint::open(&note(&lost, 31), key), Err(CheckpointError::GivenUp));
    let mut last = new_key("a");
    next.give_up(&mut last, &checkpoint(&next, 40)).unwrap();
    assert_eq!(last.verifying().follows(next.verifying()), Lineage::Proven);
    assert_eq!(last.verifying().follows(lost.verifying()), Lineage::Lost(30));
    // What the kept one says of those before it is what is said here.
    let mut other = new_key("a");
    other.replace_lost(first.verifying(), &checkpoint(&first, 11)).unwrap();
    let contradicting = VerifyingKey { earlier: other.public.earlier.clone(), ..lost.verifying().clone() };
    assert_eq!(key.follows(&contradicting), Lineage::Unknown);
}

#[test]
fn a_private_key_takes_its_predecessors_from_their_lines() {
    let [_, second, third] = three();
    let earlier = third.verifying().earlier_lines();
    assert!(new_key("a").after(&earlier).is_err(), "they name another one");
    assert!(new_key("b").after(&earlier).is_err());
    assert_eq!(new_key("a").after("").unwrap().verifying().file().lines().count(), 1);
    let (file, earlier) = (second.verifying().file(), second.verifying().earlier_lines());
    let mut again = second;
    again.public.earlier.clear();
    assert_eq!(again.after(&earlier).unwrap().verifying().file(), file);
}
