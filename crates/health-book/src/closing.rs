//! The formal death of a person: the date in the `Patient`, and the end of everything that was open by it.

use access::Grantee;
use fhir::{Instant, LogicalId};
use interactions::Problem;
use jiff::civil::Date;
use record_store::{Revoked, SecurityChange, SecurityKind, Store};
use serde_json::json;

use crate::HealthBook;
use crate::consent::{Evidence, Terms};
use crate::guardians::is_by_registry;
use crate::ledger::{find_all, patch, read, referred};
use crate::moment::day;
use crate::refusal::{internal, wrong};
use crate::registry::await_guardian;
use crate::relations::end_consent;

/// Consents of one person, given or held.
const MOST: usize = 5_000;

/// Closes a book. Again it changes nothing.
pub async fn close(book: &HealthBook, patient: &LogicalId, date: Date, now: Instant) -> Result<(), Problem> {
    let service = book.service();
    if day(now).is_none_or(|today| date > today) {
        return Err(wrong("date"));
    }
    let found = read(service, "Patient", patient).await?.ok_or_else(Problem::not_found)?;
    // Who is gone signs in no more: first of all, so that nothing is given meanwhile.
    close_subject(service.store(), patient, now).await?;
    if found.resource.get("deceasedDateTime").is_none() {
        let value = json!(date.to_string());
        let mut operations = vec![json!({"op": "add", "path": "/deceasedDateTime", "value": value})];
        if found.resource.get("deceasedBoolean").is_some() {
            operations.insert(0, json!({"op": "remove", "path": "/deceasedBoolean"}));
        }
        patch(service, "Patient", &found, &operations).await?;
    }
    close_open(book, patient, now).await
}

/// Ends what was open by somebody who died: sign-in, codes, tokens, and consents given or held. Again it changes nothing.
pub(crate) async fn close_open(book: &HealthBook, patient: &LogicalId, now: Instant) -> Result<(), Problem> {
    let service = book.service();
    close_subject(service.store(), patient, now).await?;
    let me = Grantee::Patient(patient.clone());
    let given = [("patient", patient.to_string())];
    let held = [("actor", format!("Patient/{patient}"))];
    for pairs in [given, held] {
        for found in find_all(service, "Consent", &pairs, MOST).await? {
            let Some(terms) = Terms::read(&found.resource) else { continue };
            let open = terms.permit && matches!(terms.status.as_str(), "active" | "proposed");
            let is_held = terms.grantee.as_ref() == Some(&me);
            let whose = referred(&found.resource, "/patient/reference", "Patient");
            let is_given = whose.as_ref() == Some(patient);
            if open && now < terms.ends && (is_held || is_given) {
                if let Some(child) = whose.filter(|_| is_held && is_by_registry(&found.resource)) {
                    // Who turns out to live is guardian again.
                    await_guardian(book, &child, now).await?;
                }
                end_consent(book, &found, &terms, &Evidence::new("death", "command", ""), now).await?;
            }
        }
    }
    Ok(())
}

/// Ends codes and tokens of a person, and the accounts with their sessions and credentials.
async fn close_subject(store: &Store, patient: &LogicalId, now: Instant) -> Result<(), Problem> {
    let revoke = SecurityChange::Revoke(Revoked::Subject(patient.to_string()), now);
    let codes = SecurityChange::RemoveOf(SecurityKind::SharingCode, patient.to_string());
    store.change_security(revoke, vec![codes], now).await?;
    auth::account::close_subject(store, patient, now).await.map_err(|error| match error {
        auth::account::AuthError::Store(error) => error.into(),
        _ => internal(),
    })
}
