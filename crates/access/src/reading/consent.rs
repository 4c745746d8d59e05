//! `Consent`: what it grants and what it closes, or why it cannot be taken.

use fhir::{Instant, LogicalId, ResourceType};
use json::Node;

use super::provision::{self, Terms};
use super::{FactProblem, FactReason, Reader, forever};
use crate::{Authority, DenialFact, GrantFact, GrantSource, Grantee, Labels, Purpose};

/// What a consent is about, by `Consent.category`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// A right of its own.
    Grants(Authority),
    /// Only closes.
    Block,
}

/// Most facts of one consent: purposes times types times recipients times visits.
const MOST_FACTS: usize = 2_000;

const SCOPES: &str = "http://terminology.hl7.org/CodeSystem/consentscope";

pub(super) type Said = (Vec<GrantFact>, Vec<DenialFact>);

pub(super) fn problem(expression: impl Into<String>, reason: FactReason) -> FactProblem {
    FactProblem { expression: expression.into(), reason }
}

/// Reads a consent. What is not in force says nothing, and so does one that is about something else than privacy.
pub(super) fn consent(reader: &Reader<'_>, node: &Node<'_>) -> Result<Said, FactProblem> {
    let mut said = (Vec::new(), Vec::new());
    if node.text("status") != Some("active") || is_about_something_else(node) {
        return Ok(said);
    }
    let relation = relation(reader, node)?;
    let Some(root) = node.get("provision") else {
        return Err(problem("Consent.provision", FactReason::Missing));
    };
    read(reader, relation, root, "Consent.provision", None, &mut said)?;
    Ok(said)
}

/// Consents to a treatment, to a study, or about the end of life.
fn is_about_something_else(node: &Node<'_>) -> bool {
    let codings =
        node.get("scope").and_then(|scope| scope.get("coding")).map(Node::items).unwrap_or_default();
    let others = |coding: &Node<'_>| {
        coding.text("system") == Some(SCOPES)
            && coding.text("code").is_some_and(|code| ["treatment", "research", "adr"].contains(&code))
    };
    !codings.is_empty() && codings.iter().all(others)
}

/// The relation that the category names; at most one.
fn relation(reader: &Reader<'_>, node: &Node<'_>) -> Result<Option<Relation>, FactProblem> {
    let mut found = None;
    for (place, category) in node.get("category").map(Node::items).unwrap_or_default().iter().enumerate() {
        let expression = || format!("Consent.category[{place}]");
        for coding in category.get("coding").map(Node::items).unwrap_or_default() {
            if coding.text("system") != Some(reader.document.relation_system()) {
                continue;
            }
            let relation = match coding.text("code").unwrap_or_default() {
                "delegation" => Relation::Grants(Authority::Delegation),
                "guardian" => Relation::Grants(Authority::Guardian),
                "presence" => Relation::Grants(Authority::Presence),
                "prescription" => Relation::Grants(Authority::Prescription),
                "emergency" => Relation::Grants(Authority::Emergency),
                "block" => Relation::Block,
                _ => return Err(problem(expression(), FactReason::UnknownCode)),
            };
            if found.is_some_and(|known| known != relation) {
                return Err(problem(expression(), FactReason::WrongRelation));
            }
            found = Some(relation);
        }
    }
    Ok(found)
}

/// Reads a provision and those inside of it. One that holds provisions of its own kind is only what they share; those
/// of the other kind are exceptions.
fn read(
    reader: &Reader<'_>,
    relation: Option<Relation>,
    node: &Node<'_>,
    expression: &str,
    outer: Option<&Terms>,
    said: &mut Said,
) -> Result<(), FactProblem> {
    let terms = provision::terms(reader, node, expression, outer)?;
    let inner = node.get("provision").map(Node::items).unwrap_or_default();
    let of_kind =
        |inner: &Node<'_>| inner.text("type").is_none_or(|kind| (kind == "permit") == terms.permits);
    if !inner.iter().any(of_kind) {
        if terms.permits {
            grants(reader, relation, &terms, expression, said)?;
        } else {
            denials(reader, relation, &terms, expression, said)?;
        }
    }
    for (place, inner) in inner.iter().enumerate() {
        read(reader, relation, inner, &format!("{expression}.provision[{place}]"), Some(&terms), said)?;
    }
    Ok(())
}

/// The choices of a list; none is one choice: whatever.
fn choices<T: Clone>(list: Option<&Vec<T>>) -> Vec<Option<T>> {
    list.map_or_else(|| vec![None], |list| list.iter().cloned().map(Some).collect())
}

