//! Lines in words, from the promise of `docs/access-log.md`, section 9.

use audit_log::{Action, Entry, Outcome};
use fhir::Instant;
use jiff::tz::{TimeZone, offset};
use uuid::Uuid;

use super::*;
use crate::Language;

const OWN: &str = "Patient/p-1";

fn entry(request: u128, action: Action, resource: &str) -> Entry<'static> {
    Entry {
        // 2026-11-28T07:05:09Z
        time: Instant::from_microseconds(1_795_849_509_000_000),
        request: Uuid::from_u128(request),
        action,
        agent: "Practitioner/d-1".into(),
        agent_name: "Trần Thị Lan".into(),
        role: "physician".into(),
        organization: "Organization/o-1".into(),
        organization_name: "Bệnh viện A".into(),
        patient: OWN.into(),
        resource: resource.to_owned().into(),
        shown: 1,
        purpose: "TREAT".into(),
        authority: "physician.care/encounter".into(),
        ..Entry::default()
    }
}

fn lines(entries: Vec<Entry<'static>>, language: Language) -> Vec<AccessLine> {
    let entries: Vec<_> = entries.into_iter().zip(10..).map(|(entry, at)| (Some(at), entry)).collect();
    access_lines(&entries, OWN, &TimeZone::fixed(offset(7)), language)
}

#[test]
fn a_line_says_who_when_what_and_why() {
    let found = lines(vec![entry(1, Action::Read, "Observation/x")], Language::Vietnamese);
    let [line] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(line.who, "Trần Thị Lan (bác sĩ)");
    assert_eq!((line.facility.as_str(), line.organization.as_deref()), ("Bệnh viện A", Some("o-1")));
    assert_eq!(line.when, "14:05:09 ngày 28/11/2026");
    assert_eq!(line.what, "đọc kết quả xét nghiệm, chỉ số đo");
    assert_eq!(line.why, "để khám bệnh, chữa bệnh; đang có lượt khám của bạn tại cơ sở");
    assert_eq!((line.outcome, line.emergency, line.positions), (LineOutcome::Done, false, Some((10, 10))));
    let found = lines(vec![entry(1, Action::Read, "Observation/x")], Language::English);
    assert_eq!(found[0].who, "Trần Thị Lan (physician)");
    assert_eq!(found[0].when, "28 November 2026, 14:05:09");
    assert_eq!(found[0].what, "read test results and measurements");
    assert_eq!(found[0].why, "for care; you have an open visit there");
}

#[test]
fn a_request_is_one_line_and_two_requests_are_two() {
    let found = lines(
        vec![
            entry(2, Action::Read, "Condition/y"),
            entry(1, Action::Read, "Observation/x"),
            entry(1, Action::Create, "Condition/y"),
        ],
        Language::English,
    );
    assert_eq!(found.len(), 2);
    assert_eq!(found[1].what, "added diagnoses; read test results and measurements – 2 entries");
    assert_eq!(found[1].positions, Some((11, 12)));
}

#[test]
fn who_names_all_requests_alike_hides_none() {
    let mut later = entry(1, Action::Read, "Observation/x");
    later.time = Instant::from_microseconds(later.time.microseconds() + 3_600_000_000);
    let found = lines(vec![later, entry(1, Action::Read, "Observation/x")], Language::English);
    assert_eq!(found.len(), 2, "an hour lies between them");
    let mut other = entry(1, Action::Read, "Observation/x");
    other.agent = "Practitioner/d-2".into();
    assert_eq!(lines(vec![other, entry(1, Action::Read, "Observation/x")], Language::English).len(), 2);
}

#[test]
fn emergencies_and_refusals_stand_out() {
    let mut emergency = entry(1, Action::Search, "");
    emergency.query = "Observation?code".into();
    (emergency.purpose, emergency.authority) = ("BTG".into(), "physician.emergency/emergency".into());
    let mut refused = entry(2, Action::Read, "Patient/p-1");
    (refused.outcome, refused.purpose, refused.authority) = (Outcome::Refused, "".into(), "".into());
    let found = lines(vec![emergency, refused], Language::Vietnamese);
    assert!(found[0].emergency && found[0].what.contains("kết quả xét nghiệm"), "{found:?}");
    assert_eq!(found[1].outcome, LineOutcome::Refused);
    assert!(found[1].why.contains("từ chối"), "{found:?}");
}

#[test]
fn a_refusal_says_what_for_it_was_tried_and_is_no_emergency() {
    let mut refused = entry(2, Action::Read, "Patient/p-1");
    (refused.outcome, refused.purpose, refused.authority) = (Outcome::Refused, "BTG".into(), "".into());
    let line = lines(vec![refused], Language::English).remove(0);
    assert_eq!(line.why, "emergency; no right to it, so it was refused");
    assert!(!line.emergency, "nothing was opened");
}

