//! `/access` over HTTP: what is asked how, and refused how (`docs/sharing.md` section 1); codes, relations, blocks and
//! delegations from end to end.

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::support::program::{Caller, Demo};
use crate::support::{body, expect_refusal, matches, text};

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

fn on_each_demo(test: impl Fn(&Demo)) {
    for database in TestDatabase::each() {
        test(&Demo::start(database));
    }
}

/// An act with a body.
pub fn act(caller: &Caller<'_>, path: &str, request: &Value) -> Response {
    caller.send("POST", &format!("/access/{path}"), &request.to_string())
}

/// The same, answered with a status.
#[track_caller]
pub fn done(caller: &Caller<'_>, path: &str, request: &Value, status: u16) -> Value {
    body(&act(caller, path, request).expect_status(status))
}

/// The facility of the first client system.
pub fn facility(demo: &Demo) -> &str {
    demo.description["clients"][0]["facility"].as_str().unwrap()
}

#[test]
fn nobody_does_anything_without_a_token() {
    let demo = Demo::start(TestDatabase::sqlite());
    for (method, path) in [
        ("POST", "presence-codes"),
        ("POST", "relations"),
        ("GET", "relations"),
        ("POST", "relations/presence.Consent.x/end"),
        ("POST", "relations/presence.Consent.x/shorten"),
        ("POST", "relations/presence.Consent.x/extend"),
        ("POST", "blocks"),
        ("GET", "blocks"),
        ("DELETE", "blocks/x"),
        ("POST", "emergency"),
        ("GET", "emergency/reviews"),
        ("POST", "emergency/reviews/x/review"),
        ("POST", "delegations"),
        ("GET", "delegations"),
        ("POST", "delegations/x/accept"),
        ("POST", "delegations/x/end"),
        ("POST", "visits/x/private"),
        ("POST", "preview"),
        ("POST", "effects"),
        ("POST", "shields"),
        ("GET", "shields"),
        ("POST", "shields/x/confirm"),
        ("PATCH", "blocks"),
    ] {
        let answer = demo.server().client().request(method, &format!("/access/{path}"), &JSON, b"{}");
        expect_refusal(&format!("{method} {path}"), &answer, 401);
    }
    expect_refusal("no path", &demo.as_citizen(0).get("/access/nothing"), 404);
    let answer = demo.as_citizen(0).send("PUT", "/access/blocks", "{}");
    expect_refusal("a method", &answer, 405);
    assert_eq!(answer.header("Allow"), Some("GET, HEAD, POST"));
}

#[test]
fn bodies_are_small_and_known() {
    let demo = Demo::start(TestDatabase::sqlite());
    let citizen = demo.as_citizen(0);
    let large = format!("{{\"days\": 1{}}}", " ".repeat(20_000));
    for (sent, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("{\"day\": 1}", 400),
        ("{\"days\": \"1\"}", 400),
        ("{\"days\": 1, \"days\": 1}", 400),
        ("{\"days\": 0}", 422),
        ("{\"labels\": [\"a b\"]}", 422),
        (large.as_str(), 413),
    ] {
        let answer = citizen.send("POST", "/access/presence-codes", sent);
        expect_refusal(&sent[..sent.len().min(30)], &answer, status);
    }
    let answer = citizen.send_with(
        "POST",
        "/access/presence-codes",
        &[("Accept-Language", "en")],
        "{\"facility\": \"00000\"}",
    );
    let issue = expect_refusal("English", &answer, 422);
    assert!(text(&issue["details"]["text"]).contains("no-such-facility"), "{issue}");
    assert!(text(&issue["details"]["text"]).contains("directory"), "{issue}");
}

