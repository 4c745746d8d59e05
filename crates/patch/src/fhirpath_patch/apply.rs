//! The five operations on the places that were found.

use fhir::Kind;
use fhirpath::Expression;
use json::{Node, Value};

use super::Action;
use super::content::{Content, append};
use super::element::{Target, of_element, target};
use super::occurrences::{Occurrence, Occurrences};
use super::place::{Place, Spot, Step, follow, select};
use crate::Reason;
use crate::bounds::{Bounds, Extent};
use crate::guard::names_version;

/// Applies one operation. Tells whether it is about the version itself.
pub(super) fn apply<'a>(
    path: &Expression,
    action: &Action<'a>,
    document: &mut Node<'a>,
    steps: u64,
    bounds: &mut Bounds,
) -> Result<bool, Reason> {
    let places = select(path, document, steps, bounds)?;
    let about_version = places.iter().any(is_version);
    match action {
        Action::Add { name, value } => add(document, &only(places)?, name, value, bounds)?,
        Action::Insert { index, value } => {
            let spot = list(places)?;
            insert(document, &spot, index.ok_or(Reason::Position)?, value, bounds)?;
        }
        // Deleting what is not there is no error.
        Action::Delete if places.is_empty() => {}
        Action::Delete => match only(places)? {
            Place::Root(_) => return Err(Reason::Protected),
            Place::Inside(spot) => delete(document, &spot, bounds)?,
        },
        Action::Replace { value } => match only(places)? {
            Place::Root(_) => return Err(Reason::Protected),
            Place::Inside(spot) => replace(document, &spot, value, bounds)?,
        },
        Action::Move { source, destination } => {
            let spot = list(places)?;
            let (source, destination) =
                (source.ok_or(Reason::Position)?, destination.ok_or(Reason::Position)?);
            edit(document, &spot, bounds, |items| {
                if source >= items.len() || destination >= items.len() {
                    return Err(Reason::Position);
                }
                let moved = items.remove(source);
                items.insert(destination, moved);
                Ok(())
            })?;
        }
    }
    Ok(about_version)
}

fn is_version(place: &Place) -> bool {
    match place {
        Place::Root(_) => false,
        Place::Inside(spot) => {
            let names = spot.object.iter().filter_map(|step| match step {
                Step::Member(name) => Some(name.as_str()),
                Step::Item(_) => None,
            });
            names_version(names.chain([spot.member.as_str()]))
        }
    }
}

/// The only place. More than one cannot be meant.
fn only(mut places: Vec<Place>) -> Result<Place, Reason> {
    match (places.pop(), places.is_empty()) {
        (Some(place), true) => Ok(place),
        _ => Err(Reason::Path),
    }
}

/// The list of which all places are items. Positions count in the list as it stands, whichever of its items the
/// path selects.
fn list(places: Vec<Place>) -> Result<Spot, Reason> {
    let mut first: Option<Spot> = None;
    for place in places {
        let Place::Inside(spot) = place else { return Err(Reason::Path) };
        match &first {
            Some(first) if !first.is_beside(&spot) => return Err(Reason::Path),
            Some(_) => {}
            None => first = Some(spot),
        }
    }
    first.filter(|spot| spot.element.many).ok_or(Reason::Path)
}

/// Changes the occurrences of the element of a spot.
fn edit<'a>(
    document: &mut Node<'a>,
    spot: &Spot,
    bounds: &mut Bounds,
    change: impl FnOnce(&mut Vec<Occurrence<'a>>) -> Result<(), Reason>,
) -> Result<(), Reason> {
    let object = follow(document, &spot.object).ok_or(Reason::Path)?;
    let mut occurrences = Occurrences::take(object, &spot.member).ok_or(Reason::Path)?;
    bounds.charge(1 + occurrences.items.len())?;
    change(&mut occurrences.items)?;
    occurrences.put(object, &spot.member, spot.element.many);
    Ok(())
}

fn add<'a>(
    document: &mut Node<'a>,
    place: &Place,
    name: &str,
    value: &Content<'a>,
    bounds: &mut Bounds,
) -> Result<(), Reason> {
    let (steps, type_id) = match place {
        Place::Root(type_id) => (Vec::new(), *type_id),
        Place::Inside(spot) => {
            // The elements of a primitive, its id and extensions, stand in its sibling.
            let is_primitive = spot.type_id.kind() == Kind::Primitive;
            if is_primitive {
                make_sibling(document, spot, bounds)?;
            }
            (spot.steps(is_primitive), spot.type_id)
        }
    };
    let target = target(type_id, name, value)?;
    let made = value.build(target.type_id)?;
    enter(&made, steps.len(), bounds)?;
    let object = follow(document, &steps).ok_or(Reason::Path)?;
    append(object, type_id, &target, made, bounds)
}

