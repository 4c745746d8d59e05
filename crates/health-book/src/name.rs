//! The name of a person, as it is written or as its parts make it.

use serde_json::Value;

use crate::ledger::{items, text};

/// The first name of a `Patient` in one text; empty when there is none.
pub fn name_of(person: &Value) -> String {
    items(person, "/name").first().map(whole).unwrap_or_default()
}

fn whole(name: &Value) -> String {
    let written = text(name, "/text");
    if written.trim().is_empty() { joined(name) } else { written.to_owned() }
}

/// What the parts of a name make: family name, then the others.
pub(crate) fn joined(name: &Value) -> String {
    let given = items(name, "/given").iter().filter_map(Value::as_str);
    let parts: Vec<&str> = std::iter::once(text(name, "/family")).chain(given).collect();
    parts.join(" ").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_the_text_or_its_parts() {
        for (name, expected) in [
            (json!({"text": "Trần Văn An", "family": "Khác"}), "Trần Văn An"),
            (json!({"family": "Trần", "given": ["Văn", "An"]}), "Trần Văn An"),
            (json!({"text": " ", "given": ["An"]}), "An"),
            (json!({"family": "Trần"}), "Trần"),
            (json!({}), ""),
        ] {
            assert_eq!(name_of(&json!({"name": [name]})), expected);
        }
        assert_eq!(name_of(&json!({})), "");
    }
}
