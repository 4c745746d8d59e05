//! How clients and accounts are called: signing in knows it, and is asked through a port.

use std::future::Future;
use std::pin::Pin;

use crate::Problem;

/// What comes of looking for a name; `None` for nobody known.
pub type FindingName<'a> = Pin<Box<dyn Future<Output = Result<Option<String>, Problem>> + Send + 'a>>;

/// Knows names that no resource tells.
pub trait KnownNames: Send + Sync {
    /// The name of a `Device/..` (a client) or an `Account/..`.
    fn name_of<'a>(&'a self, reference: &'a str) -> FindingName<'a>;
}
