//! How large the answer to a Bundle may become: each entry may ask for as much as a request of its own, and there may be
//! thousands of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use fhir::{Fault, Issue};

use crate::Problem;
use crate::bundle_text::EntryResponse;

/// The bytes that may still be answered.
pub(super) struct Budget {
    limit: usize,
    left: AtomicUsize,
}

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, left: AtomicUsize::new(limit) }
    }

    /// Whether nothing more is to be read.
    pub(super) fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// What is said instead of an answer that does not fit.
    pub(super) fn refusal(&self) -> Problem {
        let fault = Fault::AnswersTooLarge { limit: self.limit.to_string() };
        Problem::from_issue(413, Issue::error(fault))
    }

    /// Takes room for an answer; `false` when it does not fit: then nothing that follows does, so that no more is read.
    pub(super) fn take(&self, response: &EntryResponse) -> bool {
        let size = response.resource.as_ref().map_or(0, |resource| resource.as_ref().len());
        let taken =
            self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(size));
        if taken.is_err() {
            self.left.store(0, Ordering::Relaxed);
        }
        taken.is_ok()
    }

    /// The answer to an entry that wrote: what was written is written, so only the resource is left out.
    pub(super) fn written(&self, response: EntryResponse) -> EntryResponse {
        if self.take(&response) {
            return response;
        }
        let remark = self
            .refusal()
            .issues
            .into_iter()
            .map(|issue| Issue { severity: fhir::Severity::Warning, ..issue });
        let outcome = Some(fhir::outcome_json(&remark.collect::<Vec<_>>()));
        EntryResponse { resource: None, outcome, ..response }
    }
}
