//! Entries name who sat there, with name and facility, and say what for and by what right (docs/access-log.md, sections 1
//! and 7).

use serde_json::{Value, json};
use test_support::TestDatabase;

use crate::sharing::done;
use crate::sharing_delegations::in_days;
use crate::station_pages::{at_work, page, place_of, press, reminders};
use crate::support::browser::{Browser, Landing, forms};
use crate::support::oauth::{Asked, public_app, tokens};
use crate::support::program::{Caller, Demo};
use crate::support::sign_in::{asks_consent, pass, sign_in, staff_name};
use crate::support::{text, value};

fn on_each_demo(test: impl Fn(&Demo)) {
    for database in TestDatabase::each() {
        test(&Demo::start(database));
    }
}

fn log_of(caller: &Caller<'_>) -> Vec<Value> {
    caller.resources("/fhir/AuditEvent?_count=1000")
}

fn requestor(event: &Value) -> &Value {
    event["agent"].as_array().unwrap().iter().find(|agent| agent["requestor"] == true).unwrap()
}

/// `Patient/..`, `Account/..`: who asked.
fn who(event: &Value) -> String {
    let who = &requestor(event)["who"];
    who["reference"].as_str().or(who["identifier"]["value"].as_str()).unwrap_or_default().to_owned()
}

fn role(event: &Value) -> &Value {
    &requestor(event)["role"][0]["coding"][0]["code"]
}

/// The name of the facility on whose behalf somebody asked.
fn facility(event: &Value) -> Option<&str> {
    let agents = event["agent"].as_array().unwrap();
    let is_facility = |agent: &&Value| {
        agent["who"]["reference"].as_str().is_some_and(|who| who.starts_with("Organization/"))
    };
    agents.iter().find(is_facility)?["who"]["display"].as_str()
}

fn is(event: &Value, action: &str) -> bool {
    event["subtype"][0]["code"] == action
}

/// The browser of staff, signed in.
#[track_caller]
fn staff<'d>(demo: &'d Demo, role: &str) -> Browser<'d> {
    let mut staff = Browser::new(demo.server());
    let landing = staff.go("GET", "/auth/sign-in", None);
    let landing = pass(demo, &mut staff, landing, &staff_name(demo, role));
    assert!(matches!(landing, Landing::Page(answer) if answer.status == 200), "signed in");
    staff
}

/// The browser in which staff sit in a session that they opened for a citizen.
#[track_caller]
fn assisted<'d>(demo: &'d Demo, citizen: usize) -> Browser<'d> {
    let staff = staff(demo, "registrar");
    let cookies: Vec<String> =
        staff.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers = [("Content-Type", "application/json"), ("Cookie", &cookies.join("; "))];
    let wish = json!({"number": demo.citizen(citizen).0, "presence": "document"}).to_string();
    let client = demo.server().client();
    let opened =
        client.request("POST", "/auth/sessions/assisted", &headers, wish.as_bytes()).expect_status(201);
    let mut beside = Browser::new(demo.server());
    beside.plant("session", value(opened.text())["session"].as_str().unwrap());
    beside
}

#[test]
fn what_staff_look_at_in_a_session_of_a_citizen_is_theirs() {
    on_each_demo(|demo| {
        let own = format!("Patient/{}", demo.citizen(0).1);
        let mut beside = assisted(demo, 0);
        let _ = beside.request("GET", "/book?lang=en", None).expect_status(200);
        let _ = beside.request("GET", "/auth/access-log?lang=en", None).expect_status(200);
        let app = public_app(demo);
        let token = text(&tokens(demo, &mut beside, &app)["access_token"]);
        Caller::new(demo.server().client(), token).read(&format!("/fhir/{own}"));

        let log = log_of(&demo.as_citizen(0));
        let opening = log.iter().find(|event| is(event, "sign-in")).expect("how it was opened");
        let clerk = who(opening);
        assert!(clerk.starts_with("Account/") || clerk.starts_with("Practitioner/"), "{opening}");
        assert_eq!(role(opening), "registrar");
        let of_staff: Vec<&Value> = log.iter().filter(|event| role(event) == "assisted").collect();
        for event in &of_staff {
            assert_eq!(who(event), clerk);
            assert!(!text(&requestor(event)["name"]).is_empty(), "{event}");
            assert!(facility(event).is_some_and(|name| !name.is_empty()), "{event}");
        }
        // In the book, by the page of the log, by the token and with it.
        for action in ["search", "operation", "token", "read"] {
            assert!(of_staff.iter().any(|event| is(event, action)), "{action}: {of_staff:?}");
        }
        let read = of_staff.iter().find(|event| is(event, "read") && event.to_string().contains(&app.id));
        let read = read.expect("what the app has read");
        let patient = &read["entity"].as_array().unwrap()[0];
        assert_eq!((&patient["what"]["reference"], &patient["role"]["code"]), (&json!(own), &json!("1")));
        let policy = text(&requestor(read)["policy"][0]);
        assert!(policy.contains("/own@"), "the gate has decided by the citizen: {policy}");
        // Of the citizen's own there is nothing before the log was read just now.
        let by_citizen: Vec<&Value> = log.iter().filter(|event| who(event) == own).collect();
        assert!(by_citizen.is_empty(), "{by_citizen:?}");

        // It is shown without being asked for.
        let mut citizen = sign_in(demo, 0);
        for (language, words) in [
            ("vi", ["nhân viên hỗ trợ tại quầy", "trong phiên nhân viên mở giúp bạn tại quầy"]),
            ("en", ["staff helping at the counter", "in a session that staff opened for you at the counter"]),
        ] {
            let path = format!("/auth/access-log?lang={language}");
            let shown = citizen.request("GET", &path, None).expect_status(200);
            for words in words {
                assert!(shown.text().contains(words), "{words}: {}", shown.text());
            }
        }
    });
}

