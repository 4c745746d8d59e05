//! Social insurance of the invented people: a card for nearly everybody, and what may be wrong with it.

use fhir::Instant;
use serde_json::{Value, json};

use super::Simulator;
use crate::{BirthDate, Demographics, PersonalNumber, Status, same_name};

/// The ten digits begin here, so that they lead back to the person.
const FIRST_SOCIAL_NUMBER: u64 = 9_900_000_000;

const TOKEN: &str = "simulated-token";

impl Simulator {
    /// Any account is let in, unless it has no name.
    pub(super) fn token(&self, body: &[u8], now: Instant) -> super::Shown {
        let has_name =
            url::form_urlencoded::parse(body).any(|(key, value)| key == "username" && !value.is_empty());
        let until = Instant::from_microseconds(now.microseconds().saturating_add(3_600_000_000));
        let answer = if has_name {
            json!({ "maKetQua": "200", "APIKey": {
                "access_token": TOKEN, "id_token": TOKEN, "token_type": "bearer", "expires_in": until.to_string(),
            } })
        } else {
            json!({ "maKetQua": "401" })
        };
        super::answers::shown(&answer)
    }

    /// The answer about a card.
    pub(super) fn card(&self, body: &[u8], now: Instant) -> Value {
        let Ok(question) = serde_json::from_slice::<Value>(body) else { return json!({ "maKetQua": "205" }) };
        let text = |name: &str| question.get(name).and_then(Value::as_str).unwrap_or_default();
        let result = |code: &str| json!({ "maKetQua": code });
        let (Some(birth_date), false) = (date(text("ngaySinh")), text("hoTen").is_empty()) else {
            return result("205");
        };
        if question.get("token").is_some() && text("token") != TOKEN {
            return result("401");
        }
        if PersonalNumber::try_from(text("cccdCb")).is_err() {
            return result("054");
        }
        if text("hoTenCb").is_empty() {
            return result("055");
        }
        let Some((person, record)) = self.holder(text("maThe"), now) else { return result("050") };
        if !same_name(text("hoTen"), &record.name.text()) {
            let first = |name: &str| name.chars().next().map(|letter| letter.to_uppercase().to_string());
            let is_near = first(text("hoTen")) == first(&record.name.text());
            return result(if is_near { "061" } else { "060" });
        }
        if !birth_date.agrees_with(record.birth_date) {
            return result("070");
        }
        self.report(person, &record)
    }

    /// By card, by the ten digits, or by citizen number.
    fn holder(&self, card: &str, now: Instant) -> Option<(u64, Demographics)> {
        let happened = self.happened(now);
        if let Ok(number) = PersonalNumber::try_from(card) {
            return self.population().find(happened, &number).map(|(person, record, _)| (person, record));
        }
        let digits = match card.len() {
            10 => card,
            15 => card.get(5..)?,
            _ => return None,
        };
        let person = digits.parse::<u64>().ok()?.checked_sub(FIRST_SOCIAL_NUMBER)?;
        self.population().model_after(happened, person).map(|(record, _)| (person, record))
    }

    fn report(&self, person: u64, record: &Demographics) -> Value {
        let mut chance = self.population().citizens().chance("card", person);
        let code = match chance.below(100) {
            _ if record.status != Status::Alive => "110",
            0..82 => "000",
            82..84 => "001",
            84..89 => "004",
            89..92 => "003",
            92..96 => "010",
            96..98 => "124",
            _ => "050",
        };
        if code == "050" {
            return json!({ "maKetQua": code });
        }
        let social = format!("{:010}", FIRST_SOCIAL_NUMBER + person);
        let province = record.permanent.as_ref().and_then(|home| home.province.as_deref()).unwrap_or("01");
        let (until, new) = match code {
            "003" | "010" => ("31/12/2025", code == "003"),
            "004" => ("31/12/2026", true),
            _ => ("31/12/2026", false),
        };
        let given = |text: &str| if new { text.to_owned() } else { String::new() };
        json!({
            "maKetQua": code,
            "ghiChu": "",
            "maThe": format!("GD4{province}{social}"),
            "hoTen": record.name.text(),
            "maDKBD": format!("{province}001"),
            "gtTheTu": "01/01/2025",
            "gtTheDen": until,
            "maSoBHXH": social,
            "maTheMoi": given(&format!("HT3{province}{social}")),
            "maDKBDMoi": given(&format!("{province}002")),
            "gtTheTuMoi": given("01/06/2026"),
            "gtTheDenMoi": given("31/12/2027"),
            "dsLichSuKCB2018": [],
            "dsLichSuKT2018": [],
        })
    }
}

/// `05/03/1994`, `05031994` or `1994`.
fn date(text: &str) -> Option<BirthDate> {
    let digits = text.replace('/', "");
    match digits.len() {
        4 => BirthDate::from_digits(&digits),
        8 => {
            let (day, month, year) = (digits.get(..2)?, digits.get(2..4)?, digits.get(4..)?);
            BirthDate::from_digits(&format!("{year}{month}{day}"))
        }
        _ => None,
    }
}
