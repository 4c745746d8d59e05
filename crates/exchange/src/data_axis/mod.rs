//! The envelope of the data axis of the Ministry of Health (`docs/data-axis.md`): header, checksum, signature, result codes.

mod checksum;
mod message_id;
mod push;
mod reply;
mod result_code;
mod signing;

pub use checksum::checksum;
pub use message_id::{MessageId, is_location_number};
pub use push::{Content, Push, Rejected};
pub use reply::{DataState, Reply, login_answer};
pub use result_code::ResultCode;
pub use signing::{Encoding, KeyError, PublicKey, SigningKey};

/// Most bytes of a content, unpacked.
pub const LARGEST_CONTENT: usize = 8 << 20;
