//! What was done, in words: the action of an entry and what it was done to.

use audit_log::{Action, Entry, Outcome};

use super::commands::command;
use super::operations::operation;
use super::places::act_at;
use super::sign_in::signing_in;
use super::types::type_words;
use super::verb::Verb;
use crate::Language;

/// What an entry says was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Done {
    /// `đọc kết quả xét nghiệm, chỉ số đo`
    pub(super) words: String,
    /// Whether the words say how many entries were shown.
    pub(super) is_counted: bool,
}

/// What an entry says was done in the book of `own` (`Patient/..`).
pub(super) fn done(entry: &Entry<'_>, own: &str, language: Language) -> Done {
    if let Some(words) = signing_in(entry, language).or_else(|| act_at(entry, own, language)) {
        return Done { words, is_counted: false };
    }
    match entry.action {
        Action::Search if !is_of_the_log(&entry.query) => search(entry, language),
        // What a page was asked to do and refused is noted by its path, too.
        Action::Operation | Action::Sharing => operation(entry, language),
        _ => Done { words: words(entry, language), is_counted: false },
    }
}

/// Whether something was asked for and nothing of the book was shown. What is told by a right of its own is no resource, and so is
/// not counted: nothing is shown there, but told.
pub(super) fn shows_nothing(entry: &Entry<'_>) -> bool {
    let asks = matches!(entry.action, Action::Search | Action::History | Action::Operation);
    asks && entry.outcome == Outcome::Success && entry.shown == 0 && entry.authority.is_empty()
}

/// Whether only the number was asked for.
pub(super) fn is_count(entry: &Entry<'_>) -> bool {
    let parameters = entry.query.split_once('?').map(|(_, parameters)| parameters).unwrap_or_default();
    let only_counts = |one: &str| matches!(one, "_summary=count" | "_count=0");
    entry.action == Action::Search && parameters.split('&').any(only_counts)
}

/// Words with how many entries were shown: what was asked for is not what was given.
pub(super) fn counted(words: &str, shown: u32, language: Language) -> String {
    match (language, shown) {
        (_, 0) => nothing(words, language),
        (Language::Vietnamese, shown) => format!("{words} – được xem {shown} mục"),
        (Language::English, 1) => format!("{words} – was shown 1 entry"),
        (Language::English, shown) => format!("{words} – was shown {shown} entries"),
    }
}

/// Words of what was asked for where nothing was shown.
pub(super) fn nothing(words: &str, language: Language) -> String {
    format!("{words} – {}", language.say("không có gì được hiển thị", "nothing was shown"))
}

fn search(entry: &Entry<'_>, language: Language) -> Done {
    let is_refused = entry.outcome != Outcome::Success;
    let verb = match () {
        () if is_refused && entry.query.is_empty() && entry.resource.starts_with("Patient/") => {
            // What was looked for is not kept.
            let verb = Verb::new("tìm trong sổ của bạn", "searched your book", "search your book");
            return Done { words: verb.told(entry, language), is_counted: false };
        }
        () if is_count(entry) => Verb::new("đếm", "counted", "count"),
        () if is_of_the_whole_book(&entry.query) => {
            let words = Verb::new("tìm trong", "searched", "search").told(entry, language);
            let words = format!("{words} {}", whole_book(language));
            let words = if is_refused { words } else { counted(&words, entry.shown, language) };
            return Done { words, is_counted: true };
        }
        () if is_refused || shows_nothing(entry) => Verb::new("tìm", "looked for", "look for"),
        () => Verb::new("tìm và đọc", "looked for and read", "look for"),
    };
    let words = format!("{} {}", verb.told(entry, language), object(entry, language));
    let words = match () {
        () if is_count(entry) && !is_refused => {
            let only = (
                "chỉ hỏi số lượng, không mục nào được hiển thị",
                "only the number was asked for, nothing was shown",
            );
            format!("{words} – {}", language.say(only.0, only.1))
        }
        () if shows_nothing(entry) => nothing(&words, language),
        () => words,
    };
    Done { words, is_counted: false }
}

