//! What a resource says about access: found when it is written, kept as rows beside it.

use fhir::{Instant, LogicalId, ResourceType};

use crate::{Authority, Labels, Purpose};

/// Who may be entitled.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grantee {
    /// A facility, by its `Organization`.
    Organization(LogicalId),
    /// A citizen, by the `Patient`.
    Patient(LogicalId),
}

/// Who wrote a version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Author {
    /// The server itself or its operator: imports, the registry, consents that an act at the server made.
    #[default]
    Server,
    /// A citizen.
    Citizen(LogicalId),
    /// A facility, by its `Organization`.
    Facility(LogicalId),
    /// The server, for a message that a facility sent: its word opens no book.
    Message,
}

/// What is known about a write besides the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WriteContext {
    /// When the version is stored.
    pub at: Instant,
    /// Whether it is the first version.
    pub first: bool,
    /// Of a visit: when it was first stored as finished, in whatever version before. Later versions prolong nothing.
    pub finished: Option<Instant>,
}

/// Whose word makes a grant: it counts only when the version was written by one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantSource {
    /// Whoever was allowed to write the resource.
    Anyone,
    /// Anyone but the facility that is entitled by it: the server, a citizen, another facility.
    NotGrantee,
    /// The server or a citizen.
    CitizenOrServer,
    /// The server or the facility that is entitled by it.
    GranteeOrServer,
    /// The server alone.
    Server,
}

/// Somebody is entitled to a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantFact {
    /// Who.
    pub grantee: Grantee,
    /// By what right.
    pub authority: Authority,
    /// Whose word it needs.
    pub source: GrantSource,
    /// From this moment.
    pub begins: Instant,
    /// Until before this moment.
    pub ends: Instant,
    /// For which purpose; `None` for every one.
    pub purpose: Option<Purpose>,
    /// Which type; `None` for all.
    pub resource_type: Option<ResourceType>,
    /// Labels that it opens beyond those the policy opens.
    pub labels: Labels,
    /// Only this visit, by the id of the `Encounter`, and the `Patient`; `None` for the whole book.
    pub visit: Option<LogicalId>,
}

/// Something is closed, whatever is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DenialFact {
    /// To whom; `None` for everybody but the citizen.
    pub grantee: Option<Grantee>,
    /// From this moment.
    pub begins: Instant,
    /// Until before this moment.
    pub ends: Instant,
    /// For which purpose; `None` for every one.
    pub purpose: Option<Purpose>,
    /// Which type; `None` for all.
    pub resource_type: Option<ResourceType>,
    /// Only what carries one of these; none: whatever it carries.
    pub labels: Labels,
    /// Only this visit, by the id of the `Encounter`; `None` for the whole book.
    pub visit: Option<LogicalId>,
    /// Whether it holds in an emergency too (purpose `BTG`).
    pub in_emergency: bool,
}

/// What a version of a resource says about access.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// The visit it belongs to, by the id of the `Encounter`; an `Encounter` belongs to itself.
    pub visit: Option<LogicalId>,
    /// Every `Encounter` of this server that it names as its visit, one at most but where it belongs to none for naming
    /// several. Who writes it must see each, or write it along; an `Encounter` does not name itself.
    pub named_visits: Vec<LogicalId>,
    /// Labels that it gives to its visit, or to itself when it belongs to none.
    pub labels: Labels,
    /// Whether it is a visit that is over ([`WriteContext::finished`]).
    pub finished: bool,
    /// Who is entitled by it.
    pub grants: Vec<GrantFact>,
    /// What is closed by it.
    pub denials: Vec<DenialFact>,
    /// Whether it puts its book under the location shield: a `Patient` that carries the label.
    pub shielded: bool,
    /// Of a `Patient`: whose book it has become a part of. It counts when the server says so.
    pub merge: Option<Merge>,
}

/// What a `Patient` says about being one with another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// It is replaced by this `Patient`: the book is a part of that one's.
    Into(LogicalId),
    /// It is by itself again.
    Ended,
}
