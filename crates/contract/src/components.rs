//! The shared parts of the OpenAPI document: headers, parameters, bodies, answers, refusals, security schemes.

use fhir::{CATALOGUE, remedy};
use serde_json::{Map, Value, json};

use crate::ContractError;
use crate::route::Refusal;
use crate::schema::{reference, schemas};

const TEXT: &str = include_str!("../definitions/components.json");

/// What every answer has.
const EVERYWHERE: [&str; 4] =
    ["X-Request-Id", "Cache-Control", "Content-Security-Policy", "X-Content-Type-Options"];

/// Media types that a body may be sent as besides those of FHIR.
const OTHER_NAMES: [(&str, &[&str]); 2] = [
    ("application/fhir+json", &["application/json", "application/json+fhir"]),
    ("application/fhir+xml", &["application/xml", "text/xml", "application/xml+fhir"]),
];

/// What the statuses of refusals mean.
const STATUS_TEXTS: [(u16, &str); 21] = [
    (400, "The request cannot be understood."),
    (401, "No token, or one that does not hold."),
    (403, "The caller may not do this."),
    (404, "It does not exist, or not for this caller."),
    (405, "The method is not allowed here."),
    (406, "The answer cannot be written as it is asked for."),
    (408, "The body did not arrive in time."),
    (409, "It conflicts with what is there."),
    (410, "It was deleted, or is over."),
    (412, "A condition does not hold."),
    (413, "The body is too large."),
    (415, "The body is of another media type than it may be."),
    (422, "It is understood and breaks a rule."),
    (428, "A condition is needed."),
    (429, "Too many tries."),
    (500, "The server failed."),
    (501, "It is not implemented."),
    (502, "Another server failed."),
    (503, "The server is busy, or stops."),
    (504, "The time limit passed."),
    (507, "There is no room."),
];

/// The parts as they are written by hand.
pub(crate) fn definitions() -> Result<Map<String, Value>, ContractError> {
    match serde_json::from_str(TEXT) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(ContractError::Definitions),
    }
}

/// The name of the response for a refusal.
pub(crate) fn refusal_name(refused_as: Refusal, status: u16) -> String {
    let kind = match refused_as {
        Refusal::Outcome => "Refusal",
        Refusal::OAuth => "OAuth",
        Refusal::Page => "Page",
        Refusal::Text => "Text",
    };
    format!("{kind}{status}")
}

/// A response for a refusal.
pub(crate) fn refusal(refused_as: Refusal, status: u16) -> Value {
    let description =
        STATUS_TEXTS.iter().find(|(known, _)| *known == status).map_or("It is refused.", |(_, text)| *text);
    let mut headers: Vec<&str> = EVERYWHERE.to_vec();
    match status {
        401 => headers.push("WWW-Authenticate"),
        403 if refused_as != Refusal::Page => headers.push("WWW-Authenticate"),
        405 => headers.push("Allow"),
        409 => headers.extend(["ETag", "Retry-After"]),
        410 | 412 | 428 => headers.push("ETag"),
        415 => headers.push("Accept-Patch"),
        429 => headers.extend(["Retry-After", "RateLimit"]),
        503 => headers.push("Retry-After"),
        _ => {}
    }
    let content = match refused_as {
        Refusal::Outcome => {
            headers.extend(["Access-Control-Allow-Origin", "Access-Control-Expose-Headers"]);
            fhir_content("OperationOutcome")
        }
        Refusal::OAuth => {
            headers.extend(["Pragma", "Access-Control-Allow-Origin"]);
            json!({"application/json": {"schema": reference("OAuthError")}})
        }
        Refusal::Page => {
            headers.extend(["Set-Cookie", "Referrer-Policy", "X-Frame-Options"]);
            json!({"text/html": {"schema": {"type": "string"}}, "text/plain": {"schema": {"type": "string"}}, "application/json": {"schema": reference("OAuthError")}})
        }
        Refusal::Text => json!({"text/plain": {"schema": {"type": "string"}}}),
    };
    let mut response =
        json!({"description": description, "headers": header_references(&headers), "content": content});
    if refused_as == Refusal::Outcome
        && let Some(members) = response.as_object_mut()
    {
        members.insert("x-fault-codes".to_owned(), fault_codes(status).into());
    }
    response
}

/// The codes of the catalogue that are answered with a status.
pub(crate) fn fault_codes(status: u16) -> Vec<&'static str> {
    let is_of = |code: &&str| remedy(code).is_some_and(|it| it.statuses.contains(&status));
    CATALOGUE.iter().map(|entry| entry.code).filter(is_of).collect()
}

fn fhir_content(schema: &str) -> Value {
    json!({
        "application/fhir+json": {"schema": reference(schema)},
        "application/fhir+xml": {"schema": {"type": "string"}},
    })
}

fn header_references(names: &[&str]) -> Map<String, Value> {
    let reference = |name: &&str| json!({"$ref": format!("#/components/headers/{name}")});
    names.iter().map(|name| ((*name).to_owned(), reference(name))).collect()
}

/// The content of a body or answer from its short form: media types with names of schemas; `fhir` is both forms of FHIR.
fn content(short: &Map<String, Value>, resource: Option<&str>) -> Map<String, Value> {
    let mut content = Map::new();
    for (media, name) in short {
        let Some(name) = name.as_str() else { continue };
        match (media.as_str(), resource) {
            ("description", _) => {}
            // What opens and closes books takes JSON under each of its names.
            ("act", _) => {
                for media in ["application/json", "application/fhir+json", "application/json+fhir"] {
                    content.insert(media.to_owned(), json!({"schema": reference(name)}));
                }
            }
            ("fhir", Some(resource)) if name == "AnyResource" => extend(&mut content, fhir_content(resource)),
            ("fhir", _) => extend(&mut content, fhir_content(name)),
            (_, _) if name.is_empty() => {
                content.insert(media.clone(), json!({"schema": {"type": "string"}}));
            }
            ("or-outcome", _) => {}
            _ => {
                content.insert(media.clone(), json!({"schema": reference(name)}));
            }
        }
    }
    content
}

