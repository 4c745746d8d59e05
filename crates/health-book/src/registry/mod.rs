//! What the book does with the answers and the events of the population registry (`docs/registry-sync.md`).

mod apply;
mod backfill;
mod backfill_part;
mod effects;
mod figures;
mod lag;
mod lease;
mod look_up;
mod page;
pub mod parked;
mod patient;
mod told;
mod worker;

pub use backfill::{BackfillError, BackfillSettings, Progress, backfill, begin_again, progress};
pub use figures::RegistryFigures;
pub use lag::{Distribution, LAG_BOUNDS};
pub use look_up::{LookUp, look_up};
pub use worker::work_at_registry;

use std::sync::Arc;

use population_registry::PopulationRegistry;

/// The registry of a server, and what is counted of it. Cloning it gives another handle.
#[derive(Clone)]
pub struct ConnectedRegistry {
    port: Arc<dyn PopulationRegistry>,
    figures: Arc<RegistryFigures>,
}

impl ConnectedRegistry {
    /// A registry behind its port.
    pub fn new(port: Arc<dyn PopulationRegistry>) -> Self {
        Self { port, figures: Arc::default() }
    }

    /// What is counted.
    pub fn figures(&self) -> &RegistryFigures {
        &self.figures
    }

    pub(crate) fn port(&self) -> &dyn PopulationRegistry {
        &*self.port
    }
}
