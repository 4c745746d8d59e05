//! String parameters.

use fhirpath::Item;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::{Answer, invalid};

/// Folded characters that count.
const LONGEST: usize = 256;

/// Case, marks, `đ`, width and white space do not count.
pub fn fold(text: &str) -> String {
    let once = |text: &str| -> String {
        text.nfkd().filter(|character| !is_combining_mark(*character)).collect::<String>().to_lowercase()
    };
    // Lower case may decompose again, so twice.
    let plain = once(&once(text)).replace(['đ', 'ð'], "d");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn cut(folded: &str) -> String {
    // White space at an end does not count, at that end either.
    folded.chars().take(LONGEST).collect::<String>().trim_end().to_owned()
}

/// What a text is compared and sorted by.
pub fn key(text: &str) -> String {
    cut(&fold(text))
}

fn is_in_parts(item: &Item<'_>) -> bool {
    matches!(item.type_name().1, "HumanName" | "Address")
}

/// The single texts of an item: one, or the parts of a name or address.
pub fn texts(item: &Item<'_>) -> Vec<String> {
    let names: &[&str] = match item.type_name().1 {
        "HumanName" => &["family", "given", "prefix", "suffix", "text"],
        "Address" => &["line", "city", "district", "state", "postalCode", "country", "text"],
        _ => return item.text().map(|text| text.into_owned()).into_iter().collect(),
    };
    let Some(node) = item.node() else { return Vec::new() };
    let members = names.iter().filter_map(|name| node.get(name));
    members.flat_map(|member| member.each()).filter_map(|part| part.as_str().map(str::to_owned)).collect()
}

/// Whether a value, its escapes removed, finds any of the items: of names and addresses all parts of all of them
/// together.
pub fn any_matches(items: &[Item<'_>], value: &str, modifier: Option<&str>) -> Answer<bool> {
    if modifier.is_none() && items.iter().any(is_in_parts) {
        let folded = key(value);
        if folded.is_empty() {
            return invalid(value);
        }
        let parts: Vec<String> = items.iter().flat_map(texts).map(|text| key(&text)).collect();
        let begins = |word: &str| parts.iter().any(|part| part.split(' ').any(|own| own.starts_with(word)));
        return Ok(folded.split(' ').all(begins));
    }
    let mut found = false;
    for item in items {
        found |= matches(item, value, modifier)?;
    }
    Ok(found)
}

/// Whether a value, its escapes removed, finds the item.
pub fn matches(item: &Item<'_>, value: &str, modifier: Option<&str>) -> Answer<bool> {
    let texts = texts(item);
    if modifier == Some("exact") {
        return Ok(texts.iter().any(|text| text == value));
    }
    let folded = key(value);
    if folded.is_empty() {
        return invalid(value);
    }
    let parts: Vec<String> = texts.iter().map(|text| key(text)).collect();
    Ok(match modifier {
        Some("contains") => parts.iter().any(|part| part.contains(&folded)),
        Some(other) => return invalid(other),
        None => parts.iter().any(|part| part.starts_with(&folded)),
    })
}
