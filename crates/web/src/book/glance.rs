//! The book at a glance: what matters most, on one page.

use jiff::civil::Date;
use maud::{Markup, html};

use super::words::{day_figures, health_class_words};
use super::{BookHead, BookPlace};

/// One thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlanceLine {
    /// Its name.
    pub name: String,
    /// The day, where it is known.
    pub day: Option<Date>,
}

/// A check-up in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUpLine {
    /// The id of its `Composition`.
    pub id: String,
    /// The day.
    pub day: Option<Date>,
    /// The facility.
    pub facility: String,
    /// The class of health.
    pub class: Option<String>,
}

/// What is in the book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Glance {
    /// The day of birth.
    pub born: Option<Date>,
    /// Allergies.
    pub allergies: Vec<GlanceLine>,
    /// Problems of health that are active.
    pub problems: Vec<GlanceLine>,
    /// Medicines that are taken.
    pub medicines: Vec<GlanceLine>,
    /// Vaccinations.
    pub vaccines: Vec<GlanceLine>,
    /// Check-ups, the newest first.
    pub check_ups: Vec<CheckUpLine>,
    /// Facilities that treated the person.
    pub facilities: Vec<String>,
}

/// The page.
pub struct GlancePage<'a> {
    /// What is around.
    pub head: BookHead<'a>,
    /// What is in the book.
    pub glance: &'a Glance,
}

impl GlancePage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.head.language;
        let (say, glance) = (|vietnamese, english| language.say(vietnamese, english), self.glance);
        let body = html! {
            @if let Some(born) = glance.born { p { (say("Ngày sinh: ", "Born: ")) (day_figures(born)) } }
            (self.check_ups())
            (lines("allergies", say("Dị ứng", "Allergies"), &glance.allergies, say(
                "Chưa ghi nhận dị ứng nào. Nếu bạn biết mình dị ứng, hãy nói với nhân viên y tế.",
                "No allergy is noted. If you know of one, tell health staff.")))
            (lines("problems", say("Vấn đề sức khỏe", "Health problems"), &glance.problems, say(
                "Không có vấn đề nào đang theo dõi.", "There is none that is being followed.")))
            (lines("medicines", say("Thuốc đang dùng", "Medicines"), &glance.medicines, say(
                "Không có đơn thuốc nào đang dùng.", "There is no prescription in use.")))
            (lines("vaccines", say("Tiêm chủng", "Vaccinations"), &glance.vaccines, say(
                "Chưa có mũi tiêm nào trong sổ. Trạm y tế có thể bổ sung từ phiếu tiêm của bạn.",
                "There is no vaccination in the book. Your station can add those of your card.")))
            section aria-labelledby="facilities" {
                h2 id="facilities" { (say("Nơi đã khám", "Where you were treated")) }
                @if glance.facilities.is_empty() { p.hint { (say("Chưa có lần khám nào.", "No visit so far.")) } }
                @else { ul { @for facility in &glance.facilities { li { (facility) } } } }
            }
        };
        self.head.page(BookPlace::Glance, self.head.name, "/book?", &body)
    }

    fn check_ups(&self) -> Markup {
        let language = self.head.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        html! {
            section.card aria-labelledby="check-up" {
                h2 id="check-up" { (say("Khám sức khỏe định kỳ", "Annual check-up")) }
                @if self.glance.check_ups.is_empty() {
                    p { (say(
                        "Chưa có kết quả trong sổ. Mỗi người được khám sức khỏe ít nhất một lần trong năm; hãy hỏi trạm y tế nơi bạn ở.",
                        "There is no result in the book. Everybody has a check-up at least once a year; ask your health station.")) }
                }
                @for (place, line) in self.glance.check_ups.iter().enumerate() {
                    @let class = line.class.as_deref().and_then(|code| health_class_words(code, language));
                    @if place == 0 && let Some((words, _)) = &class { p.class { (words) } }
                    p { a.link href=(self.head.link(&format!("/book/check-ups/{}", line.id))) {
                        (say("Khám ngày ", "Check-up of ")) (line.day.map(day_figures).unwrap_or_default())
                        @if !line.facility.is_empty() { " – " (line.facility) }
                        @if place > 0 && let Some((words, _)) = &class { " – " (words) }
                    } }
                }
            }
        }
    }
}

fn lines(id: &str, title: &str, lines: &[GlanceLine], empty: &str) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) }
            @if lines.is_empty() { p.hint { (empty) } }
            @else { ul { @for line in lines { li { (line.name) @if let Some(day) = line.day { " – " (day_figures(day)) } } } } }
        }
    }
}
