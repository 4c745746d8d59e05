//! The FHIR operations with their parameters: query parameters of the routes, and `OperationDefinition`s.

use serde_json::{Value, json};

/// An operation.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    /// Its name, without the `$`.
    pub name: &'static str,
    /// The type of resource that it is asked of; `Resource` for all, nothing for the whole server.
    pub resource_type: Option<&'static str>,
    /// Whether it is asked of a type.
    pub of_type: bool,
    /// Whether it is asked of one resource.
    pub of_instance: bool,
    /// What it does.
    pub description: &'static str,
    /// What goes in.
    pub parameters: &'static [Parameter],
    /// Type of what comes out.
    pub result: &'static str,
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its type in FHIR.
    pub kind: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether it may come several times.
    pub many: bool,
}

const fn one(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, kind, required: false, many: false }
}

const fn needed(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, kind, required: true, many: false }
}

const fn many(name: &'static str, kind: &'static str) -> Parameter {
    Parameter { name, kind, required: false, many: true }
}

/// All of them.
pub const OPERATIONS: &[Operation] = &[
    Operation {
        name: "reindex",
        resource_type: None,
        of_type: false,
        of_instance: false,
        description: "Puts the own SearchParameters of the database in force and indexes what is there by them.",
        parameters: &[],
        result: "Parameters",
    },
    Operation {
        name: "everything",
        resource_type: Some("Patient"),
        of_type: false,
        of_instance: true,
        description: "The Patient and everything of its book that the caller sees, in pages.",
        parameters: &[one("_count", "integer"), one("_since", "instant"), one("_type", "string")],
        result: "Bundle",
    },
    Operation {
        name: "summary",
        resource_type: Some("Patient"),
        of_type: true,
        of_instance: true,
        description: "The book at a glance, as a document: what is active, and of each measurement the latest.",
        parameters: &[one("identifier", "string"), one("profile", "canonical")],
        result: "Bundle",
    },
    Operation {
        name: "timeline",
        resource_type: Some("Patient"),
        of_type: false,
        of_instance: true,
        description: "The events of a life by life stage, newest first, in pages.",
        parameters: &[one("_count", "integer")],
        result: "Bundle",
    },
    Operation {
        name: "check-up-due",
        resource_type: Some("Organization"),
        of_type: false,
        of_instance: true,
        description: "Who of the people of a facility is due, done or overdue for the annual check-up of a year, in pages. For its staff.",
        parameters: &[
            one("people", "code"),
            one("year", "integer"),
            one("status", "code"),
            one("_count", "integer"),
        ],
        result: "Bundle",
    },
    Operation {
        name: "match",
        resource_type: Some("Patient"),
        of_type: true,
        of_instance: false,
        description: "Who of the book a description means: identities with score and grade, best first. A system without a person behind it gets one certain match or nothing.",
        parameters: &[
            Parameter { name: "resource", kind: "Resource", required: true, many: false },
            one("onlyCertainMatches", "boolean"),
            one("count", "integer"),
        ],
        result: "Bundle",
    },
    Operation {
        name: "registry-lookup",
        resource_type: Some("Patient"),
        of_type: true,
        of_instance: true,
        description: "Who a citizen number is, by the word of the population registry; the Patient is made or brought up to date.",
        parameters: &[one("identifier", "Identifier"), one("birthDate", "date")],
        result: "Patient",
    },
    Operation {
        name: "link",
        resource_type: Some("Patient"),
        of_type: false,
        of_instance: true,
        description: "The other Patient, without a verified number, is this person: it is replaced, and the books become one.",
        parameters: &[one("other", "Reference")],
        result: "Patient",
    },
    Operation {
        name: "unlink",
        resource_type: Some("Patient"),
        of_type: false,
        of_instance: true,
        description: "Takes such a link back: each entry is where it came from, and who read the mixed book is told.",
        parameters: &[one("other", "Reference")],
        result: "Patient",
    },
    Operation {
        name: "submit",
        resource_type: Some("CoverageEligibilityRequest"),
        of_type: true,
        of_instance: false,
        description: "Whether an insurance card holds, by the word of social insurance; Coverage is brought up to date.",
        parameters: &[needed("resource", "CoverageEligibilityRequest")],
        result: "CoverageEligibilityResponse",
    },
    Operation {
        name: "lastn",
        resource_type: Some("Observation"),
        of_type: true,
        of_instance: false,
        description: "The latest Observations of each code, of one patient or subject; other parameters are those of a search.",
        parameters: &[
            one("max", "positiveInt"),
            one("patient", "string"),
            one("subject", "string"),
            many("code", "string"),
            many("category", "string"),
        ],
        result: "Bundle",
    },
    Operation {
        name: "validate",
        resource_type: Some("Resource"),
        of_type: true,
        of_instance: true,
        description: "What is wrong with a resource, or could be better. Nothing is stored.",
        parameters: &[one("resource", "Resource"), one("mode", "code"), one("profile", "uri")],
        result: "OperationOutcome",
    },
    Operation {
        name: "lookup",
        resource_type: Some("CodeSystem"),
        of_type: true,
        of_instance: false,
        description: "What a code means.",
        parameters: &[
            one("code", "code"),
            one("system", "uri"),
            one("version", "string"),
            one("coding", "Coding"),
            one("date", "dateTime"),
            one("displayLanguage", "code"),
            many("property", "code"),
        ],
        result: "Parameters",
    },
    Operation {
        name: "validate-code",
        resource_type: Some("CodeSystem"),
        of_type: true,
        of_instance: true,
        description: "Whether a code system has a code.",
        parameters: &[
            one("url", "uri"),
            one("codeSystem", "CodeSystem"),
            one("date", "dateTime"),
            one("code", "code"),
            one("version", "string"),
            one("display", "string"),
            one("coding", "Coding"),
            one("codeableConcept", "CodeableConcept"),
            one("abstract", "boolean"),
            one("displayLanguage", "code"),
        ],
        result: "Parameters",
    },
    Operation {
        name: "subsumes",
        resource_type: Some("CodeSystem"),
        of_type: true,
        of_instance: true,
        description: "How two codes stand to each other.",
        parameters: &[
            one("codeA", "code"),
            one("codeB", "code"),
            one("system", "uri"),
            one("version", "string"),
            one("codingA", "Coding"),
            one("codingB", "Coding"),
        ],
        result: "Parameters",
    },
    Operation {
        name: "expand",
        resource_type: Some("ValueSet"),
        of_type: true,
        of_instance: true,
        description: "The codes of a value set, in pages, with their names.",
        parameters: &[
            one("url", "uri"),
            one("valueSet", "ValueSet"),
            one("valueSetVersion", "string"),
            one("filter", "string"),
            one("date", "dateTime"),
            one("offset", "integer"),
            one("count", "integer"),
            one("includeDesignations", "boolean"),
            many("designation", "string"),
            one("includeDefinition", "boolean"),
            one("activeOnly", "boolean"),
            one("excludeNested", "boolean"),
            one("excludeNotForUI", "boolean"),
            one("displayLanguage", "code"),
            many("property", "code"),
            many("exclude-system", "canonical"),
            many("system-version", "canonical"),
            many("check-system-version", "canonical"),
            many("force-system-version", "canonical"),
        ],
        result: "ValueSet",
    },
    Operation {
        name: "validate-code",
        resource_type: Some("ValueSet"),
        of_type: true,
        of_instance: true,
        description: "Whether a value set has a code.",
        parameters: &[
            one("url", "uri"),
            one("valueSet", "ValueSet"),
            one("valueSetVersion", "string"),
            one("date", "dateTime"),
            one("code", "code"),
            one("system", "uri"),
            one("systemVersion", "string"),
            one("display", "string"),
            one("coding", "Coding"),
            one("codeableConcept", "CodeableConcept"),
            one("abstract", "boolean"),
            one("displayLanguage", "code"),
        ],
        result: "Parameters",
    },
    Operation {
        name: "translate",
        resource_type: Some("ConceptMap"),
        of_type: true,
        of_instance: true,
        description: "A code in another code system.",
        parameters: &[
            one("url", "uri"),
            one("conceptMap", "ConceptMap"),
            one("conceptMapVersion", "string"),
            one("code", "code"),
            one("system", "uri"),
            one("version", "string"),
            one("source", "uri"),
            one("target", "uri"),
            one("targetsystem", "uri"),
            one("coding", "Coding"),
            one("codeableConcept", "CodeableConcept"),
            one("reverse", "boolean"),
        ],
        result: "Parameters",
    },
];

