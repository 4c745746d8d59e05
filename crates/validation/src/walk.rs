//! One pass over a resource of sound structure: what R4 demands of every element, and which profiles are claimed.

use std::collections::HashSet;

use fhir::{Element, Fault, Kind, ResourceType, Severity, TypeId};
use fhirpath::{ElementItem, Item};
use json::{Node, Value};

use crate::binding;
use crate::budget::Budget;
use crate::bundle::{Entries, Met};
use crate::conform::{Place, core_type};
use crate::extension::Carrier;
use crate::invariant;
use crate::profile::Profile;
use crate::reference::{Surroundings, Target, has_form};
use crate::report::Report;
use crate::rules::{self, ElementRules, Rule};
use crate::validator::Definitions;

/// The element that a value is one of: its owner and its name.
pub(crate) type Owner = (TypeId, &'static str);

/// The walk over one resource, with what is contained in it.
pub(crate) struct Walk<'w, 'a> {
    pub(crate) definitions: &'w Definitions,
    pub(crate) report: &'w mut Report,
    pub(crate) path: String,
    /// Where the path of the resource at hand ends and that inside of it begins.
    pub(crate) start: usize,
    pub(crate) resource: ElementItem<'a>,
    pub(crate) root: ElementItem<'a>,
    pub(crate) surroundings: Surroundings<'w, 'a>,
    /// `#id` texts of references, canonicals and uris; `""` for a reference to the container.
    fragments: HashSet<&'a str>,
    /// References of entries of a Bundle, to be judged when all entries are known.
    met: Vec<Met<'a>>,
    entry: usize,
    /// The urls of the extensions around the element at hand, outermost first.
    pub(crate) extensions: Vec<&'a str>,
    /// Profiles that are demanded besides those that are claimed.
    demanded: &'w [&'w str],
}

