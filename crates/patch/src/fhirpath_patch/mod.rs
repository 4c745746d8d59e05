//! FHIRPath Patch (R4 `fhirpatch.html`): add, insert, delete, replace and move, at places that FHIRPath selects.

mod apply;
mod content;
mod element;
mod occurrences;
mod place;

use fhirpath::Expression;
use json::{Node, Value};

use crate::bounds::{Bounds, MOST_OPERATIONS, expression_steps};
use crate::guard::Guard;
use crate::{PatchError, Reason};
use content::Content;

/// The operations of a patch.
#[derive(Debug, Clone)]
pub(crate) struct FhirPathPatch<'a> {
    operations: Vec<Operation<'a>>,
}

/// One operation; its path says where.
#[derive(Debug, Clone)]
struct Operation<'a> {
    path: Expression,
    action: Action<'a>,
}

#[derive(Debug, Clone)]
enum Action<'a> {
    /// A new last value of the element of that name.
    Add {
        name: String,
        value: Content<'a>,
    },
    Insert {
        index: Index,
        value: Content<'a>,
    },
    Delete,
    Replace {
        value: Content<'a>,
    },
    Move {
        source: Index,
        destination: Index,
    },
}

/// A position; `None` for one that no list has, such as a negative one.
type Index = Option<usize>;

impl<'a> FhirPathPatch<'a> {
    pub(crate) fn read(mut document: Node<'a>) -> Result<Self, PatchError> {
        let whole = |reason| Err(PatchError::whole(reason));
        if document.text("resourceType") != Some("Parameters") {
            return whole(Reason::Format("parameters"));
        }
        let items = match document.take("parameter").map(|node| node.value) {
            // R4's own test suite has a patch without operations: it changes nothing.
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => return whole(Reason::Format("parameters")),
        };
        if items.len() > MOST_OPERATIONS {
            return whole(Reason::TooLarge);
        }
        let read = |(number, item)| operation(item).map_err(|reason| at(number, reason));
        Ok(Self { operations: items.into_iter().enumerate().map(read).collect::<Result<_, _>>()? })
    }

    pub(crate) fn apply(&self, mut document: Node<'a>) -> Result<Node<'a>, PatchError> {
        let mut bounds = Bounds::new(&document);
        let guard = Guard::new(&document);
        let steps = expression_steps(self.operations.len());
        for (number, Operation { path, action }) in self.operations.iter().enumerate() {
            let applied = apply::apply(path, action, &mut document, steps, &mut bounds);
            applied
                .and_then(|names_version| guard.check(&document, names_version, &mut bounds))
                .map_err(|reason| at(number, reason))?;
        }
        Ok(document)
    }
}

fn at(number: usize, reason: Reason) -> PatchError {
    PatchError { reason, place: Some(format!("Parameters.parameter[{number}]")) }
}

/// The parts of an operation that were found.
#[derive(Default)]
struct Parts<'a> {
    kind: Option<String>,
    path: Option<Expression>,
    name: Option<String>,
    value: Option<Content<'a>>,
    index: Option<Index>,
    source: Option<Index>,
    destination: Option<Index>,
}

fn operation(mut parameter: Node<'_>) -> Result<Operation<'_>, Reason> {
    if parameter.text("name") != Some("operation") {
        return Err(Reason::Format("operation-name"));
    }
    let Some(Node { value: Value::Array(items), .. }) = parameter.take("part") else {
        return Err(Reason::Format("part"));
    };
    let mut parts = Parts::default();
    for item in items {
        parts.take(item)?;
    }
    let path = parts.path.ok_or(Reason::Format("path"))?;
    let value = parts.value.ok_or(Reason::Format("value"));
    let action = match parts.kind.as_deref() {
        Some("add") => Action::Add { name: parts.name.ok_or(Reason::Format("name"))?, value: value? },
        Some("insert") => {
            Action::Insert { index: parts.index.ok_or(Reason::Format("index"))?, value: value? }
        }
        Some("delete") => Action::Delete,
        Some("replace") => Action::Replace { value: value? },
        Some("move") => Action::Move {
            source: parts.source.ok_or(Reason::Format("source"))?,
            destination: parts.destination.ok_or(Reason::Format("destination"))?,
        },
        _ => return Err(Reason::Format("type")),
    };
    Ok(Operation { path, action })
}

impl<'a> Parts<'a> {
    /// Takes a part to its place. A part that is not known or is there twice may mean anything, so it is refused.
    fn take(&mut self, item: Node<'a>) -> Result<(), Reason> {
        let name = item.text("name").unwrap_or_default().to_owned();
        match name.as_str() {
            "type" => once(&mut self.kind, text(&item), "type"),
            "path" => {
                let path = text(&item).and_then(|text| Expression::parse(&text).ok());
                once(&mut self.path, path, "path")
            }
            "name" => once(&mut self.name, text(&item), "name"),
            "value" => once(&mut self.value, Content::read(item), "value"),
            "index" => once(&mut self.index, position(&item), "index"),
            "source" => once(&mut self.source, position(&item), "source"),
            "destination" => once(&mut self.destination, position(&item), "destination"),
            _ => Err(Reason::Format("part-name")),
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: Option<T>, name: &'static str) -> Result<(), Reason> {
    match (value, &slot) {
        (Some(value), None) => {
            *slot = Some(value);
            Ok(())
        }
        _ => Err(Reason::Format(name)),
    }
}

/// The value of a part, whatever its type.
fn value<'n, 'a>(part: &'n Node<'a>) -> Option<&'n Node<'a>> {
    part.members().iter().find(|(name, _)| name.starts_with("value")).map(|(_, value)| value)
}

fn text(part: &Node<'_>) -> Option<String> {
    value(part)?.as_str().map(str::to_owned)
}

fn position(part: &Node<'_>) -> Option<Index> {
    let lexeme = value(part)?.as_number()?;
    let digits = lexeme.strip_prefix('-').unwrap_or(lexeme);
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| lexeme.parse().ok())
}
