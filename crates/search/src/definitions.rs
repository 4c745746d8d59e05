//! All search parameters and slots, worked out once from the tables of R4 and the custom parameters of a database.
//!
//! A slot is named by resource type, index table and expression: `Patient token Patient.identifier`. The names
//! stand in databases, so a name must always mean the same values. To store nothing twice,
//! * equal expressions of several parameters are one slot;
//! * a narrowed expression (`X.where(resolve() is Patient)`) uses the slot of `X` ([`Only`](path::Only));
//! * a HumanName or an Address is not stored as a whole beside its parts: `name` looks into the slots of
//!   `family`, of `given`, and of the other parts;
//! * components of a composite are looked for in the slots of the parameters that they resemble.

use std::collections::{HashMap, HashSet};

use fhir::{ResourceType, TypeId};
use fhirpath::Expression;

use crate::compartment;
use crate::custom::CustomParameter;
use crate::parameter::{Component, Composite, Parameter, ParameterType, Source, Table, TokenShape};
use crate::path::{self, Branch, Outcome, branches};

const TABLE: &str = include_str!("../../fhir/definitions/r4-search-parameters.tsv");

/// Types of which a book holds most. Their slots come first and get the small numbers, which take one byte
/// instead of two in every row.
const COMMON: [&str; 6] =
    ["Observation", "Encounter", "MedicationRequest", "Procedure", "DiagnosticReport", "Condition"];

/// The highest bit of a presence mask; the sign bit of the column stays free.
pub(crate) const LAST_BIT: u8 = 62;

/// A place where values of resources of one type are found.
#[derive(Debug)]
pub(crate) struct SlotDefinition {
    pub name: String,
    pub resource_type: ResourceType,
    pub table: Table,
    pub expression: Expression,
}

/// What is known of one resource type.
#[derive(Debug)]
pub(crate) struct TypeDefinition {
    pub type_id: TypeId,
    /// Sorted by code.
    pub parameters: Vec<Parameter>,
    /// Slots that are asked for every resource.
    pub always: Vec<usize>,
    /// Slots that are asked when the resource has the member, by its name.
    pub by_member: HashMap<String, Vec<usize>>,
    /// The parameters whose references to patients say whose book a resource is part of, most telling first: for each the
    /// slots.
    pub patient_slots: Vec<Vec<usize>>,
    /// The slot that alone decides the book whenever it holds a patient.
    pub deciding_slot: Option<usize>,
    /// Slots that cannot hold several values.
    pub single: HashSet<usize>,
}

impl TypeDefinition {
    pub fn parameter(&self, code: &str) -> Option<&Parameter> {
        let at = self.parameters.binary_search_by(|parameter| parameter.code.as_str().cmp(code)).ok()?;
        self.parameters.get(at)
    }
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Definitions {
    pub slots: Vec<SlotDefinition>,
    /// By the number of the resource type.
    types: Vec<TypeDefinition>,
}

impl Definitions {
    /// The parameters of R4, and custom ones. The slots of R4 come first.
    pub fn new(custom: &[CustomParameter]) -> Self {
        let lines: Vec<Line> = TABLE.lines().filter_map(Line::read).collect();
        let mut slots = Slots::default();
        let mut order: Vec<ResourceType> = COMMON.iter().filter_map(|name| name.parse().ok()).collect();
        let rest: Vec<ResourceType> = ResourceType::all().filter(|kind| !order.contains(kind)).collect();
        order.extend(rest);
        let mut types: Vec<(u16, TypeDefinition)> =
            order.into_iter().map(|kind| (kind.index(), define(kind, &lines, &mut slots))).collect();
        types.sort_by_key(|(number, _)| *number);
        let mut types: Vec<TypeDefinition> = types.into_iter().map(|(_, kind)| kind).collect();
        for parameter in custom {
            let line = Line::custom(parameter);
            for resource_type in ResourceType::all() {
                if let Some(kind) = types.get_mut(usize::from(resource_type.index()))
                    && line.covers(kind.type_id)
                    && kind.parameter(&line.code).is_none()
                {
                    add(kind, &line, resource_type, &mut slots, Some(parameter.bit));
                    if let Some(added) = kind.parameters.last_mut() {
                        added.searchable &= parameter.ready;
                    }
                    kind.parameters.sort_by(|one, other| one.code.cmp(&other.code));
                }
            }
        }
        Self { slots: slots.all, types }
    }

