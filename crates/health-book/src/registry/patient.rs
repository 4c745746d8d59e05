//! The `Patient` of a record of the registry: what the registry owns is replaced, all else stays.

use fhir::Instant;
use interactions::OLD_IDENTITY_CARD;
use interactions::registry::{ADDRESS, EXTENSION, VERIFICATION};
use population_registry::{Address, Demographics, Sex, Status, same_name};
use serde_json::{Map, Value, json};

use super::told::Told;
use crate::ledger::{items, text};
use crate::moment::day;
use crate::vocabulary::CITIZEN_NUMBER;

const PROVINCE: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-province";
const PROVINCES: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-province-cs";
const WARD: &str = "http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-ward";
const WARDS: &str = "http://fhir.hl7.org.vn/core/CodeSystem/vn-ward-cs";

/// What a verified `Patient` tells of its verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verified {
    pub(super) at: Instant,
    pub(super) version: Option<u64>,
    pub(super) representative: Option<String>,
}

impl Verified {
    /// Reads it; `None` of who is not verified.
    pub(super) fn of(patient: &Value) -> Option<Self> {
        let extension = items(patient, "/extension").iter().find(|it| text(it, "/url") == EXTENSION)?;
        let part = |name: &str| items(extension, "/extension").iter().find(|it| text(it, "/url") == name);
        let at = Instant::try_from(text(part("verifiedAt")?, "/valueInstant")).ok()?;
        let version = part("version").and_then(|part| part.get("valueUnsignedInt")).and_then(Value::as_u64);
        let representative =
            part("representative").map(|part| text(part, "/valueIdentifier/value").to_owned());
        Some(Self { at, version, representative })
    }
}

/// The number of the representative, when the registry knows it.
pub(super) fn representative(record: &Demographics) -> Option<&str> {
    let representative = record.relationships.representative.as_ref()?;
    representative.number.as_ref().map(|number| number.as_str())
}

/// Whether the record is of somebody who died.
pub(super) fn is_dead(record: &Demographics) -> bool {
    matches!(record.status, Status::Dead { .. })
}

/// The `Patient` after the registry has spoken. `replacing`: the reference of who has the number that replaces this one,
/// when that person is in the book.
pub(super) fn patient_of(told: &Told<'_>, before: Option<&Value>, replacing: Option<String>) -> Value {
    let record = told.record;
    let mut patient = match before {
        Some(Value::Object(members)) => members.clone(),
        _ => Map::from_iter([("resourceType".to_owned(), json!("Patient"))]),
    };
    let nothing = Value::Null;
    let old = before.unwrap_or(&nothing);
    put_meta(&mut patient, told);
    let others = kept(old, "/extension", |it| text(it, "/url") != EXTENSION);
    put_list(&mut patient, "extension", [others, vec![extension(told, old)]].concat());
    put_list(&mut patient, "identifier", identifiers(told, old));
    put_list(&mut patient, "name", vec![name(told, old)]);
    patient.remove("_name");
    let gender = match record.sex {
        Sex::Male => "male",
        Sex::Female => "female",
        Sex::Unknown => "unknown",
    };
    patient.insert("gender".to_owned(), json!(gender));
    patient.insert("birthDate".to_owned(), json!(record.birth_date.to_string()));
    for name in ["deceasedBoolean", "_deceasedBoolean", "deceasedDateTime", "_deceasedDateTime", "_birthDate"]
    {
        patient.remove(name);
    }
    match &record.status {
        Status::Dead { on: Some(on) } => {
            patient.insert("deceasedDateTime".to_owned(), json!(on.to_string()));
        }
        Status::Dead { on: None } => {
            patient.insert("deceasedBoolean".to_owned(), json!(true));
        }
        _ => {}
    }
    let is_gone = matches!(record.status, Status::Cancelled | Status::ReplacedBy { .. });
    patient.insert("active".to_owned(), json!(!is_gone));
    let mut links = kept(old, "/link", |it| text(it, "/type") != "replaced-by");
    if let Status::ReplacedBy { number } = &record.status {
        let mut other = json!({"identifier": {"system": CITIZEN_NUMBER, "value": number.as_str()}});
        if let (Some(reference), Some(members)) = (replacing, other.as_object_mut()) {
            members.insert("reference".to_owned(), json!(reference));
        }
        links.push(json!({"other": other, "type": "replaced-by"}));
    }
    put_list(&mut patient, "link", links);
    let mut addresses = kept(old, "/address", |it| !is_registered(it));
    let told_of = [("permanent", "home", &record.permanent), ("current", "temp", &record.current)];
    addresses.extend(told_of.into_iter().filter_map(|(kind, purpose, address)| {
        address.as_ref().map(|address| written_address(kind, purpose, address))
    }));
    put_list(&mut patient, "address", addresses);
    Value::Object(patient)
}

