//! Whether a resource is valid beyond its structure: references, bindings, invariants, profiles, Bundles.
//!
//! `docs/validation.md` says what is demanded. No input or output: packages come as bytes.

mod binding;
mod budget;
mod bundle;
mod compare;
mod conform;
mod extension;
mod identifier;
mod invariant;
#[cfg(test)]
mod invariant_tests;
mod package;
mod profile;
mod reference;
mod report;
mod rules;
mod slices;
mod validator;
mod walk;

pub use package::{
    CONFORMANCE_TYPES, CodeTable, CodeTableError, LineFault, Package, PackageError, PackageReading,
};
pub use report::Level;
pub use validator::Validator;
