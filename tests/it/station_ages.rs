//! The form of a station for each age (docs/station-pages.md): children, pupils and adults, who has a birthday, and children whom
//! no number tells apart.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use test_support::{TestDatabase, TestServer};

use crate::station_pages::{RECORD, at_work, page, press, vietnamese_time, years};
use crate::support::browser::{Browser, Form, forms};
use crate::support::program::{Caller, Demo};
use crate::support::{Fhir, matches, text};

/// Puts somebody into the book who is at the facility of the demo's staff; a member that is null is left out.
fn bring(demo: &Demo, stored: &TestServer, id: &str, changed: &Value) {
    let all = Caller::unlimited(stored);
    let code = text(&demo.description["clients"][0]["facility"]);
    let found =
        all.read(&format!("/fhir/Organization?identifier=http://fhir.hl7.org.vn/core/sid/ma-cskcb%7C{code}"));
    let facility = text(&found["entry"][0]["resource"]["id"]);
    let mut patient = json!({"resourceType": "Patient", "id": id, "active": true, "gender": "female",
        "name": [{"text": "Lê Thị Bé"}]});
    for (name, value) in changed.as_object().unwrap() {
        patient[name.as_str()] = value.clone();
    }
    let visit = json!({"resourceType": "Encounter", "id": format!("visit-of-{id}"), "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": format!("Patient/{id}")},
        "period": {"start": format!("{}-01-01", &vietnamese_time(0)[..4])},
        "serviceProvider": {"reference": format!("Organization/{facility}")}});
    for resource in [patient, visit] {
        let path = format!("/fhir/{}/{}", text(&resource["resourceType"]), text(&resource["id"]));
        let _ = all.send("PUT", &path, &resource.to_string()).expect_status(201);
    }
}

fn number(value: &str) -> Value {
    json!([{"system": "http://fhir.hl7.org.vn/core/sid/cccd", "value": value}])
}

/// The day so many years and days ago, as FHIR writes it.
fn ago(age: i32, days: i64) -> String {
    let day = vietnamese_time(-days * 24 * 60);
    let year: i32 = day[..4].parse().unwrap();
    // Who was born on the leap day of another year has no birthday in this one.
    format!("{}-{}-{}", year - age, &day[4..6], if &day[4..8] == "0229" { "28" } else { &day[6..8] })
}

/// A child of three years and a pupil of twelve who are at the facility of the demo's staff.
pub(crate) fn bring_children(demo: &Demo) {
    let stored = demo.stored();
    for (id, age, citizen) in [("child-of-three", 3, "099323000003"), ("pupil-of-twelve", 12, "099314000012")]
    {
        bring(demo, &stored, id, &json!({"birthDate": ago(age, 40), "identifier": number(citizen)}));
    }
}

fn form_of(browser: &mut Browser<'_>, patient: &str) -> Form {
    let shown = page(browser, &format!("/station/check-up?lang=en&patient={patient}"));
    sent_by(&shown)
}

fn sent_by(page: &str) -> Form {
    let mut all = forms(page).into_iter();
    all.find(|form| form.action.starts_with("/station/check-up")).unwrap_or_else(|| panic!("no form: {page}"))
}

fn fill(form: Form, texts: &[(&str, &str)]) -> Form {
    texts.iter().fold(form, |form, (name, value)| form.set(name, value))
}

fn documents(stored: &TestServer, patient: &str) -> Vec<Value> {
    matches(&stored.client().read(&format!("/fhir/Composition?patient={patient}&_count=50")))
}

