//! An entry of the log of accesses as an `AuditEvent`: <https://hl7.org/fhir/R4/auditevent.html>, in the form of IHE Basic
//! Audit Log Patterns 1.1 (<https://profiles.ihe.net/ITI/BALP/>), which names the agents, the entities and their codes.

use audit_log::{Action, Entry, Outcome};
use fhir::{LogicalId, ResourceType};
use serde_json::{Map, Value, json};

/// Code systems of the standard.
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const PROVENANCE_AGENT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const ROLE_CLASS: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleClass";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const RESOURCE_TYPES: &str = "http://hl7.org/fhir/resource-types";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
pub(crate) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const ABSENT: &str = "http://hl7.org/fhir/StructureDefinition/data-absent-reason";
/// Our own: what is no interaction of REST, and by which rule of the policy something was permitted.
const ACTION: &str = "urn:healthbook:access-log-action";
const RULE: &str = "urn:healthbook:policy-rule";

/// The id of the `AuditEvent` of a position; `None` for any other text.
pub(crate) fn position_of(id: &str) -> Option<u64> {
    let digits = id.strip_prefix("log-")?;
    let position: u64 = digits.parse().ok()?;
    (digits == position.to_string()).then_some(position)
}

/// The `AuditEvent` of an entry, for the server at a base. What has no position yet, because it waits for the sequencer, has
/// an id of its request.
pub(crate) fn audit_event(base: &str, position: Option<u64>, number: usize, entry: &Entry<'_>) -> Value {
    let id = position.map_or_else(
        || format!("waiting-{}-{number}", entry.request.simple()),
        |position| format!("log-{position}"),
    );
    let kind = kind(entry.action);
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    put("resourceType", json!("AuditEvent"));
    put("id", json!(id));
    put(
        "type",
        match entry.action {
            Action::SignIn | Action::SignOut | Action::Token => {
                coding(DICOM, "110114", "User Authentication")
            }
            Action::Administration | Action::Background => coding(DICOM, "110100", "Application Activity"),
            _ => coding(EVENT_TYPE, "rest", "RESTful Operation"),
        },
    );
    let system = if kind.is_interaction { INTERACTION } else { ACTION };
    let mut subtypes = vec![coding(system, kind.code, kind.code)];
    match entry.action {
        Action::SignIn => subtypes.push(coding(DICOM, "110122", "Login")),
        Action::SignOut => subtypes.push(coding(DICOM, "110123", "Logout")),
        _ => {}
    }
    put("subtype", Value::Array(subtypes));
    put("action", json!(kind.letter));
    put("recorded", json!(entry.time.to_string()));
    put("outcome", json!(outcome(entry.outcome)));
    if !entry.purpose.is_empty() {
        put("purposeOfEvent", json!([{"coding": [{"system": ACT_REASON, "code": &*entry.purpose}]}]));
    }
    put("agent", Value::Array(agents(base, entry, &kind)));
    put(
        "source",
        json!({"site": "healthbook", "observer": {"display": "Healthbook"},
        "type": [{"system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4"}]}),
    );
    put("entity", Value::Array(entities(entry, &kind)));
    Value::Object(event)
}

fn coding(system: &str, code: &str, display: &str) -> Value {
    json!({"system": system, "code": code, "display": display})
}

/// The letter of `AuditEvent.action`.
pub(crate) fn letter(action: Action) -> &'static str {
    kind(action).letter
}

/// How an action is told.
struct Kind {
    code: &'static str,
    is_interaction: bool,
    letter: &'static str,
    form: Form,
}

/// The patterns of IHE, which say whom an event names in which role; what they do not speak of is told like what is next to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Read,
    Query,
    Write,
    Delete,
    /// Signing in and what belongs to it.
    Access,
}

