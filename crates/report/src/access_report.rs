//! Who looked at a book, on paper: the lines of the page, and how anybody can check them.

use fhir::Instant;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use web::{AccessLine, Language, LineOutcome, day_words, time_words, zone_words};

use crate::document::{Description, document};
use crate::layout::{Block, Style};
use crate::{ReportError, Seal};

/// By which the lines are verified, as it can be typed into a shell: what stands in angle brackets would take a file there.
const VERIFY: &str = "healthbook verify-audit --key log.vkey access-log.json";

/// The log, as far as it is signed.
#[derive(Debug, Clone)]
pub struct LogState {
    /// The public key.
    pub key: String,
    /// The note of the last checkpoint.
    pub checkpoint: String,
    /// How many entries it covers.
    pub size: u64,
}

/// What is to be said.
#[derive(Debug)]
pub struct AccessReport<'a> {
    /// The language.
    pub language: Language,
    /// The name of whose book it is.
    pub name: &'a str,
    /// The first day; from the beginning when there is none.
    pub from: Option<Date>,
    /// The last day; until now when there is none.
    pub to: Option<Date>,
    /// The name of the only facility of which it tells.
    pub facility: Option<&'a str>,
    /// Whether the own accesses are in it, too.
    pub own: bool,
    /// When it is made.
    pub made: Instant,
    /// The zone of its times.
    pub zone: &'a TimeZone,
    /// The lines, the newest first.
    pub lines: &'a [AccessLine],
    /// Whether these are all lines.
    pub complete: bool,
    /// The log; `None` while nothing is signed.
    pub log: Option<LogState>,
}

/// The report as a signed PDF.
pub fn access_report(report: &AccessReport<'_>, seal: &Seal) -> Result<Vec<u8>, ReportError> {
    let say = |vietnamese, english| report.language.say(vietnamese, english);
    let description = Description {
        title: title(report.language),
        language: report.language.code(),
        reason: say("Trích nhật ký truy cập sổ sức khỏe", "Extract of the log of accesses to a health book"),
        page: say("Trang", "Page"),
        made: report.made,
    };
    document(&text(report, seal), &description, seal)
}

/// What stands in it.
pub(crate) fn text(report: &AccessReport<'_>, seal: &Seal) -> Vec<Block> {
    let mut blocks = Vec::new();
    head(report, &mut blocks);
    for line in report.lines {
        entry(report, line, &mut blocks);
    }
    check(report, seal, &mut blocks);
    blocks
}

fn title(language: Language) -> &'static str {
    language.say("Ai đã xem sổ sức khỏe của tôi", "Who looked at my health book")
}

fn head(report: &AccessReport<'_>, blocks: &mut Vec<Block>) {
    let language = report.language;
    let say = |vietnamese, english| language.say(vietnamese, english);
    let mut add = |style, text: String| blocks.push(Block { style, text });
    add(Style::Title, title(language).to_owned());
    add(Style::Body, format!("{}: {}", say("Sổ của", "Book of"), report.name));
    let day = |day: Option<Date>, otherwise: &'static str| {
        day.map_or_else(|| otherwise.to_owned(), |day| day_words(day, language))
    };
    let (from, to) = (
        day(report.from, say("khi có sổ", "the beginning")),
        day(report.to, say("lúc lập báo cáo", "the moment of this report")),
    );
    add(
        Style::Body,
        match language {
            Language::Vietnamese => format!("Thời gian: từ {from} đến {to}"),
            Language::English => format!("Period: from {from} to {to}"),
        },
    );
    if let Some(facility) = report.facility {
        add(Style::Body, format!("{}: {facility}", say("Chỉ của cơ sở", "Only of the facility")));
    }
    add(
        Style::Body,
        say(
            if report.own {
                "Gồm cả những lần chủ sổ tự xem."
            } else {
                "Không gồm những lần chủ sổ tự xem."
            },
            if report.own {
                "The owner's own accesses are included."
            } else {
                "The owner's own accesses are not included."
            },
        )
        .to_owned(),
    );
    let (made, zone) = (time_words(report.made, report.zone, language), zone_words(report.zone, language));
    add(
        Style::Body,
        match (language, report.lines.len()) {
            (Language::Vietnamese, count) => format!("Lập lúc {made} ({zone}); {count} dòng"),
            (Language::English, 1) => format!("Made on {made} ({zone}); 1 line"),
            (Language::English, count) => format!("Made on {made} ({zone}); {count} lines"),
        },
    );
    if !report.complete {
        add(
            Style::Strong,
            say(
                "CHƯA ĐẦY ĐỦ: khoảng thời gian này có nhiều dòng hơn; hãy chọn khoảng ngắn hơn.",
                "NOT COMPLETE: there are more lines in this period; choose a shorter one.",
            )
            .to_owned(),
        );
    }
    add(
        Style::Heading,
        say("Các lần xem và thay đổi, mới nhất trước", "Accesses and changes, the newest first").to_owned(),
    );
    if report.lines.is_empty() {
        add(Style::Body, say("Không có lần nào.", "There are none.").to_owned());
    }
}

