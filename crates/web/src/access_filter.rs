//! Which part of the log of accesses is asked for: the form, and what is said of days that are none.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::Language;
use crate::book::{BookPlace, navigation};
use crate::layout::page_with;

/// Where the page is.
pub(crate) const HERE: &str = "/auth/access-log";

/// A facility as it can be chosen or is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityChoice {
    /// The id of its `Organization`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What the page was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessFilter {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
    /// The id of one facility.
    pub facility: Option<String>,
    /// Whether one's own accesses are shown, too.
    pub own: bool,
}

impl AccessFilter {
    /// As parameters of a link, the language among them.
    pub fn query(&self, language: Language) -> String {
        let mut query = self.period_query(language);
        query.extend(self.facility.as_ref().map(|id| format!("&facility={id}")));
        query.push_str(if self.own { "&own=yes" } else { "" });
        query
    }

    /// The same of the days alone.
    pub fn period_query(&self, language: Language) -> String {
        let mut query = format!("lang={}", language.code());
        for (name, day) in [("from", self.from), ("to", self.to)] {
            query.extend(day.map(|day| format!("&{name}={day}")));
        }
        query
    }

    /// Whether it leaves anything out, or adds anything, that the page alone does not.
    pub(crate) fn is_active(&self) -> bool {
        *self != Self::default()
    }
}

/// What was typed as a period and is none: of it nothing is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WrongPeriod {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

/// The days of a period, where an empty text is none.
///
/// # Errors
/// A text that is no day, or a first day behind the last.
pub fn period(from: &str, to: &str) -> Result<(Option<Date>, Option<Date>), WrongPeriod> {
    let wrong = || WrongPeriod { from: from.to_owned(), to: to.to_owned() };
    let read = |text: &str| match text {
        "" => Ok(None),
        text => day(text).map(Some).ok_or_else(wrong),
    };
    match (read(from)?, read(to)?) {
        (Some(first), Some(last)) if first > last => Err(wrong()),
        days => Ok(days),
    }
}

/// A day in the one form in which browsers send it: `2026-11-28`.
fn day(text: &str) -> Option<Date> {
    let day: Date = text.parse().ok()?;
    (day.year() > 0 && day.to_string() == text).then_some(day)
}

/// Instead of the page: what is wrong with the days, and the form with what was typed.
pub struct WrongPeriodPage<'a> {
    /// The language.
    pub language: Language,
    /// What was typed.
    pub typed: &'a WrongPeriod,
    /// The id of the facility that was chosen.
    pub facility: Option<&'a str>,
    /// Whether one's own accesses were asked for, too.
    pub own: bool,
}

impl WrongPeriodPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let language = self.language;
        let say = |vietnamese, english| language.say(vietnamese, english);
        let (from, to) = (&*self.typed.from, &*self.typed.to);
        let is_wrong = |text: &str| !text.is_empty() && day(text).is_none();
        let [wrong_from, wrong_to] = [from, to].map(is_wrong);
        let chosen = FacilityChoice {
            id: self.facility.unwrap_or_default().to_owned(),
            name: say("Cơ sở đã chọn", "The facility that was chosen").to_owned(),
        };
        let form = FilterForm {
            language,
            from: Typed { text: from, is_day: !wrong_from, is_wrong: wrong_from || !wrong_to },
            to: Typed { text: to, is_day: !wrong_to, is_wrong: wrong_to || !wrong_from },
            facilities: if self.facility.is_some() { std::slice::from_ref(&chosen) } else { &[] },
            chosen: self.facility,
            own: self.own,
            has_lines: false,
        };
        let no_day = |label: &str, text: &str| match language {
            Language::Vietnamese => {
                format!(
                    "{label}: “{text}” không phải là ngày hợp lệ. Hãy nhập năm-tháng-ngày, ví dụ 2026-11-28."
                )
            }
            Language::English => {
                format!("{label}: “{text}” is no day. Type year-month-day, for example 2026-11-28.")
            }
        };
        let body = html! {
            div.error role="alert" id="notice" {
                @if wrong_from { p { (no_day(from_label(language), from)) } }
                @if wrong_to { p { (no_day(to_label(language), to)) } }
                @if !wrong_from && !wrong_to {
                    p { (say(
                        "Ngày bắt đầu không được sau ngày kết thúc.",
                        "The first day must be before the last one, or the same.")) }
                }
            }
            (form.render())
        };
        let mut here = format!("{HERE}?from={}&to={}&", encoded(from), encoded(to));
        here.extend(self.facility.map(|id| format!("facility={}&", encoded(id))));
        here.push_str(if self.own { "own=yes&" } else { "" });
        page_with(title(language), language, &here, &navigation(language, None, BookPlace::Accesses), &body)
    }
}

/// The title of the page, whatever is on it.
pub(crate) fn title(language: Language) -> &'static str {
    language.say("Ai đã xem sổ của tôi", "Who looked at my book")
}

fn from_label(language: Language) -> &'static str {
    language.say("Từ ngày", "From")
}

fn to_label(language: Language) -> &'static str {
    language.say("Đến hết ngày", "Up to and including")
}

/// What stands in the field of a day.
pub(crate) struct Typed<'a> {
    pub(crate) text: &'a str,
    /// A browser shows nothing of what is none in a field for days.
    pub(crate) is_day: bool,
    /// Whether the notice is about it.
    pub(crate) is_wrong: bool,
}

