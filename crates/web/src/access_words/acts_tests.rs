//! What the server did for somebody, commands, signing in and its own work, in words.

use audit_log::{Action, Entry, Outcome};

use super::tests::{OWN, entry, lines};
use super::*;
use crate::Language;

/// What an act writes: by the server, in the name of who asked for it.
fn written(action: Action, resource: &str) -> Entry<'static> {
    let mut entry = entry(1, action, resource);
    (entry.authority, entry.purpose, entry.shown) = ("everything".into(), "".into(), 0);
    entry
}

fn line(entries: Vec<Entry<'static>>, language: Language) -> AccessLine {
    let mut found = lines(entries, language);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[test]
fn the_opening_of_an_emergency_is_one_and_says_where_its_reason_is() {
    let opened = || {
        vec![
            written(Action::Create, "Task/t"),
            written(Action::Create, "Communication/c"),
            written(Action::Create, "Consent/x"),
        ]
    };
    let found = line(opened(), Language::Vietnamese);
    assert!(found.emergency);
    assert_eq!(found.what, "mở sổ khi cấp cứu");
    assert_eq!(found.why, "lý do mở sổ được ghi trong thông báo gửi bạn");
    assert_eq!(line(opened(), Language::English).what, "opened the book in an emergency");
    let again = vec![written(Action::Create, "Communication/c"), written(Action::Patch, "Consent/x")];
    let found = line(again, Language::English);
    assert!(found.emergency);
    assert_eq!(found.what, "kept the book open in an emergency");
}

#[test]
fn acts_of_sharing_are_no_work_of_the_system_itself() {
    let by = |agent: &str, organization: &str, entry: Entry<'static>| Entry {
        agent: agent.to_owned().into(),
        organization: organization.to_owned().into(),
        organization_name: "".into(),
        ..entry
    };
    let facility = |action, resource| by("Practitioner/d-1", "Organization/o-1", written(action, resource));
    let (own, other) = (OWN, "Patient/p-2");
    for (entry, what, why) in [
        (
            facility(Action::Create, "Consent/x"),
            "mở sổ bằng mã được đưa cho cơ sở (mã của bạn hoặc mã đơn thuốc)",
            "theo mã được đưa cho cơ sở",
        ),
        (
            facility(Action::Patch, "Task/t"),
            "rà soát một lần mở sổ khi cấp cứu",
            "mọi lần mở sổ khi cấp cứu đều phải được rà soát",
        ),
        (
            facility(Action::Create, "Communication/c"),
            "gửi thông báo cho bạn",
            "hệ thống thực hiện theo yêu cầu của người này",
        ),
        (
            by(own, "", written(Action::Create, "Consent/x")),
            "chặn ai đó, ủy quyền hoặc mở quyền xem sổ",
            "theo thao tác chia sẻ của bạn",
        ),
        (
            by(other, "", written(Action::Patch, "Consent/x")),
            "nhận, kết thúc hoặc thay đổi một quyền xem sổ",
            "theo thao tác chia sẻ của người được ủy quyền hoặc người giám hộ",
        ),
        (
            by("Account/a", "", written(Action::Patch, "Consent/x")),
            "kết thúc hoặc thay đổi một quyền xem sổ",
            "theo thao tác chia sẻ của cán bộ",
        ),
        // What the server writes for somebody besides is no sharing.
        (
            by("Account/a", "", written(Action::Patch, "Patient/p-1")),
            "sửa thông tin cá nhân",
            "hệ thống thực hiện theo yêu cầu của người này",
        ),
        (
            by("Account/a", "", written(Action::Create, "Task/t")),
            "ghi thêm công việc, yêu cầu đính chính",
            "hệ thống thực hiện theo yêu cầu của người này",
        ),
    ] {
        let found = line(vec![entry], Language::Vietnamese);
        assert_eq!((&*found.what, &*found.why, found.emergency), (what, why, false));
    }
    // What somebody wrote by a right of the policy is what it was.
    let mut plain = entry(1, Action::Create, "Consent/x");
    (plain.agent, plain.authority, plain.purpose) = (OWN.into(), "citizen.write/own".into(), "PATRQT".into());
    let found = line(vec![plain], Language::English);
    assert_eq!(
        (&*found.what, &*found.why),
        ("added consents and who may see the book", "at the citizen's request; your own book",)
    );
}

#[test]
fn the_operator_is_named_and_so_is_what_a_command_did() {
    let command = |name: &str, outcome| Entry {
        agent: "operator".into(),
        query: name.to_owned().into(),
        patient: OWN.into(),
        action: Action::Administration,
        outcome,
        ..Entry::default()
    };
    for (name, vietnamese, english) in [
        (
            "account activate",
            "cấp mã kích hoạt tài khoản của bạn",
            "handed out an activation code for your account",
        ),
        ("account block", "khóa tài khoản của bạn", "blocked your account"),
        ("guardian add", "thêm người giám hộ cho bạn", "entered a guardian of yours"),
        (
            "registry parked",
            "chạy lệnh quản trị “registry parked”",
            "ran the administrative command “registry parked”",
        ),
    ] {
        let found = line(vec![command(name, Outcome::Success)], Language::Vietnamese);
        assert_eq!((&*found.who, &*found.what), ("Đơn vị vận hành hệ thống", vietnamese));
        assert_eq!(found.why, "theo lệnh của đơn vị vận hành");
        let found = line(vec![command(name, Outcome::Success)], Language::English);
        assert_eq!((&*found.who, &*found.what), ("The operator of the system", english));
        assert_eq!(found.why, "by a command of the operator");
    }
    let failed = line(vec![command("account activate", Outcome::Failed)], Language::English);
    assert_eq!(failed.what, "tried to hand out an activation code for your account");
    let mut by_command = written(Action::Create, "Consent/x");
    (by_command.agent, by_command.organization) = ("operator".into(), "".into());
    assert_eq!(line(vec![by_command], Language::English).why, "by a command of the operator");
}

