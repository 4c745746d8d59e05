//! Routes of the FHIR API. `{type}` is any resource type; the types of the health book get paths of their own from
//! [`crate::openapi`].

use crate::route::Method::{Delete, Get, Patch, Post, Put};
use crate::route::{Caller, Refusal, Route};

const FHIR: &str = "FHIR";
const CODES: &str = "Codes";
const OUTCOME: Refusal = Refusal::Outcome;

const READS: Caller = Caller::Token { scopes: "r" };
const SEARCHES: Caller = Caller::Token { scopes: "s" };
const OPERATES: Caller = Caller::Token { scopes: "rs" };
const WRITES: Caller = Caller::Token { scopes: "u" };
const ANY: Caller = Caller::Token { scopes: "" };

/// What everything that reads may answer.
const READ: &[u16] = &[400, 401, 403, 404, 406, 410, 500, 503, 504];
/// What everything with parameters in a body may answer.
const POSTED: &[u16] = &[400, 401, 403, 404, 406, 408, 410, 413, 415, 422, 500, 503, 504];
/// What a write may answer.
const WRITE: &[u16] = &[400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 428, 500, 503, 504];

const SEARCH: &[&str] = &[
    "_count",
    "_sort",
    "_total",
    "_summary",
    "_elements",
    "_include",
    "_revinclude",
    "_page",
    "_format",
    "Prefer-handling",
    "_has",
    "_filter",
    "_list",
    "_type",
];
const HISTORY: &[&str] = &["_count", "_since", "_at", "_page", "_format", "Prefer-handling"];
const OPERATION: &[&str] = &["_format", "Accept-Language"];
const PAGES: &[&str] = &["_format", "Accept-Language", "_page"];
const STRICT_PAGES: &[&str] = &["_format", "Accept-Language", "_page", "Prefer-handling"];
const STRICT: &[&str] = &["_format", "Accept-Language", "Prefer-handling"];

const STORED: &[(u16, &str)] = &[(200, "Stored"), (201, "Created")];

