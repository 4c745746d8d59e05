//! That the log that was signed begins with an older one: for whoever has kept a checkpoint of that, with no access to
//! anything in it (section 6).

use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::extract::extends;
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

/// What a proof has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extended {
    /// The younger checkpoint.
    pub checkpoint: Checkpoint,
    /// Checkpoints to compare with that are of other sizes than those of the proof: it says nothing of them.
    pub not_compared: usize,
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

    /// Verifies a proof by a key, and by notes of checkpoints that are known from elsewhere: one of the older size must be
    /// among them, and one of the younger size where the file has none. All of these sizes are compared.
    ///
    /// # Errors
    /// What is wrong. Without checkpoints of both sizes a proof shows nothing: [`Kind::Unproven`].
    pub fn verify(&self, key: &VerifyingKey, known: &[String]) -> Result<Extended, Kind> {
        if self.log != key.name().as_str() || self.vkey != key.to_string() {
            return Err(Kind::ExtractKey);
        }
        let own = self.checkpoint.as_deref().map(|note| Checkpoint::open(note, key)).transpose();
        let own = own.map_err(|_| Kind::Checkpoint)?;
        if own.as_ref().is_some_and(|own| own.size() != self.second) {
            return Err(Kind::NotExtended);
        }
        let known = known.iter().map(|note| Checkpoint::open(note, key)).collect::<Result<Vec<_>, _>>();
        let known = known.map_err(|_| Kind::Known)?;
        let not_compared = known.iter().filter(|it| ![self.first, self.second].contains(&it.size())).count();
        let older: Vec<&Checkpoint> = known.iter().filter(|it| it.size() == self.first).collect();
        let younger: Vec<&Checkpoint> =
            own.iter().chain(&known).filter(|it| it.size() == self.second).collect();
        let (Some(_), Some(checkpoint)) = (older.first(), younger.first()) else {
            return Err(Kind::Unproven);
        };
        let holds = |older: &&Checkpoint| younger.iter().all(|younger| extends(older, younger, &self.proof));
        if older.iter().all(holds) {
            Ok(Extended { checkpoint: (*checkpoint).clone(), not_compared })
        } else {
            Err(Kind::NotExtended)
        }
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

    fn signed(key: &SigningKey, leaves: &[Hash]) -> String {
        let (size, time) = (leaves.len() as u64, Instant::from_microseconds(1_000_000));
        Checkpoint::new(key.verifying().name().clone(), size, root_of(leaves), time).sign(key).unwrap()
    }

    #[test]
    fn a_log_that_goes_on_is_told_from_one_that_was_changed() {
        let key = new_key();
        let leaves: Vec<Hash> = (0..7_u8).map(|number| hash_leaf(&[number])).collect();
        let [a, b, c, d, e, f, j] = <[Hash; 7]>::try_from(leaves.clone()).unwrap();
        let (older, younger) = (signed(&key, &leaves[..3]), signed(&key, &leaves));
        // RFC 6962, section 2.1.3: the proof of three in seven leaves is [c, d, g, l].
        let l = hash_node(&hash_node(&e, &f), &j);
        let proof = vec![c, d, hash_node(&a, &b), l];
        let proof = ConsistencyProof::new(key.verifying(), (3, 7), proof, Some(younger.clone()));
        let read = ConsistencyProof::read(&serde_json::to_vec(&proof).unwrap()).unwrap();
        assert_eq!(read, proof);
        let verify = |proof: &ConsistencyProof, known: &[&String]| {
            let known: Vec<String> = known.iter().map(|note| (*note).clone()).collect();
            proof.verify(key.verifying(), &known)
        };
        let shown = verify(&read, &[&older]).unwrap();
        assert_eq!((shown.checkpoint.size(), shown.not_compared), (7, 0));
        // Without what was kept there is nothing to compare with; another size says nothing, and it is told.
        let four = signed(&key, &leaves[..4]);
        assert_eq!(verify(&read, &[]), Err(Kind::Unproven));
        assert_eq!(verify(&read, &[&four]), Err(Kind::Unproven));
        assert_eq!(verify(&read, &[&older, &four]).unwrap().not_compared, 1);
        // The key has signed another beginning, or another end.
        let (forged, other_end) = (signed(&key, &[a, b, d]), signed(&key, &[a, b, c, d, e, f, f]));
        assert_eq!(verify(&read, &[&forged]), Err(Kind::NotExtended));
        assert_eq!(verify(&read, &[&older, &forged]), Err(Kind::NotExtended));
        assert_eq!(verify(&read, &[&older, &other_end]), Err(Kind::NotExtended));
        // A note that the key has not signed.
        assert_eq!(verify(&read, &[&older.replacen("\n3\n", "\n4\n", 1)]), Err(Kind::Known));
        assert_eq!(verify(&read, &[&signed(&new_key(), &leaves[..3])]), Err(Kind::Known));
        // A size that nothing was signed at is compared with what is known only.
        let bare = ConsistencyProof { checkpoint: None, ..proof.clone() };
        assert!(!serde_json::to_string(&bare).unwrap().contains("checkpoint"));
        assert_eq!(verify(&bare, &[&older]), Err(Kind::Unproven));
        assert!(verify(&bare, &[&older, &younger]).is_ok());
        let bad = [
            ConsistencyProof { first: 2, ..proof.clone() },
            ConsistencyProof { second: 6, ..proof.clone() },
            ConsistencyProof { proof: vec![c, d, l], ..proof.clone() },
            ConsistencyProof { checkpoint: Some(four.clone()), ..proof.clone() },
        ];
        for bad in bad {
            let two = signed(&key, &leaves[..2]);
            assert_eq!(verify(&bad, &[&older, &two]), Err(Kind::NotExtended), "{bad:?}");
        }
        assert_eq!(proof.verify(new_key().verifying(), &[older]), Err(Kind::ExtractKey));
        assert!(ConsistencyProof::read(b"{}").is_none());
    }
}
