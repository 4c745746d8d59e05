//! Slices of an element: which value belongs to which, and how many each may have.

use std::sync::Arc;

use fhir::{Fault, TypeId};
use fhirpath::ElementItem;
use json::{Node, Value};

use crate::binding::{self, Verdict};
use crate::compare::{contains, equals};
use crate::conform::{Conformance, Place, children, is_of_type};
use crate::profile::{Discriminator, DiscriminatorKind, Profile, ProfileNode, Slicing, SlicingRules, Step};
use crate::reference::Target;
use crate::rules::Strength;
use crate::walk::type_of;

impl<'a> Conformance<'_, 'a> {
    /// Gives the values of a sliced element to its slices.
    pub(crate) fn slices(
        &mut self,
        profile: &Profile,
        name: &str,
        node: &ProfileNode,
        parent: &Place<'a>,
        values: &[Place<'a>],
    ) {
        let own;
        let slicing = match &node.slicing {
            Some(slicing) => slicing,
            None => {
                own = implicit(name);
                &own
            }
        };
        // What nothing tells apart is not judged: any value, or none, may be of such a slice.
        let told: Vec<bool> = node.slices.iter().map(|(_, slice)| self.can_be_told(slicing, slice)).collect();
        let mut taken: Vec<Vec<Place<'a>>> = vec![Vec::new(); node.slices.len()];
        let mut furthest = 0;
        let mut outside_seen = false;
        for value in values {
            let mut candidates = node.slices.iter().zip(&told);
            let found =
                candidates.position(|((_, slice), told)| *told && self.belongs(slicing, slice, value));
            match found {
                Some(index) => {
                    if (slicing.ordered && index < furthest)
                        || (slicing.rules == SlicingRules::OpenAtEnd && outside_seen)
                    {
                        self.outside(profile, name, value);
                    }
                    furthest = furthest.max(index);
                    if let Some(taken) = taken.get_mut(index) {
                        taken.push(value.clone());
                    }
                }
                None => {
                    outside_seen = true;
                    if slicing.rules == SlicingRules::Closed && told.iter().all(|told| *told) {
                        self.outside(profile, name, value);
                    }
                }
            }
        }
        for (((slice_name, slice), taken), told) in node.slices.iter().zip(taken).zip(told) {
            if !told {
                continue;
            }
            let label = format!("{name}:{slice_name}");
            self.count(profile, &label, (slice.min, slice.max), taken.len(), parent, &taken);
            if slice.max == Some(0) {
                continue;
            }
            if !slice.slices.is_empty() {
                self.slices(profile, name, slice, parent, &taken);
            }
            for value in &taken {
                self.value(profile, slice, parent, value);
            }
        }
    }

    fn outside(&mut self, profile: &Profile, name: &str, value: &Place<'a>) {
        let fault = Fault::SliceClosed { name: name.to_owned(), profile: profile.url.clone() };
        self.report.error(&value.path, fault);
    }

    /// Whether a slice says anything that a discriminator asks for.
    fn can_be_told(&self, slicing: &Slicing, slice: &ProfileNode) -> bool {
        slicing.discriminators.iter().any(|Discriminator { kind, path }| {
            let wanted = self.demanded(path, slice);
            let has_profile = slice.types.iter().any(|kind| !kind.profiles.is_empty());
            match kind {
                DiscriminatorKind::Value => {
                    let says = |node: &ProfileNode| has_demand(node, 0) || node.min > 0;
                    wanted.iter().any(says) || (is_url(path) && has_profile)
                }
                DiscriminatorKind::Exists => wanted.iter().any(|node| node.min > 0 || node.max == Some(0)),
                DiscriminatorKind::Type | DiscriminatorKind::Profile => {
                    let has_targets = slice.types.iter().any(|kind| !kind.targets.is_empty());
                    has_targets || wanted.iter().any(|node| !node.types.is_empty())
                }
            }
        })
    }

    fn belongs(&mut self, slicing: &Slicing, slice: &ProfileNode, value: &Place<'a>) -> bool {
        slicing.discriminators.iter().all(|discriminator| self.tells(discriminator, slice, value))
    }

    fn tells(&mut self, discriminator: &Discriminator, slice: &ProfileNode, value: &Place<'a>) -> bool {
        let items = self.reached(&discriminator.path, value);
        let wanted = self.demanded(&discriminator.path, slice);
        match discriminator.kind {
            DiscriminatorKind::Value => {
                // An extension is told by the url of its definition.
                if wanted.is_empty() && is_url(&discriminator.path) {
                    let url = value.item.node().text("url");
                    let mut profiles = slice.types.iter().flat_map(|kind| &kind.profiles);
                    return profiles.any(|profile| profile.split('|').next() == url);
                }
                wanted.iter().all(|wanted| {
                    items.iter().any(|item| self.fits(wanted, item, 0))
                        || (!has_demand(wanted, 0) && wanted.min == 0 && items.is_empty())
                })
            }
            DiscriminatorKind::Exists => wanted.iter().all(|wanted| match wanted.max {
                Some(0) => items.is_empty(),
                _ => wanted.min == 0 || !items.is_empty(),
            }),
            DiscriminatorKind::Type => {
                let types: Vec<&str> = wanted
                    .iter()
                    .flat_map(|wanted| wanted.types.iter().map(|kind| kind.code.as_str()))
                    .collect();
                let by_target = || self.target_types(&discriminator.path, slice);
                items.iter().any(|item| {
                    types.iter().any(|code| is_of_type(item.item.type_id(), code))
                        || (types.is_empty()
                            && by_target().iter().any(|code| is_of_type(item.item.type_id(), code)))
                })
            }
            DiscriminatorKind::Profile => {
                let canonicals: Vec<String> = wanted
                    .iter()
                    .flat_map(|wanted| wanted.types.iter().flat_map(|kind| kind.profiles.iter().cloned()))
                    .chain(slice.types.iter().flat_map(|kind| {
                        let resolves = discriminator.path.contains(&Step::Resolve);
                        if resolves { kind.targets.clone() } else { Vec::new() }
                    }))
                    .collect();
                items.iter().any(|item| {
                    canonicals.iter().any(|canonical| match self.definitions.profile(canonical) {
                        Some(profile) => self.conforms(&profile, item),
                        None => self
                            .definitions
                            .type_of_profile(canonical)
                            .is_some_and(|name| is_of_type(item.item.type_id(), name)),
                    })
                })
            }
        }
    }

    /// The types of the targets of a Reference slice, for `resolve()`.
    fn target_types(&self, path: &[Step], slice: &ProfileNode) -> Vec<String> {
        let Some((Step::Resolve, rest)) = path.split_last() else { return Vec::new() };
        let nodes = self.demanded(rest, slice);
        let targets = nodes.iter().flat_map(|node| node.types.iter().flat_map(|kind| kind.targets.iter()));
        targets.filter_map(|target| self.definitions.type_of_profile(target).map(str::to_owned)).collect()
    }

    /// What the path of a discriminator leads to in a value.
    fn reached(&self, path: &[Step], value: &Place<'a>) -> Vec<Place<'a>> {
        let mut current = vec![value.clone()];
        for step in path {
            current = current.iter().flat_map(|place| self.step(step, place)).collect();
        }
        current
    }

    fn step(&self, step: &Step, place: &Place<'a>) -> Vec<Place<'a>> {
        match step {
            Step::Child(name) => children(place, name),
            Step::Extension(url) => children(place, "extension")
                .into_iter()
                .filter(|extension| extension.item.node().text("url") == Some(url))
                .collect(),
            Step::OfType(name) => {
                let fits = is_of_type(place.item.type_id(), name);
                if fits { vec![place.clone()] } else { Vec::new() }
            }
            Step::Resolve => match self.surroundings.target(place.item.node()) {
                Target::Known(resource_type, node) => {
                    let item = match node.and_then(|node| Some((node, type_of(node)?))) {
                        Some((node, type_id)) => ElementItem::new(node, type_id),
                        None => ElementItem::of_type(TypeId::of_resource(resource_type)),
                    };
                    vec![Place { item, path: place.path.clone() }]
                }
                Target::Unknown => Vec::new(),
            },
        }
    }

    /// What the slice demands at the path of a discriminator; with what the profiles of its types demand there.
    fn demanded(&self, path: &[Step], slice: &ProfileNode) -> Vec<ProfileNode> {
        let mut current = vec![slice.clone()];
        for step in path {
            let mut next = Vec::new();
            for node in &current {
                let of_types = node.types.iter().flat_map(|kind| &kind.profiles);
                let profiles: Vec<_> =
                    of_types.filter_map(|canonical| self.definitions.profile(canonical)).collect();
                let roots = std::iter::once(node).chain(profiles.iter().map(|profile| &profile.root));
                match step {
                    Step::Child(name) => next.extend(roots.flat_map(|root| below(root, name))),
                    Step::Extension(url) => next.extend(roots.filter_map(|root| {
                        let slices = &root.child("extension")?.slices;
                        let has_url = |slice: &&(String, ProfileNode)| {
                            let mut profiles = slice.1.types.iter().flat_map(|kind| &kind.profiles);
                            profiles.any(|profile| profile == url)
                        };
                        slices.iter().find(has_url).map(|(_, slice)| slice.clone())
                    })),
                    Step::OfType(name) => next.extend(roots.map(|root| {
                        let slice = root
                            .slices
                            .iter()
                            .find(|(_, slice)| slice.types.iter().any(|kind| kind.code == *name));
                        slice.map_or_else(|| root.clone(), |(_, slice)| slice.clone())
                    })),
                    Step::Resolve => {
                        let targets = node.types.iter().flat_map(|kind| &kind.targets);
                        next.extend(targets.filter_map(|target| {
                            self.definitions.profile(target).map(|profile| profile.root.clone())
                        }));
                    }
                }
            }
            current = next;
        }
        current
    }

    /// Whether a value has what a node fixes, here and below.
    fn fits(&self, wanted: &ProfileNode, place: &Place<'a>, depth: usize) -> bool {
        if depth > 8 {
            return true;
        }
        let value: &Node<'_> = place.item.node();
        let holds = wanted.fixed.as_ref().is_none_or(|fixed| equals(fixed, value))
            && wanted.pattern.as_ref().is_none_or(|pattern| contains(pattern, value))
            && wanted.binding.as_ref().is_none_or(|binding| {
                binding.strength != Strength::Required
                    || binding::verdict(&self.definitions.library, &binding.value_set, value) == Verdict::Fine
            });
        holds
            && value.value != Value::Null
            && wanted.children.iter().filter(|(_, child)| has_demand(child, depth)).all(|(name, child)| {
                children(place, name).iter().any(|item| self.fits(child, item, depth + 1))
            })
    }
}

/// What a node demands of a child: what it says of it, and the part of its own fixed value or pattern.
fn below(node: &ProfileNode, name: &str) -> Vec<ProfileNode> {
    let parts = [&node.fixed, &node.pattern].into_iter().flatten().filter_map(|value| value.get(name));
    let part = |value: &Node<'static>| {
        let pattern = Some(Arc::new(value.clone()));
        ProfileNode { min: 1, pattern, ..ProfileNode::default() }
    };
    node.child(name).cloned().into_iter().chain(parts.flat_map(Node::each).map(part)).collect()
}

/// Whether a node fixes anything that a value could be told by.
fn has_demand(node: &ProfileNode, depth: usize) -> bool {
    let binds = node.binding.as_ref().is_some_and(|binding| binding.strength == Strength::Required);
    node.fixed.is_some()
        || node.pattern.is_some()
        || binds
        || (depth < 8 && node.children.iter().any(|(_, child)| has_demand(child, depth + 1)))
}

fn is_url(path: &[Step]) -> bool {
    matches!(path, [Step::Child(name)] if name == "url")
}

/// Extensions are sliced by url without saying so (R4 `profiling.html`); without a discriminator nothing is told.
fn implicit(name: &str) -> Slicing {
    let is_extension = matches!(name, "extension" | "modifierExtension");
    let by_url = Discriminator { kind: DiscriminatorKind::Value, path: vec![Step::Child("url".to_owned())] };
    Slicing { discriminators: if is_extension { vec![by_url] } else { Vec::new() }, ..Slicing::default() }
}
