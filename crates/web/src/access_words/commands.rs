//! Commands of the operator in words, as far as they are about somebody's book (`docs/access-log.md`, section 7).

use audit_log::Entry;

use super::verb::Verb;
use crate::Language;

/// The name under which a command is logged, and what it does.
const COMMANDS: [(&str, Verb<'_>); 9] = [
    (
        "account activate",
        Verb::new(
            "cấp mã kích hoạt tài khoản của bạn",
            "handed out an activation code for your account",
            "hand out an activation code for your account",
        ),
    ),
    ("account block", Verb::new("khóa tài khoản của bạn", "blocked your account", "block your account")),
    (
        "account unblock",
        Verb::new("mở khóa tài khoản của bạn", "unblocked your account", "unblock your account"),
    ),
    ("account close", Verb::new("đóng tài khoản của bạn", "closed your account", "close your account")),
    (
        "guardian add",
        Verb::new("thêm người giám hộ cho bạn", "entered a guardian of yours", "enter a guardian of yours"),
    ),
    (
        "guardian remove",
        Verb::new(
            "xóa người giám hộ của bạn khỏi sổ",
            "took a guardian of yours out",
            "take a guardian of yours out",
        ),
    ),
    (
        "guardian suspend",
        Verb::new(
            "tạm ngừng quyền của người giám hộ",
            "suspended the rights of guardians",
            "suspend the rights of guardians",
        ),
    ),
    (
        "guardian resume",
        Verb::new(
            "khôi phục quyền của người giám hộ",
            "gave guardians their rights back",
            "give guardians their rights back",
        ),
    ),
    (
        "person close",
        Verb::new(
            "ghi nhận việc qua đời và đóng sổ",
            "entered a death and closed the book",
            "enter a death and close the book",
        ),
    ),
];

/// What a command did.
pub(super) fn command(entry: &Entry<'_>, language: Language) -> String {
    let name = &*entry.query;
    if name.is_empty() {
        let verb = Verb::new("quản trị hệ thống", "administered the system", "administer the system");
        return verb.told(entry, language);
    }
    if let Some((_, verb)) = COMMANDS.iter().find(|(known, _)| *known == name) {
        return verb.told(entry, language);
    }
    let [vietnamese, past, plain] =
        ["chạy lệnh quản trị", "ran the administrative command", "run the administrative command"]
            .map(|verb| format!("{verb} “{name}”"));
    Verb::new(&vietnamese, &past, &plain).told(entry, language)
}
