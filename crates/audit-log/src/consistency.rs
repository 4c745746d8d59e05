//! That the log that was signed begins with an older one: for whoever has kept a checkpoint of that, with no access to
//! anything in it (section 6).

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::hash::Hash;
use crate::note::VerifyingKey;
use crate::verify::Kind;

/// What the files are called in themselves.
const FORMAT: &str = "healthbook-access-log-consistency-1";

/// The proof that a log begins with an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsistencyProof {
    format: String,
    /// The name of the log.
    pub log: String,
    /// Its public key. Who verifies must know it from elsewhere.
    pub vkey: String,
    /// The size of the older tree.
    pub first: u64,
    /// The size of the younger tree.
    pub second: u64,
    /// The consistency proof.
    pub proof: Vec<Hash>,
    /// The note of the checkpoint of the younger tree, where one was signed at that size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<String>,
}

impl ConsistencyProof {
    /// The proof that the tree of a size begins with that of another.
    pub fn new(
        key: &VerifyingKey,
        (first, second): (u64, u64),
        proof: Vec<Hash>,
        checkpoint: Option<String>,
    ) -> Self {
        let (log, vkey) = (key.name().to_string(), key.to_string());
        Self { format: FORMAT.to_owned(), log, vkey, first, second, proof, checkpoint }
    }

    /// A file that is one, whether it holds or not.
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(json).ok().filter(|proof| proof.format == FORMAT)
    }

    /// The checkpoint of the younger tree, where the file has one. Whether the proof holds is for [`crate::history`] to
    /// say: that needs a checkpoint of the older tree, too.
    pub fn checkpoint(&self, key: &VerifyingKey) -> Result<Option<Checkpoint>, Kind> {
        if self.log != key.name().as_str() || !key.is_named(&self.vkey) {
            return Err(Kind::FileKey);
        }
        let signed = self.checkpoint.as_deref().map(|note| Checkpoint::open(note, key)).transpose();
        let signed = signed.map_err(Kind::from)?;
        if signed.as_ref().is_none_or(|signed| signed.size() == self.second) {
            Ok(signed)
        } else {
            Err(Kind::OtherSize)
        }
    }
}

#[cfg(test)]
mod tests {
    use fhir::Instant;

    use super::*;
    use crate::history::{History, Shows};
    use crate::note::{LogName, SigningKey};
    use crate::tree::{hash_leaf, hash_node, root_of};

    fn new_key() -> SigningKey {
        let name = LogName::new("example").unwrap();
        SigningKey::from_pkcs8(name, &SigningKey::generate().unwrap()).unwrap()
    }

    fn checkpoint(key: &SigningKey, leaves: &[Hash]) -> Checkpoint {
        let (size, time) = (leaves.len() as u64, Instant::from_microseconds(1_000_000));
        Checkpoint::new(key.verifying().name().clone(), size, root_of(leaves), time)
    }

    #[test]
    fn a_log_that_goes_on_is_told_from_one_that_was_changed() {
        let key = new_key();
        let leaves: Vec<Hash> = (0..7_u8).map(|number| hash_leaf(&[number])).collect();
        let [a, b, c, d, e, f, j] = <[Hash; 7]>::try_from(leaves.clone()).unwrap();
        let (older, younger) = (checkpoint(&key, &leaves[..3]), checkpoint(&key, &leaves));
        // RFC 6962, section 2.1.3: the proof of three in seven leaves is [c, d, g, l].
        let l = hash_node(&hash_node(&e, &f), &j);
        let proof = vec![c, d, hash_node(&a, &b), l];
        let note = younger.sign(&key).unwrap();
        let proof = ConsistencyProof::new(key.verifying(), (3, 7), proof, Some(note.clone()));
        let read = ConsistencyProof::read(&serde_json::to_vec(&proof).unwrap()).unwrap();
        assert_eq!(read, proof);
        assert_eq!(read.checkpoint(key.verifying()), Ok(Some(younger.clone())));
        let shows = |proof: &ConsistencyProof, known: &[&Checkpoint]| {
            let mut history = History::new();
            known.iter().for_each(|known| history.head(known.head(), "known"));
            history.proof(proof.clone(), "proof");
            history.compare().proofs.remove(0).shows
        };
        assert_eq!(shows(&read, &[&older, &younger]), Shows::Extended);
        // Without what was kept there is nothing to compare with; another size says nothing.
        let four = checkpoint(&key, &leaves[..4]);
        assert_eq!(shows(&read, &[]), Shows::Nothing(vec![3, 7]));
        assert_eq!(shows(&read, &[&younger, &four]), Shows::Nothing(vec![3]));
        assert_eq!(shows(&read, &[&older, &four]), Shows::Nothing(vec![7]));
        // The key has signed another beginning, or another end.
        let (forged, end) = (checkpoint(&key, &[a, b, d]), checkpoint(&key, &[a, b, c, d, e, f, f]));
        assert_eq!(shows(&read, &[&forged, &younger]), Shows::NotExtended);
        assert_eq!(shows(&read, &[&older, &end]), Shows::NotExtended);
        let two = checkpoint(&key, &leaves[..2]);
        let six = checkpoint(&key, &leaves[..6]);
        let bad = [
            ConsistencyProof { first: 2, ..proof.clone() },
            ConsistencyProof { second: 6, ..proof.clone() },
            ConsistencyProof { proof: vec![c, d, l], ..proof.clone() },
        ];
        for bad in bad {
            assert_eq!(shows(&bad, &[&older, &two, &six, &younger]), Shows::NotExtended, "{bad:?}");
        }
    }

    #[test]
    fn the_checkpoint_of_a_proof_is_that_of_its_size_and_key() {
        let (key, other) = (new_key(), new_key());
        let leaves: Vec<Hash> = (0..7_u8).map(|number| hash_leaf(&[number])).collect();
        let signed = |key: &SigningKey, size: usize| checkpoint(key, &leaves[..size]).sign(key).unwrap();
        let of = |note: Option<String>| {
            ConsistencyProof::new(key.verifying(), (3, 7), Vec::new(), note).checkpoint(key.verifying())
        };
        assert_eq!(of(None), Ok(None));
        assert_eq!(of(Some(signed(&key, 6))), Err(Kind::OtherSize));
        assert_eq!(of(Some(signed(&other, 7))), Err(Kind::Checkpoint));
        assert_eq!(of(Some(signed(&key, 7).replacen("\n7\n", "\n8\n", 1))), Err(Kind::Checkpoint));
        let bare = ConsistencyProof::new(key.verifying(), (3, 7), Vec::new(), None);
        assert!(!serde_json::to_string(&bare).unwrap().contains("checkpoint"));
        assert_eq!(bare.checkpoint(other.verifying()), Err(Kind::FileKey));
        assert!(ConsistencyProof::read(b"{}").is_none());
    }
}
