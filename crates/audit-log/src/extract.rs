//! What a citizen gets: entries, each with the proof that it is in the log that was signed. A JSON file that can be
//! verified with nothing but the public key of the log.

use std::fmt::Display;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::checkpoint::Checkpoint;
use crate::entry::Entry;
use crate::hash::Hash;
use crate::note::VerifyingKey;
use crate::tree::{NodeSource, TreeError, hash_leaf, inclusion_proof, verify_consistency, verify_inclusion};
use crate::verify::Kind;

/// What the files are called in themselves.
const FORMAT: &str = "healthbook-access-log-extract-1";

/// Entries of a log with their proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extract {
    format: String,
    /// The name of the log.
    pub log: String,
    /// Its public key. Who verifies must know it from elsewhere.
    pub vkey: String,
    /// The note of the checkpoint to which the proofs lead.
    pub checkpoint: String,
    /// Proofs that this log begins with older ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub older: Vec<Older>,
    /// The entries, by position.
    pub entries: Vec<ProvenEntry>,
}

/// The proof that a log begins with an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Older {
    /// The note of the older checkpoint.
    pub checkpoint: String,
    /// The consistency proof.
    pub proof: Vec<Hash>,
}

/// An entry with its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvenEntry {
    /// Its position in the log.
    pub position: u64,
    /// For people. It must be what the leaf says, word for word.
    pub entry: Readable,
    /// The bytes of the leaf, base64.
    pub leaf: String,
    /// The inclusion proof.
    pub proof: Vec<Hash>,
}

/// An entry in words; what is empty is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields of an entry")]
pub struct Readable {
    pub time: String,
    pub request: String,
    pub action: String,
    pub outcome: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub agent_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub organization: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub organization_name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub client: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub patient: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub resource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub version: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    pub shown: u32,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub purpose: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub authority: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub basis: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub policy: String,
}

/// What an extract was found to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExtractReport {
    /// The checkpoint to which the proofs lead, when it is signed.
    pub checkpoint: Option<Checkpoint>,
    /// Entries that are proven.
    pub proven: u64,
    /// Older checkpoints with which the log is proven to begin.
    pub older: Vec<Checkpoint>,
    /// What is wrong, in the order of the file.
    pub faults: Vec<Fault>,
}

/// Something that is wrong with an extract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// What it is.
    pub kind: Kind,
    /// The position of the entry that it concerns; none where it is about the file as such.
    pub position: Option<u64>,
}

impl ExtractReport {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn add(&mut self, kind: Kind, position: Option<u64>) {
        self.faults.push(Fault { kind, position });
    }
}

impl Readable {
    /// What an entry says.
    pub fn of(entry: &Entry<'_>) -> Self {
        let microseconds = entry.time.microseconds();
        let time = jiff::Timestamp::from_microsecond(microseconds)
            .map_or_else(|_| microseconds.to_string(), |time| format!("{time:.6}"));
        let text = |text: &dyn Display| text.to_string();
        Self {
            time,
            request: text(&entry.request),
            action: text(&entry.action),
            outcome: text(&entry.outcome),
            agent: entry.agent.to_string(),
            agent_name: entry.agent_name.to_string(),
            role: entry.role.to_string(),
            organization: entry.organization.to_string(),
            organization_name: entry.organization_name.to_string(),
            client: entry.client.to_string(),
            patient: entry.patient.to_string(),
            resource: entry.resource.to_string(),
            version: entry.version.to_string(),
            query: entry.query.to_string(),
            shown: entry.shown,
            purpose: entry.purpose.to_string(),
            authority: entry.authority.to_string(),
            basis: entry.basis.to_string(),
            policy: entry.policy.to_string(),
        }
    }
}

impl ProvenEntry {
    /// An entry with its proof from what is stored.
    pub fn new<S: NodeSource>(
        entry: &Entry<'_>,
        position: u64,
        size: u64,
        source: &S,
    ) -> Result<Self, TreeError<S::Error>> {
        let proof = inclusion_proof(source, position, size)?;
        Ok(Self { position, entry: Readable::of(entry), leaf: STANDARD.encode(entry.to_leaf_bytes()), proof })
    }

    fn verify(&self, checkpoint: &Checkpoint) -> Result<(), Kind> {
        let leaf = STANDARD.decode(&self.leaf).map_err(|_| Kind::Entry)?;
        let entry = Entry::from_leaf_bytes(&leaf).map_err(|_| Kind::Entry)?;
        let (hash, root) = (hash_leaf(&leaf), checkpoint.root());
        if !verify_inclusion(&hash, self.position, checkpoint.size(), &self.proof, &root) {
            return Err(Kind::NotIncluded);
        }
        if Readable::of(&entry) == self.entry { Ok(()) } else { Err(Kind::Readable) }
    }
}

impl Extract {
    /// An extract of a log.
    pub fn new(key: &VerifyingKey, checkpoint: String, entries: Vec<ProvenEntry>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            log: key.name().to_string(),
            vkey: key.to_string(),
            checkpoint,
            older: Vec::new(),
            entries,
        }
    }

    /// The file.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// A file that is one, whether it holds or not.
    pub fn read(json: &[u8]) -> Option<Self> {
        serde_json::from_slice::<Self>(json).ok().filter(|extract| extract.format == FORMAT)
    }

    /// Reads and verifies a file by a key that is known from elsewhere.
    pub fn verify_json(json: &[u8], key: &VerifyingKey) -> ExtractReport {
        let Some(extract) = Self::read(json) else {
            let form = Fault { kind: Kind::FileForm, position: None };
            return ExtractReport { faults: vec![form], ..ExtractReport::default() };
        };
        extract.verify(key)
    }

    /// Verifies an extract by a key that is known from elsewhere. Whether its checkpoints are of one log with others is
    /// for [`crate::history`] to say.
    pub fn verify(&self, key: &VerifyingKey) -> ExtractReport {
        let mut report = ExtractReport::default();
        if self.log != key.name().as_str() || !key.is_named(&self.vkey) {
            report.add(Kind::FileKey, None);
        }
        let checkpoint = match Checkpoint::open(&self.checkpoint, key) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                report.add(error.into(), None);
                return report;
            }
        };
        let mut next = 0;
        for entry in &self.entries {
            let place = if entry.position < next { Err(Kind::EntryOrder) } else { Ok(()) };
            match place.and_then(|()| entry.verify(&checkpoint)) {
                Ok(()) => report.proven += 1,
                Err(kind) => report.add(kind, Some(entry.position)),
            }
            next = entry.position.saturating_add(1).max(next);
        }
        for older in &self.older {
            match Checkpoint::open(&older.checkpoint, key) {
                Ok(before) if extends(&before, &checkpoint, &older.proof) => report.older.push(before),
                Ok(_) => report.add(Kind::NotExtended, None),
                Err(error) => report.add(error.into(), None),
            }
        }
        report.checkpoint = Some(checkpoint);
        report
    }
}

/// Whether a proof shows that a log begins with an older one, both signed.
pub fn extends(older: &Checkpoint, younger: &Checkpoint, proof: &[Hash]) -> bool {
    older.log() == younger.log()
        && verify_consistency(older.size(), &older.root(), younger.size(), &younger.root(), proof)
}