impl<'w, 'a> Walk<'w, 'a> {
    /// Walks a resource that stands at `path`; gives the references that were met.
    pub(crate) fn run(
        definitions: &'w Definitions,
        report: &'w mut Report,
        path: String,
        resource: (&'a Node<'a>, TypeId),
        surroundings: Surroundings<'w, 'a>,
        entry: usize,
        demanded: &'w [&'w str],
    ) -> Vec<Met<'a>> {
        let (node, type_id) = resource;
        let item = ElementItem::new(node, type_id);
        let fragments = HashSet::new();
        let mut walk = Self {
            definitions,
            report,
            start: path.len(),
            path,
            resource: item,
            root: item,
            surroundings,
            fragments,
            met: Vec::new(),
            extensions: Vec::new(),
            entry,
            demanded,
        };
        walk.whole(node, type_id);
        walk.contained(node);
        walk.met
    }

    /// A resource and the profiles it claims.
    fn whole(&mut self, node: &'a Node<'a>, type_id: TypeId) {
        self.element(node, type_id, None);
        let claimed =
            node.get("meta").and_then(|meta| meta.get("profile")).map(Node::items).unwrap_or_default();
        let claimed: Vec<&str> = claimed.iter().filter_map(Node::as_str).collect();
        let is_root = std::ptr::eq(node, self.root.node());
        let demanded: &[&str] = if is_root { self.demanded } else { &[] };
        let mut seen = HashSet::new();
        for (index, canonical) in claimed.iter().enumerate().filter(|(_, canonical)| seen.insert(**canonical))
        {
            let place = format!("{}.meta.profile[{index}]", self.path);
            if !self.follow(canonical, (node, type_id), &place) {
                let fault = Fault::ProfileUnknown { profile: (*canonical).to_owned() };
                // What is only claimed may be unknown here; what is demanded may not.
                match demanded.contains(canonical) {
                    true => self.report.error(&place, fault),
                    false => self.report.advise(&place, fault),
                }
            }
        }
        for canonical in demanded.iter().filter(|canonical| !claimed.contains(canonical)) {
            let place = self.path.clone();
            if !self.follow(canonical, (node, type_id), &place) {
                self.report.error(&place, Fault::ProfileUnknown { profile: (*canonical).to_owned() });
            }
        }
    }

    /// Holds a resource against a profile; false when that is not loaded. R4's own definition of a type is what
    /// everything is held against.
    fn follow(&mut self, canonical: &str, resource: (&'a Node<'a>, TypeId), place: &str) -> bool {
        let (node, type_id) = resource;
        let profile = self.definitions.profile(canonical);
        let core = core_type(canonical).and_then(TypeId::named);
        let Some(wanted) = profile.as_ref().map(|profile| profile.type_id).or(core) else { return false };
        if !type_id.is_a(wanted) {
            self.report.error(place, Fault::ProfileType { profile: canonical.to_owned() });
        } else if let Some(profile) = profile {
            self.conform(&profile, node, type_id);
        }
        true
    }

    pub(crate) fn conform(&mut self, profile: &Profile, node: &'a Node<'a>, type_id: TypeId) {
        let place = Place { item: ElementItem::new(node, type_id), path: self.path.clone() };
        self.conformance().profile(profile, &place);
    }

    /// Runs `work` one step deeper.
    pub(crate) fn within<T>(&mut self, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.push_str(step);
        let result = work(self);
        self.path.truncate(length);
        result
    }

    /// An element that is not a primitive: its own rules, then its children.
    pub(crate) fn element(&mut self, node: &'a Node<'a>, type_id: TypeId, owner: Option<Owner>) {
        let rules = rules::of_type(type_id);
        self.invariants(&rules.invariants, ElementItem::new(node, type_id));
        match type_id.name() {
            "Reference" => self.reference(node, owner),
            "Identifier" => {
                if let Some(fault) = self.definitions.formats.check(node) {
                    let place = format!("{}.value", self.path);
                    self.report.error(&place, fault);
                }
            }
            "Coding" if self.report.wants_advice() => {
                binding::advise(&self.definitions.library, node, &self.path, self.report);
            }
            _ => {}
        }
        for (name, value) in node.members() {
            if let Some(plain) = name.strip_prefix('_') {
                self.siblings(plain, value, type_id);
                continue;
            }
            let Some(property) = type_id.property(name) else { continue };
            let element = property.element;
            let own = rules.elements.get(element.name);
            if property.type_id.kind() == Kind::Primitive
                && own.is_none()
                && !may_be_fragment(property.type_id)
            {
                continue;
            }
            let child = Child {
                element,
                type_id: property.type_id,
                owner: (type_id, element.name),
                rules: own,
                carrier: owner,
            };
            match &value.value {
                Value::Array(items) => {
                    for (index, item) in items.iter().enumerate() {
                        let length = self.path.len();
                        push_step(&mut self.path, element.name, Some(index));
                        self.value(item, &child);
                        self.path.truncate(length);
                    }
                }
                _ => {
                    let length = self.path.len();
                    push_step(&mut self.path, element.name, None);
                    self.value(value, &child);
                    self.path.truncate(length);
                }
            }
        }
    }

    fn value(&mut self, node: &'a Node<'a>, child: &Child) {
        if node.value == Value::Null {
            return;
        }
        if let Some(rules) = child.rules {
            if let Some(binding) = &rules.binding {
                binding::check(&self.definitions.library, binding, node, &self.path, self.report);
            }
            self.invariants(&rules.invariants, ElementItem::new(node, child.type_id));
        }
        match child.type_id.kind() {
            Kind::Primitive => {
                if may_be_fragment(child.type_id)
                    && let Some(id) = node.as_str().and_then(|text| text.strip_prefix('#'))
                {
                    self.fragments.insert(id);
                }
            }
            Kind::Abstract if child.type_id.name() == "Resource" => {
                // Contained resources are walked with their root; those of Bundles stand for themselves.
                if child.element.name != "contained" && child.owner.0.name() != "Bundle.entry" {
                    self.nested(node);
                }
            }
            _ if child.type_id.name() == "Extension" => {
                let carrier = Carrier { type_id: child.owner.0, element: child.carrier };
                self.extension(node, child.element.name == "modifierExtension", carrier);
            }
            _ => self.element(node, child.type_id, Some(child.owner)),
        }
    }

    /// A resource inside of Parameters or of an outcome of a Bundle: judged as one of its own.
    fn nested(&mut self, node: &'a Node<'a>) {
        let Some(type_id) = type_of(node) else { return };
        let surroundings = Surroundings { root: node, ..self.surroundings };
        let path = self.path.clone();
        let met =
            Walk::run(self.definitions, self.report, path, (node, type_id), surroundings, self.entry, &[]);
        self.met.extend(met);
        self.entries(node, type_id);
    }

    /// What a Bundle inside of another resource holds.
    fn entries(&mut self, node: &'a Node<'a>, type_id: TypeId) {
        if type_id.name() == "Bundle" {
            let path = self.path.clone();
            let around = (&Entries::of(node), self.surroundings.budget);
            bundle(self.definitions, self.report, node, around, &path);
        }
    }

    fn invariants(&mut self, rules: &[Rule], focus: ElementItem<'a>) {
        for rule in rules {
            if rule.severity != Severity::Error && !self.report.wants_advice() {
                continue;
            }
            if !invariant::holds(rule, Item::Element(focus), self.resource, self.root, &self.surroundings) {
                let fault = invariant::fault(rule);
                self.report.say(rule.severity, &self.path, fault);
            }
        }
    }

    fn reference(&mut self, node: &'a Node<'a>, owner: Option<Owner>) {
        if let Some(text) = node.text("reference") {
            match text.strip_prefix('#') {
                Some(id) => {
                    self.fragments.insert(id);
                    let is_lost = !id.is_empty() && self.surroundings.contained(id).is_none();
                    if is_lost && !self.surroundings.budget.is_spent() {
                        self.report.error(&self.path, Fault::ContainedUnresolved);
                    }
                }
                None if !has_form(text) => self.report.error(&self.path, Fault::ReferenceFormat),
                None if self.surroundings.bundle.is_some() => self.met.push(Met {
                    entry: self.entry,
                    text,
                    full_url: self.surroundings.full_url,
                    place: self.path.clone(),
                }),
                None => {}
            }
        }
        let Some((owner, name)) = owner else { return };
        let Target::Known(resource_type, _) = self.surroundings.target(node) else { return };
        let allowed = owner.element(name).map(targets).unwrap_or_default();
        if !allowed.is_empty() && !allowed.contains(&resource_type.as_str()) {
            self.report.error(&self.path, Fault::ReferenceTarget { allowed: allowed.join(" | ") });
        }
    }

    /// What holds for contained resources (R4 invariants dom-3 to dom-5, and their own rules).
    fn contained(&mut self, node: &'a Node<'a>) {
        let contained = node.get("contained").map(Node::items).unwrap_or_default();
        let mut back = Vec::with_capacity(contained.len());
        for (index, resource) in contained.iter().enumerate() {
            let Some(type_id) = type_of(resource) else { continue };
            self.within(&format!(".contained[{index}]"), |walk| {
                let outer = std::mem::take(&mut walk.fragments);
                let own = (walk.resource, walk.start);
                (walk.resource, walk.start) = (ElementItem::new(resource, type_id), walk.path.len());
                walk.whole(resource, type_id);
                walk.entries(resource, type_id);
                (walk.resource, walk.start) = own;
                let inner = std::mem::replace(&mut walk.fragments, outer);
                back.push(inner.contains(""));
                walk.fragments.extend(inner.into_iter().filter(|id| !id.is_empty()));
                let meta = resource.get("meta");
                let has = |name: &str| meta.is_some_and(|meta| meta.get(name).is_some());
                if has("versionId") || has("lastUpdated") || has("security") {
                    walk.report.error(&walk.path, Fault::ContainedMeta);
                }
            });
        }
        for (index, resource) in contained.iter().enumerate() {
            let is_used = resource.text("id").is_some_and(|id| self.fragments.contains(id));
            if !is_used && !back.get(index).copied().unwrap_or(false) {
                let place = format!("{}.contained[{index}]", self.path);
                self.report.error(&place, Fault::ContainedUnused);
            }
        }
    }
}

