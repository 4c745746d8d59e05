//! Signing in: name and password, then a code.

use maud::html;

use crate::layout::page_at;
use crate::{Language, Notice};

/// The first page.
pub struct SignInPage<'a> {
    /// The language.
    pub language: Language,
    /// What went wrong before.
    pub notice: Option<Notice>,
    /// What was typed as the name.
    pub name: &'a str,
    /// The token of the form.
    pub form: &'a str,
    /// The authorization that waits: an id of letters, digits, `-` and `_`.
    pub continue_with: Option<&'a str>,
    /// Whether there is an external provider.
    pub provider: bool,
}

impl SignInPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let query = self.continue_with.map(|id| format!("?continue={id}")).unwrap_or_default();
        let here = self.continue_with.map(|id| format!("/auth/sign-in?continue={id}&"));
        let described = self.notice.map(|_| "notice");
        let body = html! {
            @if let Some(notice) = self.notice { (notice.markup(self.language)) }
            @if self.provider {
                // A link: a form could not lead on to another server under `form-action 'self'`.
                a.button href={ "/auth/provider/start" (query) } {
                    (say("Đăng nhập bằng ứng dụng định danh", "Sign in with the identity app"))
                }
                h2 { (say("Hoặc bằng mật khẩu", "Or with a password")) }
            }
            form method="post" action={ "/auth/sign-in/password?lang=" (self.language.code()) } {
                input type="hidden" name="form" value=(self.form);
                @if let Some(id) = self.continue_with { input type="hidden" name="continue" value=(id); }
                label for="name" { (say("Số định danh cá nhân hoặc tên đăng nhập", "Citizen number or name")) }
                input id="name" name="name" value=(self.name) autocomplete="username" autocapitalize="none"
                    spellcheck="false" maxlength="128" required aria-describedby=[described];
                label for="password" { (say("Mật khẩu", "Password")) }
                input id="password" name="password" type="password" autocomplete="current-password"
                    maxlength="1024" required;
                button.second[self.provider] { (say("Đăng nhập", "Sign in")) }
            }
            p { a.link href={ "/auth/passkey" (query) } { (say("Đăng nhập bằng khóa truy cập", "Sign in with a passkey")) } }
            p { a.link href={ "/auth/activate?lang=" (self.language.code()) } {
                (say("Tôi có mã kích hoạt", "I have an activation code"))
            } }
        };
        page_at(
            say("Đăng nhập", "Sign in"),
            self.language,
            here.as_deref().unwrap_or("/auth/sign-in?"),
            &body,
        )
    }
}

/// The page of the code.
pub struct CodePage<'a> {
    /// The language.
    pub language: Language,
    /// What went wrong before.
    pub notice: Option<Notice>,
    /// The token of the form.
    pub form: &'a str,
    /// Whether the code comes from an authenticator app; else it was sent.
    pub app: bool,
}

impl CodePage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let hint = if self.app {
            say("Mã 6 số trong ứng dụng xác thực.", "The 6 digits that your authenticator app shows.")
        } else {
            say(
                "Mã 6 số vừa được gửi cho bạn. Mã có hiệu lực 10 phút, dùng một lần.",
                "The 6 digits that were sent to you. They hold for 10 minutes and one use.",
            )
        };
        let body = html! {
            @if let Some(notice) = self.notice { (notice.markup(self.language)) }
            form method="post" action={ "/auth/sign-in/code?lang=" (self.language.code()) } {
                input type="hidden" name="form" value=(self.form);
                label for="code" { (say("Mã xác nhận", "Code")) }
                p.hint id="hint" { (hint) }
                input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="16"
                    required aria-describedby="hint";
                button { (say("Tiếp tục", "Continue")) }
            }
            p { a.link href="/auth/sign-in" { (say("Bắt đầu lại", "Begin again")) } }
        };
        let title = say("Xác nhận đăng nhập", "Confirm that it is you");
        page_at(title, self.language, "/auth/sign-in/code?", &body)
    }
}
