//! What the operator does by a command stands in the log of accesses (`docs/access-log.md`, section 7).

use std::future::Future;

use audit_log::Action;
use record_store::{Deed, Store};

use crate::failure::Failure;

/// Runs the part of a command that changes something. Its entry is there before, or together with, the change.
pub async fn logged<T>(
    store: &Store,
    command: &str,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    store.logged(|| Deed::new(Action::Administration, command), work).await
}