/// The `Patient` with nothing but what the registry says, without addresses.
pub(super) fn identity_of(patient: &Value) -> Value {
    const SHOWN: [&str; 10] = [
        "resourceType",
        "id",
        "identifier",
        "active",
        "name",
        "gender",
        "birthDate",
        "deceasedBoolean",
        "deceasedDateTime",
        "extension",
    ];
    let mut identity = Map::new();
    let tags = kept(patient, "/meta/tag", |tag| text(tag, "/system") == VERIFICATION);
    for name in SHOWN {
        let Some(value) = patient.get(name) else { continue };
        let value = match name {
            "identifier" => json!(kept(patient, "/identifier", is_registered_number)),
            "extension" => json!(kept(patient, "/extension", |it| text(it, "/url") == EXTENSION)),
            _ => value.clone(),
        };
        identity.insert(name.to_owned(), value);
        if name == "id" {
            let meta = ["versionId", "lastUpdated", "source"].into_iter();
            let meta =
                meta.filter_map(|name| Some((name.to_owned(), patient.get("meta")?.get(name)?.clone())));
            let mut meta: Map<String, Value> = meta.collect();
            meta.insert("tag".to_owned(), json!(tags));
            identity.insert("meta".to_owned(), Value::Object(meta));
        }
    }
    Value::Object(identity)
}

/// Adds how old an answer is that stands in for one of the registry.
pub(super) fn make_stale(patient: &mut Value, seconds: u64) {
    if let Some(Value::Array(tags)) = patient.pointer_mut("/meta/tag") {
        tags.push(json!({"system": VERIFICATION, "code": "stale"}));
    }
    let extensions = patient.get_mut("extension").and_then(Value::as_array_mut);
    let registry = extensions.and_then(|all| all.iter_mut().find(|it| text(it, "/url") == EXTENSION));
    if let Some(Value::Array(parts)) = registry.and_then(|it| it.get_mut("extension")) {
        parts.push(json!({"url": "age", "valueUnsignedInt": seconds}));
    }
}

fn is_registered_number(identifier: &Value) -> bool {
    let system = text(identifier, "/system");
    interactions::is_citizen_number(system) || system == OLD_IDENTITY_CARD
}

fn is_registered(address: &Value) -> bool {
    items(address, "/extension").iter().any(|extension| text(extension, "/url") == ADDRESS)
}

fn kept(value: &Value, pointer: &str, stays: impl Fn(&Value) -> bool) -> Vec<Value> {
    items(value, pointer).iter().filter(|item| stays(item)).cloned().collect()
}

fn put_list(patient: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if values.is_empty() {
        patient.remove(name);
    } else {
        patient.insert(name.to_owned(), Value::Array(values));
    }
}

fn put_meta(patient: &mut Map<String, Value>, told: &Told<'_>) {
    let mut meta = match patient.remove("meta") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    // The server writes these two anew.
    meta.remove("versionId");
    meta.remove("lastUpdated");
    let source = match told.event {
        Some(event) => format!("urn:healthbook:{}#{}", told.source(), event.id),
        None => format!("urn:healthbook:{}", told.source()),
    };
    meta.insert("source".to_owned(), json!(source));
    let mut tags = match meta.remove("tag") {
        Some(Value::Array(tags)) => tags,
        _ => Vec::new(),
    };
    tags.retain(|tag| text(tag, "/system") != VERIFICATION);
    tags.push(json!({"system": VERIFICATION, "code": "verified"}));
    meta.insert("tag".to_owned(), json!(tags));
    patient.insert("meta".to_owned(), Value::Object(meta));
}

