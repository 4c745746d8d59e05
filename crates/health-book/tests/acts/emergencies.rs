//! Emergency access, its notice, its review.

use access::{Caller, StaffRole};
use fhir::Instant;
use healthbook_health_book::{NoticeKind, blocks, emergency, review};
use serde_json::{Value, json};

use crate::world::{DAY, World, at, body, citizen, id, last, on_each, refusal, relation, staff};

async fn open(
    world: &World,
    caller: &Caller,
    who: Value,
    now: Instant,
) -> Result<emergency::Opened, interactions::Problem> {
    let mut request = json!({"reason": "unconscious", "text": "found in the street, no answer"});
    request.as_object_mut().unwrap().extend(who.as_object().unwrap().clone());
    emergency::open(&world.book, caller, body(request), now).await
}

#[test]
fn it_opens_for_a_day_and_tells_the_citizen_and_the_officer() {
    on_each(|world| async move {
        let physician = staff("clinic", StaffRole::Physician);
        let opened =
            open(&world, &physician, json!({"citizen_number": "099000000001"}), at(0)).await.unwrap();
        assert!(opened.is_new);
        assert_eq!(opened.answer["patient"], "hoa");
        assert_eq!(opened.answer["token_purpose"], "BTG");
        assert_eq!(opened.answer["ends"], at(DAY).to_string());
        let consents = world.consents_of("hoa").await;
        assert_eq!(relation(&consents[0]), Some("emergency"));
        assert_eq!(consents[0]["provision"]["purpose"][0]["code"], "BTG");
        assert_eq!(consents[0]["verification"][0]["verified"], false, "nobody was asked");
        assert!(consents[0].to_string().contains("found in the street"));

        let notices = world.find("Communication", &[("patient", "hoa")]).await;
        let [notice] = notices.as_slice() else { panic!("one notice: {notices:?}") };
        let text = notice["payload"].to_string();
        for needed in
            ["Clinic", "physician", "28/11/2026 12:00", "29/11/2026 12:00", "unconscious", "bất tỉnh"]
        {
            assert!(text.contains(needed), "{needed}: {text}");
        }
        assert_eq!(notice["recipient"][0]["reference"], "Patient/hoa");
        let told = world.told.0.lock().unwrap().clone();
        assert_eq!(told.len(), 1);
        assert_eq!((told[0].kind, told[0].patient.as_str()), (NoticeKind::Emergency, "hoa"));
        assert_eq!(told[0].communication.as_str(), notice["id"].as_str().unwrap());

        let tasks = world.find("Task", &[("patient", "hoa")]).await;
        assert_eq!(tasks[0]["owner"]["reference"], "Organization/clinic");
        assert_eq!(tasks[0]["code"]["coding"][0]["code"], "emergency-review");
        assert_eq!(tasks[0]["restriction"]["period"]["end"], last(at(7 * DAY)));
    });
}

#[test]
fn it_is_renewed_twice() {
    on_each(|world| async move {
        let physician = staff("clinic", StaffRole::Physician);
        let first = open(&world, &physician, json!({"patient": "hoa"}), at(0)).await.unwrap();
        for (round, now, ends) in [(1, at(10), at(DAY + 10)), (2, at(DAY), at(2 * DAY))] {
            let again = open(&world, &physician, json!({"patient": "hoa"}), now).await.unwrap();
            assert!(!again.is_new);
            assert_eq!(
                (&again.answer["id"], &again.answer["renewals"]),
                (&first.answer["id"], &json!(round))
            );
            assert_eq!(again.answer["begins"], first.answer["begins"]);
            assert_eq!(again.answer["ends"], ends.to_string());
            assert!(first.answer["review"].is_string() && again.answer.get("review").is_none());
        }
        let third = open(&world, &physician, json!({"patient": "hoa"}), at(DAY + 1)).await;
        assert_eq!(refusal(third), (409, "no-renewal".to_owned()));
        assert_eq!(world.find("Communication", &[("patient", "hoa")]).await.len(), 3, "each is told");
        assert_eq!(world.find("Task", &[("patient", "hoa")]).await.len(), 1, "one review");
        let consents = world.consents_of("hoa").await;
        assert_eq!(consents.len(), 1);
        assert_eq!(consents[0]["provision"]["period"]["end"], last(at(2 * DAY)));
        let other =
            open(&world, &staff("hospital", StaffRole::StationHead), json!({"patient": "hoa"}), at(20)).await;
        assert!(other.unwrap().is_new, "another facility has its own");
        let later = open(&world, &physician, json!({"patient": "hoa"}), at(3 * DAY)).await;
        assert!(later.unwrap().is_new, "when it is over it may be opened anew");
    });
}

