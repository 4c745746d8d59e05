//! Whether checkpoints from several places are of one log (section 5). Each of them can be signed, and be right in
//! itself: that the key has signed two logs shows only where they are put beside each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::consistency::ConsistencyProof;
use crate::hash::Hash;
use crate::tree::{TreeHead, verify_consistency};

/// Checkpoints that somebody has collected, and what is proven of them.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// What is to be of one log, and where it stands: names of files, for whoever reads of it.
    heads: BTreeMap<TreeHead, Vec<String>>,
    /// What a tree is proven to begin with.
    begins_with: BTreeMap<TreeHead, BTreeSet<TreeHead>>,
    proofs: Vec<(String, ConsistencyProof)>,
}

/// What comes of putting checkpoints beside each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Different tree heads.
    pub heads: usize,
    /// Sizes at which two trees were signed: there are two logs, and no error of anybody else explains it.
    pub forks: Vec<Fork>,
    /// What became of each consistency proof.
    pub proofs: Vec<ProofReport>,
    /// Neighbours of which nobody has proven that they are of one log, by size.
    pub gaps: Vec<Gap>,
}

/// Two checkpoints of one size with different roots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// Their size.
    pub size: u64,
    /// Where the one stands, and where the other.
    pub places: [String; 2],
}

/// Two checkpoints that were not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The sizes of the older and the younger one: those of the consistency proof that is missing.
    pub sizes: [u64; 2],
    /// Where they stand.
    pub places: [String; 2],
}

/// What became of a consistency proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProofReport {
    /// Where it stands.
    pub place: String,
    /// The sizes of the older and the younger tree.
    pub sizes: [u64; 2],
    /// What it shows.
    pub shows: Shows,
}

/// What a consistency proof shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shows {
    /// That the younger log begins with the older one.
    Extended,
    /// That it does not.
    NotExtended,
    /// Nothing: there is no checkpoint of these sizes to compare with.
    Nothing(Vec<u64>),
}

impl History {
    /// Without anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a tree head and where it stands: that of a checkpoint that the key of the log has signed, or the end of a
    /// log that was verified.
    pub fn head(&mut self, head: TreeHead, place: &str) {
        let places = self.heads.entry(head).or_default();
        if !places.iter().any(|it| it == place) {
            places.push(place.to_owned());
        }
    }

    /// Takes that a tree is proven to begin with another.
    pub fn begins_with(&mut self, younger: TreeHead, older: TreeHead) {
        if older.size < younger.size {
            self.begins_with.entry(younger).or_default().insert(older);
        }
    }

    /// Takes a consistency proof and where it stands. It is judged when all checkpoints are there.
    pub fn proof(&mut self, proof: ConsistencyProof, place: &str) {
        self.proofs.push((place.to_owned(), proof));
    }

    /// Puts them beside each other.
    pub fn compare(mut self) -> Comparison {
        let proofs = std::mem::take(&mut self.proofs);
        let judged = proofs.into_iter().map(|(place, proof)| {
            let (sizes, shows) = ([proof.first, proof.second], self.judge(&proof));
            ProofReport { place, sizes, shows }
        });
        let proofs: Vec<ProofReport> = judged.collect();
        // A proof that shows nothing refutes nothing either, for nobody has signed it: the gap stays.
        let (forks, gaps) = (self.forks(), self.gaps());
        Comparison { heads: self.heads.len(), forks, proofs, gaps }
    }

    /// Where two trees of a size were signed, at most one of them can be that of the proof. That there are two is a
    /// fork, and told as that.
    fn judge(&mut self, proof: &ConsistencyProof) -> Shows {
        let [older, younger] = [proof.first, proof.second].map(|size| self.of_size(size));
        let sizes = [(proof.first, &older), (proof.second, &younger)];
        let missing: Vec<u64> =
            sizes.iter().filter(|(_, heads)| heads.is_empty()).map(|(size, _)| *size).collect();
        if !missing.is_empty() {
            return Shows::Nothing(missing);
        }
        let mut shows = Shows::NotExtended;
        for (older, younger) in older.iter().flat_map(|older| younger.iter().map(move |it| (older, it))) {
            if verify_consistency(older.size, &older.root, younger.size, &younger.root, &proof.proof) {
                self.begins_with(*younger, *older);
                shows = Shows::Extended;
            }
        }
        shows
    }

    fn of_size(&self, size: u64) -> Vec<TreeHead> {
        let [first, last] = [0, u8::MAX].map(|byte| TreeHead { size, root: Hash([byte; 32]) });
        self.heads.range(first..=last).map(|(head, _)| *head).collect()
    }

    fn place(&self, head: &TreeHead) -> String {
        self.heads.get(head).and_then(|places| places.first()).cloned().unwrap_or_default()
    }

    fn forks(&self) -> Vec<Fork> {
        let mut forks = Vec::new();
        let mut first: Option<&TreeHead> = None;
        for head in self.heads.keys() {
            match first.filter(|first| first.size == head.size) {
                Some(first) => {
                    let places = [self.place(first), self.place(head)];
                    forks.push(Fork { size: head.size, places });
                }
                None => first = Some(head),
            }
        }
        forks
    }

    /// Neighbours are enough: of three, the first is the beginning of the last if it is that of the second, and the
    /// second is that of the last.
    fn gaps(&self) -> Vec<Gap> {
        let largest = self.largest_beginnings();
        let sizes: BTreeSet<u64> = self.heads.keys().map(|head| head.size).collect();
        let mut gaps = Vec::new();
        for (older, younger) in sizes.iter().zip(sizes.iter().skip(1)) {
            let (before, behind) = (self.of_size(*older), self.of_size(*younger));
            let is_linked = behind.iter().any(|head| {
                let mut beginnings = std::iter::successors(Some(head), |head| largest.get(head));
                beginnings.any(|beginning| before.contains(beginning))
            });
            if let (false, Some(before), Some(behind)) = (is_linked, before.first(), behind.first()) {
                let places = [self.place(before), self.place(behind)];
                gaps.push(Gap { sizes: [*older, *younger], places });
            }
        }
        gaps
    }

    /// The largest tree with which each tree begins. All that one tree begins with begin with each other, too, the
    /// larger with the smaller: so each hands down all but its largest to that, from the largest tree to the smallest.
    fn largest_beginnings(&self) -> BTreeMap<TreeHead, TreeHead> {
        let mut open = self.begins_with.clone();
        let mut largest = BTreeMap::new();
        while let Some((head, mut beginnings)) = open.pop_last() {
            let Some(next) = beginnings.pop_last() else { continue };
            largest.insert(head, next);
            if !beginnings.is_empty() {
                open.entry(next).or_default().append(&mut beginnings);
            }
        }
        largest
    }
}

impl Comparison {
    /// Whether nothing is wrong, as far as something was compared.
    pub fn is_sound(&self) -> bool {
        self.forks.is_empty() && self.proofs.iter().all(|proof| proof.shows != Shows::NotExtended)
    }

    /// Whether all checkpoints were compared, and each proof showed something.
    pub fn is_complete(&self) -> bool {
        let shows_something = |proof: &ProofReport| !matches!(proof.shows, Shows::Nothing(_));
        self.gaps.is_empty() && self.proofs.iter().all(shows_something)
    }
}
