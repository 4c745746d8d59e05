//! Whether a resource is valid beyond its structure: references, bindings, invariants, profiles, Bundles.
//!
//! `docs/validation.md` says what is demanded. No input or output: packages come as bytes.

mod package;

pub use package::{
    CONFORMANCE_TYPES, CodeTable, CodeTableError, LineFault, Package, PackageError, PackageReading,
};
