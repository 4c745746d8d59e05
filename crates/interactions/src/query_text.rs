//! The text of a query: `name=value&name=value`, percent-encoded.

use std::borrow::Cow;

/// Decoded names and values in their order. Pairs without a value are left out, as R4 asks.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| !name.is_empty() && !value.is_empty())
        .map(|(name, value): (Cow<'_, str>, Cow<'_, str>)| (name.into_owned(), value.into_owned()))
        .collect()
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
        let pairs = pairs("a=1%2C2&name=Nguy%E1%BB%85n+V%C4%83n&empty=&b%3Aexact=x");
        let names: Vec<_> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(names, [("a", "1,2"), ("name", "Nguyễn Văn"), ("b:exact", "x")]);
        assert_eq!(super::pairs(&query_text(&pairs)), pairs);
    }
}
