//! What was done, in words: the action of an entry and what it was done to.

use audit_log::{Action, Entry};

use super::types::type_words;
use crate::Language;

/// What an entry says was done: `đọc kết quả xét nghiệm, chỉ số đo`.
pub(super) fn done(entry: &Entry<'_>, language: Language) -> String {
    let say = |vietnamese: &'static str, english: &'static str| language.say(vietnamese, english);
    let verb = match entry.action {
        Action::Read | Action::Include => say("đọc", "read"),
        Action::Vread => say("đọc bản cũ của", "read an older version of"),
        Action::History => say("đọc lịch sử của", "read the history of"),
        Action::Search if is_of_the_log(&entry.query) => say("đọc", "read"),
        Action::Search => say("tìm và đọc", "looked for and read"),
        Action::Operation => return operation(&entry.query, language),
        Action::Export => say("tải về", "downloaded"),
        Action::Print => say("in", "printed"),
        Action::Create => say("ghi thêm", "added"),
        Action::Update | Action::Patch => say("sửa", "changed"),
        Action::Delete => say("xóa", "deleted"),
        Action::SignIn => return say("đăng nhập", "signed in").to_owned(),
        Action::SignOut => return say("đăng xuất", "signed out").to_owned(),
        Action::Token => return say("cho ứng dụng truy cập", "let an app in").to_owned(),
        Action::Revocation => {
            return say(
                "thu hồi quyền của ứng dụng hoặc thiết bị",
                "took the access of an app or device away",
            )
            .to_owned();
        }
        Action::Sharing if entry.query.starts_with("access/notices") => {
            return say("thay đổi cách nhận thông báo", "changed which notices are sent").to_owned();
        }
        Action::Sharing => {
            return say("thay đổi việc chia sẻ sổ", "changed how the book is shared").to_owned();
        }
        Action::Administration => {
            return say("việc quản trị hệ thống", "administration of the system").to_owned();
        }
        Action::Background => return say("xử lý tự động", "automatic work of the system").to_owned(),
        Action::Reserved(_) => {
            return format!("{} {}", say("hành động số", "action number"), entry.action.number());
        }
    };
    format!("{verb} {}", object(entry, language))
}

/// Whether the log itself was read, which has addresses of its own.
fn is_of_the_log(query: &str) -> bool {
    ["AuditEvent", "access-log", "transparency"].iter().any(|place| query.starts_with(place))
}

/// What it was done to.
fn object(entry: &Entry<'_>, language: Language) -> String {
    if entry.query.is_empty() {
        return type_words(entry.resource.split('/').next().unwrap_or_default(), language);
    }
    let path = entry.query.split('?').next().unwrap_or_default();
    let parts: Vec<&str> = path.split('/').filter(|part| *part != "_history").collect();
    match parts.as_slice() {
        _ if is_of_the_log(path) => type_words("AuditEvent", language),
        // A compartment: `Patient/ID/Observation`.
        [_, _, member, ..] if *member != "*" => type_words(member, language),
        [_, _, ..] if entry.action == Action::Search => whole_book(language),
        [kind, ..] => type_words(kind, language),
        [] => type_words("", language),
    }
}

fn operation(query: &str, language: Language) -> String {
    let path = query.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    match name {
        // Of what was refused only whose book it is is kept.
        "" => language.say("dùng một chức năng của sổ", "used a function of the book").to_owned(),
        "remind" if path == "station/remind" => {
            language.say("nhắc khám sức khỏe định kỳ", "reminded of the annual check-up").to_owned()
        }
        "check-up" if path == "station/check-up" => {
            language.say("mở mẫu ghi lần khám sức khỏe", "opened the form of a check-up").to_owned()
        }
        "state" if path == "api/platform/data-sync/state" => language
            .say("được báo ngày khám sức khỏe trước", "was told the day of an earlier check-up")
            .to_owned(),
        "$everything" => format!("{} {}", language.say("đọc", "read"), whole_book(language)),
        "$summary" => language.say("đọc bản tóm tắt của sổ", "read the summary of the book").to_owned(),
        "$timeline" => language.say("đọc dòng thời gian của sổ", "read the timeline of the book").to_owned(),
        "$lastn" => {
            language.say("đọc các kết quả gần nhất", "read the latest results and measurements").to_owned()
        }
        _ => {
            let kind = path.split('/').next().filter(|kind| !kind.starts_with('$')).unwrap_or_default();
            let name = name.trim_start_matches('$');
            let words = type_words(kind, language);
            match language {
                Language::Vietnamese => format!("dùng chức năng “{name}” với {words}"),
                Language::English => format!("used the function “{name}” on {words}"),
            }
        }
    }
}

fn whole_book(language: Language) -> String {
    language.say("toàn bộ sổ", "the whole book").to_owned()
}
