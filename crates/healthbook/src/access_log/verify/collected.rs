//! What was handed over, and what has been found of it so far.

use std::path::Path;

use audit_log::checkpoint::CheckpointError;
use audit_log::consistency::ConsistencyProof;
use audit_log::document::Document;
use audit_log::history::History;
use audit_log::note::NoteError;
use audit_log::renewal::Lineage;
use audit_log::tree::TreeHead;
use audit_log::verify::{Kind, Report};
use audit_log::{Checkpoint, VerifyingKey};

use super::{files, words};
use crate::failure::{Failure, print};

/// All checkpoints that the key of the log has signed, wherever they stand, with what links them.
pub(super) struct Collected<'a> {
    key: &'a VerifyingKey,
    is_sound: bool,
    /// Whether the key leads back to the one that was kept, by nobody's word.
    is_proven: bool,
    /// The size of the largest checkpoint of the key of today.
    of_today: Option<u64>,
    /// What a key has signed that was given up since, or nobody has, and its size.
    not_of_today: Vec<(String, u64)>,
    /// Whether something is signed by a key that is not among those that were given.
    is_by_another: bool,
    checkpoints: Vec<Kept>,
    history: History,
}

/// A checkpoint, and the file in which it stands.
struct Kept {
    place: String,
    note: String,
    checkpoint: Checkpoint,
}

impl<'a> Collected<'a> {
    pub(super) fn new(key: &'a VerifyingKey) -> Result<Self, Failure> {
        print(&words::of_losses(key))?;
        let (checkpoints, history) = (Vec::new(), History::new());
        Ok(Self {
            key,
            is_sound: true,
            is_proven: true,
            of_today: None,
            not_of_today: Vec::new(),
            is_by_another: false,
            checkpoints,
            history,
        })
    }

    /// Takes a key that was kept from earlier.
    pub(super) fn kept_key(&mut self, kept: &VerifyingKey) -> Result<(), Failure> {
        let lineage = self.key.follows(kept);
        self.is_sound &= lineage != Lineage::Unknown;
        self.is_proven &= !matches!(lineage, Lineage::Lost(_) | Lineage::Untold);
        print(&words::of_lineage(lineage))
    }

