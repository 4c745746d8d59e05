//! Search without a database: the registry of search parameters, the index rows of a resource, and the way
//! from the text of a query to a plan.
//!
//! Everything here is worked out from the tables of R4: a parameter's FHIRPath expression says where its values
//! are, its type says how they are compared. There is no code for single resource types.
//!
//! * [`Registry::extract`] gives the [`IndexRows`] of a resource; the store keeps them.
//! * [`Registry::parse`] gives the [`SearchPlan`] of a query; the store runs it.
//!
//! Values meet as hashes ([`Hasher`]), folded strings ([`fold`]) and ranges of time.

mod check;
mod compartment;
mod custom;
mod definitions;
mod extract;
mod fold;
mod hasher;
mod identifier_system;
mod lookup;
mod matching;
mod parameter;
mod path;
mod plan;
mod quantity;
mod query;
mod registry;
mod row;
#[cfg(test)]
mod testing;
mod values;

pub use check::{Check, ComponentTest, Near};
pub use custom::{CustomParameter, UnusableParameter};
pub use extract::Extracted;
pub use fold::{fold, words};
pub use hasher::Hasher;
pub use identifier_system::canonical_system;
pub use lookup::{FoundCode, Lookup, LookupKind};
pub use matching::Subject;
pub use parameter::{Parameter, ParameterType};
pub use plan::*;
pub use query::{Named, ParsedQuery, QueryContext};
pub use registry::Registry;
pub use row::*;
