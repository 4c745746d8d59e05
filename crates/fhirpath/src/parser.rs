//! Tokens to tree: a recursive descent over binding strengths, with a bound on the depth of the result.

use std::sync::Arc;

use rust_decimal::Decimal;

use crate::error::{ParseError, ParseErrorKind as Kind};
use crate::function::Function;
use crate::lexer::{Token, tokens};
use crate::quantity::{CalendarUnit, Quantity, Unit};
use crate::tree::{
    MAXIMUM_DEPTH, Name, Namespace, Operator, TYPE, Tree, TypeSpecifier, TypeTest, UNARY, UNION,
};
use crate::value::Value;

/// Deepest recursion. Parentheses add to it and not to the tree, so it is more than the tree may have; a
/// canonical text may need other parentheses than the one that was read.
const MAXIMUM_RECURSION: usize = 2 * MAXIMUM_DEPTH;

/// Reads one expression that fills the whole text.
pub(crate) fn parse(text: &str) -> Result<Tree, ParseError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let result = parser.expression(0).and_then(|parsed| match parser.peek() {
        None => Ok(parsed.tree),
        Some(_) => Err(Kind::UnexpectedToken),
    });
    result.map_err(|kind| {
        let offset = tokens.get(parser.at).map_or(text.len(), |(_, offset)| *offset);
        ParseError { kind, offset }
    })
}

/// A tree and its height. Chains of operators grow without recursion, so the height is counted, not the calls.
struct Parsed {
    tree: Tree,
    height: usize,
}

impl Parsed {
    fn leaf(tree: Tree) -> Self {
        Self { tree, height: 1 }
    }

    fn above(height: usize, tree: Tree) -> Result<Self, Kind> {
        if height >= MAXIMUM_DEPTH { Err(Kind::TooDeep) } else { Ok(Self { tree, height: height + 1 }) }
    }
}

