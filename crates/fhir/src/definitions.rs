//! The element table of R4: which type has which elements.
//!
//! Made from `definitions/r4-elements.tsv`, which `tools/generate_r4_definitions.py` writes from a published
//! package of the official StructureDefinitions.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::ResourceType;

/// A type of R4: a resource, a datatype, or a backbone element such as `Patient.contact`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeId(u16);

/// What kind of type it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A scalar in JSON, with a sibling `_name` for id and extensions.
    Primitive,
    /// A datatype with elements.
    Complex,
    /// An element with elements of its own, defined in place.
    Backbone,
    /// A resource.
    Resource,
    /// `Element`, `BackboneElement`, `Resource`, `DomainResource`.
    Abstract,
}

/// An element of a type.
#[derive(Debug)]
pub struct Element {
    /// Its name, without `[x]`.
    pub name: &'static str,
    /// Whether it is written with its type behind the name: `valueQuantity`.
    pub choice: bool,
    /// Least number of occurrences: 0 or 1 (R4 base has no other).
    pub min: u8,
    /// Whether it is an array in JSON.
    pub many: bool,
    /// The types it may have.
    pub types: Vec<ElementType>,
    /// Whether it is part of the summary (`ElementDefinition.isSummary`).
    pub summary: bool,
    /// Whether it may change the meaning of what contains it (`ElementDefinition.isModifier`).
    pub modifier: bool,
}

/// A type that an element may have.
#[derive(Debug)]
pub struct ElementType {
    /// The type.
    pub type_id: TypeId,
    /// For references and canonicals: names of the types that may be referred to; empty means any.
    pub targets: Vec<&'static str>,
}

/// What a JSON member name means in a type.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// The element.
    pub element: &'static Element,
    /// Its type; for a choice the one that the name tells.
    pub type_id: TypeId,
}

struct TypeInfo {
    name: &'static str,
    kind: Kind,
    base: Option<TypeId>,
    resource_type: Option<ResourceType>,
    elements: Vec<&'static Element>,
    /// Sorted by member name.
    properties: Vec<(&'static str, Property)>,
}

struct Table {
    types: Vec<TypeInfo>,
    by_name: HashMap<&'static str, TypeId>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| build(include_str!("../definitions/r4-elements.tsv")));

impl TypeId {
    /// The type of that name.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.by_name.get(name).copied()
    }

    /// All types, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..TABLE.types.len()).filter_map(|index| u16::try_from(index).ok().map(Self))
    }

    /// The type of a resource.
    pub fn of_resource(resource_type: ResourceType) -> Self {
        Self::named(resource_type.as_str()).unwrap_or(Self(0))
    }

    /// The name, for example `Quantity` or `Patient.contact`.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// What kind of type it is.
    pub fn kind(self) -> Kind {
        self.info().kind
    }

    /// The type it specialises.
    pub fn base(self) -> Option<Self> {
        self.info().base
    }

    /// The resource type, if this is one.
    pub fn resource_type(self) -> Option<ResourceType> {
        self.info().resource_type
    }

    /// Whether this is `other` or a specialisation of it.
    pub fn is_a(self, other: Self) -> bool {
        let mut current = Some(self);
        while let Some(kind) = current {
            if kind == other {
                return true;
            }
            current = kind.base();
        }
        false
    }

    /// What a JSON member name means in this type. Names that begin with `_` are not looked up here.
    pub fn property(self, json_name: &str) -> Option<Property> {
        let properties = &self.info().properties;
        let at = properties.binary_search_by(|(name, _)| (*name).cmp(json_name)).ok()?;
        properties.get(at).map(|(_, property)| *property)
    }

    /// The names of the JSON members, those that begin with `_` left out.
    pub fn property_names(self) -> impl Iterator<Item = &'static str> {
        self.info().properties.iter().map(|(name, _)| *name)
    }

    /// The elements, inherited ones first.
    pub fn elements(self) -> &'static [&'static Element] {
        &self.info().elements
    }

    /// The element of that name (without `[x]`).
    pub fn element(self, name: &str) -> Option<&'static Element> {
        self.elements().iter().copied().find(|element| element.name == name)
    }

    fn info(self) -> &'static TypeInfo {
        // Ids are made by the table itself, so the index is always in it.
        &TABLE.types[usize::from(self.0)]
    }
}

impl std::fmt::Debug for TypeId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One type as it stands in the file.
struct Block {
    name: &'static str,
    kind: Kind,
    base: &'static str,
    lines: Vec<&'static str>,
}

fn build(text: &'static str) -> Table {
    let blocks = blocks(text);
    let by_name: HashMap<&'static str, TypeId> = blocks
        .iter()
        .enumerate()
        .filter_map(|(index, block)| Some((block.name, TypeId(u16::try_from(index).ok()?))))
        .collect();
    let own: Vec<Vec<&'static Element>> = blocks
        .iter()
        .map(|block| {
            let elements = block.lines.iter().filter_map(|line| element(line, &by_name));
            elements.map(|element| &*Box::leak(Box::new(element))).collect()
        })
        .collect();
    let types = blocks
        .iter()
        .map(|block| {
            let mut elements: Vec<&'static Element> = Vec::new();
            for id in lineage(block, &blocks, &by_name).into_iter().rev() {
                elements.extend(own[usize::from(id.0)].iter().copied());
            }
            if block.kind == Kind::Primitive {
                elements.retain(|element| element.name != "value");
            }
            let mut properties: Vec<(&'static str, Property)> =
                elements.iter().flat_map(|element| properties(element)).collect();
            properties.sort_by_key(|(name, _)| *name);
            TypeInfo {
                name: block.name,
                kind: block.kind,
                base: by_name.get(block.base).copied(),
                resource_type: if block.kind == Kind::Resource { block.name.parse().ok() } else { None },
                elements,
                properties,
            }
        })
        .collect();
    Table { types, by_name }
}

fn blocks(text: &'static str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        match line.strip_prefix("#\t") {
            Some(header) => {
                let mut fields = header.split('\t');
                let name = fields.next().unwrap_or_default();
                let kind = match fields.next() {
                    Some("primitive-type") => Kind::Primitive,
                    Some("complex-type") => Kind::Complex,
                    Some("backbone") => Kind::Backbone,
                    Some("resource") => Kind::Resource,
                    _ => Kind::Abstract,
                };
                blocks.push(Block { name, kind, base: fields.next().unwrap_or_default(), lines: Vec::new() });
            }
            None => {
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(line);
                }
            }
        }
    }
    blocks
}