#[test]
fn who_sits_there_instead_of_oneself_is_told() {
    let assisted = |authority: &str| {
        let mut entry = entry(1, Action::Read, "Observation/x");
        (entry.role, entry.purpose) = ("assisted".into(), "PATRQT".into());
        entry.authority = authority.to_owned().into();
        entry
    };
    for authority in ["citizen.own/own", "own-log"] {
        let found = lines(vec![assisted(authority)], Language::Vietnamese).remove(0);
        assert_eq!(found.who, "Trần Thị Lan (nhân viên hỗ trợ tại quầy)");
        assert_eq!(found.facility, "Bệnh viện A");
        assert_eq!(found.why, "theo yêu cầu của người dân; trong phiên nhân viên mở giúp bạn tại quầy");
        let found = lines(vec![assisted(authority)], Language::English).remove(0);
        assert_eq!(found.who, "Trần Thị Lan (staff helping at the counter)");
        assert_eq!(
            found.why,
            "at the citizen's request; in a session that staff opened for you at the counter"
        );
    }
    // In the book of a child, for whose guardian the session was opened.
    let found = lines(vec![assisted("citizen.guardian/guardian")], Language::English).remove(0);
    assert_eq!(found.who, "Trần Thị Lan (staff helping at the counter)");
    assert_eq!(found.why, "at the citizen's request; as parent or guardian");
}

#[test]
fn what_no_rule_decides_has_words_and_several_roles_too() {
    for language in [Language::Vietnamese, Language::English] {
        for right in ["own-log", "facility-officer", "auditor", "act"] {
            let mut entry = entry(1, Action::Operation, "Patient/p-1");
            entry.authority = right.into();
            let why = lines(vec![entry], language).remove(0).why;
            assert!(!why.contains(right), "{why}");
        }
    }
    let mut entry = entry(1, Action::SignIn, "");
    entry.role = "nurse registrar".into();
    assert_eq!(lines(vec![entry], Language::English)[0].who, "Trần Thị Lan (nurse, registrar)");
}

#[test]
fn every_action_of_the_table_has_words() {
    for language in [Language::Vietnamese, Language::English] {
        for number in [1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 32, 33, 34, 35, 48, 64, 80] {
            let mut entry = entry(1, Action::from_number(number), "Observation/x");
            if number == 6 {
                entry.query = "Patient/p-1/$everything".into();
            }
            let what = lines(vec![entry], language).remove(0).what;
            assert!(
                !what.contains("Observation") && !what.contains('$') && !what.contains("số 1"),
                "{number}: {what}"
            );
        }
        // A number that has no meaning yet is shown as a number.
        assert!(lines(vec![entry(1, Action::from_number(99), "")], language)[0].what.contains("99"));
    }
}

#[test]
fn what_a_station_did_and_what_was_refused_have_words() {
    for (query, vietnamese, english) in [
        ("", "dùng một chức năng của sổ", "used a function of the book"),
        ("station/remind", "nhắc khám sức khỏe định kỳ", "reminded of the annual check-up"),
        ("station/check-up", "mở mẫu ghi lần khám sức khỏe", "opened the form of a check-up"),
        (
            "api/platform/data-sync/state",
            "được báo ngày khám sức khỏe trước",
            "was told the day of an earlier check-up",
        ),
    ] {
        for (language, words) in [(Language::Vietnamese, vietnamese), (Language::English, english)] {
            let mut entry = entry(1, Action::Operation, "Patient/p-1");
            entry.query = query.into();
            assert_eq!(lines(vec![entry], language)[0].what, words);
        }
    }
}

#[test]
fn who_switches_notices_off_is_not_said_to_share() {
    for (query, words) in [
        ("access/notices/preferences", "changed which notices are sent"),
        ("access/presence-codes", "changed how the book is shared"),
    ] {
        let mut entry = entry(1, Action::Sharing, "Patient/p-1");
        entry.query = query.into();
        assert_eq!(lines(vec![entry], Language::English)[0].what, words);
    }
}

#[test]
fn oneself_and_the_system_are_known() {
    let mut own = entry(1, Action::Search, "");
    (own.agent, own.query) = (OWN.into(), "AuditEvent?date".into());
    let mut system = entry(2, Action::Background, "");
    (system.agent, system.agent_name) = ("server".into(), "".into());
    let mut nameless = entry(3, Action::Read, "Patient/p-1");
    nameless.agent_name = "".into();
    let found = lines(vec![own, system, nameless], Language::English);
    assert_eq!((found[0].who.as_str(), found[0].what.as_str()), ("You", "read the log of who looked"));
    assert_eq!(found[1].who, "The health book system");
    assert_eq!(found[2].who, "Physician");
}

#[test]
fn a_whole_book_and_a_compartment_are_told_apart() {
    let what = |action, query: &str| {
        let mut entry = entry(1, action, "");
        entry.query = query.to_owned().into();
        lines(vec![entry], Language::English).remove(0).what
    };
    assert_eq!(what(Action::Operation, "Patient/p-1/$everything?_count=5"), "read the whole book");
    assert_eq!(what(Action::Search, "Patient/p-1/Condition?code"), "looked for and read diagnoses");
    assert_eq!(what(Action::Search, "Patient/p-1/*"), "looked for and read the whole book");
    assert_eq!(what(Action::History, "Patient/p-1/_history"), "read the history of personal details");
    assert_eq!(what(Action::Print, "access-log.pdf?from"), "printed the log of who looked");
}