fn grants(
    reader: &Reader<'_>,
    relation: Option<Relation>,
    terms: &Terms,
    expression: &str,
    said: &mut Said,
) -> Result<(), FactProblem> {
    let authority = match relation {
        None => Authority::Consent,
        Some(Relation::Grants(authority)) => authority,
        Some(Relation::Block) => {
            return Err(problem(format!("{expression}.type"), FactReason::WrongRelation));
        }
    };
    let actors = terms.actors.as_ref().filter(|actors| !actors.is_empty());
    let actors = actors.ok_or_else(|| problem(format!("{expression}.actor"), FactReason::Missing))?;
    let ends = terms.ends.ok_or_else(|| problem(format!("{expression}.period.end"), FactReason::Missing))?;
    let begins = terms.begins.map_or(reader.at, |begins| begins.max(reader.at));
    // What has an act at the server is told by the server alone: there is the evidence, and who is named has agreed.
    let source = match authority {
        Authority::Consent => GrantSource::CitizenOrServer,
        _ => GrantSource::Server,
    };
    for grantee in actors {
        let personal = matches!(authority, Authority::Delegation | Authority::Guardian);
        if personal != matches!(grantee, Grantee::Patient(_)) {
            return Err(problem(format!("{expression}.actor"), FactReason::WrongRelation));
        }
        // Without a purpose it is for the usual one, never for all.
        let usual = match authority {
            Authority::Delegation | Authority::Guardian => Purpose::PatientRequest,
            Authority::Emergency => Purpose::BreakTheGlass,
            _ => Purpose::Treatment,
        };
        let purposes = terms.purposes.clone().unwrap_or_else(|| vec![usual]);
        // What is closed to guardians at every age no text opens to one.
        let widest = match authority {
            Authority::Guardian => reader.document.ages().opens(0).unwrap_or_default(),
            _ => Labels::ALL,
        };
        for purpose in purposes {
            let opens = reader.document.opens_labels(purpose);
            for resource_type in choices(terms.types.as_ref()) {
                for visit in choices(terms.visits.as_ref()) {
                    bounded(said, expression)?;
                    said.0.push(GrantFact {
                        grantee: grantee.clone(),
                        authority,
                        source,
                        begins,
                        ends,
                        purpose: Some(purpose),
                        resource_type,
                        labels: terms.labels.filter(|_| opens).unwrap_or_default() & widest,
                        visit,
                    });
                }
            }
        }
    }
    Ok(())
}

fn denials(
    reader: &Reader<'_>,
    relation: Option<Relation>,
    terms: &Terms,
    expression: &str,
    said: &mut Said,
) -> Result<(), FactProblem> {
    // A relation is a right: only exceptions of it deny. A `block` or a consent without a relation denies as it is.
    let is_exception = expression != "Consent.provision";
    if matches!(relation, Some(Relation::Grants(_))) && !is_exception {
        return Err(problem(format!("{expression}.type"), FactReason::WrongRelation));
    }
    let begins = terms.begins.map_or(reader.at, |begins| begins.max(reader.at));
    let ends = terms.ends.unwrap_or_else(forever);
    for grantee in choices(terms.actors.as_ref().filter(|actors| !actors.is_empty())) {
        for purpose in choices(terms.purposes.as_ref()) {
            for resource_type in choices(terms.types.as_ref()) {
                for visit in choices(terms.visits.as_ref()) {
                    bounded(said, expression)?;
                    said.1.push(denial(
                        &grantee,
                        purpose,
                        resource_type,
                        visit,
                        terms.labels,
                        (begins, ends),
                    ));
                }
            }
        }
    }
    Ok(())
}

fn denial(
    grantee: &Option<Grantee>,
    purpose: Option<Purpose>,
    resource_type: Option<ResourceType>,
    visit: Option<LogicalId>,
    labels: Option<Labels>,
    (begins, ends): (Instant, Instant),
) -> DenialFact {
    DenialFact {
        grantee: grantee.clone(),
        begins,
        ends,
        purpose,
        resource_type,
        labels: labels.unwrap_or_default(),
        visit,
        // Who names the emergency means it.
        in_emergency: purpose == Some(Purpose::BreakTheGlass),
    }
}

fn bounded(said: &Said, expression: &str) -> Result<(), FactProblem> {
    if said.0.len() + said.1.len() < MOST_FACTS {
        Ok(())
    } else {
        Err(problem(expression, FactReason::TooMany))
    }
}
