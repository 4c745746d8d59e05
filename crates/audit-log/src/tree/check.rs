//! What whoever holds a proof does with it: RFC 9162, sections 2.1.3.2 and 2.1.4.2, which say for the trees and
//! proofs of RFC 6962 how they are verified.

use super::hash_node;
use crate::hash::Hash;

/// Whether a proof shows that a leaf is at a position of the tree with this size and root.
pub fn verify_inclusion(leaf: &Hash, position: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if position >= size {
        return false;
    }
    let (mut node, mut last) = (position, size - 1);
    let mut hash = *leaf;
    for part in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = hash_node(part, &hash);
            // A node at the right edge has no sibling until it is a right child.
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = hash_node(&hash, part);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether a proof shows that the tree with this size and root begins with the older tree.
pub fn verify_consistency(older: u64, older_root: &Hash, size: u64, root: &Hash, proof: &[Hash]) -> bool {
    if older == 0 || older >= size {
        let same = older == size && older_root == root;
        return proof.is_empty() && (same || (older == 0 && *older_root == super::empty_root()));
    }
    // A complete older tree is a node of the younger one, and its root the beginning of the proof.
    let (first, rest) = match proof.split_first() {
        _ if older.is_power_of_two() => (older_root, proof),
        Some(split) => split,
        None => return false,
    };
    let (mut node, mut last) = (older - 1, size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut from_older, mut from_younger) = (*first, *first);
    for part in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            from_older = hash_node(part, &from_older);
            from_younger = hash_node(part, &from_younger);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_younger = hash_node(&from_younger, part);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && from_older == *older_root && from_younger == *root
}
