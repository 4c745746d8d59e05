//! Random queries that would change something: of what is visible, of what is hidden, of what is not there.

use serde_json::{Value, json};

use super::asking::{Pool, TYPES};
use super::bodies;
use super::dice::Dice;
use super::parameters::{self, at, written};
use super::population::identity;
use super::query::Query;
use crate::support::encode;

/// A random query that would change something.
pub fn writing(dice: &mut Dice, pool: &Pool) -> Query {
    match dice.below(12) {
        0 | 1 => create(dice, pool),
        2 | 3 => update(dice, pool),
        4 => delete(dice, pool),
        5 | 6 => patch(dice, pool),
        7 => Query::with_body("POST", format!("/fhir/{}", "Observation"), content(dice, pool))
            .header("If-None-Exist", &criteria(dice, pool, "Observation")),
        8 => conditional(dice, pool),
        9 => transaction(dice, pool),
        _ => validate(dice, pool),
    }
}

/// New content in some book, with the id of nothing, for a visit that is seen, hidden, of somebody else or not there.
fn content(dice: &mut Dice, pool: &Pool) -> Value {
    let book = pool.book(dice);
    let mut body = without_visit(dice, pool, &book);
    if ["Observation", "Condition"].contains(&kind_of(&body)) && dice.chance(45) {
        let id = match dice.below(10) {
            0 => "tw-nobody-1".to_owned(),
            1 => identity(pool.resource(dice, Some("Encounter")).unwrap()).1,
            _ => pool.visit_of(dice, &book).unwrap_or_else(|| "tw-nobody-2".to_owned()),
        };
        body["encounter"] = bodies::reference("Encounter", &id);
    }
    body
}

fn without_visit(dice: &mut Dice, pool: &Pool, book: &str) -> Value {
    match dice.below(7) {
        6 => {
            let known = pool.resource(dice, Some("Patient")).unwrap()["identifier"].clone();
            let mut person = bodies::patient(dice, 800);
            person["identifier"] = known;
            person
        }
        0 => bodies::condition(book, dice.pick(&bodies::COMMON).0, &bodies::day(dice)),
        1 if dice.chance(50) => bodies::condition(book, dice.pick(&bodies::SECRET).0, &bodies::day(dice)),
        1 => bodies::appointment(book, &dice.pick(&pool.organizations).clone(), "proposed", "2091"),
        2 => bodies::related_person(dice, book),
        _ => bodies::observation(dice, book),
    }
}

fn kind_of(body: &Value) -> &str {
    body["resourceType"].as_str().unwrap()
}

fn create(dice: &mut Dice, pool: &Pool) -> Query {
    let body = content(dice, pool);
    let query = Query::with_body("POST", format!("/fhir/{}", kind_of(&body)), &body);
    match dice.below(3) {
        0 => query.header("If-None-Exist", &criteria(dice, pool, kind_of(&body))),
        1 => query.header("Prefer", dice.word(&["return=minimal", "return=OperationOutcome"])),
        _ => query,
    }
}

/// Criteria that something has, seen or not.
fn criteria(dice: &mut Dice, pool: &Pool, kind: &str) -> String {
    let own = parameters::of(kind);
    for _ in 0..20 {
        let (_, name, of, place) = *dice.pick(&own);
        let Some(one) = pool.resource(dice, Some(kind)) else { break };
        if dice.chance(40) {
            return format!("_id={}", identity(one).1);
        }
        if let Some(value) = at(one, place).first().and_then(|value| written(value, of)) {
            return format!("{name}={}", encode(&value));
        }
    }
    "_id=tw-nobody-1".to_owned()
}

fn tag(dice: &mut Dice, query: Query) -> Query {
    if dice.chance(50) { query.header("If-Match", &format!("W/\"{}\"", 1 + dice.below(3))) } else { query }
}

/// `/fhir/Type/id` and a body that fits to it.
fn update(dice: &mut Dice, pool: &Pool) -> Query {
    let mut body = pool.resource(dice, None).unwrap().clone();
    if dice.chance(15) {
        body["id"] = format!("tw-nobody-{}", dice.below(5)).into();
    }
    if dice.chance(60) {
        body["language"] = "vi".into();
    }
    let (kind, id) = identity(&body);
    tag(dice, Query::with_body("PUT", format!("/fhir/{kind}/{id}"), body))
}