fn entry(report: &AccessReport<'_>, line: &AccessLine, blocks: &mut Vec<Block>) {
    let say = |vietnamese, english| report.language.say(vietnamese, english);
    let mut who = String::new();
    if line.emergency {
        who.push_str(say("[CẤP CỨU] ", "[EMERGENCY] "));
    }
    match line.outcome {
        LineOutcome::Done => {}
        LineOutcome::Refused => who.push_str(say("[ĐÃ BỊ TỪ CHỐI] ", "[REFUSED] ")),
        LineOutcome::Failed => who.push_str(say("[KHÔNG HOÀN TẤT] ", "[NOT COMPLETED] ")),
    }
    who.push_str(&line.who);
    if !line.facility.is_empty() {
        who.push_str(" – ");
        who.push_str(&line.facility);
    }
    let mut add = |style, text: String| blocks.push(Block { style, text });
    add(Style::Entry, who);
    add(Style::Body, format!("{} {}", say("Làm gì:", "What:"), line.what));
    add(Style::Body, format!("{} {}", say("Vì sao:", "Why:"), line.why));
    let number = match line.positions {
        Some((first, last)) if first == last => {
            format!("{} {first}", say("số trong nhật ký", "number in the log"))
        }
        Some((first, last)) => format!("{} {first}–{last}", say("số trong nhật ký", "numbers in the log")),
        None => say("đang chờ số trong nhật ký", "waits for its number in the log").to_owned(),
    };
    add(Style::Note, format!("{} {}; {number}", say("Lúc:", "When:"), line.when));
}

/// Which lines the checkpoint is about.
fn covered(report: &AccessReport<'_>, size: u64) -> String {
    let all = report.lines.iter().all(|line| line.positions.is_some_and(|(_, last)| last < size));
    match (report.language, all) {
        (Language::Vietnamese, _) if report.lines.is_empty() => {
            format!(
                "Điểm kiểm tra dưới đây là của {size} mục đầu tiên trong nhật ký; báo cáo này không có dòng nào."
            )
        }
        (Language::English, _) if report.lines.is_empty() => {
            format!(
                "The checkpoint below is that of the first {size} entries of the log; this report has no lines."
            )
        }
        (Language::Vietnamese, true) => {
            format!("Điểm kiểm tra dưới đây ({size} mục) xác nhận tất cả các dòng trên.")
        }
        (Language::English, true) => format!("The checkpoint below ({size} entries) covers all lines above."),
        (Language::Vietnamese, false) => format!(
            "Điểm kiểm tra dưới đây xác nhận các dòng có số nhỏ hơn {size}; những dòng mới hơn chưa được xác nhận."
        ),
        (Language::English, false) => format!(
            "The checkpoint below covers the lines with numbers below {size}; newer ones are not covered yet."
        ),
    }
}

/// What covers the lines, and how that is verified.
fn check(report: &AccessReport<'_>, seal: &Seal, blocks: &mut Vec<Block>) {
    let language = report.language;
    let say = |vietnamese, english| language.say(vietnamese, english);
    let mut add = |style, text: String| blocks.push(Block { style, text });
    add(Style::Heading, say("Kiểm chứng", "How to verify this").to_owned());
    let positions = || report.lines.iter().filter_map(|line| line.positions);
    let (first, last) = (positions().map(|(first, _)| first).min(), positions().map(|(_, last)| last).max());
    if let (Some(first), Some(last)) = (first, last) {
        add(
            Style::Body,
            match language {
                Language::Vietnamese => format!("Các dòng trên có số từ {first} đến {last} trong nhật ký."),
                Language::English => {
                    format!("The lines above have the numbers {first} to {last} in the log.")
                }
            },
        );
    }
    if let Some(log) = &report.log {
        add(Style::Body, covered(report, log.size));
        add(Style::Exact, log.checkpoint.clone());
        add(Style::Body, say("Khóa công khai của nhật ký:", "The public key of the log:").to_owned());
        add(Style::Exact, log.key.clone());
    } else {
        add(
            Style::Body,
            say(
                "Hiện máy chủ này không đưa ra được điểm kiểm tra nào của nhật ký.",
                "This server can show no checkpoint of the log at present.",
            )
            .to_owned(),
        );
    }
    add(Style::Body, say(
        "1. Chữ ký của tệp này: mở bằng phần mềm đọc PDF có kiểm tra chữ ký; mọi thay đổi trong tệp đều bị phát hiện. Dấu vân tay SHA-256 của chứng thư:",
        "1. The signature of this file: open it with a reader of PDF that checks signatures; whatever was changed in it is found out. The SHA-256 fingerprint of the certificate:",
    ).to_owned());
    add(Style::Exact, seal.fingerprint().to_owned());
    if seal.is_self_signed() {
        add(Style::Note, say(
            "Chứng thư này tự ký, không có tổ chức nào xác nhận: hãy so dấu vân tay với dấu vân tay mà đơn vị vận hành công bố.",
            "This certificate is self-signed, and no authority vouches for it: compare the fingerprint with the one that the operator publishes.",
        ).to_owned());
    }
    add(
        Style::Body,
        say(
            "2. Các dòng: tải bản trích có bằng chứng (access-log.json) ở trang “Ai đã xem sổ của tôi”. Lấy khóa công khai của nhật ký từ một nguồn khác mà bạn tin (khóa in ở trên chỉ cho biết là khóa nào), lưu vào tệp log.vkey rồi chạy lệnh",
            "2. The lines: download the extract with proofs (access-log.json) from the page “Who looked at my book”. Get the public key of the log from elsewhere, where you trust it (the one above only says which it is), save it in the file log.vkey, and run",
        )
        .to_owned(),
    );
    add(Style::Exact, VERIFY.to_owned());
    add(Style::Body, say(
        "Mục có cùng số phải nói cùng một điều. Bản trích chứng minh những gì có trong đó; chỉ toàn bộ nhật ký mới chứng minh không thiếu gì.",
        "The entry with the same number must say the same. An extract proves what is in it; that nothing is missing is proven by the whole log only.",
    ).to_owned());
}
