//! Limits hold when everybody asks at the same moment.

use std::future::Future;

use access::StaffRole;
use healthbook_health_book::{HealthBook, delegations, emergency, presence};
use interactions::Problem;
use serde_json::{Value, json};

use crate::world::{DAY, World, at, body, citizen, on_each, refusal, staff};

/// What comes of an act that many do at once.
async fn many<T, F>(world: &World, act: impl Fn(HealthBook) -> F) -> Vec<Result<T, Problem>>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Problem>> + Send + 'static,
{
    let acts: Vec<_> = (0..20).map(|_| tokio::spawn(act(world.book.clone()))).collect();
    let mut answers = Vec::new();
    for act in acts {
        answers.push(act.await.unwrap());
    }
    answers
}

/// How many succeeded; all others were refused for this, or because one account does too much at once.
#[track_caller]
fn succeeded<T>(answers: Vec<Result<T, Problem>>, rule: &str) -> usize {
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    for answer in refused {
        let refusal = refusal(answer);
        assert!([(409, rule), (429, "throttled")].contains(&(refusal.0, refusal.1.as_str())), "{refusal:?}");
    }
    done.len()
}

#[test]
fn three_presence_codes_live_however_many_ask() {
    on_each(|world| async move {
        let ask = |book: HealthBook| async move {
            presence::make_code(&book, &citizen("hoa"), body(json!({})), at(0)).await
        };
        assert_eq!(succeeded(many(&world, ask).await, "too-many-codes"), 3);
        let other = presence::make_code(&world.book, &citizen("lan"), body(json!({})), at(0)).await;
        assert!(other.is_ok(), "each book has its own");
    });
}

#[test]
fn five_delegations_wait_however_many_are_given() {
    on_each(|world| async move {
        let give = |book: HealthBook| async move {
            let request = json!({"citizen_number": "099000000002", "birth_date": "1985-01-01", "ends": at(DAY).to_string()});
            delegations::give(&book, &citizen("hoa"), body(request), at(0)).await
        };
        // Wrong numbers are counted before they are looked up, so that ten at most are on their way.
        assert_eq!(succeeded(many(&world, give).await, "too-many-delegations"), 5);
        assert_eq!(world.consents_of("hoa").await.len(), 5);
    });
}

#[test]
fn an_emergency_is_one_access_that_is_renewed_twice() {
    on_each(|world| async move {
        let open = |book: HealthBook| async move {
            let request =
                json!({"patient": "hoa", "reason": "unconscious", "text": "found without consciousness"});
            let physician = staff("clinic", StaffRole::Physician);
            emergency::open(&book, &physician, body(request), at(0)).await.map(|opened| opened.is_new)
        };
        let answers = many(&world, open).await;
        let new = answers.iter().filter(|answer| matches!(answer, Ok(true))).count();
        assert_eq!((succeeded(answers, "no-renewal"), new), (3, 1));
        assert_eq!(world.consents_of("hoa").await.len(), 1);
        assert_eq!(world.find("Task", &[]).await.len(), 1, "one review");
    });
}

/// A consent that says to be of a relation, as its owner would write it by FHIR: the gate knows by whom it was written.
async fn forge(world: &World, relation: &str, status: &str, actor: &str) -> Value {
    let consent = json!({
        "resourceType": "Consent", "status": status, "patient": {"reference": "Patient/hoa"},
        "scope": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/consentscope", "code": "patient-privacy"}]},
        "category": [
            {"coding": [{"system": "http://loinc.org", "code": "59284-0"}]},
            {"coding": [{"system": "urn:healthbook:relation", "code": relation}]},
        ],
        "dateTime": at(0).to_string(),
        "policyRule": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "OPTIN"}]},
        "provision": {
            "type": "permit", "period": {"end": at(30 * DAY).to_string()},
            "actor": [{"role": {"text": "x"}, "reference": {"reference": actor}}],
        },
    });
    let service = world.service();
    let kind = "Consent".parse().unwrap();
    let access = service.decide(&citizen("hoa"), access::Interaction::Create, Some(kind)).unwrap();
    let stored = interactions::create(service, &access, kind, consent.to_string().as_bytes()).await;
    let stored = stored.unwrap_or_else(|problem| panic!("{}", problem.outcome()));
    serde_json::from_str(&stored.to_json().unwrap().unwrap()).unwrap()
}

#[test]
fn what_a_citizen_writes_as_a_delegation_is_none_and_is_not_made_one() {
    on_each(|world| async move {
        for status in ["active", "proposed"] {
            let forged = forge(&world, "delegation", status, "Patient/minh").await;
            let id = forged["id"].as_str().unwrap();
            // Of one who is 14 years old nobody may make a delegate.
            for who in ["minh", "hoa"] {
                let accepted = delegations::accept(&world.book, &citizen(who), id, at(1)).await;
                assert_eq!(refusal(accepted).0, 404, "{who} {status}");
                let list = delegations::list(&world.book, &citizen(who), at(1)).await.unwrap();
                assert_eq!(list["items"], json!([]), "{who} {status}");
            }
        }
        forge(&world, "emergency", "active", "Organization/clinic").await;
        let request =
            json!({"patient": "hoa", "reason": "unconscious", "text": "found without consciousness"});
        let physician = staff("clinic", StaffRole::Physician);
        let opened = emergency::open(&world.book, &physician, body(request), at(1)).await.unwrap();
        assert!(opened.is_new, "told and reviewed, not renewed");
    });
}
