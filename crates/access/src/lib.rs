//! What a caller may: the one gate.
//!
//! Every read and write goes `caller -> Policy -> Access -> store`. An [`Access`] can only be made by
//! [`Policy`]; every function of the record store takes one and builds it into the query itself. A handler
//! that forgets the gate does not compile.

mod caller;
mod policy;

pub use caller::{Caller, Role};
pub use policy::{Access, Books, Denied, Interaction, Policy};
