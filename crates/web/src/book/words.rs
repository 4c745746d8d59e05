//! Numbers, days and classes of health as people say them.

use jiff::civil::Date;

use crate::Language;

/// The class of health I to V in words (decision 1613/BYT of 1997), and what to do; nothing for another code.
pub fn health_class_words(code: &str, language: Language) -> Option<(String, String)> {
    let (roman, vietnamese, english) = match code {
        "1" => ("I", "rất khỏe", "very healthy"),
        "2" => ("II", "khỏe", "healthy"),
        "3" => ("III", "trung bình", "fair"),
        "4" => ("IV", "yếu", "weak"),
        "5" => ("V", "rất yếu", "very weak"),
        _ => return None,
    };
    let (next_vietnamese, next_english) = match code {
        "1" | "2" => (
            "Hãy giữ nếp sống lành mạnh và khám lại sau một năm.",
            "Keep up your healthy habits, and come again in a year.",
        ),
        "3" => (
            "Có điều cần để ý. Hãy hỏi nhân viên y tế ở lần khám tới.",
            "Some things deserve attention. Ask health staff at your next visit.",
        ),
        _ => (
            "Hãy hẹn gặp bác sĩ để được tư vấn và theo dõi.",
            "Make an appointment with a physician, who will advise you and follow it up.",
        ),
    };
    let class = language.say("Loại", "Class");
    Some((
        format!("{class} {roman} – {}", language.say(vietnamese, english)),
        language.say(next_vietnamese, next_english).to_owned(),
    ))
}

/// A number as it is written in a language: Vietnamese has a decimal comma.
pub fn number_words(number: &str, language: Language) -> String {
    match language {
        Language::Vietnamese => number.replace('.', ","),
        Language::English => number.to_owned(),
    }
}

/// A day in figures, as both languages write it here.
pub(super) fn day_figures(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

/// The digits after the point.
fn places(number: &str) -> usize {
    number.split_once('.').map_or(0, |(_, digits)| digits.len()).min(6)
}

/// How a value stands to the one before, in words without a judgement.
pub(super) fn compared(
    now: &str,
    before: &str,
    unit: &str,
    before_day: Date,
    language: Language,
) -> Option<String> {
    let (one, other) = (now.parse::<f64>().ok()?, before.parse::<f64>().ok()?);
    let digits = places(now).max(places(before));
    let difference = format!("{:.digits$}", (one - other).abs());
    let day = day_figures(before_day);
    if difference.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
        return Some(match language {
            Language::Vietnamese => format!("bằng lần trước ({day})"),
            Language::English => format!("the same as before ({day})"),
        });
    }
    let by = number_words(&difference, language);
    let word = match (one > other, language) {
        (true, Language::Vietnamese) => "cao hơn",
        (false, Language::Vietnamese) => "thấp hơn",
        (true, Language::English) => "higher",
        (false, Language::English) => "lower",
    };
    Some(match language {
        Language::Vietnamese => format!("{word} {by} {unit} so với lần trước ({day})"),
        Language::English => format!("{by} {unit} {word} than before ({day})"),
    })
}
