//! The syntax tree of an expression, with all names resolved as far as the text alone tells.

use std::sync::{Arc, OnceLock};

use fhir::{Element, TypeId};

use crate::function::Function;
use crate::value::{SystemType, Value};

/// Deepest nesting of a tree. The evaluator is recursive, so this bounds its stack.
pub(crate) const MAXIMUM_DEPTH: usize = 64;

/// One node of the tree. Sub-expressions without a base start from `$this`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    Literal(Value<'static>),
    /// `{}`
    Empty,
    This,
    Index,
    Total,
    /// `%name`
    Variable(Arc<str>),
    /// `base.name.name`; without a base the first name may be a type.
    Path {
        base: Option<Box<Tree>>,
        names: Vec<Name>,
    },
    /// `base[index]`
    Indexer {
        base: Box<Tree>,
        index: Box<Tree>,
    },
    Call {
        base: Option<Box<Tree>>,
        function: Function,
        arguments: Vec<Tree>,
    },
    /// `is`, `as`, `ofType`
    TypeTest {
        base: Option<Box<Tree>>,
        test: TypeTest,
        specifier: TypeSpecifier,
    },
    Unary {
        negative: bool,
        operand: Box<Tree>,
    },
    Binary {
        operator: Operator,
        left: Box<Tree>,
        right: Box<Tree>,
    },
    /// `a | b | c`; never directly inside another union.
    Union(Vec<Tree>),
}

/// What an expression asks about a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeTest {
    Is,
    As,
    OfType,
}

impl TypeTest {
    pub fn name(self) -> &'static str {
        match self {
            Self::Is => "is",
            Self::As => "as",
            Self::OfType => "ofType",
        }
    }
}

/// A step of a path.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    pub text: Arc<str>,
    /// The type of that name; only names that begin with a capital letter are types.
    pub type_id: Option<TypeId>,
    /// The element that the name meant when it was first looked up. An expression nearly always meets one
    /// type at each step, so this saves the look-up.
    first_meaning: OnceLock<(TypeId, Option<&'static Element>)>,
}

impl Name {
    pub fn new(text: &str) -> Self {
        let is_type = text.starts_with(|first: char| first.is_ascii_uppercase());
        let type_id = if is_type { TypeId::named(text) } else { None };
        Self { text: text.into(), type_id, first_meaning: OnceLock::new() }
    }

    /// The element of this name in a type.
    pub fn element_of(&self, type_id: TypeId) -> Option<&'static Element> {
        let (known, element) = self.first_meaning.get_or_init(|| (type_id, type_id.element(&self.text)));
        if *known == type_id { *element } else { type_id.element(&self.text) }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The type in `is`, `as` and `ofType`. Without a namespace it may be of either.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TypeSpecifier {
    pub namespace: Option<Namespace>,
    pub name: Arc<str>,
    pub fhir: Option<TypeId>,
    pub system: Option<SystemType>,
}

/// A namespace of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    Fhir,
    System,
}

impl TypeSpecifier {
    /// `None` when there is no such type. `System` is asked leniently: what it lacks, nothing is.
    pub fn resolve(namespace: Option<Namespace>, name: &str) -> Option<Self> {
        let fhir = if namespace == Some(Namespace::System) { None } else { TypeId::named(name) };
        let system = if namespace == Some(Namespace::Fhir) { None } else { SystemType::named(name) };
        let known = fhir.is_some() || system.is_some() || namespace == Some(Namespace::System);
        known.then(|| Self { namespace, name: name.into(), fhir, system })
    }
}

/// The binary operators except `|`, `is` and `as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Implies,
    Or,
    Xor,
    And,
    In,
    Contains,
    Equal,
    NotEqual,
    Equivalent,
    NotEquivalent,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Concatenate,
    Multiply,
    Divide,
    WholeDivide,
    Modulo,
}

/// Binding strength of `|`.
pub(crate) const UNION: u8 = 7;
/// Binding strength of `is` and `as`.
pub(crate) const TYPE: u8 = 8;
/// Binding strength of a sign.
pub(crate) const UNARY: u8 = 11;
/// Binding strength of `.` and `[]`.
pub(crate) const POSTFIX: u8 = 12;

impl Operator {
    pub fn from_symbol(symbol: &str) -> Option<Self> {
        Some(match symbol {
            "implies" => Self::Implies,
            "or" => Self::Or,
            "xor" => Self::Xor,
            "and" => Self::And,
            "in" => Self::In,
            "contains" => Self::Contains,
            "=" => Self::Equal,
            "!=" => Self::NotEqual,
            "~" => Self::Equivalent,
            "!~" => Self::NotEquivalent,
            "<" => Self::Less,
            "<=" => Self::LessOrEqual,
            ">" => Self::Greater,
            ">=" => Self::GreaterOrEqual,
            "+" => Self::Add,
            "-" => Self::Subtract,
            "&" => Self::Concatenate,
            "*" => Self::Multiply,
            "/" => Self::Divide,
            "div" => Self::WholeDivide,
            "mod" => Self::Modulo,
            _ => return None,
        })
    }

    pub fn symbol(self) -> &'static str {
        match self {
            Self::Implies => "implies",
            Self::Or => "or",
            Self::Xor => "xor",
            Self::And => "and",
            Self::In => "in",
            Self::Contains => "contains",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Equivalent => "~",
            Self::NotEquivalent => "!~",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Concatenate => "&",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::WholeDivide => "div",
            Self::Modulo => "mod",
        }
    }

    /// Binding strength; all operators group to the left.
    pub fn strength(self) -> u8 {
        match self {
            Self::Implies => 1,
            Self::Or | Self::Xor => 2,
            Self::And => 3,
            Self::In | Self::Contains => 4,
            Self::Equal | Self::NotEqual | Self::Equivalent | Self::NotEquivalent => 5,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 6,
            Self::Add | Self::Subtract | Self::Concatenate => 9,
            Self::Multiply | Self::Divide | Self::WholeDivide | Self::Modulo => 10,
        }
    }
}
