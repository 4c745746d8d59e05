//! Codes that are shown at a facility.

use access::{Caller, StaffRole};
use fhir::Instant;
use healthbook_health_book::{blocks, presence};
use serde_json::{Value, json};

use crate::world::{DAY, HOUR, MINUTE, World, body, citizen, on_each, refusal, relation, soon as at, staff};

async fn code(world: &World, request: Value, now: Instant) -> Value {
    presence::make_code(&world.book, &citizen("hoa"), body(request), now).await.unwrap()
}

async fn redeem(
    world: &World,
    caller: &Caller,
    code: &str,
    now: Instant,
) -> Result<Value, interactions::Problem> {
    presence::redeem(&world.book, caller, body(json!({"kind": "presence", "code": code})), now).await
}

#[test]
fn a_code_opens_once_in_either_form() {
    on_each(|world| async move {
        let clinic = staff("clinic", StaffRole::Registrar);
        let made = code(&world, json!({"days": 2, "labels": ["HIV"]}), at(0)).await;
        let (long, short) = (made["code"].as_str().unwrap(), made["digits"].as_str().unwrap());
        assert_eq!((long.len(), short.len()), (26, 8));
        assert_eq!(made["expires"], at(5 * MINUTE).to_string());
        let spaced = format!("{} {}", &short[..4], &short[4..]);
        let opened = redeem(&world, &clinic, &spaced, at(MINUTE)).await.unwrap();
        assert_eq!((&opened["patient"], &opened["kind"]), (&json!("hoa"), &json!("presence")));
        assert_eq!(opened["begins"], at(MINUTE).to_string());
        assert_eq!(opened["ends"], at(MINUTE + 2 * DAY).to_string());
        for used in [short, long] {
            assert_eq!(
                refusal(redeem(&world, &clinic, used, at(MINUTE)).await),
                (404, "wrong-code".to_owned())
            );
        }
        let consents = world.consents_of("hoa").await;
        let [consent] = consents.as_slice() else { panic!("one consent: {consents:?}") };
        assert_eq!(relation(consent), Some("presence"));
        assert_eq!(consent["status"], "active");
        let provision = &consent["provision"];
        assert_eq!(provision["type"], "permit");
        assert_eq!(provision["actor"][0]["reference"]["reference"], "Organization/clinic");
        assert_eq!(provision["purpose"][0]["code"], "TREAT");
        assert_eq!(provision["securityLabel"][0]["code"], "HIV");
        assert_eq!(consent["verification"][0]["verified"], true);
        assert_eq!(consent["verification"][0]["verifiedWith"]["reference"], "Patient/hoa");
    });
}

#[test]
fn a_code_ends_after_five_minutes_and_is_for_whom_it_was_made() {
    on_each(|world| async move {
        let (clinic, hospital) = (staff("clinic", StaffRole::System), staff("hospital", StaffRole::Nurse));
        let made = code(&world, json!({"facility": "99001"}), at(0)).await;
        let digits = made["digits"].as_str().unwrap();
        let wrong = (404, "wrong-code".to_owned());
        assert_eq!(refusal(redeem(&world, &hospital, digits, at(1)).await), wrong, "another facility");
        assert_eq!(refusal(redeem(&world, &clinic, digits, at(5 * MINUTE)).await), wrong, "over");
        assert!(redeem(&world, &clinic, digits, at(5 * MINUTE - 1)).await.is_ok(), "the last second");
        assert_eq!(refusal(redeem(&world, &clinic, "00000000", at(1)).await), wrong, "never made");
        let made =
            presence::make_code(&world.book, &citizen("hoa"), body(json!({"facility": "nowhere"})), at(0))
                .await;
        assert_eq!(refusal(made), (422, "no-such-facility".to_owned()));
        for days in [0, -1, 31, i64::MAX] {
            let made =
                presence::make_code(&world.book, &citizen("hoa"), body(json!({"days": days})), at(0)).await;
            assert_eq!(refusal(made).0, 422, "{days} days");
        }
    });
}

#[test]
fn who_may_make_and_redeem() {
    on_each(|world| async move {
        let clinic = staff("clinic", StaffRole::Physician);
        let made = presence::make_code(&world.book, &clinic, body(json!({})), at(0)).await;
        assert_eq!(refusal(made).0, 403, "a facility makes no codes");
        let made = presence::make_code(&world.book, &Caller::Anonymous, body(json!({})), at(0)).await;
        assert_eq!(refusal(made).0, 401);
        let made =
            presence::make_code(&world.book, &citizen("hoa"), body(json!({"patient": "lan"})), at(0)).await;
        let absent =
            presence::make_code(&world.book, &citizen("hoa"), body(json!({"patient": "nobody"})), at(0))
                .await;
        assert_eq!(refusal(made), refusal(absent), "another's book is as one that is not there");
        let digits = code(&world, json!({}), at(0)).await["digits"].as_str().unwrap().to_owned();
        for caller in [citizen("lan"), staff("clinic", StaffRole::FacilityOfficer)] {
            assert_eq!(refusal(redeem(&world, &caller, &digits, at(1)).await).0, 403);
        }
        assert!(redeem(&world, &staff("clinic", StaffRole::Laboratory), &digits, at(1)).await.is_ok());
        for _ in 0..3 {
            code(&world, json!({}), at(10)).await;
        }
        let fourth = presence::make_code(&world.book, &citizen("hoa"), body(json!({})), at(10)).await;
        assert_eq!(refusal(fourth), (409, "too-many-codes".to_owned()));
        code(&world, json!({}), at(10 + 5 * MINUTE)).await;
    });
}

