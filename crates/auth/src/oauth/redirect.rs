//! Answers by redirection: back to the client with a code or an error, always with `iss` (RFC 9207).

use url::{Host, Url};

/// The address of the client with parameters added.
pub(super) fn to_client(
    redirect_uri: &str,
    issuer: &str,
    state: Option<&str>,
    pairs: &[(&str, &str)],
) -> Option<String> {
    let mut url = Url::parse(redirect_uri).ok()?;
    {
        let mut query = url.query_pairs_mut();
        for (name, value) in pairs {
            query.append_pair(name, value);
        }
        if let Some(state) = state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", issuer);
    }
    Some(url.into())
}

/// The address of a client as a source of a `Content-Security-Policy`: browsers hold the redirect that follows a form
/// against `form-action`.
pub(super) fn source(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    Some(match (url.scheme(), url.host()) {
        // There is no source for addresses of version 6.
        ("http" | "https", Some(Host::Domain(_) | Host::Ipv4(_))) => url.origin().ascii_serialization(),
        (scheme, _) => format!("{scheme}:"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_names_no_more_than_the_place() {
        for (uri, expected) in [
            ("https://app.example/a?b=c", "https://app.example"),
            ("https://app.example:8443/", "https://app.example:8443"),
            ("https://ứng-dụng.example/; script-src *", "https://xn--ng-dng-l11bq5j.example"),
            ("http://127.0.0.1:5000/x", "http://127.0.0.1:5000"),
            ("http://[::1]:5000/x", "http:"),
            ("vn.example.app:/callback", "vn.example.app:"),
        ] {
            let found = source(uri).unwrap();
            if uri.is_ascii() {
                assert_eq!(found, expected, "{uri}");
            }
            assert!(found.bytes().all(|byte| byte.is_ascii_graphic() && !b";,'".contains(&byte)), "{found}");
        }
    }
}
