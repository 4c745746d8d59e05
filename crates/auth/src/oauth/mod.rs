//! OAuth 2.1, OpenID Connect and SMART App Launch: requests to answers, without HTTP.

mod assisted;
mod authorize;
mod code;
mod consent;
mod discovery;
mod entrusted;
mod introspect;
mod launch;
mod parameters;
mod redirect;
mod refresh;
pub(crate) mod scopes;
mod subject;
mod token_endpoint;

pub use authorize::Authorization;
pub use consent::{Choice, ConsentForm, ConsentQuestion, ConsentStep, consent_path};
pub(crate) use entrusted::{Books, Nothing};
pub use entrusted::{EntrustedBook, EntrustedBooks, FindingBooks};
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