#[test]
fn of_many_who_show_a_code_at_once_one_succeeds() {
    on_each(|world| async move {
        let made = code(&world, json!({}), at(0)).await;
        let mut tries = Vec::new();
        for place in 0..8 {
            let form = if place % 2 == 0 { "code" } else { "digits" };
            let (book, code) = (world.book.clone(), made[form].as_str().unwrap().to_owned());
            tries.push(tokio::spawn(async move {
                let clinic = staff("clinic", StaffRole::Registrar);
                let request = body(json!({"kind": "presence", "code": code}));
                presence::redeem(&book, &clinic, request, at(1)).await.is_ok()
            }));
        }
        let mut successes = 0;
        for tried in tries {
            successes += usize::from(tried.await.unwrap());
        }
        assert_eq!(successes, 1);
        assert_eq!(world.consents_of("hoa").await.len(), 1);
    });
}

#[test]
fn a_facility_that_is_blocked_learns_only_that() {
    on_each(|world| async move {
        let clinic = staff("clinic", StaffRole::Registrar);
        let block = blocks::block(&world.book, &citizen("hoa"), body(json!({"facility": "99001"})), at(0))
            .await
            .unwrap();
        let made = code(&world, json!({}), at(1)).await;
        let digits = made["digits"].as_str().unwrap();
        assert_eq!(refusal(redeem(&world, &clinic, digits, at(2)).await), (409, "blocked".to_owned()));
        assert_eq!(refusal(redeem(&world, &clinic, digits, at(2)).await).0, 404, "the code is used up");
        let made = code(&world, json!({}), at(3)).await;
        blocks::lift(&world.book, &citizen("hoa"), block["id"].as_str().unwrap(), at(4)).await.unwrap();
        assert!(redeem(&world, &clinic, made["digits"].as_str().unwrap(), at(5)).await.is_ok());
    });
}

#[test]
fn guessing_is_throttled_even_for_the_right_code() {
    on_each(|world| async move {
        let made = code(&world, json!({}), at(0)).await;
        let digits = made["digits"].as_str().unwrap();
        let one = staff("clinic", StaffRole::Registrar);
        for _ in 0..10 {
            assert_eq!(refusal(redeem(&world, &one, "00000000", at(1)).await).0, 404);
        }
        assert_eq!(refusal(redeem(&world, &one, digits, at(1)).await), (429, "throttled".to_owned()));
        let another = staff("clinic", StaffRole::Nurse);
        assert!(redeem(&world, &another, digits, at(2)).await.is_ok(), "another account of the facility");
        assert_eq!(
            refusal(redeem(&world, &one, "00000000", at(11 * MINUTE)).await).0,
            404,
            "after ten minutes"
        );
        // Right ones do not count.
        for round in 0..12 {
            let now = at(HOUR + round);
            let made = code(&world, json!({}), now).await;
            assert!(redeem(&world, &another, made["digits"].as_str().unwrap(), now).await.is_ok());
        }
    });
}

async fn prescribe(world: &World) {
    world
        .put(json!({"resourceType": "Encounter", "id": "visit", "status": "finished",
            "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
            "subject": {"reference": "Patient/hoa"}}))
        .await;
    for name in ["one", "two"] {
        world
            .put(json!({"resourceType": "MedicationRequest", "id": name, "status": "active", "intent": "order",
                "identifier": [{"system": "http://fhir.hl7.org.vn/core/sid/prescription-code", "value": "99001000abc1-c"}],
                "medicationCodeableConcept": {"text": "medicine"},
                "subject": {"reference": "Patient/hoa"}, "encounter": {"reference": "Encounter/visit"}}))
            .await;
    }
}

#[test]
fn a_prescription_opens_its_visit_for_a_day() {
    on_each(|world| async move {
        prescribe(&world).await;
        let pharmacy = staff("hospital", StaffRole::Pharmacist);
        let request =
            |code: &str, birth: &str| json!({"kind": "prescription", "code": code, "birth_date": birth});
        let ask = async |caller: &Caller, code: &str, birth: &str| {
            presence::redeem(&world.book, caller, body(request(code, birth)), at(0)).await
        };
        let wrong = (404, "wrong-code".to_owned());
        assert_eq!(refusal(ask(&pharmacy, "99001000abc1-c", "1990-05-05").await), wrong);
        assert_eq!(refusal(ask(&pharmacy, "99001000abc2-c", "1990-05-04").await), wrong);
        assert_eq!(refusal(ask(&pharmacy, "*", "1990-05-04").await), wrong);
        assert_eq!(refusal(ask(&pharmacy, "99001000abc1-c", "1990").await).0, 422);
        assert_eq!(
            refusal(ask(&staff("hospital", StaffRole::Nurse), "99001000abc1-c", "1990-05-04").await).0,
            403
        );
        let opened = ask(&pharmacy, "99001000abc1-c", "1990-05-04").await.unwrap();
        assert_eq!(opened["ends"], at(DAY).to_string());
        let consents = world.consents_of("hoa").await;
        assert_eq!(relation(&consents[0]), Some("prescription"));
        assert_eq!(consents[0]["provision"]["data"][0]["reference"]["reference"], "Encounter/visit");
    });
}

#[test]
fn birth_dates_are_not_guessed_for_a_prescription() {
    on_each(|world| async move {
        prescribe(&world).await;
        let ask = async |organization: &str, birth: &str| {
            let request = json!({"kind": "prescription", "code": "99001000abc1-c", "birth_date": birth});
            presence::redeem(&world.book, &staff(organization, StaffRole::Pharmacist), body(request), at(0))
                .await
        };
        for day in 10..15 {
            assert_eq!(refusal(ask("clinic", &format!("1990-05-{day}")).await).0, 404);
        }
        assert_eq!(refusal(ask("clinic", "1990-05-04").await).0, 429);
        assert_eq!(refusal(ask("hospital", "1990-05-04").await).0, 429, "from nowhere");
    });
}
