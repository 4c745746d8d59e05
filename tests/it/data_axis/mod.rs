//! The data axis (`docs/data-axis.md`): what a sender is answered, and what reaches the book.

mod book;
mod refused;
mod second;
pub mod sending;
