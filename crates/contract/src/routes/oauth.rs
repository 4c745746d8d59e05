//! Routes of OAuth 2.1, OpenID Connect and SMART (`docs/sign-in.md`).

use crate::route::Method::{Get, Post};
use crate::route::{Caller, Refusal, Route};

const OAUTH: &str = "Tokens";

const PUBLIC: &[(u16, &str)] = &[(200, "Discovery")];

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        Get,
        "/fhir/.well-known/smart-configuration",
        "smartConfiguration",
        OAUTH,
        "SMART App Launch: where things are",
    )
    .answers(PUBLIC)
    .refuses(Refusal::OAuth, &[404]),
    Route::new(
        Get,
        "/.well-known/openid-configuration",
        "openIdConfiguration",
        OAUTH,
        "OpenID Connect Discovery",
    )
    .answers(PUBLIC)
    .refuses(Refusal::OAuth, &[404]),
    Route::new(Get, "/.well-known/oauth-authorization-server", "authorizationServer", OAUTH, "RFC 8414")
        .answers(PUBLIC)
        .refuses(Refusal::OAuth, &[404]),
    Route::new(Get, "/auth/jwks", "keySet", OAUTH, "The public keys of tokens")
        .answers(&[(200, "KeySet")])
        .refuses(Refusal::OAuth, &[404, 503]),
    client("/auth/token", "token", "Tokens for a code, a refresh token or a client")
        .takes(&["DPoP"])
        .sends("TokenRequest")
        .answers(&[(200, "Tokens")]),
    client("/auth/introspect", "introspect", "Whether a token holds (RFC 7662)")
        .sends("TokenQuestion")
        .answers(&[(200, "Introspection")]),
    client("/auth/revoke", "revoke", "End a token (RFC 7009)")
        .sends("TokenQuestion")
        .answers(&[(200, "Empty")]),
    Route::new(Post, "/auth/register", "register", OAUTH, "Register an app (RFC 7591)")
        .sends("Registration")
        .answers(&[(201, "Registered")])
        .refuses(Refusal::OAuth, &[400, 404, 413, 415, 429, 500, 503]),
    Route::new(
        Post,
        "/auth/launch",
        "launch",
        OAUTH,
        "A clinic system hands a context to an app (EHR launch)",
    )
    .by(Caller::Token { scopes: "" })
    .takes(&["DPoP"])
    .sends("Launch")
    .answers(&[(200, "Launch")])
    .refuses(Refusal::OAuth, &[400, 401, 403, 404, 413, 415, 500, 503]),
    Route::new(Get, "/auth/userinfo", "userInfo", OAUTH, "Who is signed in")
        .by(Caller::OpenId)
        .takes(&["DPoP"])
        .answers(&[(200, "UserInfo")])
        .refuses(Refusal::OAuth, &[401, 403, 404, 500, 503]),
    Route::new(Post, "/auth/userinfo", "userInfoPosted", OAUTH, "Who is signed in")
        .by(Caller::OpenId)
        .takes(&["DPoP"])
        .answers(&[(200, "UserInfo")])
        .refuses(Refusal::OAuth, &[401, 403, 404, 500, 503]),
    Route::new(Get, "/auth/authorize", "authorize", OAUTH, "Authorization code with PKCE")
        .takes(&[
            "response_type",
            "response_mode",
            "client_id",
            "redirect_uri",
            "scope",
            "state",
            "aud",
            "code_challenge",
            "code_challenge_method",
            "launch",
            "nonce",
            "prompt",
            "max_age",
            "purpose",
            "lang",
        ])
        .answers(&[(303, "Redirect")])
        .refuses(Refusal::Page, &[400, 404, 500, 503]),
    Route::new(Post, "/auth/authorize", "authorizePosted", OAUTH, "The same, parameters in a form")
        .sends("Form")
        .answers(&[(303, "Redirect")])
        .refuses(Refusal::Page, &[400, 404, 413, 415, 500, 503]),
    Route::new(Get, "/auth/consent", "consent", OAUTH, "What an app asks for")
        .by(Caller::Session)
        .takes(&["continue", "lang"])
        .answers(&[(200, "Page"), (303, "Redirect")])
        .refuses(Refusal::Page, &[400, 403, 404, 500, 503]),
    Route::new(Post, "/auth/consent", "decide", OAUTH, "What was decided")
        .by(Caller::Session)
        .takes(&["continue", "lang"])
        .sends("Form")
        .answers(&[(200, "Page"), (303, "Redirect")])
        .refuses(Refusal::Page, &[400, 403, 404, 413, 415, 500, 503]),
];

const fn client(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Post, path, id, OAUTH, summary)
        .by(Caller::Client)
        .refuses(Refusal::OAuth, &[400, 401, 403, 404, 413, 415, 500, 503])
}
