//! A concept map: what a code of one system is in another.

use std::collections::HashMap;

use json::Node;

use crate::definition::DefinitionError;
use crate::edition::Edition;
use crate::node::{items, text};

/// Most pairs of one map.
const MOST_PAIRS: usize = 1_000_000;

/// A concept map as one definition tells it.
#[derive(Debug, Clone, Default)]
pub struct ConceptMap {
    /// Url, version and dates.
    pub edition: Edition,
    /// The value set that codes come from.
    pub source: Option<Box<str>>,
    /// The value set that they go to.
    pub target: Option<Box<str>>,
    /// Pairs of code systems.
    pub groups: Vec<MapGroup>,
}

/// The part of a map between two code systems.
#[derive(Debug, Clone, Default)]
pub struct MapGroup {
    /// The system that codes come from.
    pub source: Option<Box<str>>,
    /// Its version.
    pub source_version: Option<Box<str>>,
    /// The system that they go to.
    pub target: Option<Box<str>>,
    /// Its version.
    pub target_version: Option<Box<str>>,
    /// The codes that are mapped.
    pub elements: Vec<MapElement>,
    pub(crate) by_code: HashMap<Box<str>, u32>,
    /// What happens with other codes.
    pub unmapped: Option<Unmapped>,
}

/// A code and what it becomes.
#[derive(Debug, Clone, Default)]
pub struct MapElement {
    /// The code.
    pub code: Box<str>,
    /// Its name.
    pub display: Option<Box<str>>,
    /// What it becomes.
    pub targets: Vec<MapTarget>,
}

/// A code that another becomes.
#[derive(Debug, Clone, Default)]
pub struct MapTarget {
    /// The code; `None` when there is none.
    pub code: Option<Box<str>>,
    /// Its name.
    pub display: Option<Box<str>>,
    /// How the meanings are related.
    pub equivalence: Box<str>,
    /// Other elements that must have these values.
    pub depends_on: Vec<OtherElement>,
    /// Other elements that get these values.
    pub products: Vec<OtherElement>,
}

/// Another element and its value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct OtherElement {
    /// The element.
    pub property: Box<str>,
    /// The code system of the value.
    pub system: Option<Box<str>>,
    /// The value.
    pub value: Box<str>,
    /// Its name.
    pub display: Option<Box<str>>,
}

/// What happens with a code that a group does not map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unmapped {
    /// The code stays as it is.
    Provided,
    /// It becomes this one.
    Fixed {
        /// The code.
        code: Box<str>,
        /// Its name.
        display: Option<Box<str>>,
    },
    /// Another map is asked, by canonical url.
    OtherMap(Box<str>),
}

impl ConceptMap {
    /// Reads a ConceptMap.
    pub fn read(resource: &Node<'_>) -> Result<Self, DefinitionError> {
        let value_set = |name: &str| {
            text(resource, &format!("{name}Canonical")).or_else(|| text(resource, &format!("{name}Uri")))
        };
        let mut left = MOST_PAIRS;
        let groups = items(resource, "group").iter().map(|node| group(node, &mut left));
        Ok(Self {
            edition: Edition::read(resource),
            source: value_set("source"),
            target: value_set("target"),
            groups: groups.collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn weight(&self) -> usize {
        let elements = self.groups.iter().flat_map(|group| &group.elements);
        elements.map(|element| 1 + element.targets.len()).sum()
    }
}

impl MapGroup {
    /// What the group says of a code.
    pub fn element(&self, code: &str) -> Option<&MapElement> {
        self.elements.get(usize::try_from(*self.by_code.get(code)?).ok()?)
    }
}

fn group(node: &Node<'_>, left: &mut usize) -> Result<MapGroup, DefinitionError> {
    let mut group = MapGroup {
        source: text(node, "source"),
        source_version: text(node, "sourceVersion"),
        target: text(node, "target"),
        target_version: text(node, "targetVersion"),
        unmapped: node.get("unmapped").and_then(unmapped),
        ..MapGroup::default()
    };
    for element in items(node, "element") {
        let Some(code) = text(element, "code") else { continue };
        let targets: Vec<MapTarget> = items(element, "target").iter().map(target).collect();
        *left = left.checked_sub(1 + targets.len()).ok_or(DefinitionError::TooLarge)?;
        let at = u32::try_from(group.elements.len()).map_err(|_| DefinitionError::TooLarge)?;
        match group.by_code.get(&code).and_then(|at| group.elements.get_mut(usize::try_from(*at).ok()?)) {
            // A code may stand there for each of its targets.
            Some(known) => known.targets.extend(targets),
            None => {
                group.by_code.insert(code.clone(), at);
                group.elements.push(MapElement { code, display: text(element, "display"), targets });
            }
        }
    }
    Ok(group)
}

fn target(node: &Node<'_>) -> MapTarget {
    let others = |name: &str| items(node, name).iter().filter_map(other).collect();
    MapTarget {
        code: text(node, "code"),
        display: text(node, "display"),
        equivalence: text(node, "equivalence").unwrap_or_else(|| "equivalent".into()),
        depends_on: others("dependsOn"),
        products: others("product"),
    }
}

fn other(node: &Node<'_>) -> Option<OtherElement> {
    Some(OtherElement {
        property: text(node, "property")?,
        system: text(node, "system"),
        value: text(node, "value")?,
        display: text(node, "display"),
    })
}

fn unmapped(node: &Node<'_>) -> Option<Unmapped> {
    match node.text("mode")? {
        "provided" => Some(Unmapped::Provided),
        "fixed" => Some(Unmapped::Fixed { code: text(node, "code")?, display: text(node, "display") }),
        "other-map" => Some(Unmapped::OtherMap(text(node, "url")?)),
        _ => None,
    }
}
