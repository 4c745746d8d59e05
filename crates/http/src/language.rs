//! The language of an OperationOutcome: `details.text` is Vietnamese, and English when `Accept-Language` likes that
//! better. Codes, places and `diagnostics` are the same in both.

use actix_web::http::header::{self, HeaderMap};
use json::{Limits, Node, Value};

/// The code system of our faults: an answer without it has nothing to translate.
const SYSTEM: &str = fhir::Fault::SYSTEM;

/// A language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Vietnamese,
    English,
}

impl Language {
    /// The language that is liked best (RFC 9110, 12.5.4); Vietnamese when nothing tells.
    pub(crate) fn preferred(headers: &HeaderMap) -> Self {
        let values = headers.get_all(header::ACCEPT_LANGUAGE).filter_map(|value| value.to_str().ok());
        let (mut vietnamese, mut english) = (None::<f32>, None::<f32>);
        for range in values.flat_map(|value| value.split(',')) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            let place = match tag.split('-').next() {
                Some("vi") => &mut vietnamese,
                Some("en") => &mut english,
                _ => continue,
            };
            *place = Some(place.map_or(weight, |before| before.max(weight)));
        }
        if english.unwrap_or(0.0) > vietnamese.unwrap_or(0.0) { Self::English } else { Self::Vietnamese }
    }
}

/// The language of a page.
pub(crate) fn page_language(headers: &HeaderMap) -> web::Language {
    match Language::preferred(headers) {
        Language::Vietnamese => web::Language::Vietnamese,
        Language::English => web::Language::English,
    }
}

/// An answer with the texts of its outcomes in English; `None` when it holds no outcome of ours.
pub(crate) fn in_english(json: &[u8]) -> Option<Vec<u8>> {
    if !json.windows(SYSTEM.len()).any(|window| window == SYSTEM.as_bytes()) {
        return None;
    }
    // Answers nest deeper than what is stored: by the Bundle around it.
    let mut document = json::parse(json, &Limits { depth: 400 }).ok()?;
    match document.text("resourceType") {
        Some("OperationOutcome") => outcome(&mut document),
        Some("Bundle") => entries(&mut document),
        _ => return None,
    }
    Some(document.to_json().into_bytes())
}

fn entries(bundle: &mut Node<'_>) {
    for entry in items(bundle, "entry") {
        if let Some(response) = entry.get_mut("response").and_then(|response| response.get_mut("outcome")) {
            outcome(response);
        }
        let is_outcome = entry.get("search").and_then(|search| search.text("mode")) == Some("outcome");
        if is_outcome && let Some(resource) = entry.get_mut("resource") {
            outcome(resource);
        }
    }
}

fn outcome(outcome: &mut Node<'_>) {
    for issue in items(outcome, "issue") {
        let english = issue.text("diagnostics").map(str::to_owned);
        if let (Some(english), Some(text)) =
            (english, issue.get_mut("details").and_then(|details| details.get_mut("text")))
        {
            *text = Node::string(english);
        }
    }
}

fn items<'n, 'a>(node: &'n mut Node<'a>, name: &str) -> &'n mut [Node<'a>] {
    match node.get_mut(name).map(|node| &mut node.value) {
        Some(Value::Array(items)) => items,
        _ => &mut [],
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue};

    use super::*;

    #[test]
    fn the_language_that_is_liked_best() {
        for (value, expected) in [
            ("en", Language::English),
            ("en-GB,en;q=0.9", Language::English),
            ("vi", Language::Vietnamese),
            ("vi-VN,vi;q=0.9,en;q=0.8", Language::Vietnamese),
            ("fr, en;q=0.5", Language::English),
            ("fr", Language::Vietnamese),
            ("en;q=0.4, vi;q=0.6", Language::Vietnamese),
            ("vi;q=0.4, EN;q=0.6", Language::English),
            ("*", Language::Vietnamese),
            ("en;q=0", Language::Vietnamese),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(value));
            assert_eq!(Language::preferred(&headers), expected, "{value}");
        }
        assert_eq!(Language::preferred(&HeaderMap::new()), Language::Vietnamese);
    }

    #[test]
    fn only_the_texts_of_outcomes_change() {
        let fault = fhir::outcome_json(&[fhir::Issue::error(fhir::Fault::NotFound).at("Patient")]);
        let english = String::from_utf8(in_english(fault.as_bytes()).unwrap()).unwrap();
        assert!(english.contains(r#""text":"the resource does not exist""#), "{english}");
        assert!(english.contains(r#""expression":["Patient"]"#) && english.contains("not-found"));
        let bundle = format!(
            r#"{{"resourceType":"Bundle","entry":[{{"response":{{"outcome":{fault}}}}},{{"resource":{fault}}},{{"search":{{"mode":"outcome"}},"resource":{fault}}}]}}"#
        );
        let english = String::from_utf8(in_english(bundle.as_bytes()).unwrap()).unwrap();
        assert_eq!(english.matches(r#""text":"the resource does not exist""#).count(), 2, "{english}");
        assert_eq!(in_english(br#"{"resourceType":"Patient"}"#), None);
    }
}
