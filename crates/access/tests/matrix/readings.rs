//! Where the words of `docs/access.md` leave room, the policy shows or changes more than the model, and nobody has
//! settled it yet.
//!
//! Each entry says what is open, which cells it is about, and nothing else: a cell that differs without an entry fails
//! the test, and so does an entry that no cell differs for any more. Settling one means to make the words plain, to change
//! the policy or the model, and to take the entry out.

use healthbook_access::Authority;

use crate::model::Cell;
use crate::words::{MAYBE_CLINICAL, Who};

/// One open reading.
pub struct Reading {
    /// What it is called.
    pub name: &'static str,
    /// What the words say, what the policy does, what the model does.
    pub text: &'static str,
    /// The cells that the policy permits and the model does not, for this reason.
    pub covers: fn(&Cell) -> bool,
}

/// All that are open.
pub const READINGS: [Reading; 2] = [
    Reading {
        name: "directory: devices",
        text: "The words do not list the class *directory*. The policy counts `Device` to it, a thing with a serial number \
               that somebody may bear, so a device that names no patient is open to everybody; the model does not.",
        covers: |cell| cell.authority == Authority::Shared && cell.kind.as_str() == "Device",
    },
    Reading {
        name: "clinical: messages and provenance",
        text: "The words do not list the class *clinical*. The policy counts `Communication`, `CommunicationRequest` and \
               `Provenance` to it, so whoever treats reads the citizen's messages and the notices of emergencies, and \
               writes such messages and provenance into the book; the model does not.",
        covers: |cell| {
            let maybe = MAYBE_CLINICAL.contains(&cell.kind.as_str());
            maybe && matches!(cell.who, Who::Staff(_) | Who::Delegate) && cell.authority != Authority::Shared
        },
    },
];
