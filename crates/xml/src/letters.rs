//! Characters of XML 1.0: which there are, references to them, escaping and unescaping of attributes.

use std::borrow::Cow;

use crate::error::XmlRule;

/// Whether XML 1.0 has the character (production `Char`).
fn is_char(character: char) -> bool {
    match character {
        '\t' | '\n' | '\r' => true,
        '\u{FFFE}' | '\u{FFFF}' => false,
        _ => character >= ' ',
    }
}

/// Where the first character stands that XML 1.0 does not have.
pub(crate) fn bad_character(text: &str) -> Option<usize> {
    // The common case is decided by bytes: a control character, or the first byte of U+F000 to U+FFFF.
    let suspicious = |byte: u8| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF;
    if !text.bytes().any(suspicious) {
        return None;
    }
    text.char_indices().find(|(_, character)| !is_char(*character)).map(|(at, _)| at)
}

/// White space of XML.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// The character that `&name;` stands for.
pub(crate) fn reference(name: &str) -> Result<char, XmlRule> {
    let Some(number) = name.strip_prefix('#') else {
        return match name {
            "amp" => Ok('&'),
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "quot" => Ok('"'),
            "apos" => Ok('\''),
            _ => Err(XmlRule::Entity),
        };
    };
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // `from_str_radix` would take a sign.
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
        return Err(XmlRule::NotWellFormed);
    }
    let code = u32::from_str_radix(digits, radix).map_err(|_| XmlRule::Character)?;
    char::from_u32(code).filter(|character| is_char(*character)).ok_or(XmlRule::Character)
}

/// The value of an attribute as an application sees it: references resolved, white space that stands there as
/// such made blank (XML 1.0, 3.3.3).
pub(crate) fn unescape(raw: &str) -> Result<Cow<'_, str>, XmlRule> {
    if raw.contains('<') {
        return Err(XmlRule::NotWellFormed);
    }
    let special = ['&', '\t', '\n', '\r'];
    let Some(first) = raw.find(special) else { return Ok(Cow::Borrowed(raw)) };
    let mut out = String::with_capacity(raw.len());
    let (plain, mut rest) = raw.split_at(first);
    out.push_str(plain);
    while let Some(character) = rest.chars().next() {
        let used = if character == '&' {
            let end = rest.find(';').ok_or(XmlRule::NotWellFormed)?;
            out.push(reference(rest.get(1..end).unwrap_or_default())?);
            end + 1
        } else {
            out.push(' ');
            // A line end of two characters is one character.
            if rest.starts_with("\r\n") { 2 } else { 1 }
        };
        rest = rest.get(used..).unwrap_or_default();
        let next = rest.find(special).unwrap_or(rest.len());
        let (plain, after) = rest.split_at(next);
        out.push_str(plain);
        rest = after;
    }
    Ok(Cow::Owned(out))
}

/// Appends the text so that [`unescape`] gives it again.
pub(crate) fn escape(text: &str, out: &mut String) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\t' => "&#x9;",
            b'\n' => "&#xA;",
            b'\r' => "&#xD;",
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        out.push_str(escaped);
        plain = at + 1;
    }
    out.push_str(text.get(plain..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escaped_text_comes_back() {
        let text = "a<b>&\"'\t\n\r\r\n đ \u{1F600}  ";
        let mut out = String::new();
        escape(text, &mut out);
        assert_eq!(out, "a&lt;b&gt;&amp;&quot;'&#x9;&#xA;&#xD;&#xD;&#xA; đ \u{1F600}  ");
        assert_eq!(unescape(&out).unwrap(), text);
    }

    #[test]
    fn white_space_is_made_blank_as_xml_says() {
        assert_eq!(unescape("a\tb\nc\r\nd\re").unwrap(), "a b c d e");
        assert_eq!(unescape("&#9;&#10;&#xd;&#x1F600;&apos;").unwrap(), "\t\n\r\u{1F600}'");
    }

    #[test]
    fn what_is_no_reference_is_refused() {
        for (raw, rule) in [
            ("&nbsp;", XmlRule::Entity),
            ("&;", XmlRule::Entity),
            ("&amp", XmlRule::NotWellFormed),
            ("a & b", XmlRule::NotWellFormed),
            ("&#;", XmlRule::NotWellFormed),
            ("&#x;", XmlRule::NotWellFormed),
            ("&#+65;", XmlRule::NotWellFormed),
            ("&#xG;", XmlRule::NotWellFormed),
            ("&#0;", XmlRule::Character),
            ("&#7;", XmlRule::Character),
            ("&#xD800;", XmlRule::Character),
            ("&#xFFFF;", XmlRule::Character),
            ("&#x110000;", XmlRule::Character),
            ("&#99999999999;", XmlRule::Character),
            ("a<b", XmlRule::NotWellFormed),
        ] {
            assert_eq!(unescape(raw), Err(rule), "{raw}");
        }
    }

    #[test]
    fn characters_that_xml_does_not_have_are_found() {
        assert_eq!(bad_character("a\tb\r\nđ\u{FFFD}\u{F8FF}"), None);
        assert_eq!(bad_character("a\u{1}"), Some(1));
        assert_eq!(bad_character("đ\u{FFFE}"), Some(2));
        assert_eq!(bad_character("\u{FFFF}"), Some(0));
    }
}
