//! A citizen sees who looked, in plain words, and does something about it (docs/access-log.md, section 9).

use std::collections::BTreeSet;
use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};
use test_support::{Response, TestDatabase};

use crate::sharing::done;
use crate::sharing_gate::{staff, strangers};
use crate::support::browser::{Browser, Landing, forms};
use crate::support::program::{Caller, Demo, run};
use crate::support::sign_in::{pass, sign_in, staff_name};
use crate::support::{matches, text, value};

/// Stands in a resource; a log tells who looked and never what was there.
const PLANTED: &str = "PLANTED-7391";

fn on_each_demo(test: impl Fn(&Demo)) {
    for database in TestDatabase::each() {
        test(&Demo::start(database));
    }
}

/// A person whom the first client system reads, and one whom it does not.
fn open_and_closed(demo: &Demo) -> (usize, usize) {
    let client = demo.as_client();
    let reads =
        |place: &usize| client.get(&format!("/fhir/Patient/{}", demo.citizen(*place).1)).status == 200;
    let open = (0..30).find(reads).expect("the facility has a patient");
    let closed = (0..30).find(|place| !reads(place)).expect("not everybody is its patient");
    (open, closed)
}

/// The name of the facility of the first client system.
fn facility(demo: &Demo) -> String {
    let code = demo.description["clients"][0]["facility"].as_str().unwrap();
    let system = "http://fhir.hl7.org.vn/core/sid/ma-cskcb";
    let found = demo.as_client().read(&format!("/fhir/Organization?identifier={system}%7C{code}"));
    text(&matches(&found)[0]["name"])
}

/// A page of the log.
#[track_caller]
fn page(browser: &mut Browser<'_>, parameters: &str) -> String {
    let answer = browser.request("GET", &format!("/auth/access-log?{parameters}"), None);
    answer.expect_status(200).text().to_owned()
}

/// The lines of a page, as they are read aloud.
fn lines(page: &str) -> Vec<&str> {
    let list = page.split("<ul class=\"list\">").skip(1);
    list.flat_map(|list| list.split("<li").skip(1)).map(|line| line.split("</li>").next().unwrap()).collect()
}

#[track_caller]
fn expect_words(line: &str, words: &[&str]) {
    for word in words {
        assert!(line.contains(word), "{word}: {line}");
    }
}

