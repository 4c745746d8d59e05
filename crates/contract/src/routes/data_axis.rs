//! Routes of the data axis (`docs/data-axis.md`).

use crate::route::Method::{Get, Post};
use crate::route::{Refusal, Route};

const AXIS: &str = "Data axis";
/// What concerns the connection and not the message.
const REFUSED: &[u16] = &[404, 408, 415, 500, 503, 504];

pub(super) const ROUTES: &[Route] = &[
    Route::new(Post, "/api/auth/login", "axisLogin", AXIS, "A sender of the data axis signs in")
        .sends("AxisLogin")
        .answers(&[(200, "AxisLogin"), (429, "AxisTries")])
        .refuses(Refusal::Outcome, &[400, 404, 408, 413, 415, 500, 503]),
    Route::new(Post, "/api/auth/refresh", "axisRefresh", AXIS, "Other tokens for the one that refreshes")
        .sends("AxisRefresh")
        .answers(&[(200, "AxisLogin")])
        .refuses(Refusal::Outcome, &[400, 404, 408, 413, 415, 500, 503]),
    Route::new(
        Post,
        "/api/platform/data-sync/push",
        "axisPush",
        AXIS,
        "A sender sends a check-up; read res_code, not the status",
    )
    .takes(&["service-type"])
    .sends("AxisMessage")
    .answers(&[(200, "AxisReply"), (413, "AxisReply"), (503, "AxisReply")])
    .refuses(Refusal::Outcome, &[400, 404, 408, 415, 500, 504]),
    Route::new(
        Get,
        "/api/platform/data-sync/state/{id}",
        "axisState",
        AXIS,
        "How far a message has come, by msg_id or txn_id",
    )
    .answers(&[(200, "AxisReply")])
    .refuses(Refusal::Outcome, REFUSED),
    Route::new(
        Get,
        "/api/platform/data-sync/key",
        "axisKey",
        AXIS,
        "The key by which answers are verified, in PEM",
    )
    .answers(&[(200, "AxisKey")])
    .refuses(Refusal::Outcome, &[404, 500]),
];
