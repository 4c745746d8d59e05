//! Pages of signing in (`docs/sign-in.md`, sections 5 and 6). They are there when signing in by browser is on.

use crate::route::Method::{Delete, Get, Post};
use crate::route::{Caller, Refusal, Route};

const PAGES: &str = "Signing in";

pub(super) const ROUTES: &[Route] = &[
    Route::new(Get, "/auth/style.css", "style", PAGES, "The style sheet of all pages")
        .answers(&[(200, "Style")]),
    shown("/auth/sign-in", "signIn", "Where signing in begins").takes(&["continue", "lang"]),
    shown("/auth/sign-in/password", "signInByPassword", "The same").takes(&["continue", "lang"]),
    sent("/auth/sign-in/password", "password", "Number and password"),
    shown("/auth/sign-in/code", "codePage", "Where the second factor is asked for"),
    sent("/auth/sign-in/code", "code", "The second factor"),
    shown("/auth/activate", "activatePage", "Where a first password is set"),
    sent("/auth/activate", "activate", "An activation code and a password"),
    Route::new(Get, "/auth/passkey.js", "passkeyScript", PAGES, "The script of the passkey pages")
        .answers(&[(200, "Script")]),
    shown("/auth/passkey", "passkeyPage", "Sign in by passkey").takes(&["continue", "lang"]),
    shown("/auth/passkey/add", "passkeyAddPage", "Add a passkey"),
    asked("/auth/passkey/sign-in/begin", "passkeyBegin", "A challenge")
        .sends("PasskeyBegin")
        .answers(OPTIONS),
    asked("/auth/passkey/sign-in/finish", "passkeyFinish", "The answer to the challenge").sends("Passkey"),
    asked("/auth/passkey/add/begin", "passkeyAddBegin", "A challenge for a new passkey")
        .by(Caller::Session)
        .sends("PasskeyBegin")
        .answers(OPTIONS),
    asked("/auth/passkey/add/finish", "passkeyAddFinish", "The new passkey")
        .by(Caller::Session)
        .sends("Passkey"),
    shown("/auth/provider/start", "providerStart", "To the external provider")
        .takes(&["continue", "lang"])
        .answers(&[(200, "Page"), (303, "Redirect")]),
    shown("/auth/provider/callback", "providerCallback", "Back from the external provider")
        .takes(&["state", "code", "iss", "error"])
        .answers(&[(200, "Page"), (303, "Redirect")]),
    shown("/auth/sessions", "sessions", "Devices that are signed in, as a page or as JSON")
        .by(Caller::Session)
        .answers(&[(200, "Sessions"), (303, "Redirect")]),
    sent("/auth/sessions/end", "endSession", "Sign a device out").by(Caller::Session),
    Route::new(Delete, "/auth/sessions/{session}", "deleteSession", PAGES, "Sign a device out")
        .by(Caller::Session)
        .answers(&[(204, "Nothing")])
        .refuses(Refusal::Page, REFUSED),
    shown("/auth/access-log", "accessLogPage", "Who looked at the own book, as a page")
        .by(Caller::Session)
        .takes(&["lang", "from", "to", "facility", "own", "page-query"]),
    shown("/auth/access-log.pdf", "accessLogReport", "The same as a signed report")
        .by(Caller::Session)
        .takes(&["lang", "from", "to", "facility", "own"])
        .answers(&[(200, "Report"), (303, "Redirect")]),
    shown("/auth/access-log/extract", "accessLogExtract", "The same entries with their proofs")
        .by(Caller::Session)
        .takes(&["lang", "from", "to", "older"])
        .answers(&[(200, "Extract"), (303, "Redirect")]),
    sent("/auth/access-log/block", "blockFromLog", "Close the book to a facility of the page")
        .by(Caller::Session),
    sent("/auth/access-log/lift", "liftFromLog", "Lift such a block").by(Caller::Session),
    asked("/auth/sessions/assisted", "assistedSession", "Staff opens a session for a citizen who is present")
        .by(Caller::Session)
        .sends("Assisted")
        .answers(&[(201, "AssistedSession")]),
];

/// Pages of the citizen's book (`docs/book-pages.md`).
pub(super) const BOOK: &[Route] = &[
    shown("/book", "bookPage", "The book at a glance").by(Caller::Session).takes(&["lang", "of"]),
    shown("/book/check-ups/{id}", "checkUpPage", "One check-up").by(Caller::Session).takes(&["lang", "of"]),
    shown("/book/timeline", "timelinePage", "The life so far").by(Caller::Session).takes(&[
        "lang",
        "of",
        "page-query",
    ]),
    shown("/book/notices", "noticesPage", "What the citizen was told")
        .by(Caller::Session)
        .takes(&["lang", "of"]),
    shown("/book/others", "booksPage", "The other books that are open").by(Caller::Session),
    shown("/book/who-may", "whoMayPage", "Who may look").by(Caller::Session).takes(&["lang", "of"]),
    shown("/book/block", "blockPage", "What a block does, before it is made")
        .by(Caller::Session)
        .takes(&["lang", "facility"]),
    sent("/book/block", "blockFacility", "Close the own book to a facility").by(Caller::Session),
    shown("/book/lift", "liftPage", "What lifting a block does, before it is done")
        .by(Caller::Session)
        .takes(&["lang", "block-query"]),
    sent("/book/lift", "liftBlockOfBook", "Lift a block").by(Caller::Session),
    shown("/book/end", "endPage", "What ending a right does, before it is done")
        .by(Caller::Session)
        .takes(&["lang", "relation-query"]),
    sent("/book/end", "endRight", "End a right to look").by(Caller::Session),
    sent("/book/sign-out", "signOut", "Sign this device out").by(Caller::Session),
];

const OPTIONS: &[(u16, &str)] = &[(200, "PasskeyOptions")];
/// Pages of a health station (`docs/station-pages.md`).
pub(super) const STATION: &[Route] = &[
    shown("/station", "stationPage", "Who is due for the annual check-up")
        .by(Caller::Session)
        .takes(&["lang", "due-people", "due-status", "page-query", "done"])
        .refuses(Refusal::Page, OF_FACILITY),
    sent("/station/remind", "remindOfCheckUp", "Remind somebody of the check-up")
        .by(Caller::Session)
        .refuses(Refusal::Page, OF_FACILITY),
    shown("/station/check-up", "checkUpForm", "The form that records a check-up")
        .by(Caller::Session)
        .takes(&["lang", "due-patient"])
        .refuses(Refusal::Page, OF_FACILITY),
    sent("/station/check-up", "recordCheckUp", "Record a check-up by form")
        .by(Caller::Session)
        .refuses(Refusal::Page, OF_FACILITY),
    sent("/station/sign-out", "stationSignOut", "Sign this device out").by(Caller::Session),
];

const REFUSED: &[u16] = &[400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 502, 503];
/// The same where the `Organization` of the staff is shown, which may be deleted.
const OF_FACILITY: &[u16] = &[400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 502, 503];

const fn shown(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Get, path, id, PAGES, summary)
        .takes(&["lang"])
        .answers(&[(200, "Page"), (303, "Redirect")])
        .refuses(Refusal::Page, REFUSED)
}

const fn sent(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Post, path, id, PAGES, summary)
        .takes(&["lang"])
        .sends("PageForm")
        .answers(&[(200, "Page"), (303, "Redirect")])
        .refuses(Refusal::Page, REFUSED)
}

const fn asked(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Post, path, id, PAGES, summary).answers(&[(200, "Place")]).refuses(Refusal::Page, REFUSED)
}
