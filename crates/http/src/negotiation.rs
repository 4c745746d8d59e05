//! Media types and preferences: `Accept`, `_format`, `Content-Type`, `Prefer`.

use actix_web::http::header::{self, HeaderMap};
use interactions::{JSON_PATCH, Return};

/// The media type of every FHIR answer.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// Whether JSON may be answered. `_format` wins over `Accept` (R4 `http.html#parameters`).
pub(crate) fn accepts_json(headers: &HeaderMap, format: Option<&str>) -> bool {
    if let Some(format) = format {
        return matches!(media_type(format), "json" | "text/json") || is_json(format);
    }
    let mut values = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).peekable();
    if values.peek().is_none() {
        return true;
    }
    values.flat_map(|value| value.split(',')).any(|range| {
        let refused = range.split(';').skip(1).any(|parameter| {
            parameter.trim().strip_prefix("q=").and_then(|q| q.trim().parse::<f32>().ok()) == Some(0.0)
        });
        !refused && (matches!(media_type(range), "*/*" | "application/*") || is_json(range))
    })
}

/// Whether a body of this content type is read.
pub(crate) fn is_json(content_type: &str) -> bool {
    let known = ["application/fhir+json", "application/json", "application/json+fhir"];
    let version_fits = content_type.split(';').skip(1).all(|parameter| {
        let parameter = parameter.trim().to_ascii_lowercase();
        match parameter.split_once('=') {
            Some(("fhirversion", version)) => matches!(version.trim_matches('"'), "4.0" | "4.0.1"),
            Some(("charset", charset)) => charset.trim_matches('"') == "utf-8",
            _ => true,
        }
    });
    known.iter().any(|known| media_type(content_type).eq_ignore_ascii_case(known)) && version_fits
}

/// What a patch may be, for `Accept-Patch` (RFC 5789, section 3.1).
pub(crate) const ACCEPT_PATCH: &str = "application/json-patch+json, application/fhir+json";

/// Whether a body of this content type is a JSON Patch.
pub(crate) fn is_json_patch(content_type: &str) -> bool {
    media_type(content_type).eq_ignore_ascii_case(JSON_PATCH)
}

fn media_type(text: &str) -> &str {
    text.split(';').next().unwrap_or_default().trim()
}

/// `Prefer` (R4 `http.html#ops`, `search.html#errors`; RFC 7240).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Preferences {
    /// `return=...`, when it is said.
    pub(crate) answer: Option<Return>,
    /// `handling=strict`
    pub(crate) strict: bool,
}

impl Preferences {
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let mut preferences = Self::default();
        let values = headers.get_all("prefer").filter_map(|value| value.to_str().ok());
        for preference in values.flat_map(|value| value.split([',', ';'])) {
            let Some((name, value)) = preference.split_once('=') else { continue };
            match (name.trim(), value.trim().trim_matches('"')) {
                ("return", "minimal") => preferences.answer = Some(Return::Minimal),
                ("return", "representation") => preferences.answer = Some(Return::Representation),
                ("return", "OperationOutcome") => preferences.answer = Some(Return::OperationOutcome),
                ("handling", handling) => preferences.strict = handling == "strict",
                _ => {}
            }
        }
        preferences
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn accept_is_read_as_written() {
        for good in [
            "application/fhir+json",
            "application/json;q=0.5, text/html",
            "*/*",
            "text/html, application/xhtml+xml, */*;q=0.8",
            "application/fhir+json; fhirVersion=4.0",
        ] {
            assert!(accepts_json(&headers("accept", good), None), "{good}");
        }
        for bad in [
            "application/fhir+xml",
            "text/html",
            "application/json;q=0",
            "application/fhir+json; fhirVersion=5.0",
        ] {
            assert!(!accepts_json(&headers("accept", bad), None), "{bad}");
        }
        assert!(accepts_json(&headers("accept", "text/html"), Some("json")));
        assert!(!accepts_json(&headers("accept", "*/*"), Some("xml")));
    }

    #[test]
    fn preferences_are_read() {
        let preferences = Preferences::read(&headers("prefer", "return=minimal, handling=strict"));
        assert_eq!(preferences, Preferences { answer: Some(Return::Minimal), strict: true });
        assert_eq!(Preferences::read(&HeaderMap::new()), Preferences::default());
    }
}
