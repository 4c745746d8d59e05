//! The answers, by path.

use fhir::Instant;
use serde_json::{Value, json};

use super::Simulator;
use super::deliveries::{Form, Place};
use crate::soap::{
    AskedFor, Operation, read_question, write_fault, write_nobody, write_person, write_verification,
};
use crate::{Claim, MOST_EVENTS, Question, Status};

/// Most people of a sample.
const MOST_SAMPLED: u64 = 10_000;

/// A question.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The path.
    pub path: &'a str,
    /// The text behind the question mark.
    pub query: &'a str,
    /// The body; empty for a GET.
    pub body: &'a [u8],
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The status.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The body.
    pub body: Vec<u8>,
    /// Seconds of `Retry-After`.
    pub retry_after: Option<u64>,
}

impl Shown {
    fn text(status: u16, content_type: &'static str, body: String) -> Self {
        Self { status, content_type, body: body.into_bytes(), retry_after: None }
    }

    fn json(body: &Value) -> Self {
        Self::text(200, "application/json", body.to_string())
    }

    pub(super) fn refused(status: u16, why: &str) -> Self {
        Self::text(status, "text/plain; charset=utf-8", format!("{why}\n"))
    }
}

impl Simulator {
    /// Whether the path is for whoever runs the simulator: such answers never fail by order, and are not late.
    pub fn is_own_path(path: &str) -> bool {
        matches!(path, "/sample" | "/health")
    }

    /// Answers.
    pub fn answer(&self, wanted: Wanted<'_>, now: Instant) -> Shown {
        if !Self::is_own_path(wanted.path) {
            if self.is_out(now) {
                return Shown { retry_after: Some(1), ..Shown::refused(503, "an outage by order") };
            }
            if self.errs() {
                return Shown::refused(500, "an error by order");
            }
        }
        match wanted.path {
            "/health" => Shown::refused(200, "ok"),
            "/sample" => self.sample(wanted.query, now),
            "/soap" => self.soap(wanted.body, now),
            "/events" => self.events(wanted.query, now),
            "/people" => self.people(wanted.query, now),
            "/api/token/take" => self.token(wanted.body, now),
            "/api/egw/KQNhanLichSuKCB2024" => Shown::json(&self.card(wanted.body, now)),
            _ => Shown::refused(404, "no such path"),
        }
    }

    /// People who are alive now, from all over the line.
    fn sample(&self, query: &str, now: Instant) -> Shown {
        let count = match parameter(query, "count").map(|text| text.parse::<u64>()) {
            None => 10,
            Some(Ok(count)) if count <= MOST_SAMPLED => count,
            Some(_) => return Shown::refused(400, "count is a number up to 10000"),
        };
        let (people, happened) = (self.population(), self.happened(now));
        let total = people.count();
        let mut found = Vec::new();
        let mut met = 0_u64;
        // A stride near the golden section of the line: any beginning of the walk is spread over all of it.
        let stride = (total as f64 * 0.618_034) as u64;
        let stride = (stride..).take(64).find(|step| *step > 0 && common(*step, total) == 1).unwrap_or(1);
        let mut person = 0;
        while (found.len() as u64) < count && met < total {
            if let Some((record, _)) = people.model_after(happened, person)
                && record.status == Status::Alive
            {
                found.push(json!({
                    "number": record.number, "birthDate": record.birth_date, "name": record.name.text(),
                }));
            }
            person = (person + stride) % total;
            met += 1;
        }
        Shown::json(&Value::Array(found))
    }

    fn soap(&self, body: &[u8], now: Instant) -> Shown {
        const KIND: &str = "text/xml; charset=utf-8";
        let Ok((operation, about)) = read_question(body) else {
            return Shown::text(500, KIND, write_fault());
        };
        let AskedFor { number, name, birth_date } = about;
        let found = self.population().find(self.happened(now), &number);
        let text = match operation {
            Operation::LookUp => {
                // What is given must be right; what is not given is not asked for.
                let agrees = |record: &crate::Demographics| {
                    let birth_date = birth_date.unwrap_or(record.birth_date);
                    record.differences(&Question { number, birth_date, name }).is_empty()
                };
                match found.filter(|(_, record, _)| agrees(record)) {
                    Some((_, record, version)) => write_person(&record, version),
                    None => write_nobody(),
                }
            }
            Operation::Verify => {
                let claim = name.zip(birth_date).map(|(name, birth_date)| Claim { number, name, birth_date });
                let confirmed =
                    claim.zip(found).is_some_and(|(claim, (_, record, _))| record.confirms(&claim));
                write_verification(confirmed)
            }
        };
        Shown::text(200, KIND, text)
    }

    fn events(&self, query: &str, now: Instant) -> Shown {
        let place = match parameter(query, "after").map(|text| Place::read(&text)) {
            None => Place { run: 0, taken: 0 },
            Some(Some(place)) => place,
            Some(None) => return Shown::refused(400, "no such cursor"),
        };
        let limit = parameter(query, "limit").map_or(Some(100), |text| text.parse::<usize>().ok());
        let Some(limit) = limit.filter(|limit| (1..=usize::from(MOST_EVENTS)).contains(limit)) else {
            return Shown::refused(400, "limit is a number from 1 to 1000");
        };
        let citizens = self.population().citizens();
        let (found, next) = self.deliveries.from(citizens, place, limit, self.happened(now), self.end());
        let events: Vec<Value> =
            found.into_iter().filter_map(|(event, form)| self.item(event, form)).collect();
        Shown::json(&json!({ "events": events, "next": next.text(), "time": now.to_string() }))
    }

    fn item(&self, event: u64, form: Form) -> Option<Value> {
        let mut item = serde_json::to_value(self.event(event)?).ok()?;
        if let Form::Broken(how) = form {
            match (how, item.as_object_mut()) {
                (0, Some(members)) => {
                    members.remove("record");
                }
                (1, Some(members)) => {
                    members.insert("kind".to_owned(), json!("rebirth"));
                }
                (2, Some(members)) => {
                    members.insert("sequence".to_owned(), json!(-1));
                }
                (3, Some(members)) => {
                    let record = members.get_mut("record").and_then(Value::as_object_mut)?;
                    record.insert("number".to_owned(), json!("09900000001"));
                }
                _ => {
                    let text: String = item.to_string().chars().take(100).collect();
                    item = Value::String(text);
                }
            }
        }
        Some(item)
    }
}

/// An answer in JSON.
pub(super) fn shown(body: &Value) -> Shown {
    Shown::json(body)
}

/// A parameter of a query.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn common(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { common(other, one % other) }
}
