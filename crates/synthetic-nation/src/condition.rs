//! Conditions: the problem that stays, and the diagnosis of one visit that passes.

use crate::book::Book;
use crate::calendar::days_after;
use crate::chance::Id;
use crate::illness::{Illness, LongIllness};
use crate::json_text::JsonText;
use crate::systems;
use crate::visit::Visit;

/// Writes the problem list entry of an illness that somebody lives with.
pub(crate) fn write_long_illness(book: &mut Book, long: &LongIllness) {
    let patient = book.person.id;
    book.bundle.resource("Condition", long.key.id(), |json| {
        json.claim(systems::CONDITION_PROFILE);
        write_states(json, "active", "Active");
        json.concepts("category", systems::CONDITION_CATEGORY, "problem-list-item", "Problem List Item", "");
        json.concept("code", systems::ICD_10, long.illness.code, long.illness.name, "");
        json.reference("subject", "Patient", patient);
        json.plain("onsetDateTime", long.since);
        json.plain("recordedDate", long.since);
    });
}

/// Writes the diagnosis of a visit for something that passes after so many days, and returns its id.
pub(crate) fn write_diagnosis(book: &mut Book, visit: &Visit, illness: &Illness, days: i64) -> Id {
    let patient = book.person.id;
    let id = visit.resource_id("diagnosis");
    let onset = days_after(visit.start.date, -visit.draw("onset").between(0, 3)).max(book.person.born);
    let over = days_after(visit.start.date, days);
    let is_over = over <= book.person.until && book.person.died.is_none_or(|died| over < died);
    book.bundle.resource("Condition", id, |json| {
        json.claim(systems::DIAGNOSIS_PROFILE);
        match is_over {
            true => write_states(json, "resolved", "Resolved"),
            false => write_states(json, "active", "Active"),
        }
        json.concepts(
            "category",
            systems::CONDITION_CATEGORY,
            "encounter-diagnosis",
            "Encounter Diagnosis",
            "",
        );
        json.concept("code", systems::ICD_10, illness.code, illness.name, "");
        json.reference("subject", "Patient", patient);
        json.reference("encounter", "Encounter", visit.id);
        json.plain("onsetDateTime", onset);
        if is_over {
            json.plain("abatementDateTime", over);
        }
        json.plain("recordedDate", visit.start);
        json.reference("recorder", "Practitioner", visit.doctor);
    });
    id
}

fn write_states(json: &mut JsonText, clinical: &str, display: &str) {
    json.concept("clinicalStatus", systems::CONDITION_CLINICAL, clinical, display, "");
    json.concept("verificationStatus", systems::CONDITION_VERIFICATION, "confirmed", "Confirmed", "");
}
