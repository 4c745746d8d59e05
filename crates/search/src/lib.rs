//! Search parameters.
mod plan;
mod row;
pub use plan::*;
pub use row::*;
