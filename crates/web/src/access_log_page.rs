//! Who looked at my book: the log of accesses for the citizen whose book it is.

use jiff::tz::TimeZone;
use maud::{Markup, html};

use crate::Language;
use crate::access_filter::{AccessFilter, FacilityChoice, FilterForm, HERE, Typed, title};
use crate::access_words::{AccessLine, LineOutcome, day_words, zone_words};
use crate::book::{BookPlace, navigation};
use crate::layout::page_with;

/// A facility that the citizen has blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The block.
    pub block: String,
    /// The facility.
    pub facility: FacilityChoice,
}

/// The page.
pub struct AccessLogPage<'a> {
    /// The language.
    pub language: Language,
    /// What was asked for.
    pub filter: &'a AccessFilter,
    /// The lines, the newest first.
    pub lines: &'a [AccessLine],
    /// The facilities among which can be chosen.
    pub facilities: &'a [FacilityChoice],
    /// The facilities that are blocked.
    pub blocked: &'a [Blocked],
    /// Where the next page begins.
    pub next: Option<&'a str>,
    /// The token of the forms; `None` where nothing can be changed.
    pub form: Option<&'a str>,
    /// The zone of the times.
    pub zone: &'a TimeZone,
}

impl AccessLogPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let here = format!("{HERE}?{}&", self.filter.query(self.language));
        let body = html! {
            p { (say(
                "Mỗi lần có người xem hoặc thay đổi sổ sức khỏe của bạn, hệ thống ghi lại một dòng. Không ai xóa hay sửa được dòng đã ghi mà không bị phát hiện.",
                "Whenever somebody looks at your health book or changes it, a line is written. Nobody can remove or change a line without being found out.")) }
            // The lines are what somebody came for: the form waits, unless it is in use.
            details open[self.filter.is_active()] {
                summary { (say("Lọc theo ngày hoặc cơ sở", "Filter by day or facility")) }
                (self.filter_form())
            }
            p.hint { (say("Giờ ghi ở đây là ", "All times are ")) (zone_words(self.zone, self.language)) "." }
            (self.days())
            @if let Some(next) = self.next {
                a.button.second href={ (here) "page=" (next) } rel="next" { (say("Xem các lần trước đó", "Earlier ones")) }
            }
            (self.blocks())
            h2 { (say("Mang theo và kiểm chứng", "Take it along and verify it")) }
            p { a.link href={ "/auth/access-log.pdf?" (self.filter.query(self.language)) } {
                (say("Tải báo cáo PDF có chữ ký số", "Download a signed PDF")) } }
            p { a.link href={ (HERE) "/extract?" (self.filter.period_query(self.language)) } {
                (say("Tải bản trích có bằng chứng để kiểm chứng", "Download an extract with proofs to verify")) } }
            p.hint { (say(
                "Bản trích có các dòng đã được đánh số của khoảng ngày đã chọn (nhiều nhất 20.000 dòng mới nhất), của mọi cơ sở, kể cả những lần bạn tự xem.",
                "The extract has the numbered lines of the days that you chose (the newest 20,000 at most), of all facilities, also when you looked yourself.")) }
            p.hint { (say(
                "Bất kỳ ai cũng kiểm chứng được bản trích bằng lệnh healthbook verify-audit, không cần tin máy chủ này.",
                "Anybody can verify the extract with healthbook verify-audit, without trusting this server.")) }
            p { a.link href="/auth/sessions" { (say("Thiết bị đang đăng nhập", "Devices that are signed in")) } }
        };
        page_with(
            title(self.language),
            self.language,
            &format!("{HERE}?{}", without_language(self.filter, self.language)),
            &navigation(self.language, None, BookPlace::Accesses),
            &body,
        )
    }

    fn filter_form(&self) -> Markup {
        let filter = self.filter;
        let [from, to] = [filter.from, filter.to].map(|day| day.map(|day| day.to_string()));
        let typed = |text| Typed { text, is_day: true, is_wrong: false };
        let form = FilterForm {
            language: self.language,
            from: typed(from.as_deref().unwrap_or_default()),
            to: typed(to.as_deref().unwrap_or_default()),
            facilities: self.facilities,
            chosen: filter.facility.as_deref(),
            own: filter.own,
            has_lines: true,
        };
        form.render()
    }

    fn days(&self) -> Markup {
        let language = self.language;
        if self.lines.is_empty() {
            let (none, so_far) = (
                language.say("Không có lần xem nào như vậy.", "Nobody looked in this way."),
                language
                    .say("Chưa tìm thấy; hãy xem tiếp bên dưới.", "Nothing was found so far; go on below."),
            );
            return html! { p.notice role="status" { (if self.next.is_some() { so_far } else { none }) } };
        }
        let days = self.lines.chunk_by(|one, other| one.day == other.day);
        html! {
            @for day in days {
                h2 { (language.say("Ngày ", "")) (day.first().map_or_else(String::new, |line| day_words(line.day, language))) }
                ul.list { @for line in day { (self.line(line)) } }
            }
        }
    }

    fn line(&self, line: &AccessLine) -> Markup {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let stands_out = line.emergency || line.outcome != LineOutcome::Done;
        let is_blocked = |id: &String| self.blocked.iter().any(|blocked| blocked.facility.id == *id);
        html! {
            li.alarm[stands_out] {
                @if line.emergency { p { strong.mark { (say("CẤP CỨU", "EMERGENCY")) } } }
                @match line.outcome {
                    LineOutcome::Done => {}
                    LineOutcome::Refused => { p { strong.mark { (say("ĐÃ BỊ TỪ CHỐI – không xem được gì", "REFUSED – nothing was shown")) } } }
                    LineOutcome::Failed => { p { strong.mark { (say("KHÔNG HOÀN TẤT", "NOT COMPLETED")) } } }
                }
                p { strong { (line.who) } @if !line.facility.is_empty() { " – " (line.facility) } }
                p { (say("Làm gì: ", "What: ")) (line.what) }
                p { (say("Vì sao: ", "Why: ")) (line.why) }
                p { (say("Lúc: ", "When: ")) (line.when) }
                @match line.positions {
                    Some((first, last)) if first == last => { p.hint { (say("Số trong nhật ký: ", "Number in the log: ")) (first) } }
                    Some((first, last)) => { p.hint { (say("Số trong nhật ký: ", "Numbers in the log: ")) (first) "–" (last) } }
                    None => { p.hint { (say("Đang chờ được đánh số (vài giây)", "Waits for its number (some seconds)")) } }
                }
                @if let (Some(id), Some(form)) = (&line.organization, self.form) {
                    @if is_blocked(id) {
                        p { strong { (say("Bạn đã chặn cơ sở này.", "You have blocked this facility.")) } }
                    } @else { (self.block(id, line, form)) }
                }
            }
        }
    }

    fn block(&self, id: &str, line: &AccessLine, form: &str) -> Markup {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        html! {
            details {
                // Named: whoever goes from one to the next hears which facility each of them is about.
                summary {
                    (say("Không muốn ", "Do you not want ")) (line.facility) (say(" xem nữa?", " to look any more?"))
                }
                p { (say(
                    "Khi bị chặn, cơ sở này không xem được sổ của bạn nữa, trừ khi cấp cứu. Việc chữa bệnh tại đó có thể gặp khó khăn. Bạn bỏ chặn được bất cứ lúc nào.",
                    "When it is blocked, this facility cannot look at your book any more, but for an emergency. Treatment there may become harder. You can lift the block at any time.")) }
                form method="post" action={ "/auth/access-log/block?lang=" (self.language.code()) } {
                    input type="hidden" name="form" value=(form);
                    input type="hidden" name="facility" value=(id);
                    button.end aria-label={ (say("Chặn cơ sở: ", "Block the facility: ")) (line.facility) } {
                        (say("Chặn cơ sở này", "Block this facility"))
                    }
                }
            }
        }
    }

    fn blocks(&self) -> Markup {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        html! {
            @if !self.blocked.is_empty() {
                h2 { (say("Cơ sở bạn đã chặn", "Facilities that you have blocked")) }
                ul.list {
                    @for blocked in self.blocked {
                        li {
                            p { strong { (blocked.facility.name) } }
                            @if let Some(form) = self.form {
                                form method="post" action={ "/auth/access-log/lift?lang=" (self.language.code()) } {
                                    input type="hidden" name="form" value=(form);
                                    input type="hidden" name="block" value=(blocked.block);
                                    button.second aria-label={ (say("Bỏ chặn: ", "Lift the block: ")) (blocked.facility.name) } {
                                        (say("Bỏ chặn", "Lift the block"))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The parameters of the page to which the link of the other language is added.
fn without_language(filter: &AccessFilter, language: Language) -> String {
    let query = filter.query(language);
    query.split_once('&').map(|(_, rest)| format!("{rest}&")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn page(filter: &AccessFilter, language: Language) -> String {
        let line = AccessLine {
            who: "Trần Thị Lan".to_owned(),
            facility: "Bệnh viện A".to_owned(),
            organization: Some("o-1".to_owned()),
            day: date(2026, 11, 28),
            when: String::new(),
            what: String::new(),
            why: String::new(),
            outcome: LineOutcome::Done,
            emergency: false,
            positions: None,
        };
        let zone = TimeZone::fixed(jiff::tz::offset(7));
        let (lines, form) = ([line], Some("form"));
        let page = AccessLogPage {
            language,
            filter,
            lines: &lines,
            facilities: &[],
            blocked: &[],
            next: None,
            form,
            zone: &zone,
        };
        page.render()
    }

    #[test]
    fn the_form_waits_until_it_is_in_use() {
        let none = page(&AccessFilter::default(), Language::Vietnamese);
        assert!(none.contains("<details><summary>Lọc theo ngày hoặc cơ sở</summary>"), "{none}");
        for filter in [
            AccessFilter { from: Some(date(2026, 11, 1)), ..AccessFilter::default() },
            AccessFilter { facility: Some("o-1".to_owned()), ..AccessFilter::default() },
            AccessFilter { own: true, ..AccessFilter::default() },
        ] {
            let active = page(&filter, Language::English);
            assert!(
                active.contains("<details open><summary>Filter by day or facility</summary>"),
                "{active}"
            );
        }
    }

    #[test]
    fn what_is_taken_along_is_of_the_days_that_were_chosen() {
        let filter = AccessFilter {
            from: Some(date(2026, 11, 1)),
            to: Some(date(2026, 11, 28)),
            facility: Some("o-1".to_owned()),
            own: false,
        };
        let page = page(&filter, Language::Vietnamese);
        let days = "lang=vi&amp;from=2026-11-01&amp;to=2026-11-28";
        assert!(page.contains(&format!("/auth/access-log/extract?{days}\"")), "{page}");
        assert!(page.contains(&format!("/auth/access-log.pdf?{days}&amp;facility=o-1\"")), "{page}");
    }

    #[test]
    fn a_block_is_offered_by_the_name_of_the_facility_and_times_have_a_zone() {
        let vietnamese = page(&AccessFilter::default(), Language::Vietnamese);
        assert!(vietnamese.contains("<summary>Không muốn Bệnh viện A xem nữa?</summary>"), "{vietnamese}");
        assert!(vietnamese.contains("Giờ ghi ở đây là giờ Việt Nam."), "{vietnamese}");
        let english = page(&AccessFilter::default(), Language::English);
        assert!(
            english.contains("<summary>Do you not want Bệnh viện A to look any more?</summary>"),
            "{english}"
        );
        assert!(english.contains("All times are Vietnam time."), "{english}");
    }
}
