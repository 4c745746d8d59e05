//! What codes mean: code systems, value sets and concept maps; and what a Quantity is worth, whatever unit it was
//! written in.
//!
//! * [`Library`] holds the definitions and answers: is a code in a value set, what is it called, what is it in
//!   another system. R4's own definitions are always there ([`Library::r4`]); others are laid over them.
//! * [`Decimal`] is a FHIR decimal of any size, with the range its digits imply and bytes that sort like it.
//! * [`canonical`] gives the base unit of a UCUM unit and the way of a value into it, so that `1 g` and `1000 mg`
//!   meet.

mod budget;
mod code_system;
mod code_system_read;
mod compile;
mod compiled;
mod concept_map;
#[cfg(test)]
mod cost_tests;
mod decimal;
#[cfg(test)]
mod decimal_tests;
mod definition;
mod definitions;
mod edition;
mod enumerate;
mod expand;
mod filter;
mod fraction;
mod grammar;
mod library;
#[cfg(test)]
mod library_tests;
mod membership;
mod names;
mod node;
#[cfg(test)]
mod property_tests;
mod r4;
mod shelf;
mod sortable;
#[cfg(test)]
mod sortable_tests;
mod translate;
mod ucum;
#[cfg(test)]
mod ucum_tests;
mod value_set;
#[cfg(test)]
mod value_set_tests;

pub use budget::{Budget, TooCostly};
pub use code_system::{CodeSystem, Concept, Content, Designation, PropertyValue};
pub use compile::{Editions, Missing};
pub use concept_map::{ConceptMap, MapElement, MapGroup, MapTarget, OtherElement, Unmapped};
pub use decimal::Decimal;
pub use definition::{Definition, DefinitionError};
pub use edition::{Edition, InForce};
pub use enumerate::Unlistable;
pub use expand::{Entry, ExpandOptions, Expansion, ListedCode, TextFilter};
pub use library::Library;
pub use membership::Membership;
pub use names::{Names, comparable};
pub use node::Coding;
pub use sortable::{HIGHEST, LOWEST};
pub use translate::{Translated, Translation, TranslationResult};
pub use ucum::{CanonicalUnit, canonical};
pub use value_set::{Composed, Filter, Listed, Operator, UNCLOSED, ValueSet};
