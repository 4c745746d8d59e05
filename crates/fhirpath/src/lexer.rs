//! Text to tokens.

use rust_decimal::Decimal;

use crate::error::{ParseError, ParseErrorKind as Kind};
use crate::temporal::Temporal;

/// Longest text that is read. The longest search parameter of R4 has about 3,000 bytes.
const MAXIMUM_LENGTH: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A name, a keyword or an operator in letters: which one, only the parser can tell.
    Word(String),
    /// `` `name` ``
    Delimited(String),
    /// `'text'`
    String(String),
    /// `"text"`, which some old expressions write behind `%`.
    DoubleQuoted(String),
    Integer(i64),
    Decimal(Decimal),
    Temporal(Temporal),
    /// `$this`, `$index`, `$total` without the sign.
    Dollar(String),
    Symbol(&'static str),
}

/// Longer ones first.
const SYMBOLS: [&str; 22] = [
    "<=", ">=", "!=", "!~", ".", ",", "(", ")", "[", "]", "{", "}", "+", "-", "*", "/", "&", "|", "<", ">",
    "=", "~",
];

/// All tokens with their byte offsets.
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, ParseError> {
    if text.len() > MAXIMUM_LENGTH {
        return Err(ParseError { kind: Kind::TooLong, offset: MAXIMUM_LENGTH });
    }
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let result = lexer.space().and_then(|()| {
            let start = lexer.at;
            Ok(lexer.token()?.map(|token| (token, start)))
        });
        match result {
            Ok(Some(token)) => tokens.push(token),
            Ok(None) => return Ok(tokens),
            Err(kind) => {
                return Err(ParseError { kind, offset: lexer.at });
            }
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) -> Result<(), Kind> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").ok_or(Kind::UnexpectedEnd)? + 2;
            } else {
                return Ok(());
            }
        }
    }

    fn token(&mut self) -> Result<Option<Token>, Kind> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            'a'..='z' | 'A'..='Z' | '_' => Token::Word(self.word()),
            '0'..='9' => self.number()?,
            '\'' => Token::String(self.quoted('\'')?),
            '`' => Token::Delimited(self.quoted('`')?),
            '"' => Token::DoubleQuoted(self.quoted('"')?),
            '@' => self.temporal()?,
            '$' => {
                self.at += 1;
                Token::Dollar(self.word())
            }
            '%' => {
                self.at += 1;
                Token::Symbol("%")
            }
            _ => {
                let symbol = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol));
                let symbol = symbol.ok_or(Kind::UnexpectedCharacter)?;
                self.at += symbol.len();
                Token::Symbol(symbol)
            }
        };
        Ok(Some(token))
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().to_owned()
    }

    fn number(&mut self) -> Result<Token, Kind> {
        let bytes = self.rest().as_bytes();
        let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
        let whole = digits(0);
        let fraction = if bytes.get(whole) == Some(&b'.') { digits(whole + 1) } else { 0 };
        let length = if fraction > 0 { whole + 1 + fraction } else { whole };
        let lexeme = self.rest().get(..length).unwrap_or_default();
        let token = if fraction > 0 {
            Token::Decimal(Decimal::from_str_exact(lexeme).map_err(|_| Kind::InvalidNumber)?)
        } else {
            Token::Integer(lexeme.parse().map_err(|_| Kind::InvalidNumber)?)
        };
        self.at += length;
        Ok(token)
    }

    fn quoted(&mut self, quote: char) -> Result<String, Kind> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let character = self.rest().chars().next().ok_or(Kind::UnexpectedEnd)?;
            self.at += character.len_utf8();
            if character == quote {
                return Ok(out);
            }
            out.push(if character == '\\' { self.escape()? } else { character });
        }
    }

    fn escape(&mut self) -> Result<char, Kind> {
        let character = self.rest().chars().next().ok_or(Kind::UnexpectedEnd)?;
        self.at += character.len_utf8();
        Ok(match character {
            '\'' | '"' | '`' | '\\' | '/' => character,
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => {
                let high = self.hexadecimal()?;
                if !(0xd800..0xdc00).contains(&high) {
                    return char::from_u32(high).ok_or(Kind::InvalidEscape);
                }
                if !self.rest().starts_with("\\u") {
                    return Err(Kind::InvalidEscape);
                }
                self.at += 2;
                let low = self.hexadecimal()?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(Kind::InvalidEscape);
                }
                char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
                    .ok_or(Kind::InvalidEscape)?
            }
            _ => return Err(Kind::InvalidEscape),
        })
    }

    fn hexadecimal(&mut self) -> Result<u32, Kind> {
        let digits = self.rest().get(..4).ok_or(Kind::InvalidEscape)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Kind::InvalidEscape);
        }
        self.at += 4;
        u32::from_str_radix(digits, 16).map_err(|_| Kind::InvalidEscape)
    }

    fn temporal(&mut self) -> Result<Token, Kind> {
        self.at += 1;
        let text = self.rest();
        let bytes = text.as_bytes();
        let (length, value) = if bytes.first() == Some(&b'T') {
            let length = 1 + time_length(bytes.get(1..).unwrap_or_default());
            (length, text.get(1..length).and_then(Temporal::parse_time))
        } else {
            let date = shape_length(bytes, b"0000-00-00", &[4, 7, 10]);
            if bytes.get(date) == Some(&b'T') {
                let mut length = date + 1;
                length += time_length(bytes.get(length..).unwrap_or_default());
                // A zone belongs to a time; behind a bare `T` a sign is an operator.
                if length > date + 1 {
                    length += zone_length(bytes.get(length..).unwrap_or_default());
                }
                (length, text.get(..length).and_then(Temporal::parse_date_time))
            } else {
                (date, text.get(..date).and_then(Temporal::parse_date))
            }
        };
        let value = value.ok_or(Kind::InvalidTemporal)?;
        self.at += length;
        Ok(Token::Temporal(value))
    }
}

/// How much of a text follows a shape (`0` is any digit), ending only at one of the stops.
fn shape_length(bytes: &[u8], shape: &[u8], stops: &[usize]) -> usize {
    let fits = |(byte, expected): &(&u8, &u8)| match expected {
        b'0' => byte.is_ascii_digit(),
        _ => byte == expected,
    };
    let length = bytes.iter().zip(shape).take_while(fits).count();
    stops.iter().copied().rfind(|stop| *stop <= length).unwrap_or(0)
}

fn time_length(bytes: &[u8]) -> usize {
    let length = shape_length(bytes, b"00:00:00", &[2, 5, 8]);
    if length < 8 || bytes.get(8) != Some(&b'.') {
        return length;
    }
    match bytes.iter().skip(9).take_while(|byte| byte.is_ascii_digit()).count() {
        0 => length,
        digits => 9 + digits,
    }
}

fn zone_length(bytes: &[u8]) -> usize {
    match bytes.first() {
        Some(b'Z') => 1,
        Some(b'+') => shape_length(bytes, b"+00:00", &[6]),
        Some(b'-') => shape_length(bytes, b"-00:00", &[6]),
        _ => 0,
    }
}
