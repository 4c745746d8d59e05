//! The devices on which somebody is signed in.

use maud::html;

use crate::Language;
use crate::layout::page_at;

/// One device.
pub struct SessionLine {
    /// The id of the session.
    pub id: String,
    /// The device.
    pub device: String,
    /// From where.
    pub place: String,
    /// When somebody signed in, in words.
    pub since: String,
    /// When it was used last, in words.
    pub used: String,
    /// Whether it is the one that looks at the page.
    pub own: bool,
    /// Whether it was a new device.
    pub new_device: bool,
    /// Whether staff opened it for the citizen.
    pub assisted: bool,
}

/// The page.
pub struct SessionsPage<'a> {
    /// The language.
    pub language: Language,
    /// The devices.
    pub sessions: &'a [SessionLine],
    /// The token of the forms.
    pub form: &'a str,
    /// Whether a citizen is signed in, who has a book.
    pub citizen: bool,
}

impl SessionsPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let body = html! {
            @if self.sessions.iter().any(|session| session.new_device && !session.own) {
                p.notice role="status" {
                    (say("Có lần đăng nhập trên thiết bị mới. Nếu không phải bạn, hãy kết thúc phiên đó.",
                        "There was a sign-in on a new device. If it was not you, end that session."))
                }
            }
            ul.list {
                @for session in self.sessions {
                    li {
                        p { strong { (device(self.language, session)) }
                            @if session.own { " – " (say("thiết bị này", "this device")) }
                            @if session.new_device { " – " (say("thiết bị mới", "new device")) }
                        }
                        @if session.assisted {
                            p { (say("Do nhân viên cơ sở y tế mở khi bạn có mặt", "Opened by staff of a facility while you were present")) }
                        }
                        p { (say("Nơi: ", "From: ")) (session.place) }
                        p { (say("Đăng nhập: ", "Signed in: ")) (session.since) }
                        p { (say("Dùng lần cuối: ", "Last use: ")) (session.used) }
                        form method="post" action={ "/auth/sessions/end?lang=" (self.language.code()) } {
                            input type="hidden" name="form" value=(self.form);
                            input type="hidden" name="session" value=(session.id);
                            button.end aria-label={ (end(self.language, session)) ": " (device(self.language, session)) } {
                                (end(self.language, session))
                            }
                        }
                    }
                }
            }
        };
        let body = html! {
            (body)
            @if self.citizen {
                p { a.link href="/book" { (say("Sổ sức khỏe của tôi", "My health book")) } }
                p { a.link href="/auth/access-log" { (say("Ai đã xem sổ của tôi", "Who looked at my book")) } }
            }
            p { a.link href="/auth/passkey/add" { (say("Thêm khóa truy cập", "Add a passkey")) } }
        };
        let title = say("Thiết bị đang đăng nhập", "Devices that are signed in");
        page_at(title, self.language, "/auth/sessions?", &body)
    }
}

/// The device, as far as it is known.
fn device(language: Language, session: &SessionLine) -> String {
    let unknown = language.say("không rõ", "unknown");
    match session.device.as_str() {
        "?, ?" => language.say("Thiết bị không rõ", "Unknown device").to_owned(),
        known => known.replace('?', unknown),
    }
}

fn end(language: Language, session: &SessionLine) -> &'static str {
    if session.own {
        language.say("Đăng xuất", "Sign out")
    } else {
        language.say("Kết thúc phiên", "End this session")
    }
}
