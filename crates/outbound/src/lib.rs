//! The only way out: requests to other servers, guarded against being led into the own network.
//!
//! An address that others have given us may name a machine that only we can reach. So: https to a name with a dot on the
//! usual port; every address that the name resolves to must be public, and the connection goes to one of exactly these
//! addresses (no second look-up); no redirects, no proxy of the environment, a limit of time and of size.
//!
//! A [`Peer`] is a server that the operator has named: it may be inside, and it may ask who we are.

mod address;
mod guard;
mod peer;

use std::sync::Arc;
use std::time::Duration;

pub use address::is_public;
pub use guard::{Lookup, LookupFuture, SystemLookup};
pub use peer::{Peer, PeerAnswer, PeerError, PeerRequest, PeerSettings};
use url::{Host, Url};

/// Time for a whole answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Time for the answer to a form: others do more with it than read a file.
const FORM_DEADLINE: Duration = Duration::from_secs(5);

/// Longest address.
const LONGEST_URL: usize = 2_048;

/// Why nothing was fetched. It does not tell what lies behind an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// Not an address that is asked.
    #[error("the address may not be asked")]
    Refused,
    /// No answer, or not in time.
    #[error("the other server does not answer")]
    Unreachable,
    /// Another status than 200.
    #[error("the other server answers with an error")]
    Status,
    /// Too long an answer.
    #[error("the answer is too large")]
    TooLarge,
}

/// What was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The body.
    pub body: Vec<u8>,
    /// Seconds for which it may be kept, when the server says so.
    pub max_age: Option<u64>,
}

/// What another server has answered, whatever it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A client that asks other servers.
#[derive(Clone)]
pub struct Outbound {
    client: Option<reqwest::Client>,
    local_peers: bool,
}

impl Outbound {
    /// A client. With `local_peers` it also asks this machine, by plain http: for development only.
    pub fn new(local_peers: bool) -> Self {
        Self::with_lookup(local_peers, Arc::new(SystemLookup))
    }

    /// A client that resolves names by other means.
    pub fn with_lookup(local_peers: bool, lookup: Arc<dyn Lookup>) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DEADLINE)
            .connect_timeout(DEADLINE)
            .https_only(!local_peers)
            .referer(false)
            .pool_max_idle_per_host(0)
            .user_agent(concat!("healthbook/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(guard::Guard::new(lookup, local_peers)))
            .build();
        // Without the root certificates of the machine nobody can be asked.
        Self { client: client.ok(), local_peers }
    }

    /// Whether an address may be asked, as far as its text tells.
    pub fn check(&self, text: &str) -> Result<Url, OutboundError> {
        let refused = || OutboundError::Refused;
        if text.len() > LONGEST_URL {
            return Err(OutboundError::Refused);
        }
        let url = Url::parse(text).map_err(|_| refused())?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(OutboundError::Refused);
        }
        let host = url.host().ok_or_else(refused)?;
        let is_local = match &host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
            Host::Domain(name) => *name == "localhost",
        };
        if is_local && self.local_peers && matches!(url.scheme(), "http" | "https") {
            return Ok(url);
        }
        // A server that publishes something has a name.
        let Host::Domain(name) = host else { return Err(OutboundError::Refused) };
        let inner = [".localhost", ".local", ".internal", ".home.arpa", ".lan"];
        let is_outside =
            name.contains('.') && !name.ends_with('.') && !inner.iter().any(|ending| name.ends_with(ending));
        // The parser leaves out the usual port.
        if url.scheme() == "https" && url.port().is_none() && is_outside {
            Ok(url)
        } else {
            Err(OutboundError::Refused)
        }
    }

    /// Fetches an address; the body has at most so many bytes.
    pub async fn get(&self, text: &str, most_bytes: usize) -> Result<Fetched, OutboundError> {
        let response = Self::send(self.client()?.get(self.check(text)?)).await?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(OutboundError::Status);
        }
        let max_age =
            response.headers().get("cache-control").and_then(|value| value.to_str().ok()).and_then(max_age);
        Ok(Fetched { body: read(response, most_bytes).await?, max_age })
    }

    /// Asks an address, with a form by `POST`, else by `GET`; whatever the status, the answer is one.
    pub async fn ask(
        &self,
        text: &str,
        form: Option<&[(&str, String)]>,
        most_bytes: usize,
    ) -> Result<Answered, OutboundError> {
        if let Some(pairs) = form {
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            return self.post(text, &headers, body, most_bytes).await;
        }
        let (url, client) = (self.check(text)?, self.client()?);
        let response = Self::send(client.get(url)).await?;
        let status = response.status().as_u16();
        Ok(Answered { status, body: read(response, most_bytes).await? })
    }

    /// Posts a body with headers of its own; whatever the status, the answer is one.
    pub async fn post(
        &self,
        text: &str,
        headers: &[(&str, &str)],
        body: String,
        most_bytes: usize,
    ) -> Result<Answered, OutboundError> {
        let mut request = self.client()?.post(self.check(text)?).timeout(FORM_DEADLINE).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = Self::send(request).await?;
        let status = response.status().as_u16();
        Ok(Answered { status, body: read(response, most_bytes).await? })
    }

    fn client(&self) -> Result<&reqwest::Client, OutboundError> {
        self.client.as_ref().ok_or(OutboundError::Unreachable)
    }

    async fn send(request: reqwest::RequestBuilder) -> Result<reqwest::Response, OutboundError> {
        let request = request.header("accept", "application/json");
        request.send().await.map_err(|_| OutboundError::Unreachable)
    }
}

/// The body, of limited size whatever length is declared.
async fn read(mut response: reqwest::Response, most_bytes: usize) -> Result<Vec<u8>, OutboundError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| OutboundError::Unreachable)? {
        if body.len().saturating_add(chunk.len()) > most_bytes {
            return Err(OutboundError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The seconds of `Cache-Control` (RFC 9111): 0 for what must not be kept.
fn max_age(text: &str) -> Option<u64> {
    let directives = text.split(',').map(|part| part.trim().to_ascii_lowercase());
    let mut found = None;
    for directive in directives {
        if directive == "no-store" || directive == "no-cache" {
            return Some(0);
        }
        if let Some(seconds) = directive.strip_prefix("max-age=") {
            found = seconds.trim_matches('"').parse().ok();
        }
    }
    found
}

#[cfg(test)]
mod tests;
