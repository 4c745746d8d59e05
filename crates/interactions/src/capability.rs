//! `GET metadata`: what this server can do, made from the tables that it runs on
//! (<https://hl7.org/fhir/R4/capabilitystatement.html>).

use std::sync::{Arc, PoisonError, RwLock};

use fhir::ResourceType;
use search::{ParameterType, Registry};
use serde_json::{Value, json};

use crate::{Definitions, Service, TerminologyOperation};

/// When the statement last changed by hand. It follows the code, not the clock.
const DATE: &str = "2026-11-28";

/// The CapabilityStatement as JSON. It is made once for each set of search parameters and definitions.
pub fn capability_statement(service: &Service) -> Arc<str> {
    let (registry, definitions) = (service.store().registry(), service.packages());
    // What is kept is replaced as a whole, so a poisoned lock holds nothing by halves.
    let kept = service.capabilities().read().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((of, by, text)) = kept
        && Arc::ptr_eq(&of, &registry)
        && Arc::ptr_eq(&by, &definitions)
    {
        return text;
    }
    let text: Arc<str> =
        statement_of(service.base(), &registry, &definitions, service.has_sign_in()).to_string().into();
    let made = Some((registry, definitions, Arc::clone(&text)));
    *service.capabilities().write().unwrap_or_else(PoisonError::into_inner) = made;
    text
}

/// Where the statement is kept, with what it is made of.
pub(crate) type Capabilities = RwLock<Option<(Arc<Registry>, Arc<Definitions>, Arc<str>)>>;

/// The CapabilityStatement of a server under a base url, with these search parameters and definitions; `has_sign_in`: whether
/// it asks for access tokens.
pub fn statement_of(base: &str, registry: &Registry, definitions: &Definitions, has_sign_in: bool) -> Value {
    let resources: Vec<Value> =
        ResourceType::all().map(|kind| resource(registry, definitions, kind, has_sign_in)).collect();
    // What every type has, and what is no parameter of a type but works like one.
    let everywhere = |code: &str| {
        ResourceType::all()
            .all(|kind| registry.parameters(kind).iter().any(|known| known.code == code && known.searchable))
    };
    let of_all = registry.parameters(ResourceType::PATIENT).iter().filter(|known| everywhere(&known.code));
    let mut common: Vec<Value> = of_all
        .map(|known| json!({"name": known.code, "definition": known.url, "type": known.kind.as_str()}))
        .collect();
    let special =
        |(name, text): (&str, &str)| json!({"name": name, "type": "special", "documentation": text});
    common.extend(
        [
            ("_list", "ids of Lists whose members are searched"),
            ("_has", "reverse chains: _has:[type]:[reference]:[parameter]"),
            ("_filter", "R4 search_filter.html"),
            ("_type", "types to search, without a type in the path"),
        ]
        .map(special),
    );
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "publisher": "Healthbook",
        "kind": "instance",
        "software": {"name": "Healthbook", "version": env!("CARGO_PKG_VERSION")},
        "implementation": {"description": "Healthbook: an electronic health book", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json", "xml", "application/fhir+json", "application/fhir+xml"],
        "patchFormat": [crate::JSON_PATCH, "application/fhir+json", "application/fhir+xml"],
        "rest": [{
            "mode": "server",
            "documentation": "References are stored as they are sent; a reference to this server need not lead to \
                a resource that exists. Inside a transaction a urn:uuid or urn:oid reference and a conditional \
                reference must be resolved, else the transaction is refused. Absolute references to this server \
                are made relative.",
            "security": security(base),
            "resource": resources,
            "interaction": [
                {"code": "transaction"}, {"code": "batch"}, {"code": "search-system"}, {"code": "history-system"},
            ],
            "searchParam": common,
            "operation": [{"name": "reindex", "definition": "urn:healthbook:operation:reindex"}],
        }],
    })
}

/// Where tokens come from (SMART App Launch; the document of `.well-known/smart-configuration` says more).
fn security(base: &str) -> Value {
    let server = base.strip_suffix("/fhir").unwrap_or(base);
    let uri = |name: &str, path: &str| json!({"url": name, "valueUri": format!("{server}/auth/{path}")});
    json!({
        "extension": [{
            "url": "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris",
            "extension": [
                uri("authorize", "authorize"), uri("token", "token"), uri("introspect", "introspect"),
                uri("revoke", "revoke"), uri("register", "register"), uri("manage", "sessions"),
            ],
        }],
        "service": [{
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
                "code": "SMART-on-FHIR",
                "display": "SMART-on-FHIR",
            }],
            "text": "OAuth2 using SMART-on-FHIR profile (see http://docs.smarthealthit.org)",
        }],
        "description": "Access tokens of this server, as Bearer (RFC 6750) or DPoP (RFC 9449).",
    })
}

/// What `AuditEvent` means to those who are signed in.
const LOG: &str = "Entries of the log of accesses (docs/access-log.md): a citizen reads those of the own book, the officer of \
    a facility those of its staff, an auditor those of the patient or agent that is named. Parameters: patient, agent (an \
    Organization, or a Practitioner among them), date, action, outcome, _count; newest first. They are read and searched only.";