fn delete(dice: &mut Dice, pool: &Pool) -> Query {
    let target = pool.target(dice);
    let query = Query::new("DELETE", format!("/fhir/{target}"));
    tag(dice, query)
}

fn changes(dice: &mut Dice) -> (String, &'static str) {
    let language = dice.word(&["vi", "en", "fr"]);
    match dice.below(3) {
        0 => (
            json!([{"op": "test", "path": "/status", "value": "final"}]).to_string(),
            "application/json-patch+json",
        ),
        1 => (json!([{"op": "remove", "path": "/subject"}]).to_string(), "application/json-patch+json"),
        _ => (
            json!([{"op": "add", "path": "/language", "value": language}]).to_string(),
            "application/json-patch+json",
        ),
    }
}

fn patch(dice: &mut Dice, pool: &Pool) -> Query {
    let (body, kind) = changes(dice);
    let path = format!("/fhir/{}", pool.target(dice));
    let query = Query { body, ..Query::new("PATCH", path) }.header("Content-Type", kind);
    tag(dice, query)
}

fn conditional(dice: &mut Dice, pool: &Pool) -> Query {
    let kind = dice.word(&TYPES);
    let criteria = criteria(dice, pool, kind);
    let path = format!("/fhir/{kind}");
    match dice.below(3) {
        0 => Query::new("DELETE", path).parameter(criteria),
        1 => {
            let (body, media) = changes(dice);
            Query { body, ..Query::new("PATCH", path) }.header("Content-Type", media).parameter(criteria)
        }
        _ => {
            let mut body = pool.resource(dice, Some(kind)).unwrap().clone();
            if dice.chance(80) {
                body.as_object_mut().unwrap().remove("id");
            }
            Query::with_body("PUT", path, body).parameter(criteria)
        }
    }
}

fn transaction(dice: &mut Dice, pool: &Pool) -> Query {
    let entry = |dice: &mut Dice| match dice.below(5) {
        0 => {
            // Somebody who is named by what only some may see.
            let mut body = bodies::observation(dice, "x");
            body["subject"] = json!({"reference": format!("Patient?{}", criteria(dice, pool, "Patient"))});
            json!({"resource": body, "request": {"method": "POST", "url": "Observation"}})
        }
        1 => {
            let target = pool.target(dice);
            json!({"request": {"method": "DELETE", "url": target}})
        }
        2 => {
            let body = content(dice, pool);
            let kind = kind_of(&body).to_owned();
            let criteria = criteria(dice, pool, &kind);
            json!({"resource": body, "request": {"method": "POST", "url": kind, "ifNoneExist": criteria}})
        }
        3 => {
            let target = pool.target(dice);
            json!({"request": {"method": "GET", "url": target}})
        }
        _ => {
            let body = content(dice, pool);
            let kind = kind_of(&body).to_owned();
            json!({"resource": body, "request": {"method": "POST", "url": kind}})
        }
    };
    let mut entries: Vec<Value> = (0..1 + dice.below(3)).map(|_| entry(dice)).collect();
    let kind = dice.word(&["transaction", "batch"]);
    if kind == "batch" {
        // The entries of a batch are worked on beside each other: which of two comes first in a history is not promised.
        let mut writes = 0;
        entries.retain(|entry| {
            writes += usize::from(entry["request"]["method"] != "GET");
            writes <= 1
        });
    }
    Query::with_body("POST", "/fhir", json!({"resourceType": "Bundle", "type": kind, "entry": entries}))
}

fn validate(dice: &mut Dice, pool: &Pool) -> Query {
    let body = pool.resource(dice, None).unwrap().clone();
    let (kind, id) = identity(&body);
    let parameters = json!({"resourceType": "Parameters", "parameter": [
        {"name": "mode", "valueCode": dice.word(&["update", "create", "delete"])},
        {"name": "resource", "resource": body},
    ]});
    let path = if dice.chance(60) {
        format!("/fhir/{kind}/{id}/$validate")
    } else {
        format!("/fhir/{kind}/$validate")
    };
    Query::with_body("POST", path, parameters)
}
