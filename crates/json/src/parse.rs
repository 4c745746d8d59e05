//! Text to document. One pass, no recursion deeper than the limit, no copying of plain strings.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::{Node, ParseError, ParseErrorKind as Kind, Span, Value};

/// What an input may cost.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deepest nesting of arrays and objects.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 100 }
    }
}

/// Above this many members an object's names are checked for repetition with a hash set.
const LINEAR_CHECK: usize = 24;

/// Reads one document that fills the whole input. A byte order mark is refused like any other character.
pub fn parse<'a>(input: &'a [u8], limits: &Limits) -> Result<Node<'a>, ParseError> {
    let text = match std::str::from_utf8(input) {
        Ok(text) => text,
        Err(error) => return Err(locate(input, error.valid_up_to(), Kind::InvalidUtf8, String::new())),
    };
    let mut parser = Parser { text, bytes: input, at: 0, depth: limits.depth, path: Vec::new() };
    let result = parser.document();
    result.map_err(|kind| locate(input, parser.at, kind, parser.path()))
}

fn locate(input: &[u8], offset: usize, kind: Kind, path: String) -> ParseError {
    let before = &input[..offset.min(input.len())];
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let column = 1 + memchr::memrchr(b'\n', before).map_or(before.len(), |at| before.len() - at - 1);
    ParseError { kind, offset, line, column, path }
}

enum Step<'a> {
    Member(Cow<'a, str>),
    Item(usize),
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    depth: usize,
    path: Vec<Step<'a>>,
}

