//! The pages of a health station: who is due for the annual check-up, and the form that records one.

mod form;
mod frame;
mod list;
#[cfg(test)]
mod tests;

pub use form::{CarriedText, CheckUpFormPage, FormField, FormInput, FormSection};
pub use frame::{StationHead, StationNotice};
pub use list::{DueLine, DueListPage};