#[test]
fn who_may_and_with_what_reason() {
    on_each(|world| async move {
        let hoa = || json!({"patient": "hoa"});
        for role in [
            StaffRole::Nurse,
            StaffRole::Pharmacist,
            StaffRole::Laboratory,
            StaffRole::Registrar,
            StaffRole::FacilityOfficer,
            StaffRole::System,
        ] {
            assert_eq!(refusal(open(&world, &staff("clinic", role), hoa(), at(0)).await).0, 403, "{role:?}");
        }
        assert_eq!(refusal(open(&world, &citizen("lan"), hoa(), at(0)).await).0, 403);
        assert_eq!(refusal(open(&world, &Caller::Anonymous, hoa(), at(0)).await).0, 401);
        let physician = staff("clinic", StaffRole::Physician);
        for who in [
            json!({"patient": "nobody"}),
            json!({"citizen_number": "099999999999"}),
            json!({"citizen_number": "*"}),
        ] {
            assert_eq!(refusal(open(&world, &physician, who, at(0)).await).0, 404);
        }
        assert_eq!(refusal(open(&world, &physician, json!({}), at(0)).await).0, 422);
        for bad in
            [json!({"reason": "curiosity"}), json!({"text": "short"}), json!({"text": "x".repeat(501)})]
        {
            let mut who = hoa();
            who.as_object_mut().unwrap().extend(bad.as_object().unwrap().clone());
            assert_eq!(refusal(open(&world, &physician, who, at(0)).await).0, 422, "{bad}");
        }
        assert!(world.consents_of("hoa").await.is_empty() && world.told.0.lock().unwrap().is_empty());
    });
}

#[test]
fn the_officer_reviews_and_what_was_not_justified_is_told() {
    on_each(|world| async move {
        for (now, patient) in [(at(0), "hoa"), (at(2 * DAY), "lan")] {
            open(&world, &staff("clinic", StaffRole::Physician), json!({"patient": patient}), now)
                .await
                .unwrap();
        }
        // Who was opened in an emergency closes the book to the facility: it has to account for it all the same.
        let closed = body(json!({"facility": "99001"}));
        blocks::block(&world.book, &citizen("hoa"), closed, at(DAY)).await.unwrap();
        let officer = staff("clinic", StaffRole::FacilityOfficer);
        let list = review::list(&world.book, &officer, at(8 * DAY)).await.unwrap();
        assert_eq!(list["overdue"], 1, "{list}");
        let items = list["items"].as_array().unwrap();
        assert_eq!(
            (items.len(), &items[0]["patient"], &items[0]["overdue"]),
            (2, &json!("hoa"), &json!(true))
        );
        assert_eq!((&items[1]["overdue"], &items[1]["reason"]), (&json!(false), &json!("unconscious")));
        let other =
            review::list(&world.book, &staff("hospital", StaffRole::FacilityOfficer), at(0)).await.unwrap();
        assert_eq!(other["items"], json!([]), "another facility's are not there");
        assert_eq!(
            refusal(review::list(&world.book, &staff("clinic", StaffRole::Physician), at(0)).await).0,
            403
        );

        let task = items[0]["id"].as_str().unwrap();
        let finding = || body(json!({"justified": false, "text": "no emergency was found"}));
        let foreign = staff("hospital", StaffRole::FacilityOfficer);
        assert_eq!(refusal(review::review(&world.book, &foreign, task, finding(), at(9 * DAY)).await).0, 404);
        review::review(&world.book, &officer, task, finding(), at(9 * DAY)).await.unwrap();
        let stored = world.read("Task", &id(task)).await;
        assert_eq!(
            (&stored["status"], &stored["output"][0]["valueBoolean"]),
            (&json!("completed"), &json!(false))
        );
        let again = review::review(&world.book, &officer, task, finding(), at(9 * DAY)).await;
        assert_eq!(refusal(again), (409, "reviewed".to_owned()));
        assert_eq!(world.find("Communication", &[("patient", "hoa")]).await.len(), 2);
        let kinds: Vec<_> = world.told.0.lock().unwrap().iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds.last(), Some(&NoticeKind::EmergencyNotJustified));
        assert_eq!(
            review::list(&world.book, &officer, at(9 * DAY)).await.unwrap()["items"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    });
}
