//! Setting a password with an activation code, and setting up an authenticator app.

use maud::html;

use crate::layout::page_at;
use crate::{Language, Notice};

/// The page that takes the activation code.
pub struct ActivationPage<'a> {
    /// The language.
    pub language: Language,
    /// What went wrong before.
    pub notice: Option<Notice>,
    /// What was typed as the name.
    pub name: &'a str,
    /// The token of the form.
    pub form: &'a str,
}

impl ActivationPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let body = html! {
            @if let Some(notice) = self.notice { (notice.markup(self.language)) }
            form method="post" action={ "/auth/activate?lang=" (self.language.code()) } {
                input type="hidden" name="form" value=(self.form);
                label for="name" { (say("Số định danh cá nhân hoặc tên đăng nhập", "Citizen number or name")) }
                input id="name" name="name" value=(self.name) autocomplete="username" autocapitalize="none"
                    spellcheck="false" maxlength="128" required;
                label for="code" { (say("Mã kích hoạt", "Activation code")) }
                p.hint id="code-hint" {
                    (say("Ba nhóm bốn ký tự, do trạm y tế hoặc quản trị viên cấp.",
                        "Three groups of four characters, from your station or administrator."))
                }
                input id="code" name="code" autocomplete="off" autocapitalize="characters" spellcheck="false"
                    maxlength="32" required aria-describedby="code-hint";
                label for="password" { (say("Mật khẩu mới", "New password")) }
                p.hint id="password-hint" {
                    (say("Ít nhất 15 ký tự, hoặc 8 ký tự nếu bạn đăng nhập kèm mã xác nhận. Một câu dài dễ nhớ là tốt nhất.",
                        "At least 15 characters, or 8 if you sign in with a code as well. A long sentence is best."))
                }
                input id="password" name="password" type="password" autocomplete="new-password" maxlength="1024"
                    required aria-describedby="password-hint";
                label for="again" { (say("Nhập lại mật khẩu", "The same again")) }
                input id="again" name="again" type="password" autocomplete="new-password" maxlength="1024" required;
                button { (say("Đặt mật khẩu", "Set the password")) }
            }
        };
        page_at(say("Kích hoạt tài khoản", "Activate your account"), self.language, "/auth/activate?", &body)
    }
}

/// The page that sets up an authenticator app.
pub struct EnrolmentPage<'a> {
    /// The language.
    pub language: Language,
    /// What went wrong before.
    pub notice: Option<Notice>,
    /// The secret in groups.
    pub secret: &'a str,
    /// The address for an app on the same device.
    pub uri: &'a str,
    /// The token of the form.
    pub form: &'a str,
}

impl EnrolmentPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let body = html! {
            @if let Some(notice) = self.notice { (notice.markup(self.language)) }
            p { (say("Thêm khóa này vào ứng dụng xác thực, rồi nhập mã 6 số mà ứng dụng hiện ra.",
                "Add this key to your authenticator app, then enter the 6 digits that it shows.")) }
            p.secret { (self.secret) }
            p { a.link href=(self.uri) { (say("Mở ứng dụng xác thực trên máy này", "Open the app on this device")) } }
            form method="post" action={ "/auth/sign-in/code?lang=" (self.language.code()) } {
                input type="hidden" name="form" value=(self.form);
                label for="code" { (say("Mã 6 số", "The 6 digits")) }
                input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16" required;
                button { (say("Xong", "Done")) }
            }
        };
        page_at(say("Ứng dụng xác thực", "Authenticator app"), self.language, "/auth/sign-in/code?", &body)
    }
}