#[test]
fn in_the_books_of_others_it_is_the_citizen_who_looked_for_them_on_the_page_of_consent() {
    on_each_demo(|demo| {
        let citizens = demo.description["citizens"].as_array().unwrap();
        let adult = (1..citizens.len()).find(|place| text(&citizens[*place]["birth_date"]).as_str() < "2000");
        let taker = adult.expect("somebody of the demo is of age");
        let request = json!({"citizen_number": demo.citizen(taker).0, "birth_date": citizens[taker]["birth_date"],
            "ends": in_days(100)});
        let giver = demo.as_citizen(0);
        let id = text(&done(&giver, "delegations", &request, 201)["id"]);
        done(&demo.as_citizen(taker), &format!("delegations/{id}/accept"), &json!({}), 200);
        let mut browser = sign_in(demo, taker);
        let asked = Asked::by(demo, &public_app(demo));
        let Landing::Page(page) = browser.go("GET", &asked.path(), None) else { panic!("no page") };
        assert!(asks_consent(page.text()) && page.text().contains(demo.citizen(0).1), "{}", page.text());

        let log = log_of(&giver);
        let found: Vec<&Value> =
            log.iter().filter(|event| event.to_string().contains("Patient?_count=50")).collect();
        assert!(!found.is_empty(), "{log:?}");
        for event in found {
            assert_eq!(who(event), format!("Patient/{}", demo.citizen(taker).1));
            assert_eq!(role(event), "citizen");
            assert_eq!(requestor(event)["name"], citizens[taker]["name"], "{event}");
        }
    });
}

#[test]
fn writes_from_a_browser_name_who_wrote_and_for_which_facility() {
    on_each_demo(|demo| {
        let client = demo.as_client();
        let reads =
            |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200;
        let open = (0..30).find(reads).expect("the facility has a patient");
        let mut browser = sign_in(demo, open);
        let shown = browser.request("GET", "/auth/access-log?lang=en", None).expect_status(200);
        let form =
            forms(shown.text()).into_iter().find(|form| form.action.contains("/auth/access-log/block"));
        browser.submit(&form.expect("a facility that can be blocked"), "/auth/access-log");
        let log = log_of(&demo.as_citizen(open));
        let is_block = |event: &&Value| is(event, "create") && event.to_string().contains("\"Consent/");
        let block = log.iter().find(is_block).expect("the block");
        assert_eq!(who(block), format!("Patient/{}", demo.citizen(open).1));
        assert_eq!(requestor(block)["name"], demo.description["citizens"][open]["name"], "{block}");

        let mut station = at_work(demo, "physician");
        let list = page(&mut station, "/station?lang=en&people=treated");
        let (patient, form) = reminders(&list).into_iter().next().expect("somebody is due");
        let _ = press(&mut station, &form).expect_status(200);
        let log = log_of(&demo.as_citizen(place_of(demo, &patient)));
        let is_reminder = |event: &&Value| is(event, "create") && role(event) == "physician";
        let reminder = log.iter().find(is_reminder).expect("the reminder");
        assert!(!text(&requestor(reminder)["name"]).is_empty(), "{reminder}");
        assert!(facility(reminder).is_some_and(|name| !name.is_empty()), "{reminder}");
    });
}

#[test]
fn what_no_rule_of_the_policy_decides_says_what_for_and_by_what_right() {
    on_each_demo(|demo| {
        let client = demo.as_client();
        let hidden =
            |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 404;
        let closed = (0..30).find(hidden).expect("somebody is a stranger");
        let citizen = demo.as_citizen(closed);
        citizen.read("/fhir/AuditEvent?_count=1");
        citizen.read("/access/relations");
        let log = log_of(&citizen);
        let purpose = |event: &Value| event["purposeOfEvent"][0]["coding"][0]["code"].clone();
        let right = |event: &Value| {
            let policy = text(&requestor(event)["policy"][0]);
            let (right, version) =
                policy.rsplit_once('@').map(|(right, version)| (right.to_owned(), version.to_owned()))?;
            assert!(!version.is_empty(), "{event}");
            Some(right)
        };
        let named = |words: &str| {
            let found = log.iter().find(|event| event.to_string().contains(words));
            found.unwrap_or_else(|| panic!("{words}: {log:?}"))
        };
        for (event, expected) in [
            (named("AuditEvent?_count=1\""), "urn:healthbook:policy-rule:own-log"),
            (named("access/relations"), "urn:healthbook:policy-rule:act"),
        ] {
            assert_eq!(right(event).as_deref(), Some(expected), "{event}");
            assert_eq!(purpose(event), "PATRQT", "{event}");
        }
        let refused = log.iter().find(|event| event["outcome"] == "4").expect("the refused attempt");
        assert_eq!(purpose(refused), "TREAT", "{refused}");
        assert!(requestor(refused).get("policy").is_none(), "nothing gave the right: {refused}");
    });
}

#[test]
fn staff_who_sign_in_have_their_role() {
    on_each_demo(|demo| {
        let _ = staff(demo, "registrar");
        let first = text(&demo.description["clients"][0]["id"]);
        let officer = demo.token(&["--client", &first, "--role", "facility-officer", "--purpose", "HOPERAT"]);
        let log = log_of(&Caller::new(demo.server().client(), officer));
        let signed_in: Vec<&Value> = log.iter().filter(|event| is(event, "sign-in")).collect();
        assert!(!signed_in.is_empty());
        assert!(signed_in.iter().all(|event| role(event) == "registrar"), "{signed_in:?}");
    });
}
