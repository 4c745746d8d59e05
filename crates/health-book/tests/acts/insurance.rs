//! Every result of social insurance, and what becomes of the cards in the book (`docs/insurance-card.md`, section 3). The
//! directory of these tests says what it is told to say.

use std::sync::Mutex;
use std::time::Duration;

use access::Caller;
use fhir::Instant;
use healthbook_health_book::insurance::{Submitted, submit};
use interactions::Problem;
use population_registry::{
    Answer, Asking, Card, CardClass, CardDirectory, CardQuestion, CardReport, CardResult, RegistryError,
    RequestId, card_results,
};
use serde_json::{Value, json};

use crate::world::{World, id, on_each};

const OLD: &str = "GD4990990000011";
const NEW: &str = "HT3990990000011";

struct Saying(Mutex<&'static CardResult>);

fn card(number: &str, facility: &str, from: &str, until: &str) -> Card {
    let (from, until) = (from.parse().ok(), until.parse().ok());
    Card { number: number.to_owned(), facility: Some(facility.to_owned()), from, until }
}

impl CardDirectory for Saying {
    fn card<'a>(&'a self, request_id: RequestId, _: &'a CardQuestion) -> Asking<'a, CardReport> {
        Box::pin(async move {
            let result = *self.0.lock().unwrap();
            // What the adapter makes of these two classes.
            match result.class {
                CardClass::Operator => return Err(RegistryError::Refused),
                CardClass::Retry => return Err(RegistryError::Unreachable),
                _ => {}
            }
            let has_card = !matches!(
                result.class,
                CardClass::NotFound | CardClass::Mismatch | CardClass::ChildWithoutCard
            );
            let has_new = matches!(result.class, CardClass::ValidWithNewCard | CardClass::ExpiredWithNewCard);
            let value = CardReport {
                result,
                card: has_card.then(|| card(OLD, "99001", "2026-01-01", "2026-12-31")),
                new_card: has_new.then(|| card(NEW, "99002", "2026-06-01", "2027-12-31")),
                social_number: None,
                area: None,
                five_years: None,
                visits: 0,
            };
            let (source, latency) = ("social-insurance", Duration::ZERO);
            Ok(Answer {
                value,
                asked_at: Instant::now(),
                source,
                registry_version: None,
                latency,
                request_id,
            })
        })
    }
}

fn result(code: &str) -> &'static CardResult {
    card_results().iter().find(|result| result.code == code).unwrap()
}

async fn asked(world: &World, patient: &str, code: &str) -> Result<Value, Problem> {
    let question = json!({
        "resourceType": "CoverageEligibilityRequest", "patient": {"reference": format!("Patient/{patient}")},
        "insurance": [{"coverage": {"identifier": {"value": OLD}}}],
    });
    let submitted = Submitted::read(question.to_string().as_bytes()).unwrap();
    let directory = Saying(Mutex::new(result(code)));
    let answer = submit(&world.book, &directory, &Caller::Unrestricted, &submitted, Instant::now()).await?;
    Ok(serde_json::from_str(&answer).unwrap())
}

async fn person(world: &World, name: &str) {
    let person = json!({
        "resourceType": "Patient", "id": name, "name": [{"text": "Nguyễn Văn Thử"}], "birthDate": "1965-05-12",
    });
    world.put(person).await;
}

/// Number, status, end and version of each card in a book.
async fn cards(world: &World, patient: &str) -> Vec<(String, String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let found = world.find("Coverage", &[("beneficiary", patient)]).await;
    let mut all: Vec<_> = found
        .iter()
        .map(|it| {
            let (status, end) = (text(&it["status"]), text(&it["period"]["end"]));
            (text(&it["subscriberId"]), status, end, text(&it["meta"]["versionId"]))
        })
        .collect();
    all.sort();
    all
}

fn row(number: &str, status: &str, end: &str, version: &str) -> (String, String, String, String) {
    (number.to_owned(), status.to_owned(), end.to_owned(), version.to_owned())
}

