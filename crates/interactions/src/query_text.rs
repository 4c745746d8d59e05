//! The text of a query: `name=value&name=value`, percent-encoded.

use fhir::Fault;
use percent_encoding::percent_decode_str;

use crate::Problem;
use crate::page::PAGE_PARAMETER;

/// Most parameters of one query.
const MOST_PARAMETERS: usize = 500;
/// Most bytes of their names and values, decoded: a page link that seals them must still fit into an address.
const MOST_BYTES: usize = 32 * 1024;

/// Decoded names and values in their order. What is not
/// percent-encoded UTF-8 is refused: a value that was changed on the way would find something else.
pub fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let too_long = || {
        let (parameters, bytes) = (MOST_PARAMETERS.to_string(), MOST_BYTES.to_string());
        Problem::bad_request(Fault::QueryTooLong { parameters, bytes })
    };
    let mut pairs = Vec::new();
    let mut left = MOST_BYTES;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decoded(name)?, decoded(value)?);
        // A page link is the sealed form of a query that was short enough.
        let length = if name == PAGE_PARAMETER { 0 } else { name.len() + value.len() };
        left = left.checked_sub(length).ok_or_else(too_long)?;
        if pairs.len() >= MOST_PARAMETERS {
            return Err(too_long());
        }
        if !name.is_empty() {
            pairs.push((name, value));
        }
    }
    Ok(pairs)
}

fn decoded(text: &str) -> Result<String, Problem> {
    let invalid = || Problem::bad_request(Fault::InvalidQuery);
    let escapes_are_whole = text.split('%').skip(1).all(|rest| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !escapes_are_whole {
        return Err(invalid());
    }
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text).decode_utf8().map_err(|_| invalid())?;
    // U+0000 can stand in no FHIR string, and PostgreSQL cannot even be asked about it.
    if text.contains('\0') { Err(invalid()) } else { Ok(text.into_owned()) }
}

/// The pairs as the text of a query.
pub fn query_text(pairs: &[(String, String)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        .finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let pairs = pairs("a=1%2C2&name=Nguy%E1%BB%85n+V%C4%83n&empty=&b%3Aexact=x").unwrap();
        let names: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(names, [("a", "1,2"), ("name", "Nguyễn Văn"), ("empty", ""), ("b:exact", "x")]);
        assert_eq!(super::pairs(&query_text(&pairs)), Ok(pairs));
        for bad in ["a=%FF", "a=%C3%28", "a=%ZZ", "a=%", "a=%2", "%=1", "a=%00"] {
            assert!(super::pairs(bad).is_err(), "{bad}");
        }
    }
}
