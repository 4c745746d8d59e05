//! The life so far, by its stages.

use jiff::civil::Date;
use maud::html;

use super::words::day_figures;
use super::{BookHead, BookPlace};
use crate::Language;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// The day.
    pub day: Date,
    /// What kind: in the language of the page.
    pub kind: &'static str,
    /// What.
    pub name: String,
    /// Where.
    pub facility: String,
    /// The id of the `Composition`, where it is a check-up.
    pub check_up: Option<String>,
}

/// The stage of life in which a day lies.
pub fn life_stage(born: Option<Date>, day: Date, language: Language) -> &'static str {
    let Some(born) = born.filter(|born| *born <= day) else { return "" };
    let years = day.year() - born.year() - i16::from((day.month(), day.day()) < (born.month(), born.day()));
    let days = day.since(born).map_or(i32::MAX, |span| span.get_days());
    match years {
        0 if days < 28 => language.say("Sơ sinh", "Newborn"),
        0 => language.say("Dưới 1 tuổi", "Infant"),
        1..=9 => language.say("Trẻ em", "Child"),
        10..=17 => language.say("Vị thành niên", "Adolescent"),
        18..=59 => language.say("Người lớn", "Adult"),
        _ => language.say("Người cao tuổi", "Older adult"),
    }
}

/// The page.
pub struct TimelinePage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// The day of birth.
    pub born: Option<Date>,
    /// What happened, the newest first.
    pub events: &'a [LifeEvent],
    /// Where the page goes on.
    pub next: Option<&'a str>,
}

impl TimelinePage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let stages = self.events.chunk_by(|one, other| {
            life_stage(self.born, one.day, language) == life_stage(self.born, other.day, language)
        });
        let body = html! {
            @if self.events.is_empty() {
                p.notice { (language.say("Chưa có gì trong sổ ở đoạn này.", "There is nothing in this part of the book.")) }
            }
            @for stage in stages {
                h2 { (stage.first().map_or("", |event| match life_stage(self.born, event.day, language) {
                    "" => language.say("Các sự kiện", "What happened"),
                    stage => stage,
                })) }
                ul.list {
                    @for event in stage {
                        li {
                            p { strong { (day_figures(event.day)) } " – " (event.kind) }
                            p {
                                @match &event.check_up {
                                    Some(id) => { a.link href=(self.head.link(&format!("/book/check-ups/{id}"))) { (event.name) } }
                                    None => { (event.name) }
                                }
                            }
                            @if !event.facility.is_empty() { p.hint { (event.facility) } }
                        }
                    }
                }
            }
            @if let Some(next) = self.next {
                a.button.second href={ (self.head.link("/book/timeline")) "&page=" (next) } rel="next" {
                    (language.say("Xem trước đó", "Earlier"))
                }
            }
        };
        let title = language.say("Dòng thời gian", "Timeline");
        self.head.page(BookPlace::Timeline, title, "/book/timeline?", &body)
    }
}
