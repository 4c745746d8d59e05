//! A profile as a tree of what it demands, with what its base profiles demand laid below.
//!
//! The tree holds only what profiles say; everything else of R4 is judged once, without them.

use std::collections::HashMap;
use std::sync::Arc;

use fhir::{Element, Kind, TypeId};
use json::Node;

pub(crate) use super::definition::ProfileType;
use super::definition::{Context, Definition, ElementDefinition, core_definition};
use super::{Discriminator, DiscriminatorKind, Slicing, Step};
use crate::rules::{Binding, Rule};

/// A profile that can be checked.
#[derive(Debug)]
pub(crate) struct Profile {
    pub(crate) url: String,
    /// The type that it constrains.
    pub(crate) type_id: TypeId,
    /// For extensions: where they may be used.
    pub(crate) contexts: Vec<Context>,
    pub(crate) root: ProfileNode,
}

/// What profiles demand of one element.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProfileNode {
    pub(crate) min: u32,
    pub(crate) max: Option<u32>,
    /// Empty: what R4 allows.
    pub(crate) types: Vec<ProfileType>,
    pub(crate) fixed: Option<Arc<Node<'static>>>,
    pub(crate) pattern: Option<Arc<Node<'static>>>,
    pub(crate) least: Option<Arc<Node<'static>>>,
    pub(crate) most: Option<Arc<Node<'static>>>,
    pub(crate) max_length: Option<usize>,
    pub(crate) binding: Option<Binding>,
    pub(crate) rules: Vec<Arc<Rule>>,
    pub(crate) children: Vec<(String, ProfileNode)>,
    pub(crate) slicing: Option<Slicing>,
    pub(crate) slices: Vec<(String, ProfileNode)>,
}

impl ProfileNode {
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|(other, _)| other == name).map(|(_, node)| node)
    }

    fn entry<'n>(list: &'n mut Vec<(String, Self)>, name: &str) -> Option<&'n mut Self> {
        let at = match list.iter().position(|(other, _)| other == name) {
            Some(at) => at,
            None => {
                list.push((name.to_owned(), Self::default()));
                list.len() - 1
            }
        };
        list.get_mut(at).map(|(_, node)| node)
    }

    fn child_mut(&mut self, name: &str) -> Option<&mut Self> {
        Self::entry(&mut self.children, name)
    }

    /// A slice; `a/b` is the slice `a/b` of the slice `a`.
    fn slice_mut(&mut self, name: &str) -> Option<&mut Self> {
        match name.rsplit_once('/') {
            Some((outer, _)) => {
                let outer = self.slice_mut(outer)?;
                Self::entry(&mut outer.slices, name)
            }
            None => Self::entry(&mut self.slices, name),
        }
    }

    fn apply(&mut self, element: &ElementDefinition) {
        self.min = element.min.map_or(self.min, |min| min.max(self.min));
        if let Some(max) = element.max {
            self.max = match (self.max, max) {
                (Some(own), Some(max)) => Some(own.min(max)),
                (own, None) => own,
                (None, max) => max,
            };
        }
        if !element.types.is_empty() {
            self.types.clone_from(&element.types);
        }
        let overlay = |own: &mut Option<Arc<Node<'static>>>, new: &Option<Arc<Node<'static>>>| {
            if new.is_some() {
                own.clone_from(new);
            }
        };
        overlay(&mut self.fixed, &element.fixed);
        overlay(&mut self.pattern, &element.pattern);
        overlay(&mut self.least, &element.least);
        overlay(&mut self.most, &element.most);
        self.max_length = element.max_length.or(self.max_length);
        if element.binding.is_some() {
            self.binding.clone_from(&element.binding);
        }
        for rule in &element.rules {
            if !self.rules.iter().any(|own| own.key == rule.key) {
                self.rules.push(rule.clone());
            }
        }
        if let Some(slicing) = &element.slicing {
            self.slicing = Some(slicing.clone());
        }
    }
}

/// Makes the trees of all definitions. A definition is known by its url; the last one of a url counts.
pub(crate) fn compile(definitions: &[Definition]) -> Result<HashMap<String, Arc<Profile>>, (String, String)> {
    let by_url: HashMap<&str, &Definition> =
        definitions.iter().map(|definition| (definition.url.as_str(), definition)).collect();
    let mut done = HashMap::new();
    for definition in definitions {
        one(definition, &by_url, &mut done, 0)?;
    }
    Ok(done)
}

/// Base profiles of base profiles.
const DEEPEST: usize = 16;

