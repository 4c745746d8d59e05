//! Staff of a station in a browser (docs/station-pages.md): who is due, a reminder, a check-up by form.

use std::collections::BTreeSet;

use audit_log::{Action, Outcome};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use test_support::{Response, TestDatabase};

use crate::support::access_log::{signed, whole_log};
use crate::support::browser::{Browser, Form, Landing, forms};
use crate::support::program::Demo;
use crate::support::sign_in::{pass, sign_in, staff_name};
use crate::support::text;

/// Staff of a role, signed in, on the first page of the station.
#[track_caller]
pub fn at_work<'d>(demo: &'d Demo, role: &str) -> Browser<'d> {
    let mut browser = Browser::new(demo.server());
    let landing = browser.go("GET", "/station", None);
    let landing = pass(demo, &mut browser, landing, &staff_name(demo, role));
    let Landing::Page(page) = landing else { panic!("signing in leads away") };
    assert!(page.status == 200 && page.text().contains("/station/sign-out"), "the station: {}", page.text());
    browser
}

#[track_caller]
pub fn page(browser: &mut Browser<'_>, path: &str) -> String {
    browser.request("GET", path, None).expect_status(200).text().to_owned()
}

#[track_caller]
pub fn press(browser: &mut Browser<'_>, form: &Form) -> Response {
    match browser.submit(form, "/station") {
        Landing::Page(answer) => answer,
        Landing::Elsewhere(place) => panic!("it leads to {place}"),
    }
}

/// The forms that remind, with the person of each.
pub fn reminders(page: &str) -> Vec<(String, Form)> {
    let all = forms(page).into_iter().filter(|form| form.action.starts_with("/station/remind"));
    all.map(|form| {
        let patient = form.fields.iter().find(|(name, _)| name == "patient").unwrap().1.clone();
        (patient, form)
    })
    .collect()
}

pub(crate) const RECORD: &str = "/station/check-up?lang=en&amp;patient=";

/// An adult whose check-up can be recorded.
pub fn recordable(page: &str) -> String {
    let adult = page.split("<li").find_map(|line| {
        let patient = line.split(RECORD).nth(1)?.split('"').next()?;
        let birth = line.split("</strong>, ").nth(1)?.get(..10)?;
        let written = format!("{}-{}-{}", &birth[6..], &birth[3..5], &birth[..2]);
        (years(&written) >= 18).then(|| patient.to_owned())
    });
    adult.expect("an adult to record for")
}

pub fn place_of(demo: &Demo, patient: &str) -> usize {
    (0..30).find(|place| demo.citizen(*place).1 == patient).expect("a citizen of the demo")
}

#[test]
fn the_list_is_shown_and_somebody_is_reminded_once() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let mut browser = at_work(&demo, "physician");
        let english = page(&mut browser, "/station?lang=en&people=treated");
        let vietnamese = page(&mut browser, "/station?lang=vi&people=treated");
        for words in ["Annual check-ups", "Overdue", "urn:healthbook:rule:annual-check-up|1"] {
            assert!(english.contains(words), "{words}: {english}");
        }
        assert!(vietnamese.contains("Khám sức khỏe hằng năm") && vietnamese.contains("Quá hạn"));
        for shown in [&english, &vietnamese] {
            assert!(shown.len() < 60_000 && !shown.contains("<script") && !shown.contains(" style="));
        }
        let (patient, form) = reminders(&english).into_iter().next().expect("somebody is due");
        let citizen = demo.as_citizen(place_of(&demo, &patient));
        let told = || -> Vec<Value> {
            let all = citizen.resources("/fhir/Communication?_count=100");
            all.into_iter().filter(|it| it["topic"]["coding"][0]["code"] == "check-up-due").collect()
        };
        assert_eq!(told().len(), 0);
        let done = press(&mut browser, &form).expect_status(200);
        assert!(done.text().contains("The reminder is in the book of this person."), "{}", done.text());
        let again = press(&mut browser, &form).expect_status(200);
        assert!(again.text().contains("within the last thirty days"), "{}", again.text());
        let told = told();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0]["payload"].as_array().unwrap().len(), 2, "both languages");
        assert!(text(&told[0]["sender"]["reference"]).starts_with("Organization/"));
        // A form from elsewhere does nothing, nor one about somebody who is not on the list.
        let forged = browser.request("POST", "/station/remind", Some(&format!("form=0&patient={patient}")));
        assert_eq!(forged.status, 403);
        let listed: BTreeSet<String> = reminders(&english).into_iter().map(|(patient, _)| patient).collect();
        let client = demo.as_client();
        let hidden =
            |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 404;
        let stranger = demo.citizen((0..30).find(hidden).expect("somebody is a stranger")).1;
        assert!(!listed.contains(stranger));
        for nobody in [stranger, "nobody"] {
            assert_eq!(press(&mut browser, &form.clone().set("patient", nobody)).status, 404, "{nobody}");
        }
        // The client wanted to read, the station to do something.
        signed(&demo);
        let log = whole_log(&demo);
        let of_stranger = log.iter().filter(|it| it.patient.to_string() == format!("Patient/{stranger}"));
        let refused: Vec<Action> =
            of_stranger.filter(|it| it.outcome == Outcome::Refused).map(|it| it.action).collect();
        assert_eq!(refused, [Action::Read, Action::Operation]);
    }
}

