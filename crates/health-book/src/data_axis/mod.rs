//! Messages of the data axis on their way into books (`docs/data-axis.md`): taken, kept, verified, written.

mod figures;
mod intake;
mod key;
mod parked;
mod worker;

pub use exchange::data_axis::{Encoding, MessageId, PublicKey, ResultCode, is_location_number, login_answer};
pub use figures::AxisFigures;
pub use intake::{Answered, push, refused, state};
pub use key::open_key;
pub use parked::{ParkedMessage, facility_of, parked};
pub use worker::work_at_axis;

use std::sync::Arc;

use exchange::data_axis::SigningKey;
use record_store::AxisLimits;
use tokio::sync::Notify;

/// What may wait: messages and their bytes.
pub const LIMITS: AxisLimits = AxisLimits { messages: 20_000, bytes: 1 << 30 };

/// The axis of a server. Cloning it gives another handle.
#[derive(Clone)]
pub struct DataAxis {
    key: Arc<SigningKey>,
    limits: AxisLimits,
    figures: Arc<AxisFigures>,
    came: Arc<Notify>,
}

impl DataAxis {
    /// An axis that signs its answers with a key.
    pub fn new(key: SigningKey, limits: AxisLimits) -> Self {
        Self { key: Arc::new(key), limits, figures: Arc::default(), came: Arc::default() }
    }

    /// What is counted.
    pub fn figures(&self) -> &AxisFigures {
        &self.figures
    }

    /// The public half of the key, in PEM.
    pub fn public_key(&self) -> String {
        self.key.public_pem().unwrap_or_default()
    }
}
