//! Relations listed and changed by the citizen; blocks.

use access::{Caller, StaffRole};
use fhir::Instant;
use healthbook_health_book::{blocks, emergency, presence, relations};
use serde_json::{Value, json};

use crate::world::{DAY, HOUR, World, body, citizen, id, on_each, refusal, relation, soon as at, staff};

async fn present(world: &World, organization: &str, now: Instant) -> String {
    let code = presence::make_code(&world.book, &citizen("hoa"), body(json!({})), now).await.unwrap();
    let request = body(json!({"kind": "presence", "code": code["digits"]}));
    let opened =
        presence::redeem(&world.book, &staff(organization, StaffRole::Registrar), request, now).await;
    opened.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn list(world: &World, caller: &Caller, now: Instant) -> Vec<Value> {
    let list = relations::list(&world.book, caller, relations::ListRequest::default(), now).await.unwrap();
    list["items"].as_array().unwrap().clone()
}

fn of<'a>(list: &'a [Value], authority: &str) -> &'a Value {
    list.iter().find(|item| item["authority"] == authority).unwrap_or(&Value::Null)
}

#[test]
fn the_citizen_sees_who_may_look() {
    on_each(|world| async move {
        let number = present(&world, "clinic", at(0)).await;
        let shown = list(&world, &citizen("hoa"), at(HOUR)).await;
        assert_eq!(shown.len(), 2, "{shown:?}");
        let presence = of(&shown, "presence");
        assert_eq!(presence["id"], number);
        assert_eq!(presence["facility"], json!({"id": "clinic", "name": "Clinic"}));
        assert_eq!((&presence["ends"], &presence["closed"]), (&json!(at(DAY).to_string()), &json!(false)));
        assert!(presence["source"].as_str().unwrap().starts_with("Consent/"));
        let home = of(&shown, "home-station");
        assert_eq!((&home["facility"]["id"], home.get("ends")), (&json!("station"), None));
        assert!(
            list(&world, &citizen("hoa"), at(2 * DAY))
                .await
                .iter()
                .all(|item| item["authority"] != "presence")
        );
        let clinics = list(&world, &staff("clinic", StaffRole::Registrar), at(HOUR)).await;
        assert_eq!((clinics.len(), &clinics[0]["patient"]), (1, &json!("hoa")));
        assert!(list(&world, &staff("hospital", StaffRole::Registrar), at(HOUR)).await.is_empty());
        let foreign = relations::ListRequest { patient: Some("hoa".to_owned()), ..Default::default() };
        assert_eq!(refusal(relations::list(&world.book, &citizen("lan"), foreign, at(0)).await).0, 404);
    });
}

#[test]
fn a_page_of_one_facility_shows_nothing_to_another() {
    on_each(|world| async move {
        for now in 0..3 {
            present(&world, "clinic", at(now)).await;
        }
        let ask = async |who: &str, page: Option<String>| {
            let request = relations::ListRequest { page, count: Some("1".to_owned()), patient: None };
            relations::list(&world.book, &staff(who, StaffRole::Registrar), request, at(HOUR)).await.unwrap()
        };
        let first = ask("clinic", None).await;
        let next = first["next"].as_str().unwrap().to_owned();
        let second = ask("clinic", Some(next.clone())).await;
        assert_eq!(second["items"].as_array().unwrap().len(), 1);
        assert_ne!(first["items"], second["items"]);
        assert_eq!(ask("hospital", Some(next)).await["items"], json!([]));
    });
}

#[test]
fn a_relation_is_ended_shortened_extended() {
    on_each(|world| async move {
        let me = citizen("hoa");
        let number = present(&world, "clinic", at(0)).await;
        let change = |ends: Instant| body(json!({"ends": ends.to_string()}));
        let stranger = relations::end(&world.book, &citizen("lan"), &number, at(1)).await;
        assert_eq!(refusal(stranger).0, 404);
        for ends in [at(0), at(DAY), at(2 * DAY)] {
            let result = relations::shorten(&world.book, &me, &number, change(ends), at(1)).await;
            assert_eq!(refusal(result), (422, "not-shorter".to_owned()));
        }
        relations::shorten(&world.book, &me, &number, change(at(HOUR)), at(1)).await.unwrap();
        assert_eq!(of(&list(&world, &me, at(1)).await, "presence")["ends"], at(HOUR).to_string());
        relations::extend(&world.book, &me, &number, change(at(9 * DAY)), at(2)).await.unwrap();
        assert_eq!(of(&list(&world, &me, at(2)).await, "presence")["ends"], at(9 * DAY).to_string());
        let far = relations::extend(&world.book, &me, &number, change(at(400 * DAY)), at(2)).await;
        assert_eq!(refusal(far), (422, "too-long".to_owned()));
        relations::end(&world.book, &me, &number, at(3)).await.unwrap();
        assert_eq!(of(&list(&world, &me, at(3)).await, "presence"), &Value::Null);
        let consent = world.read("Consent", &id(number.rsplit('.').next().unwrap())).await;
        assert_eq!((&consent["status"], &consent["meta"]["versionId"]), (&json!("inactive"), &json!("4")));
        assert_eq!(refusal(relations::end(&world.book, &me, &number, at(4)).await).0, 404, "it is not there");
        for bad in
            ["", "presence", "presence.Consent", "presence.Consent.nothing", "presence.Nothing.x", "a.b.c.d"]
        {
            assert_eq!(refusal(relations::end(&world.book, &me, bad, at(4)).await).0, 404, "{bad}");
        }
    });
}