/// What the form of an age has besides, by which it is known: its words, what it demands (decision 2062/QĐ-BYT, annexes 1 and
/// 2), what somebody fills in of the rest, and a field that only another age has.
type OfAge = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const BY_AGE: [OfAge; 3] = [
    (
        "For children below 6 years.",
        &[
            ("XML1.HO_TEN_NGUOI_DI_CUNG", "Lê Thị Mẹ"),
            ("XML1.SO_CCCD_NGUOI_DI_CUNG", "099190000011"),
            ("XML1.MOI_QUAN_HE_VOI_TRE", "2"),
            ("XML3.NHIET_DO", "36,8"),
            ("XML4.CAN_NANG", "12,4"),
            ("XML5.NGUY_CO_TU_KY", "0"),
            ("XML6.TIEM_CHUNG_BCG_SS", "99"),
            ("XML7.MAU_SAC_DA", "1"),
            ("XML8.HEN_KHAM_LAN_SAU", "sau sáu tháng"),
        ],
        "XML1.MA_NGHE_NGHIEP",
    ),
    (
        "For people of 6 to 17 years.",
        &[
            ("XML1.LY_DO_VV", "Khám sức khỏe định kỳ"),
            ("XML1.NGUOI_GIAM_HO", "Lê Thị Mẹ"),
            ("XML1.SO_CCCD_NGH", "099190000011"),
            ("XML7.NHI_KHOA_HO_HAP", "rì rào phế nang rõ"),
            ("XML9.TIEM_CHUNG_SOI", "1"),
            ("XML10.CAN_NANG", "31"),
            ("XML12.CAC_VAN_DE_SUC_KHOE", "cận thị"),
        ],
        "XML7.NOI_KHOA_HO_HAP",
    ),
    (
        "For people of 18 years and more.",
        &[
            ("XML1.LY_DO_VV", "Khám sức khỏe định kỳ"),
            ("XML1.MA_NGHE_NGHIEP", "61"),
            ("XML7.NOI_KHOA_THAN_KINH_PL", "1"),
            ("XML9.TSBT_TANG_HUYET_AP", "1"),
            ("XML10.CAN_NANG", "58"),
            ("XML12.CAC_BENH_TAT_NEU_CO", "tăng huyết áp"),
        ],
        "XML3.NHIET_DO",
    ),
];

const OF_EVERY_AGE: [(&str, &str); 11] = [
    ("XML2.DOI_TUONG", "16"),
    ("XML2.NGUON_CHI_TRA", "2"),
    ("XML2.MA_LOAI_KCB", "01"),
    ("XML2.MA_GTIN_CSKCB", "8935000000017"),
    ("XML1.MA_DAN_TOC", "01"),
    ("XML1.DIA_CHI", "Thôn 1"),
    ("XML1.MATINH_CU_TRU", "20"),
    ("XML1.MAXA_CU_TRU", "06400"),
    ("XML11[2].MA_CHI_SO", "GLU"),
    ("XML11[2].GIA_TRI", "5,4"),
    ("XML12.PHAN_LOAI_SK", "2"),
];

