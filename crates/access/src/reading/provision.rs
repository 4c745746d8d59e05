//! One provision of a consent: its terms, which those of the provision around it bound.

use fhir::{Instant, LogicalId, ResourceType};
use json::Node;

use super::consent::problem;
use super::{FactProblem, FactReason, Reader, reference};
use crate::{Grantee, Labels, Purpose};

/// The terms of a provision; what is `None` is left open.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms {
    pub permits: bool,
    pub begins: Option<Instant>,
    pub ends: Option<Instant>,
    pub actors: Option<Vec<Grantee>>,
    pub purposes: Option<Vec<Purpose>>,
    pub types: Option<Vec<ResourceType>>,
    pub labels: Option<Labels>,
    pub visits: Option<Vec<LogicalId>>,
    depth: u8,
}

/// Deeper than this nobody nests provisions.
const DEEPEST: u8 = 4;
/// Most entries of one list.
const MOST: usize = 200;

/// What the gate reads of a provision. Whatever else stands there would be half obeyed.
const READ: [&str; 9] =
    ["id", "type", "period", "actor", "securityLabel", "purpose", "class", "data", "provision"];

/// Extensions say how the consent was given; the gate need not do anything about them.
const EVIDENCE: [&str; 1] = ["http://fhir.hl7.org.vn/core/StructureDefinition/vn-ext-consent-method"];

const PURPOSES: [&str; 2] = [
    "http://terminology.hl7.org/CodeSystem/v3-ActReason",
    "http://fhir.hl7.org.vn/core/CodeSystem/vn-consent-purpose-cs",
];
const TYPES: &str = "http://hl7.org/fhir/resource-types";

/// Reads the terms of a provision inside of another one.
pub(super) fn terms(
    reader: &Reader<'_>,
    node: &Node<'_>,
    expression: &str,
    outer: Option<&Terms>,
) -> Result<Terms, FactProblem> {
    let at = |name: &str| format!("{expression}.{name}");
    let mut terms = outer.cloned().unwrap_or_default();
    terms.depth += 1;
    if terms.depth > DEEPEST {
        return Err(problem(expression, FactReason::TooMany));
    }
    for (name, member) in node.members() {
        let evidence = name == "extension"
            && member.items().iter().all(|one| one.text("url").is_some_and(|url| EVIDENCE.contains(&url)));
        // `_name` holds extensions of a primitive: what is said by them is not read.
        if !READ.contains(&&**name) && !evidence {
            return Err(problem(at(name.trim_start_matches('_')), FactReason::NotEnforceable));
        }
        if member.items().len() > MOST {
            return Err(problem(at(name), FactReason::TooMany));
        }
    }
    let permits = match node.text("type") {
        Some("permit") => true,
        Some("deny") => false,
        Some(_) => return Err(problem(at("type"), FactReason::UnknownCode)),
        None => outer.map(|outer| outer.permits).ok_or_else(|| problem(at("type"), FactReason::Missing))?,
    };
    // A denial beats every permit, so a permit inside of one would do nothing.
    if permits && outer.is_some_and(|outer| !outer.permits) {
        return Err(problem(at("type"), FactReason::NotEnforceable));
    }
    // The labels of a permit are opened, those of a denial are closed: neither is part of the other.
    if outer.is_some_and(|outer| outer.permits != permits) {
        terms.labels = None;
    }
    terms.permits = permits;
    period(reader, node, expression, &mut terms)?;
    narrow(&mut terms.actors, list(node, "actor", expression, &actor)?, || at("actor"))?;
    narrow(&mut terms.purposes, list(node, "purpose", expression, &purpose)?, || at("purpose"))?;
    narrow(&mut terms.types, list(node, "class", expression, &class)?, || at("class"))?;
    narrow(&mut terms.visits, list(node, "data", expression, &visit)?, || at("data"))?;
    let label = |coding: &Node<'_>| {
        let code = coding.text("code").ok_or(FactReason::UnknownCode)?;
        let table = reader.document.labels();
        table.of_consent(coding.text("system"), code).ok_or(FactReason::UnknownCode)
    };
    if let Some(labels) = list(node, "securityLabel", expression, &label)? {
        let labels = labels.into_iter().fold(Labels::NONE, |all, one| all | one);
        if terms.labels.is_some_and(|outer| !labels.is_within(outer)) {
            return Err(problem(at("securityLabel"), FactReason::Wider));
        }
        terms.labels = Some(labels);
    }
    Ok(terms)
}

