//! What a caller may: the one gate.
//!
//! Every read and write goes `caller -> Policy -> Access -> store`. An [`Access`] can only be made by
//! [`Policy`]; every function of the record store takes one and builds it into the query itself. A handler
//! that forgets the gate does not compile. `docs/access.md` is the promise.

mod access;
mod ages;
mod authority;
mod caller;
mod compile;
mod document;
mod document_check;
mod explanation;
mod facts;
mod facts_version;
mod interaction;
mod label_table;
mod labels;
mod matrix;
mod matrix_print;
mod matrix_words;
mod policy;
mod reading;
mod role;
mod role_words;
mod scope;
mod scope_algebra;
mod scope_reach;
mod scope_text;
mod shield;
mod source;
#[cfg(feature = "test-access")]
mod testing;
mod type_set;

pub use access::{Access, Line, Reach, ScopeFilter};
pub use ages::{AgeSlice, Ages};
pub use authority::Authority;
pub use caller::{Actor, Assistant, Caller, Identity, OfficerRole, Purpose, StaffRole};
pub use document::{ContentLimit, PolicyDocument};
pub use document_check::PolicyError;
pub use facts::{Author, DenialFact, Facts, GrantFact, GrantSource, Grantee, Merge, WriteContext};
pub use interaction::{Action, Interaction};
pub use label_table::{Label, LabelTable};
pub use labels::Labels;
pub use matrix::{Agreement, Case, Verdict};
pub use policy::{Denied, Policy};
pub use reading::{FactProblem, FactReason, MERGE};
pub use role::Role;
pub use role_words::role_in_words;
pub use scope::{Scope, ScopeContext, ScopeInteractions, Scopes};
pub use scope_text::ScopeError;
pub use shield::Shield;
#[cfg(feature = "test-access")]
pub use testing::TestAccess;
pub use type_set::TypeSet;
