//! Paths and methods of the FHIR API.

use access::{Caller, Denied};
use actix_web::guard::{self, Guard};
use actix_web::web::{self, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Resource, Route};
use fhir::Fault;
use interactions::TerminologyOperation;

use crate::failure::Failure;
use crate::incoming::Incoming;
use crate::{glance, handlers, merging, population, terminology, validate};

/// Adds every path below the FHIR base. The order matters: the first that fits is taken.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(
            resource("", "GET, HEAD, POST")
                .route(get().to(handlers::system_search))
                .route(web::post().to(handlers::bundle)),
        )
        .service(
            resource("/", "GET, HEAD, POST")
                .route(get().to(handlers::system_search))
                .route(web::post().to(handlers::bundle)),
        )
        .service(resource("/_search", "POST").route(web::post().to(handlers::posted_system_search)))
        .service(resource("/metadata", "GET, HEAD").route(get().to(handlers::capabilities)))
        .service(
            resource("/$reindex", "GET, HEAD, POST")
                .route(get().to(handlers::reindex_progress))
                .route(web::post().to(handlers::reindex)),
        )
        .service(resource("/_history", "GET, HEAD").route(get().to(handlers::system_history)))
        .service(resource("/{type}/_history", "GET, HEAD").route(get().to(handlers::type_history)))
        .service(resource("/{type}/_search", "POST").route(web::post().to(handlers::posted_search)))
        .service(
            resource("/{type}", "GET, HEAD, POST, PUT, PATCH, DELETE")
                .route(get().to(handlers::search))
                .route(web::post().to(handlers::create))
                .route(web::put().to(handlers::conditional_update))
                .route(web::patch().to(handlers::conditional_patch))
                .route(web::delete().to(handlers::conditional_delete)),
        )
        .service(
            resource("/{type}/{id}/_history/{version}", "GET, HEAD").route(get().to(handlers::read_version)),
        )
        .service(resource("/{type}/{id}/_history", "GET, HEAD").route(get().to(handlers::instance_history)))
        .service(
            resource("/{type}/{id}/$everything", "GET, HEAD, POST")
                .route(get().to(handlers::everything))
                .route(web::post().to(handlers::posted_everything)),
        )
        .service(
            resource("/{type}/{id}/{member}/_search", "POST")
                .route(web::post().to(handlers::posted_compartment_search)),
        )
        .service(
            resource("/Patient/$summary", "GET, HEAD, POST")
                .route(get().to(glance::summary_by_identifier))
                .route(web::post().to(glance::posted_summary_by_identifier)),
        )
        .service(
            resource("/Patient/{id}/$summary", "GET, HEAD, POST")
                .route(get().to(glance::summary))
                .route(web::post().to(glance::posted_summary)),
        )
        .service(
            resource("/Patient/{id}/$timeline", "GET, HEAD, POST")
                .route(get().to(glance::timeline))
                .route(web::post().to(glance::posted_timeline)),
        )
        .service(
            resource("/Organization/{id}/$check-up-due", "GET, HEAD, POST")
                .route(get().to(glance::check_up_due))
                .route(web::post().to(glance::posted_check_up_due)),
        )
        .service(
            resource("/Observation/$lastn", "GET, HEAD, POST")
                .route(get().to(handlers::lastn))
                .route(web::post().to(handlers::posted_lastn)),
        )
        .service(resource("/{type}/{id}/$validate", "POST").route(web::post().to(validate::of_instance)))
        .service(resource("/{type}/$validate", "POST").route(web::post().to(validate::of_type)))
        .service(resource("/Patient/$match", "POST").route(web::post().to(population::match_people)))
        .service(
            resource("/Patient/$registry-lookup", "POST").route(web::post().to(population::registry_lookup)),
        )
        .service(resource("/Patient/{id}/$link", "POST").route(web::post().to(merging::link)))
        .service(resource("/Patient/{id}/$unlink", "POST").route(web::post().to(merging::unlink)))
        .service(
            resource("/Patient/{id}/$registry-lookup", "POST")
                .route(web::post().to(population::registry_lookup_of)),
        )
        .service(
            resource("/CoverageEligibilityRequest/$submit", "POST")
                .route(web::post().to(population::submit_eligibility)),
        )
        .configure(configure_terminology)
        .service(web::resource("/{type}/{id}/${operation}").to(unknown_operation))
        .service(web::resource("/{type}/${operation}").to(unknown_operation))
        .service(web::resource("/${operation}").to(unknown_operation))
        .service(
            resource("/{type}/{id}", "GET, HEAD, PUT, PATCH, DELETE")
                .route(get().to(handlers::read))
                .route(web::put().to(handlers::update))
                .route(web::patch().to(handlers::patch))
                .route(web::delete().to(handlers::delete)),
        )
        .service(
            resource("/{type}/{id}/{member}", "GET, HEAD").route(get().to(handlers::compartment_search)),
        );
}

/// Adds `[type]/$[operation]` and `[type]/[id]/$[operation]` of the operations about codes.
fn configure_terminology(config: &mut ServiceConfig) {
    for operation in TerminologyOperation::ALL {
        let (kind, name) = (operation.resource_type(), operation.name());
        let of_type = format!("/{kind}/${name}");
        let of_instance = operation.has_instance().then(|| format!("/{kind}/{{id}}/${name}"));
        for path in std::iter::once(of_type).chain(of_instance) {
            let asked = move |incoming: Incoming| terminology::asked(incoming, operation);
            let posted =
                move |incoming: Incoming, payload: Payload| terminology::posted(incoming, payload, operation);
            config.service(
                resource(&path, "GET, HEAD, POST").route(get().to(asked)).route(web::post().to(posted)),
            );
        }
    }
}

pub(crate) fn get() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::fn_guard(is_head)))
}

fn is_head(context: &guard::GuardContext<'_>) -> bool {
    guard::Head().check(context)
}

/// A path that answers other methods with 405 and the list of those that are allowed.
pub(crate) fn resource(path: &str, allowed: &'static str) -> Resource {
    web::resource(path).default_service(web::to(move |incoming: Incoming| async move {
        if incoming.caller == Caller::Anonymous {
            return Err(Denied::Unauthenticated.into());
        }
        let fault = Fault::WrongMethod { allowed: allowed.to_owned() };
        Err::<HttpResponse, _>(Failure { allow: Some(allowed), ..Failure::new(405, fault) })
    }))
}

async fn unknown_operation(incoming: Incoming, request: HttpRequest) -> Result<HttpResponse, Failure> {
    drop(incoming);
    let name = format!("${}", request.match_info().get("operation").unwrap_or_default());
    Err(Failure::new(404, Fault::UnknownOperation { name }))
}