/// The name. An answer writes upper case: where it is the name that the book has, the book's spelling stays.
fn name(told: &Told<'_>, old: &Value) -> Value {
    let name = &told.record.name;
    let known = items(old, "/name").iter().find(|known| {
        told.event.is_none()
            && text(known, "/use") == "official"
            && same_name(text(known, "/text"), &name.text())
    });
    known.cloned().unwrap_or_else(|| {
        let given: Vec<&String> = name.middle.iter().chain([&name.given]).collect();
        json!({"use": "official", "text": name.text(), "family": name.family, "given": given})
    })
}

fn extension(told: &Told<'_>, old: &Value) -> Value {
    let mut parts = vec![
        json!({"url": "verifiedAt", "valueInstant": told.verified_at.to_string()}),
        json!({"url": "source", "valueCode": told.source()}),
    ];
    if let Some(version) = told.version {
        parts.push(json!({"url": "version", "valueUnsignedInt": version}));
    }
    if let Some(event) = told.event {
        parts.push(json!({"url": "event", "valueString": event.id}));
    }
    if let Some(person) = told.person {
        parts.push(json!({"url": "person", "valueString": person}));
    } else {
        // An answer does not tell the registry's key.
        let known = items(old, "/extension").iter().find(|it| text(it, "/url") == EXTENSION);
        let known = known.map(|known| kept(known, "/extension", |part| text(part, "/url") == "person"));
        parts.extend(known.unwrap_or_default());
    }
    if let Some(number) = representative(told.record) {
        let identifier = json!({"system": CITIZEN_NUMBER, "value": number});
        parts.push(json!({"url": "representative", "valueIdentifier": identifier}));
    }
    json!({"url": EXTENSION, "extension": parts})
}

fn identifiers(told: &Told<'_>, old: &Value) -> Vec<Value> {
    let record = told.record;
    let mut all = vec![json!({
        "use": "official", "system": CITIZEN_NUMBER, "value": record.number.as_str(),
    })];
    let at = told.event.map_or(told.verified_at, |event| event.occurred);
    for number in &record.former_numbers {
        let known = items(old, "/identifier").iter().find(|it| {
            interactions::is_citizen_number(text(it, "/system")) && text(it, "/value") == number.as_str()
        });
        let ended = known.map(|it| text(it, "/period/end")).filter(|end| !end.is_empty());
        let ended = ended.map(str::to_owned).or_else(|| day(at).map(|day| day.to_string()));
        all.push(json!({
            "use": "old", "system": CITIZEN_NUMBER, "value": number.as_str(), "period": {"end": ended},
        }));
    }
    if let Some(card) = &record.old_number {
        all.push(json!({"use": "old", "system": OLD_IDENTITY_CARD, "value": card}));
    }
    all.extend(kept(old, "/identifier", |it| !is_registered_number(it)));
    all
}

fn written_address(kind: &str, purpose: &str, address: &Address) -> Value {
    let mut extensions = vec![json!({"url": ADDRESS, "valueCode": kind})];
    let coded = [(PROVINCE, PROVINCES, &address.province), (WARD, WARDS, &address.ward)];
    for (url, system, code) in coded {
        if let Some(code) = code {
            extensions.push(json!({"url": url, "valueCoding": {"system": system, "code": code}}));
        }
    }
    let mut written =
        Map::from_iter([("extension".to_owned(), json!(extensions)), ("use".to_owned(), json!(purpose))]);
    if let Some(line) = address.line.as_ref().filter(|line| !line.trim().is_empty()) {
        written.insert("line".to_owned(), json!([line]));
    }
    if let Some(country) = address.country.as_ref().filter(|country| !country.trim().is_empty()) {
        written.insert("country".to_owned(), json!(country));
    }
    Value::Object(written)
}
