//! An entry of the log of accesses as an `AuditEvent`: <https://hl7.org/fhir/R4/auditevent.html>, in the form of IHE Basic
//! Audit Log Patterns 1.1 (<https://profiles.ihe.net/ITI/BALP/>), which names the agents, the entities and their codes.

use audit_log::{Action, Entry, Outcome};
use serde_json::{Map, Value, json};

/// Code systems of the standard.
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
pub(crate) const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
/// Our own: what is no interaction of REST, and by which rule of the policy something was permitted.
const ACTION: &str = "urn:healthbook:access-log-action";
const RULE: &str = "urn:healthbook:policy-rule";

/// The id of the `AuditEvent` of a position; `None` for any other text.
pub(crate) fn position_of(id: &str) -> Option<u64> {
    let digits = id.strip_prefix("log-")?;
    let position: u64 = digits.parse().ok()?;
    (digits == position.to_string()).then_some(position)
}

/// The `AuditEvent` of an entry. What has no position yet, because it waits for the sequencer, has an id of its request.
pub(crate) fn audit_event(position: Option<u64>, number: usize, entry: &Entry<'_>) -> Value {
    let id = position.map_or_else(
        || format!("waiting-{}-{number}", entry.request.simple()),
        |position| format!("log-{position}"),
    );
    let (code, reads, kind) = words(entry.action);
    let mut event = Map::new();
    let mut put = |name: &str, value: Value| event.insert(name.to_owned(), value);
    put("resourceType", json!("AuditEvent"));
    put("id", json!(id));
    let system = if kind.is_interaction { INTERACTION } else { ACTION };
    let mut subtypes = vec![json!({"system": system, "code": code})];
    let is_authentication = matches!(entry.action, Action::SignIn | Action::SignOut | Action::Token);
    put(
        "type",
        if is_authentication {
            json!({"system": DICOM, "code": "110114", "display": "User Authentication"})
        } else {
            json!({"system": EVENT_TYPE, "code": "rest", "display": "RESTful Operation"})
        },
    );
    match entry.action {
        Action::SignIn => subtypes.push(json!({"system": DICOM, "code": "110122", "display": "Login"})),
        Action::SignOut => subtypes.push(json!({"system": DICOM, "code": "110123", "display": "Logout"})),
        _ => {}
    }
    put("subtype", Value::Array(subtypes));
    put("action", json!(kind.letter));
    put("recorded", json!(entry.time.to_string()));
    put("outcome", json!(outcome(entry.outcome)));
    if !entry.purpose.is_empty() {
        put("purposeOfEvent", json!([{"coding": [{"system": ACT_REASON, "code": &*entry.purpose}]}]));
    }
    put("agent", Value::Array(agents(entry, reads)));
    put(
        "source",
        json!({"site": "healthbook", "observer": {"display": "Healthbook"},
        "type": [{"system": "http://terminology.hl7.org/CodeSystem/security-source-type", "code": "4"}]}),
    );
    put("entity", Value::Array(entities(entry)));
    Value::Object(event)
}

/// The letter of `AuditEvent.action`.
pub(crate) fn letter(action: Action) -> &'static str {
    words(action).2.letter
}

struct Kind {
    is_interaction: bool,
    letter: &'static str,
}

/// Code of the action, whether data goes to who asks, and what kind it is.
fn words(action: Action) -> (&'static str, bool, Kind) {
    let rest = |letter| Kind { is_interaction: true, letter };
    let own = |letter| Kind { is_interaction: false, letter };
    match action {
        Action::Read => ("read", true, rest("R")),
        Action::Vread => ("vread", true, rest("R")),
        Action::History => ("history", true, rest("R")),
        Action::Search => ("search", true, rest("E")),
        Action::Include => ("include", true, own("E")),
        Action::Operation => ("operation", true, rest("E")),
        Action::Export => ("export", true, own("R")),
        Action::Print => ("print", true, own("R")),
        Action::Create => ("create", false, rest("C")),
        Action::Update => ("update", false, rest("U")),
        Action::Patch => ("patch", false, rest("U")),
        Action::Delete => ("delete", false, rest("D")),
        Action::SignIn => ("sign-in", true, own("E")),
        Action::SignOut => ("sign-out", true, own("E")),
        Action::Token => ("token", true, own("E")),
        Action::Revocation => ("revocation", true, own("E")),
        Action::Sharing => ("sharing", false, own("E")),
        Action::Administration => ("administration", false, own("E")),
        Action::Background => ("background", false, own("E")),
        Action::Reserved(_) => ("reserved", false, own("E")),
    }
}