/// What a citizen may write.
fn measurement(patient: &str) -> Value {
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    json!({"resourceType": "Observation", "status": "final", "subject": {"reference": format!("Patient/{patient}")},
        "category": [{"coding": [{"system": category, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
        "effectiveDateTime": "2026-11-01T08:00:00+07:00", "note": [{"text": PLANTED}],
        "valueQuantity": {"value": 70, "unit": "/min", "system": "http://unitsofmeasure.org", "code": "/min"}})
}

fn write(citizen: &Caller<'_>, patient: &str) -> String {
    let made = citizen.send("POST", "/fhir/Observation", &measurement(patient).to_string());
    text(&value(made.expect_status(201).text())["id"])
}

#[test]
fn a_citizen_sees_who_looked_and_who_was_refused_in_both_languages() {
    on_each_demo(|demo| {
        let (open, closed) = open_and_closed(demo);
        let (client, facility) = (demo.as_client(), facility(demo));
        let (number, patient) = demo.citizen(open);
        let observation = write(&demo.as_citizen(open), patient);
        client.read(&format!("/fhir/Patient/{patient}"));
        client.read(&format!("/fhir/Observation/{observation}"));
        client.read(&format!("/fhir/Observation?patient={patient}&code=8867-4"));
        let mut browser = sign_in(demo, open);

        let vietnamese = page(&mut browser, "lang=vi");
        assert!(vietnamese.contains("<h1>Ai đã xem sổ của tôi</h1>"), "{vietnamese}");
        // Meanwhile the system may have written a notice of the new facility into the book.
        let of_facility = |shown: &str| -> Vec<String> {
            let all = lines(shown).into_iter().filter(|line| line.contains(&facility));
            all.map(ToString::to_string).collect()
        };
        let newest = of_facility(&vietnamese);
        assert!(newest.len() >= 3, "{vietnamese}");
        for (line, what) in
            newest.iter().zip(["tìm và đọc kết quả xét nghiệm", "đọc kết quả", "đọc thông tin cá nhân"])
        {
            expect_words(
                line,
                &["phần mềm của cơ sở", &facility, what, "để khám bệnh, chữa bệnh; ", " ngày "],
            );
        }
        let english = page(&mut browser, "lang=en");
        assert!(english.contains("<h1>Who looked at my book</h1>"), "{english}");
        for (line, what) in of_facility(&english).iter().zip([
            "looked for and read test results",
            "read test results",
            "read personal details",
        ]) {
            expect_words(line, &["software of the facility", &facility, what, "for care; "]);
        }
        for shown in [&vietnamese, &english] {
            for hidden in [PLANTED, number, "8867-4"] {
                assert!(!shown.contains(hidden), "{hidden}");
            }
        }

        // What oneself did is shown when it is asked for.
        assert!(!english.contains("<strong>You</strong>"));
        assert!(page(&mut browser, "lang=en&own=yes").contains("<strong>You</strong>"));

        // Whoever was refused is seen by the one whom it was about, and by nobody else.
        let refused = format!("/fhir/Patient/{}", demo.citizen(closed).1);
        assert_eq!(client.get(&refused).status, 404);
        let mut other = sign_in(demo, closed);
        let found = page(&mut other, "lang=vi");
        let newest = of_facility(&found);
        let line = newest.first().expect("the refused attempt");
        expect_words(line, &["alarm", "ĐÃ BỊ TỪ CHỐI", &facility, "thử đọc thông tin cá nhân"]);
        assert!(!page(&mut browser, "lang=vi").contains("BỊ TỪ CHỐI"), "of another book nothing is told");
        assert!(newest.iter().all(|line| !line.contains("kết quả xét nghiệm")), "{found}");
    });
}

#[test]
fn acts_commands_and_tries_are_told_as_what_they_were() {
    on_each_demo(|demo| {
        let (facility, place) = strangers(demo);
        let (citizen, (number, patient)) = (demo.as_citizen(place), demo.citizen(place));
        let physician = staff(demo, &facility, "physician", "TREAT");
        assert_eq!(
            physician.send("POST", "/fhir/Observation", &measurement(patient).to_string()).status,
            403
        );
        physician.read(&format!("/fhir/Observation?patient={patient}"));
        let request = json!({"patient": patient, "reason": "unconscious", "text": "found without an answer"});
        let _ = [201, 200].map(|status| done(&physician, "emergency", &request, status));
        staff(demo, &facility, "physician", "BTG").read(&format!("/fhir/Patient/{patient}"));
        let code = done(&citizen, "presence-codes", &json!({}), 201);
        done(&physician, "relations", &json!({"kind": "presence", "code": code["digits"]}), 201);
        physician.read(&format!("/fhir/Patient/{patient}/$everything"));
        let (folder, url) = (demo.folder.path(), demo.database.url());
        let command = ["account", "activate", "--citizen", number, "--database", url, "--data-folder"];
        assert!(run(folder, &[&command[..], &[folder.to_str().unwrap()]].concat()).status.success());
        let mut stranger = Browser::new(demo.server());
        let Landing::Page(form) = stranger.go("GET", "/auth/sign-in", None) else { panic!("a form") };
        let form =
            forms(form.text()).into_iter().find(|form| form.purposes.contains_key("username")).unwrap();
        stranger.submit(&form.fill("username", number).fill("current-password", "wrong"), "/auth/sign-in");

        let mut browser = sign_in(demo, place);
        let (vietnamese, english) = (page(&mut browser, "lang=vi"), page(&mut browser, "lang=en"));
        let expect = |shown: &str, all: &[&str]| {
            let mut lines = lines(shown).into_iter();
            assert!(lines.any(|line| all.iter().all(|words| line.contains(words))), "{all:?}: {shown}");
        };
        for all in [
            &["ĐÃ BỊ TỪ CHỐI", "thử ghi kết quả xét nghiệm, chỉ số đo vào sổ của bạn"][..],
            &[
                "tìm kết quả xét nghiệm, chỉ số đo – không có gì được hiển thị",
                "không có quyền xem nên không",
            ],
            &["CẤP CỨU", "mở sổ khi cấp cứu</p>", "lý do mở sổ được ghi trong thông báo gửi bạn"],
            &["CẤP CỨU", "gia hạn việc mở sổ khi cấp cứu"],
            &["CẤP CỨU", "đọc thông tin cá nhân", "cấp cứu; lý do mở sổ được ghi trong thông báo gửi bạn"],
            &["mở sổ bằng mã được đưa cho cơ sở", "theo mã được đưa cho cơ sở"],
            &["xin xem toàn bộ sổ – được xem ", "bạn hoặc người giám hộ đã đưa mã cho cơ sở"],
            &["Đơn vị vận hành hệ thống", "cấp mã kích hoạt tài khoản của bạn"],
            &[
                "Người chưa đăng nhập",
                "thử đăng nhập vào tài khoản của bạn",
                "mật khẩu sai hoặc không dùng được",
            ],
        ] {
            expect(&vietnamese, all);
        }
        for all in [
            &["REFUSED", "tried to write test results and measurements into your book"][..],
            &["EMERGENCY", "opened the book in an emergency"],
            &["asked for the whole book – was shown ", " entries"],
            &["The operator of the system", "handed out an activation code for your account"],
            &["tried to sign in to your account", "the password was wrong"],
        ] {
            expect(&english, all);
        }
    });
}

/// Waits until every entry has its number.
fn settled(browser: &mut Browser<'_>) {
    let is_settled = (0..120).any(|_| {
        sleep(Duration::from_millis(250));
        !page(browser, "lang=en").contains("Waits for its number")
    });
    assert!(is_settled, "the log is gone on with");
}

/// The numbers in the log of the lines of a page.
fn numbers(page: &str) -> Vec<String> {
    page.split("Number in the log: ").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[test]
fn pages_and_filters_show_each_access_once() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let client = demo.as_client();
    for _ in 0..70 {
        client.read(&format!("/fhir/Patient/{}", demo.citizen(open).1));
    }
    let mut browser = sign_in(&demo, open);
    settled(&mut browser);
    let (mut shown, mut pages) = (page(&mut browser, "lang=en"), 1);
    let mut all = numbers(&shown);
    while let Some(next) = shown.split("&amp;page=").nth(1) {
        let next = next.split('"').next().unwrap().to_owned();
        shown = page(&mut browser, &format!("lang=en&page={next}"));
        all.extend(numbers(&shown));
        pages += 1;
        assert!(pages < 20, "pages without end");
    }
    assert!(pages > 1 && all.len() >= 70, "{pages} pages, {} lines", all.len());
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "none is shown twice");

    let first = page(&mut browser, "lang=en");
    let id = first.split("<option value=\"").map(|rest| rest.split('"').next().unwrap()).nth(2).unwrap();
    assert!(!numbers(&page(&mut browser, &format!("lang=en&facility={id}"))).is_empty());
    assert!(numbers(&page(&mut browser, "lang=en&facility=nobody")).is_empty());
    assert!(numbers(&page(&mut browser, "lang=en&from=2999-01-01&to=")).is_empty());
    assert!(numbers(&page(&mut browser, "lang=en&to=1999-01-01")).is_empty());
    assert!(!numbers(&page(&mut browser, "lang=en&from=2000-01-01&to=2999-01-01")).is_empty());
    // What is no facility or page is no failure of the server.
    assert!(!numbers(&page(&mut browser, "from=&facility=%3Cscript%3E&own=&lang=en")).is_empty());
    let _ = browser.request("GET", "/auth/access-log?page=x", None).expect_status(400);
    // Of a facility without lines no name is known, and its id is none.
    let unknown = page(&mut browser, "lang=vi&facility=nobody");
    expect_words(&unknown, &["<option value=\"nobody\" selected>Cơ sở không rõ tên</option>"]);
    // What is blocked can be chosen, although the page has no line of it.
    press(&mut browser, &first, "/auth/access-log/block");
    assert!(page(&mut browser, "lang=en&to=1999-01-01").contains(&format!("<option value=\"{id}\">")));
}

#[test]
fn days_that_are_none_show_nothing_and_hand_out_nothing() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let mut browser = sign_in(&demo, open);
    settled(&mut browser);
    for path in ["/auth/access-log", "/auth/access-log.pdf", "/auth/access-log/extract"] {
        for (days, vietnamese, english) in [
            (
                "from=2020-13-01",
                "Từ ngày: “2020-13-01” không phải là ngày hợp lệ.",
                "From: “2020-13-01” is no day.",
            ),
            ("to=28/11/2026", "Đến hết ngày: “28/11/2026” không", "“28/11/2026” is no day."),
            (
                "from=2026-11-28&to=2026-11-01",
                "Ngày bắt đầu không được sau ngày kết thúc.",
                "The first day must be before the last one, or the same.",
            ),
        ] {
            for (language, words) in [("vi", vietnamese), ("en", english)] {
                let answer = browser.request("GET", &format!("{path}?lang={language}&{days}"), None);
                let answer = answer.expect_status(400);
                expect_words(answer.text(), &[words, "<form method=\"get\" action=\"/auth/access-log\""]);
                assert!(lines(answer.text()).is_empty(), "{path}?{days}: {}", answer.text());
            }
        }
    }
    // Nothing was read by it.
    let log = demo.as_citizen(open).resources("/fhir/AuditEvent?_count=1000");
    let is_taken =
        |event: &Value| ["print", "export"].iter().any(|code| event["subtype"][0]["code"] == *code);
    assert!(!log.iter().any(is_taken));
}

#[test]
fn an_extract_of_the_page_proves_that_the_log_begins_with_older_checkpoints() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let mut browser = sign_in(&demo, open);
    settled(&mut browser);
    let checkpoint = demo.as_client().get("/transparency/checkpoint").expect_status(200);
    let size = checkpoint.text().lines().nth(1).unwrap().to_owned();
    let mut extract =
        |older: &str| browser.request("GET", &format!("/auth/access-log/extract?{older}"), None);
    let taken = extract(&format!("from=&older={size}&older=&lang=en")).expect_status(200);
    let older = &value(taken.text())["older"];
    assert_eq!(older.as_array().map(Vec::len), Some(1), "{older}");
    assert_eq!(older[0]["checkpoint"], checkpoint.text());
    for nonsense in ["older=x", "older=-1", "older=987654321", &"older=1&".repeat(17)] {
        assert!(extract(nonsense).expect_status(400).text().starts_with("<!DOCTYPE html>"), "{nonsense}");
    }
}

#[test]
fn what_is_printed_is_signed_and_noted() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let mut browser = sign_in(&demo, open);
    let file =
        browser.request("GET", "/auth/access-log.pdf?lang=vi&from=2026-01-01", None).expect_status(200);
    assert_eq!(file.header("Content-Type"), Some("application/pdf"));
    assert_eq!(file.header("Cache-Control"), Some("no-store"));
    let bytes = String::from_utf8_lossy(&file.body);
    assert!(bytes.starts_with("%PDF-1.7") && bytes.contains("ETSI.CAdES.detached"));
    assert!(bytes.contains("/Lang (vi)") && bytes.contains("/StructTreeRoot"));

    let noted = |code: &str| {
        let log = demo.as_citizen(open).resources("/fhir/AuditEvent?_count=1000");
        log.iter().filter(|event| event["subtype"][0]["code"] == code).count()
    };
    assert_eq!(noted("print"), 1);
    assert!(page(&mut browser, "lang=vi&own=yes").contains("in nhật ký truy cập sổ"));
    settled(&mut browser);
    let taken = browser.request("GET", "/auth/access-log/extract", None).expect_status(200);
    assert_eq!(value(taken.text())["format"], "healthbook-access-log-extract-1");
    assert_eq!(noted("export"), 1);

    // The key stands beside the data, for its owner only.
    let folder = demo.file().parent().unwrap().to_owned();
    assert!(std::fs::read_to_string(folder.join("report.pem")).unwrap().contains("BEGIN CERTIFICATE"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(folder.join("report.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

/// Presses the button of the form that leads somewhere.
#[track_caller]
fn press(browser: &mut Browser<'_>, page: &str, action: &str) -> Response {
    let form = forms(page).into_iter().find(|form| form.action.contains(action)).expect(action);
    match browser.submit(&form, "/auth/access-log") {
        Landing::Page(answer) => answer.expect_status(200),
        Landing::Elsewhere(place) => panic!("it leads to {place}"),
    }
}

#[test]
fn a_facility_is_blocked_from_the_page_and_let_in_again() {
    let demo = Demo::start(TestDatabase::sqlite());
    let (open, _) = open_and_closed(&demo);
    let (client, path) = (demo.as_client(), format!("/fhir/Patient/{}", demo.citizen(open).1));
    let mut browser = sign_in(&demo, open);
    let shown = page(&mut browser, "lang=vi");
    let blocked = press(&mut browser, &shown, "/auth/access-log/block");
    expect_words(blocked.text(), &["Bạn đã chặn cơ sở này.", "Cơ sở bạn đã chặn"]);
    assert_eq!(client.get(&path).status, 404);
    let lifted = press(&mut browser, blocked.text(), "/auth/access-log/lift");
    assert!(!lifted.text().contains("Bạn đã chặn cơ sở này."));
    assert_eq!(client.get(&path).status, 200);
    // A form from elsewhere does nothing.
    let forged = browser.request("POST", "/auth/access-log/block", Some("form=0&facility=x"));
    assert_eq!(forged.status, 403);
}

#[test]
fn the_page_is_for_citizens_who_are_signed_in_and_protected_like_the_others() {
    let demo = Demo::start(TestDatabase::sqlite());
    let mut nobody = Browser::new(demo.server());
    for path in ["/auth/access-log", "/auth/access-log.pdf", "/auth/access-log/extract"] {
        let answer = nobody.request("GET", path, None);
        let location = "/auth/sign-in?continue=access-log";
        assert_eq!((answer.status, answer.header("Location")), (303, Some(location)), "{path}");
    }
    let mut staff = Browser::new(demo.server());
    let landing = staff.go("GET", "/auth/sign-in", None);
    let landing = pass(&demo, &mut staff, landing, &staff_name(&demo, "registrar"));
    assert!(matches!(landing, Landing::Page(answer) if answer.status == 200), "signed in");
    for path in ["/auth/access-log", "/auth/access-log.pdf", "/auth/access-log/extract"] {
        assert_eq!(staff.request("GET", path, None).status, 403, "{path}");
    }
    let mut citizen = sign_in(&demo, 0);
    let answer = citizen.request("GET", "/auth/access-log", None).expect_status(200);
    let policy = answer.header("Content-Security-Policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'") && !policy.contains("script"),
        "{policy}"
    );
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    assert!(!answer.text().contains("<script") && !answer.text().contains(" style="));
}
