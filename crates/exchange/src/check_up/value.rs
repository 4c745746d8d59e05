//! The text of one field: is it one of its kind, and how the decision writes it.

use unicode_normalization::UnicodeNormalization as _;

use super::days::{self, NoDay};
use super::fault::Rule;
use super::lists;
use super::table::{Field, Kind};
use jiff::civil::Date;

/// The canonical text of a field, or none where it is blank. `day` is that of the message.
pub(super) fn canonical(field: &Field, text: &str, day: Date) -> Result<Option<String>, Rule> {
    let text: String = plain(text).nfc().collect();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > field.most() {
        return Err(Rule::TooLong);
    }
    of_kind(field, text, day).map(Some)
}

/// Without white space around it, with one kind of line end, and without letters that XML does not have.
fn plain(text: &str) -> String {
    let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    let kept = |letter: &char| match letter {
        '\n' | '\t' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        letter => !letter.is_control(),
    };
    text.chars().filter(kept).collect::<String>().trim().to_owned()
}

fn of_kind(field: &Field, text: String, day: Date) -> Result<String, Rule> {
    match field.kind {
        Kind::Text | Kind::Visit | Kind::Signature | Kind::Pressure => Ok(text),
        Kind::Name => Ok(text.split_whitespace().map(str::to_uppercase).collect::<Vec<_>>().join(" ")),
        Kind::Number => number(&text).ok_or(Rule::Number),
        Kind::Measure => Ok(number(&text).unwrap_or(text)),
        Kind::Digit => text.bytes().all(|byte| byte.is_ascii_digit()).then_some(text).ok_or(Rule::Number),
        Kind::Flag => matches!(text.as_str(), "0" | "1").then_some(text).ok_or(Rule::Code),
        Kind::Code => lists::canonical(field.list, &text).ok_or(Rule::Code),
        Kind::Subject => lists::subject(&text, day).ok_or(Rule::Code),
        Kind::Day => days::read(&text).map(|time| days::write_day(time.date())).map_err(no_day),
        Kind::Time => days::read(&text).map(days::write_time).map_err(no_day),
        Kind::Citizen => is_digits(&text, 12).then_some(text).ok_or(Rule::CitizenNumber),
        Kind::Location => is_digits(&text, 13).then_some(text).ok_or(Rule::LocationNumber),
        Kind::Facility => is_facility(&text).then_some(text).ok_or(Rule::FacilityCode),
        Kind::Icd => icd(&text).ok_or(Rule::Icd),
    }
}

/// The day of a text, be it with or without the time.
pub(super) fn day(text: &str) -> Result<Date, Rule> {
    days::read(text).map(|time| time.date()).map_err(no_day)
}

fn no_day(no: NoDay) -> Rule {
    match no {
        NoDay::Wrong => Rule::Date,
        NoDay::Ambiguous => Rule::AmbiguousDate,
    }
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_facility(text: &str) -> bool {
    let (province, rest) = text.split_at_checked(2).unwrap_or_default();
    is_digits(province, 2)
        && rest.len() == 3
        && rest.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// A number as FHIR and JSON write it: `12,4` is `12.4`.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.replace(',', ".");
    let digits = text.strip_prefix('-').unwrap_or(&text);
    let (whole, part) = digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let leads = whole.len() > 1 && whole.starts_with('0');
    (all_digits(whole) && !leads && part.is_none_or(all_digits) && digits.len() <= 18).then_some(text)
}

/// Codes of the form of ICD-10, apart by `;`, each once.
fn icd(text: &str) -> Option<String> {
    let mut codes: Vec<String> = Vec::new();
    for code in text.split(';').map(str::trim).filter(|code| !code.is_empty()).map(str::to_uppercase) {
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    (!codes.is_empty() && codes.iter().all(|code| is_icd(code))).then(|| codes.join(";"))
}

/// `E11.9`, `I10`, `A18.0†`, `U07.1`.
fn is_icd(code: &str) -> bool {
    let code = code.trim_end_matches(['*', '†', '+']);
    let (category, detail) =
        code.split_once('.').map_or((code, None), |(category, detail)| (category, Some(detail)));
    let mut letters = category.bytes();
    letters.next().is_some_and(|letter| letter.is_ascii_uppercase())
        && category.len() == 3
        && letters.all(|letter| letter.is_ascii_digit())
        && detail.is_none_or(|detail| {
            (1..=4).contains(&detail.len()) && detail.bytes().all(|letter| letter.is_ascii_alphanumeric())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check_up::table::find;

    fn of(part: &str, field: &str, text: &str) -> Result<Option<String>, Rule> {
        canonical(find(part, field).unwrap(), text, jiff::civil::date(2026, 11, 20))
    }

    fn text(text: &str) -> Result<Option<String>, Rule> {
        Ok(Some(text.to_owned()))
    }

    #[test]
    fn texts_become_those_of_the_decision() {
        assert_eq!(of("XML1", "HO_TEN", " Phạm  thị Con "), text("PHẠM THỊ CON"));
        assert_eq!(of("XML1", "HO_TEN", "PHA\u{323}M"), text("PHẠM"));
        assert_eq!(of("XML1", "MA_DAN_TOC", "1"), text("01"));
        assert_eq!(of("XML1", "NGAY_SINH", "15062024"), text("202406150000"));
        assert_eq!(of("XML4", "CAN_NANG", "12,4"), text("12.4"));
        assert_eq!(of("XML10", "CHIEU_CAO", "165 cm"), text("165 cm"));
        assert_eq!(of("XML12", "KET_LUAN_BENH", "i10; E11.9;I10;"), text("I10;E11.9"));
        assert_eq!(of("XML2", "MA_LK", "   "), Ok(None));
    }

    #[test]
    fn what_is_not_of_the_kind_is_refused() {
        assert_eq!(of("XML4", "CAN_NANG", "nặng"), Err(Rule::Number));
        assert_eq!(of("XML4", "CAN_NANG", "012"), Err(Rule::Number));
        assert_eq!(of("XML1", "SO_CCCD", "09906500000"), Err(Rule::CitizenNumber));
        assert_eq!(of("XML1", "SO_CCCD", "0990650000011"), Err(Rule::TooLong));
        assert_eq!(of("XML2", "MA_CSKCB", "9A001"), Err(Rule::FacilityCode));
        assert_eq!(of("XML12", "KET_LUAN_BENH", "tăng huyết áp"), Err(Rule::Icd));
        assert_eq!(of("XML9", "TSBT_NGAT", "2"), Err(Rule::Code));
    }
}