fn extend(content: &mut Map<String, Value>, more: Value) {
    if let Value::Object(more) = more {
        content.extend(more);
    }
}

/// A response from its short form; of one type of resource where one is named.
pub(crate) fn response(short: &Value, resource: Option<&str>) -> Value {
    let empty = Map::new();
    let short = short.as_object().unwrap_or(&empty);
    let own = short.get("headers").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut headers: Vec<&str> = EVERYWHERE.iter().copied().chain(own).collect();
    if short.contains_key("fhir") {
        headers.extend(["Access-Control-Allow-Origin", "Access-Control-Expose-Headers"]);
    }
    let mut response = Map::new();
    response.insert("description".to_owned(), short.get("description").cloned().unwrap_or_default());
    response.insert("headers".to_owned(), header_references(&headers).into());
    let mut content = content(short, resource);
    // Prefer: return=OperationOutcome.
    if short.get("or-outcome").is_some()
        && let Some(schema) = content.get_mut("application/fhir+json").and_then(|it| it.get_mut("schema"))
    {
        *schema = json!({"anyOf": [schema.take(), reference("OperationOutcome")]});
    }
    if !content.is_empty() {
        response.insert("content".to_owned(), content.into());
    }
    response.into()
}

/// A request body from its short form; of one type of resource where one is named.
pub(crate) fn body(short: &Value, resource: Option<&str>) -> Value {
    let empty = Map::new();
    let short = short.as_object().unwrap_or(&empty);
    let required = !short.get("optional").and_then(Value::as_bool).unwrap_or(false);
    let mut content = content(short, resource);
    // A resource is taken under the plain and the former names of its form, too (R4, http.html#mime-type).
    if short.contains_key("fhir") {
        for (form, others) in OTHER_NAMES {
            let Some(known) = content.get(form).cloned() else { continue };
            for other in others {
                content.entry(*other).or_insert_with(|| known.clone());
            }
        }
    }
    json!({"required": required, "content": content})
}

/// Schemas: those of R4, those written by hand, and the codes of the catalogue.
pub(crate) fn all_schemas(own: &Map<String, Value>) -> Map<String, Value> {
    let codes: Vec<&str> = CATALOGUE.iter().map(|entry| entry.code).collect();
    let mut all = own.clone();
    all.insert("FaultCode".to_owned(), json!({
        "description": "Codes of OperationOutcome.issue.details.coding with the system urn:healthbook:fault; /docs/errors says what to do.",
        "enum": codes,
    }));
    all.extend(schemas());
    all
}

/// The scopes that resources are asked with, by letter.
pub(crate) const CONTEXTS: [&str; 3] = ["patient", "user", "system"];

const LETTERS: [(&str, &str); 5] =
    [("c", "create"), ("r", "read"), ("u", "update and patch"), ("d", "delete"), ("s", "search")];

const OTHER_SCOPES: [(&str, &str); 8] = [
    ("openid", "who is signed in"),
    ("fhirUser", "the resource of who is signed in"),
    ("profile", "the same"),
    ("offline_access", "a refresh token"),
    ("online_access", "a refresh token as long as the session lasts"),
    ("launch", "the context that a clinic system handed over"),
    ("launch/patient", "a patient in context"),
    ("launch/encounter", "a visit in context"),
];

/// The security schemes.
pub(crate) fn security_schemes() -> Value {
    let of_resources = |contexts: &[&str]| {
        let mut scopes = Map::new();
        for context in contexts {
            for (letter, meaning) in LETTERS {
                scopes.insert(format!("{context}/*.{letter}"), format!("{meaning}, as {context}").into());
            }
        }
        scopes
    };
    let mut interactive = of_resources(&["patient", "user"]);
    interactive.extend(OTHER_SCOPES.iter().map(|(name, text)| ((*name).to_owned(), (*text).into())));
    json!({
        "oauth2": {
            "type": "oauth2",
            "description": "SMART App Launch 2.2. Letters of a scope may stand together and a type in the place of the star: patient/Observation.rs. Purpose of use is the parameter purpose.",
            "flows": {
                "authorizationCode": {
                    "authorizationUrl": "/auth/authorize", "tokenUrl": "/auth/token", "refreshUrl": "/auth/token",
                    "scopes": interactive,
                },
                "clientCredentials": {"tokenUrl": "/auth/token", "scopes": of_resources(&["system"])},
            },
        },
        "openIdConnect": {"type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration"},
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "An access token that was got otherwise, for example of the demo."},
        "dpop": {"type": "http", "scheme": "DPoP", "description": "An access token bound to a key, with a proof in the header DPoP (RFC 9449)."},
        "clientSecret": {"type": "http", "scheme": "basic", "description": "Id and secret of a client. private_key_jwt goes in the body, a public client names itself there."},
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-session", "description": "The cookie of a session of the pages."},
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_those_of_discovery() {
        let schemes = security_schemes();
        let scopes = &schemes["oauth2"]["flows"]["authorizationCode"]["scopes"];
        for scope in ["openid", "fhirUser", "profile", "offline_access", "launch", "patient/*.r", "user/*.s"]
        {
            assert!(scopes[scope].is_string(), "{scope}");
        }
        assert!(schemes["oauth2"]["flows"]["clientCredentials"]["scopes"]["system/*.c"].is_string());
    }
}
