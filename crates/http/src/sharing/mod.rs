//! `/access`: paths and methods of the acts that open and close books (`docs/sharing.md`).

mod acts;
mod answer;

use actix_web::web::{self, ServiceConfig};

use crate::fhir_routes::{get, resource};

/// Adds every path below `/access`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/presence-codes", "POST").route(web::post().to(acts::make_code)))
        .service(
            resource("/relations", "GET, HEAD, POST")
                .route(get().to(acts::relations))
                .route(web::post().to(acts::redeem)),
        )
        .service(resource("/relations/{id}/end", "POST").route(web::post().to(acts::end_relation)))
        .service(resource("/relations/{id}/shorten", "POST").route(web::post().to(acts::shorten)))
        .service(resource("/relations/{id}/extend", "POST").route(web::post().to(acts::extend)))
        .service(
            resource("/blocks", "GET, HEAD, POST")
                .route(get().to(acts::blocks))
                .route(web::post().to(acts::block)),
        )
        .service(resource("/blocks/{id}", "DELETE").route(web::delete().to(acts::lift)))
        .service(resource("/emergency", "POST").route(web::post().to(acts::emergency)))
        .service(resource("/emergency/reviews", "GET, HEAD").route(get().to(acts::reviews)))
        .service(resource("/emergency/reviews/{id}/review", "POST").route(web::post().to(acts::review)))
        .service(
            resource("/delegations", "GET, HEAD, POST")
                .route(get().to(acts::delegations))
                .route(web::post().to(acts::delegate)),
        )
        .service(resource("/delegations/{id}/accept", "POST").route(web::post().to(acts::accept)))
        .service(resource("/delegations/{id}/end", "POST").route(web::post().to(acts::end_delegation)))
        .service(
            resource("/notices/preferences", "GET, HEAD, PUT")
                .route(get().to(acts::preferences))
                .route(web::put().to(acts::prefer)),
        )
        .service(resource("/notices/patterns", "GET, HEAD").route(get().to(acts::patterns)))
        .service(
            resource("/merges", "GET, HEAD, POST")
                .route(get().to(acts::merges))
                .route(web::post().to(acts::report_merge)),
        )
        .service(resource("/merges/{id}/propose", "POST").route(web::post().to(acts::propose_merge)))
        .service(resource("/merges/{id}/confirm", "POST").route(web::post().to(acts::confirm_merge)))
        .service(resource("/visits/{id}/private", "POST").route(web::post().to(acts::make_private)))
        .service(resource("/preview", "POST").route(web::post().to(acts::preview)))
        .service(resource("/effects", "POST").route(web::post().to(acts::effects)))
        .service(
            resource("/shields", "GET, HEAD, POST")
                .route(get().to(acts::shields))
                .route(web::post().to(acts::ask_shield)),
        )
        .service(resource("/shields/{id}/confirm", "POST").route(web::post().to(acts::confirm_shield)));
}
