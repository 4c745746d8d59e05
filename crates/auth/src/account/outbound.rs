//! The port through which the provider is asked: whoever implements it guards where requests may go.

use std::future::Future;
use std::pin::Pin;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Where to.
    pub url: String,
    /// The form of a POST; a GET without.
    pub form: Option<Vec<(&'static str, String)>>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, of limited size.
    pub body: Vec<u8>,
}

/// Nothing came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other server gives no answer")]
pub struct OutboundError;

/// What comes of asking.
pub type Requesting<'a> = Pin<Box<dyn Future<Output = Result<Answer, OutboundError>> + Send + 'a>>;

/// Asks other servers.
pub trait Outbound: Send + Sync {
    /// Asks one, without following redirects.
    fn request(&self, request: Request) -> Requesting<'_>;
}
