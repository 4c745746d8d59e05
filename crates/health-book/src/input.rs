//! Bodies of acts: small JSON objects whose members are all known.

use access::LabelTable;
use fhir::{Fault, Instant, Issue};
use interactions::{Problem, Service};
use serde::de::DeserializeOwned;

use crate::refusal::wrong;

/// The largest body of an act.
pub const LARGEST_BODY: usize = 16 << 10;
/// Names in a list.
const MOST_NAMES: usize = 50;

/// Reads a body. What is wrong is told by its place only: values stay out of answers and logs.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.len() > LARGEST_BODY {
        return Err(Problem::new(413, Fault::BodyTooLarge { limit: LARGEST_BODY.to_string() }));
    }
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::bad_request(Fault::EmptyBody));
    }
    serde_json::from_slice(body).map_err(|error| {
        let rule = if error.is_data() { "members" } else { "syntax" }.to_owned();
        let place = format!("{}:{}", error.line(), error.column());
        Problem::from_issue(400, Issue::error(Fault::InvalidJson { rule, place }))
    })
}

/// A moment.
pub(crate) fn moment(name: &str, text: &str) -> Result<Instant, Problem> {
    Instant::try_from(text).map(Instant::truncated_to_millis).map_err(|_| wrong(name))
}

/// Names of resource types that can lie in a book.
pub(crate) fn types(service: &Service, names: &[String]) -> Result<(), Problem> {
    let registry = service.store().registry();
    let fits = |name: &String| name.parse().is_ok_and(|kind| registry.lies_in_books(kind));
    if names.len() <= MOST_NAMES && names.iter().all(fits) { Ok(()) } else { Err(wrong("types")) }
}

/// Codes of labels of the policy, but for the location shield, which is no consent's to open or close.
pub(crate) fn labels(service: &Service, codes: &[String]) -> Result<(), Problem> {
    known_labels(service.policy().document().labels(), codes)
}

fn known_labels(table: &LabelTable, codes: &[String]) -> Result<(), Problem> {
    let fits = |code: &String| table.label(code).is_some_and(|label| !label.shield);
    if codes.len() <= MOST_NAMES && codes.iter().all(fits) { Ok(()) } else { Err(wrong("labels")) }
}

/// A text for people: so many characters, none of them for control.
pub(crate) fn words(name: &str, text: &str, least: usize, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    let length = text.chars().count();
    let clean = text.chars().all(|letter| !letter.is_control() || letter == '\n');
    if (least..=most).contains(&length) && clean { Ok(text.to_owned()) } else { Err(wrong(name)) }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Body {
        days: Option<i64>,
    }

    #[test]
    fn what_is_not_known_is_refused_and_no_value_is_told() {
        assert_eq!(read::<Body>(br#"{"days": 3}"#).unwrap().days, Some(3));
        for bad in
            ["", " ", "{", "[]", "{\"day\": 3}", "{\"days\": \"099secret\"}", "{\"days\": 1, \"days\": 2}"]
        {
            let problem = read::<Body>(bad.as_bytes()).unwrap_err();
            assert_eq!(problem.status, 400, "{bad}");
            assert!(!problem.outcome().contains("099secret"));
        }
        let large = format!("{{\"days\": 1{}}}", " ".repeat(LARGEST_BODY));
        assert_eq!(read::<Body>(large.as_bytes()).unwrap_err().status, 413);
        let deep = "[".repeat(10_000);
        assert_eq!(read::<Body>(deep.as_bytes()).unwrap_err().status, 400);
    }

    #[test]
    fn texts_have_a_length_in_characters() {
        assert!(words("text", "mười ký tự", 10, 10).is_ok());
        assert!(words("text", "  ngắn   ", 10, 500).is_err());
        assert!(words("text", &"ạ".repeat(501), 10, 500).is_err());
        assert!(words("text", "with\u{0}control inside", 10, 500).is_err());
    }

    #[test]
    fn labels_are_those_of_the_policy() {
        let policy = access::Policy::built_in();
        let known = |code: &str| known_labels(policy.document().labels(), &[code.to_owned()]).is_ok();
        assert!(known("HIV") && known("CHILD_ABUSE"));
        for bad in ["H|V", "", "hiv", "MENTAL", "UNKNOWN", "R"] {
            assert!(!known(bad), "{bad}");
        }
    }
}