#[test]
fn a_session_at_the_counter_is_told_as_one() {
    let mut opened = entry(1, Action::SignIn, "");
    (opened.query, opened.role) = ("assisted".into(), "registrar".into());
    (opened.authority, opened.purpose) = ("".into(), "".into());
    let found = line(vec![opened.clone()], Language::Vietnamese);
    assert_eq!(found.what, "mở phiên làm việc giúp bạn tại quầy");
    assert_eq!(found.why, "nhân viên ghi nhận bạn có mặt và đã xuất trình giấy tờ");
    let found = line(vec![opened.clone()], Language::English);
    assert_eq!(found.what, "opened a session for you at the counter");
    assert_eq!(found.why, "staff noted that you were present with a document");
    // What goes with it has no right of its own.
    (opened.action, opened.query, opened.role) = (Action::SignOut, "".into(), "assisted".into());
    let found = line(vec![opened], Language::English);
    assert_eq!(found.why, "in a session that staff opened for you at the counter");
}

#[test]
fn a_wrong_password_is_a_try_to_sign_in() {
    let tried = |way: &str| Entry {
        agent: "anonymous".into(),
        action: Action::SignIn,
        outcome: Outcome::Refused,
        patient: OWN.into(),
        resource: OWN.into(),
        query: way.to_owned().into(),
        ..Entry::default()
    };
    let found = line(vec![tried("password")], Language::Vietnamese);
    assert_eq!(found.who, "Người chưa đăng nhập");
    assert_eq!(found.what, "thử đăng nhập vào tài khoản của bạn");
    assert_eq!(found.why, "mật khẩu sai hoặc không dùng được");
    let found = line(vec![tried("code")], Language::English);
    assert_eq!(found.what, "tried to sign in to your account");
    assert_eq!(found.why, "the code was wrong");
    for way in ["password", "code", "passkey", "provider", "activation", "assisted"] {
        for language in [Language::Vietnamese, Language::English] {
            let why = line(vec![tried(way)], language).why;
            assert!(!why.contains("không có quyền") && !why.contains("no right"), "{way}: {why}");
        }
    }
}

#[test]
fn what_the_system_does_of_its_own_accord_is_named() {
    let by_server = |resource: &str, version: &str| Entry {
        agent: "server".into(),
        action: Action::Background,
        authority: "everything".into(),
        patient: OWN.into(),
        resource: resource.to_owned().into(),
        version: version.to_owned().into(),
        ..Entry::default()
    };
    for (resource, version, vietnamese, english) in [
        ("Communication/notice-1f", "1", "gửi thông báo cho bạn", "sent you a notice"),
        (
            "Observation/x",
            "1",
            "tự động ghi thêm kết quả xét nghiệm, chỉ số đo",
            "automatically added test results and measurements",
        ),
        (
            "Patient/p-1",
            "3",
            "tự động sửa hoặc xóa thông tin cá nhân",
            "automatically changed or deleted personal details",
        ),
        ("", "", "xử lý tự động", "did automatic work"),
    ] {
        for (language, words) in [(Language::Vietnamese, vietnamese), (Language::English, english)] {
            assert_eq!(line(vec![by_server(resource, version)], language).what, words);
        }
    }
    assert_eq!(
        line(vec![by_server("Communication/notice-1f", "1")], Language::Vietnamese).why,
        "hệ thống tự xử lý"
    );
}

#[test]
fn what_was_told_about_sharing_has_words_and_no_code() {
    let told = |query: &str| {
        let mut entry = entry(1, Action::Operation, "Patient/p-1");
        (entry.query, entry.authority, entry.shown) = (query.to_owned().into(), "act".into(), 0);
        entry
    };
    for query in [
        "access/relations",
        "access/blocks",
        "access/delegations",
        "access/preview",
        "access/effects",
        "access/notices/preferences",
        "access/shields",
        "access/merges",
        "access/emergency/reviews",
        "auth/sessions",
        "check-ups",
    ] {
        for language in [Language::Vietnamese, Language::English] {
            let found = line(vec![told(query)], language);
            assert!(!found.what.contains('“') && !found.what.contains("access/"), "{query}: {}", found.what);
        }
    }
    // Who asks tells what was asked for.
    let mut own = told("access/relations");
    (own.agent, own.organization) = (OWN.into(), "".into());
    assert_eq!(line(vec![own], Language::Vietnamese).what, "xem danh sách ai được xem sổ");
    assert_eq!(
        line(vec![told("access/relations")], Language::Vietnamese).what,
        "xem danh sách những người đang cho cơ sở xem sổ, trong đó có bạn"
    );
}
