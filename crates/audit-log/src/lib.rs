//! The log of accesses: what an entry is, how entries are kept, and how anybody can check that none was changed.
//!
//! The contract is `docs/access-log.md`; section numbers below are those of that page. There is no database, no
//! network and no clock in here: bytes come in, bytes and verdicts go out.
//!
//! What the log is made of:
//! * [`entry`]: one entry and the one way to write it (section 1);
//! * [`tree`]: the Merkle tree of RFC 6962, its roots and proofs (section 2);
//! * [`block`]: 256 entries in the form in which they are stored (section 3);
//! * [`writer`]: the end of a log, where entries go in and blocks come out;
//! * [`note`], [`checkpoint`]: what is signed, and by whom; [`renewal`]: by whom before (section 4).
//!
//! What leaves the server, as files (section 6):
//! * [`segment`]: blocks and checkpoints that have left the database;
//! * [`extract`]: a citizen's entries with their proofs; [`proof`]: that one entry is in the log; [`consistency`]: that
//!   the log begins with an older one; [`document`]: which of these three a file is.
//!
//! What is verified (section 5):
//! * [`verify`]: a whole log, from the database or from segments;
//! * [`history`]: whether checkpoints that were collected from several places are of one log.
//!
//! Whoever wants to verify an extract needs the public key of the log, and has it from elsewhere:
//! ```no_run
//! use healthbook_audit_log::VerifyingKey;
//! use healthbook_audit_log::extract::Extract;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key: VerifyingKey = std::fs::read_to_string("access-log.vkey")?.trim().parse()?;
//! let report = Extract::verify_json(&std::fs::read("access-log.json")?, &key);
//! println!("{} entries are in the log that was signed", report.proven);
//! for fault in &report.faults {
//!     println!("{:?}: {}", fault.position, fault.kind.words()[0]);
//! }
//! # Ok(())
//! # }
//! ```
//! That this is the log that others are shown, too, is seen only beside their checkpoints: [`history`].

pub mod block;
mod bytes;
pub mod checkpoint;
pub mod consistency;
pub mod document;
pub mod entry;
pub mod extract;
mod hash;
pub mod history;
pub mod note;
pub mod proof;
pub mod renewal;
pub mod segment;
pub mod tree;
pub mod verify;
pub mod writer;

pub use block::{BlockWriter, PlacedBlock, StoredBlock};
pub use checkpoint::{Checkpoint, CheckpointError};
pub use entry::{Action, Entry, Outcome, Text};
pub use hash::Hash;
pub use note::{LogName, NoteError, SigningKey, VerifyingKey};
pub use writer::LogWriter;