fn kind(action: Action) -> Kind {
    let rest = |code, letter, form| Kind { code, is_interaction: true, letter, form };
    let own = |code, letter, form| Kind { code, is_interaction: false, letter, form };
    match action {
        Action::Read => rest("read", "R", Form::Read),
        Action::Vread => rest("vread", "R", Form::Read),
        Action::History => rest("history", "R", Form::Read),
        Action::Search => rest("search", "E", Form::Query),
        Action::Include => own("include", "E", Form::Query),
        Action::Operation => rest("operation", "E", Form::Query),
        Action::Export => own("export", "R", Form::Read),
        Action::Print => own("print", "R", Form::Read),
        Action::Create => rest("create", "C", Form::Write),
        Action::Update => rest("update", "U", Form::Write),
        Action::Patch => rest("patch", "U", Form::Write),
        Action::Delete => rest("delete", "D", Form::Delete),
        Action::SignIn => own("sign-in", "E", Form::Access),
        Action::SignOut => own("sign-out", "E", Form::Access),
        Action::Token => own("token", "E", Form::Access),
        Action::Revocation => own("revocation", "E", Form::Access),
        Action::Sharing => own("sharing", "E", Form::Write),
        Action::Administration => own("administration", "E", Form::Write),
        Action::Background => own("background", "E", Form::Write),
        Action::Reserved(_) => own("reserved", "E", Form::Write),
    }
}

fn outcome(outcome: Outcome) -> String {
    outcome.number().to_string()
}

/// The types of the server, of the client and of who asks.
fn participants(form: Form) -> [Value; 3] {
    let one = |system, code, display| json!({"coding": [coding(system, code, display)]});
    let (source, destination) =
        (one(DICOM, "110153", "Source Role ID"), one(DICOM, "110152", "Destination Role ID"));
    let recipient = one(PARTICIPATION, "IRCP", "information recipient");
    let author = one(PARTICIPATION, "AUT", "author (originator)");
    match form {
        Form::Read | Form::Access => [source, destination, recipient],
        // What is asked goes to the server.
        Form::Query => [destination, source, recipient],
        Form::Write => [destination, source, author],
        Form::Delete => {
            [one(PROVENANCE_AGENT, "custodian", "Custodian"), one(DICOM, "110150", "Application"), author]
        }
    }
}

/// What would have to be there and is not, with the reason.
pub(crate) fn absent(reason: &str) -> Value {
    json!({"extension": [{"url": ABSENT, "valueCode": reason}]})
}

fn agents(base: &str, entry: &Entry<'_>, kind: &Kind) -> Vec<Value> {
    let [ours, theirs, asks] = participants(kind.form);
    // The type of a network is 5 for a URI.
    let network = json!({"address": base, "type": "5"});
    let mut agents =
        vec![json!({"type": ours, "who": {"display": "Healthbook"}, "requestor": false, "network": network})];
    if !entry.client.is_empty() || kind.is_interaction {
        let who = match &*entry.client {
            "" => absent("unknown"),
            client => json!({"identifier": {"value": client}}),
        };
        // The log does not hold from which address somebody asks.
        let network = absent("unsupported");
        agents.push(json!({"type": theirs, "who": who, "requestor": false, "network": network}));
    }
    let mut who = reference(&entry.agent);
    if !entry.agent_name.is_empty() {
        who["display"] = json!(&*entry.agent_name);
    }
    let mut user = json!({"type": asks, "who": who, "requestor": true});
    if !entry.role.is_empty() {
        let role = |code| json!({"coding": [{"system": "urn:healthbook:role", "code": code}]});
        user["role"] = entry.role.split(' ').map(role).collect();
    }
    if !entry.agent_name.is_empty() {
        user["name"] = json!(&*entry.agent_name);
    }
    if !entry.authority.is_empty() {
        // Of rules that give something together: a URI holds no white space.
        let authority = entry.authority.replace(' ', "");
        user["policy"] = json!([format!("{RULE}:{authority}@{}", &*entry.policy)]);
    }
    if !entry.purpose.is_empty() {
        user["purposeOfUse"] = json!([{"coding": [{"system": ACT_REASON, "code": &*entry.purpose}]}]);
    }
    agents.push(user);
    if !entry.organization.is_empty() {
        let mut who = reference(&entry.organization);
        if !entry.organization_name.is_empty() {
            who["display"] = json!(&*entry.organization_name);
        }
        // A custodian would be one who asks, in the patterns of writes.
        let kind = json!({"coding": [coding(ROLE_CLASS, "PROV", "healthcare provider")]});
        agents.push(json!({"type": kind, "who": who, "requestor": false}));
    }
    agents
}

/// A reference to a resource; what is none is named by an identifier: an account, a client system, a path.
pub(crate) fn reference(text: &str) -> Value {
    let is_type = |kind: &str| kind != "Account" && kind != "Device" && kind.parse::<ResourceType>().is_ok();
    match text.split_once('/') {
        Some((kind, id)) if is_type(kind) && LogicalId::try_from(id).is_ok() => json!({"reference": text}),
        _ => json!({"identifier": {"value": text}}),
    }
}

