//! Who you are: short-lived access tokens that say so.
//!
//! A token is a JSON Web Token of one fixed kind: HS256, one issuer, one audience, at most ten minutes. It
//! names a citizen or the client system of a facility and becomes an [`access::Caller`]; what that caller
//! may do is not decided here but by the gate. Time comes in as an argument.
//!
//! The key is symmetric and derived from the database for now; rotating asymmetric keys with a published
//! key set will take its place when the server becomes an OAuth server.

pub mod account;
mod claims;
mod error;
mod subject;
mod tokens;

pub use error::TokenError;
pub use subject::Subject;
pub use tokens::{LONGEST_LIFETIME, Tokens};
