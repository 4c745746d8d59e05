//! What a caller may: the one gate.
//!
//! Every read and write goes `caller -> Policy -> Access -> store`. An [`Access`] can only be made by
//! [`Policy`]; every function of the record store takes one and builds it into the query itself. A handler
//! that forgets the gate does not compile. `docs/access.md` is the promise.

mod access;
mod authority;
mod caller;
mod facts;
mod interaction;
mod labels;
mod policy;
mod scope;
#[cfg(feature = "test-access")]
mod testing;
mod type_set;

pub use access::{Access, Line, Reach, ScopeFilter};
pub use authority::Authority;
pub use caller::{Actor, Caller, Identity, OfficerRole, Purpose, StaffRole};
pub use facts::{Author, DenialFact, Facts, GrantFact, GrantSource, Grantee, WriteContext};
pub use interaction::Interaction;
pub use labels::Labels;
pub use policy::{Denied, Policy};
pub use scope::{Scope, ScopeContext, ScopeInteractions, Scopes};
#[cfg(feature = "test-access")]
pub use testing::TestAccess;
pub use type_set::TypeSet;
