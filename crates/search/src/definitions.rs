//! All search parameters and slots, worked out once from the tables of R4.
//!
//! A slot is named by resource type, index table and expression: `Patient token Patient.identifier`. The names
//! stand in databases, so a name must always mean the same values. To store nothing twice,
//! * equal expressions of several parameters are one slot;
//! * a narrowed expression (`X.where(resolve() is Patient)`) uses the slot of `X` ([`Only`]);
//! * a HumanName or an Address is not stored as a whole beside its parts: `name` looks into the slots of
//!   `family`, of `given`, and of the other parts.

use std::collections::HashMap;
use std::sync::LazyLock;

use fhir::{ResourceType, TypeId};
use fhirpath::Expression;

use crate::compartment;
use crate::parameter::{Parameter, ParameterType, Source, Table, TokenShape};
use crate::path::{self, Branch, Outcome, branches};

const TABLE: &str = include_str!("../../fhir/definitions/r4-search-parameters.tsv");

/// Types of which a book holds most. Their slots come first and get the small numbers, which take one byte
/// instead of two in every row.
const COMMON: [&str; 6] =
    ["Observation", "Encounter", "MedicationRequest", "Procedure", "DiagnosticReport", "Condition"];

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
}

impl TypeDefinition {
    pub fn parameter(&self, code: &str) -> Option<&Parameter> {
        let at = self.parameters.binary_search_by(|parameter| parameter.code.cmp(code)).ok()?;
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
    pub fn of(&self, resource_type: ResourceType) -> &TypeDefinition {
        // There is one for each of the types, in their order.
        &self.types[usize::from(resource_type.index())]
    }
}

/// The definitions of R4.
pub(crate) static R4: LazyLock<Definitions> = LazyLock::new(|| {
    let lines: Vec<Line> = TABLE.lines().filter_map(Line::read).collect();
    let mut slots = Slots::default();
    let mut order: Vec<ResourceType> = COMMON.iter().filter_map(|name| name.parse().ok()).collect();
    let rest: Vec<ResourceType> = ResourceType::all().filter(|kind| !order.contains(kind)).collect();
    order.extend(rest);
    let mut types: Vec<(u16, TypeDefinition)> =
        order.into_iter().map(|kind| (kind.index(), define(kind, &lines, &mut slots))).collect();
    types.sort_by_key(|(number, _)| *number);
    Definitions { slots: slots.all, types: types.into_iter().map(|(_, kind)| kind).collect() }
});

struct Line {
    code: &'static str,
    kind: ParameterType,
    bases: Vec<TypeId>,
    expression: &'static str,
    targets: Vec<ResourceType>,
    url: &'static str,
}

impl Line {
    fn read(line: &'static str) -> Option<Self> {
        let mut fields = line.split('\t');
        Some(Self {
            code: fields.next().filter(|code| !code.starts_with('#'))?,
            kind: ParameterType::named(fields.next()?)?,
            bases: fields.next()?.split(',').filter_map(TypeId::named).collect(),
            expression: fields.next()?,
            targets: fields.next()?.split(',').filter_map(|name| name.parse().ok()).collect(),
            url: fields.next()?,
        })
    }

    fn covers(&self, type_id: TypeId) -> bool {
        self.bases.iter().any(|base| type_id.is_a(*base))
    }
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
    };
    let mut single: HashMap<usize, bool> = HashMap::new();
    for line in lines.iter().filter(|line| line.covers(type_id)) {
        let mut sources = Vec::new();
        for branch in branches(line.expression, resource_type) {
            let Some(table) = line.kind.table().filter(|_| !is_column(line.code)) else {
                continue;
            };
            let outcome = branch.outcome();
            for text in stored_texts(&branch, table, &outcome) {
                let Some(slot) = slots.get(resource_type, table, &text) else {
                    continue;
                };
                register(&mut kind, slot, &outcome);
                single.insert(slot, !outcome.many);
                sources.push(source(line, &branch, &outcome, slot));
            }
        }
        let targets = declared_targets(&sources);
        let searchable = is_column(line.code) || !sources.is_empty();
        kind.parameters.push(Parameter {
            code: line.code,
            kind: line.kind,
            url: line.url,
            targets,
            searchable,
            sources,
        });
    }
    kind.parameters.sort_by_key(|parameter| parameter.code);
    kind.patient_slots = patient_slots(&kind, resource_type);
    kind.deciding_slot = match kind.patient_slots.first().map(Vec::as_slice) {
        Some([slot]) if single.get(slot) == Some(&true) => Some(*slot),
        _ => None,
    };
    kind
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
        let rest = rest.map(|part| format!("{text}.{part}")).join(" | ");
        own.iter().map(|part| format!("{text}.{part}")).chain([rest]).collect()
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

fn source(line: &Line, branch: &Branch, outcome: &Outcome, slot: usize) -> Source {
    let all = |name: &str| !outcome.types.is_empty() && outcome.types.iter().all(|kind| kind.name() == name);
    let tokens = if all("ContactPoint") {
        TokenShape::ContactPoint
    } else if path::system_is_implied(&outcome.types) {
        TokenShape::Implied
    } else {
        TokenShape::System
    };
    let (declared, element) = (&line.targets, &outcome.targets);
    let targets = match &branch.only {
        path::Only::Target(only) => vec![*only],
        _ if element.is_empty() => declared.clone(),
        _ if declared.is_empty() => element.clone(),
        _ => element.iter().copied().filter(|kind| declared.contains(kind)).collect(),
    };
    let targets = if targets.len() == ResourceType::all().len() { Vec::new() } else { targets };
    let url = !outcome.types.is_empty() && path::system_is_implied(&outcome.types);
    Source { slot, only: branch.only.clone(), targets, tokens, url }
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

fn patient_slots(kind: &TypeDefinition, resource_type: ResourceType) -> Vec<Vec<usize>> {
    let mut codes = compartment::parameters(ResourceType::PATIENT, resource_type).to_vec();
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