    pub fn of(&self, resource_type: ResourceType) -> &TypeDefinition {
        // There is one for each of the types, in their order.
        &self.types[usize::from(resource_type.index())]
    }
}

struct Line {
    code: String,
    kind: ParameterType,
    bases: Vec<TypeId>,
    expression: String,
    targets: Vec<ResourceType>,
    url: String,
    /// Type and expression of each component.
    components: Vec<(ParameterType, String)>,
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let mut fields = line.split('\t');
        Some(Self {
            code: fields.next().filter(|code| !code.starts_with('#'))?.to_owned(),
            kind: ParameterType::named(fields.next()?)?,
            bases: fields.next()?.split(',').filter_map(TypeId::named).collect(),
            expression: fields.next()?.to_owned(),
            targets: fields.next()?.split(',').filter_map(|name| name.parse().ok()).collect(),
            url: fields.next()?.to_owned(),
            components: fields.next().map(components).unwrap_or_default(),
        })
    }

    fn custom(parameter: &CustomParameter) -> Self {
        Self {
            code: parameter.code.clone(),
            kind: parameter.kind,
            bases: parameter.bases.iter().filter_map(|name| TypeId::named(name)).collect(),
            expression: parameter.expression.clone(),
            targets: parameter.targets.clone(),
            url: parameter.url.clone(),
            components: Vec::new(),
        }
    }

    fn covers(&self, type_id: TypeId) -> bool {
        self.bases.iter().any(|base| type_id.is_a(*base))
    }
}

fn components(text: &str) -> Vec<(ParameterType, String)> {
    let read = |part: &str| {
        let (kind, expression) = part.split_once('=')?;
        Some((ParameterType::named(kind)?, expression.to_owned()))
    };
    text.split(';').filter_map(read).collect()
}

#[derive(Default)]
struct Slots {
    all: Vec<SlotDefinition>,
    by_name: HashMap<String, usize>,
}

impl Slots {
    /// The slot of that text, made when it is new. `None` when the text is no FHIRPath.
    fn get(&mut self, resource_type: ResourceType, table: Table, text: &str) -> Option<usize> {
        let name = format!("{resource_type} {} {text}", table.as_str());
        if let Some(slot) = self.by_name.get(&name) {
            return Some(*slot);
        }
        let expression = Expression::parse(text).ok()?;
        let slot = self.all.len();
        self.all.push(SlotDefinition { name: name.clone(), resource_type, table, expression });
        self.by_name.insert(name, slot);
        Some(slot)
    }
}

fn define(resource_type: ResourceType, lines: &[Line], slots: &mut Slots) -> TypeDefinition {
    let type_id = TypeId::of_resource(resource_type);
    let mut kind = TypeDefinition {
        type_id,
        parameters: Vec::new(),
        always: Vec::new(),
        by_member: HashMap::new(),
        patient_slots: Vec::new(),
        deciding_slot: None,
        single: HashSet::new(),
    };
    let mut bit = 0;
    for line in lines.iter().filter(|line| line.covers(type_id)) {
        let own = (!is_column(&line.code) && bit <= LAST_BIT).then_some(bit);
        bit += u8::from(own.is_some());
        add(&mut kind, line, resource_type, slots, own);
    }
    kind.parameters.sort_by(|one, other| one.code.cmp(&other.code));
    kind.patient_slots = patient_slots(&kind, resource_type);
    kind.deciding_slot = match kind.patient_slots.first().map(Vec::as_slice) {
        Some([slot]) if kind.single.contains(slot) => Some(*slot),
        _ => None,
    };
    kind
}

/// Adds a parameter to a type.
fn add(
    kind: &mut TypeDefinition,
    line: &Line,
    resource_type: ResourceType,
    slots: &mut Slots,
    bit: Option<u8>,
) {
    let mut sources = Vec::new();
    match line.kind {
        ParameterType::Special if line.code == "near" => {
            for text in ["Location.position.latitude", "Location.position.longitude"] {
                sources.extend(whole(kind, resource_type, slots, Table::Quantity, text));
            }
        }
        _ => {
            for branch in branches(&line.expression, resource_type) {
                if let Some(table) = line.kind.table().filter(|_| !is_column(&line.code)) {
                    sources.extend(sources_of(
                        kind,
                        line.targets.as_slice(),
                        &branch,
                        resource_type,
                        slots,
                        table,
                    ));
                }
            }
        }
    }
    let composites = composites(kind, line, resource_type, slots);
    let targets = declared_targets(&sources);
    let by_words = matches!(line.code.as_str(), "_text" | "_content");
    let searchable = is_column(&line.code) || by_words || !sources.is_empty() || !composites.is_empty();
    kind.parameters.push(Parameter {
        code: line.code.clone(),
        kind: line.kind,
        url: line.url.clone(),
        targets,
        searchable,
        sources,
        bit: bit.filter(|_| !by_words),
        composites,
    });
}

