//! What is fuzzed: every reader of text from outside. Each function takes any bytes, and must neither panic nor
//! contradict itself; what it says of the bytes does not matter.
//!
//! `tools/fuzz.sh` runs them under libFuzzer; `cargo test -p healthbook-fuzz` replays the corpus.

use std::collections::HashMap;
use std::sync::LazyLock;

use fhir::{Instant, LogicalId, ResourceType, check_resource};
use fhirpath::{Context, Expression};
use interactions::pairs;
use jiff::tz::TimeZone;
use json::{Limits, Node};
use patch::{Format, Patch};
use search::{Hasher, QueryContext, Registry, Slot, Subject};
use validation::{Level, Validator};

/// Steps that an expression may take here: enough to reach every function, few enough to go on.
const STEPS: u64 = 20_000;

static VALIDATOR: LazyLock<Validator> = LazyLock::new(Validator::r4);
static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
    let names = Registry::slot_expressions(&[]);
    let slots: HashMap<String, Slot> =
        names.into_iter().zip(1_i16..).map(|(name, number)| (name, Slot(number))).collect();
    Registry::new(&slots, Vec::new(), Hasher::new([1; 16]), TimeZone::UTC)
});
static PATIENT: LazyLock<Node<'static>> = LazyLock::new(|| {
    let text = include_str!("patient.json");
    json::parse(text.as_bytes(), &Limits::default())
        .map(|node| node.to_static())
        .unwrap_or_else(|_| Node::string(""))
});

/// The way of a resource that comes as JSON: parsed, written and parsed again, its structure and validity judged, its
/// index rows extracted.
pub fn json(data: &[u8]) {
    let Ok(node) = json::parse(data, &Limits::default()) else { return };
    let text = node.to_json();
    let again = json::parse(text.as_bytes(), &Limits::default());
    assert!(again.is_ok_and(|again| again == node), "what was written is not what was read");
    resource(&node);
}

/// Judges a resource and extracts its index rows, as a write does.
fn resource(node: &Node<'_>) {
    if let (Some(resource_type), issues) = check_resource(node)
        && issues.is_empty()
    {
        VALIDATOR.validate(node, &[], Level::All);
        REGISTRY.extract(resource_type, node);
    }
}

/// An expression: parsed, shown, parsed again to the same, evaluated.
pub fn fhirpath(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(expression) = Expression::parse(text) else { return };
    let shown = expression.to_string();
    assert!(
        Expression::parse(&shown).is_ok_and(|again| again == expression),
        "{shown:?} is another expression"
    );
    if let Some(context) = Context::for_resource(&PATIENT) {
        // That it fails is as good as that it gives something.
        let _ = expression.evaluate(&context.with_steps(STEPS));
    }
}

/// The text of a search: type, question mark, query.
pub fn search(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (name, query) = text.split_once('?').unwrap_or(("Patient", text));
    let resource_type: ResourceType = name.parse().unwrap_or(ResourceType::PATIENT);
    let Ok(pairs) = pairs(query) else { return };
    let now = Instant::from_microseconds(1_760_000_000_000_000);
    let context = QueryContext { base: "http://localhost/fhir", now, default_count: 20, most_count: 1_000 };
    let parsed = REGISTRY.parse(&[resource_type], &pairs, &context);
    let Ok(id) = LogicalId::try_from("fuzz") else { return };
    let rows = REGISTRY.extract(ResourceType::PATIENT, &PATIENT).rows;
    let subject = Subject {
        resource_type: ResourceType::PATIENT,
        id: &id,
        updated: now,
        resource: &PATIENT,
        rows: &rows,
    };
    for clause in parsed.plan.clauses.iter().filter(|clause| !clause.has_join()) {
        REGISTRY.holds(clause, &subject);
    }
}

/// A resource as XML, there and back, then the way of one that came as JSON; and the text as a narrative.
pub fn xml(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        // Whether it is one does not matter.
        let _ = xml::check_narrative(text);
    }
    let Ok(node) = xml::from_xml(data, &xml::Limits::default()) else { return };
    if let Ok(text) = xml::to_xml(&node) {
        // Elements may come in any order and are written in R4's: the second text is the first one.
        let again = xml::from_xml(text.as_bytes(), &xml::Limits::default());
        let again = again.ok().and_then(|again| xml::to_xml(&again).ok());
        assert!(again.is_some_and(|again| again == text), "what was written is not what was read");
    }
    resource(&node);
}

/// A patch of the sample: the first byte tells the language, the rest is the patch.
pub fn patch(data: &[u8]) {
    let Some((first, rest)) = data.split_first() else { return };
    let format = if *first == b'[' { Format::JsonPatch } else { Format::FhirPathPatch };
    let text = if format == Format::JsonPatch { data } else { rest };
    let Ok(document) = json::parse(text, &Limits::default()) else { return };
    let Ok(patch) = Patch::read(format, document) else { return };
    let Ok(patched) = patch.apply(PATIENT.clone()) else { return };
    let text = patched.to_json();
    // A patch may go one level deeper than a parsed document goes.
    let again = json::parse(text.as_bytes(), &Limits { depth: 400 });
    assert!(again.is_ok_and(|again| again == patched), "the patched resource cannot be read");
}
