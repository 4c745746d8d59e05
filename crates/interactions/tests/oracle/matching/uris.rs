//! Uri parameters.

use fhirpath::Item;

use super::{Answer, invalid};

/// The texts by which an item is found: a canonical with and without its version.
pub fn texts(item: &Item<'_>) -> Vec<String> {
    let Some(text) = item.text() else { return Vec::new() };
    let mut texts = vec![text.to_string()];
    if item.type_name().1 == "canonical"
        && let Some((url, _)) = text.split_once('|')
    {
        texts.push(url.to_owned());
    }
    texts
}

fn is_under(uri: &str, other: &str) -> bool {
    uri == other || uri.strip_prefix(other).is_some_and(|rest| rest.starts_with('/'))
}

pub fn matches(item: &Item<'_>, value: &str, modifier: Option<&str>) -> Answer<bool> {
    let texts = texts(item);
    Ok(match modifier {
        None => texts.iter().any(|text| text == value),
        Some("below") => texts.iter().any(|text| is_under(text, value)),
        Some("above") => texts.iter().any(|text| is_under(value, text)),
        Some(other) => return invalid(other),
    })
}
