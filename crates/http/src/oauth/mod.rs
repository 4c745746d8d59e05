//! The routes of OAuth, OpenID Connect and SMART: they read a request, ask `auth`, and render its answer.

mod endpoints;
mod pages;
mod request;

use actix_web::web::{self, ServiceConfig};

/// Adds the paths beside FHIR.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .route("/.well-known/openid-configuration", web::get().to(endpoints::openid_configuration))
        .route("/.well-known/oauth-authorization-server", web::get().to(endpoints::openid_configuration))
        .route("/auth/jwks", web::get().to(endpoints::key_set))
        .route("/auth/token", web::post().to(endpoints::token))
        .route("/auth/introspect", web::post().to(endpoints::introspect))
        .route("/auth/revoke", web::post().to(endpoints::revoke))
        .route("/auth/register", web::post().to(endpoints::register))
        .route("/auth/launch", web::post().to(endpoints::launch))
        .route("/auth/userinfo", web::get().to(endpoints::user_info))
        .route("/auth/userinfo", web::post().to(endpoints::user_info))
        .route("/auth/authorize", web::get().to(pages::authorize))
        .route("/auth/authorize", web::post().to(pages::posted_authorize))
        .route("/auth/consent", web::get().to(pages::consent))
        .route("/auth/consent", web::post().to(pages::decide));
}

/// Adds the paths below FHIR.
pub(crate) fn configure_fhir(config: &mut ServiceConfig) {
    config.route("/.well-known/smart-configuration", web::get().to(endpoints::smart_configuration));
}
