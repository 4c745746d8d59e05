//! Who is due: a list with its states, and what can be done for each.

use maud::{Markup, html};

use super::{StationHead, StationNotice};
use crate::health_class_words;

/// Somebody on the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueLine {
    /// The id of the `Patient`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The day of birth, in figures.
    pub birth: Option<String>,
    /// `due`, `done` or `overdue`.
    pub state: &'static str,
    /// The last day on which the check-up is in time.
    pub due: String,
    /// The day of the last check-up.
    pub last: Option<String>,
    /// The class that it found, 1 to 5.
    pub class: Option<String>,
    /// Whether who is signed in may record a check-up of this person by form.
    pub may_record: bool,
}

/// The page.
pub struct DueListPage<'a> {
    /// What is around.
    pub head: StationHead<'a>,
    /// What was just done.
    pub notice: Option<StationNotice>,
    /// The year.
    pub year: i16,
    /// The rule with its version.
    pub rule: &'a str,
    /// `home` or `treated`.
    pub people: &'a str,
    /// Only those in this state.
    pub state: Option<&'a str>,
    /// Who is on the page.
    pub lines: &'a [DueLine],
    /// The sealed link to the next page.
    pub next: Option<&'a str>,
}

impl DueListPage<'_> {
    fn link(&self, people: &str, state: Option<&str>) -> String {
        let state = state.map(|state| format!("&status={state}")).unwrap_or_default();
        format!("/station?lang={}&people={people}{state}", self.head.language.code())
    }

    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.head.language.say(vietnamese, english);
        let states = [None, Some("overdue"), Some("due"), Some("done")];
        let groups = [
            ("home", say("Người dân của trạm", "People of this station")),
            ("treated", say("Người đã khám tại đây", "People treated here")),
        ];
        let body = html! {
            p { (say("Năm ", "Year ")) strong { (self.year) } ". "
                (say("Quy tắc: mỗi năm một lần, cách lần trước không quá 12 tháng", "Rule: once a year, at most 12 months after the last one"))
                " (" (self.rule) ")." }
            nav aria-label=(say("Nhóm người", "Groups of people")) { ul {
                @for (people, words) in groups { li {
                    a href=(self.link(people, self.state)) aria-current=[(people == self.people).then_some("page")] { (words) }
                } }
            } }
            nav aria-label=(say("Trạng thái", "States")) { ul {
                @for state in states { li {
                    a href=(self.link(self.people, state)) aria-current=[(state == self.state).then_some("page")] {
                        (self.state_words(state))
                    }
                } }
            } }
            @if self.lines.is_empty() {
                p.notice { (match self.next {
                    None => say("Không có ai trong danh sách này.", "Nobody is on this list."),
                    Some(_) => say("Chưa tìm thấy ai ở trang này. Hãy xem tiếp.", "Nobody was found so far. Please go on."),
                }) }
            } @else {
                ul.list { @for line in self.lines { (self.line(line)) } }
            }
            @if let Some(next) = self.next {
                a.button.second rel="next" href={ "/station?lang=" (self.head.language.code()) "&page=" (next) } {
                    (say("Xem tiếp", "Go on"))
                }
            }
        };
        let here = format!("/station?people={}&", self.people);
        let here = self.state.map_or_else(|| here.clone(), |state| format!("{here}status={state}&"));
        self.head.page(say("Khám sức khỏe hằng năm", "Annual check-ups"), &here, self.notice, &body)
    }

    fn state_words(&self, state: Option<&str>) -> &'static str {
        let say = |vietnamese, english| self.head.language.say(vietnamese, english);
        match state {
            None => say("Tất cả", "All"),
            Some("done") => say("Đã khám", "Done"),
            Some("overdue") => say("Quá hạn", "Overdue"),
            Some(_) => say("Đến hạn", "Due"),
        }
    }

    fn line(&self, line: &DueLine) -> Markup {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        let class = line.class.as_deref().and_then(|class| health_class_words(class, language));
        html! {
            li.alarm[line.state == "overdue"] {
                p { strong { (line.name) } @if let Some(birth) = &line.birth { ", " (birth) } }
                p { strong { (self.state_words(Some(line.state))) } ". "
                    @if line.state == "done" { (say("Lần sau trước hết ngày ", "The next one by ")) (line.due) }
                    @else { (say("Hạn khám: ", "By ")) (line.due) }
                }
                @if let Some(last) = &line.last {
                    p.hint { (say("Lần khám gần nhất: ", "Last check-up: ")) (last)
                        @if let Some((class, _)) = &class { " – " (class) } }
                }
                @if line.state != "done" {
                    form method="post" action={ "/station/remind?lang=" (language.code()) } {
                        input type="hidden" name="form" value=(self.head.form);
                        input type="hidden" name="patient" value=(line.id);
                        button.second { (say("Nhắc ", "Remind ")) (line.name) }
                    }
                }
                @if line.may_record {
                    a.button.second href={ "/station/check-up?lang=" (language.code()) "&patient=" (line.id) } {
                        (say("Ghi lần khám của ", "Record a check-up of ")) (line.name)
                    }
                }
            }
        }
    }
}