pub(super) const ROUTES: &[Route] = &[
    Route::new(Get, "/fhir/metadata", "capabilities", FHIR, "The CapabilityStatement")
        .with_head()
        .takes(&["_format"])
        .answers(&[(200, "CapabilityStatement")])
        .refuses(OUTCOME, &[400, 401, 406, 500, 503]),
    Route::new(Get, "/fhir", "searchSystem", FHIR, "Search over several types (_type)")
        .with_head()
        .by(SEARCHES)
        .takes(SEARCH)
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, READ),
    Route::new(Post, "/fhir", "bundle", FHIR, "A batch or transaction")
        .by(ANY)
        .takes(&["_format", "Prefer-return", "Idempotency-Key"])
        .sends("Bundle")
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, WRITE),
    Route::new(Get, "/fhir/", "searchSystemSlash", FHIR, "The same as /fhir")
        .with_head()
        .by(SEARCHES)
        .takes(SEARCH)
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, READ),
    Route::new(Post, "/fhir/", "bundleSlash", FHIR, "The same as /fhir")
        .by(ANY)
        .takes(&["_format", "Prefer-return", "Idempotency-Key"])
        .sends("Bundle")
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, WRITE),
    Route::new(
        Post,
        "/fhir/_search",
        "searchSystemPosted",
        FHIR,
        "Search over several types, parameters in a form",
    )
    .by(SEARCHES)
    .takes(SEARCH)
    .sends("Form")
    .answers(&[(200, "Bundle")])
    .refuses(OUTCOME, POSTED),
    Route::new(Get, "/fhir/_history", "historySystem", FHIR, "All versions of everything that is seen")
        .with_head()
        .by(SEARCHES)
        .takes(HISTORY)
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, READ),
    Route::new(Get, "/fhir/$reindex", "reindexProgress", FHIR, "How far a reindex is")
        .with_head()
        .by(WRITES)
        .takes(&["_format"])
        .answers(&[(200, "Progress"), (202, "Progress")])
        .refuses(OUTCOME, READ),
    Route::new(Post, "/fhir/$reindex", "reindex", FHIR, "Put own SearchParameters in force")
        .by(WRITES)
        .takes(&["_format"])
        .answers(&[(200, "Progress"), (202, "Progress")])
        .refuses(OUTCOME, &[400, 401, 403, 406, 409, 422, 500, 503, 504]),
    Route::new(Get, "/fhir/{type}/_history", "historyType", FHIR, "All versions of a type")
        .with_head()
        .by(SEARCHES)
        .takes(HISTORY)
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, READ),
    Route::new(Post, "/fhir/{type}/_search", "searchTypePosted", FHIR, "Search, parameters in a form")
        .by(SEARCHES)
        .takes(SEARCH)
        .sends("Form")
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, POSTED),
    Route::new(Get, "/fhir/{type}", "searchType", FHIR, "Search")
        .with_head()
        .by(SEARCHES)
        .takes(SEARCH)
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, READ),
    Route::new(Post, "/fhir/{type}", "create", FHIR, "Create; with If-None-Exist only when nothing matches")
        .by(Caller::Token { scopes: "c" })
        .takes(&["_format", "Prefer-return", "If-None-Exist", "X-Provenance", "Idempotency-Key"])
        .sends("Resource")
        .answers(STORED)
        .refuses(OUTCOME, WRITE),
    Route::new(
        Put,
        "/fhir/{type}",
        "conditionalUpdate",
        FHIR,
        "Update what the criteria match, or create it",
    )
    .by(WRITES)
    .takes(&["_format", "Prefer-return", "If-Match"])
    .sends("Resource")
    .answers(STORED)
    .refuses(OUTCOME, WRITE),
    Route::new(Patch, "/fhir/{type}", "conditionalPatch", FHIR, "Patch what the criteria match")
        .by(WRITES)
        .takes(&["_format", "Prefer-return", "If-Match", "Idempotency-Key"])
        .sends("Patch")
        .answers(&[(200, "Stored")])
        .refuses(OUTCOME, WRITE),
    Route::new(Delete, "/fhir/{type}", "conditionalDelete", FHIR, "Delete what the criteria match")
        .by(Caller::Token { scopes: "d" })
        .takes(&["_format", "Prefer-return"])
        .answers(&[(200, "Stored"), (204, "Nothing")])
        .refuses(OUTCOME, WRITE),
    Route::new(Get, "/fhir/{type}/{id}", "read", FHIR, "Read")
        .with_head()
        .by(READS)
        .takes(&["_summary", "_elements", "_format", "If-None-Match", "If-Modified-Since"])
        .answers(&[(200, "Resource"), (304, "NotModified")])
        .refuses(OUTCOME, READ),
    Route::new(
        Put,
        "/fhir/{type}/{id}",
        "update",
        FHIR,
        "Update, or create under this id where the policy allows",
    )
    .by(WRITES)
    .takes(&["_format", "Prefer-return", "If-Match", "X-Provenance"])
    .sends("Resource")
    .answers(STORED)
    .refuses(OUTCOME, WRITE),
    Route::new(Patch, "/fhir/{type}/{id}", "patch", FHIR, "Patch")
        .by(WRITES)
        .takes(&["_format", "Prefer-return", "If-Match", "Idempotency-Key"])
        .sends("Patch")
        .answers(&[(200, "Stored")])
        .refuses(OUTCOME, WRITE),
    Route::new(Delete, "/fhir/{type}/{id}", "delete", FHIR, "Delete")
        .by(Caller::Token { scopes: "d" })
        .takes(&["_format", "Prefer-return", "If-Match"])
        .answers(&[(200, "Stored"), (204, "Nothing")])
        .refuses(OUTCOME, WRITE),
    Route::new(Get, "/fhir/{type}/{id}/_history", "historyInstance", FHIR, "All versions of a resource")
        .with_head()
        .by(READS)
        .takes(HISTORY)
        .answers(&[(200, "Bundle")])
        .refuses(OUTCOME, READ),
    Route::new(Get, "/fhir/{type}/{id}/_history/{version}", "readVersion", FHIR, "Read a version")
        .with_head()
        .by(READS)
        .takes(&["_summary", "_elements", "_format", "If-None-Match", "If-Modified-Since"])
        .answers(&[(200, "Resource"), (304, "NotModified")])
        .refuses(OUTCOME, READ),
    Route::new(
        Get,
        "/fhir/{type}/{id}/{member}",
        "searchCompartment",
        FHIR,
        "Search in a compartment; * is every type",
    )
    .with_head()
    .by(SEARCHES)
    .takes(SEARCH)
    .answers(&[(200, "Bundle")])
    .refuses(OUTCOME, READ),
    Route::new(
        Post,
        "/fhir/{type}/{id}/{member}/_search",
        "searchCompartmentPosted",
        FHIR,
        "The same, parameters in a form",
    )
    .by(SEARCHES)
    .takes(SEARCH)
    .sends("Form")
    .answers(&[(200, "Bundle")])
    .refuses(OUTCOME, POSTED),
];

