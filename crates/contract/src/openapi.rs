//! The OpenAPI document: the table of routes, with the search parameters that the CapabilityStatement tells.

use serde_json::{Map, Value, json};

use crate::components::{
    CONTEXTS, all_schemas, body, definitions, refusal, refusal_name, response, security_schemes,
};
use crate::operations::Operation;
use crate::route::{Caller, Method, Refusal, Route};
use crate::{BOOK_TYPES, ContractError, VERSION, routes, values};

/// Paths that stand there for each type of the health book, with its own parameters and schema.
const CONCRETE: [&str; 3] = ["/fhir/{type}", "/fhir/{type}/_search", "/fhir/{type}/{id}"];

/// The document for a server that says this about itself.
pub fn openapi(statement: &Value) -> Result<Value, ContractError> {
    let definitions = definitions()?;
    let part = |name: &str| {
        definitions.get(name).and_then(Value::as_object).cloned().ok_or(ContractError::Definitions)
    };
    let mut builder = Builder {
        types: statement.pointer("/rest/0/resource").and_then(Value::as_array).cloned().unwrap_or_default(),
        bodies: part("requestBodies")?,
        responses: part("responses")?,
        made: Made { parameters: part("parameters")?, ..Made::default() },
    };
    let mut paths: Map<String, Value> = Map::new();
    for route in routes() {
        if CONCRETE.contains(&route.path) {
            for kind in BOOK_TYPES {
                builder.add(&mut paths, route, Some(kind));
            }
        }
        builder.add(&mut paths, route, None);
    }
    paths.sort_keys();
    let Made { mut parameters, mut bodies, mut responses } = builder.made;
    for part in [&mut parameters, &mut bodies, &mut responses] {
        part.sort_keys();
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Healthbook",
            "version": VERSION,
            "summary": "An electronic health book: one lifelong book per citizen, with a FHIR R4 API.",
            "description": "Errors are OperationOutcomes with a code of the catalogue (/docs/errors), in Vietnamese (details.text) and English (diagnostics). \
                Types of the health book have paths of their own; every other type of R4 is {type}, its search parameters are in x-search-parameters. \
                Search parameters take the modifiers, prefixes, chains and _has of R4 search.html (docs/search.md). \
                Pages of other origins may ask FHIR and the endpoints of programs (OPTIONS is answered there), never with cookies.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "externalDocs": {"url": "/docs", "description": "Guides and the catalogue of errors"},
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": security_schemes(),
            "parameters": parameters,
            "headers": part("headers")?,
            "requestBodies": bodies,
            "responses": responses,
            "schemas": all_schemas(&part("schemas")?),
        },
    }))
}

fn tags() -> Vec<Value> {
    let mut names: Vec<&str> = Vec::new();
    for route in routes().filter(|route| !names.contains(&route.group)).collect::<Vec<_>>() {
        if !names.contains(&route.group) {
            names.push(route.group);
        }
    }
    names.into_iter().map(|name| json!({"name": name})).collect()
}

/// The shared parts that are used.
#[derive(Default)]
struct Made {
    parameters: Map<String, Value>,
    bodies: Map<String, Value>,
    responses: Map<String, Value>,
}

struct Builder {
    types: Vec<Value>,
    bodies: Map<String, Value>,
    responses: Map<String, Value>,
    made: Made,
}

impl Builder {
    fn add(&mut self, paths: &mut Map<String, Value>, route: &Route, kind: Option<&str>) {
        let path = match kind {
            Some(kind) => route.path.replace("{type}", kind),
            None => route.path.to_owned(),
        };
        for method in route.methods() {
            let operation = self.operation(route, method, kind);
            let item = paths.entry(path.clone()).or_insert_with(|| json!({}));
            if let Some(item) = item.as_object_mut() {
                item.insert(method.as_str().to_ascii_lowercase(), operation);
            }
        }
    }