/// The form.
pub(crate) struct FilterForm<'a> {
    pub(crate) language: Language,
    pub(crate) from: Typed<'a>,
    pub(crate) to: Typed<'a>,
    pub(crate) facilities: &'a [FacilityChoice],
    pub(crate) chosen: Option<&'a str>,
    pub(crate) own: bool,
    /// Whether it stands beside lines, whose facilities can be chosen.
    pub(crate) has_lines: bool,
}

impl FilterForm<'_> {
    pub(crate) fn render(&self) -> Markup {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        html! {
            form method="get" action=(HERE) aria-label=(say("Lọc", "Filter")) {
                input type="hidden" name="lang" value=(self.language.code());
                (field("from", from_label(self.language), &self.from))
                (field("to", to_label(self.language), &self.to))
                label for="facility" { (say("Cơ sở", "Facility")) }
                @if self.has_lines {
                    p.hint id="facility-hint" { (say(
                        "Danh sách chỉ có cơ sở đã chọn, các cơ sở của trang đang xem và các cơ sở bạn đã chặn. Chưa thấy cơ sở cần tìm: hãy chọn “Tất cả” và xem các lần trước đó.",
                        "The list holds only the one that was chosen, the facilities of the page that you see and those that you have blocked. If one is missing, choose “All” and go on to earlier ones.")) }
                }
                select id="facility" name="facility" aria-describedby=[self.has_lines.then_some("facility-hint")] {
                    option value="" { (say("Tất cả", "All")) }
                    @for facility in self.facilities {
                        option value=(facility.id) selected[self.chosen == Some(facility.id.as_str())] { (facility.name) }
                    }
                }
                p.choice {
                    input id="own" name="own" type="checkbox" value="yes" checked[self.own];
                    label for="own" { (say("Cả những lần tôi tự xem", "Also when I looked myself")) }
                }
                button.second { (say("Lọc", "Filter")) }
            }
        }
    }
}

/// The field of a day.
fn field(name: &str, label: &str, typed: &Typed<'_>) -> Markup {
    html! {
        label for=(name) { (label) }
        input id=(name) name=(name) type=(if typed.is_day { "date" } else { "text" })
            value=[Some(typed.text).filter(|text| !text.is_empty())]
            aria-invalid=[typed.is_wrong.then_some("true")] aria-describedby=[typed.is_wrong.then_some("notice")];
    }
}

/// A text within an address.
fn encoded(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => address.push(byte.into()),
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn wrong(from: &str, to: &str, language: Language) -> String {
        let typed = period(from, to).unwrap_err();
        WrongPeriodPage { language, typed: &typed, facility: Some("o-1"), own: true }.render()
    }

    #[test]
    fn a_period_is_of_whole_days_and_may_be_open() {
        let (one, other) = (date(2026, 11, 1), date(2026, 11, 28));
        assert_eq!(period("", ""), Ok((None, None)));
        assert_eq!(period("2026-11-01", "2026-11-28"), Ok((Some(one), Some(other))));
        assert_eq!(period("2026-11-01", "2026-11-01"), Ok((Some(one), Some(one))));
        assert_eq!(period("", "2026-11-28"), Ok((None, Some(other))));
        for text in [
            "2026-13-01",
            "2026-02-30",
            "28/11/2026",
            "x",
            "2026-11",
            "20261101",
            "2026-11-01T00:00",
            "0000-01-01",
        ] {
            assert!(period(text, "").is_err() && period("", text).is_err(), "{text}");
        }
        assert!(period("2026-11-28", "2026-11-01").is_err());
    }

    #[test]
    fn what_is_no_day_is_said_and_kept_as_it_was_typed() {
        let page = wrong("2026-13-01", "2026-11-28", Language::Vietnamese);
        assert!(page.contains("Từ ngày: “2026-13-01” không phải là ngày hợp lệ."), "{page}");
        assert!(!page.contains("Đến hết ngày:") && !page.contains("phải trước"), "{page}");
        assert!(page.contains("type=\"text\" value=\"2026-13-01\" aria-invalid=\"true\""), "{page}");
        assert!(page.contains("type=\"date\" value=\"2026-11-28\">"), "{page}");
        assert!(page.contains("value=\"o-1\" selected") && page.contains("value=\"yes\" checked"), "{page}");
        let page = wrong("", "28/11/2026 ", Language::English);
        assert!(page.contains("Up to and including: “28/11/2026 ” is no day."), "{page}");
        assert!(page.contains("to=28%2F11%2F2026%20&amp;facility=o-1&amp;own=yes&amp;lang=vi"), "{page}");
    }

    #[test]
    fn days_in_the_wrong_order_are_said_and_nothing_else() {
        let page = wrong("2026-11-28", "2026-11-01", Language::Vietnamese);
        assert!(page.contains("Ngày bắt đầu không được sau ngày kết thúc."), "{page}");
        assert!(!page.contains("không phải là ngày hợp lệ") && !page.contains("Không có lần"), "{page}");
        assert_eq!(page.matches("aria-invalid").count(), 2);
        assert!(page.contains("type=\"date\" value=\"2026-11-28\""), "{page}");
        let page = wrong("2026-11-28", "2026-11-01", Language::English);
        assert!(page.contains("The first day must be before the last one, or the same."), "{page}");
    }
}
