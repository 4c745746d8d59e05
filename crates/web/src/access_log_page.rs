//! Who looked at my book: the log of accesses for the citizen whose book it is.

use jiff::civil::Date;
use maud::{Markup, html};

use crate::Language;
use crate::access_words::{AccessLine, LineOutcome, day_words};
use crate::book::{BookPlace, navigation};
use crate::layout::page_with;

/// A facility as it can be chosen or is blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityChoice {
    /// The id of its `Organization`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// A facility that the citizen has blocked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocked {
    /// The block.
    pub block: String,
    /// The facility.
    pub facility: FacilityChoice,
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
        let mut query = format!("lang={}", language.code());
        for (name, day) in [("from", self.from), ("to", self.to)] {
            query.extend(day.map(|day| format!("&{name}={day}")));
        }
        query.extend(self.facility.as_ref().map(|id| format!("&facility={id}")));
        query.push_str(if self.own { "&own=yes" } else { "" });
        query
    }
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
}

/// Where the page is.
const HERE: &str = "/auth/access-log";

impl AccessLogPage<'_> {
    /// The page.
    pub fn render(&self) -> String {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let here = format!("{HERE}?{}&", self.filter.query(self.language));
        let body = html! {
            p { (say(
                "Mỗi lần có người xem hoặc thay đổi sổ sức khỏe của bạn, hệ thống ghi lại một dòng. Không ai xóa hay sửa được dòng đã ghi mà không bị phát hiện.",
                "Whenever somebody looks at your health book or changes it, a line is written. Nobody can remove or change a line without being found out.")) }
            (self.filter_form())
            (self.days())
            @if let Some(next) = self.next {
                a.button.second href={ (here) "page=" (next) } rel="next" { (say("Xem các lần trước đó", "Earlier ones")) }
            }
            (self.blocks())
            h2 { (say("Mang theo và kiểm chứng", "Take it along and verify it")) }
            p { a.link href={ "/auth/access-log.pdf?" (self.filter.query(self.language)) } {
                (say("Tải báo cáo PDF có chữ ký số", "Download a signed PDF")) } }
            p { a.link href="/auth/access-log/extract" {
                (say("Tải bản trích có bằng chứng để kiểm chứng", "Download an extract with proofs to verify")) } }
            p.hint { (say(
                "Bất kỳ ai cũng kiểm chứng được bản trích bằng lệnh healthbook verify-audit, không cần tin máy chủ này.",
                "Anybody can verify the extract with healthbook verify-audit, without trusting this server.")) }
            p { a.link href="/auth/sessions" { (say("Thiết bị đang đăng nhập", "Devices that are signed in")) } }
        };
        let title = say("Ai đã xem sổ của tôi", "Who looked at my book");
        page_with(
            title,
            self.language,
            &format!("{HERE}?{}", without_language(self.filter, self.language)),
            &navigation(self.language, None, BookPlace::Accesses),
            &body,
        )
    }

    fn filter_form(&self) -> Markup {
        let say = |vietnamese, english| self.language.say(vietnamese, english);
        let filter = self.filter;
        let chosen = |id: &str| filter.facility.as_deref() == Some(id);
        html! {
            form method="get" action=(HERE) aria-label=(say("Lọc", "Filter")) {
                input type="hidden" name="lang" value=(self.language.code());
                label for="from" { (say("Từ ngày", "From")) }
                input id="from" name="from" type="date" value=[filter.from.map(|day| day.to_string())];
                label for="to" { (say("Đến hết ngày", "Up to and including")) }
                input id="to" name="to" type="date" value=[filter.to.map(|day| day.to_string())];
                label for="facility" { (say("Cơ sở", "Facility")) }
                select id="facility" name="facility" {
                    option value="" { (say("Tất cả", "All")) }
                    @for facility in self.facilities {
                        option value=(facility.id) selected[chosen(&facility.id)] { (facility.name) }
                    }
                }
                p.choice {
                    input id="own" name="own" type="checkbox" value="yes" checked[filter.own];
                    label for="own" { (say("Cả những lần tôi tự xem", "Also when I looked myself")) }
                }
                button.second { (say("Lọc", "Filter")) }
            }
        }
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
                summary { (say("Không muốn cơ sở này xem nữa?", "Do you not want this facility to look any more?")) }
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
