//! `CoverageEligibilityRequest` and `CoverageEligibilityResponse` of a report, and what is left of an old one.

use fhir::{Instant, LogicalId};
use population_registry::{CardClass, CardReport};
use serde_json::{Map, Value, json};

use super::{CARD, insurer};
use interactions::registry::VERIFICATION;

/// The extension that holds the code of the result.
const RESULT: &str = "urn:healthbook:card-result";
/// The codes.
const RESULTS: &str = "urn:healthbook:code-system:insurance-card-result";
/// The extension that holds the age of an answer, in seconds.
const AGE: &str = "urn:healthbook:age";

/// The question as it is kept.
pub(super) fn request(id: &LogicalId, patient: &LogicalId, card: &str, now: Instant) -> Value {
    json!({
        "resourceType": "CoverageEligibilityRequest",
        "id": id.as_str(),
        "status": "active",
        "purpose": ["validation"],
        "patient": {"reference": format!("Patient/{patient}")},
        "created": now.to_string(),
        "insurer": insurer(),
        "insurance": [{"coverage": {"type": "Coverage", "identifier": {"system": CARD, "value": card}}}],
    })
}

/// The answer. `coverages`: ids of what it is about, and whether each is in force.
pub(super) fn response(
    id: &LogicalId,
    (request, patient): (&LogicalId, &LogicalId),
    report: &CardReport,
    coverages: &[(LogicalId, bool)],
    asked_at: Instant,
) -> Value {
    let result = report.result;
    let coding = json!({"system": RESULTS, "code": result.code, "display": result.meaning_vi});
    let is_error = matches!(
        result.class,
        CardClass::NotFound | CardClass::Mismatch | CardClass::Operator | CardClass::Retry
    );
    let mut members = Map::new();
    let mut put = |name: &str, value: Value| members.insert(name.to_owned(), value);
    put("resourceType", json!("CoverageEligibilityResponse"));
    put("id", json!(id.as_str()));
    put("extension", json!([{"url": RESULT, "valueCoding": coding}]));
    put("status", json!("active"));
    put("purpose", json!(["validation"]));
    put("patient", json!({"reference": format!("Patient/{patient}")}));
    put("created", json!(asked_at.to_string()));
    put("request", json!({"reference": format!("CoverageEligibilityRequest/{request}")}));
    put("outcome", json!(if is_error { "error" } else { "complete" }));
    put("disposition", json!(format!("{}: {} / {}", result.code, result.meaning_vi, result.meaning_en)));
    put("insurer", insurer());
    if !coverages.is_empty() {
        let insurance = coverages.iter().map(|(id, is_in_force)| {
            json!({"coverage": {"reference": format!("Coverage/{id}")}, "inforce": is_in_force})
        });
        put("insurance", insurance.collect());
    }
    if is_error {
        let coding = json!({"system": RESULTS, "code": result.code});
        put("error", json!([{"code": {"coding": [coding], "text": result.meaning_vi}}]));
    }
    Value::Object(members)
}

/// Adds how old an answer is that stands in for one of social insurance.
pub(super) fn make_stale(response: &mut Value, seconds: u64) {
    let tag = json!({"system": VERIFICATION, "code": "stale"});
    let age = json!({"url": AGE, "valueUnsignedInt": seconds});
    if let Some(meta) = response.get_mut("meta").and_then(Value::as_object_mut) {
        meta.insert("tag".to_owned(), json!([tag]));
    }
    if let Some(Value::Array(extensions)) = response.get_mut("extension") {
        extensions.push(age);
    }
}

/// Whether an answer of the book is one that this server wrote.
pub(super) fn is_answer(response: &Value) -> bool {
    let extensions = crate::ledger::items(response, "/extension");
    extensions.iter().any(|it| crate::ledger::text(it, "/url") == RESULT)
}
