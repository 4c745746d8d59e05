//! Whether an element is what a profile demands.

use fhir::{Fault, Kind, ReferenceText, ResourceType, Severity, TypeId};
use fhirpath::{ElementItem, Item};
use json::{Node, Value};

use crate::binding;
use crate::compare::{contains, equals, order};
use crate::invariant;
use crate::profile::{Profile, ProfileNode, ProfileType, core_definition};
use crate::reference::{Surroundings, Target};
use crate::report::Report;
use crate::validator::Definitions;
use crate::walk::{Walk, push_step, type_of};

/// Profiles inside of profiles.
const DEEPEST: usize = 24;

/// An element and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) item: ElementItem<'a>,
    pub(crate) path: String,
}

/// The check of profiles in one resource.
pub(crate) struct Conformance<'w, 'a> {
    pub(crate) definitions: &'w Definitions,
    pub(crate) report: &'w mut Report,
    pub(crate) resource: ElementItem<'a>,
    pub(crate) root: ElementItem<'a>,
    pub(crate) surroundings: Surroundings<'w, 'a>,
    pub(crate) depth: usize,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(crate) fn conformance(&mut self) -> Conformance<'_, 'a> {
        Conformance {
            definitions: self.definitions,
            report: self.report,
            resource: self.resource,
            root: self.root,
            surroundings: self.surroundings,
            depth: 0,
        }
    }
}

