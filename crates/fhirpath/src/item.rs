//! Items and collections: what an expression gives.

use std::borrow::Cow;
use std::sync::LazyLock;

use fhir::{Kind, TypeId};
use json::{Node, Span, Value as Json};
use smallvec::SmallVec;

use crate::quantity::Quantity;
use crate::temporal::Temporal;
use crate::value::{Text, Value, parse_decimal};

/// An ordered collection; the usual few items need no allocation.
pub type Collection<'a> = SmallVec<[Item<'a>; 4]>;

/// One item: an element of a resource, or a value of a `System` type.
#[derive(Debug, Clone)]
pub enum Item<'a> {
    /// Part of a resource.
    Element(ElementItem<'a>),
    /// A literal or computed value.
    Value(Value<'a>),
}

/// Part of a resource: its node, its type, and for a primitive the `_name` sibling.
#[derive(Debug, Clone, Copy)]
pub struct ElementItem<'a> {
    node: &'a Node<'a>,
    sibling: Option<&'a Node<'a>>,
    type_id: TypeId,
}

static NULL: Node<'static> = Node { value: Json::Null, span: Span { start: 0, end: 0 } };

/// The types that the evaluator treats in a way of their own.
pub(crate) struct KnownTypes {
    pub date: Option<TypeId>,
    pub date_time: Option<TypeId>,
    pub instant: Option<TypeId>,
    pub time: Option<TypeId>,
    pub decimal: Option<TypeId>,
    pub quantity: Option<TypeId>,
    pub extension: Option<TypeId>,
    pub resource: Option<TypeId>,
    pub reference: Option<TypeId>,
}

pub(crate) static KNOWN: LazyLock<KnownTypes> = LazyLock::new(|| KnownTypes {
    date: TypeId::named("date"),
    date_time: TypeId::named("dateTime"),
    instant: TypeId::named("instant"),
    time: TypeId::named("time"),
    decimal: TypeId::named("decimal"),
    quantity: TypeId::named("Quantity"),
    extension: TypeId::named("Extension"),
    resource: TypeId::named("Resource"),
    reference: TypeId::named("Reference"),
});

impl<'a> ElementItem<'a> {
    /// An element of that type.
    pub fn new(node: &'a Node<'a>, type_id: TypeId) -> Self {
        Self { node, sibling: None, type_id }
    }

    /// A primitive with its `_name` sibling; either may be missing.
    pub fn primitive(node: Option<&'a Node<'a>>, sibling: Option<&'a Node<'a>>, type_id: TypeId) -> Self {
        Self { node: node.unwrap_or(&NULL), sibling, type_id }
    }

    /// A resource of which only the type is known, for example the target of an unresolved reference.
    pub fn of_type(type_id: TypeId) -> Self {
        Self { node: &NULL, sibling: None, type_id }
    }

    /// The node; a JSON `null` when only the sibling or only the type is known.
    pub fn node(&self) -> &'a Node<'a> {
        self.node
    }

    /// The `_name` sibling of a primitive: its id and extensions.
    pub fn sibling(&self) -> Option<&'a Node<'a>> {
        self.sibling
    }

    /// The type, for a choice the one that was chosen.
    pub fn type_id(&self) -> TypeId {
        self.type_id
    }

    /// Whether the type is a primitive.
    pub fn is_primitive(&self) -> bool {
        self.type_id.kind() == Kind::Primitive
    }

    /// Whether there is a value, not only extensions.
    pub fn has_value(&self) -> bool {
        !matches!(self.node.value, Json::Null)
    }

