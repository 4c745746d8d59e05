//! What a citizen was told: notices, the newest first.

use maud::html;

use super::{BookHead, BookPlace};
use crate::Language;

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeLine {
    /// What about: the code of its topic (`docs/notices.md`).
    pub topic: String,
    /// When it was sent, in words.
    pub when: String,
    /// The text in the language of the page.
    pub text: String,
}

/// The page.
pub struct NoticesPage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// The notices.
    pub notices: &'a [NoticeLine],
}

impl NoticesPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        let body = html! {
            @if self.notices.is_empty() { p.hint { (say("Chưa có thông báo nào.", "There are no notices so far.")) } }
            @else { ul.list { @for notice in self.notices { li {
                h2 { (topic(&notice.topic, language)) }
                p.hint { (notice.when) }
                p { (notice.text) }
            } } } }
            @if self.head.of.is_none() { p { a.link href=(self.head.link("/auth/access-log")) { (say("Ai đã xem sổ của tôi", "Who looked at my book")) } } }
        };
        let title = say("Thông báo", "Notices");
        self.head.page(BookPlace::Notices, title, "/book/notices?", &body)
    }
}

/// The topic in words.
fn topic(code: &str, language: Language) -> &'static str {
    let (vietnamese, english) = match code {
        "emergency-access" => ("Mở sổ trong cấp cứu", "Opened in an emergency"),
        "emergency-not-justified" => {
            ("Lần mở sổ cấp cứu không có lý do chính đáng", "An emergency access that was not justified")
        }
        "majority" => ("Đủ 18 tuổi", "Coming of age"),
        "check-up-due" => ("Khám sức khỏe định kỳ", "The annual check-up"),
        "new-facility" => ("Cơ sở xem sổ lần đầu", "A facility for the first time"),
        "same-family" => ("Có thể là người thân", "Perhaps a relative"),
        "colleague" => ("Đồng nghiệp xem sổ", "A colleague looked"),
        "many-books" => ("Một người xem nhiều sổ", "Somebody read many books"),
        "night" => ("Xem sổ ban đêm", "A look at night"),
        _ => ("Thông báo", "Notice"),
    };
    language.say(vietnamese, english)
}