fn one(
    definition: &Definition,
    by_url: &HashMap<&str, &Definition>,
    done: &mut HashMap<String, Arc<Profile>>,
    depth: usize,
) -> Result<Arc<Profile>, (String, String)> {
    if let Some(profile) = done.get(&definition.url) {
        return Ok(profile.clone());
    }
    let fault = |reason: String| (definition.url.clone(), reason);
    if depth > DEEPEST {
        return Err(fault("its base definitions have no end".to_owned()));
    }
    let type_id = TypeId::named(&definition.type_name)
        .ok_or_else(|| fault(format!("{} is not a type of R4", definition.type_name)))?;
    let base = definition.base.split('|').next().unwrap_or_default();
    let mut root = match by_url.get(base) {
        Some(base) => {
            let base = one(base, by_url, done, depth + 1)?;
            if !type_id.is_a(base.type_id) {
                return Err(fault(format!("its base definition {} is of another type", base.url)));
            }
            base.root.clone()
        }
        None => {
            match core_definition(base).map(TypeId::named) {
                Some(Some(core)) if type_id.is_a(core) => ProfileNode::default(),
                Some(Some(_)) => return Err(fault(format!("its base definition {base} is of another type"))),
                // The snapshot of a profile of a profile that R4 brings along says everything itself.
                Some(None) if definition.from_snapshot => ProfileNode::default(),
                _ => return Err(fault(format!("its base definition {base} is not loaded"))),
            }
        }
    };
    for element in &definition.elements {
        let named = || element.steps.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(".");
        let (node, type_of_element) = place(&mut root, type_id, element)
            .ok_or_else(|| fault(format!("{} has no element {}", definition.type_name, named())))?;
        let discriminators = element.slicing.iter().flat_map(|slicing| &slicing.discriminators);
        for Discriminator { path, .. } in discriminators {
            if !leads_somewhere(type_of_element, path) {
                return Err(fault(format!("a discriminator of {} leads to no element", named())));
            }
        }
        node.apply(element);
    }
    let profile = Arc::new(Profile {
        url: definition.url.clone(),
        type_id,
        contexts: definition.contexts.clone(),
        root,
    });
    done.insert(definition.url.clone(), profile.clone());
    Ok(profile)
}

/// Whether a type has what the path of a discriminator names, as far as the types are known.
fn leads_somewhere(type_id: Option<TypeId>, path: &[Step]) -> bool {
    let (Some(type_id), Some((step, rest))) = (type_id, path.split_first()) else { return true };
    let next = match step {
        Step::Child(name) => match type_id.element(name) {
            Some(element) => single_type(element),
            None => return false,
        },
        Step::Extension(_) => TypeId::named("Extension"),
        Step::OfType(name) => TypeId::named(name),
        Step::Resolve => None,
    };
    leads_somewhere(next, rest)
}

/// The type of an element that has one only, and does not hold any resource.
fn single_type(element: &Element) -> Option<TypeId> {
    match element.types.as_slice() {
        [only] => Some(only.type_id).filter(|type_id| type_id.kind() != Kind::Abstract),
        _ => None,
    }
}

/// The node of an element, and its type where that is certain. `None` when the type has no such element.
fn place<'n>(
    root: &'n mut ProfileNode,
    type_id: TypeId,
    element: &ElementDefinition,
) -> Option<(&'n mut ProfileNode, Option<TypeId>)> {
    let mut node = root;
    let mut current = Some(type_id);
    for (name, slice) in &element.steps {
        let Some(owner) = current else {
            // Below a choice or a resource of any type: the value will tell.
            node = node.child_mut(name)?;
            if let Some(slice) = slice {
                node = node.slice_mut(slice)?;
            }
            continue;
        };
        if let Some(found) = owner.element(name) {
            node = node.child_mut(name)?;
            current = single_type(found);
            let Some(slice) = slice else { continue };
            // `value[x]:valueQuantity` names the type that it is about.
            let kind = owner.property(slice).filter(|property| property.element.name == found.name);
            if let Some(kind) = kind.filter(|_| found.choice) {
                node = type_slice(node, slice, kind.type_id)?;
                current = Some(kind.type_id);
            } else {
                node = node.slice_mut(slice)?;
            }
        } else {
            // `valueQuantity` for `value[x]` that is a Quantity.
            let kind = owner.property(name).filter(|property| property.element.choice)?;
            node = type_slice(node.child_mut(kind.element.name)?, name, kind.type_id)?;
            current = Some(kind.type_id);
        }
    }
    Some((node, current))
}

/// The slice of a choice element for one of its types.
fn type_slice<'n>(node: &'n mut ProfileNode, slice: &str, type_id: TypeId) -> Option<&'n mut ProfileNode> {
    node.slicing.get_or_insert_with(|| Slicing {
        discriminators: vec![Discriminator { kind: DiscriminatorKind::Type, path: Vec::new() }],
        ..Slicing::default()
    });
    let node = node.slice_mut(slice)?;
    if node.types.is_empty() {
        let code = type_id.name().to_owned();
        node.types = vec![ProfileType { code, profiles: Vec::new(), targets: Vec::new() }];
    }
    Some(node)
}
