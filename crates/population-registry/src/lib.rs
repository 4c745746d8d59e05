//! The population registry and social insurance: what they are asked, how their answers are read, what happens when
//! they do not answer, and a simulator of both. `docs/registry.md` is the promise.
//!
//! * [`PopulationRegistry`], [`PopulationListing`], [`CardDirectory`]: the port. Whoever asks knows nothing of what lies behind it.
//! * [`Registry`]: the adapters, over any [`Transport`]; `outbound::Peer` is the one that reaches out.
//! * [`resilience`]: retries, breaker, rate, places.
//! * [`simulator`]: a population of any size, computed from a seed.

mod birth_date;
mod card;
mod demographics;
mod event;
mod failure;
mod feed;
mod instant_text;
mod listing;
mod names;
mod number;
mod port;
mod registry;
pub mod resilience;
pub mod simulator;
mod soap;
mod staleness;
mod transport;

pub use birth_date::{BirthDate, NoBirthDate};
pub use card::{
    Card, CardClass, CardDate, CardDateForm, CardLogin, CardQuestion, CardReport, CardResult, card_results,
};
pub use demographics::{Address, Demographics, Name, Relationships, Relative, Sex, Status};
pub use event::{Delivery, Event, EventFault, EventKind, Malformed};
pub use failure::{Field, RegistryError};
pub use feed::{Cursor, EventPage, MOST_EVENTS, NoCursor, PageSize};
pub use listing::{Listed, ListedPerson, MOST_PARTS, PeoplePage};
pub use names::same_name;
pub use number::{NoPersonalNumber, PersonalNumber};
pub use port::{
    Answer, Asking, CardDirectory, Claim, PopulationListing, PopulationRegistry, Question, RequestId,
    Verification,
};
pub use registry::{Registry, RegistrySettings};
pub use staleness::{Freshness, Staleness};
pub use transport::{Ask, Sending, Told, Transport};
