//! The three cookies: the session, a step of signing in, and what binds forms to a browser.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    Session,
    Step,
    Form,
}

impl Cookie {
    /// `__Host-`: no other server of the domain can set it (RFC 6265bis, 4.1.3.2).
    fn name(self, plain: bool) -> &'static str {
        match (self, plain) {
            (Self::Session, false) => "__Host-session",
            (Self::Step, false) => "__Host-step",
            (Self::Form, false) => "__Host-form",
            (Self::Session, true) => "session",
            (Self::Step, true) => "step",
            (Self::Form, true) => "form",
        }
    }

    /// The header that sets it. It goes when the browser is closed; the server ends it earlier.
    pub(super) fn set(self, value: &str, plain: bool) -> (header::HeaderName, String) {
        (header::SET_COOKIE, self.header(value, plain, ""))
    }

    /// The header that takes it away.
    pub(super) fn clear(self, plain: bool) -> (header::HeaderName, String) {
        (header::SET_COOKIE, self.header("", plain, "; Max-Age=0"))
    }

    fn header(self, value: &str, plain: bool, more: &str) -> String {
        let secure = if plain { "" } else { "; Secure" };
        format!("{}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{more}", self.name(plain))
    }

    /// Its value; nothing when it comes twice, for then somebody else has set one of them.
    pub(super) fn of(self, headers: &HeaderMap, plain: bool) -> String {
        let name = self.name(plain);
        let lines = headers.get_all(header::COOKIE).filter_map(|line| line.to_str().ok());
        let mut values = lines
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, _)| *key == name)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) if value.len() <= 128 => value.to_owned(),
            _ => String::new(),
        }
    }
}

/// The session cookie of a request, empty without one.
pub(crate) fn session_cookie(request: &HttpRequest, plain: bool) -> String {
    Cookie::Session.of(request.headers(), plain)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn cookies_carry_what_protects_them() {
        let (_, secure) = Cookie::Session.set("abc", false);
        assert_eq!(secure, "__Host-session=abc; Path=/; HttpOnly; SameSite=Lax; Secure");
        let (_, plain) = Cookie::Session.clear(true);
        assert_eq!(plain, "session=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
    }

    #[test]
    fn a_cookie_that_comes_twice_is_none() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("a=b; __Host-session=one; session=two"));
        assert_eq!(Cookie::Session.of(&headers, false), "one");
        assert_eq!(Cookie::Session.of(&headers, true), "two");
        headers.append(header::COOKIE, HeaderValue::from_static("__Host-session=three"));
        assert_eq!(Cookie::Session.of(&headers, false), "");
    }
}
