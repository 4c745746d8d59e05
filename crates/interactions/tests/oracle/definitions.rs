//! The search parameters of R4, read here anew from the table: the oracle shares no reading with the product.

use std::sync::LazyLock;

use fhir::{ResourceType, TypeId};
use fhirpath::Expression;

pub const TABLE: &str = include_str!("../../../fhir/definitions/r4-search-parameters.tsv");

/// The types that the resources of a set have.
pub const TYPES: [&str; 15] = [
    "Patient",
    "Practitioner",
    "Organization",
    "Location",
    "Encounter",
    "Observation",
    "Condition",
    "RiskAssessment",
    "MedicationRequest",
    "DocumentReference",
    "Group",
    "ValueSet",
    "ChargeItem",
    "Appointment",
    "List",
];

/// How values of a parameter are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    Number,
    Date,
    String,
    Token,
    Reference,
    Composite,
    Quantity,
    Uri,
    Special,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "number" => Self::Number,
            "date" => Self::Date,
            "string" => Self::String,
            "token" => Self::Token,
            "reference" => Self::Reference,
            "composite" => Self::Composite,
            "quantity" => Self::Quantity,
            "uri" => Self::Uri,
            _ => Self::Special,
        }
    }
}

/// A component of a composite parameter.
pub struct Component {
    pub expression: Expression,
    pub kind: Kind,
}

/// One line of the table.
pub struct Parameter {
    pub code: &'static str,
    pub kind: Kind,
    pub text: &'static str,
    pub expression: Option<Expression>,
    bases: Vec<&'static str>,
    pub targets: Vec<&'static str>,
    pub components: Vec<Component>,
}

impl Parameter {
    fn covers(&self, resource_type: &str) -> bool {
        self.bases.iter().any(|base| matches!(*base, "Resource" | "DomainResource") || *base == resource_type)
    }
}

static PARAMETERS: LazyLock<Vec<Parameter>> = LazyLock::new(|| {
    let lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .filter_map(|line| {
            let fields: Vec<&'static str> = line.split('\t').collect();
            let [code, kind, bases, text, targets, ..] = fields.as_slice() else { return None };
            Some(Parameter {
                code,
                kind: Kind::named(kind),
                text,
                expression: (!text.is_empty()).then(|| Expression::parse(text).expect("a search expression")),
                bases: bases.split(',').collect(),
                targets: targets.split(',').filter(|name| !name.is_empty()).collect(),
                components: components(code),
            })
        })
        .collect()
});

/// The components of R4's composites of our types (SearchParameter.component); not in the table.
fn components(code: &str) -> Vec<Component> {
    let concept = "value.as(CodeableConcept)";
    let parts: &[(&str, Kind)] = match code {
        "characteristic-value" => {
            &[("code", Kind::Token), ("value.as(CodeableConcept) | value.as(boolean)", Kind::Token)]
        }
        "code-value-concept" | "combo-code-value-concept" | "component-code-value-concept" => {
            &[("code", Kind::Token), (concept, Kind::Token)]
        }
        "code-value-date" => &[("code", Kind::Token), ("value.as(dateTime) | value.as(Period)", Kind::Date)],
        "code-value-quantity" | "combo-code-value-quantity" | "component-code-value-quantity" => {
            &[("code", Kind::Token), ("value.as(Quantity)", Kind::Quantity)]
        }
        "code-value-string" => &[("code", Kind::Token), ("value.as(string)", Kind::String)],
        "relationship" => &[("code", Kind::Token), ("target", Kind::Reference)],
        "context-type-quantity" => {
            &[("code", Kind::Token), ("value.as(Quantity) | value.as(Range)", Kind::Quantity)]
        }
        "context-type-value" => &[("code", Kind::Token), (concept, Kind::Token)],
        _ => &[],
    };
    let component = |(text, kind): &(&str, Kind)| Component {
        expression: Expression::parse(text).expect("a component's expression"),
        kind: *kind,
    };
    parts.iter().map(component).collect()
}

/// Every parameter of a type, in the order of the table.
pub fn parameters(resource_type: &str) -> impl Iterator<Item = &'static Parameter> {
    PARAMETERS.iter().filter(move |parameter| parameter.covers(resource_type))
}

/// The parameter of that name.
pub fn parameter(resource_type: &str, code: &str) -> Option<&'static Parameter> {
    parameters(resource_type).find(|parameter| parameter.code == code)
}

/// Whether a name is one of R4's resource types.
pub fn is_resource_type(name: &str) -> bool {
    name.parse::<ResourceType>().is_ok()
}

/// The elements that search parameters of a type look at, as dotted paths without casts and filters:
/// `Observation.component.value`.
pub fn searched_paths(resource_type: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for parameter in parameters(resource_type) {
        for branch in parameter.text.split('|') {
            let path = plain_path(branch);
            if path.starts_with(&format!("{resource_type}.")) && !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    paths
}

fn plain_path(branch: &str) -> String {
    let mut path = branch.trim().trim_start_matches('(').to_owned();
    for stop in [".as(", ".where(", ".exists(", " as ", "[", " and "] {
        // What follows a cast or filter (`.resource` of `where(...)`) does not occur in our types.
        if let Some(at) = path.find(stop) {
            path.truncate(at);
        }
    }
    path.trim_end_matches(')').to_owned()
}

/// The type id of a resource type's name.
pub fn type_id(name: &str) -> TypeId {
    TypeId::named(name).expect("a type of R4")
}
