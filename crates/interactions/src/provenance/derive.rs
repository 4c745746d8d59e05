//! From a version and the entry of its write to a `Provenance`: <https://hl7.org/fhir/R4/provenance.html>.

use access::Shield;
use audit_log::Entry;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use record_store::{Change, Message, Record};
use serde_json::{Map, Value, json};

use super::id::id_of;
use super::signature::SignatureState;
use crate::audit_event::{ACT_REASON, absent, reference};

const OPERATION: &str = "http://terminology.hl7.org/CodeSystem/v3-DataOperation";
const AGENT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
/// R4 has no word for the system that hands something over.
const US_CORE_AGENT: &str = "http://hl7.org/fhir/us/core/CodeSystem/us-core-provenance-participant-type";
const ROLE: &str = "urn:healthbook:role";

/// What is known of a write besides its version.
#[derive(Debug, Clone)]
pub(crate) struct Origin<'a> {
    pub(crate) entry: Option<&'a Entry<'a>>,
    pub(crate) message: Option<Message>,
    pub(crate) signature: SignatureState,
}

/// The `Provenance` of a version. In a book under the location shield nothing in it tells a facility.
pub(crate) fn provenance(version: &Record, origin: &Origin<'_>) -> Value {
    let Record { resource_type, id, .. } = version;
    let recorded = version.last_updated.to_string();
    let operation = match version.change {
        Change::Create | Change::UpdateAsCreate => "CREATE",
        Change::Update | Change::Moved => "UPDATE",
        Change::Delete => "DELETE",
    };
    let is_masked = version.hides_places();
    let mut resource = Map::new();
    let mut put = |name: &str, value: Value| resource.insert(name.to_owned(), value);
    put("resourceType", json!(super::PROVENANCE));
    put("id", json!(id_of(*resource_type, id, version.version)));
    let mut meta = json!({"versionId": "1", "lastUpdated": recorded});
    if is_masked {
        meta["security"] = json!([{"system": Shield::SYSTEM, "code": Shield::CODE}]);
    }
    put("meta", meta);
    put("extension", json!([{"url": SignatureState::URL, "valueCode": origin.signature.code()}]));
    put("target", json!([{"reference": format!("{resource_type}/{id}/_history/{}", version.version)}]));
    put("recorded", json!(recorded));
    if let Some(entry) = origin.entry.filter(|entry| !entry.purpose.is_empty()) {
        put("reason", json!([{"coding": [{"system": ACT_REASON, "code": &*entry.purpose}]}]));
    }
    put("activity", json!({"coding": [{"system": OPERATION, "code": operation}]}));
    put("agent", Value::Array(agents(origin.entry, Sight::of(version))));
    if let Some(message) = origin.message.filter(|_| !is_masked) {
        put("entity", json!([{"role": "source", "what": original(&message)}]));
    }
    Value::Object(resource)
}

/// What of the agents of a write is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    Whole,
    /// The person without the facility: who found something is told of most resources under the shield.
    Person,
    /// Not even staff, for a resource of which the shield takes the place out: their directory leads to the facility.
    Citizen,
}

impl Sight {
    pub(crate) fn of(version: &Record) -> Self {
        match version.hides_places() {
            false => Self::Whole,
            true if Shield::is_about(version.resource_type) => Self::Citizen,
            true => Self::Person,
        }
    }

    /// Whether an agent that is a person is told.
    pub(crate) fn tells(self, agent: &str) -> bool {
        agent.starts_with("Patient/") || agent.starts_with("Practitioner/") && self != Self::Citizen
    }
}

