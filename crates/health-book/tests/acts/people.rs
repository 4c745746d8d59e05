//! Delegations, guardians, majority, death.

use fhir::Instant;
use healthbook_health_book::guardians::{self, Source};
use healthbook_health_book::{closing, delegations, majority, presence};
use serde_json::{Value, json};

use crate::world::{DAY, World, at, body, citizen, id, last, on_each, refusal, relation};

fn to_lan(ends: Instant) -> Value {
    json!({"citizen_number": "099000000002", "birth_date": "1985-01-01", "types": ["Immunization"], "ends": ends.to_string()})
}

async fn give(
    world: &World,
    from: &str,
    request: Value,
    now: Instant,
) -> Result<Value, interactions::Problem> {
    delegations::give(&world.book, &citizen(from), body(request), now).await
}

#[test]
fn a_delegation_opens_nothing_until_the_other_accepts() {
    on_each(|world| async move {
        let given = give(&world, "hoa", to_lan(at(30 * DAY)), at(0)).await.unwrap();
        assert_eq!(given["status"], "waiting");
        let number = given["id"].as_str().unwrap();
        let consent = world.read("Consent", &id(number)).await;
        assert_eq!((relation(&consent), &consent["status"]), (Some("delegation"), &json!("proposed")));
        assert_eq!(consent["provision"]["actor"][0]["reference"]["reference"], "Patient/lan");
        assert_eq!(consent["provision"]["purpose"][0]["code"], "PATRQT");
        assert_eq!(consent["provision"]["class"][0]["code"], "Immunization");

        let accept =
            async |who: &str, now| delegations::accept(&world.book, &citizen(who), number, now).await;
        assert_eq!(refusal(accept("minh", at(1)).await).0, 404, "a third person");
        assert_eq!(refusal(accept("hoa", at(1)).await).0, 422, "the giver");
        assert_eq!(accept("lan", at(1)).await.unwrap()["status"], "active");
        assert_eq!(accept("lan", at(2)).await.unwrap()["status"], "active", "twice is once");
        assert_eq!(world.read("Consent", &id(number)).await["status"], "active");
        for (who, role) in [("hoa", "giver"), ("lan", "taker")] {
            let list = delegations::list(&world.book, &citizen(who), at(3)).await.unwrap();
            let item = &list["items"][0];
            assert_eq!((&item["role"], &item["status"]), (&json!(role), &json!("active")), "{who}");
        }
        assert_eq!(
            delegations::list(&world.book, &citizen("minh"), at(3)).await.unwrap()["items"],
            json!([])
        );
        let end = async |who: &str| delegations::end(&world.book, &citizen(who), number, at(4)).await;
        assert_eq!(refusal(end("minh").await).0, 404);
        end("lan").await.unwrap();
        let consent = world.read("Consent", &id(number)).await;
        assert_eq!(
            (&consent["status"], &consent["provision"]["period"]["end"]),
            (&json!("inactive"), &json!(last(at(4))))
        );
        assert_eq!(refusal(accept("lan", at(5)).await).0, 404, "what has ended is not taken up again");
    });
}

#[test]
fn to_whom_and_how_long() {
    on_each(|world| async move {
        let wrong_date = json!({"citizen_number": "099000000002", "birth_date": "1985-01-02", "ends": at(DAY).to_string()});
        let nobody = json!({"citizen_number": "099999999999", "birth_date": "1985-01-01", "ends": at(DAY).to_string()});
        let one = refusal(give(&world, "hoa", wrong_date, at(0)).await);
        assert_eq!(one, (404, "no-such-person".to_owned()));
        assert_eq!(one, refusal(give(&world, "hoa", nobody, at(0)).await), "a wrong date tells nothing");
        let minor = json!({"citizen_number": "099000000004", "birth_date": "2012-03-01", "ends": at(DAY).to_string()});
        assert_eq!(refusal(give(&world, "hoa", minor, at(0)).await).0, 422);
        let own = json!({"citizen_number": "099000000001", "birth_date": "1990-05-04", "ends": at(DAY).to_string()});
        assert_eq!(refusal(give(&world, "hoa", own, at(0)).await).0, 422);
        for ends in [at(0), at(-1), at(367 * DAY)] {
            assert_eq!(refusal(give(&world, "hoa", to_lan(ends), at(0)).await), (422, "too-long".to_owned()));
        }
        let mut shared = to_lan(at(DAY));
        shared["types"] = json!(["Organization"]);
        assert_eq!(refusal(give(&world, "hoa", shared, at(0)).await).0, 422);
        for _ in 0..5 {
            give(&world, "hoa", to_lan(at(DAY)), at(0)).await.unwrap();
        }
        let sixth = give(&world, "hoa", to_lan(at(DAY)), at(0)).await;
        assert_eq!(refusal(sixth), (409, "too-many-delegations".to_owned()));
        assert!(give(&world, "hoa", to_lan(at(3 * DAY)), at(2 * DAY)).await.is_ok(), "those are over");
    });
}