/// A child of an element.
struct Child {
    element: &'static Element,
    type_id: TypeId,
    owner: Owner,
    rules: Option<&'static ElementRules>,
    /// The element that the owner is one of.
    carrier: Option<Owner>,
}

/// Types whose values may be `#id`, which counts as a use of a contained resource (R4 invariant dom-3).
fn may_be_fragment(type_id: TypeId) -> bool {
    matches!(type_id.name(), "uri" | "url" | "canonical")
}

pub(crate) fn push_step(path: &mut String, name: &str, index: Option<usize>) {
    path.push('.');
    path.push_str(name);
    if let Some(index) = index {
        path.push('[');
        path.push_str(&index.to_string());
        path.push(']');
    }
}

/// The type of a resource.
pub(crate) fn type_of(node: &Node<'_>) -> Option<TypeId> {
    let resource_type: ResourceType = node.text("resourceType")?.parse().ok()?;
    Some(TypeId::of_resource(resource_type))
}

/// The types that a Reference element allows; empty when it allows all.
fn targets(element: &'static Element) -> Vec<&'static str> {
    let references = element.types.iter().filter(|kind| kind.type_id.name() == "Reference");
    let mut all = Vec::new();
    for kind in references {
        if kind.targets.is_empty() {
            return Vec::new();
        }
        all.extend(kind.targets.iter().copied());
    }
    all
}

/// Walks the entries of a Bundle as resources of their own, then what holds for all of them together.
pub(crate) fn bundle<'a>(
    definitions: &Definitions,
    report: &mut Report,
    bundle: &'a Node<'a>,
    around: (&Entries<'a>, &Budget),
    outer: &str,
) {
    let (entries, budget) = around;
    let mut met = Vec::new();
    for (index, entry) in bundle.get("entry").map(Node::items).unwrap_or_default().iter().enumerate() {
        let Some(resource) = entry.get("resource") else { continue };
        let Some(type_id) = type_of(resource) else { continue };
        let path = format!("{outer}.entry[{index}].resource");
        let full_url = entry.text("fullUrl");
        let surroundings = Surroundings { root: resource, bundle: Some(entries), full_url, budget };
        met.extend(Walk::run(
            definitions,
            report,
            path.clone(),
            (resource, type_id),
            surroundings,
            index,
            &[],
        ));
        if type_id.name() == "Bundle" {
            self::bundle(definitions, report, resource, (&Entries::of(resource), budget), &path);
        }
    }
    crate::bundle::check(bundle, entries, &met, outer, report);
}