impl<'a> Conformance<'_, 'a> {
    /// Checks an element against a profile.
    pub(crate) fn profile(&mut self, profile: &Profile, place: &Place<'a>) {
        if self.depth > DEEPEST {
            return;
        }
        if !place.item.type_id().is_a(profile.type_id) {
            self.report.error(&place.path, Fault::ProfileType { profile: profile.url.clone() });
            return;
        }
        self.depth += 1;
        self.node(profile, &profile.root, place);
        self.depth -= 1;
    }

    /// Whether an element conforms, without a word about it.
    pub(crate) fn conforms(&mut self, profile: &Profile, place: &Place<'a>) -> bool {
        let mut report = self.report.aside();
        let mut aside = Conformance { report: &mut report, ..*self };
        aside.profile(profile, place);
        !report.has_errors()
    }

    fn node(&mut self, profile: &Profile, node: &ProfileNode, place: &Place<'a>) {
        // About what it costs beside an expression.
        if !self.surroundings.budget.take(10) {
            return;
        }
        let is_fitting = self.types(profile, &node.types, place);
        if !is_fitting {
            return;
        }
        self.values(profile, node, place);
        for rule in &node.rules {
            if rule.severity != Severity::Error && !self.report.wants_advice() {
                continue;
            }
            let focus = Item::Element(place.item);
            if !invariant::holds(rule, focus, self.resource, self.root, &self.surroundings) {
                self.report.say(rule.severity, &place.path, invariant::fault(rule));
            }
        }
        for (name, child) in &node.children {
            self.child(profile, name, child, place);
        }
    }

    /// The type, its profiles, and where a Reference may lead. False when the type is wrong, so that nothing else
    /// is worth saying.
    fn types(&mut self, profile: &Profile, types: &[ProfileType], place: &Place<'a>) -> bool {
        if types.is_empty() {
            return true;
        }
        let fitting: Vec<&ProfileType> =
            types.iter().filter(|kind| is_of_type(place.item.type_id(), &kind.code)).collect();
        if fitting.is_empty() {
            let allowed: Vec<&str> = types.iter().map(|kind| kind.code.as_str()).collect();
            let allowed = allowed.join(" | ");
            let fault = if profile.type_id.name() == "Extension" {
                Fault::ExtensionType { url: profile.url.clone(), allowed }
            } else {
                Fault::TypeNotAllowed { allowed }
            };
            self.report.error(&place.path, fault);
            return false;
        }
        let profiles: Vec<&str> =
            fitting.iter().flat_map(|kind| kind.profiles.iter().map(String::as_str)).collect();
        if !profiles.is_empty() {
            self.one_of(&profiles, place);
        }
        let targets: Vec<&str> =
            fitting.iter().flat_map(|kind| kind.targets.iter().map(String::as_str)).collect();
        if !targets.is_empty() && place.item.type_id().name() == "Reference" {
            self.target(&targets, place);
        }
        true
    }

    /// One of several profiles must hold. With a single one its faults are told, with several those of the first.
    fn one_of(&mut self, canonicals: &[&str], place: &Place<'a>) {
        let known: Option<Vec<_>> =
            canonicals.iter().map(|canonical| self.definitions.profile(canonical)).collect();
        // One that is not loaded may be the one that holds.
        let Some(known) = known else { return };
        let holds = known.len() > 1 && known.iter().any(|profile| self.conforms(profile, place));
        if let Some(first) = known.first().filter(|_| !holds) {
            self.profile(first, place);
        }
    }

    fn target(&mut self, canonicals: &[&str], place: &Place<'a>) {
        let Target::Known(resource_type, node) = self.surroundings.target(place.item.node()) else { return };
        let names: Option<Vec<&str>> =
            canonicals.iter().map(|canonical| self.definitions.type_of_profile(canonical)).collect();
        let Some(names) = names else { return };
        if !names.iter().any(|name| *name == resource_type.as_str() || *name == "Resource") {
            self.report.error(&place.path, Fault::ReferenceTarget { allowed: names.join(" | ") });
            return;
        }
        // A target at hand must itself be what the profile says. Said at the reference: the target may serve others.
        let Some(target) = node else { return };
        let Some(type_id) = type_of(target) else { return };
        let known: Option<Vec<_>> = canonicals
            .iter()
            .map(|canonical| {
                let core = core_definition(canonical);
                if core.is_some() { Some(None) } else { self.definitions.profile(canonical).map(Some) }
            })
            .collect();
        let Some(known) = known else { return };
        if self.depth > 2 || known.iter().any(Option::is_none) {
            return;
        }
        let target = Place { item: ElementItem::new(target, type_id), path: place.path.clone() };
        let mut aside = self.report.aside();
        let is_contained = ReferenceText::parse(place.item.node().text("reference").unwrap_or_default());
        let is_contained = matches!(is_contained, ReferenceText::Contained(_));
        let (root, surroundings) = if is_contained {
            (self.root, self.surroundings)
        } else {
            (target.item, self.surroundings.of_entry(target.item.node(), None))
        };
        let mut inner = Conformance {
            report: &mut aside,
            resource: target.item,
            root,
            surroundings,
            depth: self.depth + 1,
            ..*self
        };
        if !known.iter().flatten().any(|profile| inner.conforms(profile, &target)) {
            let fault = Fault::ReferenceTarget { allowed: canonicals.join(" | ") };
            self.report.error(&place.path, fault);
        }
    }

    fn values(&mut self, profile: &Profile, node: &ProfileNode, place: &Place<'a>) {
        let value = place.item.node();
        let url = || profile.url.clone();
        if value.value == Value::Null && (node.fixed.is_some() || node.pattern.is_some()) {
            let wanted = node.fixed.as_ref().or(node.pattern.as_ref()).map(|node| node.to_json());
            let fault = Fault::FixedValue { wanted: wanted.unwrap_or_default(), profile: url() };
            self.report.error(&place.path, fault);
            return;
        }
        if let Some(fixed) = node.fixed.as_ref().filter(|fixed| !equals(fixed, value)) {
            self.report.error(&place.path, Fault::FixedValue { wanted: fixed.to_json(), profile: url() });
        }
        if let Some(pattern) = node.pattern.as_ref().filter(|pattern| !contains(pattern, value)) {
            self.report.error(&place.path, Fault::PatternValue { wanted: pattern.to_json(), profile: url() });
        }
        if let (Some(most), Some(text)) = (node.max_length, value.as_str())
            && text.chars().count() > most
        {
            self.report.error(&place.path, Fault::TextTooLong { most: most.to_string() });
        }
        let is_below =
            node.least.as_ref().is_some_and(|least| order(value, least).is_some_and(|order| order.is_lt()));
        let is_above =
            node.most.as_ref().is_some_and(|most| order(value, most).is_some_and(|order| order.is_gt()));
        if is_below || is_above {
            self.report.error(&place.path, Fault::ValueRange { profile: url() });
        }
        if let Some(binding) = &node.binding {
            binding::check(&self.definitions.library, binding, value, &place.path, self.report);
        }
    }

    /// The values of one child element: how many there are, and each of them.
    fn child(&mut self, profile: &Profile, name: &str, node: &ProfileNode, parent: &Place<'a>) {
        let values = children(parent, name);
        self.count(profile, name, (node.min, node.max), values.len(), parent, &values);
        if node.max == Some(0) {
            return;
        }
        if !node.slices.is_empty() {
            self.slices(profile, name, node, parent, &values);
        }
        for value in &values {
            self.value(profile, node, parent, value);
        }
    }

    /// A value of a child or of a slice of it: what the profile says of it. A resource inside of another is one
    /// of its own for its invariants and references.
    pub(crate) fn value(
        &mut self,
        profile: &Profile,
        node: &ProfileNode,
        parent: &Place<'a>,
        place: &Place<'a>,
    ) {
        if place.item.type_id().kind() != Kind::Resource {
            return self.node(profile, node, place);
        }
        let (root, surroundings) = match parent.item.type_id().kind() {
            // Contained: what it refers to is in its container.
            Kind::Resource => (self.root, self.surroundings),
            _ => {
                let full_url = parent.item.node().text("fullUrl");
                (place.item, self.surroundings.of_entry(place.item.node(), full_url))
            }
        };
        let report = &mut *self.report;
        Conformance { report, resource: place.item, root, surroundings, ..*self }.node(profile, node, place);
    }

    pub(crate) fn count(
        &mut self,
        profile: &Profile,
        name: &str,
        bounds: (u32, Option<u32>),
        found: usize,
        parent: &Place<'a>,
        values: &[Place<'a>],
    ) {
        let (min, max) = bounds;
        let found = u32::try_from(found).unwrap_or(u32::MAX);
        let (name, url) = (name.to_owned(), profile.url.clone());
        if found < min {
            self.report.error(&parent.path, Fault::TooFew { name, least: min.to_string(), profile: url });
        } else if let Some(max) = max.filter(|max| found > *max) {
            let first = values.first().map_or(parent.path.as_str(), |value| value.path.as_str());
            let place = if max == 0 {
                parent.path.as_str()
            } else {
                first.rsplit_once('[').filter(|_| first.ends_with(']')).map_or(first, |(path, _)| path)
            };
            self.report.error(place, Fault::TooMany { name, most: max.to_string(), profile: url });
        }
    }
}

