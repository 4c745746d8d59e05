//! A citizen reads the own book in a browser (docs/book-pages.md).

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::sharing::done;
use crate::sharing_gate::{staff, strangers};
use crate::support::browser::{Browser, Landing, forms};
use crate::support::program::Demo;
use crate::support::sign_in::{pass, sign_in, staff_name};
use crate::support::{body, text};

const CHECK_UP: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-composition-health-checkup";
const CLASSIFICATION: &str =
    "http://fhir.hl7.org.vn/core/StructureDefinition/vn-core-observation-health-classification";
const CLASSES: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-health-classification-cs";

/// Stands in a conclusion: shown to its owner, and never as markup.
const CONCLUSION: &str = "Theo dõi huyết áp &lt;b&gt;tại nhà&lt;/b&gt;";

/// A person whom the first client system treats, and one whom it does not see.
pub(crate) fn open_and_closed(demo: &Demo) -> (usize, usize) {
    let client = demo.as_client();
    let reads =
        |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200;
    let open = (0..30).find(reads).expect("the facility has a patient");
    let closed = (0..30).find(|place| !reads(place)).expect("not everybody is its patient");
    (open, closed)
}

fn weight(patient: &str, day: &str, kilograms: f64) -> Value {
    json!({"resourceType": "Observation", "status": "final", "subject": {"reference": patient},
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}], "text": "Cân nặng"},
        "effectiveDateTime": day,
        "valueQuantity": {"value": kilograms, "unit": "kg", "system": "http://unitsofmeasure.org", "code": "kg"}})
}

/// The first client system writes two check-ups of a person; the id of the newer one.
#[track_caller]
pub(crate) fn write_check_ups(demo: &Demo, citizen: usize) -> String {
    let client = demo.as_client();
    let code = text(&demo.description["clients"][0]["facility"]);
    let found = client
        .read(&format!("/fhir/Organization?identifier=http://fhir.hl7.org.vn/core/sid/ma-cskcb%7C{code}"));
    let author = json!({"reference": format!("Organization/{}", text(&found["entry"][0]["resource"]["id"]))});
    let patient = format!("Patient/{}", demo.citizen(citizen).1);
    let mut newest = String::new();
    for (number, day, kilograms, class) in [(1, "2100-03-01", 60.0, "3"), (2, "2101-03-02", 61.5, "2")] {
        let [whole, heavy, classed] =
            [0, 1, 2].map(|it| format!("urn:uuid:09900000-0000-4000-8000-0000000000{number}{it}"));
        let class = json!({"resourceType": "Observation", "meta": {"profile": [CLASSIFICATION]}, "status": "final",
            "code": {"text": "Phân loại sức khỏe"}, "subject": {"reference": patient}, "effectiveDateTime": day,
            "valueCodeableConcept": {"coding": [{"system": CLASSES, "code": class}]}});
        let div = format!("<div xmlns=\"http://www.w3.org/1999/xhtml\">{CONCLUSION}</div>");
        let composition = json!({"resourceType": "Composition", "meta": {"profile": [CHECK_UP]}, "status": "final",
            "identifier": {"system": "http://fhir.hl7.org.vn/core/sid/ma-lk", "value": format!("KSK09900{number}")},
            "type": {"text": "Khám sức khỏe từ đủ 18 tuổi"}, "subject": {"reference": patient}, "date": day,
            "author": [author], "title": "Khám sức khỏe", "section": [
                {"title": "Khám thể lực", "entry": [{"reference": heavy}]},
                {"title": "Kết luận", "text": {"status": "generated", "div": div}, "entry": [{"reference": classed}]}]});
        let all = [(whole, composition), (heavy, weight(&patient, day, kilograms)), (classed, class)];
        let entries: Vec<Value> = all
            .into_iter()
            .map(|(url, resource)| {
                let kind = resource["resourceType"].clone();
                json!({"fullUrl": url, "resource": resource, "request": {"method": "POST", "url": kind}})
            })
            .collect();
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
        let answer = body(&client.send("POST", "/fhir", &bundle.to_string()).expect_status(200));
        let place = text(&answer["entry"][0]["response"]["location"]);
        let (_, rest) = place.split_once("Composition/").expect("where it is");
        newest = rest.split('/').next().unwrap().to_owned();
    }
    newest
}

#[track_caller]
fn page(browser: &mut Browser<'_>, path: &str) -> String {
    browser.request("GET", path, None).expect_status(200).text().to_owned()
}

#[track_caller]
fn expect_words(page: &str, words: &[&str]) {
    for word in words {
        assert!(page.contains(word), "{word}: {page}");
    }
}

