//! The port through which messages leave: mail by a gateway of the operator, webhooks by the guarded client.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use outbound::{Outbound, OutboundError};

/// What is read of an answer at most; nothing of it is used.
const MOST_BYTES: usize = 4_096;

/// Whether it was taken.
pub type Sending<'a> = Pin<Box<dyn Future<Output = bool> + Send + 'a>>;

/// Sends messages.
pub trait Courier: Send + Sync {
    /// Whether mail can be sent.
    fn has_mail(&self) -> bool;
    /// Whether an address may be asked at all.
    fn may_ask(&self, url: &str) -> bool;
    /// Sends a mail.
    fn mail<'a>(&'a self, to: &'a str, subject: &'a str, text: &'a str) -> Sending<'a>;
    /// Posts a body in JSON with its signature.
    fn post<'a>(&'a self, url: &'a str, body: &'a str, signature: &'a str) -> Sending<'a>;
}

/// Sends nothing, and takes no address.
pub(crate) struct NoCourier;

impl Courier for NoCourier {
    fn has_mail(&self) -> bool {
        false
    }

    fn may_ask(&self, _: &str) -> bool {
        false
    }

    fn mail<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Sending<'a> {
        Box::pin(async { false })
    }

    fn post<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Sending<'a> {
        Box::pin(async { false })
    }
}

/// The only way out.
pub struct OutboundCourier {
    outbound: Arc<Outbound>,
    gateway: Option<String>,
}

impl OutboundCourier {
    /// With the gateway for mail, if there is one.
    pub fn new(outbound: Arc<Outbound>, gateway: Option<String>) -> Self {
        Self { outbound, gateway }
    }
}

impl Courier for OutboundCourier {
    fn has_mail(&self) -> bool {
        self.gateway.is_some()
    }

    fn may_ask(&self, url: &str) -> bool {
        self.outbound.check(url).is_ok()
    }

    fn mail<'a>(&'a self, to: &'a str, subject: &'a str, text: &'a str) -> Sending<'a> {
        Box::pin(async move {
            let Some(gateway) = &self.gateway else { return false };
            let form = [("to", to), ("subject", subject), ("text", text)];
            let form = form.map(|(name, value)| (name, value.to_owned()));
            is_taken(self.outbound.ask(gateway, Some(&form), MOST_BYTES).await)
        })
    }

    fn post<'a>(&'a self, url: &'a str, body: &'a str, signature: &'a str) -> Sending<'a> {
        Box::pin(async move {
            let headers = [("content-type", "application/json"), ("healthbook-signature", signature)];
            is_taken(self.outbound.post(url, &headers, body.to_owned(), MOST_BYTES).await)
        })
    }
}

fn is_taken(answered: Result<outbound::Answered, OutboundError>) -> bool {
    // A long answer is one all the same: its status was read before.
    matches!(answered, Err(OutboundError::TooLarge))
        || answered.is_ok_and(|answered| (200..300).contains(&answered.status))
}