/// The source of one expression.
fn whole(
    kind: &mut TypeDefinition,
    resource_type: ResourceType,
    slots: &mut Slots,
    table: Table,
    text: &str,
) -> Vec<Source> {
    let branches = branches(text, resource_type);
    branches.iter().flat_map(|branch| sources_of(kind, &[], branch, resource_type, slots, table)).collect()
}

/// The sources of a branch, with their slots made and registered.
fn sources_of(
    kind: &mut TypeDefinition,
    declared: &[ResourceType],
    branch: &Branch,
    resource_type: ResourceType,
    slots: &mut Slots,
    table: Table,
) -> Vec<Source> {
    let outcome = branch.outcome();
    let is = |name: &str| matches!(outcome.types.as_slice(), [kind] if kind.name() == name);
    let text = &branch.text;
    let mut beside = |table: Table, text: &str| {
        let slot = slots.get(resource_type, table, text)?;
        register(kind, slot, &outcome);
        Some(slot)
    };
    let words = if table == Table::String && is("HumanName") {
        beside(Table::Words, &union(text, &["family", "given", "prefix", "suffix", "text"]))
    } else if table == Table::String && is("Address") {
        beside(
            Table::Words,
            &union(text, &["line", "city", "district", "state", "postalCode", "country", "text"]),
        )
    } else {
        None
    };
    let references = outcome.types.iter().any(|kind| kind.name() == "Reference");
    let identifiers = if table == Table::Reference && references {
        beside(Table::ReferenceIdentifier, &format!("{text}.identifier"))
    } else {
        None
    };
    let mut sources = Vec::new();
    for text in stored_texts(branch, table, &outcome) {
        if let Some(slot) = slots.get(resource_type, table, &text) {
            register(kind, slot, &outcome);
            if !outcome.many {
                kind.single.insert(slot);
            }
            sources.push(Source { words, identifiers, ..source(declared, branch, &outcome, slot) });
        }
    }
    sources
}

fn union(text: &str, parts: &[&str]) -> String {
    parts.iter().map(|part| format!("{text}.{part}")).collect::<Vec<_>>().join(" | ")
}

/// The places of a composite parameter.
fn composites(
    kind: &mut TypeDefinition,
    line: &Line,
    resource_type: ResourceType,
    slots: &mut Slots,
) -> Vec<Composite> {
    if line.components.is_empty() {
        return Vec::new();
    }
    let places = line.expression.split('|').map(str::trim);
    let own = places.filter(|place| place.split('.').next() == Some(resource_type.as_str()));
    let place = |place: &str| {
        let element =
            if place == resource_type.as_str() { None } else { Some(Expression::parse(place).ok()?) };
        let components = line.components.iter().map(|(declared, text)| {
            let absolute: Vec<String> = text
                .split('|')
                .map(|part| match part.trim().strip_prefix("%resource.") {
                    Some(rest) => format!("{resource_type}.{rest}"),
                    None => format!("{place}.{}", part.trim()),
                })
                .collect();
            let absolute = absolute.join(" | ");
            let outcomes: Vec<Outcome> =
                branches(&absolute, resource_type).iter().map(Branch::outcome).collect();
            let mut types = outcomes.iter().flat_map(|outcome| &outcome.types).peekable();
            let refers = types.peek().is_some() && types.all(|kind| kind.name() == "Reference");
            // R4 names the components of DocumentReference `relationship` the wrong way round.
            let component_kind = match declared {
                _ if refers => ParameterType::Reference,
                ParameterType::Reference => ParameterType::Token,
                other => *other,
            };
            // A value of several types is looked for as each of them: a concept has a system, a boolean has none.
            let absolute = match outcomes.as_slice() {
                [outcome] if component_kind == ParameterType::Token && outcome.types.len() > 1 => {
                    let tokens = outcome.types.iter().map(|kind| kind.name()).filter(|name| is_token(name));
                    tokens.map(|name| format!("{absolute}.ofType({name})")).collect::<Vec<_>>().join(" | ")
                }
                _ => absolute,
            };
            let sources = whole(kind, resource_type, slots, component_kind.table()?, &absolute);
            Some(Component { kind: component_kind, expression: Expression::parse(text).ok()?, sources })
        });
        Some(Composite { element, components: components.collect::<Option<_>>()? })
    };
    own.filter_map(place).collect()
}

