//! Passkeys: the one page with a script, which browsers have no other way for.

use maud::html;

use crate::Language;
use crate::layout::page_at;

/// The script, served as a file of its own.
pub const PASSKEY_SCRIPT: &str = include_str!("passkey.js");

/// The page.
pub struct PasskeyPage<'a> {
    /// The language.
    pub language: Language,
    /// Whether a key is added; else one signs in.
    pub add: bool,
    /// The authorization that waits: an id of letters, digits, `-` and `_`.
    pub continue_with: Option<&'a str>,
}

impl PasskeyPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let (kind, title, doing, back) = if self.add {
            (
                "add",
                say("Thêm khóa truy cập", "Add a passkey"),
                say("Thêm khóa trên thiết bị này", "Add a key on this device"),
                "/auth/sessions",
            )
        } else {
            (
                "sign-in",
                say("Khóa truy cập", "Passkey"),
                say("Đăng nhập bằng khóa truy cập", "Sign in with a passkey"),
                "/auth/sign-in",
            )
        };
        let body = html! {
            p { (say("Khóa truy cập dùng vân tay, khuôn mặt hoặc mã mở khóa của thiết bị; không cần mật khẩu.",
                "A passkey uses the fingerprint, face or unlock code of your device; no password is needed.")) }
            p.error role="alert" id="notice" hidden {
                (say("Không thực hiện được. Để thêm khóa, bạn phải vừa đăng nhập bằng hai bước.",
                    "That did not work. To add a key you must have signed in with two factors just now."))
            }
            noscript { p.notice { (say("Trang này cần JavaScript. Bạn có thể dùng mật khẩu.",
                "This page needs JavaScript. You can use your password.")) } }
            button hidden type="button" data-begin={ "/auth/passkey/" (kind) "/begin" }
                data-finish={ "/auth/passkey/" (kind) "/finish" } data-continue=[self.continue_with] { (doing) }
            p { a.link href=(back) { (say("Quay lại", "Back")) } }
            script src="/auth/passkey.js" defer {}
        };
        let here = format!("/auth/passkey{}?", if self.add { "/add" } else { "" });
        page_at(title, self.language, &here, &body)
    }
}
