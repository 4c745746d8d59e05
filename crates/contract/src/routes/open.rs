//! Routes beside FHIR that everybody may ask: health, figures, documents, transparency.

use crate::route::Method::Get;
use crate::route::{Caller, Refusal, Route};

const LOG: &str = "Log of accesses";
const SERVER: &str = "Server";
const DOCUMENTS: &str = "Documents";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Get, "/", "home", DOCUMENTS, "The home page").answers(&[(200, "Page")]),
    Route::new(Get, "/openapi.json", "openapi", DOCUMENTS, "This document")
        .with_head()
        .takes(&["If-None-Match"])
        .answers(&[(200, "OpenApi"), (304, "Unchanged")])
        .refuses(Refusal::Outcome, &[400, 401, 406, 500, 503]),
    Route::new(Get, "/docs", "docs", DOCUMENTS, "The documents for whoever connects a system")
        .with_head()
        .takes(&["lang"])
        .answers(&[(200, "Page")]),
    Route::new(Get, "/docs/{page}", "docsPage", DOCUMENTS, "One of the documents")
        .with_head()
        .takes(&["lang"])
        .answers(&[(200, "Document")])
        .refuses(Refusal::Outcome, &[404]),
    Route::new(Get, "/health/live", "live", SERVER, "Whether the process runs")
        .with_head()
        .answers(&[(200, "Text")]),
    Route::new(Get, "/health/ready", "ready", SERVER, "Whether the server can serve")
        .with_head()
        .answers(&[(200, "Text")])
        .refuses(Refusal::Text, &[503]),
    Route::new(Get, "/metrics", "metrics", SERVER, "Figures in OpenMetrics")
        .answers(&[(200, "Metrics")])
        .refuses(Refusal::Text, &[500]),
    Route::new(Get, "/stats", "stats", SERVER, "How long it takes from an event of the registry to the book")
        .answers(&[(200, "Stats")]),
    Route::new(
        Get,
        "/transparency",
        "transparency",
        LOG,
        "Name, key and last checkpoint of the log of accesses",
    )
    .with_head()
    .answers(&[(200, "Log")])
    .refuses(Refusal::Outcome, &[400, 401, 406, 500, 503, 504]),
    Route::new(Get, "/transparency/checkpoint", "checkpoint", LOG, "The last checkpoint, a signed note")
        .with_head()
        .answers(&[(200, "Note")])
        .refuses(Refusal::Outcome, &[400, 401, 404, 406, 500, 503, 504]),
    Route::new(Get, "/transparency/key", "logKey", LOG, "The public key of the log, and those before it")
        .with_head()
        .answers(&[(200, "LogKey")])
        .refuses(Refusal::Outcome, &[400, 401, 404, 406, 500, 503, 504]),
    Route::new(
        Get,
        "/transparency/roots/{day}",
        "rootOfDay",
        LOG,
        "The first checkpoint that holds all of a day in Vietnam",
    )
    .with_head()
    .answers(&[(200, "Note")])
    .refuses(Refusal::Outcome, &[400, 401, 404, 406, 500, 503, 504]),
    Route::new(
        Get,
        "/transparency/proof/{position}",
        "entryProof",
        LOG,
        "The proof that AuditEvent/log-{position} is in the log that is signed",
    )
    .with_head()
    .by(Caller::Token { scopes: "r" })
    .answers(&[(200, "EntryProof")])
    .refuses(Refusal::Outcome, &[400, 401, 403, 404, 406, 500, 503, 504]),
    Route::new(
        Get,
        "/transparency/consistency",
        "consistencyProof",
        LOG,
        "The proof that the log begins with an older one",
    )
    .with_head()
    .takes(&["first", "second"])
    .answers(&[(200, "ConsistencyProof")])
    .refuses(Refusal::Outcome, &[400, 401, 404, 406, 500, 503, 504]),
    Route::new(Get, "/transparency/extract", "extract", LOG, "A citizen's own entries with their proofs")
        .with_head()
        .by(Caller::Token { scopes: "s" })
        .takes(&["from", "to", "before", "older"])
        .answers(&[(200, "Extract")])
        .refuses(Refusal::Outcome, &[400, 401, 403, 406, 500, 503, 504]),
];
