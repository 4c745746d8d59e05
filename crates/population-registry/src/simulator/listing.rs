//! The listing of everybody, in parts of the line of people.

use fhir::Instant;
use serde_json::{Value, json};

use super::Simulator;
use super::answers::{Shown, parameter, shown};

/// In how many parts everybody is told.
const PARTS: u64 = 64;

impl Simulator {
    /// Everybody of a part, as of now; who is not born yet is not there, so that a page may be short.
    pub(super) fn people(&self, query: &str, now: Instant) -> Shown {
        let number = |name: &str| parameter(query, name).map(|text| text.parse::<u64>());
        let Some(Ok(part @ 0..PARTS)) = number("part") else {
            return Shown::refused(400, "part is a number from 0 to 63");
        };
        let Ok(limit @ 1..=1_000) = number("limit").unwrap_or(Ok(100)) else {
            return Shown::refused(400, "limit is a number from 1 to 1000");
        };
        let population = self.population();
        let count = population.count();
        let (first, end) = (part * count / PARTS, (part + 1) * count / PARTS);
        let Ok(from) = number("after").unwrap_or(Ok(first)) else {
            return Shown::refused(400, "no such cursor");
        };
        let happened = self.happened(now);
        let until = from.saturating_add(limit).min(end);
        let people = (from.max(first)..until).filter_map(|person| {
            let (record, version) = population.model_after(happened, person)?;
            Some(json!({"person": format!("p-{person:09}"), "version": version, "record": record}))
        });
        let mut page = json!({
            "people": people.collect::<Vec<Value>>(), "parts": PARTS, "total": count,
            "feed": self.deliveries.place_of(happened, self.end()).text(),
        });
        if until < end
            && let Some(members) = page.as_object_mut()
        {
            members.insert("next".to_owned(), json!(until.to_string()));
        }
        shown(&page)
    }
}
