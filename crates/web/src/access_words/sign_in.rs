//! Signing in, tokens and revocations in words.

use audit_log::{Action, Entry, Outcome};

use super::verb::Verb;
use crate::Language;

/// How staff open a session for a citizen.
const ASSISTED: &str = "assisted";

/// What was done; `None` of what is nothing of the kind.
pub(super) fn signing_in(entry: &Entry<'_>, language: Language) -> Option<String> {
    let verb = match entry.action {
        Action::SignIn if *entry.query == *ASSISTED => Verb::new(
            "mở phiên làm việc giúp bạn tại quầy",
            "opened a session for you at the counter",
            "open a session for you at the counter",
        ),
        Action::SignIn => Verb::new(
            "đăng nhập vào tài khoản của bạn",
            "signed in to your account",
            "sign in to your account",
        ),
        Action::SignOut => Verb::new("đăng xuất", "signed out", "sign out"),
        Action::Token => {
            Verb::new("cho ứng dụng truy cập sổ", "let an app into the book", "let an app into the book")
        }
        Action::Revocation => Verb::new(
            "thu hồi quyền của ứng dụng hoặc thiết bị",
            "took the access of an app or device away",
            "take the access of an app or device away",
        ),
        _ => return None,
    };
    Some(verb.told(entry, language))
}

/// Why somebody was signed in, or was not, as far as the way tells it.
pub(super) fn reason(entry: &Entry<'_>, language: Language) -> Option<&'static str> {
    if entry.action != Action::SignIn {
        return None;
    }
    let (vietnamese, english) = match (entry.outcome, &*entry.query) {
        (Outcome::Success, ASSISTED) => (
            "nhân viên ghi nhận bạn có mặt và đã xuất trình giấy tờ",
            "staff noted that you were present with a document",
        ),
        (Outcome::Refused, "password") => {
            ("mật khẩu sai hoặc không dùng được", "the password was wrong or could not be used")
        }
        (Outcome::Refused, "code") => ("mã đăng nhập sai", "the code was wrong"),
        (Outcome::Refused, "passkey") => {
            ("khóa truy cập sai hoặc không dùng được", "the passkey was wrong or could not be used")
        }
        (Outcome::Refused, "activation") => {
            ("mã kích hoạt sai hoặc không dùng được", "the activation code was wrong or could not be used")
        }
        (Outcome::Refused, "provider" | ASSISTED) => {
            ("tài khoản không dùng được", "the account could not be used")
        }
        _ => return None,
    };
    Some(language.say(vietnamese, english))
}