/// Operations; their parameters stand in [`crate::operations`].
pub(super) const OPERATIONS: &[Route] = &[
    asked(
        "/fhir/{type}/{id}/$everything",
        "everything",
        FHIR,
        "A book: the Patient and all that belongs to it",
    )
    .takes(STRICT_PAGES),
    posted("/fhir/{type}/{id}/$everything", "everythingPosted", FHIR, "The same, parameters in the body")
        .takes(STRICT),
    changing("/fhir/Patient/$match", "matchPatient", "c", "Who of the book a description means"),
    changing(
        "/fhir/Patient/$registry-lookup",
        "registryLookup",
        "c",
        "Who a citizen number is, by the word of the population registry",
    ),
    changing(
        "/fhir/Patient/{id}/$link",
        "link",
        "u",
        "A record without a verified number is this person: the books become one",
    ),
    changing(
        "/fhir/Patient/{id}/$registry-lookup",
        "registryLookupOf",
        "cu",
        "Gives somebody who was registered without a number the one that the registry has issued",
    ),
    changing("/fhir/Patient/{id}/$unlink", "unlink", "u", "Takes such a link back"),
    changing(
        "/fhir/CoverageEligibilityRequest/$submit",
        "submitEligibility",
        "u",
        "Whether an insurance card holds, by the word of social insurance",
    )
    .sends("Eligibility"),
    asked(
        "/fhir/Patient/$summary",
        "summaryByIdentifier",
        FHIR,
        "The summary of the book of whoever has an identifier",
    )
    .refuses(OUTCOME, &[400, 401, 403, 404, 406, 410, 412, 422, 500, 503, 504]),
    posted("/fhir/Patient/$summary", "summaryByIdentifierPosted", FHIR, "The same, parameters in the body")
        .refuses(OUTCOME, &[400, 401, 403, 404, 406, 408, 410, 412, 413, 415, 422, 500, 503, 504]),
    asked("/fhir/Patient/{id}/$summary", "summary", FHIR, "A book at a glance: a document"),
    posted("/fhir/Patient/{id}/$summary", "summaryPosted", FHIR, "The same, parameters in the body"),
    asked("/fhir/Patient/{id}/$timeline", "timeline", FHIR, "The events of a life, newest first, in pages")
        .takes(PAGES),
    posted("/fhir/Patient/{id}/$timeline", "timelinePosted", FHIR, "The same, parameters in the body"),
    asked(
        "/fhir/Organization/{id}/$check-up-due",
        "checkUpDue",
        FHIR,
        "Who of a facility's people is due for the annual check-up, in pages",
    )
    .takes(PAGES),
    posted(
        "/fhir/Organization/{id}/$check-up-due",
        "checkUpDuePosted",
        FHIR,
        "The same, parameters in the body",
    ),
    asked("/fhir/Observation/$lastn", "lastn", FHIR, "The latest Observations of each code")
        .takes(STRICT_PAGES),
    posted("/fhir/Observation/$lastn", "lastnPosted", FHIR, "The same, parameters in the body").takes(STRICT),
    posted(
        "/fhir/{type}/$validate",
        "validateType",
        FHIR,
        "Whether a resource could be stored, and what would be better",
    )
    .sends("Judged"),
    posted("/fhir/{type}/{id}/$validate", "validateInstance", FHIR, "The same for one that is there")
        .sends("Judged"),
    asked("/fhir/CodeSystem/$lookup", "lookup", CODES, "What a code means"),
    posted("/fhir/CodeSystem/$lookup", "lookupPosted", CODES, "The same, parameters in the body"),
    asked(
        "/fhir/CodeSystem/$validate-code",
        "validateCodeOfSystem",
        CODES,
        "Whether a code system has a code",
    ),
    posted(
        "/fhir/CodeSystem/$validate-code",
        "validateCodeOfSystemPosted",
        CODES,
        "The same, parameters in the body",
    ),
    asked(
        "/fhir/CodeSystem/{id}/$validate-code",
        "validateCodeOfSystemById",
        CODES,
        "The same for one by its id",
    ),
    posted(
        "/fhir/CodeSystem/{id}/$validate-code",
        "validateCodeOfSystemByIdPosted",
        CODES,
        "The same, parameters in the body",
    ),
    asked("/fhir/CodeSystem/$subsumes", "subsumes", CODES, "How two codes stand to each other"),
    posted("/fhir/CodeSystem/$subsumes", "subsumesPosted", CODES, "The same, parameters in the body"),
    asked("/fhir/CodeSystem/{id}/$subsumes", "subsumesById", CODES, "The same for one by its id"),
    posted(
        "/fhir/CodeSystem/{id}/$subsumes",
        "subsumesByIdPosted",
        CODES,
        "The same, parameters in the body",
    ),
    asked("/fhir/ValueSet/$expand", "expand", CODES, "The codes of a value set"),
    posted("/fhir/ValueSet/$expand", "expandPosted", CODES, "The same, parameters in the body"),
    asked("/fhir/ValueSet/{id}/$expand", "expandById", CODES, "The same for one by its id"),
    posted("/fhir/ValueSet/{id}/$expand", "expandByIdPosted", CODES, "The same, parameters in the body"),
    asked("/fhir/ValueSet/$validate-code", "validateCodeOfSet", CODES, "Whether a value set has a code"),
    posted(
        "/fhir/ValueSet/$validate-code",
        "validateCodeOfSetPosted",
        CODES,
        "The same, parameters in the body",
    ),
    asked("/fhir/ValueSet/{id}/$validate-code", "validateCodeOfSetById", CODES, "The same for one by its id"),
    posted(
        "/fhir/ValueSet/{id}/$validate-code",
        "validateCodeOfSetByIdPosted",
        CODES,
        "The same, parameters in the body",
    ),
    asked("/fhir/ConceptMap/$translate", "translate", CODES, "A code in another code system"),
    posted("/fhir/ConceptMap/$translate", "translatePosted", CODES, "The same, parameters in the body"),
    asked("/fhir/ConceptMap/{id}/$translate", "translateById", CODES, "The same for one by its id"),
    posted(
        "/fhir/ConceptMap/{id}/$translate",
        "translateByIdPosted",
        CODES,
        "The same, parameters in the body",
    ),
];

const fn asked(path: &'static str, id: &'static str, group: &'static str, summary: &'static str) -> Route {
    Route::new(Get, path, id, group, summary)
        .with_head()
        .by(OPERATES)
        .takes(OPERATION)
        .answers(&[(200, "Result")])
        .refuses(OUTCOME, &[400, 401, 403, 404, 406, 410, 422, 500, 503, 504])
}

/// An operation that changes something, parameters in the body.
const fn changing(
    path: &'static str,
    id: &'static str,
    scopes: &'static str,
    summary: &'static str,
) -> Route {
    Route::new(Post, path, id, FHIR, summary)
        .by(Caller::Token { scopes })
        .takes(OPERATION)
        .sends("NeededParameters")
        .answers(&[(200, "Result")])
        .refuses(OUTCOME, WRITE)
}

const fn posted(path: &'static str, id: &'static str, group: &'static str, summary: &'static str) -> Route {
    Route::new(Post, path, id, group, summary)
        .by(OPERATES)
        .takes(OPERATION)
        .sends("Parameters")
        .answers(&[(200, "Result")])
        .refuses(OUTCOME, POSTED)
}