/// The table of the document: code, outcome (or the status of a refusal), in force, status of the old card.
const TABLE: [(&str, &str, Option<bool>, Option<&str>); 29] = [
    ("000", "complete", Some(true), Some("active")),
    ("001", "complete", Some(true), Some("active")),
    ("002", "complete", Some(true), Some("active")),
    ("003", "complete", Some(true), Some("cancelled")),
    ("004", "complete", Some(true), Some("cancelled")),
    ("010", "complete", Some(false), Some("cancelled")),
    ("050", "error", None, None),
    ("051", "error", None, None),
    ("052", "error", None, None),
    ("053", "error", None, None),
    ("054", "503", None, None),
    ("055", "503", None, None),
    ("060", "error", None, None),
    ("061", "error", None, None),
    ("070", "error", None, None),
    ("080", "error", None, None),
    ("090", "error", None, None),
    ("100", "503", None, None),
    ("101", "503", None, None),
    ("110", "complete", Some(false), Some("cancelled")),
    ("120", "complete", Some(false), Some("cancelled")),
    ("121", "complete", Some(false), Some("cancelled")),
    ("122", "complete", Some(false), Some("cancelled")),
    ("123", "complete", Some(false), Some("cancelled")),
    ("124", "complete", Some(false), Some("cancelled")),
    ("130", "complete", None, None),
    ("205", "503", None, None),
    ("401", "503", None, None),
    ("500", "503", None, None),
];

#[test]
fn each_of_the_29_results_has_its_answer() {
    on_each(|world| async move {
        for (code, outcome, in_force, old) in TABLE {
            let name = format!("person-{code}");
            person(&world, &name).await;
            let answer = match asked(&world, &name, code).await {
                Ok(answer) => answer,
                Err(problem) => {
                    assert_eq!(problem.status.to_string(), outcome, "{code}");
                    assert!(cards(&world, &name).await.is_empty(), "{code}");
                    continue;
                }
            };
            assert_eq!(answer["outcome"], outcome, "{code}");
            assert_eq!(answer["extension"][0]["valueCoding"]["code"], code);
            let last = answer["insurance"].as_array().and_then(|all| all.last());
            assert_eq!(last.and_then(|it| it["inforce"].as_bool()), in_force, "{code}");
            let error = &answer["error"][0]["code"]["coding"][0]["code"];
            assert_eq!(error.as_str(), (outcome == "error").then_some(code), "{code}");
            let cards = cards(&world, &name).await;
            let known = cards.iter().find(|card| card.0 == OLD).map(|card| card.1.as_str());
            assert_eq!(known, old, "{code}");
            let asked_for = answer["request"]["reference"].as_str().unwrap().split_once('/').unwrap();
            assert_eq!(world.read(asked_for.0, &id(asked_for.1)).await["status"], "active");
        }
    });
}

#[test]
fn a_new_card_closes_the_old_period_and_keeps_its_versions() {
    on_each(|world| async move {
        person(&world, "holder").await;
        asked(&world, "holder", "000").await.unwrap();
        assert_eq!(cards(&world, "holder").await, [row(OLD, "active", "2026-12-31", "1")]);
        asked(&world, "holder", "004").await.unwrap();
        let closed = [row(OLD, "cancelled", "2026-05-31", "2"), row(NEW, "active", "2027-12-31", "1")];
        assert_eq!(cards(&world, "holder").await, closed);
        asked(&world, "holder", "004").await.unwrap();
        assert_eq!(cards(&world, "holder").await, closed, "the same answer writes nothing");
        // A question that was wrong tells nothing of the cards.
        asked(&world, "holder", "060").await.unwrap();
        assert_eq!(cards(&world, "holder").await, closed);
        // What the last answer was stands in, also when that was an error.
        let stale = asked(&world, "holder", "500").await.unwrap();
        assert_eq!(stale["extension"][0]["valueCoding"]["code"], "060");
        assert_eq!(stale["meta"]["tag"][0]["code"], "stale");
    });
}