fn agents(entry: Option<&Entry<'_>>, sight: Sight) -> Vec<Value> {
    let is_masked = sight != Sight::Whole;
    let kind = |system: &str, code: &str| json!({"coding": [{"system": system, "code": code}]});
    let author = |who: Value| json!({"type": kind(AGENT, "author"), "who": who});
    let Some(entry) = entry else { return vec![author(absent("unknown"))] };
    // A person is told under the shield too; an account or a system is one of a facility.
    let is_person = sight.tells(&entry.agent);
    let is_own = !entry.agent.contains('/');
    let mut who = if is_masked && !is_person && !is_own { absent("masked") } else { reference(&entry.agent) };
    if is_person && !entry.agent_name.is_empty() {
        who["display"] = json!(&*entry.agent_name);
    }
    let mut first = author(who);
    if !entry.role.is_empty() && (sight != Sight::Citizen || is_person) {
        first["role"] = json!([{"coding": [{"system": ROLE, "code": &*entry.role}]}]);
    }
    if !is_masked && !entry.organization.is_empty() {
        let mut facility = reference(&entry.organization);
        if !entry.organization_name.is_empty() {
            facility["display"] = json!(&*entry.organization_name);
        }
        first["onBehalfOf"] = facility;
    }
    let mut agents = vec![first];
    if !is_masked && !entry.client.is_empty() {
        let client = json!({"type": "Device", "identifier": {"value": &*entry.client}});
        agents.push(json!({"type": kind(US_CORE_AGENT, "transmitter"), "who": client}));
    }
    agents
}

/// A message by its hash: a name of RFC 6920.
fn original(message: &Message) -> Value {
    let hash = URL_SAFE_NO_PAD.encode(message.hash);
    json!({"identifier": {"system": "urn:ietf:rfc:3986", "value": format!("ni:///sha-256;{hash}")}})
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry<'static> {
        Entry {
            agent: "Device/hospital-7".into(),
            role: "system".into(),
            organization: "Organization/7".into(),
            organization_name: "Hospital Seven".into(),
            client: "hospital-7".into(),
            ..Entry::default()
        }
    }

    #[test]
    fn the_author_its_facility_and_the_system_are_told() {
        let agents = Value::Array(agents(Some(&entry()), Sight::Whole));
        assert_eq!(agents[0]["onBehalfOf"]["reference"], "Organization/7");
        assert_eq!(agents[0]["type"]["coding"][0]["code"], "author");
        assert_eq!(agents[0]["who"]["identifier"]["value"], "Device/hospital-7");
        assert_eq!(agents[1]["who"]["identifier"]["value"], "hospital-7");
    }

    #[test]
    fn under_the_shield_nothing_tells_the_facility() {
        let masked = Value::Array(agents(Some(&entry()), Sight::Person));
        for word in ["hospital-7", "Organization/7", "Seven"] {
            assert!(!masked.to_string().contains(word), "{masked}");
        }
        assert_eq!(masked[0]["who"]["extension"][0]["valueCode"], "masked");
        // Who found something is told of every resource under the shield.
        let person = Entry { agent: "Practitioner/1".into(), ..entry() };
        assert_eq!(agents(Some(&person), Sight::Person)[0]["who"]["reference"], "Practitioner/1");
        // Of a Patient or an Encounter it would lead to where that is.
        let place = Value::Array(agents(Some(&person), Sight::Citizen)).to_string();
        assert!(!place.contains("Practitioner/1") && !place.contains("role"), "{place}");
    }

    #[test]
    fn who_is_not_in_the_log_any_more_is_unknown() {
        assert_eq!(agents(None, Sight::Whole)[0]["who"]["extension"][0]["valueCode"], "unknown");
    }

    #[test]
    fn a_message_has_the_name_that_the_rfc_gives_it() {
        // RFC 6920, section 8.1: the SHA-256 of "Hello World!".
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"Hello World!");
        let message = Message { hash: hash.as_ref().try_into().unwrap(), length: 12 };
        let name = "ni:///sha-256;f4OxZX_x_FO5LcGBSKHWXfwtSx-j1ncoSt3SABJtkGk";
        assert_eq!(original(&message)["identifier"]["value"], name);
    }
}