#[test]
fn a_code_becomes_a_relation_that_the_citizen_sees_and_ends() {
    on_each_demo(|demo| {
        let (citizen, client) = (demo.as_citizen(0), demo.as_client());
        let own = demo.citizen(0).1;
        let made = done(&citizen, "presence-codes", &json!({}), 201);
        let request = json!({"kind": "presence", "code": made["digits"]});
        let answer = act(&client, "relations", &request);
        assert_eq!(answer.header("Content-Type"), Some("application/json; charset=utf-8"));
        assert_eq!(answer.header("Cache-Control"), Some("no-store"));
        let relation = body(&answer.expect_status(201));
        assert_eq!((&relation["patient"], &relation["kind"]), (&json!(own), &json!("presence")));
        expect_refusal("a used code", &act(&client, "relations", &request), 404);

        let id = text(&relation["id"]);
        let listed = citizen.read("/access/relations");
        let found = listed["items"].as_array().unwrap().iter().find(|item| item["id"] == id.as_str());
        let source = text(&found.expect("the relation is listed")["source"]);
        let consent = citizen.read(&format!("/fhir/{source}"));
        assert_eq!(consent["provision"]["type"], "permit", "the citizen reads it as FHIR");
        let by_category = citizen.read("/fhir/Consent?category=urn:healthbook:relation%7Cpresence");
        assert_eq!(matches(&by_category).len(), 1);

        let stranger = demo.as_citizen(1);
        expect_refusal("a stranger", &act(&stranger, &format!("relations/{id}/end"), &json!({})), 404);
        done(&citizen, &format!("relations/{id}/end"), &json!({}), 200);
        let history = citizen.read(&format!("/fhir/{source}/_history"));
        assert_eq!(matches_of_history(&history), ["inactive", "active"], "what was, is still told");
        let listed = citizen.read("/access/relations");
        assert!(listed["items"].as_array().unwrap().iter().all(|item| item["id"] != id.as_str()));
    });
}

fn matches_of_history(history: &Value) -> Vec<String> {
    let entries = history["entry"].as_array().unwrap();
    entries.iter().map(|entry| text(&entry["resource"]["status"])).collect()
}

#[test]
fn a_delegation_is_accepted_by_the_other() {
    on_each_demo(|demo| {
        let description = &demo.description["citizens"];
        let adult = (1..30).find(|place| text(&description[*place]["birth_date"]).as_str() < "2000");
        let adult = adult.expect("an adult beside the first citizen");
        let (giver, taker) = (demo.as_citizen(0), demo.as_citizen(adult));
        let request = json!({
            "citizen_number": demo.citizen(adult).0, "birth_date": description[adult]["birth_date"],
            "types": ["Immunization"], "ends": "2027-01-31T00:00:00+07:00",
        });
        let given = done(&giver, "delegations", &request, 201);
        let id = text(&given["id"]);
        assert_eq!(given["status"], "waiting");
        assert_eq!(taker.read("/access/delegations")["items"][0]["status"], "waiting");
        expect_refusal("the giver", &act(&giver, &format!("delegations/{id}/accept"), &json!({})), 422);
        done(&taker, &format!("delegations/{id}/accept"), &json!({}), 200);
        for caller in [&giver, &taker] {
            assert_eq!(caller.read("/access/delegations")["items"][0]["status"], "active");
        }
        done(&taker, &format!("delegations/{id}/end"), &json!({}), 200);
        assert_eq!(giver.read("/access/delegations")["items"][0]["status"], "ended");
    });
}

#[test]
fn a_facility_does_none_of_the_citizens_acts() {
    let demo = Demo::start(TestDatabase::sqlite());
    let client = demo.as_client();
    for path in ["presence-codes", "blocks"] {
        expect_refusal(path, &act(&client, path, &json!({})), 403);
    }
    expect_refusal("effects", &act(&client, "effects", &json!({})), 403);
    expect_refusal("preview", &act(&client, "preview", &json!({"facility": facility(&demo)})), 403);
    expect_refusal("delegations", &client.get("/access/delegations"), 403);
    expect_refusal("shields", &client.get("/access/shields"), 403);
    let emergency =
        json!({"patient": demo.citizen(0).1, "reason": "unconscious", "text": "a system is no physician"});
    expect_refusal("emergency", &act(&client, "emergency", &emergency), 403);
    expect_refusal(
        "redeem",
        &act(&demo.as_citizen(0), "relations", &json!({"kind": "presence", "code": "1"})),
        403,
    );
    assert!(client.read("/access/relations")["items"].is_array());
}