impl Operation {
    /// The operation of a path that ends with its name.
    pub fn of_path(path: &str) -> Option<&'static Self> {
        let (before, name) = path.rsplit_once("/$")?;
        let of = before.strip_prefix("/fhir").and_then(|rest| rest.split('/').nth(1));
        OPERATIONS.iter().find(|operation| {
            let fits = match (operation.resource_type, of) {
                (None, None) => true,
                (Some(known), Some(asked)) => asked == known || asked == "{type}",
                _ => false,
            };
            operation.name == name && fits
        })
    }

    /// `id` of its `OperationDefinition`.
    pub fn id(&self) -> String {
        match self.resource_type {
            Some(kind) => format!("{kind}-{}", self.name),
            None => self.name.to_owned(),
        }
    }

    /// Whether it changes something.
    fn changes(&self) -> bool {
        matches!(self.name, "reindex" | "registry-lookup" | "link" | "unlink")
    }

    /// The definition that it follows, where there is one.
    fn base(&self) -> Option<String> {
        match self.name {
            "reindex" | "registry-lookup" | "link" | "unlink" | "timeline" | "check-up-due" => None,
            "summary" => Some("http://hl7.org/fhir/uv/ips/OperationDefinition/summary".to_owned()),
            _ => Some(format!("http://hl7.org/fhir/OperationDefinition/{}", self.id())),
        }
    }

    /// Its `OperationDefinition`.
    pub fn definition(&self) -> Value {
        let input = self.parameters.iter().map(|it| {
            json!({
                "name": it.name, "use": "in", "min": u8::from(it.required), "max": if it.many { "*" } else { "1" },
                "type": it.kind,
            })
        });
        let output = json!({"name": "return", "use": "out", "min": 1, "max": "1", "type": self.result});
        let mut definition = json!({
            "resourceType": "OperationDefinition",
            "id": self.id(),
            "url": format!("urn:healthbook:operation:{}", self.id()),
            "name": self.name.split('-').map(capital).collect::<String>(),
            "status": "active",
            "kind": "operation",
            "description": self.description,
            "affectsState": self.changes(),
            "code": self.name,
        });
        if let Some(members) = definition.as_object_mut() {
            if let Some(kind) = self.resource_type {
                if let Some(base) = self.base() {
                    members.insert("base".to_owned(), base.into());
                }
                members.insert("resource".to_owned(), json!([kind]));
            }
            members.insert("system".to_owned(), self.resource_type.is_none().into());
            members.insert("type".to_owned(), self.of_type.into());
            members.insert("instance".to_owned(), self.of_instance.into());
            members.insert("parameter".to_owned(), input.chain([output]).collect());
        }
        definition
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn each_route_of_an_operation_has_one_and_each_operation_a_route() {
        for route in routes().filter(|route| route.path.contains("/$")) {
            let operation = Operation::of_path(route.path).unwrap_or_else(|| panic!("{}", route.path));
            let of_instance = route.path.contains("{id}/$");
            assert!(if of_instance {
                operation.of_instance
            } else {
                operation.of_type || operation.resource_type.is_none()
            });
        }
        for operation in OPERATIONS {
            let found = routes()
                .filter_map(|route| Operation::of_path(route.path))
                .any(|it| it.id() == operation.id());
            assert!(found, "{}", operation.id());
        }
    }
}
