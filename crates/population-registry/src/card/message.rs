//! Question and answer in JSON.

use std::fmt;

use fhir::Instant;
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::result::{CardClass, CardResult, result_of};
use crate::{BirthDate, RegistryError};

/// A day of a card.
pub type CardDate = Date;

/// Most entries of a history.
const MOST_ENTRIES: usize = 10_000;

/// How long a token is used when it does not say.
const TOKEN_LIFE: i64 = 10 * 60 * 1_000_000;

/// How the birth date is written: the letter of 2024 prints one form, clients send the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CardDateForm {
    /// `05/03/1994`
    #[default]
    Slashes,
    /// `05031994`
    Digits,
}

/// The account of this server at social insurance.
#[derive(Clone, PartialEq, Eq)]
pub struct CardLogin {
    /// Its name.
    pub username: String,
    /// Its password, as it is sent: the MD5 sum in upper-case hexadecimal digits.
    pub password: String,
}

/// Whose card is looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct CardQuestion {
    /// The card, the ten digits of social insurance, or the citizen number.
    pub card: String,
    /// The whole name.
    pub name: String,
    /// The birth date.
    pub birth_date: BirthDate,
}

/// Who asks.
pub(crate) struct Officer<'a> {
    pub(crate) name: &'a str,
    pub(crate) number: &'a str,
}

/// A token of a log-in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token {
    access: String,
    id: String,
    pub(crate) until: Instant,
}

/// A card.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Card {
    /// The number.
    pub number: String,
    /// The facility of registration.
    pub facility: Option<String>,
    /// Good from this day.
    pub from: Option<CardDate>,
    /// To this one.
    pub until: Option<CardDate>,
}

/// What social insurance answers.
#[derive(Clone, PartialEq, Eq)]
pub struct CardReport {
    /// The result.
    pub result: &'static CardResult,
    /// The card that was looked for.
    pub card: Option<Card>,
    /// The one that replaces it.
    pub new_card: Option<Card>,
    /// The ten digits of social insurance.
    pub social_number: Option<String>,
    /// The area (`K1`, `K2`, `K3`).
    pub area: Option<String>,
    /// The day from which five years without a break are full.
    pub five_years: Option<CardDate>,
    /// How many visits were listed.
    pub visits: usize,
}

/// Without what they hold.
impl fmt::Debug for CardQuestion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardQuestion")
    }
}

impl fmt::Debug for CardReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "CardReport({})", self.result.code)
    }
}

impl fmt::Debug for CardLogin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CardLogin")
    }
}

/// The body of a question.
pub(crate) fn written_question(
    question: &CardQuestion,
    officer: &Officer<'_>,
    form: CardDateForm,
    login: Option<(&CardLogin, &Token)>,
) -> Vec<u8> {
    let birth_date = match (question.birth_date, form) {
        (BirthDate::Year(year), _) => format!("{year:04}"),
        (BirthDate::Day(day), CardDateForm::Slashes) => {
            format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
        }
        (BirthDate::Day(day), CardDateForm::Digits) => {
            format!("{:02}{:02}{:04}", day.day(), day.month(), day.year())
        }
    };
    let mut body = Map::new();
    let mut put = |name: &str, text: &str| body.insert(name.to_owned(), json!(text));
    put("maThe", &question.card);
    put("hoTen", &question.name);
    put("ngaySinh", &birth_date);
    put("hoTenCb", officer.name);
    put("cccdCb", officer.number);
    if let Some((login, token)) = login {
        put("token", &token.access);
        put("id_token", &token.id);
        put("username", &login.username);
        put("password", &login.password);
    }
    Value::Object(body).to_string().into_bytes()
}

/// Reads the answer to a log-in.
pub(crate) fn read_token(body: &[u8], now: Instant) -> Result<Token, RegistryError> {
    let wrong = RegistryError::Malformed("the log-in has no token");
    let answer: Value = serde_json::from_slice(body).map_err(|_| wrong.clone())?;
    if !matches!(code_of(&answer).as_deref(), Some("200" | "000")) {
        return Err(RegistryError::Refused);
    }
    let key = answer.get("APIKey").ok_or(wrong.clone())?;
    let text = |name: &str| key.get(name).and_then(Value::as_str).map(str::to_owned);
    let until = match key.get("expires_in") {
        Some(Value::String(text)) => Instant::try_from(text.as_str()).ok(),
        Some(Value::Number(seconds)) => seconds.as_i64().map(|seconds| {
            Instant::from_microseconds(now.microseconds().saturating_add(seconds.saturating_mul(1_000_000)))
        }),
        _ => None,
    };
    let until = until.unwrap_or(Instant::from_microseconds(now.microseconds().saturating_add(TOKEN_LIFE)));
    Ok(Token {
        access: text("access_token").ok_or(wrong.clone())?,
        id: text("id_token").ok_or(wrong)?,
        until,
    })
}

/// The code, which some versions send as a number.
fn code_of(answer: &Value) -> Option<String> {
    match answer.get("maKetQua")? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => number.as_u64().map(|number| format!("{number:03}")),
        _ => None,
    }
}

/// Reads a report. What is the operator's fault is refused, what is the server's is as if nobody had answered.
pub(crate) fn read_report(body: &[u8]) -> Result<CardReport, RegistryError> {
    let wrong = RegistryError::Malformed;
    let answer: Value = serde_json::from_slice(body).map_err(|_| wrong("the card is not JSON"))?;
    let code = code_of(&answer).ok_or(wrong("the card has no result"))?;
    let result = result_of(&code).ok_or(wrong("the card has an unknown result"))?;
    match result.class {
        CardClass::Operator => return Err(RegistryError::Refused),
        CardClass::Retry => return Err(RegistryError::Unreachable),
        _ => {}
    }
    let text = |name: &str| {
        let text = answer.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned)
    };
    let day = |name: &str| {
        text(name).map(|text| date(&text).ok_or(wrong("a date of the card is none"))).transpose()
    };
    let card = |number: &str, facility: &str, from: &str, until: &str| {
        let Some(number) = text(number) else { return Ok(None) };
        Ok(Some(Card { number, facility: text(facility), from: day(from)?, until: day(until)? }))
    };
    let entries = |name: &str| match answer.get(name) {
        None | Some(Value::Null) => Ok(0),
        Some(Value::Array(entries)) if entries.len() <= MOST_ENTRIES => Ok(entries.len()),
        Some(_) => Err(wrong("a history of the card is none")),
    };
    entries("dsLichSuKT2018")?;
    Ok(CardReport {
        result,
        card: card("maThe", "maDKBD", "gtTheTu", "gtTheDen")?,
        new_card: card("maTheMoi", "maDKBDMoi", "gtTheTuMoi", "gtTheDenMoi")?,
        social_number: text("maSoBHXH"),
        area: text("maKV"),
        five_years: day("ngayDu5Nam")?,
        visits: entries("dsLichSuKCB2018")?,
    })
}

/// `31/12/2026`
fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/');
    if !is_plain || parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
