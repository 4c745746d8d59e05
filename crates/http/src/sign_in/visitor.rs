//! What a request tells of who sent it: address, device, language, the authorization that waits.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap, HeaderName};
use auth::account::{Arrival, Visitor};

use crate::language::Language as Preferred;

/// The visitor of a request.
pub(super) fn visitor(request: &HttpRequest, trusted_proxies: usize, continue_with: Option<&str>) -> Visitor {
    let address = address_of(request, trusted_proxies);
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Visitor {
        address,
        arrival: Arrival {
            device: device(text(header::USER_AGENT)),
            place: address.map(place).unwrap_or_default(),
        },
        continue_with: continue_with.filter(|id| is_id(id)).map(str::to_owned),
    }
}

/// From where a request came.
pub(crate) fn address_of(request: &HttpRequest, trusted_proxies: usize) -> Option<IpAddr> {
    let peer = request.peer_addr().map(|peer| peer.ip());
    address(request.headers(), peer, trusted_proxies)
}

/// An id of ours: nothing that could be an address or markup.
pub(super) fn is_id(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// From where a request came. Each proxy adds at the end whom it heard; what stands before the trusted ones anybody may
/// have written.
fn address(headers: &HeaderMap, peer: Option<IpAddr>, trusted_proxies: usize) -> Option<IpAddr> {
    if trusted_proxies == 0 {
        return peer;
    }
    let lines = headers.get_all(HeaderName::from_static("x-forwarded-for"));
    let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
    let entries: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
    let entry = entries.len().checked_sub(trusted_proxies).and_then(|place| entries.get(place));
    entry.and_then(|entry| entry.parse().ok()).or(peer)
}

/// An address without its last part.
fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(address) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}::x")
        }
    }
}

/// Browser and system, coarsely: enough for a person to know the device again, too little to follow anybody.
fn device(user_agent: &str) -> String {
    let find = |names: &[(&str, &'static str)], other| {
        names.iter().find(|(needle, _)| user_agent.contains(needle)).map_or(other, |(_, name)| *name)
    };
    let browsers = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("coc_coc", "Cốc Cốc"),
        ("Firefox/", "Firefox"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    let systems = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    format!("{}, {}", find(&browsers, "?"), find(&systems, "?"))
}

/// The language of a page: the one asked for, else the one that the browser likes.
pub(super) fn language(request: &HttpRequest, asked: Option<&str>) -> ::web::Language {
    asked.and_then(::web::Language::from_code).unwrap_or_else(|| {
        match Preferred::preferred(request.headers()) {
            Preferred::Vietnamese => ::web::Language::Vietnamese,
            Preferred::English => ::web::Language::English,
        }
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn only_trusted_proxies_tell_from_where() {
        let peer: Option<IpAddr> = "192.0.2.9".parse().ok();
        let mut headers = HeaderMap::new();
        let name = || HeaderName::from_static("x-forwarded-for");
        headers.append(name(), HeaderValue::from_static("203.0.113.7, 198.51.100.1"));
        headers.append(name(), HeaderValue::from_static("198.51.100.2"));
        for (proxies, expected) in
            [(0, "192.0.2.9"), (1, "198.51.100.2"), (2, "198.51.100.1"), (3, "203.0.113.7"), (4, "192.0.2.9")]
        {
            assert_eq!(address(&headers, peer, proxies), expected.parse().ok(), "{proxies}");
        }
        headers.append(name(), HeaderValue::from_static("unknown"));
        assert_eq!(address(&headers, peer, 1), peer);
    }

    #[test]
    fn a_place_is_no_address_and_a_device_no_fingerprint() {
        assert_eq!(place("203.0.113.7".parse().unwrap()), "203.0.113.x");
        assert_eq!(place("2001:db8:1:2::3".parse().unwrap()), "2001:db8:1::x");
        let agent =
            "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36";
        assert_eq!(device(agent), "Chrome, Android");
        assert_eq!(device("<script>"), "?, ?");
    }

    #[test]
    fn what_waits_is_an_id_and_never_an_address() {
        assert!(is_id("abc-DEF_123"));
        for bad in ["", "//evil.example", "https://evil.example", "a/b", "a?b", "a\"b", &"a".repeat(129)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
