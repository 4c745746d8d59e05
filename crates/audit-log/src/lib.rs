//! The log of accesses: what an entry is, how entries are kept, and how anybody can check that none was changed.
//!
//! The contract is `docs/access-log.md`; section numbers below are those of that page. There is no database, no
//! network and no clock in here: bytes come in, bytes and verdicts go out.
//!
//! * [`entry`]: one entry and the one way to write it (section 1);
//! * [`tree`]: the Merkle tree of RFC 6962, its roots and proofs (section 2);
//! * [`block`]: 256 entries in the form in which they are stored (section 3);
//! * [`writer`]: the end of a log, where entries go in and blocks come out;
//! * [`note`], [`checkpoint`]: what is signed, and by whom (section 4);
//! * [`verify`]: a whole log (section 5); [`extract`]: what a citizen gets, and its verification; [`proof`]: of one entry;
//!   [`consistency`]: that a log begins with an older one;
//! * [`segment`]: blocks and checkpoints in a file, for what leaves the database.

pub mod block;
mod bytes;
pub mod checkpoint;
pub mod consistency;
pub mod entry;
pub mod extract;
mod hash;
pub mod note;
pub mod proof;
pub mod segment;
pub mod tree;
pub mod verify;
pub mod writer;

pub use block::{BlockWriter, PlacedBlock, StoredBlock};
pub use checkpoint::Checkpoint;
pub use entry::{Action, Entry, Outcome, Text};
pub use hash::Hash;
pub use note::{LogName, SigningKey, VerifyingKey};
pub use writer::LogWriter;
