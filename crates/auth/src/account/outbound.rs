//! The port through which the provider and the gateway are asked; the guarded client stands behind it.

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

/// Largest answer.
const MOST_BYTES: usize = 65_536;

/// The only way out.
impl Outbound for outbound::Outbound {
    fn request(&self, request: Request) -> Requesting<'_> {
        Box::pin(async move {
            let answered = self.ask(&request.url, request.form.as_deref(), MOST_BYTES).await;
            let answered = answered.map_err(|_| OutboundError)?;
            Ok(Answer { status: answered.status, body: answered.body })
        })
    }
}
