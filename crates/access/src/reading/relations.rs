//! Relations of care that resources found: visits, referrals, appointments, the home station, reviews.

use fhir::{Instant, LogicalId, ResourceType};
use json::Node;

use super::{Reader, forever, grant, reference};
use crate::{Authority, GrantFact, GrantSource, Grantee, Merge};

/// An organization that an element names.
fn organization(node: &Node<'_>) -> Option<Grantee> {
    reference(node, "Organization").map(Grantee::Organization)
}

/// The organizations of a list; each once.
fn organizations(node: Option<&Node<'_>>) -> Vec<Grantee> {
    let mut found: Vec<Grantee> =
        node.map(Node::each).unwrap_or_default().iter().filter_map(organization).collect();
    found.sort();
    found.dedup();
    found
}

fn is_one_of(node: &Node<'_>, name: &str, codes: &[&str]) -> bool {
    node.text(name).is_some_and(|code| codes.contains(&code))
}

/// `Encounter.serviceProvider`, while the visit takes place, and as long as the clock runs after its end: `period.end`, or
/// the write where that is earlier. Every write of an open visit shows that it goes on.
pub(super) fn encounter(reader: &Reader<'_>, node: &Node<'_>) -> Option<GrantFact> {
    if !is_one_of(node, "status", &["arrived", "triaged", "in-progress", "onleave", "finished"]) {
        return None;
    }
    let grantee = organization(node.get("serviceProvider")?)?;
    let period = |name: &str| {
        node.get("period").and_then(|period| period.text(name)).and_then(|text| reader.range(text))
    };
    let begins =
        period("start").map_or(reader.at, |start| reader.at.max(Instant::from_microseconds(start.low)));
    let last = period("end").map_or(reader.at, |end| reader.at.min(Instant::from_microseconds(end.high)));
    let ends = reader.document.ends(Authority::Encounter, last)?;
    let source = GrantSource::GranteeOrServer;
    (begins < ends).then(|| GrantFact { source, ..grant(grantee, Authority::Encounter, begins, ends) })
}

/// `ServiceRequest.performer`. Nobody refers somebody to oneself.
pub(super) fn referrals(reader: &Reader<'_>, node: &Node<'_>) -> Vec<GrantFact> {
    let asks = is_one_of(node, "status", &["active"]) && is_one_of(node, "intent", &["order", "plan"]);
    let Some(ends) = reader.document.ends(Authority::Referral, reader.at).filter(|_| asks) else {
        return Vec::new();
    };
    let referral = |grantee| GrantFact {
        source: GrantSource::NotGrantee,
        ..grant(grantee, Authority::Referral, reader.at, ends)
    };
    organizations(node.get("performer")).into_iter().map(referral).collect()
}

/// An appointment opens a book for a year at most, however far ahead it is: microseconds.
const FARTHEST: i64 = 366 * 86_400 * 1_000_000;

/// `Appointment.supportingInformation`.
pub(super) fn appointments(reader: &Reader<'_>, node: &Node<'_>) -> Vec<GrantFact> {
    let expected = is_one_of(node, "status", &["booked", "pending", "arrived"]);
    let when = node.text("end").or_else(|| node.text("start")).and_then(|text| reader.range(text));
    let ends = when.filter(|_| expected).and_then(|range| {
        reader.document.ends(Authority::Appointment, Instant::from_microseconds(range.low))
    });
    let Some(ends) = ends.filter(|ends| *ends > reader.at) else { return Vec::new() };
    let ends = ends.min(Instant::from_microseconds(reader.at.microseconds().saturating_add(FARTHEST)));
    let appointment = |grantee| GrantFact {
        source: GrantSource::CitizenOrServer,
        ..grant(grantee, Authority::Appointment, reader.at, ends)
    };
    organizations(node.get("supportingInformation")).into_iter().map(appointment).collect()
}

/// `Patient.managingOrganization`.
pub(super) fn home_station(reader: &Reader<'_>, node: &Node<'_>) -> Option<GrantFact> {
    let grantee = organization(node.get("managingOrganization")?)?;
    Some(grant(grantee, Authority::HomeStation, reader.at, forever()))
}

/// The extension of a `Patient` that tells of whom it is replaced.
pub const MERGE: &str = "urn:healthbook:merge";

/// `Patient.extension`: the part `into` names who replaces it; without one that has ended.
pub(super) fn merge(node: &Node<'_>) -> Option<Merge> {
    let named = |node: &Node<'_>, url: &str| node.text("url") == Some(url);
    let told = node.get("extension")?.items().iter().find(|it| named(it, MERGE))?;
    let parts = told.get("extension").map(Node::items).unwrap_or_default();
    let into = parts.iter().find(|part| named(part, "into")).and_then(|part| part.text("valueId"));
    Some(match into.and_then(|into| LogicalId::try_from(into).ok()) {
        Some(into) => Merge::Into(into),
        None => Merge::Ended,
    })
}

/// A review task of the facility's officer, or what it was told wrongly and has to look at, while it is open.
pub(super) fn review(reader: &Reader<'_>, task: ResourceType, node: &Node<'_>) -> Option<GrantFact> {
    let codings = node.get("code").and_then(|code| code.get("coding")).map(Node::items).unwrap_or_default();
    let reviews =
        codings.iter().any(|coding| matches!(coding.text("code"), Some("emergency-review" | "recall")));
    let ended = ["completed", "cancelled", "rejected", "failed", "entered-in-error"];
    if !reviews || is_one_of(node, "status", &ended) {
        return None;
    }
    let grantee = organization(node.get("owner")?)?;
    let review = grant(grantee, Authority::Review, reader.at, forever());
    Some(GrantFact { source: GrantSource::Server, resource_type: Some(task), ..review })
}
