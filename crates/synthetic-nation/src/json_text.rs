//! JSON written straight into a string: members in the order of the calls, numbers as they are shown.
//!
//! The nation only ever writes, and a number must keep its lexeme, so a document tree would be a detour.

use std::fmt::{Display, Write};

/// A JSON document that grows at its end.
pub(crate) struct JsonText {
    out: String,
}

impl JsonText {
    /// A document that starts with the given text.
    pub(crate) fn starting_with(text: &str) -> JsonText {
        JsonText { out: text.to_owned() }
    }

    /// The finished document.
    pub(crate) fn finish(self) -> String {
        self.out
    }

    /// Appends text that is JSON already.
    pub(crate) fn raw(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// Every value ends in a quote, digit, letter or closing bracket, so the last byte tells whether one stands before.
    fn separate(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(',');
        }
    }

    fn name(&mut self, name: &str) {
        self.separate();
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    /// A member whose value is any text.
    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.name(name);
        json::write_string(value, &mut self.out);
    }

    /// A member whose value is a string that needs no escapes: a date, an id, a code.
    pub(crate) fn plain(&mut self, name: &str, value: impl Display) {
        self.name(name);
        self.out.push('"');
        self.shown(value);
        self.out.push('"');
    }

    /// A member whose value is a number or a boolean.
    pub(crate) fn number(&mut self, name: &str, value: impl Display) {
        self.name(name);
        self.shown(value);
    }

    /// A member whose value is an object.
    pub(crate) fn object(&mut self, name: &str, content: impl FnOnce(&mut JsonText)) {
        self.name(name);
        self.out.push('{');
        content(self);
        self.out.push('}');
    }

    /// A member whose value is a list.
    pub(crate) fn list(&mut self, name: &str, content: impl FnOnce(&mut JsonText)) {
        self.name(name);
        self.out.push('[');
        content(self);
        self.out.push(']');
    }

    /// A member whose value is a list of one object: the most common shape in FHIR.
    pub(crate) fn list_of_one(&mut self, name: &str, content: impl FnOnce(&mut JsonText)) {
        self.list(name, |list| list.item(content));
    }

    /// An object in a list.
    pub(crate) fn item(&mut self, content: impl FnOnce(&mut JsonText)) {
        self.separate();
        self.out.push('{');
        content(self);
        self.out.push('}');
    }

    /// A string in a list.
    pub(crate) fn text_item(&mut self, value: &str) {
        self.separate();
        json::write_string(value, &mut self.out);
    }

    fn shown(&mut self, value: impl Display) {
        // Writing to a String does not fail.
        let _ = write!(self.out, "{value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_stand_between_values_only() {
        let mut json = JsonText::starting_with("");
        json.item(|json| {
            json.list("a", |json| {
                json.text_item("[");
                json.text_item("\"");
            });
            json.object("b", |json| json.number("c", "5.60"));
            json.list_of_one("d", |json| json.plain("e", 1));
        });
        assert_eq!(json.finish(), r#"{"a":["[","\""],"b":{"c":5.60},"d":[{"e":"1"}]}"#);
    }
}
