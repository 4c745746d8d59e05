//! Formats of primitive values (R4 `datatypes.html#primitive`).

use json::{Node, Value};

use crate::{PartialDate, Precision};

/// Whether a JSON value has the JSON type and the format of a primitive type of R4.
pub fn fits_primitive(type_name: &str, value: &Node<'_>) -> bool {
    match (&value.value, type_name) {
        (Value::Boolean(_), "boolean") => true,
        (Value::Number(lexeme), "decimal") => fits_decimal(lexeme),
        (Value::Number(lexeme), "integer") => integer(lexeme).is_some(),
        (Value::Number(lexeme), "unsignedInt") => integer(lexeme).is_some_and(|value| value >= 0),
        (Value::Number(lexeme), "positiveInt") => integer(lexeme).is_some_and(|value| value > 0),
        (Value::String(text), _) => fits_text(type_name, text),
        _ => false,
    }
}

fn integer(lexeme: &str) -> Option<i32> {
    lexeme.parse().ok()
}

/// Any JSON number. Arithmetic on numbers with more digits than this is refused, not rounded.
fn fits_decimal(lexeme: &str) -> bool {
    lexeme.len() <= 64
}

fn fits_text(type_name: &str, text: &str) -> bool {
    match type_name {
        "string" | "markdown" | "xhtml" => {
            let readable = |byte: u8| byte >= b' ' || matches!(byte, b'\t' | b'\r' | b'\n');
            !text.is_empty() && text.len() <= 1 << 20 && text.bytes().all(readable)
        }
        "code" => fits_code(text),
        "id" => crate::LogicalId::try_from(text).is_ok(),
        "uri" | "url" | "canonical" => !text.is_empty() && !text.contains(char::is_whitespace),
        "oid" => text.strip_prefix("urn:oid:").is_some_and(fits_oid),
        "uuid" => text.strip_prefix("urn:uuid:").is_some_and(fits_uuid),
        "date" => PartialDate::parse(text).is_ok_and(|date| date.precision <= Precision::Day),
        "dateTime" => PartialDate::parse(text).is_ok_and(|date| {
            date.precision <= Precision::Day || (date.precision >= Precision::Second && date.offset.is_some())
        }),
        "instant" => PartialDate::parse(text)
            .is_ok_and(|date| date.precision >= Precision::Second && date.offset.is_some()),
        "time" => fits_time(text),
        "base64Binary" => fits_base64(text),
        _ => false,
    }
}

/// No white space at the ends, and single blanks only inside.
fn fits_code(text: &str) -> bool {
    let blank = |character: char| character.is_whitespace();
    !text.is_empty()
        && !text.starts_with(blank)
        && !text.ends_with(blank)
        && !text.contains("  ")
        && !text.contains(|character: char| character.is_whitespace() && character != ' ')
}

fn fits_oid(text: &str) -> bool {
    let numbers = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    matches!(text.as_bytes().first(), Some(b'0'..=b'2')) && text.contains('.') && text.split('.').all(numbers)
}

fn fits_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `hh:mm:ss` with an optional fraction.
fn fits_time(text: &str) -> bool {
    PartialDate::parse(&format!("2000-01-01T{text}"))
        .is_ok_and(|date| date.precision >= Precision::Second && date.offset.is_none())
}

fn fits_base64(text: &str) -> bool {
    let mut characters = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes() {
        match byte {
            b' ' | b'\n' | b'\r' | b'\t' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => characters += 1,
            _ => return false,
        }
    }
    characters > 0 && padding <= 2 && (characters + padding).is_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_fits(kind: &str, text: &str) -> bool {
        fits_primitive(kind, &Node::string(text))
    }

    fn number_fits(kind: &str, lexeme: &'static str) -> bool {
        fits_primitive(kind, &Node::new(Value::Number(lexeme.into())))
    }

    #[test]
    fn good_values_fit_and_bad_ones_do_not() {
        for (kind, good, bad) in [
            ("code", "a b", "a  b"),
            ("code", "x", " x"),
            ("id", "a-1", "a_1"),
            ("uri", "urn:x", "a b"),
            ("oid", "urn:oid:1.2.840.0", "urn:oid:1.02"),
            ("uuid", "urn:uuid:c757873d-ec9a-4326-a141-556f43239520", "urn:uuid:c757873d"),
            ("date", "2026-11", "2026-11-25T10:00:00Z"),
            ("dateTime", "2026-11-25T10:00:00+07:00", "2026-11-25T10:00:00"),
            ("dateTime", "2026", "2026-11-25T10:00Z"),
            ("instant", "2026-11-25T10:00:00.1Z", "2026-11-25"),
            ("time", "10:00:00.5", "10:00"),
            ("base64Binary", "QUJD REVG\nQQ==", "QUJ"),
            ("string", "x", ""),
            ("string", "a\tb\n", "a\u{7}b"),
        ] {
            assert!(text_fits(kind, good), "{kind} {good}");
            assert!(!text_fits(kind, bad), "{kind} {bad}");
        }
        assert!(number_fits("decimal", "1E-22") && number_fits("decimal", "-0.50"));
        assert!(
            number_fits("integer", "-5")
                && !number_fits("integer", "5.0")
                && !number_fits("integer", "2147483648")
        );
        assert!(number_fits("unsignedInt", "0") && !number_fits("positiveInt", "0"));
        assert!(!text_fits("boolean", "true") && !text_fits("decimal", "1.0") && !number_fits("string", "1"));
    }
}
