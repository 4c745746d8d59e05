//! What the book does with the answers and the events of the population registry (`docs/registry-sync.md`).

mod apply;
mod awaited;
#[cfg(test)]
mod awaited_merge_tests;
#[cfg(test)]
mod awaited_tests;
mod backfill;
mod backfill_part;
#[cfg(test)]
mod backfill_tests;
mod effects;
mod figures;
#[cfg(test)]
mod guardian_tests;
mod identify;
mod issue;
mod lag;
mod lease;
#[cfg(test)]
mod lease_tests;
mod look_up;
mod page;
#[cfg(test)]
mod page_tests;
pub mod parked;
mod patient;
mod told;
mod worker;
#[cfg(test)]
mod worker_tests;

pub(crate) use awaited::{await_guardian, end as end_awaited, owner as owner_of_awaited};
pub use backfill::{BackfillError, BackfillSettings, Progress, backfill, progress};
pub use figures::RegistryFigures;
pub(crate) use identify::{Known, identify};
pub use issue::issue;
pub(crate) use issue::may_change;
pub use lag::{Distribution, LAG_BOUNDS};
pub(crate) use look_up::note;
pub use look_up::{LookUp, look_up};
pub use worker::work_at_registry;

use std::sync::Arc;

use population_registry::{CardDirectory, PopulationRegistry};

/// The registry of a server, and what is counted of it. Cloning it gives another handle.
#[derive(Clone)]
pub struct ConnectedRegistry {
    port: Arc<dyn PopulationRegistry>,
    figures: Arc<RegistryFigures>,
    cards: Option<Arc<dyn CardDirectory>>,
}

impl ConnectedRegistry {
    /// A registry behind its port.
    pub fn new(port: Arc<dyn PopulationRegistry>) -> Self {
        Self { port, figures: Arc::default(), cards: None }
    }

    /// The same with the card directory of social insurance.
    #[must_use]
    pub fn with_cards(mut self, cards: Arc<dyn CardDirectory>) -> Self {
        self.cards = Some(cards);
        self
    }

    /// The card directory of social insurance, where one is connected.
    pub fn cards(&self) -> Option<&dyn CardDirectory> {
        self.cards.as_deref()
    }

    /// What is counted.
    pub fn figures(&self) -> &RegistryFigures {
        &self.figures
    }

    pub(crate) fn port(&self) -> &dyn PopulationRegistry {
        &*self.port
    }
}
