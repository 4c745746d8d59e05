//! Routes of the acts that open and close books (`docs/sharing.md`).

use crate::route::Method::{Delete, Get, Post, Put};
use crate::route::{Caller, Refusal, Route};

const ACTS: &str = "Sharing";

/// What an act without a body may answer.
const PLAIN: &[u16] = &[400, 401, 403, 404, 406, 409, 422, 500, 503, 504];
/// What an act with a body may answer.
const SENT: &[u16] = &[400, 401, 403, 404, 406, 408, 409, 413, 415, 422, 429, 500, 503, 504];

pub(super) const ROUTES: &[Route] = &[
    act(
        "/access/presence-codes",
        "makePresenceCode",
        "A citizen makes a code that opens the book to who redeems it",
    )
    .sends("PresenceCode")
    .answers(&[(201, "PresenceCode")]),
    list("/access/relations", "listRelations", "Who may see the book, or whose books a facility may see")
        .takes(&["patient", "page-query", "count", "Accept-Language"])
        .answers(&[(200, "Relations")]),
    act("/access/relations", "redeemCode", "A facility redeems a presence or prescription code")
        .sends("Code")
        .answers(&[(201, "Relation")]),
    plain("/access/relations/{id}/end", "endRelation", "End a relation now").answers(&[(200, "Ended")]),
    act("/access/relations/{id}/shorten", "shortenRelation", "Give a relation an earlier end")
        .sends("End")
        .answers(&[(200, "Ended")]),
    act("/access/relations/{id}/extend", "extendRelation", "Give a relation a later end")
        .sends("End")
        .answers(&[(200, "Ended")]),
    list("/access/blocks", "listBlocks", "What the citizen has closed")
        .takes(&["patient", "Accept-Language"])
        .answers(&[(200, "Blocks")]),
    act("/access/blocks", "block", "Close the book, or a part of it")
        .sends("Block")
        .answers(&[(201, "Made")]),
    Route::new(Delete, "/access/blocks/{id}", "liftBlock", ACTS, "Lift a block")
        .by(Caller::Token { scopes: "" })
        .takes(&["Accept-Language"])
        .answers(&[(204, "Nothing")])
        .refuses(Refusal::Outcome, PLAIN),
    act("/access/emergency", "openEmergency", "Open a book in an emergency, or renew that")
        .sends("Emergency")
        .answers(&[(200, "EmergencyRenewal"), (201, "Emergency")]),
    list("/access/emergency/reviews", "listReviews", "Emergencies that a facility must answer for")
        .answers(&[(200, "Reviews")]),
    act("/access/emergency/reviews/{id}/review", "review", "Say whether an emergency was justified")
        .sends("Review")
        .answers(&[(200, "Reviewed")]),
    list("/access/delegations", "listDelegations", "Delegations that were given and taken")
        .answers(&[(200, "Delegations")]),
    act("/access/delegations", "delegate", "Entrust the own book to somebody")
        .sends("Delegation")
        .answers(&[(201, "Made")]),
    plain("/access/delegations/{id}/accept", "acceptDelegation", "Accept a delegation")
        .answers(&[(200, "DelegationState")]),
    plain("/access/delegations/{id}/end", "endDelegation", "End a delegation")
        .answers(&[(200, "DelegationState")]),
    list("/access/notices/preferences", "noticePreferences", "How the citizen wants notices")
        .answers(&[(200, "NoticePreferences")]),
    Route::new(
        Put,
        "/access/notices/preferences",
        "setNoticePreferences",
        ACTS,
        "Say how notices are wanted; what is left out is not wanted",
    )
    .by(Caller::Token { scopes: "" })
    .takes(&["Accept-Language"])
    .sends("NoticePreferences")
    .answers(&[(200, "NoticePreferences")])
    .refuses(Refusal::Outcome, SENT),
    list("/access/notices/patterns", "noticePatterns", "Unusual patterns of the staff of a facility")
        .answers(&[(200, "Patterns")]),
    list("/access/merges", "listMerges", "People and entries about which two officers have to decide")
        .answers(&[(200, "MergeWork")]),
    act(
        "/access/merges",
        "reportMerge",
        "Report that two people may be one, or are not, or whose an entry is",
    )
    .sends("MergeReport")
    .answers(&[(201, "Made")]),
    act("/access/merges/{id}/propose", "proposeMerge", "Propose what is to be decided")
        .sends("MergeProposal")
        .answers(&[(200, "MergeProposed")]),
    plain("/access/merges/{id}/confirm", "confirmMerge", "Confirm what another officer proposed")
        .answers(&[(200, "MergeDecided")]),
    plain("/access/visits/{id}/private", "makePrivate", "Make a visit of an adolescent private")
        .answers(&[(200, "PrivateVisit")]),
    act("/access/preview", "preview", "What staff of a facility would see of the own book")
        .sends("Preview")
        .answers(&[(200, "Preview")]),
    act("/access/effects", "effects", "What a draft of a Consent would do")
        .sends("ConsentDraft")
        .answers(&[(200, "Effects")]),
    list("/access/shields", "listShields", "Location shields that wait for a second officer")
        .answers(&[(200, "Shields")]),
    act("/access/shields", "askShield", "Ask for a location shield, or that it is lifted")
        .sends("Shield")
        .answers(&[(202, "Asked")]),
    plain("/access/shields/{id}/confirm", "confirmShield", "Confirm what another officer asked for")
        .answers(&[(200, "ShieldConfirmed")]),
];

const fn list(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Get, path, id, ACTS, summary)
        .with_head()
        .by(Caller::Token { scopes: "" })
        .takes(&["Accept-Language"])
        .refuses(Refusal::Outcome, PLAIN)
}

const fn act(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Post, path, id, ACTS, summary)
        .by(Caller::Token { scopes: "" })
        .takes(&["Accept-Language"])
        .refuses(Refusal::Outcome, SENT)
}

const fn plain(path: &'static str, id: &'static str, summary: &'static str) -> Route {
    Route::new(Post, path, id, ACTS, summary)
        .by(Caller::Token { scopes: "" })
        .takes(&["Accept-Language"])
        .refuses(Refusal::Outcome, PLAIN)
}
