//! The card look-up of social insurance, `KQNhanLichSuKCB2024` (`docs/registry.md`, section 6).

mod message;
mod result;
#[cfg(test)]
mod tests;

pub use message::{Card, CardDate, CardDateForm, CardLogin, CardQuestion, CardReport};
pub(crate) use message::{Officer, Token, read_report, read_token, written_question};
pub use result::{CardClass, CardResult, card_results};
