//! JSON Patch (RFC 6902): six operations, each at a place that a JSON Pointer names.

mod pointer;

use json::{Node, Value};

use crate::bounds::{Bounds, MOST_OPERATIONS};
use crate::equality::equal;
use crate::guard::{Guard, names_version};
use crate::{PatchError, Reason};
use pointer::{Pointer, find_mut, index};

/// The operations of a patch.
#[derive(Debug, Clone)]
pub(crate) struct JsonPatch<'a> {
    operations: Vec<Operation<'a>>,
}

#[derive(Debug, Clone)]
enum Operation<'a> {
    Add { path: Pointer, value: Node<'a> },
    Remove { path: Pointer },
    Replace { path: Pointer, value: Node<'a> },
    Move { from: Pointer, path: Pointer },
    Copy { from: Pointer, path: Pointer },
    Test { path: Pointer, value: Node<'a> },
}

impl<'a> JsonPatch<'a> {
    pub(crate) fn read(document: Node<'a>) -> Result<Self, PatchError> {
        let Value::Array(items) = document.value else {
            return Err(PatchError::whole(Reason::Format("operations-array")));
        };
        if items.len() > MOST_OPERATIONS {
            return Err(PatchError::whole(Reason::TooLarge));
        }
        let read = |(number, item)| operation(item).map_err(|reason| at(number, reason));
        Ok(Self { operations: items.into_iter().enumerate().map(read).collect::<Result<_, _>>()? })
    }

    pub(crate) fn apply(&self, mut document: Node<'a>) -> Result<Node<'a>, PatchError> {
        let mut bounds = Bounds::new(&document);
        let guard = Guard::new(&document);
        for (number, operation) in self.operations.iter().enumerate() {
            let applied = apply(operation, &mut document, &mut bounds);
            applied
                .and_then(|()| guard.check(&document, operation.names_version(), &mut bounds))
                .map_err(|reason| at(number, reason))?;
        }
        Ok(document)
    }
}

fn at(number: usize, reason: Reason) -> PatchError {
    PatchError { reason, place: Some(format!("[{number}]")) }
}

/// Reads one operation. Members that the RFC does not name are ignored, as it demands.
fn operation(mut item: Node<'_>) -> Result<Operation<'_>, Reason> {
    if !matches!(item.value, Value::Object(_)) {
        return Err(Reason::Format("operation-object"));
    }
    let pointer = |item: &Node<'_>, name: &'static str| {
        item.text(name).and_then(Pointer::parse).ok_or(Reason::Format(name))
    };
    let path = pointer(&item, "path")?;
    let name = item.text("op").unwrap_or_default().to_owned();
    let mut value = || item.take("value").ok_or(Reason::Format("value"));
    Ok(match name.as_str() {
        "add" => Operation::Add { path, value: value()? },
        "remove" => Operation::Remove { path },
        "replace" => Operation::Replace { path, value: value()? },
        "move" => Operation::Move { from: pointer(&item, "from")?, path },
        "copy" => Operation::Copy { from: pointer(&item, "from")?, path },
        "test" => Operation::Test { path, value: value()? },
        _ => return Err(Reason::Format("op")),
    })
}

impl Operation<'_> {
    /// Whether it is about `meta.versionId` or `meta.lastUpdated` themselves.
    fn names_version(&self) -> bool {
        match self {
            Self::Add { path, .. }
            | Self::Remove { path }
            | Self::Replace { path, .. }
            | Self::Copy { path, .. } => names_version(path.names()),
            Self::Move { from, path } => names_version(from.names()) || names_version(path.names()),
            Self::Test { .. } => false,
        }
    }
}

fn apply<'a>(operation: &Operation<'a>, document: &mut Node<'a>, bounds: &mut Bounds) -> Result<(), Reason> {
    match operation {
        Operation::Add { path, value } => {
            bounds.measure(value)?;
            add(document, path, value.clone(), bounds)
        }
        Operation::Remove { path } => remove(document, path, bounds).map(|_| ()),
        Operation::Replace { path, value } => {
            let place = find_mut(document, path.steps(), bounds)?;
            let (gone, new) = (bounds.measure(place)?, bounds.measure(value)?);
            bounds.leave(gone);
            bounds.enter(new, path.len())?;
            *place = value.clone();
            Ok(())
        }
        Operation::Move { from, path } => {
            if path.is_inside(from) {
                return Err(Reason::Path);
            }
            // What is moved to where it stands stays in its place among the members.
            if path == from {
                return from.find(document, bounds).map(|_| ());
            }
            let value = remove(document, from, bounds)?;
            add(document, path, value, bounds)
        }
        Operation::Copy { from, path } => {
            let source = from.find(document, bounds)?;
            bounds.measure(source)?;
            let value = source.clone();
            add(document, path, value, bounds)
        }
        Operation::Test { path, value } => {
            let found = path.find(document, bounds)?;
            bounds.measure(value)?;
            if equal(found, value) { Ok(()) } else { Err(Reason::Test) }
        }
    }
}

/// Puts a value in: a member that is there is replaced, an item moves the later ones on.
fn add<'a>(
    document: &mut Node<'a>,
    path: &Pointer,
    value: Node<'a>,
    bounds: &mut Bounds,
) -> Result<(), Reason> {
    let new = bounds.measure(&value)?;
    let Some((names, last)) = path.split() else {
        let gone = bounds.measure(document)?;
        bounds.leave(gone);
        bounds.enter(new, 0)?;
        *document = value;
        return Ok(());
    };
    match &mut find_mut(document, names, bounds)?.value {
        Value::Object(members) => {
            bounds.charge(members.len())?;
            match members.iter_mut().find(|(key, _)| key == last) {
                Some((_, place)) => {
                    let gone = bounds.measure(place)?;
                    bounds.leave(gone);
                    bounds.enter(new, path.len())?;
                    *place = value;
                }
                None => {
                    bounds.enter(new, path.len())?;
                    members.push((last.to_owned().into(), value));
                }
            }
        }
        Value::Array(items) => {
            let index = if last == "-" { items.len() } else { index(last)? };
            if index > items.len() {
                return Err(Reason::Position);
            }
            bounds.charge(items.len() - index)?;
            bounds.enter(new, path.len())?;
            items.insert(index, value);
        }
        _ => return Err(Reason::Path),
    }
    Ok(())
}

/// Takes a value out. The document as a whole cannot go: nothing would be left to have a type.
fn remove<'a>(document: &mut Node<'a>, path: &Pointer, bounds: &mut Bounds) -> Result<Node<'a>, Reason> {
    let Some((names, last)) = path.split() else { return Err(Reason::Protected) };
    let removed = match &mut find_mut(document, names, bounds)?.value {
        Value::Object(members) => {
            bounds.charge(members.len())?;
            let at = members.iter().position(|(key, _)| key == last).ok_or(Reason::Path)?;
            members.remove(at).1
        }
        Value::Array(items) => {
            let index = index(last)?;
            if index >= items.len() {
                return Err(Reason::Position);
            }
            bounds.charge(items.len() - index)?;
            items.remove(index)
        }
        _ => return Err(Reason::Path),
    };
    let gone = bounds.measure(&removed)?;
    bounds.leave(gone);
    Ok(removed)
}
