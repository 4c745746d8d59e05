//! The acts that open and close a book: what citizens, facilities and officers ask for besides reading and writing.
//!
//! Each act ends in a `Consent` that the server writes into the book; what follows from it is decided by the gate.
//! `docs/sharing.md` is the promise. Every function takes the caller and the moment, and returns what is to be answered
//! or a [`interactions::Problem`].

mod ages;
pub mod blocks;
mod book;
pub mod check_up;
pub mod closing;
mod consent;
mod daily;
pub mod data_axis;
pub mod delegations;
pub mod effects;
pub mod emergency;
mod gate;
mod grants;
pub mod guardians;
pub mod input;
pub mod insurance;
mod ledger;
pub mod majority;
pub mod merging;
mod moment;
mod name;
mod noted;
mod notice;
pub mod presence;
pub mod preview;
mod refusal;
pub mod registry;
pub mod relations;
pub mod review;
mod secret;
mod settings;
pub mod shields;
mod throttle;
mod turn;
pub mod visits;
mod vocabulary;
mod watch;
mod who;

pub use book::HealthBook;
pub use daily::work_daily;
pub use merging::work_at_merges;
pub use name::name_of;
pub use notice::{LogNotifier, Notice, NoticeKind, Notifier};
pub use notices::RuleSettings;
pub use refusal::Rule;
pub use settings::SharingSettings;
pub use watch::{
    Channel, Courier, Figures, Follower, Lag, OutboundCourier, Sending, Step, patterns, preferences,
    send_due, store_due, work_at_notices,
};
