//! Lines in words, from the promise of `docs/access-log.md`, section 9.

use audit_log::{Action, Entry, Outcome};
use fhir::Instant;
use jiff::tz::{TimeZone, offset};
use uuid::Uuid;

use super::*;
use crate::Language;

pub(super) const OWN: &str = "Patient/p-1";

pub(super) fn entry(request: u128, action: Action, resource: &str) -> Entry<'static> {
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

pub(super) fn lines(entries: Vec<Entry<'static>>, language: Language) -> Vec<AccessLine> {
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
    assert_eq!(line.why, "để khám bệnh, chữa bệnh; bạn đang khám hoặc đã khám tại cơ sở này");
    assert_eq!((line.outcome, line.emergency, line.positions), (LineOutcome::Done, false, Some((10, 10))));
    let found = lines(vec![entry(1, Action::Read, "Observation/x")], Language::English);
    assert_eq!(found[0].who, "Trần Thị Lan (physician)");
    assert_eq!(found[0].when, "28 November 2026, 14:05:09");
    assert_eq!(found[0].what, "read test results and measurements");
    assert_eq!(found[0].why, "for care; you are or were treated there");
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
    assert_eq!(line.why, "emergency; no right to it, or it could not be done, so it was refused");
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
fn what_is_not_there_for_somebody_is_not_said_to_be_read() {
    let nothing = |action, query: &str| {
        let mut entry = entry(1, action, "Patient/p-1");
        (entry.shown, entry.authority, entry.query) = (0, "".into(), query.to_owned().into());
        entry
    };
    let search = || nothing(Action::Search, "Observation?patient&code");
    let found = lines(vec![search()], Language::Vietnamese).remove(0);
    assert_eq!(found.what, "tìm kết quả xét nghiệm, chỉ số đo – không có gì được hiển thị");
    assert_eq!(
        found.why,
        "để khám bệnh, chữa bệnh; không có quyền xem nên không thấy gì, hoặc sổ không có mục nào phù hợp"
    );
    let found = lines(vec![search()], Language::English).remove(0);
    assert_eq!(found.what, "looked for test results and measurements – nothing was shown");
    assert_eq!(found.why, "for care; no right, so nothing was seen, or there is none");
    for (action, query, words) in [
        (Action::Operation, "Patient/p-1/$everything", "asked for the whole book – nothing was shown"),
        (Action::Operation, "Patient/p-1/$summary", "asked for the summary of the book – nothing was shown"),
        (Action::Search, "Patient/p-1/*", "searched the whole book – nothing was shown"),
        (Action::History, "Condition/c/_history", "looked for the history of diagnoses – nothing was shown"),
        (
            Action::Search,
            "Condition?patient&_summary=count",
            "counted diagnoses – only the number was asked for, nothing was shown",
        ),
    ] {
        assert_eq!(lines(vec![nothing(action, query)], Language::English)[0].what, words);
    }
    // By a right of its own something was told, and nothing of the book is counted.
    let mut told = nothing(Action::Search, "AuditEvent?date");
    told.authority = "own-log".into();
    assert_eq!(lines(vec![told], Language::English)[0].what, "read the log of who looked");
    let mut own = search();
    own.agent = OWN.into();
    assert_eq!(lines(vec![own], Language::English)[0].why, "for care; your own book");
    // Where something else of the request had a right, that is why.
    let found = lines(vec![search(), entry(1, Action::Create, "Observation/x")], Language::English).remove(0);
    assert_eq!(found.why, "for care; you are or were treated there");
    assert!(found.what.contains("nothing was shown"), "{found:?}");
}

#[test]
fn how_much_was_shown_is_said_and_not_that_all_was_read() {
    let mut all = entry(1, Action::Operation, "");
    (all.query, all.shown) = ("Patient/p-1/$everything".into(), 65);
    for (language, words) in [
        (Language::Vietnamese, "xin xem toàn bộ sổ – được xem 65 mục"),
        (Language::English, "asked for the whole book – was shown 65 entries"),
    ] {
        assert_eq!(lines(vec![all.clone()], language)[0].what, words, "said once");
    }
}

#[test]
fn all_rights_and_purposes_of_a_request_are_told_once() {
    let with = |authority: &str, purpose: &str| {
        let mut entry = entry(1, Action::Read, "Observation/x");
        (entry.authority, entry.purpose) = (authority.to_owned().into(), purpose.to_owned().into());
        entry
    };
    let found = lines(
        vec![
            with("physician.care/referral", "TREAT"),
            with("physician.care/encounter", "TREAT"),
            with("physician.care/encounter", "TREAT"),
            with("everything", ""),
        ],
        Language::English,
    );
    let [line] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        line.why,
        "for care; work of the system itself; you are or were treated there; \
         you were referred there, or something was ordered there for you"
    );
    // Two purposes of somebody are two lines, whatever number the request has.
    assert_eq!(lines(vec![with("a/consent", "TREAT"), with("a/consent", "BTG")], Language::English).len(), 2);
}