/// Whether values of a type are tokens.
fn is_token(type_name: &str) -> bool {
    ["CodeableConcept", "Coding", "Identifier", "ContactPoint", "boolean", "code", "id"].contains(&type_name)
}

/// Parameters whose values are columns of the resource itself.
fn is_column(code: &str) -> bool {
    matches!(code, "_id" | "_lastUpdated")
}

/// The expressions of the slots that together hold what a branch gives.
fn stored_texts(branch: &Branch, table: Table, outcome: &Outcome) -> Vec<String> {
    let text = &branch.text;
    let is = |name: &str| matches!(outcome.types.as_slice(), [kind] if kind.name() == name);
    let parts = |rest: [&str; 3], own: &[&str]| {
        own.iter().map(|part| format!("{text}.{part}")).chain([union(text, &rest)]).collect()
    };
    match table {
        Table::String if is("HumanName") => parts(["text", "prefix", "suffix"], &["family", "given"]),
        Table::String if is("Address") => {
            parts(["text", "line", "district"], &["city", "state", "postalCode", "country"])
        }
        _ => vec![text.clone()],
    }
}

fn register(kind: &mut TypeDefinition, slot: usize, outcome: &Outcome) {
    let add = |slots: &mut Vec<usize>| {
        if !slots.contains(&slot) {
            slots.push(slot);
        }
    };
    match &outcome.members {
        None => add(&mut kind.always),
        Some(members) => {
            for member in members {
                add(kind.by_member.entry(member.clone()).or_default());
            }
        }
    }
}

fn source(declared: &[ResourceType], branch: &Branch, outcome: &Outcome, slot: usize) -> Source {
    let all = |name: &str| !outcome.types.is_empty() && outcome.types.iter().all(|kind| kind.name() == name);
    let tokens = if all("ContactPoint") {
        TokenShape::ContactPoint
    } else if path::system_is_implied(&outcome.types) {
        TokenShape::Implied
    } else {
        TokenShape::System
    };
    let element = &outcome.targets;
    let targets = match &branch.only {
        path::Only::Target(only) => vec![*only],
        _ if element.is_empty() => declared.to_vec(),
        _ if declared.is_empty() => element.clone(),
        _ => element.iter().copied().filter(|kind| declared.contains(kind)).collect(),
    };
    // Where R4 means any type it lists all but Parameters, which has no id to refer to.
    let targets = if targets.len() + 1 >= ResourceType::all().len() { Vec::new() } else { targets };
    let url = !outcome.types.is_empty() && path::system_is_implied(&outcome.types);
    let types = outcome.types.clone();
    Source { slot, only: branch.only.clone(), targets, tokens, url, types, words: None, identifiers: None }
}

fn declared_targets(sources: &[Source]) -> Vec<ResourceType> {
    if sources.iter().any(|source| source.targets.is_empty()) {
        return Vec::new();
    }
    let mut targets: Vec<ResourceType> =
        sources.iter().flat_map(|source| source.targets.iter().copied()).collect();
    targets.sort_unstable();
    targets.dedup();
    targets
}

/// R4's patient compartment leaves out types that are about one patient all the same: a `Task`, an implanted `Device`.
/// They are as private as the rest of the book, so there the parameter `patient` decides.
fn patient_slots(kind: &TypeDefinition, resource_type: ResourceType) -> Vec<Vec<usize>> {
    let mut codes = compartment::parameters(ResourceType::PATIENT, resource_type).to_vec();
    if codes.is_empty() {
        codes.push("patient");
    }
    codes.sort_by_key(|code| {
        ["patient", "subject", "beneficiary"].iter().position(|first| first == code).unwrap_or(9)
    });
    let slots = codes.iter().filter_map(|code| {
        let parameter = kind.parameter(code)?;
        Some(parameter.sources.iter().map(|source| source.slot).collect())
    });
    slots.collect()
}

#[cfg(test)]
#[path = "definitions_tests.rs"]
mod tests;
