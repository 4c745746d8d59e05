//! The one table of routes. What is registered and what stands here is compared by a test, in both directions.

mod access;
mod check_ups;
mod data_axis;
mod fhir;
mod oauth;
mod open;
mod sign_in;

use crate::route::{Deprecation, Route};

/// All routes.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    [
        open::ROUTES,
        fhir::ROUTES,
        fhir::OPERATIONS,
        access::ROUTES,
        oauth::ROUTES,
        sign_in::ROUTES,
        sign_in::BOOK,
        sign_in::STATION,
        data_axis::ROUTES,
        check_ups::ROUTES,
    ]
    .into_iter()
    .flatten()
}

/// Whether the route with this path pattern will go away.
pub fn deprecation(method: &str, path: &str) -> Option<Deprecation> {
    routes()
        .filter(|route| route.deprecation.is_some())
        .find(|route| route.path == path && route.methods().any(|known| known.as_str() == method))
        .and_then(|route| route.deprecation)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::route::Method;

    #[test]
    fn a_route_stands_here_once() {
        let (mut ids, mut places) = (HashSet::new(), HashSet::new());
        for route in routes() {
            assert!(ids.insert(route.id), "{}", route.id);
            for method in route.methods() {
                assert!(places.insert((method, route.path)), "{} {}", method.as_str(), route.path);
            }
            assert!(!route.answers.is_empty() && !route.summary.is_empty(), "{}", route.id);
            assert!(!route.head || route.method == Method::Get, "{}", route.id);
        }
    }

    #[test]
    fn deprecation_is_told_as_the_rfcs_say() {
        let route = Route::new(Method::Get, "/x", "x", "g", "s")
            .deprecated(1_800_000_000, "Sat, 01 Jan 2028 00:00:00 GMT");
        let told = route.deprecation.unwrap();
        assert_eq!(told.since_header(), "@1800000000");
        assert_eq!(told.sunset, "Sat, 01 Jan 2028 00:00:00 GMT");
        assert!(deprecation("GET", "/fhir/metadata").is_none());
    }
}
