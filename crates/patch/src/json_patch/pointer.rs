//! JSON Pointer (RFC 6901): reading one and following it.

use json::{Node, Value};

use crate::Reason;
use crate::bounds::Bounds;

/// A pointer: the names and indexes on the way, unescaped. None for the whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer(Vec<String>);

impl Pointer {
    /// Reads a pointer; `None` when it is not one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self(Vec::new()));
        }
        text.strip_prefix('/')?.split('/').map(unescape).collect::<Option<_>>().map(Self)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(super) fn steps(&self) -> &[String] {
        &self.0
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it leads to something inside of what `other` leads to.
    pub(super) fn is_inside(&self, other: &Self) -> bool {
        self.0.len() > other.0.len() && self.0.starts_with(&other.0)
    }

    /// The pointer to what contains the value, and the last name; `None` for the whole document.
    pub(super) fn split(&self) -> Option<(&[String], &str)> {
        self.0.split_last().map(|(last, rest)| (rest, last.as_str()))
    }

    /// The value that it leads to.
    pub(super) fn find<'d, 'a>(
        &self,
        document: &'d Node<'a>,
        bounds: &mut Bounds,
    ) -> Result<&'d Node<'a>, Reason> {
        self.0.iter().try_fold(document, |node, name| {
            bounds.charge(1 + node.members().len())?;
            match &node.value {
                Value::Object(_) => node.get(name).ok_or(Reason::Path),
                Value::Array(items) => items.get(index(name)?).ok_or(Reason::Position),
                _ => Err(Reason::Path),
            }
        })
    }
}

/// The value to which the names lead, to be changed.
pub(super) fn find_mut<'d, 'a>(
    document: &'d mut Node<'a>,
    names: &[String],
    bounds: &mut Bounds,
) -> Result<&'d mut Node<'a>, Reason> {
    let mut node = document;
    for name in names {
        bounds.charge(1 + node.members().len())?;
        node = match &mut node.value {
            Value::Object(members) => {
                members.iter_mut().find(|(key, _)| key == name).map(|(_, node)| node).ok_or(Reason::Path)?
            }
            Value::Array(items) => items.get_mut(index(name)?).ok_or(Reason::Position)?,
            _ => return Err(Reason::Path),
        };
    }
    Ok(node)
}

/// An index of an array: digits without leading zeros. `-` names the place behind the last item, which holds
/// nothing.
pub(super) fn index(name: &str) -> Result<usize, Reason> {
    if name == "-" {
        return Err(Reason::Position);
    }
    let well_formed =
        name == "0" || (!name.starts_with('0') && name.bytes().all(|byte| byte.is_ascii_digit()));
    if name.is_empty() || !well_formed {
        return Err(Reason::Path);
    }
    name.parse().map_err(|_| Reason::Position)
}

fn unescape(token: &str) -> Option<String> {
    let mut out = String::with_capacity(token.len());
    let mut characters = token.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 6901, section 5.
    #[test]
    fn pointers_lead_where_the_rfc_says() {
        let text =
            r#"{"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8}"#;
        let document = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
        for (pointer, value) in [
            ("", text),
            ("/foo", r#"["bar","baz"]"#),
            ("/foo/0", r#""bar""#),
            ("/", "0"),
            ("/a~1b", "1"),
            ("/c%d", "2"),
            ("/e^f", "3"),
            ("/g|h", "4"),
            ("/i\\j", "5"),
            ("/k\"l", "6"),
            ("/ ", "7"),
            ("/m~0n", "8"),
        ] {
            let found = Pointer::parse(pointer)
                .unwrap()
                .find(&document, &mut Bounds::new(&document))
                .unwrap()
                .to_json();
            assert_eq!(found, value, "{pointer}");
        }
    }

    #[test]
    fn what_is_no_pointer_or_leads_nowhere() {
        for bad in ["foo", "#/foo", "/a~", "/a~2", "/~"] {
            assert_eq!(Pointer::parse(bad), None, "{bad}");
        }
        let document = json::parse(br#"{"foo":["bar"],"x":1}"#, &json::Limits::default()).unwrap();
        for (pointer, reason) in [
            ("/bar", Reason::Path),
            ("/x/y", Reason::Path),
            ("/foo/1", Reason::Position),
            ("/foo/-", Reason::Position),
            ("/foo/00", Reason::Path),
            ("/foo/01", Reason::Path),
            ("/foo/+0", Reason::Path),
            ("/foo/", Reason::Path),
            ("/foo/99999999999999999999999", Reason::Position),
        ] {
            let found = Pointer::parse(pointer).unwrap().find(&document, &mut Bounds::new(&document)).err();
            assert_eq!(found, Some(reason), "{pointer}");
        }
    }
}