    pub(super) fn key(&self) -> &'a VerifyingKey {
        self.key
    }

    /// The notes of the checkpoints of at most so many entries.
    pub(super) fn notes(&self, most: u64) -> Vec<String> {
        let within = self.checkpoints.iter().filter(|kept| kept.checkpoint.size() <= most);
        within.map(|kept| kept.note.clone()).collect()
    }

    /// Takes that something is sound, or is not.
    pub(super) fn judge(&mut self, is_sound: bool) {
        self.is_sound &= is_sound;
    }

    /// Takes a proof that a log goes on from an older one.
    pub(super) fn proof(&mut self, proof: ConsistencyProof, place: &str) {
        self.history.proof(proof, place);
    }

    /// Takes a checkpoint among the files. One that is mangled is wrong, and hides nothing that stands in the others.
    pub(super) fn note(&mut self, file: &Path) -> Result<(), Failure> {
        match self.known(file) {
            Err(Failure::Usage(error)) => {
                self.is_sound = false;
                print(&format!("WRONG: {error}\n"))
            }
            done => done,
        }
    }

    /// Takes a checkpoint to compare with.
    pub(super) fn known(&mut self, file: &Path) -> Result<(), Failure> {
        let (place, note) = (file.display().to_string(), files::note(file)?);
        match Checkpoint::open(&note, self.key) {
            Ok(checkpoint) => {
                print(&words::signed(&place, &checkpoint))?;
                self.checkpoints.push(Kept { place, note, checkpoint });
            }
            Err(error @ CheckpointError::Note(NoteError::Form)) => {
                return Err(files::no_checkpoint(file, &error.to_string()));
            }
            Err(error) => {
                self.is_sound = false;
                self.look_at(error.into());
                print(&words::not_signed(&place, &error))?;
            }
        }
        Ok(())
    }

    /// Takes by which key something is signed: one that was given up may be known to others.
    fn signed_by(&mut self, place: &str, checkpoint: &Checkpoint) {
        match checkpoint.is_by_earlier_key() {
            true => self.not_of_today.push((place.to_owned(), checkpoint.size())),
            false => self.of_today = self.of_today.max(Some(checkpoint.size())),
        }
    }

    /// Takes what is wrong: it may be the key that was given.
    fn look_at(&mut self, kind: Kind) {
        self.is_by_another |= matches!(kind, Kind::Checkpoint | Kind::FileKey);
    }

    /// Verifies an extract or a proof, and takes the checkpoints in it. Those that are signed say something, whatever
    /// is wrong beside them.
    pub(super) fn document(&mut self, file: &Path) -> Result<(), Failure> {
        let place = file.display().to_string();
        let bytes = files::read(file)?;
        let Some(document) = Document::read(&bytes) else {
            self.is_sound = false;
            return print(&words::of_file(&place, Kind::FileForm));
        };
        for note in document.note().into_iter().chain(document.older_notes()) {
            if let Ok(checkpoint) = Checkpoint::open(note, self.key) {
                self.checkpoints.push(Kept { place: place.clone(), note: note.to_owned(), checkpoint });
            }
        }
        match document {
            Document::Extract(extract) => {
                let report = extract.verify(self.key);
                if let Some(younger) = &report.checkpoint {
                    report
                        .older
                        .iter()
                        .for_each(|older| self.history.begins_with(younger.head(), older.head()));
                }
                self.is_sound &= report.is_sound();
                report.faults.iter().for_each(|fault| self.look_at(fault.kind));
                print(&words::of_extract(&place, &report))
            }
            Document::Entry(proof) => {
                let verified = proof.verify(self.key);
                self.is_sound &= verified.is_ok();
                if let Err(kind) = verified {
                    self.look_at(kind);
                }
                print(&words::of_entry(&place, proof.index, &verified))
            }
            Document::Consistency(proof) => match proof.checkpoint(self.key) {
                Ok(younger) => {
                    self.proof(proof, &place);
                    younger.map_or(Ok(()), |younger| print(&words::signed(&place, &younger)))
                }
                Err(kind) => {
                    self.is_sound = false;
                    self.look_at(kind);
                    print(&words::of_file(&place, kind))
                }
            },
        }
    }

    /// Takes what a whole log says of the checkpoints: those that it holds are of one log with its end. Those that it
    /// refutes have been compared, and were found wrong.
    pub(super) fn log(&mut self, name: &str, report: &Report, end: Option<TreeHead>) -> Result<(), Failure> {
        report.findings.iter().for_each(|finding| self.look_at(finding.kind));
        match &report.last {
            Some(last) => self.signed_by(name, last),
            None if report.entries > 0 => self.not_of_today.push((name.to_owned(), report.entries)),
            None => {}
        }
        let mut held: Vec<TreeHead> = report.known.held.iter().map(Checkpoint::head).collect();
        if report.is_sound() {
            end.into_iter().for_each(|end| self.history.head(end, name));
            held.extend(end);
        }
        held.sort_unstable();
        for (older, younger) in held.iter().zip(held.iter().skip(1)) {
            self.history.begins_with(*younger, *older);
        }
        for refuted in &report.known.refuted {
            let at = |kept: &mut Kept| kept.checkpoint.head() == refuted.head();
            for kept in self.checkpoints.extract_if(.., at) {
                print(&words::refuted(name, &kept.place, refuted))?;
            }
        }
        Ok(())
    }

    /// Compares all of it, and gives the verdict.
    pub(super) fn compare(mut self) -> Result<(), Failure> {
        for kept in std::mem::take(&mut self.checkpoints) {
            self.signed_by(&kept.place, &kept.checkpoint);
            self.history.head(kept.checkpoint.head(), &kept.place);
        }
        let comparison = self.history.compare();
        print(&words::of_comparison(&comparison))?;
        // What only such a key has signed counts as far as today's key has signed, too.
        let is_shown = |size: u64| self.of_today.is_some_and(|of_today| size <= of_today);
        let alone: Vec<&str> = self
            .not_of_today
            .iter()
            .filter(|(_, size)| !is_shown(*size))
            .map(|(place, _)| place.as_str())
            .collect();
        if !alone.is_empty() {
            self.is_proven = false;
            print(&words::alone(&alone))?;
        }
        if self.is_by_another {
            print(words::OTHER_KEY)?;
        }
        let (verdict, failure) = if !self.is_sound || !comparison.is_sound() {
            ("NOT SOUND\n", Failure::Reported)
        } else if !comparison.is_complete() || !self.is_proven {
            ("NOT ALL SHOWN: nothing wrong was found in what could be compared\n", Failure::NotShown)
        } else {
            return print("sound\n");
        };
        print(verdict)?;
        Err(failure)
    }
}
