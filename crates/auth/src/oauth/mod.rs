//! OAuth 2.1, OpenID Connect and SMART App Launch: requests to answers, without HTTP.

mod authorize;
mod code;
mod consent;
mod discovery;
mod introspect;
mod launch;
mod parameters;
mod redirect;
mod refresh;
pub(crate) mod scope;
mod subject;
mod token_endpoint;

pub use authorize::Authorization;
pub use consent::{Choice, ConsentForm, ConsentQuestion, ConsentStep, consent_path};
pub use launch::LaunchAnswer;
pub use parameters::{Basic, OAuthError, Parameters};
pub use token_endpoint::{Answer, Presented, TokenRequest};

/// Life of an access token in seconds.
const ACCESS_SECONDS: i64 = 300;

/// Scopes that are not about resources.
const OTHER_SCOPES: [&str; 8] = [
    "openid",
    "fhirUser",
    "profile",
    "offline_access",
    "online_access",
    "launch",
    "launch/patient",
    "launch/encounter",
];

#[cfg(test)]
mod tests;
