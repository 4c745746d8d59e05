//! A code system out of its resource.

use std::collections::{HashMap, HashSet};

use json::Node;

use crate::code_system::{CodeSystem, Concept, Content, Designation, PropertyValue};
use crate::definition::DefinitionError;
use crate::edition::Edition;
use crate::node::{Coding, flag, items, text};

/// Most concepts of one definition.
const MOST_CONCEPTS: usize = 1_000_000;
/// Nesting of concepts.
const DEEPEST: usize = 100;

impl CodeSystem {
    /// Reads a CodeSystem. A code that stands there twice counts where it stands first.
    pub fn read(resource: &Node<'_>) -> Result<Self, DefinitionError> {
        let mut builder = Builder::default();
        builder.nested(items(resource, "concept"), None, DEEPEST)?;
        let content = Content::read(resource.text("content"));
        let declared =
            items(resource, "property").iter().filter_map(|property| text(property, "code")).collect();
        Ok(builder.finish(Self {
            edition: Edition::read(resource),
            content,
            case_sensitive: flag(resource, "caseSensitive"),
            hierarchy_meaning: text(resource, "hierarchyMeaning"),
            value_set: text(resource, "valueSet"),
            supplements: text(resource, "supplements"),
            declared,
            concepts: Vec::new(),
            by_code: HashMap::new(),
            by_folded: HashMap::new(),
            below_absent: HashMap::new(),
        }))
    }
}

/// Concepts on their way into a code system.
#[derive(Default)]
pub(crate) struct Builder {
    concepts: Vec<Concept>,
    by_code: HashMap<Box<str>, u32>,
    /// Below, above: links by code, which may lead to a concept that comes later.
    links: Vec<(Box<str>, Box<str>)>,
    /// Below, above: pairs that are joined. One concept may have very many.
    joined: HashSet<(u32, u32)>,
}

impl Builder {
    fn nested(&mut self, nodes: &[Node<'_>], above: Option<u32>, left: usize) -> Result<(), DefinitionError> {
        let left =
            if nodes.is_empty() { left } else { left.checked_sub(1).ok_or(DefinitionError::TooDeep)? };
        for node in nodes {
            let Some(code) = text(node, "code") else { continue };
            let mut concept = Concept {
                code: code.clone(),
                display: text(node, "display"),
                definition: text(node, "definition"),
                designations: designations(node),
                ..Concept::default()
            };
            for property in items(node, "property") {
                self.property(&mut concept, property);
            }
            let at = self.add(concept, above)?;
            self.nested(items(node, "concept"), Some(at), left)?;
        }
        Ok(())
    }

    fn property(&mut self, concept: &mut Concept, node: &Node<'_>) {
        let (Some(name), Some(value)) = (text(node, "code"), property_value(node)) else { return };
        match (&*name, &value) {
            ("parent" | "subsumedBy", PropertyValue::Code(above)) => {
                self.link(&concept.code, above);
                return;
            }
            ("child", PropertyValue::Code(below)) => {
                self.link(below, &concept.code);
                return;
            }
            ("notSelectable" | "abstract", value) => concept.is_abstract |= value.text() == "true",
            ("inactive", value) => concept.is_inactive |= value.text() == "true",
            ("status", value) => concept.is_inactive |= matches!(&*value.text(), "inactive" | "retired"),
            _ => {}
        }
        concept.properties.push((name, value));
    }

    /// That one code stands right below another.
    pub(crate) fn link(&mut self, below: &str, above: &str) {
        self.links.push((below.into(), above.into()));
    }

    /// Adds a concept and gives its position.
    pub(crate) fn add(&mut self, concept: Concept, above: Option<u32>) -> Result<u32, DefinitionError> {
        if self.concepts.len() >= MOST_CONCEPTS {
            return Err(DefinitionError::TooLarge);
        }
        let next = u32::try_from(self.concepts.len()).map_err(|_| DefinitionError::TooLarge)?;
        let at = match self.by_code.get(&concept.code) {
            Some(known) => *known,
            None => {
                self.by_code.insert(concept.code.clone(), next);
                self.concepts.push(concept);
                next
            }
        };
        if let Some(above) = above {
            self.join(at, above);
        }
        Ok(at)
    }

    fn join(&mut self, below: u32, above: u32) {
        let index = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        if below == above || !self.joined.insert((below, above)) {
            return;
        }
        if let Some(concept) = self.concepts.get_mut(index(below)) {
            concept.parents.push(above);
        }
        if let Some(concept) = self.concepts.get_mut(index(above)) {
            concept.children.push(below);
        }
    }

    pub(crate) fn finish(mut self, system: CodeSystem) -> CodeSystem {
        let mut below_absent: HashMap<Box<str>, Vec<u32>> = HashMap::new();
        for (below, above) in std::mem::take(&mut self.links) {
            match (self.by_code.get(&below), self.by_code.get(&above)) {
                (Some(below), Some(above)) => self.join(*below, *above),
                (Some(below), None) => below_absent.entry(above).or_default().push(*below),
                _ => {}
            }
        }
        let mut by_folded = HashMap::new();
        if system.case_sensitive == Some(false) {
            for concept in &self.concepts {
                if let Some(at) = self.by_code.get(&concept.code) {
                    by_folded.entry(concept.code.to_lowercase().into()).or_insert(*at);
                }
            }
        }
        CodeSystem { concepts: self.concepts, by_code: self.by_code, by_folded, below_absent, ..system }
    }
}

pub(crate) fn designations(node: &Node<'_>) -> Vec<Designation> {
    let read = |node: &Node<'_>| {
        let value = text(node, "value")?;
        Some(Designation {
            language: text(node, "language"),
            usage: node.get("use").map(Coding::read),
            value,
        })
    };
    items(node, "designation").iter().filter_map(read).collect()
}

fn property_value(node: &Node<'_>) -> Option<PropertyValue> {
    let (name, value) = node.members().iter().find(|(name, _)| name.starts_with("value"))?;
    let text = || value.as_str().map(Into::into);
    let number = || value.as_number().map(Into::into);
    Some(match &**name {
        "valueCode" => PropertyValue::Code(text()?),
        "valueCoding" => PropertyValue::Coding(Box::new(Coding::read(value))),
        "valueString" => PropertyValue::String(text()?),
        "valueInteger" => PropertyValue::Integer(number()?),
        "valueBoolean" => PropertyValue::Boolean(value.as_bool()?),
        "valueDateTime" => PropertyValue::DateTime(text()?),
        "valueDecimal" => PropertyValue::Decimal(number()?),
        _ => return None,
    })
}