/// Whether a value is of a type that a profile names. A `code` is no `string` there, although it is a kind of one.
pub(crate) fn is_of_type(type_id: TypeId, code: &str) -> bool {
    TypeId::named(code).is_some_and(|wanted| match wanted.kind() {
        Kind::Primitive => type_id == wanted,
        _ => type_id.is_a(wanted),
    })
}

/// The values of a child element, with those that have extensions only.
pub(crate) fn children<'a>(parent: &Place<'a>, name: &str) -> Vec<Place<'a>> {
    let (node, type_id) = (parent.item.node(), parent.item.type_id());
    if parent.item.is_primitive() {
        return match name {
            "extension" => from_sibling(parent),
            _ => Vec::new(),
        };
    }
    let Some(element) = type_id.element(name) else { return Vec::new() };
    let mut found = Vec::new();
    for (member, value) in node.members() {
        let Some(property) = type_id.property(member).filter(|property| property.element.name == name) else {
            continue;
        };
        let sibling = node.get(&format!("_{member}"));
        for (index, item) in value.each().iter().enumerate() {
            let mut path = parent.path.clone();
            push_step(&mut path, name, element.many.then_some(index));
            let kind = match property.type_id.kind() {
                Kind::Abstract => type_of(item).unwrap_or(property.type_id),
                _ => property.type_id,
            };
            let sibling = sibling.and_then(|sibling| sibling.each().get(index));
            let item = if kind.kind() == Kind::Primitive {
                ElementItem::primitive(Some(item), sibling, kind)
            } else {
                ElementItem::new(item, kind)
            };
            found.push(Place { item, path });
        }
    }
    if found.is_empty() {
        found.extend(extensions_only(parent, name));
    }
    found
}

/// A primitive of which only `_name` is there.
fn extensions_only<'a>(parent: &Place<'a>, name: &str) -> Option<Place<'a>> {
    let (node, type_id) = (parent.item.node(), parent.item.type_id());
    let (member, sibling) = node.members().iter().find(|(member, _)| {
        let plain = member.strip_prefix('_');
        plain.and_then(|plain| type_id.property(plain)).is_some_and(|property| property.element.name == name)
    })?;
    let property = type_id.property(member.strip_prefix('_')?)?;
    let mut path = parent.path.clone();
    push_step(&mut path, name, property.element.many.then_some(0));
    let sibling = sibling.each().first();
    Some(Place { item: ElementItem::primitive(None, sibling, property.type_id), path })
}

fn from_sibling<'a>(parent: &Place<'a>) -> Vec<Place<'a>> {
    let extensions = parent.item.sibling().and_then(|sibling| sibling.get("extension"));
    let Some(type_id) = TypeId::named("Extension") else { return Vec::new() };
    let items = extensions.map(Node::items).unwrap_or_default().iter().enumerate();
    items
        .map(|(index, node)| {
            let mut path = parent.path.clone();
            push_step(&mut path, "extension", Some(index));
            Place { item: ElementItem::new(node, type_id), path }
        })
        .collect()
}

/// The type that a profile of R4 itself or a name of a type stands for.
pub(crate) fn core_type(canonical: &str) -> Option<&str> {
    let name = core_definition(canonical)?;
    (name == "Resource" || name.parse::<ResourceType>().is_ok()).then_some(name)
}