/// Minutes from now as clocks in Vietnam show it and a message writes it.
pub(crate) fn vietnamese_time(minutes: i64) -> String {
    let moment = fhir::Instant::now().microseconds() + (7 * 60 + minutes) * 60_000_000;
    let written = fhir::Instant::from_microseconds(moment).to_string();
    written.chars().filter(char::is_ascii_digit).take(12).collect()
}

fn name_of(demo: &Demo, patient: &str) -> String {
    let citizens = demo.description["citizens"].as_array().unwrap();
    text(&citizens.iter().find(|it| it["patient_id"] == patient).unwrap()["name"])
}

/// What a station fills in for somebody healthy, of whatever age; each form has some of it.
pub(crate) const HEALTHY: [(&str, &str); 19] = [
    ("XML1.HO_TEN_NGUOI_DI_CUNG", "Lê Thị Mẹ"),
    ("XML1.SO_CCCD_NGUOI_DI_CUNG", "099190000011"),
    ("XML1.MOI_QUAN_HE_VOI_TRE", "2"),
    ("XML1.NGUOI_GIAM_HO", "Lê Thị Mẹ"),
    ("XML1.SO_CCCD_NGH", "099190000011"),
    ("XML2.DOI_TUONG", "16"),
    ("XML2.NGUON_CHI_TRA", "2"),
    ("XML2.MA_LOAI_KCB", "01"),
    ("XML2.MA_GTIN_CSKCB", "8935000000017"),
    ("XML1.MA_DAN_TOC", "01"),
    ("XML1.MA_NGHE_NGHIEP", "61"),
    ("XML1.DIA_CHI", "Thôn 1"),
    ("XML1.MATINH_CU_TRU", "20"),
    ("XML1.MAXA_CU_TRU", "06400"),
    ("XML10.CHIEU_CAO", "165,5"),
    ("XML10.CAN_NANG", "58"),
    ("XML10.HUYET_AP", "120/80"),
    ("XML10.KHAM_THE_LUC_PL", "1"),
    ("XML12.PHAN_LOAI_SK", "2"),
];

/// The form filled in so.
pub fn filled(form: &Form) -> Form {
    HEALTHY.into_iter().fold(form.clone(), |form, (name, value)| {
        let kept = ["XML2.MA_GTIN_CSKCB", "XML1.DIA_CHI", "XML1.MAXA_CU_TRU"].contains(&name)
            && form.fields.iter().any(|(known, text)| known == name && !text.is_empty());
        if kept { form } else { form.set(name, value) }
    })
}

