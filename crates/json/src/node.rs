//! The document tree.

use std::borrow::Cow;

/// Byte range of a value in the input, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// Byte after the last.
    pub end: u32,
}

/// A JSON value. Numbers are their lexeme, strings are unescaped.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Boolean(bool),
    /// The number as it was written, for example `1.50`.
    Number(Cow<'a, str>),
    /// The unescaped text.
    String(Cow<'a, str>),
    /// The items in order.
    Array(Vec<Node<'a>>),
    /// The members in order; names are unique.
    Object(Vec<Member<'a>>),
}

/// A name and its value.
pub type Member<'a> = (Cow<'a, str>, Node<'a>);

/// A value and its place in the input. Nodes made by hand have an empty span.
#[derive(Debug, Clone)]
pub struct Node<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Where it stood.
    pub span: Span,
}

/// Two nodes are equal when their values are; the place in the input does not count.
impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<'a> Node<'a> {
    /// A node that does not come from an input.
    pub fn new(value: Value<'a>) -> Self {
        Self { value, span: Span::default() }
    }

    /// A string node that does not come from an input.
    pub fn string(text: impl Into<Cow<'a, str>>) -> Self {
        Self::new(Value::String(text.into()))
    }

    /// The member of that name, if this is an object that has it.
    pub fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.members().iter().find(|(key, _)| key == name).map(|(_, node)| node)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        match &mut self.value {
            Value::Object(members) => members.iter_mut().find(|(key, _)| key == name).map(|(_, node)| node),
            _ => None,
        }
    }

    /// The members, or none if this is not an object.
    pub fn members(&self) -> &[Member<'a>] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// The items, or none if this is not an array.
    pub fn items(&self) -> &[Node<'a>] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The items of an array, or the value itself as the only item: FHIR's repeated and single elements
    /// read alike.
    pub fn each(&self) -> &[Node<'a>] {
        match &self.value {
            Value::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the member of that name, if it is a string.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Node::as_str)
    }

    /// The lexeme of a number.
    pub fn as_number(&self) -> Option<&str> {
        match &self.value {
            Value::Number(lexeme) => Some(lexeme),
            _ => None,
        }
    }

    /// The boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// A copy that borrows nothing.
    pub fn to_static(&self) -> Node<'static> {
        let value = match &self.value {
            Value::Null => Value::Null,
            Value::Boolean(value) => Value::Boolean(*value),
            Value::Number(lexeme) => Value::Number(lexeme.to_string().into()),
            Value::String(text) => Value::String(text.to_string().into()),
            Value::Array(items) => Value::Array(items.iter().map(Node::to_static).collect()),
            Value::Object(members) => {
                let copy = |(name, node): &Member<'_>| (name.to_string().into(), node.to_static());
                Value::Object(members.iter().map(copy).collect())
            }
        };
        Node { value, span: self.span }
    }

    /// Removes and returns the member of that name.
    pub fn take(&mut self, name: &str) -> Option<Node<'a>> {
        match &mut self.value {
            Value::Object(members) => {
                let at = members.iter().position(|(key, _)| key == name)?;
                Some(members.remove(at).1)
            }
            _ => None,
        }
    }
}
