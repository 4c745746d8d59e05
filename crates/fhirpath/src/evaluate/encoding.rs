//! `encode`, `decode`, `escape`, `unescape`.

use crate::error::EvaluateError;

type Text = Result<Option<String>, EvaluateError>;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

pub(super) fn encode(text: &str, format: &str, name: &'static str) -> Text {
    match format {
        "hex" => Ok(Some(text.bytes().map(|byte| format!("{byte:02x}")).collect())),
        "base64" => Ok(Some(to_base64(text.as_bytes(), STANDARD))),
        "urlbase64" => Ok(Some(to_base64(text.as_bytes(), URL_SAFE))),
        _ => Err(EvaluateError::WrongType(name)),
    }
}

/// Empty when the text is not of that format, or is no text when decoded.
pub(super) fn decode(text: &str, format: &str, name: &'static str) -> Text {
    let bytes = match format {
        "hex" => from_hexadecimal(text),
        "base64" => from_base64(text, STANDARD),
        "urlbase64" => from_base64(text, URL_SAFE),
        _ => return Err(EvaluateError::WrongType(name)),
    };
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()))
}

pub(super) fn escape(text: &str, target: &str, name: &'static str) -> Text {
    match target {
        "html" => Ok(Some(text.chars().fold(String::new(), |mut out, character| {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                _ => out.push(character),
            }
            out
        }))),
        "json" => {
            let mut quoted = String::new();
            json::write_string(text, &mut quoted);
            Ok(quoted.get(1..quoted.len().saturating_sub(1)).map(str::to_owned))
        }
        _ => Err(EvaluateError::WrongType(name)),
    }
}

pub(super) fn unescape(text: &str, target: &str, name: &'static str) -> Text {
    match target {
        "html" => Ok(Some(
            text.replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'")
                .replace("&amp;", "&"),
        )),
        "json" => {
            // A bare quote is no valid JSON string, but there is only one thing that it can mean.
            let quoted = format!("\"{}\"", quotes_escaped(text));
            let node = json::parse(quoted.as_bytes(), &json::Limits::default());
            Ok(node.ok().and_then(|node| node.as_str().map(str::to_owned)))
        }
        _ => Err(EvaluateError::WrongType(name)),
    }
}

fn quotes_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    let mut escaped = false;
    for character in text.chars() {
        if character == '"' && !escaped {
            out.push('\\');
        }
        escaped = character == '\\' && !escaped;
        out.push(character);
    }
    out
}

fn to_base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            if digit > chunk.len() {
                out.push('=');
            } else {
                out.push(char::from(alphabet[(bits >> (18 - 6 * digit) & 63) as usize]));
            }
        }
    }
    out
}

fn from_base64(text: &str, alphabet: &[u8; 64]) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    if text.len() - digits.len() > 2 || digits.len() % 4 == 1 {
        return None;
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let value = u32::try_from(alphabet.iter().position(|known| *known == digit)?).ok()?;
        bits = (bits << 6 | value) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).ok()?);
        }
    }
    Some(out)
}

fn from_hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs.map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok()).collect()
}