/// The person first. Of type 2 there is one: what was asked or done, for that is how the patterns tell it from the rest.
fn entities(entry: &Entry<'_>, kind: &Kind) -> Vec<Value> {
    let role = |code, display| coding(OBJECT_ROLE, code, display);
    let system_object = || coding(ENTITY_TYPE, "2", "System Object");
    let mut entities = Vec::new();
    if !entry.patient.is_empty() {
        entities.push(json!({"what": {"reference": &*entry.patient},
            "type": coding(ENTITY_TYPE, "1", "Person"), "role": role("1", "Patient")}));
    }
    let is_query = kind.form == Form::Query;
    let is_one = kind.is_interaction && !is_query;
    // What was read may be known by its path only: an entry of the log.
    let by_path = is_one && entry.resource.is_empty() && kind.form == Form::Read;
    let data: &str = if by_path { &entry.query } else { &entry.resource };
    if !data.is_empty() && (is_one || entry.resource != entry.patient) {
        let what = if entry.version.is_empty() {
            reference(data)
        } else {
            json!({"reference": format!("{data}/_history/{}", &*entry.version)})
        };
        let kind = match data.split_once('/') {
            Some((kind, _)) if is_query => coding(RESOURCE_TYPES, kind, kind),
            _ => system_object(),
        };
        entities.push(json!({"what": what, "type": kind, "role": role("4", "Domain Resource")}));
    }
    if !entry.query.is_empty() && entry.action.number() >= Action::SignIn.number() {
        // No search, but which of several ways, or the name of a command.
        entities.push(json!({"type": system_object(), "role": role("13", "Security Resource"),
            "name": &*entry.query}));
    } else if !entry.query.is_empty() {
        use base64::Engine as _;
        let query = base64::engine::general_purpose::STANDARD.encode(entry.query.as_bytes());
        let kind = if is_query { system_object() } else { coding(ENTITY_TYPE, "4", "Other") };
        entities.push(json!({"type": kind, "role": role("24", "Query"), "query": query,
            "description": &*entry.query}));
    }
    if !entry.basis.is_empty() {
        entities.push(json!({"what": {"reference": &*entry.basis},
            "role": role("13", "Security Resource"), "name": "basis"}));
    }
    entities.push(json!({"what": {"identifier": {"value": entry.request.to_string()}},
        "type": {"system": BALP_ENTITY, "code": "XrequestId"}}));
    entities
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: &str = "http://book.example/fhir";

    fn requestor(event: &Value) -> &Value {
        event["agent"].as_array().unwrap().iter().find(|agent| agent["requestor"] == true).unwrap()
    }

    #[test]
    fn of_an_assisted_session_staff_are_the_agent_and_the_citizen_the_patient() {
        let entry = Entry {
            action: Action::Read,
            agent: "Practitioner/d-1".into(),
            role: "assisted".into(),
            organization: "Organization/o-1".into(),
            patient: "Patient/p-1".into(),
            resource: "Observation/x".into(),
            basis: "Patient/p-1".into(),
            ..Entry::default()
        };
        let event = audit_event(BASE, Some(1), 0, &entry);
        let user = requestor(&event);
        assert_eq!(user["who"]["reference"], "Practitioner/d-1");
        assert_eq!(user["role"][0]["coding"][0]["code"], "assisted");
        assert!(event["agent"].to_string().contains("Organization/o-1"));
        let entities = event["entity"].as_array().unwrap();
        assert_eq!(entities[0]["what"]["reference"], "Patient/p-1");
        assert_eq!(entities[0]["role"]["code"], "1");
        let basis = entities.iter().find(|entity| entity["name"] == "basis").unwrap();
        assert_eq!(basis["what"]["reference"], "Patient/p-1");
    }

    #[test]
    fn each_role_of_a_sign_in_is_a_code() {
        let entry = Entry { action: Action::SignIn, role: "nurse registrar".into(), ..Entry::default() };
        let event = audit_event(BASE, None, 0, &entry);
        let roles = requestor(&event)["role"].as_array().unwrap();
        let codes: Vec<&Value> = roles.iter().map(|role| &role["coding"][0]["code"]).collect();
        assert_eq!(codes, ["nurse", "registrar"]);
    }
}