    fn operation(&mut self, route: &Route, method: Method, kind: Option<&str>) -> Value {
        let mut id = format!("{}{}", route.id, kind.unwrap_or_default());
        if method == Method::Head {
            id.push_str("Head");
        }
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), id.into());
        operation.insert("tags".to_owned(), json!([route.group]));
        operation.insert("summary".to_owned(), route.summary.into());
        if route.deprecation.is_some() {
            operation.insert("deprecated".to_owned(), true.into());
        }
        let parameters = self.parameters(route, kind);
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), parameters.into());
        }
        if let Some(name) = route.body {
            operation.insert("requestBody".to_owned(), self.body(name, kind));
        }
        operation.insert("security".to_owned(), security(route.caller));
        operation.insert("responses".to_owned(), self.responses(route, kind).into());
        // Of the types of `_type`, or of the one that follows the compartment.
        let over_types =
            route.path.starts_with("/fhir/{type}/{id}/{member}") || route.id.starts_with("searchSystem");
        if route.path == "/fhir/{type}" && kind.is_none() && method == Method::Get {
            operation.insert("x-search-parameters".to_owned(), self.other_types().into());
        } else if over_types || (kind.is_none() && takes_criteria(route)) {
            let told = json!({"$ref": "#/paths/~1fhir~1{type}/get/x-search-parameters"});
            operation.insert("x-search-parameters".to_owned(), told);
        }
        operation.into()
    }

    fn parameters(&mut self, route: &Route, kind: Option<&str>) -> Vec<Value> {
        let variables = route.variables().filter(|name| kind.is_none() || *name != "type");
        let mut names: Vec<String> =
            variables.chain(route.parameters.iter().copied()).map(str::to_owned).collect();
        let operation = Operation::of_path(route.path);
        if let Some(operation) = operation
            // What needs no body takes its parameters in the query as well; the body of $validate may be the resource.
            && (route.method == Method::Get
                || route.body == Some("Parameters")
                || route.path.ends_with("$validate"))
        {
            for parameter in operation.parameters.iter().filter(|it| is_simple(it.kind)) {
                let name = format!("operation.{}.{}", parameter.name, parameter.kind);
                let one = values::of_operation(parameter.kind);
                let schema = if parameter.many { json!({"type": "array", "items": one}) } else { one };
                let described = json!({"name": parameter.name, "in": "query", "schema": schema});
                self.made.parameters.insert(name.clone(), described);
                names.push(name);
            }
        }
        // The latest of what a search finds.
        let kind = if route.path == "/fhir/Observation/$lastn" { Some("Observation") } else { kind };
        if (takes_criteria(route) || (route.head && route.path.ends_with("/$lastn")))
            && let Some(kind) = kind
        {
            let own: Vec<&str> =
                operation.map_or(&[][..], |it| it.parameters).iter().map(|it| it.name).collect();
            let more = self.search_parameters(kind).into_iter();
            names.extend(
                more.filter(|name| !own.iter().any(|own| name.starts_with(&format!("search.{own}.")))),
            );
        }
        // What every type has can be asked of several.
        if route.id.starts_with("searchSystem") {
            let of_one = self.search_parameters("Patient").into_iter();
            names.extend(of_one.filter(|name| name.starts_with("search._")));
        }
        // Pages and refusals speak the language that the caller asks for.
        if matches!(route.refused_as, Refusal::Page | Refusal::Outcome)
            && !names.iter().any(|name| name == "Accept-Language")
        {
            names.push("Accept-Language".to_owned());
        }
        if names.iter().any(|name| name == "_format") {
            names.push("_pretty".to_owned());
        }
        // The number of a request may be the caller's, wherever it is sent.
        names.push("X-Request-Id".to_owned());
        if matches!(route.caller, Caller::Token { .. } | Caller::OpenId)
            && !names.iter().any(|name| name == "DPoP")
        {
            names.push("DPoP".to_owned());
        }
        names.dedup();
        names.iter().map(|name| json!({"$ref": format!("#/components/parameters/{name}")})).collect()
    }

    /// Names of the shared parameters that are the search parameters of a type.
    fn search_parameters(&mut self, kind: &str) -> Vec<String> {
        let mut names = Vec::new();
        for parameter in searches(&self.types, kind) {
            let (Some(code), Some(of)) = (parameter["name"].as_str(), parameter["type"].as_str()) else {
                continue;
            };
            let name = format!("search.{code}.{of}");
            self.made.parameters.entry(name.clone()).or_insert_with(|| {
                json!({
                    "name": code, "in": "query", "description": format!("Search parameter of type {of}; may come several times."),
                    "schema": values::of_search(of),
                })
            });
            names.push(name);
        }
        names
    }

    /// The search parameters of the types that have no path of their own.
    fn other_types(&self) -> Map<String, Value> {
        let names = self.types.iter().filter_map(|it| it["type"].as_str());
        let others = names.filter(|name| !BOOK_TYPES.contains(name));
        others
            .map(|name| {
                let codes: Vec<Value> = searches(&self.types, name).map(|it| it["name"].clone()).collect();
                (name.to_owned(), codes.into())
            })
            .collect()
    }

    fn body(&mut self, name: &str, kind: Option<&str>) -> Value {
        let of_kind = (name == "Resource").then_some(kind).flatten();
        let key = of_kind.unwrap_or(name).to_owned();
        let short = self.bodies.get(name).cloned().unwrap_or_default();
        self.made.bodies.entry(key.clone()).or_insert_with(|| body(&short, of_kind));
        json!({"$ref": format!("#/components/requestBodies/{key}")})
    }

    fn responses(&mut self, route: &Route, kind: Option<&str>) -> Map<String, Value> {
        let mut responses = Map::new();
        for (status, name) in route.answers {
            let short = self.responses.get(*name).cloned().unwrap_or_default();
            let of_kind = kind.filter(|_| short["fhir"] == "AnyResource");
            let mut key = of_kind.map_or_else(|| (*name).to_owned(), |kind| format!("{name}.{kind}"));
            let mut made = response(&short, of_kind);
            if let Some(headers) = made["headers"].as_object_mut()
                && route.deprecation.is_some()
            {
                key.push_str(".deprecated");
                for name in ["Deprecation", "Sunset"] {
                    headers.insert(name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
                }
            }
            if let (201, Some(kind), Some(members)) = (*status, kind, made.as_object_mut()) {
                members.insert("links".to_owned(), links(kind).into());
            }
            self.made.responses.insert(key.clone(), made);
            responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{key}")}));
        }
        for status in route.refusals {
            let key = refusal_name(route.refused_as, *status);
            self.made.responses.entry(key.clone()).or_insert_with(|| refusal(route.refused_as, *status));
            responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{key}")}));
        }
        responses
    }
}

