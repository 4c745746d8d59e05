//! Messages: a page of its own, or a notice at the head of a form.

use maud::{Markup, html};

use crate::Language;
use crate::layout::page_at;

/// What a form has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Name or password is wrong; which is not told.
    WrongPassword,
    /// The code is wrong.
    WrongCode,
    /// The name or the activation code is wrong.
    WrongActivation,
    /// Not before so many seconds are over.
    Wait(u32),
    /// The step is over.
    Over,
    /// All places are taken.
    Busy,
    /// A code could not be sent.
    NotSent,
    /// The provider gives no answer: the fallback is offered.
    ProviderDown,
    /// The provider's answer could not be believed, or there is no book for this person.
    ProviderRefused,
    /// The password has too few characters; so many are the least.
    TooShort(usize),
    /// The password has too many characters.
    TooLong,
    /// The password is one of those that are tried first.
    Common,
    /// The password holds the number or name.
    HoldsName,
    /// The two passwords are not the same.
    NotTheSame,
    /// The form came from elsewhere, or is too old.
    OldForm,
    /// The page is for citizens, who have a book.
    ForCitizens,
    /// The page is for staff of a station.
    ForStaff,
    /// It cannot be done.
    NotPossible,
    /// The log is not signed yet.
    NotSigned,
    /// Something broke.
    Broken,
}

impl Notice {
    /// The text.
    pub fn text(self, language: Language) -> String {
        let (vietnamese, english) = match self {
            Self::WrongPassword => (
                "Số định danh, tên đăng nhập hoặc mật khẩu không đúng.",
                "The number, name or password is not right.",
            ),
            Self::WrongCode => ("Mã không đúng. Hãy thử lại.", "The code is not right. Try again."),
            Self::WrongActivation => (
                "Số định danh, tên đăng nhập hoặc mã kích hoạt không đúng.",
                "The number, name or activation code is not right.",
            ),
            Self::Wait(seconds) => return wait(seconds, language),
            Self::Over => (
                "Lần đăng nhập này đã hết hạn. Hãy bắt đầu lại.",
                "This sign-in is over. Please begin again.",
            ),
            Self::Busy => (
                "Hệ thống đang bận. Hãy thử lại sau ít giây.",
                "The server is busy. Try again in a few seconds.",
            ),
            Self::NotSent => {
                ("Không gửi được mã. Hãy thử lại sau.", "The code could not be sent. Try again later.")
            }
            Self::ProviderDown => (
                "Ứng dụng định danh tạm thời không trả lời. Hãy đăng nhập bằng mật khẩu.",
                "The identity app does not answer for now. Please use your password.",
            ),
            Self::ProviderRefused => (
                "Không đăng nhập được bằng ứng dụng định danh. Hãy thử lại hoặc dùng mật khẩu.",
                "Signing in with the identity app did not work. Try again or use your password.",
            ),
            Self::TooShort(least) => {
                return match language {
                    Language::Vietnamese => format!("Mật khẩu phải có ít nhất {least} ký tự."),
                    Language::English => format!("The password must have at least {least} characters."),
                };
            }
            Self::TooLong => {
                ("Mật khẩu có nhiều nhất 256 ký tự.", "The password has at most 256 characters.")
            }
            Self::Common => (
                "Mật khẩu này quá phổ biến. Hãy chọn mật khẩu khác.",
                "This password is one that is tried first. Choose another.",
            ),
            Self::HoldsName => (
                "Mật khẩu không được chứa số định danh hoặc tên đăng nhập.",
                "The password must not hold the number or name.",
            ),
            Self::NotTheSame => ("Hai mật khẩu không giống nhau.", "The two passwords are not the same."),
            Self::OldForm => ("Trang đã cũ. Hãy gửi lại.", "The page was too old. Please send it again."),
            Self::ForCitizens => (
                "Trang này chỉ dành cho người dân có sổ sức khỏe.",
                "This page is for citizens, who have a health book.",
            ),
            Self::ForStaff => (
                "Trang này chỉ dành cho nhân viên tiếp đón, điều dưỡng, bác sĩ và trưởng trạm.",
                "This page is for registrars, nurses, physicians and heads of stations.",
            ),
            Self::NotPossible => ("Không thực hiện được việc này.", "This cannot be done."),
            Self::NotSigned => (
                "Hiện chưa có chữ ký của nhật ký để kèm theo. Hãy thử lại sau.",
                "There is no signature of the log to go with it at present. Try again later.",
            ),
            Self::Broken => ("Có lỗi xảy ra. Hãy thử lại sau.", "Something went wrong. Try again later."),
        };
        language.say(vietnamese, english).to_owned()
    }

    /// As the head of a form; read out at once.
    pub fn markup(self, language: Language) -> Markup {
        html! { p.error role="alert" id="notice" { (self.text(language)) } }
    }
}

fn wait(seconds: u32, language: Language) -> String {
    let (number, unit) = match seconds {
        0..120 => (seconds, language.say("giây", "seconds")),
        120..7_200 => (seconds.div_ceil(60), language.say("phút", "minutes")),
        _ => (seconds.div_ceil(3_600), language.say("giờ", "hours")),
    };
    match language {
        Language::Vietnamese => format!("Đã thử quá nhiều lần. Hãy đợi {number} {unit}."),
        Language::English => format!("Too many tries. Wait {number} {unit}."),
    }
}

/// A page that only says something.
pub struct MessagePage {
    /// The language.
    pub language: Language,
    /// What it says.
    pub notice: Notice,
}

impl MessagePage {
    /// The page.
    pub fn render(&self) -> String {
        let body = html! {
            (self.notice.markup(self.language))
            // Who is signed in as a citizen already has somewhere to go back to.
            @if matches!(self.notice, Notice::NotPossible | Notice::NotSigned | Notice::Busy | Notice::Broken) {
                a.button href="/book" { (self.language.say("Về sổ sức khỏe của tôi", "To my health book")) }
            }
            a.button.second href="/auth/sign-in" { (self.language.say("Về trang đăng nhập", "To sign-in")) }
        };
        page_at(self.language.say("Thông báo", "Notice"), self.language, "/auth/sign-in?", &body)
    }
}