/// The address of the first link that begins so.
#[track_caller]
fn link(page: &str, begin: &str) -> String {
    let links = page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let found = links.into_iter().find(|link| link.starts_with(begin));
    found.unwrap_or_else(|| panic!("{begin}: {page}")).replace("&amp;", "&")
}

#[track_caller]
fn press(browser: &mut Browser<'_>, page: &str, action: &str) -> Response {
    let form = forms(page).into_iter().find(|form| form.action.starts_with(action)).expect(action);
    match browser.submit(&form, "/book") {
        Landing::Page(answer) => answer.expect_status(200),
        Landing::Elsewhere(place) => panic!("it leads to {place}"),
    }
}

#[test]
fn a_check_up_is_read_in_both_languages_and_the_reading_is_logged() {
    for database in TestDatabase::each() {
        let demo = Demo::start(database);
        let (open, _) = open_and_closed(&demo);
        let id = write_check_ups(&demo, open);
        let mut browser = sign_in(&demo, open);
        let book = page(&mut browser, "/book?lang=vi");
        expect_words(&book, &["Loại II – khỏe", "02/03/2101", "Dị ứng", "Tiêm chủng", "Thuốc đang dùng"]);
        let place = link(&book, &format!("/book/check-ups/{id}"));
        let shown = page(&mut browser, &place);
        expect_words(
            &shown,
            &[
                "Loại II – khỏe",
                "61,5 kg",
                "cao hơn 1,5 kg so với lần trước (01/03/2100)",
                "<svg",
                "role=\"img\"",
            ],
        );
        expect_words(&shown, &["Theo dõi huyết áp &lt;b&gt;tại nhà&lt;/b&gt;"]);
        let english = page(&mut browser, &format!("/book/check-ups/{id}?lang=en"));
        expect_words(&english, &["Class II – healthy", "61.5 kg", "1.5 kg higher than before (01/03/2100)"]);
        let timeline = page(&mut browser, "/book/timeline?lang=en");
        expect_words(&timeline, &["02/03/2101", "Check-up"]);
        for (name, shown) in [("book", &book), ("check-up", &shown), ("timeline", &timeline)] {
            assert!(shown.len() < 60_000, "{name}: {}", shown.len());
            assert!(!shown.contains("<script") && !shown.contains(" style="), "{name}");
            assert!(!shown.contains(demo.citizen(open).0), "{name}");
        }
        let log = page(&mut browser, "/auth/access-log?lang=en&own=yes");
        expect_words(&log, &["<strong>You</strong>", "href=\"/book?lang=en\""]);
    }
}

#[test]
fn the_timeline_goes_back_to_the_beginning_and_shows_each_thing_once() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let mut browser = sign_in(&demo, open);
    let dates = |page: &str| page.matches("<li><p><strong>").count();
    let mut shown = page(&mut browser, "/book/timeline?lang=en");
    let (mut events, mut pages) = (dates(&shown), 1);
    while shown.contains("rel=\"next\"") {
        let next = link(&shown, "/book/timeline?lang=en&amp;page=");
        assert!(!next.contains("20"), "no day stands in a link that can be read: {next}");
        shown = page(&mut browser, &next);
        events += dates(&shown);
        pages += 1;
        assert!(pages < 60, "pages without end");
    }
    let citizen = demo.as_citizen(open);
    let all: usize = ["Encounter", "Immunization", "Condition", "Procedure", "Composition"]
        .iter()
        .map(|kind| citizen.resources(&format!("/fhir/{kind}?_count=200")).len())
        .sum();
    // The visit of a check-up stands there as the check-up.
    let check_ups = citizen.resources("/fhir/Composition?_count=200");
    let within = check_ups.iter().filter(|it| it["encounter"]["reference"].is_string()).count();
    assert!(within > 0, "the demo holds check-ups");
    assert_eq!(events, all - within, "{pages} pages");
    let _ = browser.request("GET", "/book/timeline?page=x", None).expect_status(400);
}

