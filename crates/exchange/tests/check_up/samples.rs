//! The samples of the repository, and that what is written is read again.

use healthbook_exchange::check_up::{self, AgeGroup, CheckUp, Format, Sex};

pub fn text(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/samples/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// The one check-up of a sample.
pub fn sample(name: &str) -> CheckUp {
    let text = text(name);
    let mut read =
        check_up::read(&text, Format::of(&text)).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
    assert_eq!(read.len(), 1);
    read.remove(0)
}

pub const SAMPLES: [&str; 7] =
    ["adult.xml", "adult.json", "adult-as-seen.xml", "pupil.xml", "pupil.json", "child.xml", "child.json"];

#[test]
fn the_same_check_up_in_every_form() {
    assert_eq!(sample("adult.xml"), sample("adult.json"));
    assert_eq!(sample("adult.xml"), sample("adult-as-seen.xml"));
    assert_eq!(sample("pupil.xml"), sample("pupil.json"));
    assert_eq!(sample("child.xml"), sample("child.json"));
}

#[test]
fn what_is_asked_of_a_check_up() {
    let adult = sample("adult.xml");
    assert_eq!((adult.facility(), adult.location_number()), ("99077", "2000000990774"));
    assert_eq!((adult.visit_code().as_str(), adult.class()), ("MAU2026A0417", "3"));
    assert_eq!((adult.age_group(), adult.date()), (AgeGroup::Adult, jiff::civil::date(2026, 11, 18)));
    let identity = adult.identity();
    assert_eq!(identity.number.as_deref(), Some("099072000417"));
    assert_eq!((identity.name.as_str(), identity.sex), ("ĐẶNG VĂN GIẢ ĐỊNH", Sex::Male));
    assert_eq!(identity.birth_date, jiff::civil::date(1972, 3, 14));
    let child = sample("child.xml");
    assert_eq!((child.age_group(), child.identity().number), (AgeGroup::Child, None));
    assert_eq!(child.identity().guardian_number.as_deref(), Some("099194000661"));
    // Without MA_LK the code is computed, and is the same again.
    assert!(child.value("XML2", "MA_LK").is_none());
    assert_eq!(child.visit_code(), sample("child.json").visit_code());
    assert_eq!(sample("pupil.xml").age_group(), AgeGroup::Pupil);
}

#[test]
fn what_is_written_is_read_again() {
    for name in SAMPLES {
        let before = sample(name);
        let [xml] = check_up::read(before.to_xml().as_bytes(), Format::Xml).unwrap().try_into().unwrap();
        let [json] = check_up::read(before.to_json().as_bytes(), Format::Json).unwrap().try_into().unwrap();
        assert_eq!(before, xml, "{name}");
        assert_eq!(before, json, "{name}");
    }
}

#[test]
fn the_decision_is_written() {
    let adult = sample("adult-as-seen.xml");
    assert_eq!(adult.value("XML1", "NGAY_SINH"), Some("197203140000"));
    assert_eq!(adult.value("XML1", "NGAYCAP_CCCD"), Some("20210820"));
    assert_eq!(adult.value("XML1", "MAXA_CU_TRU"), Some("00004"));
    assert_eq!(adult.value("XML10", "CAN_NANG"), Some("71.50"));
    assert_eq!(adult.row_value(3, "GIA_TRI"), Some("Âm tính"));
}

#[test]
fn other_of_an_old_message_is_other_of_the_new_list() {
    let sent = |day: &str, group: &str| {
        let text = String::from_utf8(text("adult-as-seen.xml")).unwrap();
        let text = text.replace("<NGAYLAP>18112026</NGAYLAP>", &format!("<NGAYLAP>{day}</NGAYLAP>"));
        let text = text.replace("<DOI_TUONG>13</DOI_TUONG>", &format!("<DOI_TUONG>{group}</DOI_TUONG>"));
        check_up::read(text.as_bytes(), Format::Xml)
    };
    let old = sent("20260706", "14").unwrap().remove(0);
    assert_eq!(old.value("XML2", "DOI_TUONG"), Some("16"));
    assert_eq!(check_up::read(old.to_xml().as_bytes(), Format::Xml).unwrap(), [old]);
    assert_eq!(sent("20260707", "14").unwrap()[0].value("XML2", "DOI_TUONG"), Some("14"));
    assert_eq!(sent("20260706", "15").unwrap_err()[0].code(), "check-up-code");
}