/// Lets a value come into an object at a depth: as a member, in an array at most.
fn enter(value: &Occurrence<'_>, depth: usize, bounds: &mut Bounds) -> Result<(), Reason> {
    for node in value.nodes() {
        let extent = bounds.measure(node)?;
        bounds.enter(extent, depth + 2)?;
    }
    Ok(())
}

fn leave(value: &Occurrence<'_>, bounds: &mut Bounds) {
    value.nodes().for_each(|node| bounds.leave(Extent::of(node)));
}

/// Gives a primitive a sibling if it has none.
fn make_sibling(document: &mut Node<'_>, spot: &Spot, bounds: &mut Bounds) -> Result<(), Reason> {
    edit(document, spot, bounds, |items| {
        let item = items.get_mut(spot.index.unwrap_or(0)).ok_or(Reason::Path)?;
        item.sibling.get_or_insert_with(|| Node::new(Value::Object(Vec::new())));
        Ok(())
    })
}

fn insert<'a>(
    document: &mut Node<'a>,
    spot: &Spot,
    index: usize,
    value: &Content<'a>,
    bounds: &mut Bounds,
) -> Result<(), Reason> {
    let Target { type_id, .. } = of_element(spot.element, value)?;
    let made = value.build(type_id)?;
    enter(&made, spot.object.len(), bounds)?;
    edit(document, spot, bounds, |items| {
        if index > items.len() {
            return Err(Reason::Position);
        }
        items.insert(index, made);
        Ok(())
    })
}

fn replace<'a>(
    document: &mut Node<'a>,
    spot: &Spot,
    value: &Content<'a>,
    bounds: &mut Bounds,
) -> Result<(), Reason> {
    // A choice may get another type, and with it another name.
    let Target { type_id, member, .. } = of_element(spot.element, value)?;
    let made = value.build(type_id)?;
    enter(&made, spot.object.len(), bounds)?;
    let object = follow(document, &spot.object).ok_or(Reason::Path)?;
    let mut occurrences = Occurrences::take(object, &spot.member).ok_or(Reason::Path)?;
    let place = occurrences.items.get_mut(spot.index.unwrap_or(0)).ok_or(Reason::Path)?;
    leave(&std::mem::replace(place, made), bounds);
    occurrences.put(object, &member, spot.element.many);
    Ok(())
}

/// Takes an occurrence away, and whatever is empty then: FHIR has no empty elements.
fn delete(document: &mut Node<'_>, spot: &Spot, bounds: &mut Bounds) -> Result<(), Reason> {
    let mut gone = None;
    edit(document, spot, bounds, |items| {
        let index = spot.index.unwrap_or(0);
        if index >= items.len() {
            return Err(Reason::Path);
        }
        gone = Some(items.remove(index));
        Ok(())
    })?;
    gone.iter().for_each(|gone| leave(gone, bounds));
    let mut steps = spot.object.clone();
    while follow(document, &steps).is_some_and(|object| object.members().is_empty()) {
        // An empty resource is for the check of the result.
        let Some((name, index)) = back(&mut steps) else { break };
        clear(document, &steps, &name, index)?;
    }
    Ok(())
}

/// Goes back to the object in which a value stands; the member and the position under which it does.
fn back(steps: &mut Vec<Step>) -> Option<(String, Option<usize>)> {
    match (steps.pop()?, steps.last()) {
        (Step::Member(name), _) => Some((name, None)),
        (Step::Item(index), Some(Step::Member(_))) => back(steps).map(|(name, _)| (name, Some(index))),
        (Step::Item(_), _) => None,
    }
}

/// Removes an empty object from the object that holds it. An empty sibling leaves its value.
fn clear(document: &mut Node<'_>, object: &[Step], name: &str, index: Option<usize>) -> Result<(), Reason> {
    let object = follow(document, object).ok_or(Reason::Path)?;
    let (plain, is_sibling) = match name.strip_prefix('_') {
        Some(plain) => (plain, true),
        None => (name, false),
    };
    let mut occurrences = Occurrences::take(object, plain).ok_or(Reason::Path)?;
    let at = index.unwrap_or(0);
    if let Some(item) = occurrences.items.get_mut(at) {
        *(if is_sibling { &mut item.sibling } else { &mut item.value }) = None;
        if item.is_empty() {
            occurrences.items.remove(at);
        }
    }
    occurrences.put(object, plain, index.is_some());
    Ok(())
}
