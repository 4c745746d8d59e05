//! How a question gets to the other side: the way out, or a simulator in the same process.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use outbound::{OutboundError, Peer, PeerRequest};

use crate::RegistryError;

/// What is sent.
#[derive(Clone)]
pub struct Ask {
    /// What is asked for, behind the address of the other side.
    pub path: String,
    /// Sent by POST, with its type; a GET without.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
    /// Time for the answer.
    pub limit: Duration,
    /// Most bytes of the answer.
    pub most_bytes: usize,
}

/// What came back.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// The status.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Told, RegistryError>> + Send + 'a>>;

/// The way to the other side. One attempt, within its limits; whatever the status, the answer is one.
pub trait Transport: Send + Sync {
    /// Sends.
    fn send(&self, ask: Ask) -> Sending<'_>;
}

/// The way out.
impl Transport for Peer {
    fn send(&self, ask: Ask) -> Sending<'_> {
        Box::pin(async move {
            let Ask { path, body, headers, limit, most_bytes } = ask;
            let asked = self.ask(PeerRequest { path, body, headers, limit, most_bytes }).await;
            match asked {
                Ok(answer) => {
                    Ok(Told { status: answer.status, retry_after: answer.retry_after, body: answer.body })
                }
                Err(OutboundError::TooLarge) => Err(RegistryError::TooLarge),
                Err(OutboundError::Refused) => Err(RegistryError::Refused),
                Err(OutboundError::Unreachable | OutboundError::Status) => Err(RegistryError::Unreachable),
            }
        })
    }
}

impl Told {
    /// The body of a success; what else the status says.
    pub(crate) fn body_of_success(self) -> Result<Vec<u8>, RegistryError> {
        /// When the other side does not say how long to wait.
        const WAIT: u64 = 5;
        match self.status {
            200..=299 => Ok(self.body),
            429 => {
                let wait = self.retry_after.unwrap_or(WAIT).min(3_600);
                Err(RegistryError::RateLimited(Duration::from_secs(wait)))
            }
            500..=599 => Err(RegistryError::Unreachable),
            _ => Err(RegistryError::Refused),
        }
    }
}
