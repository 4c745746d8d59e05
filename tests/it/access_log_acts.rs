//! Acts of sharing that are refused because of what is there, and those that find it done already, tell of a book: each leaves
//! an entry in it (docs/access-log.md, section 7).

use serde_json::{Value, json};

use crate::access_log::{log_of, on_each_demo, open_and_closed, refused};
use crate::sharing::{act, done, facility};
use crate::sharing_gate::{staff, strangers};
use crate::support::access_log::{new_number, signed, whole_log};
use crate::support::program::{Caller, Demo};
use crate::support::text;

/// Acts of a kind in the own book that were refused (`4`) or done (`0`).
fn acts(citizen: &Caller<'_>, code: &str, outcome: &str) -> usize {
    let is = |event: &&Value| event["subtype"][0]["code"] == code && event["outcome"] == outcome;
    log_of(citizen).iter().filter(is).count()
}

/// The numbers of entries of some callers' books.
fn counts<const N: usize>(callers: [&Caller<'_>; N], code: &str, outcome: &str) -> [usize; N] {
    callers.map(|caller| acts(caller, code, outcome))
}

#[test]
fn the_birth_date_of_a_child_is_not_confirmed_without_a_trace() {
    on_each_demo(|demo| {
        let citizens = demo.description["citizens"].as_array().unwrap();
        let is_child = |place: &usize| text(&citizens[*place]["birth_date"]).as_str() > "2009";
        let child = (1..citizens.len()).find(is_child).expect("the demo has children");
        let (citizen, ward) = (demo.as_citizen(0), demo.as_citizen(child));
        let ask = |born: &str| {
            let request = json!({"citizen_number": demo.citizen(child).0, "birth_date": born,
                "ends": "2027-01-01T00:00:00+07:00"});
            act(&citizen, "delegations", &request).status
        };
        for (born, status) in [("2012-02-29", 404), (text(&citizens[child]["birth_date"]).as_str(), 422)] {
            let before = counts([&citizen, &ward], "sharing", "4");
            assert_eq!(ask(born), status);
            let after = counts([&citizen, &ward], "sharing", "4");
            assert_eq!(after, before.map(|count| count + 1), "{status}");
        }
    });
}

#[test]
fn what_is_so_already_is_told_and_noted() {
    on_each_demo(|demo| {
        let citizens = &demo.description["citizens"];
        let adult = (1..30).find(|place| text(&citizens[*place]["birth_date"]).as_str() < "2000").unwrap();
        let (giver, taker) = (demo.as_citizen(0), demo.as_citizen(adult));
        let request = json!({"citizen_number": demo.citizen(adult).0, "birth_date": citizens[adult]["birth_date"],
            "ends": "2027-01-01T00:00:00+07:00"});
        let id = text(&done(&giver, "delegations", &request, 201)["id"]);
        for (path, caller) in [("accept", &taker), ("end", &giver)] {
            let path = format!("delegations/{id}/{path}");
            done(caller, &path, &json!({}), 200);
            let before = acts(&giver, "sharing", "0");
            done(caller, &path, &json!({}), 200);
            assert_eq!(acts(&giver, "sharing", "0"), before + 1, "{path}");
        }
        let block = text(&done(&giver, "blocks", &json!({"facility": facility(demo)}), 201)["id"]);
        for lifted in [0, 1] {
            let before = acts(&giver, "sharing", "0");
            assert_eq!(giver.send("DELETE", &format!("/access/blocks/{block}"), "").status, 204);
            assert_eq!(acts(&giver, "sharing", "0"), before + lifted);
        }
    });
}

#[test]
fn a_review_goes_on_under_a_block_and_each_look_at_it_is_told() {
    on_each_demo(|demo| {
        let (facility, place) = strangers(demo);
        let (number, patient) = demo.citizen(place);
        let citizen = demo.as_citizen(place);
        let request =
            json!({"citizen_number": number, "reason": "unconscious", "text": "found without an answer"});
        done(&staff(demo, &facility, "physician", "TREAT"), "emergency", &request, 201);
        done(&citizen, "blocks", &json!({"facility": facility}), 201);
        let officer = staff(demo, &facility, "facility-officer", "HOPERAT");
        let before = acts(&citizen, "operation", "0");
        let reviews = officer.read("/access/emergency/reviews");
        assert_eq!(reviews["items"][0]["patient"], json!(patient), "{reviews}");
        assert_eq!(acts(&citizen, "operation", "0"), before + 1);
        // By FHIR the book is closed, its tasks too.
        let task = text(&reviews["items"][0]["id"]);
        assert_eq!(officer.get(&format!("/fhir/Task/{task}")).status, 404);
        // Nobody changes it but by its act: not the server's word any more, it would be no review.
        let stored = demo.stored();
        let everything = Caller::unlimited(&stored);
        let sent = everything.read(&format!("/fhir/Task/{task}"));
        let person = everything.read(&format!("/fhir/Patient/{patient}"));
        let home = everything.read(&format!("/fhir/{}", text(&person["managingOrganization"]["reference"])));
        let head = staff(demo, &text(&home["identifier"][0]["value"]), "station-head", "TREAT");
        let own = format!("/fhir/Task/{task}");
        assert_eq!(head.get(&own).status, 200, "the head of the home station sees it");
        assert_eq!(head.send("PUT", &own, &sent.to_string()).status, 403);
        assert_eq!(head.send("DELETE", &own, "").status, 403);
        let path = format!("emergency/reviews/{task}/review");
        done(&officer, &path, &json!({"justified": false, "text": "nobody was in danger"}), 200);
        let told = citizen.resources("/fhir/Communication?_sort=-sent&_count=5");
        assert!(told.iter().any(|notice| notice.to_string().contains("not to be justified")), "{told:?}");
        // The task of another facility is none of theirs.
        let facilities = demo.description["facilities"].as_array().unwrap();
        let other = facilities.iter().map(|it| text(&it["code"])).find(|code| *code != facility).unwrap();
        let other = staff(demo, &other, "facility-officer", "HOPERAT");
        assert!(
            [403, 404].contains(&act(&other, &path, &json!({"justified": true, "text": "as it was"})).status)
        );
        assert_eq!(officer.read("/access/emergency/reviews")["items"], json!([]));
    });
}

/// What a request with a number of its own left.
fn left(
    demo: &Demo,
    caller: &Caller<'_>,
    method: &str,
    path: &str,
    request: &Value,
) -> (u16, Vec<(u8, String)>) {
    let number = new_number();
    let sent = number.to_string();
    let body = if method == "GET" { String::new() } else { request.to_string() };
    let status = caller.send_with(method, path, &[("X-Request-Id", sent.as_str())], &body).status;
    signed(demo);
    let log = whole_log(demo);
    let entries = log.iter().filter(|entry| entry.request == number);
    (status, entries.map(|entry| (entry.outcome.number(), entry.patient.to_string())).collect())
}

#[test]
fn a_list_with_nobody_in_it_is_an_entry_of_nobody() {
    on_each_demo(|demo| {
        let administrator = Caller::new(demo.server().client(), demo.token(&["--officer", "administrator"]));
        for path in ["/access/merges", "/access/shields"] {
            let (status, entries) = left(demo, &administrator, "GET", path, &json!(null));
            assert_eq!((status, entries), (200, vec![(0, String::new())]), "{path}");
        }
        let officer = staff(demo, facility(demo), "facility-officer", "HOPERAT");
        let (status, entries) = left(demo, &officer, "GET", "/access/emergency/reviews", &json!(null));
        assert_eq!((status, entries), (200, vec![(0, String::new())]));
    });
}

#[test]
fn people_who_cannot_be_linked_are_told_who_tried() {
    on_each_demo(|demo| {
        let (open, _) = open_and_closed(demo);
        let registrar = demo.as_staff("registrar");
        let patient = format!("Patient/{}", demo.citizen(open).1);
        let sees = |place: &usize| {
            registrar.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200
                && *place != open
        };
        let other = (0..30).find(sees).expect("the facility has several patients");
        let other = format!("Patient/{}", demo.citizen(other).1);
        let with = json!({"resourceType": "Parameters", "parameter": [
            {"name": "other", "valueReference": {"reference": other}}]});
        for (operation, expected) in [("$link", 422), ("$unlink", 409)] {
            let path = format!("/fhir/{patient}/{operation}");
            let (status, mut entries) = left(demo, &registrar, "POST", &path, &with);
            let mut both = vec![(4, patient.clone()), (4, other.clone())];
            entries.sort();
            both.sort();
            assert_eq!((status, entries), (expected, both), "{operation}");
        }
        assert!(!refused(&log_of(&demo.as_citizen(open))).is_empty());
    });
}
