//! Checkpoints that somebody has collected: two histories are found, and what was not compared is said.

use healthbook_audit_log::consistency::ConsistencyProof;
use healthbook_audit_log::history::{Comparison, Fork, Gap, History, Shows};
use healthbook_audit_log::tree::{TreeHead, consistency_proof};
use healthbook_audit_log::{Checkpoint, SigningKey};

use crate::log::{Stored, Work, key, store};

const SIZES: [u64; 5] = [300, 512, 700, 900, 1000];

/// One log, and another one of the same key that goes the same way up to 600 entries.
fn logs() -> ([Stored; 2], SigningKey) {
    let entries: Vec<_> = Work::new(21, 300_000).take(1000).collect();
    let other: Vec<_> = entries[..600].iter().cloned().chain(Work::new(22, 300_000).take(400)).collect();
    let key = key();
    ([store(&entries, &SIZES, &key), store(&other, &SIZES, &key)], key)
}

fn head(stored: &Stored, size: u64, key: &SigningKey) -> TreeHead {
    let number = SIZES.iter().position(|it| *it == size).unwrap();
    Checkpoint::open(&stored.checkpoints[number], key.verifying()).unwrap().head()
}

fn proof(stored: &Stored, first: u64, second: u64, key: &SigningKey) -> ConsistencyProof {
    let proof = consistency_proof(stored, first, second).unwrap();
    ConsistencyProof::new(key.verifying(), (first, second), proof, None)
}

/// What comes of checkpoints of these sizes, each in a file of its name, and proofs between them.
fn compared(stored: &Stored, sizes: &[u64], proofs: &[(u64, u64)], key: &SigningKey) -> Comparison {
    let mut history = History::new();
    sizes.iter().for_each(|size| history.head(head(stored, *size, key), &size.to_string()));
    for (first, second) in proofs {
        history.proof(proof(stored, *first, *second, key), &format!("{first}-{second}"));
    }
    history.compare()
}

fn gaps(comparison: &Comparison) -> Vec<[u64; 2]> {
    comparison.gaps.iter().map(|gap| gap.sizes).collect()
}

#[test]
fn two_logs_of_one_size_are_found_and_their_files_named() {
    let ([one, other], key) = logs();
    let mut history = History::new();
    history.head(head(&one, 700, &key), "a.json");
    history.head(head(&one, 700, &key), "again.json");
    assert!(history.clone().compare().is_complete());
    history.head(head(&other, 700, &key), "b.json");
    let comparison = history.compare();
    assert!(!comparison.is_sound());
    let Fork { size, places } = &comparison.forks[0];
    let mut places = places.clone();
    places.sort();
    assert_eq!((comparison.forks.len(), *size, places), (1, 700, ["a.json".to_owned(), "b.json".to_owned()]));
    // Where they had not parted yet nothing tells them from each other.
    let mut history = History::new();
    [&one, &other].into_iter().for_each(|log| history.head(head(log, 512, &key), "a.json"));
    assert!(history.compare().is_sound());
}

#[test]
fn what_nobody_has_linked_is_not_compared() {
    let ([one, other], key) = logs();
    let comparison = compared(&one, &[300, 900], &[], &key);
    assert!(comparison.is_sound() && !comparison.is_complete());
    let wanted = Gap { sizes: [300, 900], places: ["300".to_owned(), "900".to_owned()] };
    assert_eq!(comparison.gaps, [wanted]);
    // The proof that it names closes it, and shows where it is not one log.
    let comparison = compared(&one, &[300, 900], &[(300, 900)], &key);
    assert!(comparison.is_sound() && comparison.is_complete());
    assert_eq!(comparison.proofs[0].shows, Shows::Extended);
    let mut history = History::new();
    history.head(head(&one, 700, &key), "a.json");
    history.head(head(&other, 900, &key), "b.json");
    for stored in [&one, &other] {
        let mut history = history.clone();
        history.proof(proof(stored, 700, 900, &key), "proof.json");
        let comparison = history.compare();
        assert!(!comparison.is_sound());
        assert_eq!(comparison.proofs[0].shows, Shows::NotExtended);
        // Nobody has signed a proof: one that shows nothing refutes nothing.
        assert_eq!(comparison.gaps.len(), 1);
    }
}

#[test]
fn links_make_a_chain_only_in_one_direction() {
    let ([one, other], key) = logs();
    // From each to the next, and all from the last.
    for proofs in [
        &[(300, 512), (512, 700), (700, 1000)][..],
        &[(300, 1000), (512, 1000), (700, 1000)],
        &[(300, 1000), (700, 1000), (512, 700)],
    ] {
        let comparison = compared(&one, &[300, 512, 700, 1000], proofs, &key);
        assert!(comparison.is_sound() && comparison.is_complete(), "{proofs:?}: {comparison:?}");
    }
    // What goes on from one beginning can part behind it.
    let comparison = compared(&one, &[300, 512, 700], &[(300, 512), (300, 700)], &key);
    assert_eq!(gaps(&comparison), [[512, 700]]);
    let mut history = History::new();
    history.head(head(&one, 300, &key), "");
    history.head(head(&one, 700, &key), "");
    history.head(head(&other, 900, &key), "");
    history.proof(proof(&one, 300, 700, &key), "");
    history.proof(proof(&other, 300, 900, &key), "");
    let comparison = history.compare();
    assert!(comparison.is_sound());
    assert_eq!(gaps(&comparison), [[700, 900]]);
}

#[test]
fn a_log_that_holds_checkpoints_links_them() {
    let ([one, _], key) = logs();
    let mut history = History::new();
    let heads = [300, 700, 900].map(|size| head(&one, size, &key));
    heads.iter().for_each(|head| history.head(*head, "kept.txt"));
    history.begins_with(heads[1], heads[0]);
    // It is not said twice, and not the other way round.
    history.begins_with(heads[0], heads[1]);
    history.begins_with(heads[1], heads[0]);
    assert_eq!(gaps(&history.clone().compare()), [[700, 900]]);
    // A link over something that nobody has signed.
    let between = TreeHead { size: 800, ..heads[0] };
    history.begins_with(between, heads[1]);
    history.begins_with(heads[2], between);
    assert!(history.compare().is_complete());
}

#[test]
fn a_proof_without_its_checkpoints_shows_nothing() {
    let ([one, _], key) = logs();
    let comparison = compared(&one, &[300], &[(300, 900), (512, 700)], &key);
    let shows: Vec<_> = comparison.proofs.iter().map(|proof| proof.shows.clone()).collect();
    assert_eq!(shows, [Shows::Nothing(vec![900]), Shows::Nothing(vec![512, 700])]);
    assert!(comparison.is_sound() && !comparison.is_complete());
    assert!(History::new().compare().is_complete());
}
