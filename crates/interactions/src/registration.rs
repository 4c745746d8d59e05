//! People who are registered without a number: newborn, unknown, stillborn (`docs/people.md`). What each of them must have
//! is decided here, for everybody but the server itself.

use fhir::{Fault, Issue, ResourceType};
use json::Node;
use record_store::{Precondition, Write};
use serde_json::Value;

use crate::Problem;
use crate::permission::with_content;
use crate::person::is_citizen_number;

/// The extension of a `Patient` that tells as what somebody was registered.
pub const REGISTRATION: &str = "urn:healthbook:registration";

/// As what somebody was registered who has no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registration {
    /// Born here, and not in the registry of births yet.
    Newborn,
    /// Nobody knows who it is.
    Unknown,
    /// Born dead.
    Stillborn,
}

impl Registration {
    fn named(code: &str) -> Option<Self> {
        match code {
            "newborn" => Some(Self::Newborn),
            "unknown" => Some(Self::Unknown),
            "stillborn" => Some(Self::Stillborn),
            _ => None,
        }
    }
}

/// As what a `Patient` is registered.
pub fn registration(patient: &Value) -> Option<Registration> {
    let extensions = patient.get("extension")?.as_array()?;
    let is_meant = |it: &&Value| it.get("url").and_then(Value::as_str) == Some(REGISTRATION);
    Registration::named(extensions.iter().find(is_meant)?.get("valueCode")?.as_str()?)
}

/// Takes out as what somebody was registered: the registry knows the person now.
pub fn end_registration(patient: &mut Value) {
    let Some(members) = patient.as_object_mut() else { return };
    let Some(Value::Array(extensions)) = members.get_mut("extension") else { return };
    extensions.retain(|it| it.get("url").and_then(Value::as_str) != Some(REGISTRATION));
    if extensions.is_empty() {
        members.remove("extension");
    }
}

/// Whether content registers somebody as born dead: who registers that says the death, too.
pub(crate) fn is_stillborn(patient: &Node<'_>) -> bool {
    matches!(read(patient), Some(Ok(Registration::Stillborn)))
}

/// `Err`: a code that is none.
fn read(patient: &Node<'_>) -> Option<Result<Registration, ()>> {
    let extensions = patient.get("extension").map(Node::items).unwrap_or_default();
    let found = extensions.iter().find(|it| it.text("url") == Some(REGISTRATION))?;
    Some(found.text("valueCode").and_then(Registration::named).ok_or(()))
}

/// Refuses a `Patient` that lacks what its registration needs.
pub(crate) fn check(write: &Write) -> Result<(), Problem> {
    let Some(content) = &write.content else { return Ok(()) };
    if write.resource_type != ResourceType::PATIENT {
        return Ok(());
    }
    let is_first = matches!(write.precondition, Precondition::New);
    let issues = with_content(content, &write.id, |patient| faults(patient, is_first))?;
    if issues.is_empty() { Ok(()) } else { Err(Problem::from_issues(422, issues)) }
}

fn faults(patient: &Node<'_>, is_first: bool) -> Vec<Issue> {
    let missing = |name: &str, place: &str| {
        Issue::error(Fault::MissingElement { name: name.to_owned() }).at(format!("Patient.{place}"))
    };
    let registration = match read(patient) {
        None => return Vec::new(),
        Some(Err(())) => {
            let value_set = REGISTRATION.to_owned();
            return vec![Issue::error(Fault::CodeRequired { value_set }).at("Patient.extension")];
        }
        Some(Ok(registration)) => registration,
    };
    let mut issues = Vec::new();
    let items = |name: &str| patient.get(name).map(Node::items).unwrap_or_default();
    let is_of_facility = |it: &&Node<'_>| {
        it.text("value").is_some() && it.text("system").is_some_and(|system| !is_citizen_number(system))
    };
    if is_first && items("identifier").iter().find(is_of_facility).is_none() {
        issues.push(missing("identifier", "identifier"));
    }
    let has_temporary_name = items("name").iter().all(|name| name.text("use") == Some("temp"));
    if is_first && !has_temporary_name {
        issues.push(missing("use", "name.use"));
    }
    match registration {
        Registration::Unknown => {
            if patient.text("gender").is_none() {
                issues.push(missing("gender", "gender"));
            }
        }
        Registration::Newborn | Registration::Stillborn => {
            if is_first && items("name").is_empty() {
                issues.push(missing("name", "name"));
            }
            if patient.text("birthDate").is_none_or(|date| date.len() != 10) {
                issues.push(missing("birthDate", "birthDate"));
            }
            // That somebody is a twin does not tell the two apart: the order does.
            if patient.get("multipleBirthBoolean").is_some_and(|it| it.to_json() == "true") {
                issues.push(missing("multipleBirthInteger", "multipleBirth[x]"));
            }
        }
    }
    let is_dead = patient.get("deceasedBoolean").is_some_and(|it| it.to_json() == "true")
        || patient.get("deceasedDateTime").is_some();
    if registration == Registration::Stillborn && !is_dead {
        issues.push(missing("deceasedBoolean", "deceased[x]"));
    }
    issues
}
