//! The life so far, by its stages.

use jiff::civil::Date;
use maud::html;

use super::words::day_figures;
use super::{BookHead, BookPlace};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// The day, where it is known.
    pub day: Option<Date>,
    /// What is known of the date without a day: a month or a year.
    pub about: String,
    /// The stage of life: in the language of the page, empty where it is not known.
    pub stage: &'static str,
    /// What kind: in the language of the page.
    pub kind: &'static str,
    /// What.
    pub name: String,
    /// Where.
    pub facility: String,
    /// The id of the `Composition`, where it is a check-up.
    pub check_up: Option<String>,
}

/// The page.
pub struct TimelinePage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// What happened, the newest first.
    pub events: &'a [LifeEvent],
    /// Where the page goes on.
    pub next: Option<&'a str>,
}

impl TimelinePage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let stages = self.events.chunk_by(|one, other| one.stage == other.stage);
        let body = html! {
            @if self.events.is_empty() {
                p.notice { (language.say("Chưa có gì trong sổ ở đoạn này.", "There is nothing in this part of the book.")) }
            }
            @for stage in stages {
                h2 { (match stage.first().map_or("", |event| event.stage) {
                    "" => language.say("Các sự kiện", "What happened"),
                    stage => stage,
                }) }
                ul.list {
                    @for event in stage {
                        li {
                            p {
                                strong { @match event.day { Some(day) => { (day_figures(day)) } None => { (event.about) } } }
                                " – " (event.kind)
                            }
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
