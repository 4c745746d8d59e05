//! A look at the first bytes of a file: what resource is it, and of what type is the Bundle.

/// What the beginning of a document tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// `resourceType` of the document itself.
    pub resource_type: Option<String>,
    /// `type` of the document itself; of a Bundle, its kind.
    pub bundle_type: Option<String>,
}

impl Head {
    /// Whether the document is surely no Bundle.
    pub fn is_other_resource(&self) -> bool {
        self.resource_type.as_deref().is_some_and(|name| name != "Bundle")
    }
}

/// Looks at the beginning of a JSON document, which may be cut anywhere. This is for the order of the files
/// only; what is imported is parsed in full later.
pub fn peek(head: &[u8]) -> Head {
    let mut found = Head::default();
    let mut scanner = Scanner { rest: head };
    let mut depth = 0_u32;
    let mut last: Option<String> = None;
    let mut name: Option<String> = None;
    while let Some(token) = scanner.next() {
        match token {
            Token::Open => {
                depth += 1;
                name = None;
            }
            Token::Close => depth = depth.saturating_sub(1),
            Token::Colon if depth == 1 => name = last.take(),
            Token::Comma => name = None,
            Token::Text(text) => {
                match (depth, name.as_deref()) {
                    (1, Some("resourceType")) => found.resource_type = Some(text.clone()),
                    (1, Some("type")) => found.bundle_type = Some(text.clone()),
                    _ => {}
                }
                last = Some(text);
            }
            Token::Colon => {}
        }
        if found.resource_type.is_some() && found.bundle_type.is_some() {
            break;
        }
    }
    found
}

enum Token {
    Open,
    Close,
    Colon,
    Comma,
    Text(String),
}

struct Scanner<'a> {
    rest: &'a [u8],
}

impl Scanner<'_> {
    fn next(&mut self) -> Option<Token> {
        loop {
            let (first, rest) = self.rest.split_first()?;
            self.rest = rest;
            return Some(match first {
                b'{' | b'[' => Token::Open,
                b'}' | b']' => Token::Close,
                b':' => Token::Colon,
                b',' => Token::Comma,
                b'"' => Token::Text(self.text()?),
                _ => continue,
            });
        }
    }

    /// The rest of a string. Escapes are left as they are: the names that matter have none.
    fn text(&mut self) -> Option<String> {
        let mut escaped = false;
        let end = self.rest.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, resource_type: Option<&str>, bundle_type: Option<&str>) {
        let expected = Head {
            resource_type: resource_type.map(str::to_owned),
            bundle_type: bundle_type.map(str::to_owned),
        };
        assert_eq!(peek(text.as_bytes()), expected, "{text}");
    }

    #[test]
    fn only_the_outermost_object_counts() {
        check(r#"{"resourceType": "Bundle", "type": "batch", "entry""#, Some("Bundle"), Some("batch"));
        check(r#"{"type":"transaction","resourceType":"Bundle"}"#, Some("Bundle"), Some("transaction"));
        check(r#"{"entry":[{"type":"a","resourceType":"Patient"}],"type":"batch"#, None, None);
        check(r#"{"meta":{"type":"x"},"resourceType":"Bundle","entry":[{"#, Some("Bundle"), None);
        check(r#"{"id":"type","x":"\"type\":","resourceType":"Patient"}"#, Some("Patient"), None);
        check(r#"{"type":{"coding":[]},"resourceType":"Location"}"#, Some("Location"), None);
        for text in ["", "[", "{", "nonsense", "\"type\":\"batch\"", "{\"type\":\"ba", "]]]}", "{\"a\\"] {
            check(text, None, None);
        }
    }
}
