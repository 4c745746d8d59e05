//! The port through which one-time codes leave.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::{AuthError, Outbound, OutboundRequest};

/// What goes out.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// A telephone number or an address for mail.
    pub to: String,
    /// The text, in Vietnamese and English.
    pub text: String,
}

/// Shows nothing of it.
impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Message").finish_non_exhaustive()
    }
}

/// What comes of sending.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), AuthError>> + Send + 'a>>;

/// Sends messages.
pub trait Sender: Send + Sync {
    /// Sends one.
    fn send(&self, message: Message) -> Sending<'_>;
}

/// Sends nothing: who needs a code cannot sign in that way.
#[derive(Debug, Clone, Copy)]
pub struct NoSender;

impl Sender for NoSender {
    fn send(&self, _: Message) -> Sending<'_> {
        Box::pin(async { Err(AuthError::Sending) })
    }
}

/// Writes messages to the log: for invented people only.
#[derive(Debug, Clone, Copy)]
pub struct LogSender;

impl Sender for LogSender {
    fn send(&self, message: Message) -> Sending<'_> {
        Box::pin(async move {
            tracing::warn!(text = message.text, "a message to an invented person");
            Ok(())
        })
    }
}

/// Hands messages to a gateway of the operator as a form with `to` and `text`, which passes them on as it likes.
pub struct GatewaySender {
    /// Its address.
    pub url: String,
    /// Through what it is asked.
    pub outbound: Arc<dyn Outbound>,
}

/// A sign-in does not wait longer for the gateway.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

impl Sender for GatewaySender {
    fn send(&self, message: Message) -> Sending<'_> {
        let form = vec![("to", message.to), ("text", message.text)];
        let request = OutboundRequest { url: self.url.clone(), form: Some(form) };
        Box::pin(async move {
            match tokio::time::timeout(LIMIT, self.outbound.request(request)).await {
                Ok(Ok(answer)) if (200..300).contains(&answer.status) => Ok(()),
                _ => Err(AuthError::Sending),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::account::{OutboundAnswer, Requesting};

    #[derive(Default)]
    struct Gateway {
        status: u16,
        asked: Mutex<Vec<OutboundRequest>>,
    }

    impl Outbound for Gateway {
        fn request(&self, request: OutboundRequest) -> Requesting<'_> {
            self.asked.lock().unwrap().push(request);
            Box::pin(async { Ok(OutboundAnswer { status: self.status, body: Vec::new() }) })
        }
    }

    #[test]
    fn a_message_goes_to_the_gateway_and_a_refusal_is_an_error() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (status, is_sent) in [(202, true), (302, false), (500, false)] {
            let gateway = Arc::new(Gateway { status, ..Gateway::default() });
            let sender = GatewaySender { url: "https://sms.example/".to_owned(), outbound: gateway.clone() };
            let message = Message { to: "+84900000000".to_owned(), text: "123456".to_owned() };
            assert!(!format!("{message:?}").contains("123456"));
            assert_eq!(runtime.block_on(sender.send(message)).is_ok(), is_sent, "{status}");
            let asked = gateway.asked.lock().unwrap();
            let form = asked[0].form.clone().unwrap();
            assert_eq!(form, [("to", "+84900000000".to_owned()), ("text", "123456".to_owned())]);
        }
    }
}