#[test]
fn a_check_up_is_recorded_by_form_as_a_message_writes_it() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let mut browser = at_work(&demo, "physician");
        let list = page(&mut browser, "/station?lang=en&people=treated&status=due");
        let patient = recordable(&list);
        let citizen = demo.as_citizen(place_of(&demo, &patient));
        let documents = || citizen.resources("/fhir/Composition?_count=200").len();
        let before = documents();
        let path = format!("/station/check-up?lang=en&patient={patient}");
        let shown = page(&mut browser, &path);
        assert!(shown.contains("Height") && !shown.contains("<script"), "{shown}");
        let number = demo.citizen(place_of(&demo, &patient)).0;
        assert!(!shown.contains(number), "the number is not needed on the page");
        let form =
            forms(&shown).into_iter().find(|form| form.action.starts_with("/station/check-up")).unwrap();

        // Wrong values are said by field, in both languages, and change nothing.
        let wrong = filled(&form).set("XML10.HUYET_AP", "high").set("XML12.PHAN_LOAI_SK", "9");
        for (language, words) in [("en", "the code is not in the list"), ("vi", "mã không thuộc danh mục")]
        {
            let mut wrong = wrong.clone();
            wrong.action = format!("/station/check-up?lang={language}");
            let answer = press(&mut browser, &wrong).expect_status(422);
            assert!(answer.text().contains(words), "{words}: {}", answer.text());
            assert!(answer.text().contains("id=\"XML12-PHAN_LOAI_SK-fault\""), "{}", answer.text());
            assert!(answer.text().contains("value=\"high\""), "what was typed stays: {}", answer.text());
        }
        let soon = press(&mut browser, &filled(&form).set("XML2.NGAY_VAO", &vietnamese_time(60)));
        assert_eq!(soon.status, 422, "nobody was examined in an hour: {}", soon.text());
        assert!(soon.text().contains(&name_of(&demo, &patient)), "whose form it is: {}", soon.text());
        assert_eq!(documents(), before);

        // The second of two visits comes later than the first one.
        let visit = vietnamese_time(-120);
        let form = form.set("XML2.NGAY_VAO", &visit);
        let done = press(&mut browser, &filled(&form)).expect_status(200);
        assert!(done.text().contains("The check-up is in the book."), "{}", done.text());
        assert_eq!(documents(), before + 1);
        let list = page(&mut browser, "/station?lang=en&people=treated&status=done");
        let line = list.split("<li").find(|line| line.contains(&patient)).expect("the person is done");
        assert!(line.contains("Class II"), "{line}");
        let originals = citizen.resources("/fhir/DocumentReference?_count=200");
        let original = originals.iter().find(|it| {
            it["content"][0]["attachment"]["title"] == "KHAMSUCKHOE"
                && it["content"][0]["attachment"]["contentType"] == "application/json"
        });
        let original = original.expect("the message is kept");
        let message = STANDARD.decode(text(&original["content"][0]["attachment"]["data"])).unwrap();
        let message: Value = serde_json::from_slice(&message).expect("the message is JSON");
        assert!(message.to_string().to_lowercase().contains("danhsachhoso"), "{message}");
        let heights = citizen.resources(&format!(
            "/fhir/Observation?code=http://loinc.org%7C8302-2&patient={patient}&_count=50"
        ));
        assert!(heights.iter().any(|it| it["valueQuantity"]["value"].as_f64() == Some(165.5)), "{heights:?}");

        // The same again is the same; another one is answered with the first, until it is said that it is needed.
        let _ = press(&mut browser, &filled(&form).set("again", "yes")).expect_status(200);
        assert_eq!(documents(), before + 1, "the same visit");
        let second = filled(&form).set("XML2.NGAY_VAO", &vietnamese_time(-60));
        let answer = press(&mut browser, &second).expect_status(409);
        let day = format!("{}/{}/{}", &visit[6..8], &visit[4..6], &visit[..4]);
        assert!(
            answer.text().contains(&day) && answer.text().contains("Nothing was recorded"),
            "{}",
            answer.text()
        );
        assert_eq!(documents(), before + 1);
        let _ = press(&mut browser, &second.set("again", "yes")).expect_status(200);
        assert_eq!(documents(), before + 2);
    }
}

/// Whole years today of somebody who was born on that day.
pub(crate) fn years(birth: &str) -> i32 {
    let today = vietnamese_time(0);
    let number = |text: &str| text.parse::<i32>().unwrap();
    let before = today[4..8] < *birth[5..].replace('-', "");
    number(&today[..4]) - number(&birth[..4]) - i32::from(before)
}

#[test]
fn the_pages_are_for_staff_who_work_there() {
    let demo = Demo::start(TestDatabase::sqlite());
    let mut nobody = Browser::new(demo.server());
    for path in ["/station", "/station?people=treated", "/station/check-up?patient=x"] {
        let answer = nobody.request("GET", path, None);
        let to = answer.header("Location").unwrap_or_default();
        assert!(answer.status == 303 && to.starts_with("/auth/sign-in?continue=station"), "{path}: {to}");
    }
    for path in ["/station/remind", "/station/check-up", "/station/sign-out"] {
        assert_eq!(nobody.request("POST", path, Some("form=0&patient=x")).status, 303, "{path}");
    }
    let mut citizen = sign_in(&demo, 0);
    for path in ["/station", "/station/check-up?patient=x"] {
        assert_eq!(citizen.request("GET", path, None).status, 403, "{path}");
    }
    let mut pharmacist = Browser::new(demo.server());
    let landing = pharmacist.go("GET", "/auth/sign-in", None);
    let _ = pass(&demo, &mut pharmacist, landing, &staff_name(&demo, "pharmacist"));
    assert_eq!(pharmacist.request("GET", "/station", None).status, 403);

    let mut nurse = at_work(&demo, "nurse");
    let list = page(&mut nurse, "/station?lang=en&people=treated");
    assert!(!list.contains("/station/check-up?"), "nurses record nothing by this form");
    let (patient, _) = reminders(&list).into_iter().next().expect("somebody is due");
    assert_eq!(nurse.request("GET", &format!("/station/check-up?patient={patient}"), None).status, 403);
    for wrong in ["status=late", "people=all", "page=x"] {
        let status = nurse.request("GET", &format!("/station?{wrong}"), None).status;
        assert!((400..500).contains(&status), "{wrong}: {status}");
    }
    let form = forms(&list).into_iter().find(|form| form.action.starts_with("/station/sign-out")).unwrap();
    let out = press(&mut nurse, &form);
    assert!(out.text().contains("Sign in"));
    assert_eq!(nurse.request("GET", "/station", None).status, 303);
}