/// What can be done with a resource that was created.
fn links(kind: &str) -> Map<String, Value> {
    let made = |operation: &str| json!({"operationId": format!("{operation}{kind}"), "parameters": {"path.id": "$response.body#/id"}});
    ["read", "update", "patch", "delete"]
        .map(|operation| (operation.to_owned(), made(operation)))
        .into_iter()
        .collect()
}

/// Criteria stand in the address of a search, and of what is done to what they match.
fn takes_criteria(route: &Route) -> bool {
    route.path == "/fhir/{type}" && (route.head || route.method != Method::Post)
        || route.path == "/fhir/{type}/_search"
}

fn is_simple(kind: &str) -> bool {
    kind.starts_with(|first: char| first.is_ascii_lowercase())
}

fn searches<'s>(types: &'s [Value], kind: &str) -> impl Iterator<Item = &'s Value> {
    let found = types.iter().find(|it| it["type"] == kind);
    found.and_then(|it| it["searchParam"].as_array()).into_iter().flatten()
}

/// Who may ask: any of these.
fn security(caller: Caller) -> Value {
    match caller {
        Caller::Everybody => json!([]),
        Caller::Client => json!([{"clientSecret": []}, {}]),
        Caller::Session => json!([{"session": []}]),
        Caller::OpenId => json!([{"openIdConnect": ["openid"]}, {"bearer": []}, {"dpop": []}]),
        Caller::Token { scopes } => {
            let of_letter = |letter: char| {
                CONTEXTS.iter().map(move |context| json!({"oauth2": [format!("{context}/*.{letter}")]}))
            };
            let mut any: Vec<Value> = scopes.chars().flat_map(of_letter).collect();
            if any.is_empty() {
                any.push(json!({"oauth2": []}));
            }
            any.extend([json!({"bearer": []}), json!({"dpop": []})]);
            any.into()
        }
    }
}
