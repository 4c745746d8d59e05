//! Operations in words: what was asked for of a book as a whole, and what else has a name of its own.

use audit_log::{Entry, Outcome};

use super::done::{Done, counted, nothing, shows_nothing, whole_book};
use super::types::type_words;
use super::verb::Verb;
use crate::Language;

/// How an operation ends, and what it is called where it showed something.
const NAMED: [(&str, Verb<'_>); 14] = [
    (
        "$summary",
        Verb::new("đọc bản tóm tắt của sổ", "read the summary of the book", "read the summary of the book"),
    ),
    (
        "$timeline",
        Verb::new(
            "đọc dòng thời gian của sổ",
            "read the timeline of the book",
            "read the timeline of the book",
        ),
    ),
    (
        "$lastn",
        Verb::new(
            "đọc các kết quả gần nhất",
            "read the latest results and measurements",
            "read the latest results and measurements",
        ),
    ),
    (
        "$match",
        Verb::new(
            "tìm người theo mô tả và thấy bạn",
            "looked for a person by a description and found you",
            "look for you by a description",
        ),
    ),
    (
        "$registry-lookup",
        Verb::new(
            "tra cứu bạn trong cơ sở dữ liệu dân cư",
            "looked you up in the population registry",
            "look you up in the population registry",
        ),
    ),
    (
        "$submit",
        Verb::new(
            "tra cứu thẻ bảo hiểm y tế của bạn",
            "asked about your health insurance",
            "ask about your health insurance",
        ),
    ),
    (
        "$check-up-due",
        Verb::new(
            "xem danh sách người cần khám sức khỏe định kỳ, trong đó có bạn",
            "looked at the list of those who need a check-up, you among them",
            "look at the list of those who need a check-up",
        ),
    ),
    (
        "$link",
        Verb::new(
            "gộp sổ của bạn với một sổ khác",
            "joined your book with another one",
            "join your book with another one",
        ),
    ),
    (
        "$unlink",
        Verb::new(
            "tách sổ của bạn khỏi một sổ khác",
            "parted your book from another one",
            "part your book from another one",
        ),
    ),
    (
        "station/remind",
        Verb::new(
            "nhắc khám sức khỏe định kỳ",
            "reminded of the annual check-up",
            "remind of the annual check-up",
        ),
    ),
    (
        "station/check-up",
        Verb::new(
            "mở mẫu ghi lần khám sức khỏe",
            "opened the form of a check-up",
            "open the form of a check-up",
        ),
    ),
    (
        "check-ups",
        Verb::new(
            "gửi lại một lần khám sức khỏe đã có trong sổ",
            "sent a check-up that was in the book already",
            "send a check-up that was in the book already",
        ),
    ),
    (
        "auth/sessions",
        Verb::new(
            "xem các thiết bị đang đăng nhập của bạn",
            "looked at the devices on which you are signed in",
            "look at the devices on which you are signed in",
        ),
    ),
    (
        "api/platform/data-sync/state",
        Verb::new(
            "được báo ngày khám sức khỏe trước",
            "was told the day of an earlier check-up",
            "be told the day of an earlier check-up",
        ),
    ),
];

/// Of these: what is asked for, where nothing is shown.
const ASKED: [(&str, Verb<'_>); 4] = [
    (
        "$summary",
        Verb::new("xin xem bản tóm tắt của sổ", "asked for the summary of the book", "ask for the summary"),
    ),
    (
        "$timeline",
        Verb::new(
            "xin xem dòng thời gian của sổ",
            "asked for the timeline of the book",
            "ask for the timeline",
        ),
    ),
    (
        "$lastn",
        Verb::new(
            "tìm các kết quả gần nhất",
            "looked for the latest results and measurements",
            "look for the latest results and measurements",
        ),
    ),
    (
        "$match",
        Verb::new(
            "tìm người theo mô tả",
            "looked for a person by a description",
            "look for a person by a description",
        ),
    ),
];

/// What an entry of an operation says was done.
pub(super) fn operation(entry: &Entry<'_>, language: Language) -> Done {
    let path = entry.query.split('?').next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    if name == "$everything" {
        let verb = Verb::new("xin xem", "asked for", "ask for").told(entry, language);
        let words = format!("{verb} {}", whole_book(language));
        let is_refused = entry.outcome != Outcome::Success;
        let words = if is_refused { words } else { counted(&words, entry.shown, language) };
        return Done { words, is_counted: true };
    }
    let found = |table: &'static [(&str, Verb<'static>)]| {
        table.iter().find(|(known, _)| *known == name || *known == path).map(|(_, verb)| *verb)
    };
    let asked = if shows_nothing(entry) { found(&ASKED) } else { None };
    let words = match asked.or_else(|| found(&NAMED)) {
        // Of what was refused only whose book it is is kept.
        _ if name.is_empty() => Verb::new(
            "dùng một chức năng của sổ",
            "used a function of the book",
            "use a function of the book",
        )
        .told(entry, language),
        Some(verb) => verb.told(entry, language),
        None => other(entry, path, name.trim_start_matches('$'), language),
    };
    let words = if shows_nothing(entry) { nothing(&words, language) } else { words };
    Done { words, is_counted: false }
}

/// What has no words of its own is shown by its name.
fn other(entry: &Entry<'_>, path: &str, name: &str, language: Language) -> String {
    let kind = path.split('/').next().filter(|kind| !kind.starts_with('$')).unwrap_or_default();
    let on = type_words(kind, language);
    if name == "validate" {
        let vietnamese = format!("hỏi xem có xóa được {on} không");
        let [past, plain] = ["asked", "ask"].map(|verb| format!("{verb} whether {on} could be deleted"));
        return Verb::new(&vietnamese, &past, &plain).told(entry, language);
    }
    let vietnamese = format!("dùng chức năng “{name}” với {on}");
    let [past, plain] = ["used", "use"].map(|verb| format!("{verb} the function “{name}” on {on}"));
    Verb::new(&vietnamese, &past, &plain).told(entry, language)
}
