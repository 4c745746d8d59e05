//! Search parameters of the types of the worlds, and where their values stand.

use serde_json::Value;

/// What kind of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Token,
    Text,
    Date,
    Quantity,
    /// To a type.
    Reference(&'static str),
}

use Of::{Date, Quantity, Reference, Text, Token};

/// A parameter: type, name, kind, where the value stands (members, lists are entered).
pub type Parameter = (&'static str, &'static str, Of, &'static str);

const PARAMETERS: [Parameter; 82] = [
    ("Patient", "identifier", Token, "identifier"),
    ("Patient", "name", Text, "name.family"),
    ("Patient", "family", Text, "name.family"),
    ("Patient", "given", Text, "name.given"),
    ("Patient", "phone", Token, "telecom.value"),
    ("Patient", "gender", Token, "gender"),
    ("Patient", "birthdate", Date, "birthDate"),
    ("Patient", "address-city", Text, "address.city"),
    ("Patient", "organization", Reference("Organization"), "managingOrganization"),
    ("Patient", "active", Token, "active"),
    ("Encounter", "subject", Reference("Patient"), "subject"),
    ("Encounter", "patient", Reference("Patient"), "subject"),
    ("Encounter", "status", Token, "status"),
    ("Encounter", "class", Token, "class"),
    ("Encounter", "date", Date, "period.start"),
    ("Encounter", "identifier", Token, "identifier"),
    ("Encounter", "service-provider", Reference("Organization"), "serviceProvider"),
    ("Observation", "subject", Reference("Patient"), "subject"),
    ("Observation", "patient", Reference("Patient"), "subject"),
    ("Observation", "encounter", Reference("Encounter"), "encounter"),
    ("Observation", "code", Token, "code.coding"),
    ("Observation", "category", Token, "category.coding"),
    ("Observation", "status", Token, "status"),
    ("Observation", "date", Date, "effectiveDateTime"),
    ("Observation", "value-quantity", Quantity, "valueQuantity"),
    ("Observation", "combo-value-quantity", Quantity, "valueQuantity"),
    ("Observation", "has-member", Reference("Observation"), "hasMember"),
    ("Condition", "subject", Reference("Patient"), "subject"),
    ("Condition", "patient", Reference("Patient"), "subject"),
    ("Condition", "encounter", Reference("Encounter"), "encounter"),
    ("Condition", "code", Token, "code.coding"),
    ("Condition", "recorded-date", Date, "recordedDate"),
    ("Condition", "clinical-status", Token, "clinicalStatus.coding"),
    ("MedicationRequest", "subject", Reference("Patient"), "subject"),
    ("MedicationRequest", "patient", Reference("Patient"), "subject"),
    ("MedicationRequest", "encounter", Reference("Encounter"), "encounter"),
    ("MedicationRequest", "status", Token, "status"),
    ("MedicationRequest", "intent", Token, "intent"),
    ("MedicationRequest", "authoredon", Date, "authoredOn"),
    ("Procedure", "subject", Reference("Patient"), "subject"),
    ("Procedure", "patient", Reference("Patient"), "subject"),
    ("Procedure", "encounter", Reference("Encounter"), "encounter"),
    ("Procedure", "date", Date, "performedDateTime"),
    ("Procedure", "status", Token, "status"),
    ("Immunization", "patient", Reference("Patient"), "patient"),
    ("Immunization", "vaccine-code", Token, "vaccineCode.coding"),
    ("Immunization", "date", Date, "occurrenceDateTime"),
    ("Immunization", "status", Token, "status"),
    ("AllergyIntolerance", "patient", Reference("Patient"), "patient"),
    ("AllergyIntolerance", "clinical-status", Token, "clinicalStatus.coding"),
    ("AllergyIntolerance", "date", Date, "recordedDate"),
    ("DiagnosticReport", "subject", Reference("Patient"), "subject"),
    ("DiagnosticReport", "patient", Reference("Patient"), "subject"),
    ("DiagnosticReport", "encounter", Reference("Encounter"), "encounter"),
    ("DiagnosticReport", "result", Reference("Observation"), "result"),
    ("DiagnosticReport", "code", Token, "code.coding"),
    ("DiagnosticReport", "date", Date, "effectiveDateTime"),
    ("ServiceRequest", "subject", Reference("Patient"), "subject"),
    ("ServiceRequest", "patient", Reference("Patient"), "subject"),
    ("ServiceRequest", "status", Token, "status"),
    ("ServiceRequest", "performer", Reference("Organization"), "performer"),
    ("ServiceRequest", "code", Token, "code.coding"),
    ("ServiceRequest", "authored", Date, "authoredOn"),
    ("Appointment", "patient", Reference("Patient"), "participant.actor"),
    ("Appointment", "actor", Reference("Patient"), "participant.actor"),
    ("Appointment", "status", Token, "status"),
    ("Appointment", "date", Date, "start"),
    ("Appointment", "supporting-info", Reference("Organization"), "supportingInformation"),
    ("RelatedPerson", "patient", Reference("Patient"), "patient"),
    ("RelatedPerson", "name", Text, "name.family"),
    ("RelatedPerson", "active", Token, "active"),
    ("Consent", "patient", Reference("Patient"), "patient"),
    ("Consent", "status", Token, "status"),
    ("Consent", "actor", Reference("Organization"), "provision.actor.reference"),
    ("Consent", "category", Token, "category.coding"),
    ("Consent", "period", Date, "provision.period.start"),
    ("Consent", "purpose", Token, "provision.purpose"),
    ("Organization", "name", Text, "name"),
    ("Task", "patient", Reference("Patient"), "for"),
    ("Task", "owner", Reference("Organization"), "owner"),
    ("Task", "status", Token, "status"),
    ("Task", "code", Token, "code.coding"),
];

/// The parameters of a type.
pub fn of(kind: &str) -> Vec<Parameter> {
    PARAMETERS.into_iter().filter(|parameter| parameter.0 == kind).collect()
}

/// The parameters that lead from one type to another.
pub fn links() -> Vec<(&'static str, &'static str, &'static str)> {
    let link = |(from, name, of, _): Parameter| match of {
        Reference(to) => Some((from, name, to)),
        _ => None,
    };
    PARAMETERS.into_iter().filter_map(link).collect()
}

/// All values at a place.
pub fn at<'a>(resource: &'a Value, place: &str) -> Vec<&'a Value> {
    let mut values = vec![resource];
    for name in place.split('.') {
        let flat = values.into_iter().flat_map(|value| match value {
            Value::Array(items) => items.iter().collect::<Vec<_>>(),
            other => vec![other],
        });
        values = flat.filter_map(|value| value.get(name)).collect();
    }
    let flat = values.into_iter().flat_map(|value| match value {
        Value::Array(items) => items.iter().collect::<Vec<_>>(),
        other => vec![other],
    });
    flat.collect()
}

/// A value as a search writes it.
pub fn written(value: &Value, of: Of) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        _ => None,
    };
    match (of, value) {
        (Reference(_), Value::Object(members)) => text(members.get("reference")?),
        (Quantity, Value::Object(members)) => Some(format!(
            "{}|{}|{}",
            text(members.get("value")?)?,
            text(members.get("system")?)?,
            text(members.get("code")?)?
        )),
        (_, Value::Object(members)) => {
            let code = members.get("code").or_else(|| members.get("value"))?;
            Some(format!("{}|{}", text(members.get("system")?)?, text(code)?))
        }
        (_, other) => text(other),
    }
}
