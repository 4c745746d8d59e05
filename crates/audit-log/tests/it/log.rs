//! Invented logs: clinicians of a few facilities who read books, and what is stored of it.

use std::convert::Infallible;

use fhir::Instant;
use healthbook_audit_log::block::PlacedBlock;
use healthbook_audit_log::tree::{BLOCK_LENGTH, NodeId, NodeSource};
use healthbook_audit_log::verify::{self, Report};
use healthbook_audit_log::{Action, Entry, Hash, LogName, LogWriter, Outcome, SigningKey};
use uuid::Uuid;

/// 2026-11-28T00:00:00Z.
pub const BEGINNING: i64 = 1_795_824_000_000_000;

/// Numbers that are the same in every run (splitmix64).
#[derive(Debug, Clone)]
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn id(&mut self) -> Uuid {
        let [high, low] = [self.next(), self.next()];
        uuid::Builder::from_random_bytes((u128::from(high) << 64 | u128::from(low)).to_be_bytes()).into_uuid()
    }
}

/// The work of 32 clinicians of 10 facilities with 200 patients: reads by id, searches and what they include, writes.
pub struct Work {
    numbers: Numbers,
    clinicians: Vec<Entry<'static>>,
    at: Vec<usize>,
    patients: Vec<[Uuid; 2]>,
    time: i64,
    step: u64,
    last: Entry<'static>,
}

impl Work {
    /// `step` is the longest time between two entries, in microseconds.
    pub fn new(seed: u64, step: u64) -> Self {
        let mut numbers = Numbers(seed);
        let facilities: Vec<Uuid> = (0..10).map(|_| numbers.id()).collect();
        let clinicians = (0..32_usize).map(|number| Entry {
            agent: format!("Practitioner/{}", numbers.id()).into(),
            agent_name: format!("BS. Nguyễn Thị Minh {number}").into(),
            role: ["physician", "nurse"][number % 2].into(),
            organization: format!("Organization/{}", facilities[number % 10]).into(),
            organization_name: format!("Bệnh viện Đa khoa Tỉnh {}", number % 10).into(),
            client: format!("his-{}", number % 10).into(),
            purpose: "TREAT".into(),
            authority: ["physician.care/encounter", "nurse.care/encounter"][number % 2].into(),
            policy: "2026-11-28.1".into(),
            ..Entry::default()
        });
        let clinicians = clinicians.collect();
        let patients = (0..200).map(|_| [numbers.id(), numbers.id()]).collect();
        let time = BEGINNING;
        Self { numbers, clinicians, at: vec![0; 32], patients, time, step, last: Entry::default() }
    }
}

impl Iterator for Work {
    type Item = Entry<'static>;

    fn next(&mut self) -> Option<Entry<'static>> {
        let numbers = &mut self.numbers;
        self.time += numbers.below(self.step) as i64;
        let who = numbers.below(32) as usize;
        if numbers.below(4) == 0 {
            self.at[who] = numbers.below(200) as usize;
        }
        let [patient, visit] = self.patients[self.at[who]];
        let mut entry = self.clinicians[who].clone();
        entry.request = numbers.id();
        entry.salt = numbers.id().into_bytes();
        entry.time = Instant::from_microseconds(self.time);
        entry.patient = format!("Patient/{patient}").into();
        entry.basis = format!("Encounter/{visit}").into();
        entry.version = (1 + numbers.below(3)).to_string().into();
        entry.shown = 1;
        let kind = ["Observation", "MedicationRequest", "Condition"][numbers.below(3) as usize];
        entry.resource = format!("{kind}/{}", numbers.id()).into();
        match numbers.below(20) {
            0..=10 => {}
            11 | 12 => entry.resource = entry.patient.clone(),
            13..=16 => {
                entry.action = Action::Search;
                entry.resource = "".into();
                entry.version = "".into();
                entry.query = format!("{kind}?patient&code&_count=50").into();
                entry.shown = numbers.below(12) as u32;
            }
            17 => {
                entry = Entry { action: Action::Include, salt: entry.salt, ..self.last.clone() };
                entry.resource = format!("{kind}/{}", numbers.id()).into();
            }
            18 => entry.action = Action::Create,
            _ => {
                entry.outcome = Outcome::Refused;
                entry.shown = 0;
                entry.basis = "".into();
            }
        }
        self.last = entry.clone();
        Some(entry)
    }
}

/// A log as it is stored.
#[derive(Debug, Clone, Default)]
pub struct Stored {
    pub blocks: Vec<PlacedBlock>,
    pub checkpoints: Vec<String>,
}

pub fn key() -> SigningKey {
    SigningKey::from_pkcs8(LogName::new("test.example").unwrap(), &SigningKey::generate().unwrap()).unwrap()
}

/// Stores entries, and signs at the given sizes.
pub fn store(entries: &[Entry<'_>], sizes: &[u64], key: &SigningKey) -> Stored {
    let mut stored = Stored::default();
    let mut writer = LogWriter::new(key.verifying().name().clone());
    let mut time = BEGINNING;
    for entry in entries {
        stored.blocks.extend(writer.push(entry));
        time = time.max(entry.time.microseconds());
        if sizes.contains(&writer.size()) {
            stored.checkpoints.push(sign(&writer, time + 2_000_000, key));
        }
    }
    stored.blocks.extend(writer.unfinished());
    stored
}

pub fn sign(writer: &LogWriter, time: i64, key: &SigningKey) -> String {
    writer.checkpoint(Instant::from_microseconds(time)).sign(key).unwrap()
}

impl Stored {
    pub fn verify(&self, key: &SigningKey, known: &[String]) -> Report {
        let blocks = self.blocks.iter().cloned().map(Ok::<_, Infallible>);
        let checkpoints = self.checkpoints.iter().cloned().map(Ok);
        verify::log(key.verifying(), known, blocks, checkpoints).unwrap()
    }
}

impl NodeSource for Stored {
    type Error = &'static str;

    fn node(&self, id: NodeId) -> Result<Hash, Self::Error> {
        let block = (((id.index + 1) << id.level) / BLOCK_LENGTH as u64 - 1) as usize;
        let placed = self.blocks.get(block).ok_or("no such block")?;
        placed.nodes.get(usize::from(id.level) - 8).copied().ok_or("no such node")
    }

    fn leaves(&self, block: u64) -> Result<Vec<Hash>, Self::Error> {
        let placed = self.blocks.get(block as usize).ok_or("no such block")?;
        placed.block.leaf_hashes().map_err(|_| "damaged")
    }
}