/// What `Provenance` means besides what is stored.
const ORIGIN: &str = "Besides what is stored, that of every version is made when it is asked for (docs/provenance.md): found by target \
    or patient, with agent, recorded, _count, the newest first, and by _revinclude=Provenance:target; it is read and searched \
    only. X-Provenance is understood with a create, and with an update by id.";

/// Takes out what writes.
fn never_written(resource: &mut Value) {
    let writes = ["create", "update", "patch", "delete"];
    if let Some(interactions) = resource["interaction"].as_array_mut() {
        interactions.retain(|it| !it["code"].as_str().is_some_and(|code| writes.contains(&code)));
    }
    for member in ["updateCreate", "conditionalCreate", "conditionalUpdate"] {
        resource[member] = json!(false);
    }
    resource["conditionalDelete"] = json!("not-supported");
}

fn resource(
    registry: &Registry,
    definitions: &Definitions,
    resource_type: ResourceType,
    has_sign_in: bool,
) -> Value {
    let searchable: Vec<_> =
        registry.parameters(resource_type).iter().filter(|parameter| parameter.searchable).collect();
    let parameters: Vec<Value> = searchable
        .iter()
        .map(|parameter| {
            json!({"name": parameter.code, "definition": parameter.url, "type": parameter.kind.as_str()})
        })
        .collect();
    let name = resource_type.as_str();
    let references = |owner: &str, code: &str| format!("{owner}:{code}");
    let includes: Vec<String> = searchable
        .iter()
        .filter(|parameter| parameter.kind == ParameterType::Reference)
        .map(|parameter| references(name, &parameter.code))
        .collect();
    let reverse: Vec<String> = ResourceType::all()
        .flat_map(|source| {
            let parameters = registry.parameters(source).iter();
            let of_this = parameters
                .filter(|parameter| parameter.searchable && parameter.kind == ParameterType::Reference)
                .filter(move |parameter| parameter.targets.contains(&resource_type));
            of_this.map(move |parameter| format!("{source}:{}", parameter.code)).collect::<Vec<_>>()
        })
        .collect();
    let mut value = json!({
        "type": name,
        "profile": format!("http://hl7.org/fhir/StructureDefinition/{name}"),
        "supportedProfile": definitions.validator().profiles_of(resource_type),
        "interaction": [
            {"code": "read"}, {"code": "vread"}, {"code": "update"}, {"code": "patch"}, {"code": "delete"},
            {"code": "history-instance"}, {"code": "history-type"}, {"code": "create"}, {"code": "search-type"},
        ],
        "versioning": "versioned-update",
        "readHistory": true,
        "updateCreate": true,
        "conditionalCreate": true,
        "conditionalRead": "full-support",
        "conditionalUpdate": true,
        "conditionalDelete": "single",
        "referencePolicy": ["literal", "logical", "local"],
        "searchInclude": includes,
        "searchRevInclude": reverse,
        "searchParam": parameters,
    });
    if name == crate::AUDIT_EVENT {
        value["documentation"] = json!(LOG);
        if has_sign_in {
            never_written(&mut value);
        }
    } else if name == crate::PROVENANCE {
        value["documentation"] = json!(ORIGIN);
    }
    // What R4 does not define.
    let own: &[(&str, &str)] = match name {
        "Patient" => &[
            ("summary", "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"),
            ("timeline", "urn:healthbook:operation:Patient-timeline"),
            ("registry-lookup", "urn:healthbook:operation:Patient-registry-lookup"),
            ("link", "urn:healthbook:operation:Patient-link"),
            ("unlink", "urn:healthbook:operation:Patient-unlink"),
        ],
        "Organization" => &[("check-up-due", "urn:healthbook:operation:Organization-check-up-due")],
        _ => &[],
    };
    let own = own.iter().map(|(name, definition)| json!({"name": name, "definition": definition}));
    let mut operations = match name {
        "Patient" => vec!["everything", "match"],
        "Observation" => vec!["lastn"],
        "CoverageEligibilityRequest" => vec!["submit"],
        _ => Vec::new(),
    };
    let about_codes = TerminologyOperation::ALL.iter().filter(|operation| operation.resource_type() == name);
    operations.extend(about_codes.map(|operation| operation.name()));
    if let Value::Object(members) = &mut value {
        let definition =
            |operation: &str| format!("http://hl7.org/fhir/OperationDefinition/{name}-{operation}");
        let named = |operation: &str| json!({"name": operation, "definition": definition(operation)});
        let validate = "http://hl7.org/fhir/OperationDefinition/Resource-validate";
        let validate = json!({"name": "validate", "definition": validate});
        let all = operations.into_iter().map(named).chain([validate]).chain(own);
        members.insert("operation".to_owned(), all.collect());
    }
    // Empty arrays may not stand in a resource.
    if let Value::Object(members) = &mut value {
        members.retain(|_, value| value.as_array().is_none_or(|items| !items.is_empty()));
    }
    value
}