struct Parser<'t> {
    tokens: &'t [(Token, usize)],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn peek_symbol(&self, symbol: &str) -> bool {
        matches!(self.peek(), Some(Token::Symbol(found)) if *found == symbol)
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let found = self.peek_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Kind> {
        if self.take_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Kind {
        if self.peek().is_some() { Kind::UnexpectedToken } else { Kind::UnexpectedEnd }
    }

    /// An expression whose operators all bind at least that strongly.
    fn expression(&mut self, strength: u8) -> Result<Parsed, Kind> {
        if self.depth >= MAXIMUM_RECURSION {
            return Err(Kind::TooDeep);
        }
        self.depth += 1;
        let result = self.operators(strength);
        self.depth -= 1;
        result
    }

    fn operators(&mut self, strength: u8) -> Result<Parsed, Kind> {
        let mut left = match self.peek() {
            Some(Token::Symbol(sign @ ("+" | "-"))) => {
                let negative = *sign == "-";
                self.at += 1;
                let operand = self.expression(UNARY)?;
                let tree = Tree::Unary { negative, operand: Box::new(operand.tree) };
                Parsed::above(operand.height, tree)?
            }
            _ => self.postfix()?,
        };
        loop {
            let symbol = match self.peek() {
                Some(Token::Symbol(symbol)) => *symbol,
                Some(Token::Word(word)) => word.as_str(),
                _ => return Ok(left),
            };
            left = match symbol {
                "|" if strength <= UNION => {
                    self.at += 1;
                    let right = self.expression(UNION + 1)?;
                    union(left, right)?
                }
                "is" | "as" if strength <= TYPE => {
                    let test = if symbol == "is" { TypeTest::Is } else { TypeTest::As };
                    self.at += 1;
                    let specifier = self.type_specifier()?;
                    let base = Some(Box::new(left.tree));
                    Parsed::above(left.height, Tree::TypeTest { base, test, specifier })?
                }
                _ => match Operator::from_symbol(symbol) {
                    Some(operator) if operator.strength() >= strength => {
                        self.at += 1;
                        let right = self.expression(operator.strength() + 1)?;
                        let height = left.height.max(right.height);
                        let (left, right) = (Box::new(left.tree), Box::new(right.tree));
                        Parsed::above(height, Tree::Binary { operator, left, right })?
                    }
                    _ => return Ok(left),
                },
            };
        }
    }

    fn postfix(&mut self) -> Result<Parsed, Kind> {
        let mut left = self.term()?;
        loop {
            if self.take_symbol(".") {
                left = self.invocation(Some(left))?;
            } else if self.take_symbol("[") {
                let index = self.expression(0)?;
                self.expect("]")?;
                let height = left.height.max(index.height);
                let (base, index) = (Box::new(left.tree), Box::new(index.tree));
                left = Parsed::above(height, Tree::Indexer { base, index })?;
            } else {
                return Ok(left);
            }
        }
    }

    fn term(&mut self) -> Result<Parsed, Kind> {
        let Some(token) = self.peek() else {
            return Err(Kind::UnexpectedEnd);
        };
        let tree = match token {
            Token::Symbol("(") => {
                self.at += 1;
                let inner = self.expression(0)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Symbol("{") => {
                self.at += 1;
                self.expect("}")?;
                return Ok(Parsed::leaf(Tree::Empty));
            }
            Token::Symbol("%") => {
                self.at += 1;
                return self.variable();
            }
            Token::Symbol(_) | Token::DoubleQuoted(_) => return Err(Kind::UnexpectedToken),
            Token::Dollar(name) => match name.as_str() {
                "this" => Tree::This,
                "index" => Tree::Index,
                "total" => Tree::Total,
                _ => return Err(Kind::UnexpectedToken),
            },
            Token::Word(word) if word == "true" => Tree::Literal(Value::Boolean(true)),
            Token::Word(word) if word == "false" => Tree::Literal(Value::Boolean(false)),
            Token::Word(_) | Token::Delimited(_) => return self.invocation(None),
            Token::String(text) => Tree::Literal(Value::string(text.as_str())),
            Token::Temporal(value) => Tree::Literal(Value::Temporal(*value)),
            Token::Integer(value) => {
                let value = *value;
                self.at += 1;
                let quantity = self.unit().map(|unit| quantity(Decimal::from(value), unit));
                return Ok(Parsed::leaf(Tree::Literal(quantity.unwrap_or(Value::Integer(value)))));
            }
            Token::Decimal(value) => {
                let value = *value;
                self.at += 1;
                let quantity = self.unit().map(|unit| quantity(value, unit));
                return Ok(Parsed::leaf(Tree::Literal(quantity.unwrap_or(Value::Decimal(value)))));
            }
        };
        self.at += 1;
        Ok(Parsed::leaf(tree))
    }

    /// The unit that makes a number a quantity.
    fn unit(&mut self) -> Option<Unit> {
        let unit = match self.peek()? {
            Token::String(code) => Unit::Ucum(code.as_str().into()),
            Token::Word(word) => Unit::Calendar(CalendarUnit::named(word)?),
            _ => return None,
        };
        self.at += 1;
        Some(unit)
    }

    fn variable(&mut self) -> Result<Parsed, Kind> {
        let name: Arc<str> = match self.peek() {
            Some(
                Token::Word(name) | Token::Delimited(name) | Token::String(name) | Token::DoubleQuoted(name),
            ) => name.as_str().into(),
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        Ok(Parsed::leaf(Tree::Variable(name)))
    }

    fn name(&mut self) -> Result<String, Kind> {
        match self.peek() {
            Some(Token::Word(name) | Token::Delimited(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    /// A member or a function call, after a `.` or at the start of a path.
    fn invocation(&mut self, base: Option<Parsed>) -> Result<Parsed, Kind> {
        if let Some(Token::Dollar(_)) = self.peek() {
            return Err(Kind::UnexpectedToken);
        }
        let start = self.at;
        let name = self.name()?;
        if !self.peek_symbol("(") {
            return path(base, &name);
        }
        let height = base.as_ref().map_or(0, |base| base.height);
        let base = base.map(|base| Box::new(base.tree));
        let test = match name.as_str() {
            "is" => Some(TypeTest::Is),
            "as" => Some(TypeTest::As),
            "ofType" => Some(TypeTest::OfType),
            _ => None,
        };
        if let Some(test) = test {
            self.expect("(")?;
            let specifier = self.type_specifier()?;
            self.expect(")")?;
            return Parsed::above(height, Tree::TypeTest { base, test, specifier });
        }
        let Some((known_name, function, fewest, most)) = Function::named(&name) else {
            self.at = start;
            return Err(Kind::UnknownFunction(name));
        };
        let (arguments, deepest) = self.arguments()?;
        if !(usize::from(*fewest)..=usize::from(*most)).contains(&arguments.len()) {
            self.at = start;
            return Err(Kind::ArgumentCount(known_name));
        }
        Parsed::above(height.max(deepest), Tree::Call { base, function: *function, arguments })
    }

    fn arguments(&mut self) -> Result<(Vec<Tree>, usize), Kind> {
        self.expect("(")?;
        let (mut arguments, mut deepest) = (Vec::new(), 0);
        if self.take_symbol(")") {
            return Ok((arguments, deepest));
        }
        loop {
            let argument = self.expression(0)?;
            deepest = deepest.max(argument.height);
            arguments.push(argument.tree);
            if !self.take_symbol(",") {
                self.expect(")")?;
                return Ok((arguments, deepest));
            }
        }
    }

    fn type_specifier(&mut self) -> Result<TypeSpecifier, Kind> {
        let start = self.at;
        let mut name = self.name()?;
        let mut namespace = None;
        // `System` and `FHIR` are no types, so a dot behind them leads to one; behind a type it is a member.
        if matches!(name.as_str(), "System" | "FHIR") && self.take_symbol(".") {
            namespace = Some(if name == "System" { Namespace::System } else { Namespace::Fhir });
            name = self.name()?;
        }
        TypeSpecifier::resolve(namespace, &name).ok_or_else(|| {
            self.at = start;
            Kind::UnknownType(name)
        })
    }
}

fn quantity(value: Decimal, unit: Unit) -> Value<'static> {
    Value::Quantity(Arc::new(Quantity { value, unit }))
}

fn path(base: Option<Parsed>, name: &str) -> Result<Parsed, Kind> {
    let name = Name::new(name);
    match base {
        None => Ok(Parsed::leaf(Tree::Path { base: None, names: vec![name] })),
        // One node for a chain of names, however long.
        Some(Parsed { tree: Tree::Path { base, mut names }, height }) => {
            names.push(name);
            Ok(Parsed { tree: Tree::Path { base, names }, height })
        }
        Some(Parsed { tree, height }) => {
            Parsed::above(height, Tree::Path { base: Some(Box::new(tree)), names: vec![name] })
        }
    }
}

/// Unions are flattened: `|` is associative, and a long list of branches must not make a deep tree.
fn union(left: Parsed, right: Parsed) -> Result<Parsed, Kind> {
    let inner = |side: &Parsed| side.height - usize::from(matches!(side.tree, Tree::Union(_)));
    let height = inner(&left).max(inner(&right));
    let mut members = match left.tree {
        Tree::Union(members) => members,
        tree => vec![tree],
    };
    match right.tree {
        Tree::Union(more) => members.extend(more),
        tree => members.push(tree),
    }
    Parsed::above(height, Tree::Union(members))
}
