//! JSON compared as text: numbers by their characters, members in their order, strings by their characters.

use serde_json::Value;

/// A JSON value that keeps what is lost elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exact {
    Object(Vec<(String, Exact)>),
    Array(Vec<Exact>),
    Text(String),
    /// A number, `true`, `false` or `null`, as written.
    Word(String),
}

impl Exact {
    /// Parses valid JSON.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let mut parser = Parser { rest: text };
        let value = parser.value();
        assert_eq!(parser.rest.trim(), "", "something follows");
        value
    }

    /// The member of an object.
    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(key, _)| key == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Without `id`, `meta.versionId` and `meta.lastUpdated` (and `meta` when nothing else is in it), which are the
    /// server's. `id` and `meta` may stand anywhere, so what they leave is in order.
    pub fn without_what_the_server_sets(self) -> (Self, Option<Self>) {
        let Self::Object(members) = self else { panic!("not an object") };
        let mut meta = None;
        let mut kept = Vec::new();
        for (name, value) in members {
            match (name.as_str(), value) {
                ("id", _) => {}
                ("meta", Self::Object(parts)) => {
                    let own = |name: &str| name == "versionId" || name == "lastUpdated";
                    let parts: Vec<_> = parts.into_iter().filter(|(name, _)| !own(name)).collect();
                    meta = (!parts.is_empty()).then_some(Self::Object(parts));
                }
                (_, value) => kept.push((name, value)),
            }
        }
        (Self::Object(kept), meta)
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn value(&mut self) -> Exact {
        self.rest = self.rest.trim_start();
        match self.rest.as_bytes().first() {
            Some(b'{') => Exact::Object(self.list('}', |parser| {
                let name = parser.text();
                assert!(parser.takes(':'));
                (name, parser.value())
            })),
            Some(b'[') => Exact::Array(self.list(']', Self::value)),
            Some(b'"') => Exact::Text(self.text()),
            _ => {
                let end = self.rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(self.rest.len());
                let (word, rest) = self.rest.split_at(end);
                self.rest = rest;
                Exact::Word(word.to_owned())
            }
        }
    }

    fn list<T>(&mut self, end: char, item: impl Fn(&mut Self) -> T) -> Vec<T> {
        self.rest = &self.rest[1..];
        let mut items = Vec::new();
        while !self.takes(end) {
            items.push(item(self));
            self.takes(',');
        }
        items
    }

    fn takes(&mut self, mark: char) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(mark);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn text(&mut self) -> String {
        self.rest = self.rest.trim_start();
        let mut strings = serde_json::Deserializer::from_str(self.rest).into_iter::<Value>();
        let Some(Ok(Value::String(text))) = strings.next() else { panic!("not a string: {}", self.rest) };
        self.rest = &self.rest[strings.byte_offset()..];
        text
    }
}
