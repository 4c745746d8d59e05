//! Notices about accesses: following the log, storing what comes of it, telling it by other ways (`docs/notices.md`).

mod courier;
mod facts;
mod figures;
mod follow;
mod inbox;
mod message;
pub mod patterns;
pub mod preferences;
mod queue;
mod worker;

pub(crate) use courier::NoCourier;
pub use courier::{Courier, OutboundCourier, Sending};
pub use figures::{Figures, Lag};
pub use follow::{Follower, Step};
pub use inbox::store_due;
pub use message::send_due;
pub use queue::Channel;
pub use worker::work_at_notices;