fn outcome(outcome: Outcome) -> String {
    outcome.number().to_string()
}

fn agents(entry: &Entry<'_>, reads: bool) -> Vec<Value> {
    let coding = |system: &str, code: &str, display: &str| json!({"coding": [{"system": system, "code": code, "display": display}]});
    let (source, destination) =
        (coding(DICOM, "110153", "Source Role ID"), coding(DICOM, "110152", "Destination Role ID"));
    let (ours, theirs) = if reads { (source, destination) } else { (destination, source) };
    let mut agents = vec![json!({"type": ours, "who": {"display": "Healthbook"}, "requestor": false})];
    if !entry.client.is_empty() {
        agents.push(
            json!({"type": theirs, "who": {"identifier": {"value": &*entry.client}}, "requestor": false}),
        );
    }
    let mut who = reference(&entry.agent);
    if !entry.agent_name.is_empty() {
        who["display"] = json!(&*entry.agent_name);
    }
    let mut user = json!({"type": coding(PARTICIPATION, "IRCP", "information recipient"), "who": who, "requestor": true});
    if !entry.role.is_empty() {
        user["role"] = json!([{"coding": [{"system": "urn:healthbook:role", "code": &*entry.role}]}]);
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
        agents
            .push(json!({"type": coding(PARTICIPATION, "CST", "custodian"), "who": who, "requestor": false}));
    }
    agents
}

/// A reference to a resource; what is none is named by an identifier.
pub(crate) fn reference(text: &str) -> Value {
    match text.split_once('/') {
        Some((kind, _)) if kind != "Account" && kind != "Device" => json!({"reference": text}),
        _ => json!({"identifier": {"value": text}}),
    }
}

fn entities(entry: &Entry<'_>) -> Vec<Value> {
    let role = |code: &str, display: &str| json!({"system": OBJECT_ROLE, "code": code, "display": display});
    let mut entities = Vec::new();
    if !entry.patient.is_empty() {
        entities.push(json!({"what": {"reference": &*entry.patient},
            "type": {"system": ENTITY_TYPE, "code": "1", "display": "Person"}, "role": role("1", "Patient")}));
    }
    if !entry.resource.is_empty() && entry.resource != entry.patient {
        let what = if entry.version.is_empty() {
            reference(&entry.resource)
        } else {
            json!({"reference": format!("{}/_history/{}", &*entry.resource, &*entry.version)})
        };
        entities.push(json!({"what": what,
            "type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
            "role": role("4", "Domain Resource")}));
    }
    if !entry.query.is_empty() && entry.action.number() >= Action::SignIn.number() {
        // No search, but which of several ways, or the name of a command.
        entities.push(json!({"type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
            "role": role("13", "Security Resource"), "name": &*entry.query}));
    } else if !entry.query.is_empty() {
        use base64::Engine as _;
        let query = base64::engine::general_purpose::STANDARD.encode(entry.query.as_bytes());
        entities.push(json!({"type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
            "role": role("24", "Query"), "query": query, "description": &*entry.query}));
    }
    if !entry.basis.is_empty() {
        entities.push(json!({"what": {"reference": &*entry.basis},
            "role": role("13", "Security Resource"), "name": "basis"}));
    }
    entities.push(json!({"what": {"identifier": {"value": entry.request.to_string()}},
        "type": {"system": BALP_ENTITY, "code": "XrequestId"}}));
    entities
}
