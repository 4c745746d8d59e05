//! One check-up: class of health, what was measured, what was found, conclusion and advice.

use jiff::civil::Date;
use maud::{Markup, html};

use super::trend::trend;
use super::words::{compared, day_figures, health_class_words, number_words};
use super::{BookHead, BookPlace};

/// Something that is measured each time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// What.
    pub name: String,
    /// The unit as printed.
    pub unit: String,
    /// Day and number, the newest first; the first is that of the check-up.
    pub values: Vec<(Date, String)>,
}

/// Something else that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What was asked.
    pub name: String,
    /// What was found.
    pub value: String,
}

/// A check-up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckUp {
    /// Its name.
    pub title: String,
    /// The day.
    pub day: Option<Date>,
    /// The facility.
    pub facility: String,
    /// The class of health, `1` to `5`.
    pub class: Option<String>,
    /// What was measured.
    pub measured: Vec<Measured>,
    /// What else was found, by part.
    pub findings: Vec<(String, Vec<Finding>)>,
    /// Conclusions and advice: title and text.
    pub conclusions: Vec<(String, String)>,
}

/// The page.
pub struct CheckUpPage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// The id of the `Composition`.
    pub id: &'a str,
    /// The check-up.
    pub check_up: &'a CheckUp,
}

impl CheckUpPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let (say, check_up) = (|vietnamese, english| language.say(vietnamese, english), self.check_up);
        let class = check_up.class.as_deref().and_then(|code| health_class_words(code, language));
        let body = html! {
            dl {
                @if let Some(day) = check_up.day { dt { (say("Ngày khám", "Day")) } dd { (day_figures(day)) } }
                @if !check_up.facility.is_empty() { dt { (say("Nơi khám", "Facility")) } dd { (check_up.facility) } }
                @if !check_up.title.is_empty() { dt { (say("Loại khám", "Kind")) } dd { (check_up.title) } }
            }
            section.card aria-labelledby="class" {
                h2 id="class" { (say("Phân loại sức khỏe", "Class of health")) }
                @match &class {
                    Some((words, next)) => { p.class { (words) } p { (next) } }
                    None => { p { (say("Lần khám này chưa có phân loại.", "This check-up has no class.")) } }
                }
            }
            @if !check_up.conclusions.is_empty() {
                h2 { (say("Kết luận và lời khuyên", "Conclusion and advice")) }
                @for (title, text) in &check_up.conclusions { h3 { (title) } p { (text) } }
            }
            @if !check_up.measured.is_empty() {
                h2 { (say("Các chỉ số", "What was measured")) }
                @if !check_up.has_earlier() {
                    p.hint { (say("Chưa có giá trị của lần khám trước để so sánh.", "There are no earlier values to compare with.")) }
                }
                @for measured in &check_up.measured { (self.measured(measured)) }
            }
            @if !check_up.findings.is_empty() {
                h2 { (say("Kết quả khác", "What else was found")) }
                @for (part, findings) in &check_up.findings {
                    @if !part.is_empty() { h3 { (part) } }
                    dl { @for finding in findings { dt { (finding.name) } dd { (finding.value) } } }
                }
            }
            p { a.link href=(self.head.link("/book")) { (say("Về trang đầu của sổ", "Back to the book")) } }
        };
        let title = say("Khám sức khỏe", "Check-up");
        self.head.page(BookPlace::Below, title, &format!("/book/check-ups/{}?", self.id), &body)
    }

    fn measured(&self, measured: &Measured) -> Markup {
        let language = self.head.language;
        let Some((_, now)) = measured.values.first() else { return html! {} };
        let before = measured.values.get(1);
        let words = before.and_then(|(day, before)| compared(now, before, &measured.unit, *day, language));
        html! {
            h3 { (measured.name) }
            p { strong { (number_words(now, language)) " " (measured.unit) } @if let Some(words) = words { " – " (words) } }
            (trend(measured, language))
        }
    }
}