/// A period inside of the one around it. A day that is named as the end is part of it.
fn period(
    reader: &Reader<'_>,
    node: &Node<'_>,
    expression: &str,
    terms: &mut Terms,
) -> Result<(), FactProblem> {
    let Some(period) = node.get("period") else { return Ok(()) };
    let wrong = |name: &str, reason| problem(format!("{expression}.period.{name}"), reason);
    for (name, _) in period.members() {
        if name != "start" && name != "end" {
            return Err(wrong(name.trim_start_matches('_'), FactReason::NotEnforceable));
        }
    }
    if let Some(text) = period.text("start") {
        let range = reader.range(text).ok_or_else(|| wrong("start", FactReason::NotEnforceable))?;
        let begins = Instant::from_microseconds(range.low);
        if terms.begins.is_some_and(|outer| begins < outer) {
            return Err(wrong("start", FactReason::Wider));
        }
        terms.begins = Some(begins);
    }
    if let Some(text) = period.text("end") {
        let range = reader.range(text).ok_or_else(|| wrong("end", FactReason::NotEnforceable))?;
        let ends = Instant::from_microseconds(range.high);
        if terms.ends.is_some_and(|outer| ends > outer) {
            return Err(wrong("end", FactReason::Wider));
        }
        terms.ends = Some(ends);
    }
    Ok(())
}

/// The entries of a list of the provision; `None` when it has none.
fn list<T>(
    node: &Node<'_>,
    name: &str,
    expression: &str,
    read: &dyn Fn(&Node<'_>) -> Result<T, FactReason>,
) -> Result<Option<Vec<T>>, FactProblem> {
    let Some(entries) = node.get(name).map(Node::each) else { return Ok(None) };
    let mut list = Vec::with_capacity(entries.len());
    for (place, entry) in entries.iter().enumerate() {
        list.push(read(entry).map_err(|reason| problem(format!("{expression}.{name}[{place}]"), reason))?);
    }
    Ok(Some(list))
}

/// A list that is named replaces the one around it, which must hold all of it.
fn narrow<T: PartialEq>(
    outer: &mut Option<Vec<T>>,
    inner: Option<Vec<T>>,
    at: impl Fn() -> String,
) -> Result<(), FactProblem> {
    let Some(inner) = inner else { return Ok(()) };
    if inner.is_empty() {
        return Err(problem(at(), FactReason::Missing));
    }
    if outer.as_ref().is_some_and(|outer| !inner.iter().all(|one| outer.contains(one))) {
        return Err(problem(at(), FactReason::Wider));
    }
    *outer = Some(inner);
    Ok(())
}

/// Who: a facility or a citizen. `actor.role` describes; the reference decides.
fn actor(node: &Node<'_>) -> Result<Grantee, FactReason> {
    let who = node.get("reference").ok_or(FactReason::Missing)?;
    let organization = reference(who, "Organization").map(Grantee::Organization);
    organization.or_else(|| reference(who, "Patient").map(Grantee::Patient)).ok_or(FactReason::NotEnforceable)
}

fn purpose(node: &Node<'_>) -> Result<Purpose, FactReason> {
    let known = node.text("system").is_some_and(|system| PURPOSES.contains(&system));
    let code = node.text("code").filter(|_| known).ok_or(FactReason::UnknownCode)?;
    Purpose::from_code(code).ok_or(FactReason::UnknownCode)
}

fn class(node: &Node<'_>) -> Result<ResourceType, FactReason> {
    let known = node.text("system") == Some(TYPES);
    let code = node.text("code").filter(|_| known).ok_or(FactReason::UnknownCode)?;
    code.parse().map_err(|_| FactReason::UnknownCode)
}

/// All that is related to a visit; other data cannot be told apart.
fn visit(node: &Node<'_>) -> Result<LogicalId, FactReason> {
    let related = node.text("meaning") == Some("related");
    let what = node.get("reference").filter(|_| related).ok_or(FactReason::NotEnforceable)?;
    reference(what, "Encounter").ok_or(FactReason::NotEnforceable)
}
