//! The tree against the published values of Certificate Transparency and against another implementation.

use std::convert::Infallible;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;

use super::*;

/// Keeps what is to be stored, as a database would.
#[derive(Default)]
struct Stored {
    nodes: std::collections::BTreeMap<NodeId, Hash>,
    leaves: Vec<Hash>,
    appender: Appender,
}

impl Stored {
    fn push(&mut self, bytes: &[u8]) {
        let leaf = hash_leaf(bytes);
        self.leaves.push(leaf);
        self.appender.push_with(leaf, |id, hash| assert_eq!(self.nodes.insert(id, hash), None));
    }
}

impl NodeSource for Stored {
    type Error = Infallible;

    fn node(&self, id: NodeId) -> Result<Hash, Infallible> {
        assert!(id.level >= BLOCK_LEVEL);
        Ok(self.nodes[&id])
    }

    fn leaves(&self, block: u64) -> Result<Vec<Hash>, Infallible> {
        let first = block as usize * BLOCK_LENGTH;
        Ok(self.leaves[first..self.leaves.len().min(first + BLOCK_LENGTH)].to_vec())
    }
}

/// Only what is wanted, as it would be fetched.
fn gather(stored: &Stored, wanted: Wanted) -> Gathered {
    Gathered {
        nodes: wanted.nodes.into_iter().map(|id| (id, stored.node(id).unwrap())).collect(),
        blocks: wanted.blocks.into_iter().map(|it| (it, stored.leaves(it).unwrap())).collect(),
    }
}

fn leaf(number: u64) -> Vec<u8> {
    number.to_le_bytes()[..(number % 9) as usize].to_vec()
}

fn both(size: u64) -> (Stored, MemoryBackedTree<Sha256, Vec<u8>>) {
    let (mut ours, mut theirs) = (Stored::default(), MemoryBackedTree::new());
    for number in 0..size {
        ours.push(&leaf(number));
        theirs.push(leaf(number));
    }
    (ours, theirs)
}

