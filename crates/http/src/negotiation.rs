//! Media types and preferences: `Accept`, `_format`, `Content-Type`, `Prefer`.

use actix_web::http::header::{self, HeaderMap};
use interactions::{JSON_PATCH, Return};

/// The media type of answers in JSON.
pub(crate) const FHIR_JSON: &str = "application/fhir+json; charset=utf-8";

/// The media type of answers in XML.
pub(crate) const FHIR_XML: &str = "application/fhir+xml; charset=utf-8";

/// The forms in which a resource is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

/// The form that is wanted, or none that can be answered. `_format` wins over `Accept` (R4
/// `http.html#parameters`). Of two forms that are liked alike it is the one that is named, else JSON.
pub(crate) fn format(headers: &HeaderMap, format: Option<&str>) -> Option<Format> {
    if let Some(format) = format {
        // A plus sign that was not escaped arrives as a blank.
        let format = &format.trim().replace("fhir ", "fhir+");
        return match media_type(format) {
            "json" | "text/json" => Some(Format::Json),
            "xml" => Some(Format::Xml),
            _ if is_json(format) => Some(Format::Json),
            _ if is_xml(format) => Some(Format::Xml),
            _ => None,
        };
    }
    let values: Vec<&str> = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok()).collect();
    if values.is_empty() {
        return Some(Format::Json);
    }
    let ranges = || values.iter().flat_map(|value| value.split(','));
    let (json, xml) = (liking(ranges(), is_json), liking(ranges(), is_xml));
    match (json.weight > 0.0, xml.weight > 0.0) {
        (false, false) => None,
        (true, false) => Some(Format::Json),
        (false, true) => Some(Format::Xml),
        (true, true) if (xml.weight, xml.is_named) > (json.weight, json.is_named) => Some(Format::Xml),
        (true, true) => Some(Format::Json),
    }
}

/// How much a form is liked, and whether by its name.
struct Liking {
    weight: f32,
    is_named: bool,
}

/// RFC 9110, 12.5.1: the range that says most about a media type counts.
fn liking<'a>(ranges: impl Iterator<Item = &'a str>, is_named: fn(&str) -> bool) -> Liking {
    let (mut exact, mut family, mut any) = (None::<f32>, None, None);
    for range in ranges {
        let weight = range.split(';').skip(1).find_map(|parameter| {
            parameter.trim().strip_prefix("q=").and_then(|weight| weight.trim().parse::<f32>().ok())
        });
        let weight = weight.unwrap_or(1.0);
        match media_type(range) {
            "*/*" => any = Some(weight),
            "application/*" => family = Some(weight),
            // Several media types mean one form here: the best counts.
            _ if is_named(range) => exact = Some(exact.map_or(weight, |best| best.max(weight))),
            _ => {}
        }
    }
    Liking { weight: exact.or(family).or(any).unwrap_or(0.0), is_named: exact.is_some() }
}

/// Whether a body of this content type is FHIR in JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    is_one_of(content_type, &["application/fhir+json", "application/json", "application/json+fhir"])
}

/// Whether a body of this content type is FHIR in XML.
pub(crate) fn is_xml(content_type: &str) -> bool {
    let known = ["application/fhir+xml", "application/xml", "text/xml", "application/xml+fhir"];
    is_one_of(content_type, &known)
}

fn is_one_of(content_type: &str, known: &[&str]) -> bool {
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
pub(crate) const ACCEPT_PATCH: &str =
    "application/json-patch+json, application/fhir+json, application/fhir+xml";

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
        for (accept, expected) in [
            ("application/fhir+json", Some(Format::Json)),
            ("application/json;q=0.5, text/html", Some(Format::Json)),
            ("*/*", Some(Format::Json)),
            ("application/*;q=0.1", Some(Format::Json)),
            ("application/fhir+json; fhirVersion=4.0", Some(Format::Json)),
            ("application/fhir+xml", Some(Format::Xml)),
            ("application/xml", Some(Format::Xml)),
            ("text/xml; charset=utf-8", Some(Format::Xml)),
            ("application/fhir+xml, application/fhir+json", Some(Format::Json)),
            ("application/fhir+xml;q=0.9, application/json;q=0.1", Some(Format::Xml)),
            ("application/fhir+xml;q=0.1, application/json;q=0.9", Some(Format::Json)),
            ("application/fhir+xml, */*", Some(Format::Xml)),
            ("application/fhir+xml;q=0.1, */*", Some(Format::Json)),
            ("application/xml;q=0.1, application/fhir+xml, application/json;q=0.5", Some(Format::Xml)),
            ("*/*, application/json;q=0", Some(Format::Xml)),
            ("application/fhir+xml;q=0, */*", Some(Format::Json)),
            ("text/html", None),
            ("text/turtle", None),
            ("application/json;q=0", None),
            ("*/*;q=0", None),
            ("application/fhir+json; fhirVersion=5.0", None),
            ("application/fhir+xml; fhirVersion=3.0", None),
        ] {
            assert_eq!(format(&headers("accept", accept), None), expected, "{accept}");
        }
        assert_eq!(format(&HeaderMap::new(), None), Some(Format::Json));
        let xml = headers("accept", "application/fhir+xml");
        for (name, expected) in [
            ("json", Some(Format::Json)),
            ("application/fhir+json", Some(Format::Json)),
            ("xml", Some(Format::Xml)),
            ("text/xml", Some(Format::Xml)),
            ("application/xml", Some(Format::Xml)),
            ("application/fhir+xml", Some(Format::Xml)),
            ("application/fhir xml", Some(Format::Xml)),
            ("html", None),
            ("", None),
        ] {
            assert_eq!(format(&xml, Some(name)), expected, "{name}");
        }
    }

    #[test]
    fn preferences_are_read() {
        let preferences = Preferences::read(&headers("prefer", "return=minimal, handling=strict"));
        assert_eq!(preferences, Preferences { answer: Some(Return::Minimal), strict: true });
        assert_eq!(Preferences::read(&HeaderMap::new()), Preferences::default());
    }
}
