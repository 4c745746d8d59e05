//! A server that the operator has named: it may be on an inner network, wants to know who asks, and is asked often.

use std::time::Duration;

use url::{Host, Url};

use crate::{OutboundError, read};

/// How a peer is reached.
#[derive(Clone)]
pub struct PeerSettings {
    /// Its address: https, or http on this machine. What is asked for is put behind its path.
    pub base: String,
    /// Certificate chain and private key of this server, in PEM, for peers that ask for them.
    pub identity: Option<Vec<u8>>,
    /// The authorities that may vouch for the peer, in PEM; those of the machine unless given.
    pub authorities: Option<Vec<u8>>,
    /// Time to connect.
    pub connect_limit: Duration,
}

/// Why a peer cannot be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// Not an address that can be used.
    #[error("the address must be https, or http on this machine, without query and user")]
    Address,
    /// The certificate or the key cannot be read.
    #[error("the certificate and key of this server cannot be read")]
    Identity,
    /// The authorities cannot be read.
    #[error("the certificates of the authorities cannot be read")]
    Authorities,
    /// The client cannot be made of them.
    #[error("the client cannot be set up with these certificates")]
    Client,
}

/// What a peer is asked.
#[derive(Clone)]
pub struct PeerRequest {
    /// What is asked for, behind the address of the peer: `/events?limit=10`.
    pub path: String,
    /// Sent by POST, with its type; a GET without.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// Further headers. One that cannot be sent makes the request refused.
    pub headers: Vec<(&'static str, String)>,
    /// Time for the whole answer.
    pub limit: Duration,
    /// Most bytes of the answer.
    pub most_bytes: usize,
}

/// What a peer has answered.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerAnswer {
    /// The status.
    pub status: u16,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
    /// The body.
    pub body: Vec<u8>,
}

/// A client of one server.
#[derive(Clone)]
pub struct Peer {
    client: reqwest::Client,
    base: String,
}

impl Peer {
    /// Prepares to ask a server.
    pub fn new(settings: &PeerSettings) -> Result<Self, PeerError> {
        let base = base_of(&settings.base).ok_or(PeerError::Address)?;
        let mut builder = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.connect_limit)
            .https_only(base.starts_with("https:"))
            .referer(false)
            .user_agent(concat!("healthbook/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = &settings.identity {
            builder = builder.identity(reqwest::Identity::from_pem(pem).map_err(|_| PeerError::Identity)?);
        }
        if let Some(pem) = &settings.authorities {
            let certificates =
                reqwest::Certificate::from_pem_bundle(pem).map_err(|_| PeerError::Authorities)?;
            if certificates.is_empty() {
                return Err(PeerError::Authorities);
            }
            builder = builder.tls_certs_only(certificates);
        }
        Ok(Self { client: builder.build().map_err(|_| PeerError::Client)?, base })
    }

    /// The address of the peer.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks once; whatever the status, the answer is one.
    pub async fn ask(&self, request: PeerRequest) -> Result<PeerAnswer, OutboundError> {
        let url =
            Url::parse(&format!("{}{}", self.base, request.path)).map_err(|_| OutboundError::Refused)?;
        let mut asking = match request.body {
            None => self.client.get(url),
            Some((kind, body)) => self.client.post(url).header("content-type", kind).body(body),
        };
        for (name, value) in request.headers {
            asking = asking.header(name, value);
        }
        let response = asking.timeout(request.limit).send().await.map_err(|error| {
            if error.is_builder() { OutboundError::Refused } else { OutboundError::Unreachable }
        })?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get("retry-after").and_then(|value| value.to_str().ok());
        let retry_after = retry_after.and_then(|text| text.trim().parse().ok());
        Ok(PeerAnswer { status, retry_after, body: read(response, request.most_bytes).await? })
    }
}

/// The address without a slash at its end, if it may be asked.
fn base_of(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let is_local = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(name) => name == "localhost",
    };
    let is_guarded = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    (is_guarded && is_plain).then(|| url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    fn settings(base: &str) -> PeerSettings {
        PeerSettings {
            base: base.to_owned(),
            identity: None,
            authorities: None,
            connect_limit: Duration::from_secs(2),
        }
    }

    fn request(path: &str, most_bytes: usize) -> PeerRequest {
        PeerRequest {
            path: path.to_owned(),
            body: Some(("text/xml", b"<a/>".to_vec())),
            headers: vec![("x-request-id", "r-1".to_owned())],
            limit: Duration::from_secs(10),
            most_bytes,
        }
    }

    /// Answers one request with a text and gives back what was asked.
    async fn answering(answer: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/registry/", listener.local_addr().unwrap());
        let asked = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = vec![0; 4_096];
            let mut length = 0;
            while !bytes[..length].ends_with(b"<a/>") {
                length += stream.read(&mut bytes[length..]).await.unwrap();
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(bytes[..length].to_vec()).unwrap()
        });
        (base, asked)
    }

    #[test]
    fn a_peer_is_encrypted_or_on_this_machine() {
        for good in [
            "https://10.0.0.1:8443/soap",
            "https://registry.internal",
            "http://127.0.0.1:9091",
            "http://[::1]:1",
        ] {
            assert!(base_of(good).is_some(), "{good}");
        }
        for bad in
            ["http://10.0.0.1", "ftp://127.0.0.1", "https://a@b", "https://a/?b", "https://a/#b", "", "/a"]
        {
            assert_eq!(Peer::new(&settings(bad)).err(), Some(PeerError::Address), "{bad}");
        }
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let bad = PeerSettings { identity: Some(b"no key".to_vec()), ..settings("https://registry.example") };
        assert_eq!(Peer::new(&bad).err(), Some(PeerError::Identity));
        let bad =
            PeerSettings { authorities: Some(b"nobody".to_vec()), ..settings("https://registry.example") };
        assert_eq!(Peer::new(&bad).err(), Some(PeerError::Authorities));
    }

    #[tokio::test]
    async fn a_question_is_asked_behind_the_address() {
        let (base, asked) =
            answering("HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno").await;
        let answer = Peer::new(&settings(&base)).unwrap().ask(request("/soap", 10)).await.unwrap();
        assert_eq!((answer.status, answer.retry_after, &answer.body[..]), (429, Some(7), &b"no"[..]));
        let asked = asked.await.unwrap();
        assert!(asked.starts_with("POST /registry/soap HTTP/1.1\r\n"), "{asked}");
        assert!(
            asked.contains("x-request-id: r-1\r\n") && asked.contains("content-type: text/xml\r\n"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn too_much_and_redirects_are_not_followed() {
        let (base, _asked) = answering("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlong").await;
        let answer = Peer::new(&settings(&base)).unwrap().ask(request("/", 3)).await;
        assert_eq!(answer.err(), Some(OutboundError::TooLarge));
        let (base, _asked) =
            answering("HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").await;
        let answer = Peer::new(&settings(&base)).unwrap().ask(request("/", 3)).await.unwrap();
        assert_eq!(answer.status, 307);
    }
}
