//! The route of messages of check-ups (`docs/check-up.md`, section 7).

use crate::route::Method::Post;
use crate::route::{Caller, Refusal, Route};

pub(super) const ROUTES: &[Route] = &[Route::new(
    Post,
    "/check-ups",
    "sendCheckUps",
    "Check-ups",
    "A facility sends a message of check-ups as it is, in XML or JSON",
)
.by(Caller::Token { scopes: "u" })
.takes(&["Accept-Language"])
.sends("CheckUps")
.answers(&[(200, "CheckUpsTaken"), (422, "CheckUpsTaken")])
.refuses(Refusal::Outcome, &[400, 401, 403, 406, 408, 409, 413, 415, 500, 503, 504])];