#[test]
fn a_facility_is_blocked_after_its_effects_were_told_and_let_in_again() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let (client, path) = (demo.as_client(), format!("/fhir/Patient/{}", demo.citizen(open).1));
    let code = text(&demo.description["clients"][0]["facility"]);
    let found = client
        .read(&format!("/fhir/Organization?identifier=http://fhir.hl7.org.vn/core/sid/ma-cskcb%7C{code}"));
    let facility = text(&found["entry"][0]["resource"]["id"]);
    // One that the app has made until tomorrow is not what this page makes.
    let tomorrow = json!({"facility": code, "until": "2099-01-01T00:00:00+07:00", "types": ["Condition"]});
    done(&demo.as_citizen(open), "blocks", &tomorrow, 201);
    let mut browser = sign_in(&demo, open);
    let list = page(&mut browser, "/book/who-may?lang=en");
    let asks = link(&list, &format!("/book/block?lang=en&amp;facility={facility}"));
    let told = page(&mut browser, &asks);
    expect_words(&told, &["Closes the book to", "In an emergency", "It can be undone"]);
    assert_eq!(client.get(&path).status, 200, "nothing was done so far");
    let done = press(&mut browser, &told, "/book/block");
    expect_words(done.text(), &["You have blocked it.", "Lift the block"]);
    assert_eq!(client.get(&path).status, 404);
    // Who presses twice has one block.
    let _ = press(&mut browser, &told, "/book/block");
    assert_eq!(demo.as_citizen(open).read("/access/blocks")["items"].as_array().unwrap().len(), 2);
    let asks = link(done.text(), "/book/lift?");
    let told = page(&mut browser, &asks);
    let _ = press(&mut browser, &told, "/book/lift");
    assert_eq!(client.get(&path).status, 200);
    // A form from elsewhere does nothing.
    let forged = browser.request("POST", "/book/block", Some(&format!("form=0&facility={facility}")));
    assert_eq!((forged.status, client.get(&path).status), (403, 200));
}

#[test]
fn an_emergency_is_ended_after_its_effects_were_told() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (facility, place) = strangers(&demo);
    let (number, patient) = demo.citizen(place);
    let request =
        json!({"citizen_number": number, "reason": "unconscious", "text": "found without an answer"});
    done(&staff(&demo, &facility, "physician", "TREAT"), "emergency", &request, 201);
    let (breaking, path) = (staff(&demo, &facility, "physician", "BTG"), format!("/fhir/Patient/{patient}"));
    let mut browser = sign_in(&demo, place);
    let list = page(&mut browser, "/book/who-may?lang=en");
    let told = page(&mut browser, &link(&list, "/book/end?"));
    expect_words(
        &told,
        &["End this right to look?", "An emergency", "ends at once", "The review of this emergency"],
    );
    assert_eq!(breaking.get(&path).status, 200, "nothing was done so far");
    // Why it was opened stands in the notice, in the language of the page.
    let notices = page(&mut browser, "/book/notices?lang=en");
    expect_words(&notices, &["Opened in an emergency", "found without an answer", "(physician)"]);
    expect_words(&page(&mut browser, "/book/notices?lang=vi"), &["Mở sổ trong cấp cứu", "(bác sĩ)"]);
    let ended = press(&mut browser, &told, "/book/end");
    assert_eq!(breaking.get(&path).status, 404);
    assert!(!ended.text().contains("/book/end?"), "nothing is left to end: {}", ended.text());
    for bad in ["", "relation=", "relation=emergency.Consent.nobody"] {
        assert_eq!(browser.request("GET", &format!("/book/end?{bad}"), None).status, 404, "{bad}");
    }
}

#[test]
fn the_book_of_another_is_not_there_and_its_owner_learns_of_the_attempt() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (mut one, mut other) = (sign_in(&demo, 0), sign_in(&demo, 1));
    let stranger = demo.citizen(1).1;
    for path in ["/book", "/book/timeline", "/book/who-may", "/book/notices"] {
        assert_eq!(one.request("GET", &format!("{path}?of={stranger}"), None).status, 404, "{path}");
    }
    assert!(page(&mut other, "/auth/access-log?lang=en").contains("REFUSED"));
    let _ = one.request("GET", "/book?of=%3Cscript%3E", None).expect_status(404);
}

#[test]
fn who_is_not_signed_in_comes_back_to_the_book_and_staff_have_none() {
    let demo = Demo::start(TestDatabase::sqlite());
    let mut nobody = Browser::new(demo.server());
    for path in ["/book", "/book/timeline", "/book/others", "/book/who-may", "/book/check-ups/x"] {
        let answer = nobody.request("GET", path, None);
        let to = answer.header("Location").unwrap_or_default();
        assert!(answer.status == 303 && to.starts_with("/auth/sign-in?continue=book"), "{path}: {to}");
    }
    let landing = nobody.go("GET", "/book", None);
    let name = demo.citizen(0).0.to_owned();
    let landing = pass(&demo, &mut nobody, landing, &name);
    assert!(matches!(&landing, Landing::Page(answer) if answer.text().contains("/book/who-may")), "the book");
    let shown = page(&mut nobody, "/book?lang=en");
    let out = press(&mut nobody, &shown, "/book/sign-out");
    assert!(out.text().contains("Sign in"));
    assert_eq!(nobody.request("GET", "/book", None).status, 303);

    let mut staff = Browser::new(demo.server());
    let landing = staff.go("GET", "/auth/sign-in", None);
    let _ = pass(&demo, &mut staff, landing, &staff_name(&demo, "registrar"));
    assert_eq!(staff.request("GET", "/book", None).status, 403);
}
