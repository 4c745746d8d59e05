//! Queries and entity tags as text.

/// What no server understands, of what a run asks: its log says nothing of it.
const UNKNOWN: [&str; 2] = ["no-such-parameter", "nosuchelement"];

/// Section 1, field 15: path and names of the parameters, the values of some.
pub fn query(place: &str, pairs: &[(String, String)]) -> String {
    let told = ["_count", "_sort", "_include", "_revinclude", "_type", "_summary", "_elements"];
    let understood = pairs.iter().filter(|(name, _)| !UNKNOWN.contains(&name.as_str()));
    let parts = understood.map(|(name, value)| {
        let plain = name.split(':').next().unwrap_or_default();
        let values: Vec<&str> = value.split(',').filter(|value| !UNKNOWN.contains(value)).collect();
        if told.contains(&plain) { format!("{name}={}", values.join(",")) } else { name.clone() }
    });
    let parts = parts.collect::<Vec<_>>().join("&");
    if parts.is_empty() { place.to_owned() } else { format!("{place}?{parts}") }
}

/// `W/"3"` -> `3`.
pub fn tag(header: &str) -> String {
    header.trim_matches(['W', '/', '"']).to_owned()
}

pub fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}

fn plain(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap() as u8;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit() * 16 + digit(),
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