#[test]
fn each_age_has_its_form_and_all_that_is_filled_in_is_in_the_message() {
    let demo = Demo::start(TestDatabase::sqlite());
    bring_children(&demo);
    let stored = demo.stored();
    let mut browser = at_work(&demo, "physician");
    let mut people = Vec::new();
    let mut next = vec!["/station?lang=en&people=treated".to_owned(), "/station?lang=en".to_owned()];
    while let Some(path) = next.pop() {
        let list = page(&mut browser, &path);
        let links = list.split(RECORD).skip(1);
        people.extend(links.map(|rest| rest.split('"').next().unwrap().to_owned()));
        let further = list.split("/station?lang=en&amp;page=").nth(1);
        next.extend(further.map(|rest| format!("/station?lang=en&page={}", rest.split('"').next().unwrap())));
    }
    for (index, (words, of_age, of_another)) in BY_AGE.into_iter().enumerate() {
        let group = |patient: &String| {
            let patient = stored.client().read(&format!("/fhir/Patient/{patient}"));
            match years(&text(&patient["birthDate"])) {
                ..6 => 0,
                6..18 => 1,
                _ => 2,
            }
        };
        let patient =
            people.iter().find(|patient| group(patient) == index).expect("the station has all ages");
        let shown = page(&mut browser, &format!("/station/check-up?lang=en&patient={patient}"));
        assert!(shown.contains(words), "{words}: {shown}");
        assert!(shown.len() < 120_000, "{words}: {} bytes", shown.len());
        for (name, _) in of_age.iter().chain(&OF_EVERY_AGE) {
            assert!(shown.contains(&format!("name=\"{name}\"")), "{words}: {name} is asked");
        }
        assert!(!shown.contains(of_another), "{words}: {of_another} is not asked");
        let form =
            forms(&shown).into_iter().find(|form| form.action.starts_with("/station/check-up")).unwrap();
        let fill = |form: Form, (name, value): &(&str, &str)| form.set(name, value);
        let filled = of_age.iter().chain(&OF_EVERY_AGE).fold(form, fill).set("again", "yes");

        let wrong = filled.clone().set("XML11[2].MA_DICH_VU", &"x".repeat(51)).set("XML2.DOI_TUONG", "");
        let answer = press(&mut browser, &wrong).expect_status(422);
        for id in ["XML11-2-MA_DICH_VU-fault", "XML2-DOI_TUONG-fault"] {
            assert!(answer.text().contains(&format!("id=\"{id}\"")), "{words}: {id}: {}", answer.text());
        }
        let done = press(&mut browser, &filled).expect_status(200);
        assert!(done.text().contains("The check-up is in the book."), "{words}: {}", done.text());

        let found = |query: &str| matches(&stored.client().read(&format!("/fhir/{query}&patient={patient}")));
        let originals = found("DocumentReference?_sort=-_lastUpdated&_count=1");
        let message = STANDARD.decode(text(&originals[0]["content"][0]["attachment"]["data"])).unwrap();
        let message: Value = serde_json::from_slice(&message).expect("the message is JSON");
        let record = &message["khamsuckhoe"]["thongtinhoso"]["danhsachhoso"]["hoso"][0]["filehoso"];
        let part = |file: &Value| STANDARD.decode(text(&file["noidungfile"])).unwrap();
        let record: Vec<u8> = record.as_array().expect("parts").iter().flat_map(part).collect();
        let record = String::from_utf8(record).unwrap();
        for (name, value) in of_age.iter().chain(&OF_EVERY_AGE) {
            let field = name.split('.').nth(1).unwrap().to_lowercase();
            let kept = format!("\"{field}\":\"{}\"", value.replace(",", "."));
            assert!(record.contains(&kept), "{words}: {kept} in {record}");
        }
        let weight = of_age.iter().find(|(name, _)| name.ends_with(".CAN_NANG")).unwrap().1.replace(',', ".");
        let weights = found("Observation?code=http://loinc.org%7C29463-7&_sort=-_lastUpdated&_count=1");
        assert_eq!(weights[0]["valueQuantity"]["value"].to_string(), weight, "{words}");
    }
}

#[test]
fn the_form_is_that_of_the_age_on_the_day_of_the_visit() {
    let demo = Demo::start(TestDatabase::sqlite());
    let stored = demo.stored();
    // Six years old since yesterday.
    bring(
        &demo,
        &stored,
        "new-pupil",
        &json!({"birthDate": ago(6, 1), "identifier": number("099320000006")}),
    );
    let mut browser = at_work(&demo, "physician");
    let form = form_of(&mut browser, "new-pupil");
    let (_, of_pupil, _) = BY_AGE[1];
    let before =
        fill(fill(form, of_pupil), &OF_EVERY_AGE).set("XML2.NGAY_VAO", &vietnamese_time(-3 * 24 * 60));
    let answer = press(&mut browser, &before).expect_status(422);
    for words in
        ["For children below 6 years.", "the person is of another age", "name=\"XML1.HO_TEN_NGUOI_DI_CUNG\""]
    {
        assert!(answer.text().contains(words), "{words}: {}", answer.text());
    }
    // What this age is not asked is named, and is not recorded.
    assert!(answer.text().contains("rì rào phế nang rõ</li>"), "{}", answer.text());
    assert_eq!(documents(&stored, "new-pupil").len(), 0);
    // A day that is none, or has not come, is what is wrong; the form stays.
    for (day, words) in [("hôm nay", "the text is not a day"), ("203601010800", "the text is not a day")] {
        let wrong = fill(sent_by(answer.text()), BY_AGE[0].1).set("XML2.NGAY_VAO", day);
        let answer = press(&mut browser, &wrong).expect_status(422);
        for words in [words, "For children below 6 years.", "id=\"XML2-NGAY_VAO-fault\""] {
            assert!(answer.text().contains(words), "{day}: {words}: {}", answer.text());
        }
    }

    // Whoever only mistyped the day has everything back.
    let mended = sent_by(answer.text()).set("XML2.NGAY_VAO", &vietnamese_time(-60));
    let back = press(&mut browser, &mended).expect_status(422);
    assert!(back.text().contains("For people of 6 to 17 years."), "{}", back.text());
    let back = sent_by(back.text());
    for (name, value) in of_pupil.iter().chain(&OF_EVERY_AGE) {
        assert!(back.fields.iter().any(|(known, text)| known == name && text == value), "{name} is {value}");
    }

    // And who was seen before the birthday is a child.
    let (_, of_child, _) = BY_AGE[0];
    let child = fill(sent_by(answer.text()), of_child);
    let done = press(&mut browser, &child).expect_status(200);
    assert!(done.text().contains("The check-up is in the book."), "{}", done.text());
    assert_eq!(documents(&stored, "new-pupil").len(), 1);
}