#[test]
fn what_is_no_consent_is_closed_by_one() {
    on_each(|world| async move {
        let me = citizen("hoa");
        let home = "home-station.Patient.hoa";
        relations::end(&world.book, &me, home, at(0)).await.unwrap();
        assert_eq!(of(&list(&world, &me, at(1)).await, "home-station")["closed"], true);
        let consents = world.consents_of("hoa").await;
        assert_eq!(
            (relation(&consents[0]), &consents[0]["provision"]["type"]),
            (Some("block"), &json!("deny"))
        );
        assert_eq!(consents[0]["provision"]["actor"][0]["reference"]["reference"], "Organization/station");
        let change = body(json!({"ends": at(9 * DAY).to_string()}));
        assert_eq!(
            refusal(relations::extend(&world.book, &me, home, change, at(2)).await).0,
            422,
            "it has no end"
        );
    });
}

#[test]
fn what_is_closed_in_an_emergency_is_closed_without_one() {
    on_each(|world| async move {
        let me = citizen("hoa");
        let request =
            body(json!({"patient": "hoa", "reason": "poisoning", "text": "brought in by a neighbour"}));
        emergency::open(&world.book, &staff("clinic", StaffRole::Physician), request, at(0)).await.unwrap();
        let closed = async |now| {
            let shown = list(&world, &me, now).await;
            (of(&shown, "home-station")["closed"].clone(), of(&shown, "emergency")["closed"].clone())
        };
        blocks::block(&world.book, &me, body(json!({"labels": ["HIV"]})), at(1)).await.unwrap();
        assert_eq!(closed(at(2)).await, (json!(false), json!(false)), "a part is not the whole");
        blocks::block(&world.book, &me, body(json!({})), at(3)).await.unwrap();
        assert_eq!(closed(at(4)).await, (json!(true), json!(false)), "an emergency is not named");
        blocks::block(&world.book, &me, body(json!({"in_emergency": true})), at(5)).await.unwrap();
        assert_eq!(closed(at(6)).await, (json!(true), json!(true)));
        assert_eq!(closed(at(1)).await.0, false, "before");
    });
}

#[test]
fn an_emergency_is_ended_by_the_citizen_but_not_extended() {
    on_each(|world| async move {
        let request =
            body(json!({"patient": "hoa", "reason": "poisoning", "text": "brought in by a neighbour"}));
        let opened = emergency::open(&world.book, &staff("clinic", StaffRole::Physician), request, at(0))
            .await
            .unwrap();
        let number = opened.answer["id"].as_str().unwrap();
        let change = body(json!({"ends": at(9 * DAY).to_string()}));
        let extended = relations::extend(&world.book, &citizen("hoa"), number, change, at(1)).await;
        assert_eq!(refusal(extended), (422, "not-extendable".to_owned()));
        relations::end(&world.book, &citizen("hoa"), number, at(2)).await.unwrap();
        assert_eq!(of(&list(&world, &citizen("hoa"), at(3)).await, "emergency"), &Value::Null);
    });
}

#[test]
fn blocks_are_made_listed_and_lifted() {
    on_each(|world| async move {
        let me = citizen("hoa");
        present(&world, "clinic", at(0)).await;
        let request = json!({"facility": "99001", "until": at(DAY).to_string(), "text_version": "2026-1"});
        let made = blocks::block(&world.book, &me, body(request), at(1)).await.unwrap();
        let everybody = json!({"types": ["Condition"], "labels": ["HIV"], "in_emergency": true});
        blocks::block(&world.book, &me, body(everybody), at(1)).await.unwrap();
        let shown = blocks::list(&world.book, &me, None, at(2)).await.unwrap();
        let items = shown["items"].as_array().unwrap();
        assert_eq!(items.len(), 2);
        let all = items.iter().find(|item| item["facility"].is_null()).unwrap();
        assert_eq!(
            (&all["in_emergency"], &all["types"], &all["labels"]),
            (&json!(true), &json!(["Condition"]), &json!(["HIV"]))
        );
        assert_eq!(of(&list(&world, &me, at(2)).await, "presence")["closed"], true);
        assert!(
            list(&world, &staff("clinic", StaffRole::Registrar), at(2)).await.is_empty(),
            "the clinic is not told"
        );
        let consent = world.read("Consent", &id(made["id"].as_str().unwrap())).await;
        assert!(consent["extension"].to_string().contains("2026-1"), "the wording that was seen");

        let number = made["id"].as_str().unwrap();
        assert_eq!(refusal(blocks::lift(&world.book, &citizen("lan"), number, at(3)).await).0, 404);
        assert_eq!(
            refusal(blocks::lift(&world.book, &staff("clinic", StaffRole::Physician), number, at(3)).await).0,
            403
        );
        for now in [at(3), at(4)] {
            blocks::lift(&world.book, &me, number, now).await.unwrap();
        }
        assert_eq!(of(&list(&world, &me, at(5)).await, "presence")["closed"], false);
        let presence = of(&list(&world, &me, at(5)).await, "presence")["source"].as_str().unwrap().to_owned();
        let wrong = blocks::lift(&world.book, &me, presence.rsplit('/').next().unwrap(), at(6)).await;
        assert_eq!(refusal(wrong).0, 404, "a relation is no block");
        for until in [at(0), at(40_000 * DAY)] {
            let request = body(json!({"until": until.to_string()}));
            assert_eq!(refusal(blocks::block(&world.book, &me, request, at(1)).await).0, 422);
        }
    });
}
