//! `\,` `\|` `\$` `\\` (R4 search.html#escaping).

/// Cuts at a sign that no backslash guards; the parts stay escaped.
pub fn split(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut guarded = false;
    for character in value.chars() {
        if character == separator && !guarded {
            parts.push(String::new());
            continue;
        }
        guarded = character == '\\' && !guarded;
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

/// The signs themselves. A backslash before another sign is a backslash.
pub fn unescape(value: &str) -> String {
    let characters: Vec<char> = value.chars().collect();
    let (mut out, mut at) = (String::new(), 0);
    while at < characters.len() {
        let guards = characters[at] == '\\'
            && characters.get(at + 1).is_some_and(|next| [',', '|', '$', '\\'].contains(next));
        if guards {
            at += 1;
        }
        out.push(characters[at]);
        at += 1;
    }
    out
}

/// The reverse of [`unescape`].
pub fn escape(text: &str) -> String {
    let mut out = String::new();
    for character in text.chars() {
        if [',', '|', '$', '\\'].contains(&character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}