#[test]
fn the_reason_of_an_emergency_is_where_it_is_told() {
    let mut emergency = entry(1, Action::Read, "Observation/x");
    (emergency.purpose, emergency.authority) = ("BTG".into(), "physician.emergency/emergency".into());
    let found = lines(vec![emergency.clone()], Language::Vietnamese).remove(0);
    assert_eq!(found.why, "cấp cứu; lý do mở sổ được ghi trong thông báo gửi bạn");
    let found = lines(vec![emergency], Language::English).remove(0);
    assert_eq!(
        found.why,
        "emergency; the reason for opening the book stands in the notice that you were sent"
    );
}

#[test]
fn what_was_refused_was_tried() {
    let refused = |action, resource: &str, query: &str| {
        let mut entry = entry(1, action, resource);
        (entry.outcome, entry.authority, entry.query) =
            (Outcome::Refused, "".into(), query.to_owned().into());
        entry
    };
    for (entry, vietnamese, english) in [
        (
            refused(Action::Read, "Patient/p-1", ""),
            "thử đọc thông tin cá nhân",
            "tried to read personal details",
        ),
        (
            refused(Action::Create, "Patient/p-1", "Observation"),
            "thử ghi kết quả xét nghiệm, chỉ số đo vào sổ của bạn",
            "tried to write test results and measurements into your book",
        ),
        (refused(Action::Patch, "Condition/c", ""), "thử sửa chẩn đoán, bệnh", "tried to change diagnoses"),
        (refused(Action::Search, "Patient/p-1", ""), "thử tìm trong sổ của bạn", "tried to search your book"),
        (
            refused(Action::Operation, "Patient/p-1", ""),
            "thử dùng một chức năng của sổ",
            "tried to use a function of the book",
        ),
        (
            refused(Action::Sharing, "Patient/p-1", "access/relations"),
            "thử mở sổ bằng mã được đưa cho cơ sở (mã của bạn hoặc mã đơn thuốc)",
            "tried to open the book with a code (yours, or that of a prescription)",
        ),
        (
            refused(Action::Sharing, "Patient/p-1", "access/emergency"),
            "thử mở sổ khi cấp cứu",
            "tried to open the book in an emergency",
        ),
        (
            refused(Action::Sharing, "Patient/p-1", "book/block"),
            "thử chặn hoặc bỏ chặn ai đó",
            "tried to block somebody or lift a block",
        ),
    ] {
        for (language, words) in [(Language::Vietnamese, vietnamese), (Language::English, english)] {
            assert_eq!(lines(vec![entry.clone()], language)[0].what, words);
        }
    }
    for number in [1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 19, 32, 33, 34, 35, 48, 64, 80] {
        let entry = refused(Action::from_number(number), "Observation/x", "");
        for (language, begin) in [(Language::Vietnamese, "thử "), (Language::English, "tried to ")] {
            let what = lines(vec![entry.clone()], language).remove(0).what;
            assert!(what.starts_with(begin), "{number}: {what}");
        }
    }
}

#[test]
fn what_no_rule_decides_has_words_and_several_roles_too() {
    for language in [Language::Vietnamese, Language::English] {
        for right in ["own-log", "facility-officer", "auditor", "act", "match"] {
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
        ("access/presence-codes", "made a code with which a facility can open the book"),
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
    assert_eq!(
        what(Action::Operation, "Patient/p-1/$everything?_count=5"),
        "asked for the whole book – was shown 1 entry"
    );
    assert_eq!(what(Action::Search, "Patient/p-1/Condition?code"), "looked for and read diagnoses");
    // The id of another book is not kept.
    assert_eq!(what(Action::Search, "Patient/*/Condition?code"), "looked for and read diagnoses");
    assert_eq!(what(Action::Search, "Patient/p-1/*"), "searched the whole book – was shown 1 entry");
    assert_eq!(what(Action::History, "Patient/p-1/_history"), "read the history of personal details");
    assert_eq!(what(Action::Print, "access-log.pdf?from"), "printed the log of who looked");
}