#[test]
fn twins_without_a_number_have_a_check_up_each() {
    let demo = Demo::start(TestDatabase::sqlite());
    let stored = demo.stored();
    for twin in ["first-twin", "second-twin"] {
        bring(
            &demo,
            &stored,
            twin,
            &json!({"name": [{"text": "Con bà Lê Thị Mẹ"}], "birthDate": ago(0, 20)}),
        );
    }
    let mut browser = at_work(&demo, "physician");
    let visit = vietnamese_time(-30);
    let (_, of_child, _) = BY_AGE[0];
    for twin in ["first-twin", "second-twin"] {
        let form =
            fill(fill(form_of(&mut browser, twin), of_child), &OF_EVERY_AGE).set("XML2.NGAY_VAO", &visit);
        // Without any number nobody can be told apart, and the form says whose number helps.
        let nobody = press(&mut browser, &form).expect_status(422);
        assert!(nobody.text().contains("id=\"XML1-SO_CCCD_NGH-fault\""), "{}", nobody.text());
        let done = press(&mut browser, &form.set("XML1.SO_CCCD_NGH", "099190000011")).expect_status(200);
        assert!(done.text().contains("The check-up is in the book."), "{}", done.text());
    }
    for twin in ["first-twin", "second-twin"] {
        let all = documents(&stored, twin);
        assert_eq!(all.len(), 1, "{twin}");
        assert_eq!(all[0]["subject"]["reference"], format!("Patient/{twin}"));
        assert_eq!(all[0]["meta"]["versionId"], "1", "{twin}: nobody wrote over it");
    }
}

#[test]
fn what_the_book_must_know_before_is_said_instead_of_a_form() {
    let demo = Demo::start(TestDatabase::sqlite());
    let stored = demo.stored();
    let this_year: i32 = vietnamese_time(0)[..4].parse().unwrap();
    let born = |age: i32| (this_year - age).to_string();
    bring(&demo, &stored, "old", &json!({"birthDate": born(76), "identifier": number("099150000076")}));
    bring(&demo, &stored, "small", &json!({"birthDate": born(3), "identifier": number("099323000004")}));
    bring(&demo, &stored, "nobody", &json!({"birthDate": ago(30, 3)}));
    let mut browser = at_work(&demo, "physician");
    for (patient, language, words) in [
        ("old", "en", ["For people of 18 years and more.", "<li>The whole date of birth</li>"]),
        ("old", "vi", ["Mẫu dành cho người từ đủ 18 tuổi.", "<li>Ngày sinh đầy đủ (ngày, tháng, năm)</li>"]),
        ("small", "en", ["For children below 6 years.", "<li>The whole date of birth</li>"]),
        ("nobody", "en", ["For people of 18 years and more.", "<li>Personal identification number</li>"]),
    ] {
        let shown = page(&mut browser, &format!("/station/check-up?lang={language}&patient={patient}"));
        for words in words {
            assert!(shown.contains(words), "{patient}: {words}: {shown}");
        }
        assert!(!forms(&shown).iter().any(|form| form.action.starts_with("/station/check-up")), "{shown}");
    }
}
