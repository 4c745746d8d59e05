//! A value set: what it takes in, what it leaves out, and an expansion that came with it.

use std::collections::HashMap;
use std::sync::Arc;

use json::Node;

use crate::code_system::Designation;
use crate::code_system_read::designations;
use crate::definition::DefinitionError;
use crate::edition::Edition;
use crate::node::{flag, items, text, texts};

/// Says that an expansion does not hold every code.
pub const UNCLOSED: &str = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";

/// Most codes that one value set may list.
const MOST_LISTED: usize = 1_000_000;
/// Nesting of a stored expansion.
const DEEPEST: usize = 100;

/// A value set as one definition tells it.
#[derive(Debug, Clone, Default)]
pub struct ValueSet {
    /// Url, version and dates.
    pub edition: Edition,
    /// Whether codes that are not in use any more belong to it, when it says so.
    pub inactive: Option<bool>,
    /// Parts whose codes belong to it.
    pub include: Vec<Arc<Composed>>,
    /// Parts whose codes do not.
    pub exclude: Vec<Arc<Composed>>,
    /// The expansion that came with it: a list for each system.
    pub expansion: Vec<Arc<Composed>>,
    /// Whether that expansion holds every code.
    pub expansion_is_whole: bool,
}

/// One part of a value set: codes that are in the system, pass all filters and are in all value sets named.
#[derive(Debug, Clone, Default)]
pub struct Composed {
    /// The code system.
    pub system: Option<Box<str>>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// The codes that are named; none for all.
    pub concepts: Vec<Listed>,
    /// Where each code stands in the list.
    pub(crate) by_code: HashMap<Box<str>, u32>,
    /// Conditions on the concepts.
    pub filters: Vec<Filter>,
    /// Value sets by canonical url.
    pub value_sets: Vec<Box<str>>,
}

/// A code that a value set names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// The code.
    pub code: Box<str>,
    /// The name to be shown in this value set.
    pub display: Option<Box<str>>,
    /// Further names in this value set.
    pub designations: Vec<Designation>,
    /// In an expansion: only there to hold others.
    pub is_abstract: bool,
    /// In an expansion: not in use any more.
    pub is_inactive: bool,
}

/// A condition on concepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The property.
    pub property: Box<str>,
    /// The operator; `None` for one that R4 does not have.
    pub operator: Option<Operator>,
    /// What to compare with.
    pub value: Box<str>,
}

/// How a filter compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the codes of R4 filter-operator")]
pub enum Operator {
    Equal,
    IsA,
    DescendentOf,
    IsNotA,
    Regex,
    In,
    NotIn,
    Generalizes,
    Exists,
}

impl Operator {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Equal, "="),
        (Self::IsA, "is-a"),
        (Self::DescendentOf, "descendent-of"),
        (Self::IsNotA, "is-not-a"),
        (Self::Regex, "regex"),
        (Self::In, "in"),
        (Self::NotIn, "not-in"),
        (Self::Generalizes, "generalizes"),
        (Self::Exists, "exists"),
    ];

    /// The code.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(operator, _)| *operator == self).map_or("=", |(_, code)| code)
    }
}

impl Filter {
    pub(crate) fn new(property: &str, operator: &str, value: &str) -> Self {
        let operator =
            Operator::ALL.iter().find(|(_, code)| *code == operator).map(|(operator, _)| *operator);
        Self { property: property.into(), operator, value: value.into() }
    }
}

impl Composed {
    pub(crate) fn add(&mut self, listed: Listed) -> Result<(), DefinitionError> {
        let at = u32::try_from(self.concepts.len()).map_err(|_| DefinitionError::TooLarge)?;
        if self.concepts.len() >= MOST_LISTED {
            return Err(DefinitionError::TooLarge);
        }
        if let std::collections::hash_map::Entry::Vacant(place) = self.by_code.entry(listed.code.clone()) {
            place.insert(at);
            self.concepts.push(listed);
        }
        Ok(())
    }

    /// What the value set says of a code.
    pub fn listed(&self, code: &str) -> Option<&Listed> {
        self.concepts.get(usize::try_from(*self.by_code.get(code)?).ok()?)
    }