    /// The primitive as it stands in the document: text, number lexeme, `true` or `false`.
    pub fn text(&self) -> Option<&'a str> {
        match &self.node.value {
            Json::String(text) => Some(text),
            Json::Number(lexeme) => Some(lexeme),
            Json::Boolean(true) => Some("true"),
            Json::Boolean(false) => Some("false"),
            _ => None,
        }
    }

    /// The `System` value of a primitive or a Quantity.
    pub fn value(&self) -> Option<Value<'a>> {
        match &self.node.value {
            Json::Null | Json::Array(_) => None,
            Json::Boolean(value) => Some(Value::Boolean(*value)),
            Json::Number(lexeme) => Some(self.number(lexeme)),
            Json::String(text) => Some(self.string(text)),
            Json::Object(_) => self.quantity().map(|quantity| Value::Quantity(quantity.into())),
        }
    }

    fn number(&self, lexeme: &'a str) -> Value<'a> {
        if Some(self.type_id) != KNOWN.decimal
            && let Ok(value) = lexeme.parse()
        {
            return Value::Integer(value);
        }
        // A number too long for a decimal keeps its text: it can still be equal to itself.
        parse_decimal(lexeme).map_or(Value::String(Text::Borrowed(lexeme)), Value::Decimal)
    }

    fn string(&self, text: &'a str) -> Value<'a> {
        // Dates and times begin with a digit; most texts are told from them by that alone.
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Value::String(Text::Borrowed(text));
        }
        let type_id = Some(self.type_id);
        let temporal = if type_id == KNOWN.date {
            Temporal::parse_date(text)
        } else if type_id == KNOWN.date_time || type_id == KNOWN.instant {
            Temporal::parse_date_time(text)
        } else if type_id == KNOWN.time {
            Temporal::parse_time(text)
        } else {
            None
        };
        temporal.map_or(Value::String(Text::Borrowed(text)), Value::Temporal)
    }

    fn quantity(&self) -> Option<Quantity> {
        if !KNOWN.quantity.is_some_and(|quantity| self.type_id.is_a(quantity)) {
            return None;
        }
        let value = parse_decimal(self.node.get("value")?.as_number()?)?;
        let unit = self.node.text("code").or_else(|| self.node.text("unit")).unwrap_or("1");
        Some(Quantity::ucum(value, unit))
    }
}

impl<'a> Item<'a> {
    /// The element, if this is one.
    pub fn element(&self) -> Option<&ElementItem<'a>> {
        match self {
            Self::Element(element) => Some(element),
            Self::Value(_) => None,
        }
    }

    /// The FHIR type, if this is an element.
    pub fn type_id(&self) -> Option<TypeId> {
        self.element().map(ElementItem::type_id)
    }

    /// The node, if this is an element.
    pub fn node(&self) -> Option<&'a Node<'a>> {
        self.element().map(ElementItem::node)
    }

    /// The `System` value of a primitive, a Quantity or a computed value; `None` for anything else.
    pub fn value(&self) -> Option<Value<'a>> {
        match self {
            Self::Element(element) => element.value(),
            Self::Value(value) => Some(value.clone()),
        }
    }

    /// The same without a copy of a computed value.
    pub(crate) fn value_ref(&self) -> Option<Cow<'_, Value<'a>>> {
        match self {
            Self::Element(element) => element.value().map(Cow::Owned),
            Self::Value(value) => Some(Cow::Borrowed(value)),
        }
    }

    /// The text of a primitive as it stands in the document, or of a computed value.
    pub fn text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Element(element) => element.text().map(Into::into),
            Self::Value(Value::String(Text::Borrowed(text))) => Some((*text).into()),
            Self::Value(value) => Some(value.to_string().into()),
        }
    }

    /// Namespace and name of the type, as `type()` gives them.
    pub fn type_name(&self) -> (&'static str, &'static str) {
        match self {
            Self::Element(element) => ("FHIR", element.type_id.name()),
            Self::Value(value) => ("System", value.system_type().name()),
        }
    }
}

impl<'a> From<Value<'a>> for Item<'a> {
    fn from(value: Value<'a>) -> Self {
        Self::Value(value)
    }
}

impl From<bool> for Item<'_> {
    fn from(value: bool) -> Self {
        Self::Value(Value::Boolean(value))
    }
}
