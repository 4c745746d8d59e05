//! Whose books somebody may open besides the own one: the gate knows, and is asked through a port.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use fhir::LogicalId;

use crate::AuthError;

/// A book that somebody else has entrusted to a citizen.
#[derive(Clone, PartialEq, Eq)]
pub struct EntrustedBook {
    /// Its `Patient`.
    pub patient: LogicalId,
    /// How the person is called, for the citizen who chooses.
    pub name: String,
}

/// Shows no name.
impl fmt::Debug for EntrustedBook {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("EntrustedBook").field("patient", &self.patient).finish_non_exhaustive()
    }
}

/// What comes of looking for them.
pub type FindingBooks<'a> = Pin<Box<dyn Future<Output = Result<Vec<EntrustedBook>, AuthError>> + Send + 'a>>;

/// Finds the books that are entrusted to a citizen: by delegation, or as guardian.
pub trait EntrustedBooks: Send + Sync {
    /// Those that the gate opens to the citizen now, without the own one.
    fn of<'a>(&'a self, citizen: &'a LogicalId) -> FindingBooks<'a>;
}

/// Nobody has entrusted anything: as long as nobody else is asked.
pub(crate) struct Nothing;

impl EntrustedBooks for Nothing {
    fn of<'a>(&'a self, _: &'a LogicalId) -> FindingBooks<'a> {
        Box::pin(async { Ok(Vec::new()) })
    }
}

/// Who is asked.
pub(crate) type Books = Arc<dyn EntrustedBooks>;
