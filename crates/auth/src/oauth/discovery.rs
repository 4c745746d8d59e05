//! The documents that say what there is: SMART configuration, OpenID Connect Discovery, RFC 8414.

use serde_json::{Value, json};

use super::OTHER_SCOPES;
use crate::Auth;

const GRANT_TYPES: [&str; 3] = ["authorization_code", "refresh_token", "client_credentials"];

const CLIENT_METHODS: [&str; 3] = ["none", "private_key_jwt", "client_secret_basic"];

/// Algorithms of assertions of clients.
const CLIENT_ALGORITHMS: [&str; 2] = ["RS384", "ES384"];

const CAPABILITIES: [&str; 19] = [
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-banner",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "token-introspection",
    "token-revocation",
];

impl Auth {
    /// What both documents say.
    fn server(&self) -> Value {
        let issuer = &self.settings().issuer;
        let at = |path: &str| format!("{issuer}/auth/{path}");
        json!({
            "issuer": issuer,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "jwks_uri": at("jwks"),
            "registration_endpoint": at("register"),
            "introspection_endpoint": at("introspect"),
            "revocation_endpoint": at("revoke"),
            "scopes_supported": scopes(),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": GRANT_TYPES,
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": CLIENT_METHODS,
            "token_endpoint_auth_signing_alg_values_supported": CLIENT_ALGORITHMS,
            "introspection_endpoint_auth_methods_supported": CLIENT_METHODS,
            "revocation_endpoint_auth_methods_supported": CLIENT_METHODS,
            "authorization_response_iss_parameter_supported": true,
            "dpop_signing_alg_values_supported": ["ES256"],
        })
    }

    /// `/fhir/.well-known/smart-configuration`
    pub fn smart_configuration(&self) -> Value {
        let mut document = self.server();
        if let Value::Object(members) = &mut document {
            let sessions = format!("{}/auth/sessions", self.settings().issuer);
            members.insert("management_endpoint".to_owned(), sessions.into());
            members.insert("capabilities".to_owned(), json!(CAPABILITIES));
        }
        document
    }

    /// `/.well-known/openid-configuration` and `/.well-known/oauth-authorization-server`
    pub fn openid_configuration(&self) -> Value {
        let mut document = self.server();
        if let Value::Object(members) = &mut document {
            let more = json!({
                "userinfo_endpoint": format!("{}/auth/userinfo", self.settings().issuer),
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["ES256"],
                "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash", "fhirUser"],
                "prompt_values_supported": ["none", "login", "consent", "select_account"],
                "claims_parameter_supported": false,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": false,
            });
            if let Value::Object(more) = more {
                members.extend(more);
            }
        }
        document
    }
}

fn scopes() -> Vec<String> {
    let resources =
        ["patient/*.cruds", "user/*.cruds", "system/*.cruds", "patient/*.rs", "user/*.rs", "system/*.rs"];
    OTHER_SCOPES.iter().chain(&resources).map(|scope| (*scope).to_owned()).collect()
}
