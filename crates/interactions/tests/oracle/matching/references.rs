//! Reference parameters.

use fhirpath::Item;

use super::{Answer, invalid};
use crate::definitions::is_resource_type;
use crate::world::World;

/// The own base url that queries are asked under.
pub const BASE: &str = "http://own/fhir";

/// Where a reference leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// To a resource of this server.
    Local(String, String),
    /// To anywhere else.
    Url(String),
}

/// The target of a text; `None` inside of the resource (`#p1`).
pub fn target_of_text(text: &str) -> Option<Target> {
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let whole = text.split_once("/_history/").map_or(text, |(resource, _)| resource);
    let relative = whole.strip_prefix(BASE).and_then(|rest| rest.strip_prefix('/')).unwrap_or(whole);
    match relative.split_once('/') {
        Some((kind, id)) if is_resource_type(kind) && !id.contains('/') => {
            Some(Target::Local(kind.to_owned(), id.to_owned()))
        }
        _ => Some(Target::Url(whole.to_owned())),
    }
}

/// The target of an item.
pub fn target(item: &Item<'_>) -> Option<Target> {
    if item.type_name().1 == "Reference" {
        return target_of_text(item.node()?.text("reference")?);
    }
    item.text().map(|text| Target::Url(text.into_owned()))
}

/// Whether any search could find the item.
pub fn has_value(item: &Item<'_>) -> bool {
    target(item).is_some() || item.node().is_some_and(|node| node.get("identifier").is_some())
}

/// `id`, `Type/id` or a url, its escapes removed; `named` is the type of a modifier.
pub fn matches(item: &Item<'_>, value: &str, named: Option<&str>) -> Answer<bool> {
    let wanted = target_of_text(value).map_or_else(|| invalid(value), Ok)?;
    let Some(own) = target(item) else { return Ok(false) };
    Ok(match (&own, &wanted) {
        (_, Target::Local(kind, _)) if named.is_some_and(|named| named != kind) => return invalid(value),
        (Target::Local(own_kind, own_id), Target::Url(id)) if !id.contains(':') => {
            own_id == id && named.is_none_or(|named| named == own_kind)
        }
        _ => own == wanted,
    })
}

/// `:below` and `:above`: through the hierarchy that `partOf` makes.
pub fn matches_hierarchy(world: &World, item: &Item<'_>, value: &str, below: bool) -> Answer<bool> {
    let wanted = target_of_text(value).map_or_else(|| invalid(value), Ok)?;
    let Some(own) = target(item) else { return Ok(false) };
    // Below: from the element's target upward the wanted one is met; above: the other way round.
    let (start, end) = if below { (own, wanted) } else { (wanted, own) };
    let (mut current, mut steps) = (Some(start), 0);
    while let Some(place) = current {
        if place == end {
            return Ok(true);
        }
        steps += 1;
        let Target::Local(kind, id) = &place else { break };
        let resource = world.find(kind, id).filter(|_| steps < 50);
        let part_of = resource.and_then(|resource| resource.node.get("partOf"));
        current = part_of.and_then(|part_of| part_of.text("reference")).and_then(target_of_text);
    }
    Ok(false)
}
