//! That one entry is in the log that was signed, without what it says: for whoever reads it in another form (section 6).

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::VerifyingKey;
use crate::tree::verify_inclusion;
use crate::verify::Kind;

/// What the files are called in themselves.
const FORMAT: &str = "healthbook-access-log-proof-1";

/// The proof of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryProof {
    format: String,
    /// The name of the log.
    pub log: String,
    /// Its public key. Who verifies must know it from elsewhere.
    pub vkey: String,
    /// The position of the entry.
    pub index: u64,
    /// The hash of its leaf.
    pub leaf: Hash,
    /// The size of the tree, that of the checkpoint.
    pub size: u64,
    /// The inclusion proof.
    pub proof: Vec<Hash>,
    /// The note of the checkpoint.
    pub checkpoint: String,
}

impl EntryProof {
    /// The proof of the entry at a position, up to a checkpoint that the key has signed.
    pub fn new(key: &VerifyingKey, checkpoint: String, index: u64, leaf: Hash, proof: Vec<Hash>) -> Self {
        let size = Checkpoint::open(&checkpoint, key).map_or(0, |signed| signed.size());
        let (log, vkey) = (key.name().to_string(), key.to_string());
        Self { format: FORMAT.to_owned(), log, vkey, index, leaf, size, proof, checkpoint }
    }

    /// A file that is one, whether it holds or not.
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(json).ok().filter(|proof| proof.format == FORMAT)
    }

    /// Verifies a proof by a key that is known from elsewhere; gives the checkpoint to which it leads.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Checkpoint, Kind> {
        if self.log != key.name().as_str() || !key.is_named(&self.vkey) {
            return Err(Kind::FileKey);
        }
        let checkpoint = Checkpoint::open(&self.checkpoint, key).map_err(Kind::from)?;
        if self.size != checkpoint.size() {
            return Err(Kind::OtherSize);
        }
        let holds = verify_inclusion(&self.leaf, self.index, self.size, &self.proof, &checkpoint.root());
        if holds { Ok(checkpoint) } else { Err(Kind::NotIncluded) }
    }
}

#[cfg(test)]
mod tests {
    use fhir::Instant;

    use super::*;
    use crate::note::{LogName, SigningKey};
    use crate::tree::{hash_leaf, hash_node, root_of};

    fn new_key() -> SigningKey {
        let name = LogName::new("example").unwrap();
        SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap()
    }

    #[test]
    fn the_proof_of_an_entry_holds_and_that_of_another_does_not() {
        let key = new_key();
        let leaves = [b"one", b"two", b"six"].map(|text| hash_leaf(text));
        let time = Instant::from_microseconds(1_000_000);
        let signed =
            Checkpoint::new(key.verifying().name().clone(), 3, root_of(&leaves), time).sign(&key).unwrap();
        // RFC 6962, 2.1.1: of three leaves the second one is proven by the first and by the third.
        let path = vec![leaves[0], leaves[2]];
        let proof = EntryProof::new(key.verifying(), signed, 1, leaves[1], path);
        let read = EntryProof::read(&serde_json::to_vec(&proof).unwrap()).unwrap();
        assert_eq!(read.verify(key.verifying()).unwrap().size(), 3);
        let bad = [
            EntryProof { index: 2, ..proof.clone() },
            EntryProof { leaf: leaves[0], ..proof.clone() },
            EntryProof { proof: vec![hash_node(&leaves[0], &leaves[2])], ..proof.clone() },
        ];
        for bad in bad {
            assert_eq!(bad.verify(key.verifying()), Err(Kind::NotIncluded));
        }
        let other_size = EntryProof { size: 2, ..proof.clone() };
        assert_eq!(other_size.verify(key.verifying()), Err(Kind::OtherSize));
        assert_eq!(proof.verify(new_key().verifying()), Err(Kind::FileKey));
        assert!(EntryProof::read(b"{}").is_none());
    }
}
