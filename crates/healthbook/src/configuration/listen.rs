//! Addresses of the server: where it listens and how it is called.

use std::net::{SocketAddr, ToSocketAddrs};

use super::value::Value;

/// Where the server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenAddress {
    text: String,
    addresses: Vec<SocketAddr>,
}

impl ListenAddress {
    /// What the name stands for; at least one.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether only this machine can come in.
    pub fn is_loopback(&self) -> bool {
        self.addresses.iter().all(|address| address.ip().to_canonical().is_loopback())
    }
}

impl Value for ListenAddress {
    const ALLOWED: &'static str = "HOST:PORT such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:0";

    fn read(text: &str) -> Option<Self> {
        let addresses: Vec<SocketAddr> = text.to_socket_addrs().ok()?.collect();
        (!addresses.is_empty()).then(|| Self { text: text.to_owned(), addresses })
    }

    fn shown(&self) -> Option<String> {
        Some(self.text.clone())
    }
}

/// How the FHIR API is called from outside; without a `/` at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(pub String);

impl Value for BaseUrl {
    const ALLOWED: &'static str = "a web address such as https://book.example/fhir, without query or user";

    fn read(text: &str) -> Option<Self> {
        let text = text.trim_end_matches('/');
        let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"))?;
        let host = rest.split('/').next().unwrap_or_default();
        let refused = |character: char| {
            character.is_whitespace()
                || character.is_control()
                || matches!(character, '?' | '#' | '@' | '"' | '<' | '>')
        };
        (!host.is_empty() && !rest.contains(refused)).then(|| Self(text.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised() {
        for (text, loopback) in [
            ("127.0.0.1:0", true),
            ("127.9.9.9:80", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("0.0.0.0:80", false),
            ("[::]:80", false),
            ("192.0.2.1:80", false),
        ] {
            assert_eq!(ListenAddress::read(text).unwrap().is_loopback(), loopback, "{text}");
        }
        for bad in ["", "127.0.0.1", "127.0.0.1:99999", ":", "a b:1"] {
            assert!(ListenAddress::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn base_urls_lose_their_last_slash() {
        assert_eq!(BaseUrl::read("https://a.example/fhir/").unwrap().0, "https://a.example/fhir");
        for bad in
            ["a.example", "ftp://a", "http://", "http:///fhir", "http://a/?b", "http://u@a/", "http://a b"]
        {
            assert!(BaseUrl::read(bad).is_none(), "{bad}");
        }
    }
}
