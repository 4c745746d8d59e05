//! How a search or an operation is named in the log of accesses: by its path and its parameters, without what was looked for.

use access::Access;
use audit_log::Action;
use fhir::{LogicalId, ReferenceText, ResourceType};
use record_store::{Journal, Showing};
use search::{Clause, SearchPlan};

use crate::Problem;

/// Parameters whose values say how an answer is given, and nothing about anybody.
const TOLD: [&str; 7] = ["_count", "_sort", "_include", "_revinclude", "_type", "_summary", "_elements"];

/// Path and parameters; of most parameters the name only.
pub(crate) fn logged_query(place: &str, pairs: &[(String, String)]) -> String {
    let mut text = place.to_owned();
    for (index, (name, value)) in pairs.iter().enumerate() {
        text.push(if index == 0 { '?' } else { '&' });
        // A chain or modifier may hold an id or a code behind its colon or in brackets; names of parameters do not.
        text.extend(name.chars().filter(|letter| letter.is_ascii_alphanumeric() || "_-.:".contains(*letter)));
        let plain = name.split(':').next().unwrap_or_default();
        if TOLD.contains(&plain) {
            text.push('=');
            text.push_str(value);
        }
    }
    text
}

/// The patients whom criteria name, and in whose books it stands that they were asked although nothing is shown.
pub(crate) fn patients_named(
    base: &str,
    plan: &SearchPlan,
    compartment: Option<&(ResourceType, LogicalId)>,
    understood: &[(String, String)],
) -> Vec<LogicalId> {
    let mut named: Vec<LogicalId> = plan.book.iter().cloned().collect();
    named.extend(compartment.filter(|(kind, _)| *kind == ResourceType::PATIENT).map(|(_, id)| id.clone()));
    if plan.types == [ResourceType::PATIENT] {
        let ids = plan.clauses.iter().filter_map(|clause| match clause {
            Clause::Id(ids) => Some(ids),
            _ => None,
        });
        named.extend(ids.flatten().cloned());
    }
    for (name, values) in understood {
        let is_patient = matches!(name.as_str(), "patient" | "patient:Patient" | "subject:Patient");
        if !is_patient && name != "subject" {
            continue;
        }
        named.extend(values.split(',').filter_map(|value| match ReferenceText::parse(value).local(base) {
            Some((kind, id)) => (kind == ResourceType::PATIENT).then(|| id.clone()),
            None => LogicalId::try_from(value).ok().filter(|_| is_patient),
        }));
    }
    named.sort();
    named.dedup();
    named
}

/// Notes that criteria were asked about patients, and nothing of them is shown.
pub(crate) fn note_asked(
    access: &Access,
    action: Action,
    query: &str,
    patients: &[LogicalId],
) -> Result<(), Problem> {
    // What the server itself does outside of a request is logged with what it writes.
    if Journal::current().is_none() {
        return Ok(());
    }
    for patient in patients {
        let about = Some((ResourceType::PATIENT, patient.clone()));
        // Nothing is shown by it.
        let _ = Showing::begin_about(access, action, query, about)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::logged_query;

    #[test]
    fn what_was_looked_for_is_not_told() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let query = pairs(&[("patient", "099000000001"), ("code", "http://loinc.org|1"), ("_count", "5")]);
        assert_eq!(logged_query("Observation", &query), "Observation?patient&code&_count=5");
        let query = pairs(&[("_include:iterate", "Observation:subject"), ("name:exact", "Mai")]);
        assert_eq!(
            logged_query("Patient", &query),
            "Patient?_include:iterate=Observation:subject&name:exact"
        );
        assert_eq!(logged_query("Patient/1/_history", &[]), "Patient/1/_history");
    }
}