#[test]
fn guardians_are_as_the_registry_says() {
    on_each(|world| async move {
        let set = async |who: &[&str], now| {
            let who: Vec<_> = who.iter().map(|name| id(name)).collect();
            guardians::set(&world.book, &id("teen"), &who, Source::Registry, now).await
        };
        set(&["lan", "minh"], at(0)).await.unwrap();
        set(&["lan", "minh"], at(1)).await.unwrap();
        let consents = world.consents_of("teen").await;
        assert_eq!(consents.len(), 2, "the same again changes nothing");
        let parts = consents[0]["provision"]["provision"].as_array().unwrap();
        // 14 years old: the slice that runs, and the one from 16.
        assert_eq!(parts.len(), 2);
        assert_eq!(parts[0]["period"]["end"], "2028-02-29T16:59:59.999Z");
        assert_eq!(parts[1]["period"]["end"], "2030-02-28T16:59:59.999Z");
        assert_eq!(parts[1].get("securityLabel"), None, "from 16 no label is open");
        assert_eq!(consents[0]["provision"]["period"]["end"], "2030-02-28T16:59:59.999Z");
        set(&["lan"], at(2)).await.unwrap();
        let consents = world.consents_of("teen").await;
        let active: Vec<_> = consents.iter().filter(|consent| consent["status"] == "active").collect();
        assert_eq!(active.len(), 1);
        assert_eq!(active[0]["provision"]["actor"][0]["reference"]["reference"], "Patient/lan");
        let adult = guardians::add(&world.book, &id("hoa"), &id("lan"), Source::Court, at(0)).await;
        assert_eq!(refusal(adult).0, 422, "an adult has none");
        let own = guardians::add(&world.book, &id("teen"), &id("teen"), Source::Court, at(0)).await;
        assert_eq!(refusal(own).0, 422);
    });
}

#[test]
fn while_custody_is_disputed_the_book_is_closed_to_both() {
    on_each(|world| async move {
        let both = [id("lan"), id("minh")];
        guardians::set(&world.book, &id("teen"), &both, Source::Court, at(0)).await.unwrap();
        for now in [at(1), at(2)] {
            guardians::suspend(&world.book, &id("teen"), now).await.unwrap();
        }
        let denials = |consents: Vec<Value>| -> Vec<Value> {
            let is_denial = |it: &Value| it["provision"]["type"] == "deny" && it["status"] == "active";
            consents.into_iter().filter(is_denial).collect()
        };
        let closed = denials(world.consents_of("teen").await);
        assert_eq!(closed.len(), 2, "one for each, once");
        assert!(closed.iter().all(|denial| relation(denial) == Some("block")));
        let number = closed[0]["id"].as_str().unwrap();
        let lifted = healthbook_health_book::blocks::lift(&world.book, &citizen("teen"), number, at(3)).await;
        assert_eq!(refusal(lifted).0, 422, "not the child's to lift");
        guardians::resume(&world.book, &id("teen"), at(3)).await.unwrap();
        assert!(denials(world.consents_of("teen").await).is_empty());
    });
}

#[test]
fn majority_is_told_to_both_sides_once() {
    on_each(|world| async move {
        guardians::set(&world.book, &id("nearly"), &[id("lan")], Source::Registry, at(-100 * DAY))
            .await
            .unwrap();
        guardians::set(&world.book, &id("teen"), &[id("lan")], Source::Registry, at(0)).await.unwrap();
        assert_eq!(majority::tell(&world.book, at(-60 * DAY)).await.unwrap(), 0, "more than 60 days before");
        assert_eq!(majority::tell(&world.book, at(-30 * DAY)).await.unwrap(), 2);
        assert_eq!(majority::tell(&world.book, at(-29 * DAY)).await.unwrap(), 0, "once");
        for who in ["nearly", "lan"] {
            let notices = world.find("Communication", &[("patient", who)]).await;
            assert_eq!(notices.len(), 1, "{who}");
            assert!(notices[0]["payload"].to_string().contains("24/12/2026"), "{who}");
        }
        assert!(world.find("Communication", &[("patient", "teen")]).await.is_empty());
        assert_eq!(majority::tell(&world.book, at(40 * DAY)).await.unwrap(), 0, "of age already");
    });
}

#[test]
fn death_closes_what_was_open() {
    on_each(|world| async move {
        let given = give(&world, "hoa", to_lan(at(30 * DAY)), at(0)).await.unwrap();
        let held = json!({"citizen_number": "099000000001", "birth_date": "1990-05-04", "ends": at(30 * DAY).to_string()});
        let held = give(&world, "minh", held, at(0)).await.unwrap();
        delegations::accept(&world.book, &citizen("hoa"), held["id"].as_str().unwrap(), at(1)).await.unwrap();
        presence::make_code(&world.book, &citizen("hoa"), body(json!({})), at(2)).await.unwrap();
        let date = jiff::civil::date(2026, 11, 28);
        let tomorrow = jiff::civil::date(2026, 11, 29);
        assert_eq!(refusal(closing::close(&world.book, &id("hoa"), tomorrow, at(3)).await).0, 422);
        for now in [at(3), at(4)] {
            closing::close(&world.book, &id("hoa"), date, now).await.unwrap();
        }
        let patient = world.read("Patient", &id("hoa")).await;
        assert_eq!(patient["deceasedDateTime"], "2026-11-28");
        assert_eq!(patient["meta"]["versionId"], "2", "again changes nothing");
        for ended in [&given, &held] {
            let consent = world.read("Consent", &id(ended["id"].as_str().unwrap())).await;
            assert_eq!(consent["status"], "inactive");
        }
        let store = world.service().store();
        let codes = store
            .security_records(record_store::SecurityKind::SharingCode, Some("hoa"), at(5))
            .await
            .unwrap();
        assert!(codes.is_empty());
        let revoked = store.revocations_since(at(0)).await.unwrap();
        assert!(revoked.iter().any(|(whose, _)| *whose == record_store::Revoked::Subject("hoa".to_owned())));
    });
}
