//! Which entries an act of sharing must have left, by docs/access-log.md, section 7.

use audit_log::{Action, Outcome};
use serde_json::Value;

use super::model::{Books, Row, own, row};
use super::proxy::Exchange;
use crate::support::text;

/// An act of sharing is the resources that it writes.
pub fn of_sharing(exchange: &Exchange, books: &Books) -> Vec<Row> {
    let status = exchange.answer.status;
    let Some(path) = exchange.target.strip_prefix("/access/") else { return Vec::new() };
    let mut parts = path.split('/');
    let (first, id, act) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let is_get = exchange.method == "GET";
    if [403, 404, 409, 429].contains(&status) {
        let sent: Value = serde_json::from_str(&exchange.body).unwrap_or_default();
        let resource = match (first, sent["patient"].as_str()) {
            // A code that does not hold is nobody's.
            ("relations", _) => String::new(),
            (_, Some(patient)) => format!("Patient/{patient}"),
            _ => own(exchange),
        };
        let action = if is_get { Action::Operation } else { Action::Sharing };
        let outcome = Outcome::Refused.number();
        return vec![Row { outcome, patient: books.last(&resource), resource, ..row(action) }];
    }
    // What only tells, and what writes no resource.
    let alone = match (exchange.method.as_str(), path) {
        ("GET", _) => Some(Action::Operation),
        ("POST", "presence-codes") | ("PUT", "notices/preferences") => Some(Action::Sharing),
        _ => None,
    };
    if let (Some(action), 200..300) = (alone, status) {
        let (patient, resource) = (own(exchange), own(exchange));
        return vec![Row { patient, resource, query: format!("access/{path}"), ..row(action) }];
    }
    if !(200..300).contains(&status) || is_get {
        return Vec::new();
    }
    let answer: Value = serde_json::from_str(exchange.answer.text()).unwrap_or_default();
    let consent = |id: &str| format!("Consent/{}", id.rsplit('.').next().unwrap());
    let written = |name: String, version: u64, action| {
        let patient = books.of(&name, &version.to_string());
        Row { patient, resource: name, version: version.to_string(), ..row(action) }
    };
    match (first, id, act) {
        ("relations" | "blocks", None, _) => {
            vec![written(consent(&text(&answer["id"])), 1, Action::Create)]
        }
        ("relations", Some(id), Some("end")) if id.contains("Consent") => {
            vec![written(consent(id), 2, Action::Patch)]
        }
        ("blocks", Some(id), None) => vec![written(consent(id), 2, Action::Patch)],
        ("emergency", None, _) => {
            // Asked again it is renewed: the same Consent is patched, no further review. The citizen is told of either.
            let renewals = answer["renewals"].as_u64().unwrap();
            let action = if renewals == 0 { Action::Create } else { Action::Patch };
            let mut rows = vec![written(consent(&text(&answer["id"])), 1 + renewals, action)];
            if renewals == 0 {
                rows.push(written(text(&answer["review"]), 1, Action::Create));
            }
            // The notice, whose id the answer does not tell: the run takes it from the log.
            let patient = rows[0].patient.clone();
            rows.push(Row {
                patient,
                resource: "Communication/*".to_owned(),
                version: "1".to_owned(),
                ..row(Action::Create)
            });
            rows
        }
        _ => Vec::new(),
    }
}