fn words(entry: &Entry<'_>, language: Language) -> String {
    let verb = match entry.action {
        Action::Read | Action::Include => Verb::new("đọc", "read", "read"),
        Action::Vread => Verb::new("đọc bản cũ của", "read an older version of", "read an older version of"),
        Action::History if shows_nothing(entry) => {
            let verb = Verb::new("tìm lịch sử của", "looked for the history of", "look for the history of");
            let words = format!("{} {}", verb.told(entry, language), object(entry, language));
            return nothing(&words, language);
        }
        Action::History => Verb::new("đọc lịch sử của", "read the history of", "read the history of"),
        Action::Search => Verb::new("đọc", "read", "read"),
        Action::Export => Verb::new("tải về", "downloaded", "download"),
        Action::Print => Verb::new("in", "printed", "print"),
        // Of what is not there yet only the type is kept, and whose book it was meant for.
        Action::Create | Action::Update | Action::Patch if !entry.query.is_empty() => {
            let verb = Verb::new("ghi", "wrote", "write").told(entry, language);
            let into = language.say("vào sổ của bạn", "into your book");
            return format!("{verb} {} {into}", object(entry, language));
        }
        Action::Create => Verb::new("ghi thêm", "added", "add"),
        Action::Update | Action::Patch => Verb::new("sửa", "changed", "change"),
        Action::Delete => Verb::new("xóa", "deleted", "delete"),
        Action::Administration => return command(entry, language),
        Action::Background => return background(entry, language),
        // All that has a meaning was told before.
        _ => {
            let number = entry.action.number();
            return format!("{} {number}", language.say("hành động số", "action number"));
        }
    };
    format!("{} {}", verb.told(entry, language), object(entry, language))
}

/// What the server did of its own accord: what it wrote is known, and how only of a first version.
fn background(entry: &Entry<'_>, language: Language) -> String {
    let is_new = matches!(&*entry.version, "" | "1");
    if entry.resource.starts_with("Communication/notice-") && is_new {
        return Verb::new("gửi thông báo cho bạn", "sent you a notice", "send you a notice")
            .told(entry, language);
    }
    let verb = match () {
        () if entry.resource.is_empty() => {
            let verb = Verb::new("xử lý tự động", "did automatic work", "do automatic work");
            return verb.told(entry, language);
        }
        () if is_new => Verb::new("tự động ghi thêm", "automatically added", "automatically add"),
        () => Verb::new(
            "tự động sửa hoặc xóa",
            "automatically changed or deleted",
            "automatically change or delete",
        ),
    };
    format!("{} {}", verb.told(entry, language), object(entry, language))
}

/// Whether the log itself was read, which has addresses of its own.
fn is_of_the_log(query: &str) -> bool {
    ["AuditEvent", "access-log", "transparency"].iter().any(|place| query.starts_with(place))
}

/// The parts of a path, without that of a history.
fn parts(query: &str) -> Vec<&str> {
    let path = query.split('?').next().unwrap_or_default();
    path.split('/').filter(|part| *part != "_history").collect()
}

/// Whether all types of a compartment were searched: `Patient/ID/*`.
fn is_of_the_whole_book(query: &str) -> bool {
    matches!(parts(query).as_slice(), [_, _] | [_, _, "*", ..])
}

/// What it was done to.
fn object(entry: &Entry<'_>, language: Language) -> String {
    if entry.query.is_empty() {
        return type_words(entry.resource.split('/').next().unwrap_or_default(), language);
    }
    match parts(&entry.query).as_slice() {
        _ if is_of_the_log(&entry.query) => type_words("AuditEvent", language),
        // A compartment: `Patient/ID/Observation`, or all of it.
        [_, _, "*", ..] => type_words("", language),
        [_, _, member, ..] => type_words(member, language),
        [kind, ..] => type_words(kind, language),
        [] => type_words("", language),
    }
}

pub(super) fn whole_book(language: Language) -> &'static str {
    language.say("toàn bộ sổ", "the whole book")
}