impl<'a> Parser<'a> {
    fn document(&mut self) -> Result<Node<'a>, Kind> {
        self.space();
        let node = self.value()?;
        self.space();
        if self.at == self.bytes.len() { Ok(node) } else { Err(Kind::TrailingData) }
    }

    fn path(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            match step {
                // A name is shown only if it could be an element name; anything else may be data.
                Step::Member(name) => {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    let plain =
                        name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
                    out.push_str(if plain { name } else { "?" });
                }
                Step::Item(index) => out.push_str(&format!("[{index}]")),
            }
        }
        out
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Node<'a>, Kind> {
        let start = self.at;
        let value = match self.bytes.get(self.at) {
            None => return Err(Kind::UnexpectedEnd),
            Some(b'"') => Value::String(self.string()?),
            Some(b'{') => Value::Object(self.object()?),
            Some(b'[') => Value::Array(self.array()?),
            Some(b't') => self.word("true", Value::Boolean(true))?,
            Some(b'f') => self.word("false", Value::Boolean(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            Some(b'-' | b'0'..=b'9') => Value::Number(Cow::Borrowed(self.number()?)),
            Some(_) => return Err(Kind::UnexpectedCharacter),
        };
        Ok(Node { value, span: self.span(start) })
    }

    fn span(&self, start: usize) -> Span {
        let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { start: clamp(start), end: clamp(self.at) }
    }

    fn word(&mut self, word: &str, value: Value<'a>) -> Result<Value<'a>, Kind> {
        if self.bytes[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else {
            Err(Kind::UnexpectedCharacter)
        }
    }

    fn enter(&mut self) -> Result<(), Kind> {
        self.depth = self.depth.checked_sub(1).ok_or(Kind::TooDeep)?;
        self.at += 1;
        self.space();
        Ok(())
    }

    /// After an item: `true` when another follows.
    fn more(&mut self, close: u8) -> Result<bool, Kind> {
        self.space();
        match self.bytes.get(self.at) {
            Some(b',') => {
                self.at += 1;
                self.space();
                Ok(true)
            }
            Some(byte) if *byte == close => {
                self.at += 1;
                self.depth += 1;
                Ok(false)
            }
            Some(_) => Err(Kind::UnexpectedCharacter),
            None => Err(Kind::UnexpectedEnd),
        }
    }

    fn array(&mut self) -> Result<Vec<Node<'a>>, Kind> {
        self.enter()?;
        let mut items = Vec::new();
        if self.bytes.get(self.at) == Some(&b']') {
            self.more(b']')?;
            return Ok(items);
        }
        loop {
            self.path.push(Step::Item(items.len()));
            items.push(self.value()?);
            self.path.pop();
            if !self.more(b']')? {
                return Ok(items);
            }
        }
    }

    fn object(&mut self) -> Result<Vec<(Cow<'a, str>, Node<'a>)>, Kind> {
        self.enter()?;
        let mut members: Vec<(Cow<'a, str>, Node<'a>)> = Vec::new();
        let mut seen: Option<HashSet<Cow<'a, str>>> = None;
        if self.bytes.get(self.at) == Some(&b'}') {
            self.more(b'}')?;
            return Ok(members);
        }
        loop {
            let name_at = self.at;
            match self.bytes.get(self.at) {
                Some(b'"') => {}
                Some(_) => return Err(Kind::UnexpectedCharacter),
                None => return Err(Kind::UnexpectedEnd),
            }
            let name = self.string()?;
            let repeated = match &mut seen {
                Some(names) => !names.insert(name.clone()),
                None => members.iter().any(|(other, _)| *other == name),
            };
            self.path.push(Step::Member(name.clone()));
            if repeated {
                self.at = name_at;
                return Err(Kind::DuplicateKey);
            }
            self.space();
            match self.bytes.get(self.at) {
                Some(b':') => self.at += 1,
                Some(_) => return Err(Kind::UnexpectedCharacter),
                None => return Err(Kind::UnexpectedEnd),
            }
            self.space();
            let value = self.value()?;
            self.path.pop();
            members.push((name, value));
            if seen.is_none() && members.len() > LINEAR_CHECK {
                seen = Some(members.iter().map(|(name, _)| name.clone()).collect());
            }
            if !self.more(b'}')? {
                return Ok(members);
            }
        }
    }

    fn number(&mut self) -> Result<&'a str, Kind> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        match self.bytes.get(self.at) {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits()?,
            _ => return Err(Kind::InvalidNumber),
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        match self.bytes.get(self.at) {
            Some(b'0'..=b'9' | b'.' | b'+' | b'-' | b'a'..=b'z' | b'A'..=b'Z') => Err(Kind::InvalidNumber),
            _ => Ok(&self.text[start..self.at]),
        }
    }

    fn digits(&mut self) -> Result<(), Kind> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at > start { Ok(()) } else { Err(Kind::InvalidNumber) }
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Kind> {
        self.at += 1;
        let start = self.at;
        self.plain()?;
        if self.bytes[self.at] == b'"' {
            let text = &self.text[start..self.at];
            self.at += 1;
            return Ok(Cow::Borrowed(text));
        }
        let mut out = String::from(&self.text[start..self.at]);
        loop {
            if self.bytes[self.at] == b'"' {
                self.at += 1;
                return Ok(Cow::Owned(out));
            }
            out.push(self.escape()?);
            let start = self.at;
            self.plain()?;
            out.push_str(&self.text[start..self.at]);
        }
    }

    /// Runs to the next quote or backslash.
    fn plain(&mut self) -> Result<(), Kind> {
        loop {
            match self.bytes.get(self.at) {
                None => return Err(Kind::UnexpectedEnd),
                Some(b'"' | b'\\') => return Ok(()),
                Some(byte) if *byte < 0x20 => return Err(Kind::ControlCharacter),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<char, Kind> {
        self.at += 1;
        let escape = *self.bytes.get(self.at).ok_or(Kind::UnexpectedEnd)?;
        self.at += 1;
        Ok(match escape {
            b'"' => '"',
            b'\\' => '\\',
            b'/' => '/',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unicode()?,
            _ => return Err(Kind::InvalidEscape),
        })
    }

    fn unicode(&mut self) -> Result<char, Kind> {
        let high = self.hex4()?;
        let code = if (0xd800..0xdc00).contains(&high) {
            if self.bytes.get(self.at) != Some(&b'\\') || self.bytes.get(self.at + 1) != Some(&b'u') {
                return Err(Kind::LoneSurrogate);
            }
            self.at += 2;
            let low = self.hex4()?;
            if !(0xdc00..0xe000).contains(&low) {
                return Err(Kind::LoneSurrogate);
            }
            0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)
        } else {
            high
        };
        match char::from_u32(code) {
            Some('\0') => Err(Kind::NullCharacter),
            Some(character) => Ok(character),
            None => Err(Kind::LoneSurrogate),
        }
    }

    fn hex4(&mut self) -> Result<u32, Kind> {
        let digits = self.bytes.get(self.at..self.at + 4).ok_or(Kind::UnexpectedEnd)?;
        let mut code = 0;
        for digit in digits {
            code = code * 16 + char::from(*digit).to_digit(16).ok_or(Kind::InvalidEscape)?;
        }
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(input: &[u8]) -> Kind {
        parse(input, &Limits::default()).unwrap_err().kind
    }

    #[test]
    fn keeps_lexemes_order_and_escapes() {
        let input = r#"{"z":1.50,"a":1E-22,"big":12345678901234567890,"text":"\u0111 \"q\" \n/"}"#;
        let node = parse(input.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(node.to_json(), r#"{"z":1.50,"a":1E-22,"big":12345678901234567890,"text":"đ \"q\" \n/"}"#);
        let at = node.get("a").unwrap().span;
        assert_eq!(&input[at.start as usize..at.end as usize], "1E-22");
    }

    #[test]
    fn refuses_what_rfc_8259_leaves_open() {
        assert_eq!(kind(br#"{"a":1,"a":2}"#), Kind::DuplicateKey);
        assert_eq!(kind(br#"{"a":1,"\u0061":2}"#), Kind::DuplicateKey);
        assert_eq!(kind(br#"["\ud800"]"#), Kind::LoneSurrogate);
        assert_eq!(kind(br#"["\udc00"]"#), Kind::LoneSurrogate);
        assert_eq!(kind(br#"["\u0000"]"#), Kind::NullCharacter);
        assert_eq!(kind(b"[\"\xff\"]"), Kind::InvalidUtf8);
        assert_eq!(kind(b"[01]"), Kind::InvalidNumber);
        assert_eq!(kind(b"[1.]"), Kind::InvalidNumber);
        assert_eq!(kind(b"[NaN]"), Kind::UnexpectedCharacter);
        assert_eq!(kind(b"[1,]"), Kind::UnexpectedCharacter);
        assert_eq!(kind(b"[1]x"), Kind::TrailingData);
        assert_eq!(kind(b"\xef\xbb\xbf[]"), Kind::UnexpectedCharacter);
        assert_eq!(kind(b""), Kind::UnexpectedEnd);
        assert_eq!(kind(b"[\"a"), Kind::UnexpectedEnd);
        assert_eq!(kind(b"[\"\x01\"]"), Kind::ControlCharacter);
    }

    #[test]
    fn depth_is_counted_exactly() {
        let nested = |depth: usize| [vec![b'['; depth], vec![b']'; depth]].concat();
        assert!(parse(&nested(100), &Limits::default()).is_ok());
        assert_eq!(kind(&nested(101)), Kind::TooDeep);
        assert_eq!(kind(&vec![b'['; 1_000_000]), Kind::TooDeep);
    }

    #[test]
    fn names_the_place() {
        let error = parse(b"{\"name\":[\n {\"given\":[1,]}]}", &Limits::default()).unwrap_err();
        assert_eq!((error.line, error.path.as_str()), (2, "name[0].given[1]"));
    }

    #[test]
    fn duplicate_names_are_found_in_large_objects() {
        let mut input = String::from("{");
        for index in 0..100 {
            input.push_str(&format!("\"k{index}\":0,"));
        }
        input.push_str("\"k7\":1}");
        assert_eq!(kind(input.as_bytes()), Kind::DuplicateKey);
    }
}