    fn read(node: &Node<'_>) -> Result<Arc<Self>, DefinitionError> {
        let filter = |node: &Node<'_>| {
            let text = |name| node.text(name).unwrap_or_default();
            Filter::new(text("property"), text("op"), text("value"))
        };
        let mut part = Self {
            system: text(node, "system"),
            version: text(node, "version"),
            filters: items(node, "filter").iter().map(filter).collect(),
            value_sets: texts(node, "valueSet"),
            ..Self::default()
        };
        for concept in items(node, "concept") {
            let Some(code) = text(concept, "code") else { continue };
            let (display, designations) = (text(concept, "display"), designations(concept));
            part.add(Listed { code, display, designations, ..Listed::default() })?;
        }
        Ok(Arc::new(part))
    }
}

impl ValueSet {
    /// Reads a ValueSet.
    pub fn read(resource: &Node<'_>) -> Result<Self, DefinitionError> {
        let compose = resource.get("compose");
        let parts = |name: &str| -> Result<Vec<Arc<Composed>>, DefinitionError> {
            let parts = compose.map(|compose| items(compose, name)).unwrap_or_default();
            parts.iter().map(Composed::read).collect()
        };
        let mut stored = Stored::default();
        let expansion = resource.get("expansion");
        if let Some(expansion) = expansion {
            stored.contains(items(expansion, "contains"), DEEPEST)?;
        }
        Ok(Self {
            edition: Edition::read(resource),
            inactive: compose.and_then(|compose| flag(compose, "inactive")),
            include: parts("include")?,
            exclude: parts("exclude")?,
            expansion_is_whole: expansion.is_some_and(|it| is_whole(it, stored.count)),
            expansion: stored.lists.into_iter().map(Arc::new).collect(),
        })
    }

    /// The value set of all codes of a system.
    pub(crate) fn of_system(url: &str, system: &str) -> Self {
        let part = Composed { system: Some(system.into()), ..Composed::default() };
        let edition = Edition { url: url.into(), ..Edition::default() };
        Self { edition, include: vec![Arc::new(part)], ..Self::default() }
    }

    pub(crate) fn weight(&self) -> usize {
        let parts = self.include.iter().chain(&self.exclude).chain(&self.expansion);
        parts.map(|part| part.concepts.len()).sum()
    }
}

/// Whether an expansion says nowhere that it is only a part.
fn is_whole(expansion: &Node<'_>, count: usize) -> bool {
    let unclosed = items(expansion, "extension").iter().any(|it| it.text("url") == Some(UNCLOSED));
    let total = expansion.get("total").and_then(Node::as_number).and_then(|total| total.parse().ok());
    // A page of an expansion has an offset; what was filtered says how.
    let limits = ["filter", "count", "limitedExpansion"];
    let parameters = items(expansion, "parameter").iter().filter_map(|parameter| parameter.text("name"));
    let limited = parameters.into_iter().any(|name| limits.contains(&name));
    !unclosed && !limited && total.is_none_or(|total: usize| total <= count)
}

#[derive(Default)]
struct Stored {
    lists: Vec<Composed>,
    by_system: HashMap<Box<str>, usize>,
    count: usize,
}

impl Stored {
    fn contains(&mut self, nodes: &[Node<'_>], left: usize) -> Result<(), DefinitionError> {
        let left =
            if nodes.is_empty() { left } else { left.checked_sub(1).ok_or(DefinitionError::TooDeep)? };
        for node in nodes {
            if let (Some(system), Some(code)) = (text(node, "system"), text(node, "code")) {
                let at = *self.by_system.entry(system.clone()).or_insert(self.lists.len());
                if at == self.lists.len() {
                    let version = text(node, "version");
                    self.lists.push(Composed { system: Some(system), version, ..Composed::default() });
                }
                self.count += 1;
                if let Some(list) = self.lists.get_mut(at) {
                    list.add(Listed {
                        code,
                        display: text(node, "display"),
                        designations: designations(node),
                        is_abstract: flag(node, "abstract") == Some(true),
                        is_inactive: flag(node, "inactive") == Some(true),
                    })?;
                }
            }
            self.contains(items(node, "contains"), left)?;
        }
        Ok(())
    }
}
