//! The values that concern the external provider.

use super::value::Value;

/// A text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub String);

impl Value for Text {
    const ALLOWED: &'static str = "a text without control characters";

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.chars().any(char::is_control)).then(|| Self(text.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

/// A text that is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Secret")
    }
}

impl Value for Secret {
    const ALLOWED: &'static str = "a text";
    const SECRET: bool = true;

    fn read(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some("***".to_owned())
    }
}

/// The address of another server: encrypted, or on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerUrl(pub String);

impl Value for PeerUrl {
    const ALLOWED: &'static str = "an https address, or an http one of this machine";

    fn read(text: &str) -> Option<Self> {
        let is_plain = !text.chars().any(|character| character.is_whitespace() || character.is_control());
        let is_guarded = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty())
            || healthbook_http::SignIn::is_plain_loopback(text);
        (is_plain && is_guarded && !text.contains(['?', '#', '@'])).then(|| Self(text.to_owned()))
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_server_is_asked_encrypted_or_on_this_machine() {
        for good in ["https://id.example", "https://id.example/realm", "http://127.0.0.1:9090"] {
            assert!(PeerUrl::read(good).is_some(), "{good}");
        }
        for bad in ["http://id.example", "https://", "https://a@b", "https://a?b", "ftp://a", "https://a b"] {
            assert!(PeerUrl::read(bad).is_none(), "{bad}");
        }
    }
}
