//! What the rules have to know beside the log: names, whose staff somebody is, visits in progress.

use std::collections::HashMap;

use fhir::{Instant, LogicalId};
use interactions::{Problem, Service};
use notices::{Facts, PersonalName, Seen};
use serde_json::Value;

use crate::ledger::{find, items, read, text};
use crate::moment::plus;
use crate::vocabulary::CITIZEN_NUMBER;

/// The extension of an address that names its ward.
const WARD: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-ward";
/// What is remembered is asked again after so many seconds.
const BELIEVED: i64 = 600;
/// Pairs that are remembered.
const MOST: usize = 50_000;
/// A visit in which somebody is there.
const IN_PROGRESS: &str = "arrived,triaged,in-progress,onleave";

/// A person as far as the rules go.
#[derive(Debug, Clone, Default)]
struct Person {
    name: PersonalName,
    number: String,
}

/// What is known of a reader and a citizen.
#[derive(Debug, Clone, Default)]
struct Pair {
    reader: Option<PersonalName>,
    citizen: Option<PersonalName>,
    is_colleague: bool,
}

/// What is remembered for some minutes.
#[derive(Debug)]
pub(super) struct Known {
    since: Instant,
    pairs: HashMap<(String, String, String), Pair>,
}

impl Default for Known {
    fn default() -> Self {
        Self { since: Instant::from_microseconds(0), pairs: HashMap::new() }
    }
}

impl Known {
    /// The facts about an access.
    pub(super) async fn facts(
        &mut self,
        service: &Service,
        seen: &Seen,
        is_known_facility: bool,
        now: Instant,
    ) -> Result<Facts, Problem> {
        let mut facts = Facts { is_known_facility, ..Facts::default() };
        if seen.is_old {
            return Ok(facts);
        }
        if seen.night.is_some() {
            facts.is_visit_in_progress = is_visit_in_progress(service, seen).await?;
        }
        if seen.agent.starts_with("Practitioner/") && seen.is_person {
            let pair = self.pair(service, seen, now).await?;
            (facts.reader, facts.citizen, facts.is_colleague) =
                (pair.reader, pair.citizen, pair.is_colleague);
        }
        Ok(facts)
    }

    async fn pair(&mut self, service: &Service, seen: &Seen, now: Instant) -> Result<Pair, Problem> {
        if self.pairs.len() >= MOST || plus(self.since, BELIEVED) < now {
            (self.since, self.pairs) = (now, HashMap::new());
        }
        let key = (seen.agent.clone(), seen.patient.clone(), seen.organization.clone());
        if let Some(pair) = self.pairs.get(&key) {
            return Ok(pair.clone());
        }
        let pair = read_pair(service, seen).await?;
        self.pairs.insert(key, pair.clone());
        Ok(pair)
    }
}

async fn read_pair(service: &Service, seen: &Seen) -> Result<Pair, Problem> {
    let (reader, citizen) =
        (person(service, &seen.agent).await?.unwrap_or_default(), person(service, &seen.patient).await?);
    let Some(citizen) = citizen else { return Ok(Pair::default()) };
    // Who reads the own book as staff is neither a relative nor a colleague.
    if !citizen.number.is_empty() && citizen.number == reader.number {
        return Ok(Pair::default());
    }
    let is_colleague = is_staff_of(service, &citizen.number, &seen.organization).await?;
    Ok(Pair { reader: Some(reader.name), citizen: Some(citizen.name), is_colleague })
}

async fn person(service: &Service, reference: &str) -> Result<Option<Person>, Problem> {
    let Some((kind, id)) = reference.split_once('/') else { return Ok(None) };
    let Ok(id) = LogicalId::try_from(id) else { return Ok(None) };
    Ok(read(service, kind, &id).await?.map(|found| person_of(&found.resource)))
}

fn person_of(resource: &Value) -> Person {
    let number = items(resource, "/identifier").iter().find(|it| text(it, "/system") == CITIZEN_NUMBER);
    let mut parts = items(resource, "/address").iter().flat_map(|address| items(address, "/extension"));
    let ward = parts.find(|it| text(it, "/url") == WARD);
    let told = |found: Option<&Value>, pointer: &str| {
        found.map(|found| text(found, pointer)).unwrap_or_default().to_owned()
    };
    let (family, middle) = names(items(resource, "/name").first().unwrap_or(&Value::Null));
    Person {
        number: told(number, "/value"),
        name: PersonalName { family, middle, ward: told(ward, "/valueCoding/code") },
    }
}

/// Family name and middle names; the given name that one is called by is the last.
fn names(name: &Value) -> (String, String) {
    let given: Vec<&str> =
        items(name, "/given").iter().filter_map(Value::as_str).flat_map(str::split_whitespace).collect();
    let family = text(name, "/family");
    let mut words: Vec<&str> = match family {
        "" => text(name, "/text").split_whitespace().collect(),
        _ => std::iter::once(family).chain(given).collect(),
    };
    let family = if words.is_empty() { "" } else { words.remove(0) };
    words.pop();
    (family.to_owned(), words.join(" "))
}

/// Whether a `Practitioner` with this citizen number has a role at a facility.
async fn is_staff_of(service: &Service, number: &str, organization: &str) -> Result<bool, Problem> {
    // What is no citizen number is nobody's, and may hold what a search reads as more than a number.
    if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(false);
    }
    let pairs = [
        ("organization", organization.to_owned()),
        ("practitioner:Practitioner.identifier", format!("{CITIZEN_NUMBER}|{number}")),
        ("_count", "1".to_owned()),
    ];
    Ok(!find(service, "PractitionerRole", &pairs).await?.0.is_empty())
}

async fn is_visit_in_progress(service: &Service, seen: &Seen) -> Result<bool, Problem> {
    let pairs = [
        ("patient", seen.patient.clone()),
        ("service-provider", seen.organization.clone()),
        ("status", IN_PROGRESS.to_owned()),
        ("_count", "1".to_owned()),
    ];
    Ok(!find(service, "Encounter", &pairs).await?.0.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_taken_apart_however_they_are_written() {
        for (name, family, middle) in [
            (json!({"family": "Trần", "given": ["Minh", "An"]}), "Trần", "Minh"),
            (json!({"family": "Trần", "given": ["Minh Thu An"]}), "Trần", "Minh Thu"),
            (json!({"family": "Trần", "given": ["An"]}), "Trần", ""),
            (json!({"family": "Trần"}), "Trần", ""),
            (json!({"text": "Trần Minh An"}), "Trần", "Minh"),
            (json!({}), "", ""),
        ] {
            assert_eq!(names(&name), (family.to_owned(), middle.to_owned()), "{name}");
        }
    }

    #[test]
    fn the_ward_is_that_of_the_address_and_the_number_that_of_the_state() {
        let person = person_of(&json!({
            "identifier": [{"system": "urn:other", "value": "1"}, {"system": CITIZEN_NUMBER, "value": "099000000001"}],
            "address": [{"extension": [{"url": WARD, "valueCoding": {"code": "00004"}}]}],
            "name": [{"family": "Lê", "given": ["Văn", "Ba"]}],
        }));
        assert_eq!((person.number.as_str(), person.name.ward.as_str()), ("099000000001", "00004"));
    }
}
