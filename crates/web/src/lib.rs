//! Pages as functions: what a person sees in a browser.

mod consent;
mod language;
mod layout;

pub use consent::{Consent, ConsentChoice, consent, refused_authorization};
pub use language::Language;
pub use layout::page;
