//! The question itself: does a resource match a query?

use fhirpath::{Context, Item};

use super::escapes::{split, unescape};
use super::{Answer, dates, filter, invalid, near, quantities, references, strings, tokens, uris, words};
use crate::definitions::{Kind, Parameter, parameter};
use crate::matching::references::Target;
use crate::world::{Resource, World};

/// Parameters that shape the answer and match everything.
const SHAPE: [&str; 4] = ["_sort", "_total", "_count", "_format"];

/// A set and the time of the question.
#[derive(Clone, Copy)]
pub struct Question<'w> {
    pub world: &'w World,
    pub now: i64,
}

impl<'w> Question<'w> {
    /// The ids of all matches of a type.
    pub fn matches(&self, kind: &str, pairs: &[(String, String)]) -> Answer<Vec<&'w Resource>> {
        let mut found = Vec::new();
        'resources: for resource in self.world.resources.iter().filter(|resource| resource.kind == kind) {
            for (name, value) in pairs {
                if !self.holds(resource, name, value)? {
                    continue 'resources;
                }
            }
            found.push(resource);
        }
        Ok(found)
    }

    /// Whether one `name=value` is true of a resource.
    pub fn holds(&self, resource: &Resource, name: &str, value: &str) -> Answer<bool> {
        if SHAPE.contains(&name) {
            return Ok(true);
        }
        if let Some(rest) = name.strip_prefix("_has:") {
            return self.has(resource, rest, value);
        }
        if let Some((link, rest)) = name.split_once('.') {
            return self.chain(resource, link, rest, value);
        }
        let (code, modifier) = match name.split_once(':') {
            Some((code, modifier)) => (code, Some(modifier)),
            None => (name, None),
        };
        match code {
            "_filter" => filter::holds(self, resource, value),
            "_list" => self.listed(resource, value),
            "_text" | "_content" => any(value, |value| words::matches(resource.node, code, &unescape(value))),
            "_lastUpdated" => {
                let own = dates::Range { low: resource.updated, high: resource.updated + 1 };
                any(value, |value| dates::compare(own, value, self.now))
            }
            _ => match parameter(resource.kind, code) {
                Some(parameter) => self.leaf(resource, parameter, modifier, value),
                None => invalid(name),
            },
        }
    }

    /// The items of a parameter.
    pub fn items(&self, resource: &Resource, parameter: &Parameter) -> Vec<Item<'static>> {
        let found = parameter.expression.as_ref().map(|expression| resource.evaluate(expression));
        found.map(|items| items.into_iter().collect()).unwrap_or_default()
    }

    fn leaf(
        &self,
        resource: &Resource,
        parameter: &'static Parameter,
        modifier: Option<&str>,
        value: &str,
    ) -> Answer<bool> {
        let items = self.items(resource, parameter);
        match modifier {
            Some("missing") => {
                let present = items.iter().any(|item| has_value(parameter, item));
                match value {
                    "true" => Ok(!present),
                    "false" => Ok(present),
                    _ => invalid(value),
                }
            }
            Some("not") => {
                Ok(!any(value, |value| any_item(&items, |item| self.item(parameter, item, None, value)))?)
            }
            _ if parameter.kind == Kind::String => {
                any(value, |value| strings::any_matches(&items, &unescape(value), modifier))
            }
            _ => any(value, |value| any_item(&items, |item| self.item(parameter, item, modifier, value))),
        }
    }

    /// Whether one value, still escaped, finds one item.
    fn item(
        &self,
        parameter: &Parameter,
        item: &Item<'static>,
        modifier: Option<&str>,
        value: &str,
    ) -> Answer<bool> {
        if parameter.kind == Kind::Composite {
            return self.composite(parameter, item, value);
        }
        self.single(parameter.kind, item, modifier, value)
    }

    fn single(&self, kind: Kind, item: &Item<'static>, modifier: Option<&str>, value: &str) -> Answer<bool> {
        match (kind, modifier) {
            (Kind::String, _) => strings::matches(item, &unescape(value), modifier),
            (Kind::Uri, _) => uris::matches(item, &unescape(value), modifier),
            (Kind::Token, None) => tokens::matches(item, value),
            (Kind::Token, Some("text")) => tokens::matches_text(item, value),
            (Kind::Token, Some("of-type")) => tokens::matches_of_type(item, value),
            (Kind::Reference, Some("identifier")) => match item.node() {
                Some(node) => tokens::matches_identifier(node, value),
                None => Ok(false),
            },
            (Kind::Reference, Some(direction @ ("below" | "above"))) => {
                references::matches_hierarchy(self.world, item, &unescape(value), direction == "below")
            }
            (Kind::Reference, named) => references::matches(item, &unescape(value), named),
            (Kind::Date, None) => dates::matches(item, &unescape(value), self.now),
            (Kind::Number, None) => quantities::matches_number(item, &unescape(value)),
            (Kind::Quantity, None) => quantities::matches_quantity(item, value),
            (Kind::Special, None) => near::matches(item, value),
            _ => invalid(modifier.unwrap_or_default()),
        }
    }

    /// All components true of the same element.
    fn composite(&self, parameter: &Parameter, item: &Item<'static>, value: &str) -> Answer<bool> {
        let values = split(value, '$');
        if values.len() != parameter.components.len() {
            return invalid(value);
        }
        let mut all = true;
        for (component, value) in parameter.components.iter().zip(&values) {
            let items = inside(item, &component.expression);
            all &= any_item(&items, |item| self.single(component.kind, item, None, value))?;
        }
        Ok(all)
    }

    /// `subject:Patient.name`, `subject.name`
    fn chain(&self, resource: &Resource, link: &str, rest: &str, value: &str) -> Answer<bool> {
        let (code, kind) = match link.split_once(':') {
            Some((code, kind)) => (code, Some(kind)),
            None => (link, None),
        };
        let Some(parameter) = parameter(resource.kind, code) else { return invalid(link) };
        for target in self.targets(resource, parameter) {
            let knows = rest.starts_with("_has:") || knows(target.kind, rest);
            if kind.is_none_or(|kind| kind == target.kind) && knows && self.holds(target, rest, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The resources of the set that a parameter refers to.
    pub fn targets(&self, resource: &Resource, parameter: &Parameter) -> Vec<&'w Resource> {
        let items = self.items(resource, parameter);
        let found = items.iter().filter_map(|item| match references::target(item)? {
            Target::Local(kind, id) => self.world.find(&kind, &id),
            Target::Url(_) => None,
        });
        found.collect()
    }

    /// `_has:Observation:patient:code`, without `_has:`.
    fn has(&self, resource: &Resource, rest: &str, value: &str) -> Answer<bool> {
        let mut parts = rest.splitn(3, ':');
        let (Some(kind), Some(link), Some(inner)) = (parts.next(), parts.next(), parts.next()) else {
            return invalid(rest);
        };
        let Some(link) = parameter(kind, link) else { return invalid(rest) };
        for source in self.world.of_type(kind) {
            let refers = self
                .targets(source, link)
                .iter()
                .any(|target| target.kind == resource.kind && target.id == resource.id);
            if refers && self.holds(source, inner, value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `_list`: members that are not deleted in it.
    fn listed(&self, resource: &Resource, value: &str) -> Answer<bool> {
        let own = Target::Local(resource.kind.to_owned(), resource.id.to_owned());
        let Some(list) = self.world.find("List", value) else { return Ok(false) };
        let entries = list.node.get("entry").map(json::Node::items).unwrap_or_default();
        Ok(entries.iter().any(|entry| {
            let item = entry.get("item").and_then(|item| item.text("reference"));
            let deleted = entry.get("deleted").and_then(json::Node::as_bool) == Some(true);
            !deleted && item.and_then(references::target_of_text).is_some_and(|target| target == own)
        }))
    }
}

/// Whether a type has the first parameter of the rest of a chain.
pub fn knows(kind: &str, rest: &str) -> bool {
    let code = rest.split(['.', ':']).next().unwrap_or_default();
    parameter(kind, code).is_some() || matches!(code, "_filter" | "_list")
}

fn inside(item: &Item<'static>, expression: &fhirpath::Expression) -> Vec<Item<'static>> {
    let Some(element) = item.element() else { return Vec::new() };
    expression.evaluate(&Context::new(*element)).map(|items| items.into_iter().collect()).unwrap_or_default()
}

/// Whether any alternative of a value is true; all are read, so that one that cannot be read is seen.
fn any(value: &str, mut test: impl FnMut(&str) -> Answer<bool>) -> Answer<bool> {
    let mut found = false;
    for alternative in split(value, ',') {
        if alternative.is_empty() {
            return invalid(value);
        }
        found |= test(&alternative)?;
    }
    Ok(found)
}

fn any_item(items: &[Item<'static>], mut test: impl FnMut(&Item<'static>) -> Answer<bool>) -> Answer<bool> {
    let mut found = false;
    for item in items {
        found |= test(item)?;
    }
    Ok(found)
}

/// Whether a parameter has a value at an item: something that some search by it could find.
pub fn has_value(parameter: &Parameter, item: &Item<'static>) -> bool {
    let single = |kind, item: &Item<'static>| match kind {
        Kind::String => strings::texts(item).iter().any(|text| !text.trim().is_empty()),
        Kind::Token => tokens::has_value(item),
        Kind::Reference => references::has_value(item),
        Kind::Uri => !uris::texts(item).is_empty(),
        Kind::Date => dates::range(item).is_some(),
        Kind::Number | Kind::Quantity => quantities::Stored::read(item).is_some(),
        Kind::Special => item.node().is_some_and(|node| node.get("latitude").is_some()),
        Kind::Composite => false,
    };
    if parameter.kind != Kind::Composite {
        return single(parameter.kind, item);
    }
    parameter
        .components
        .iter()
        .all(|component| inside(item, &component.expression).iter().any(|item| single(component.kind, item)))
}