fn hex(hash: Hash) -> String {
    hash.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(proof: &[Hash]) -> Vec<u8> {
    proof.iter().flat_map(|hash| hash.0).collect()
}

/// The leaves and roots of the reference implementation of Certificate Transparency (`merkle_tree_test`).
#[test]
fn the_roots_of_the_reference_leaves() {
    let leaves: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut tree = Appender::new();
    assert_eq!(hex(tree.root()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (leaf, root) in leaves.into_iter().zip(roots) {
        tree.push(hash_leaf(leaf));
        assert_eq!(hex(tree.root()), root);
    }
}

#[test]
fn every_small_tree_is_that_of_another_implementation() {
    for size in 0..=300_u64 {
        let (ours, theirs) = both(size);
        let their_root = theirs.root();
        let root_now = root(&ours, size).unwrap();
        assert_eq!(&root_now.0[..], their_root.as_bytes().as_slice());
        assert_eq!(ours.appender.root(), root_now);
        assert_eq!(Appender::resume(size, &ours).unwrap(), ours.appender);
        for position in 0..size {
            if size > 40 && position % 7 != 0 && position + 3 < size {
                continue;
            }
            let proof = inclusion_proof(&ours, position, size).unwrap();
            assert_eq!(bytes(&proof), theirs.prove_inclusion(position as usize).as_bytes());
            assert!(verify_inclusion(&ours.leaves[position as usize], position, size, &proof, &root_now));
        }
        for older in 1..size {
            if size > 40 && older % 7 != 0 && older + 3 < size {
                continue;
            }
            let proof = consistency_proof(&ours, older, size).unwrap();
            assert_eq!(bytes(&proof), theirs.prove_consistency((size - older) as usize).as_bytes());
            let older_root = root(&ours, older).unwrap();
            assert!(verify_consistency(older, &older_root, size, &root_now, &proof));
        }
    }
}

#[test]
fn what_lies_outside_has_no_proof() {
    let (ours, _) = both(10);
    let nothing = empty_root();
    assert_eq!(inclusion_proof(&ours, 10, 10), Err(TreeError::OutOfRange));
    assert_eq!(inclusion_proof(&ours, 0, u64::MAX), Err(TreeError::OutOfRange));
    assert_eq!(consistency_proof(&ours, 11, 10), Err(TreeError::OutOfRange));
    assert_eq!(root(&ours, 11), Err(TreeError::Incomplete(0)));
    let ten = root(&ours, 10).unwrap();
    assert_eq!(consistency_proof(&ours, 0, 10), Ok(vec![]));
    assert!(verify_consistency(0, &nothing, 10, &ten, &[]));
    assert!(!verify_consistency(0, &ten, 10, &ten, &[]));
    assert!(verify_consistency(10, &ten, 10, &ten, &[]));
    assert!(!verify_consistency(10, &nothing, 10, &ten, &[]));
    assert!(!verify_consistency(11, &ten, 10, &ten, &[]));
    assert!(!verify_inclusion(&ten, 0, 0, &[], &nothing));
    assert!(!verify_inclusion(&ten, u64::MAX, u64::MAX, &[], &nothing));
}

#[test]
fn a_block_says_which_nodes_it_completes() {
    let (ours, _) = both(8 * BLOCK_LENGTH as u64 + 5);
    let said: Vec<NodeId> = (0..8).flat_map(completed_by).collect();
    let mut stored: Vec<NodeId> = ours.nodes.keys().copied().collect();
    stored.sort_by_key(|id| (id.positions().1, id.level));
    assert_eq!(said, stored);
    assert!(completed_by(u64::MAX).count() < 256);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn large_trees_are_those_of_another_implementation(
        size in 301..9_000_u64,
        picks in prop::collection::vec((any::<u64>(), any::<u64>()), 40),
    ) {
        let (ours, _) = both(size);
        for (now, other) in picks {
            let now = now % size + 1;
            let position = other % now;
            let root_now = root(&ours, now).unwrap();
            prop_assert_eq!(root_now, root_of(&ours.leaves[..now as usize]));
            let proof = inclusion_proof(&ours, position, now).unwrap();
            prop_assert!(verify_inclusion(&ours.leaves[position as usize], position, now, &proof, &root_now));
            let wanted = wanted_for_inclusion(position, now).unwrap();
            prop_assert!(wanted.blocks.len() <= 2);
            let fetched = gather(&ours, wanted);
            prop_assert_eq!(inclusion_proof(&fetched, position, now), Ok(proof.clone()));
            // Nowhere else, nothing else, no other tree, no other proof.
            prop_assert!(!verify_inclusion(&ours.leaves[position as usize], (position + 1) % now, now, &proof, &root_now) || now == 1);
            prop_assert!(!verify_inclusion(&empty_root(), position, now, &proof, &root_now));
            if let Some((_, shorter)) = proof.split_last() {
                prop_assert!(!verify_inclusion(&ours.leaves[position as usize], position, now, shorter, &root_now));
            }
            let mut longer = proof.clone();
            longer.push(root_now);
            prop_assert!(!verify_inclusion(&ours.leaves[position as usize], position, now, &longer, &root_now));

            let older = position + 1;
            let older_root = root(&ours, older).unwrap();
            let proof = consistency_proof(&ours, older, now).unwrap();
            prop_assert!(verify_consistency(older, &older_root, now, &root_now, &proof));
            prop_assert!(!verify_consistency(older, &empty_root(), now, &root_now, &proof));
            prop_assert!(!verify_consistency(older, &older_root, now, &empty_root(), &proof));
            let fetched = gather(&ours, wanted_for_consistency(older, now).unwrap());
            prop_assert_eq!(consistency_proof(&fetched, older, now), Ok(proof));
            let fetched = gather(&ours, wanted_for_root(now).unwrap());
            prop_assert_eq!(root(&fetched, now), Ok(root_now));
            let resumed = Appender::resume(now, &fetched).unwrap();
            prop_assert_eq!((resumed.size(), resumed.root()), (now, root_now));
        }
        let (_, theirs) = both(size);
        let theirs_root = theirs.root();
        prop_assert_eq!(&root(&ours, size).unwrap().0[..], theirs_root.as_bytes().as_slice());
        for part in 1..20 {
            let position = size * part / 20;
            let proof = inclusion_proof(&ours, position, size).unwrap();
            prop_assert_eq!(bytes(&proof), theirs.prove_inclusion(position as usize).as_bytes().to_vec());
            let proof = consistency_proof(&ours, position, size).unwrap();
            prop_assert_eq!(bytes(&proof), theirs.prove_consistency((size - position) as usize).as_bytes().to_vec());
        }
    }

    #[test]
    fn no_proof_makes_the_check_fall_over(
        numbers in any::<[u64; 2]>(),
        proof in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..70),
    ) {
        let [one, two] = numbers;
        for (one, two) in [(one, two), (two, one), (one % 100, two % 100)] {
            prop_assert!(!verify_inclusion(&empty_root(), one, two, &proof, &empty_root()));
            prop_assert!(!verify_consistency(one, &Hash([1; 32]), two, &empty_root(), &proof));
        }
    }
}