/// The type and all it specialises, nearest first.
fn lineage(block: &Block, blocks: &[Block], by_name: &HashMap<&'static str, TypeId>) -> Vec<TypeId> {
    let mut line = Vec::new();
    let mut name = block.name;
    while let Some(id) = by_name.get(name) {
        line.push(*id);
        name = blocks[usize::from(id.0)].base;
    }
    line
}

fn element(line: &'static str, by_name: &HashMap<&'static str, TypeId>) -> Option<Element> {
    let mut fields = line.split('\t');
    let (name, min, max, types) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    // Left out for elements that are neither.
    let marks = fields.next().unwrap_or_default();
    let (name, choice) = match name.strip_suffix("[x]") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let types = types.split('|').filter_map(|text| element_type(text, by_name)).collect();
    Some(Element {
        name,
        choice,
        min: min.parse().unwrap_or(0),
        many: max == "*",
        types,
        summary: marks.contains('S'),
        modifier: marks.contains('M'),
    })
}

fn element_type(text: &'static str, by_name: &HashMap<&'static str, TypeId>) -> Option<ElementType> {
    let (name, targets) = match text.split_once('(') {
        Some((name, targets)) => (name, targets.trim_end_matches(')').split(',').collect()),
        None => (text.trim_start_matches('@'), Vec::new()),
    };
    let targets = if targets == ["Resource"] { Vec::new() } else { targets };
    Some(ElementType { type_id: by_name.get(name).copied()?, targets })
}

fn properties(element: &'static Element) -> Vec<(&'static str, Property)> {
    if !element.choice {
        return element
            .types
            .first()
            .map(|kind| (element.name, Property { element, type_id: kind.type_id }))
            .into_iter()
            .collect();
    }
    element
        .types
        .iter()
        .map(|kind| {
            let type_name = blocks_name(kind.type_id);
            (choice_name(element.name, type_name), Property { element, type_id: kind.type_id })
        })
        .collect()
}

/// The name of a type while the table is being built.
fn blocks_name(type_id: TypeId) -> &'static str {
    static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        blocks(include_str!("../definitions/r4-elements.tsv")).iter().map(|block| block.name).collect()
    });
    NAMES.get(usize::from(type_id.0)).copied().unwrap_or_default()
}

fn choice_name(element: &str, type_name: &str) -> &'static str {
    let mut name = String::from(element);
    let mut characters = type_name.chars();
    name.extend(characters.next().map(|first| first.to_ascii_uppercase()));
    name.push_str(characters.as_str());
    Box::leak(name.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> TypeId {
        TypeId::named(name).unwrap()
    }

    #[test]
    fn every_line_of_the_table_is_understood() {
        let text = include_str!("../definitions/r4-elements.tsv");
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let element = element(line, &TABLE.by_name).unwrap();
            let fields: Vec<&str> = line.split('\t').collect();
            assert!(fields.get(4).is_none_or(|marks| ["S", "M", "SM"].contains(marks)), "{line}");
            let types = fields[3].split('|').count();
            assert_eq!(element.types.len(), types, "{line}");
        }
        assert!(ResourceType::all().all(|kind| TypeId::of_resource(kind).name() == kind.as_str()));
    }

    #[test]
    fn a_choice_is_found_by_its_full_name_only() {
        let observation = named("Observation");
        let property = observation.property("valueQuantity").unwrap();
        assert_eq!((property.element.name, property.type_id), ("value", named("Quantity")));
        assert!(observation.property("value").is_none());
        assert!(observation.property("valueAddress").is_none());
        assert_eq!(named("Extension").property("valueBase64Binary").unwrap().type_id, named("base64Binary"));
    }

    #[test]
    fn elements_carry_their_marks() {
        for (kind, name, summary, modifier) in [
            ("Patient", "active", true, true),
            ("Patient", "name", true, false),
            ("Patient", "photo", false, false),
            ("Patient", "implicitRules", true, true),
            ("Patient", "modifierExtension", false, true),
            ("Patient.contact", "modifierExtension", true, true),
            ("Observation", "value", true, false),
            ("HumanName", "use", true, true),
        ] {
            let element = named(kind).element(name).unwrap();
            assert_eq!((element.summary, element.modifier), (summary, modifier), "{kind}.{name}");
        }
    }

    #[test]
    fn elements_are_inherited() {
        let patient = named("Patient");
        for name in ["id", "meta", "text", "contained", "extension", "birthDate", "contact"] {
            assert!(patient.property(name).is_some(), "{name}");
        }
        assert!(named("Age").property("value").is_some());
        assert!(patient.is_a(named("DomainResource")) && !named("Bundle").is_a(named("DomainResource")));
        assert!(named("code").is_a(named("string")));
        let entry = named("Bundle.entry");
        assert_eq!(entry.property("link").unwrap().type_id, named("Bundle.link"));
        assert!(entry.property("modifierExtension").is_some());
    }
}
