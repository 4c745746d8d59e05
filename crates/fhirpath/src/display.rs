//! Tree to canonical text: one space around operators, parentheses only where they are needed, `is` and `as`
//! in their function form. Reading the text again gives the same tree.

use std::fmt::{self, Write};

use crate::quantity::Unit;
use crate::temporal::{Precision, TemporalKind};
use crate::tree::{Name, Namespace, POSTFIX, Tree, TypeSpecifier, UNARY, UNION};
use crate::value::Value;

impl fmt::Display for Tree {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_tree(self, 0, out)
    }
}

fn strength(tree: &Tree) -> u8 {
    match tree {
        Tree::Unary { .. } => UNARY,
        Tree::Binary { operator, .. } => operator.strength(),
        Tree::Union(_) => UNION,
        _ => POSTFIX,
    }
}

/// Writes a tree where only operators of at least that strength may stand bare.
fn write_tree(tree: &Tree, needed: u8, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    if strength(tree) < needed {
        out.write_char('(')?;
        write_tree(tree, 0, out)?;
        return out.write_char(')');
    }
    match tree {
        Tree::Literal(value) => write_literal(value, out),
        Tree::Empty => out.write_str("{}"),
        Tree::This => out.write_str("$this"),
        Tree::Index => out.write_str("$index"),
        Tree::Total => out.write_str("$total"),
        Tree::Variable(name) => {
            out.write_char('%')?;
            write_name(name, out)
        }
        Tree::Path { base, names } => write_path(base.as_deref(), names, out),
        Tree::Indexer { base, index } => {
            write_tree(base, POSTFIX, out)?;
            out.write_char('[')?;
            write_tree(index, 0, out)?;
            out.write_char(']')
        }
        Tree::Call { base, function, arguments } => {
            write_base(base.as_deref(), out)?;
            write!(out, "{}(", function.name())?;
            for (index, argument) in arguments.iter().enumerate() {
                if index > 0 {
                    out.write_str(", ")?;
                }
                write_tree(argument, 0, out)?;
            }
            out.write_char(')')
        }
        Tree::TypeTest { base, test, specifier } => {
            write_base(base.as_deref(), out)?;
            write!(out, "{}({specifier})", test.name())
        }
        Tree::Unary { negative, operand } => {
            out.write_char(if *negative { '-' } else { '+' })?;
            write_tree(operand, UNARY, out)
        }
        Tree::Binary { operator, left, right } => {
            write_tree(left, operator.strength(), out)?;
            write!(out, " {} ", operator.symbol())?;
            write_tree(right, operator.strength() + 1, out)
        }
        Tree::Union(members) => {
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.write_str(" | ")?;
                }
                write_tree(member, UNION + 1, out)?;
            }
            Ok(())
        }
    }
}

fn write_base(base: Option<&Tree>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match base {
        None => Ok(()),
        Some(base) => {
            write_tree(base, POSTFIX, out)?;
            out.write_char('.')
        }
    }
}

fn write_path(base: Option<&Tree>, names: &[Name], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    write_base(base, out)?;
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            out.write_char('.')?;
        }
        write_name(&name.text, out)?;
    }
    Ok(())
}

fn write_name(name: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_';
    let plain = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    if plain && name != "true" && name != "false" {
        out.write_str(name)
    } else {
        write_quoted(name, '`', out)
    }
}

fn write_quoted(text: &str, quote: char, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    out.write_char(quote)?;
    for character in text.chars() {
        match character {
            '\\' => out.write_str("\\\\")?,
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\u{c}' => out.write_str("\\f")?,
            _ if character == quote => write!(out, "\\{quote}")?,
            _ => out.write_char(character)?,
        }
    }
    out.write_char(quote)
}

fn write_literal(value: &Value<'_>, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    match value {
        Value::String(text) => write_quoted(text, '\'', out),
        Value::Temporal(temporal) => match temporal.kind() {
            TemporalKind::Time => write!(out, "@T{temporal}"),
            TemporalKind::DateTime if temporal.precision() <= Precision::Day => write!(out, "@{temporal}T"),
            _ => write!(out, "@{temporal}"),
        },
        Value::Quantity(quantity) => match &quantity.unit {
            Unit::Ucum(code) => {
                write!(out, "{} ", quantity.value)?;
                write_quoted(code, '\'', out)
            }
            Unit::Calendar(_) => write!(out, "{quantity}"),
        },
        Value::Decimal(decimal) if decimal.scale() == 0 => write!(out, "{decimal}.0"),
        _ => write!(out, "{value}"),
    }
}

impl fmt::Display for TypeSpecifier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace {
            Some(Namespace::Fhir) => out.write_str("FHIR.")?,
            Some(Namespace::System) => out.write_str("System.")?,
            None => {}
        }
        write_name(&self.name, out)
    }
}
