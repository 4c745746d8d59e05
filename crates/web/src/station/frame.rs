//! What the pages of a station have around them: whose station it is, what was just done, signing out.

use maud::{Markup, html};

use crate::Language;
use crate::layout::page_with;

/// For whom a page is made.
#[derive(Debug, Clone, Copy)]
pub struct StationHead<'a> {
    /// The language.
    pub language: Language,
    /// The name of the facility.
    pub facility: &'a str,
    /// The token of the forms.
    pub form: &'a str,
}

/// What was just done, or why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StationNotice {
    /// A reminder is in the book.
    Reminded,
    /// There was one within thirty days.
    RemindedBefore,
    /// The check-up is in the book.
    Recorded,
    /// Nothing is to be done for this person.
    NotPossible,
}

impl StationNotice {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Reminded, Self::RemindedBefore, Self::Recorded, Self::NotPossible];

    /// Its name in an address.
    pub fn code(self) -> &'static str {
        match self {
            Self::Reminded => "reminded",
            Self::RemindedBefore => "reminded-before",
            Self::Recorded => "recorded",
            Self::NotPossible => "not-possible",
        }
    }

    /// The notice of a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notice| notice.code() == code)
    }

    fn text(self, language: Language) -> &'static str {
        match self {
            Self::Reminded => language
                .say("Đã gửi lời nhắc vào sổ của người này.", "The reminder is in the book of this person."),
            Self::RemindedBefore => language.say(
                "Người này đã được nhắc trong ba mươi ngày qua nên không gửi nữa.",
                "This person was reminded within the last thirty days, so nothing was sent.",
            ),
            Self::Recorded => {
                language.say("Đã ghi lần khám sức khỏe vào sổ.", "The check-up is in the book.")
            }
            Self::NotPossible => language
                .say("Không thực hiện được việc này với người này.", "This cannot be done for this person."),
        }
    }
}

impl StationHead<'_> {
    /// The page at an address, to which its own parameters belong; that ends with `?` or `&`.
    pub(super) fn page(
        &self,
        title: &str,
        here: &str,
        notice: Option<StationNotice>,
        body: &Markup,
    ) -> String {
        let language = self.language;
        let body = html! {
            p.hint { (self.facility) }
            @if let Some(notice) = notice { p.notice role="status" { (notice.text(language)) } }
            (body)
            form method="post" action={ "/station/sign-out?lang=" (language.code()) } {
                input type="hidden" name="form" value=(self.form);
                button.second { (language.say("Đăng xuất", "Sign out")) }
            }
        };
        page_with(title, language, here, &html! {}, &body)
    }
}
