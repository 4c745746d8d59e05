//! The same world without what a caller may not see.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::Value;

use super::model::{Model, book, labels, last_versions, visit};
use super::population::{Step, identity};

/// What becomes of a resource in the world without secrets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It may be seen: it is the same, except for versions that may not be seen.
    Seen,
    /// Nobody wrote it.
    Absent,
    /// It must be there, for it opens or closes a book, makes the visit of a hidden version secret, or is the `Patient` of one in which something may be seen;
    /// but what it says is something else.
    Other,
}

/// The fate of every resource.
pub fn fates(model: &Model, steps: &[Step]) -> BTreeMap<(String, String), Fate> {
    let last = last_versions(steps);
    let seen = |body: &Value| model.sees(body);
    let mut open: BTreeSet<String> =
        last.values().filter(|(body, _)| seen(body)).filter_map(|(body, _)| book(body)).collect();
    // A version of what moved away is written into its old book, so that the numbers of versions are the same.
    for step in steps {
        if let Step::Put(body) = step
            && seen(&last[&identity(body)].0)
        {
            open.extend(book(body));
        }
    }
    // What a version of the past hides: its visit stays as secret as it is.
    let mut closed: BTreeSet<(String, String)> = BTreeSet::new();
    let mut labelling: BTreeSet<(String, String)> = BTreeSet::new();
    for step in steps {
        if let Step::Put(body) = step
            && !model.sees_past(body)
            && seen(&last[&identity(body)].0)
        {
            closed.insert((book(body).unwrap_or_default(), visit(body)));
        }
    }
    for step in steps {
        if let Step::Put(body) = step
            && !labels(body).is_empty()
            && closed.contains(&(book(body).unwrap_or_default(), visit(body)))
        {
            labelling.insert(identity(body));
        }
    }
    let fate = |key: &(String, String), body: &Value| {
        if seen(body) {
            Fate::Seen
        } else if model.decides(key)
            || labelling.contains(key)
            || (key.0 == "Patient" && open.contains(&key.1))
        {
            Fate::Other
        } else {
            Fate::Absent
        }
    };
    last.iter().map(|(key, (body, _))| (key.clone(), fate(key, body))).collect()
}

/// The steps of the other world.
pub fn without_secrets(model: &Model, steps: &[Step], fates: &BTreeMap<(String, String), Fate>) -> Vec<Step> {
    let keep = |step: &Step| match step {
        Step::Mark => Some(Step::Mark),
        Step::Delete { kind, id } => {
            (fates[&(kind.clone(), id.clone())] != Fate::Absent).then(|| step.clone())
        }
        Step::Put(body) => match fates[&identity(body)] {
            Fate::Absent => None,
            Fate::Seen if model.sees_past(body) => Some(step.clone()),
            Fate::Seen | Fate::Other => Some(Step::Put(otherwise(body))),
        },
    };
    steps.iter().filter_map(keep).collect()
}

/// The same type, place and relations, other content: another for each version, for what repeats the one before is none, and the
/// same for one that repeats it.
fn otherwise(body: &Value) -> Value {
    let mut other = body.clone();
    let members = other.as_object_mut().unwrap();
    for name in
        ["text", "telecom", "address", "gender", "birthDate", "note", "conclusion", "hasMember", "result"]
    {
        members.remove(name);
    }
    let day = Value::from("2001-01-01");
    for name in ["recordedDate", "effectiveDateTime", "authoredOn", "performedDateTime", "occurrenceDateTime"]
    {
        if let Some(member) = members.get_mut(name) {
            *member = day.clone();
        }
    }
    if members.contains_key("valueQuantity") {
        other["valueQuantity"]["value"] = 1.into();
    }
    if body["resourceType"] == "Patient" {
        other["name"] = serde_json::json!([{"family": "Ẩn", "given": ["Danh"]}]);
    }
    if let Some(number) = body["identifier"][0]["value"].as_str() {
        // Of the same form.
        other["identifier"][0]["value"] = number.replace("0990", "0995").replace("KB-", "KB-9").into();
    }
    let mut hasher = DefaultHasher::new();
    body.to_string().hash(&mut hasher);
    other["language"] = format!("x-{:016x}", hasher.finish()).into();
    other
}
