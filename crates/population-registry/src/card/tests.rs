//! The card look-up by its published messages and codes.

use std::collections::HashSet;

use fhir::Instant;
use serde_json::{Value, json};

use super::*;
use crate::{BirthDate, RegistryError};

/// The codes of the official letter with what the document promises of each.
const CODES: [(&str, CardClass); 29] = [
    ("000", CardClass::Valid),
    ("001", CardClass::Valid),
    ("002", CardClass::Valid),
    ("003", CardClass::ExpiredWithNewCard),
    ("004", CardClass::ValidWithNewCard),
    ("010", CardClass::Expired),
    ("050", CardClass::NotFound),
    ("051", CardClass::NotFound),
    ("052", CardClass::NotFound),
    ("053", CardClass::NotFound),
    ("054", CardClass::Operator),
    ("055", CardClass::Operator),
    ("060", CardClass::Mismatch),
    ("061", CardClass::Mismatch),
    ("070", CardClass::Mismatch),
    ("080", CardClass::Mismatch),
    ("090", CardClass::Mismatch),
    ("100", CardClass::Retry),
    ("101", CardClass::Retry),
    ("110", CardClass::Revoked),
    ("120", CardClass::Reduced),
    ("121", CardClass::Reduced),
    ("122", CardClass::Reduced),
    ("123", CardClass::Reduced),
    ("124", CardClass::Reduced),
    ("130", CardClass::ChildWithoutCard),
    ("205", CardClass::Operator),
    ("401", CardClass::Operator),
    ("500", CardClass::Retry),
];

#[test]
fn every_code_has_its_class_and_meaning() {
    let table = card_results();
    let codes: HashSet<&str> = table.iter().map(|result| result.code.as_str()).collect();
    assert_eq!((table.len(), codes.len()), (29, 29));
    for (code, class) in CODES {
        let result = table.iter().find(|result| result.code == code).unwrap();
        assert_eq!(result.class, class, "{code}");
        assert!(!result.meaning_vi.is_empty() && !result.meaning_en.is_empty(), "{code}");
    }
}

#[test]
fn every_code_is_answered_by_its_class() {
    for (code, class) in CODES {
        let report = read_report(json!({ "maKetQua": code }).to_string().as_bytes());
        match class {
            CardClass::Operator => assert_eq!(report.err(), Some(RegistryError::Refused), "{code}"),
            CardClass::Retry => assert_eq!(report.err(), Some(RegistryError::Unreachable), "{code}"),
            _ => assert_eq!(report.unwrap().result.code, code),
        }
    }
    let covered = CODES.iter().filter(|(_, class)| class.is_covered()).map(|(code, _)| *code);
    assert_eq!(covered.collect::<Vec<_>>(), ["000", "001", "002", "003", "004", "130"]);
}

fn report() -> Value {
    json!({
        "maKetQua": "004", "ghiChu": "", "maThe": "GD4149900000017", "hoTen": "Đặng Thị Thử Hoà",
        "ngaySinh": "1958", "gioiTinh": "Nữ", "maDKBD": "14001", "cqBHXH": "BHXH thử",
        "gtTheTu": "01/01/2026", "gtTheDen": "31/12/2026", "maKV": "K1", "ngayDu5Nam": "01/06/2027",
        "maSoBHXH": "9900000017", "maTheCu": "", "maTheMoi": "HT3149900000017", "gtTheTuMoi": "01/06/2026",
        "gtTheDenMoi": "", "maDKBDMoi": "14002", "dsLichSuKCB2018": [{ "maHoSo": "1" }, { "maHoSo": "2" }],
        "dsLichSuKT2018": null
    })
}

#[test]
fn a_report_is_read_field_by_field() {
    let report = read_report(report().to_string().as_bytes()).unwrap();
    let card = report.card.clone().unwrap();
    assert_eq!((card.number.as_str(), card.facility.as_deref()), ("GD4149900000017", Some("14001")));
    assert_eq!(card.until.unwrap().to_string(), "2026-12-31");
    let new = report.new_card.clone().unwrap();
    assert_eq!((new.number.as_str(), new.until), ("HT3149900000017", None));
    assert_eq!((report.area.as_deref(), report.visits), (Some("K1"), 2));
    assert_eq!(report.social_number.as_deref(), Some("9900000017"));
    assert_eq!(report.five_years.unwrap().to_string(), "2027-06-01");
    assert_eq!(format!("{report:?}"), "CardReport(004)");
}

#[test]
fn a_report_that_is_none_is_malformed() {
    for (member, bad) in [
        ("maKetQua", json!("777")),
        ("maKetQua", json!(null)),
        ("gtTheDen", json!("2026-12-31")),
        ("gtTheDen", json!("31/02/2026")),
        ("gtTheTuMoi", json!("1/1/2026/")),
        ("dsLichSuKCB2018", json!("none")),
    ] {
        let mut report = report();
        report[member] = bad;
        let error = read_report(report.to_string().as_bytes()).unwrap_err();
        assert!(matches!(error, RegistryError::Malformed(_)), "{member}");
    }
    assert!(matches!(read_report(b"<html>"), Err(RegistryError::Malformed(_))));
    assert!(matches!(read_report(&b"[".repeat(100_000)), Err(RegistryError::Malformed(_))));
}

#[test]
fn a_question_is_written_in_both_forms_of_the_date() {
    let question = CardQuestion {
        card: "099158000017".to_owned(),
        name: "Đặng Thị Thử Hoà".to_owned(),
        birth_date: BirthDate::from_digits("19580309").unwrap(),
    };
    let officer = Officer { name: "Cán Bộ Thử", number: "099090000009" };
    for (form, date) in [(CardDateForm::Slashes, "09/03/1958"), (CardDateForm::Digits, "09031958")] {
        let body: Value = serde_json::from_slice(&written_question(&question, &officer, form, None)).unwrap();
        let expected = json!({
            "maThe": "099158000017", "hoTen": "Đặng Thị Thử Hoà", "ngaySinh": date,
            "hoTenCb": "Cán Bộ Thử", "cccdCb": "099090000009"
        });
        assert_eq!(body, expected);
    }
}

#[test]
fn a_token_is_read_with_its_end() {
    let now = Instant::from_microseconds(1_000_000);
    let body = |end: Value| {
        json!({ "maKetQua": "200", "APIKey": { "access_token": "a", "id_token": "i", "expires_in": end } })
            .to_string()
    };
    let until = |end: Value| read_token(body(end).as_bytes(), now).unwrap().until.microseconds();
    assert_eq!(until(json!(30)), 31_000_000);
    assert_eq!(until(json!("1970-01-01T00:01:00Z")), 60_000_000);
    assert_eq!(until(json!("soon")), 601_000_000);
    assert_eq!(read_token(b"{\"maKetQua\":\"401\"}", now).err(), Some(RegistryError::Refused));
    assert!(matches!(read_token(b"{\"maKetQua\":\"200\"}", now), Err(RegistryError::Malformed(_))));
}
