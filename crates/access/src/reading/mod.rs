//! What a version of a resource says about access, read from it when it is written.

mod consent;
mod labels;
mod provision;
mod relations;
mod visit;

pub use relations::MERGE;

use fhir::{DateRange, Fault, Instant, Issue, LogicalId, ReferenceText, ResourceType};
use jiff::tz::TimeZone;
use json::Node;

use crate::{
    Author, Authority, Facts, GrantFact, GrantSource, Grantee, Labels, Policy, PolicyDocument, WriteContext,
};

/// Why a resource cannot be taken: it says something about access that the gate would not do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{expression}: {reason}")]
pub struct FactProblem {
    /// Where, as FHIRPath.
    pub expression: String,
    /// What is wrong there.
    pub reason: FactReason,
}

/// What is wrong with a statement about access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FactReason {
    /// The gate cannot enforce what this element says.
    #[error("the gate cannot enforce this")]
    NotEnforceable,
    /// A code that the policy does not know.
    #[error("the policy does not know this code")]
    UnknownCode,
    /// It must be there.
    #[error("this is missing")]
    Missing,
    /// The provision is wider than the one around it.
    #[error("a provision inside of another one may only narrow it")]
    Wider,
    /// It does not fit the relation that the category names.
    #[error("this does not fit the relation of the consent")]
    WrongRelation,
    /// There are more of them than the gate takes.
    #[error("there are too many")]
    TooMany,
    /// The caller may not write this value here.
    #[error("the caller may not write this here")]
    NotYours,
}

impl FactProblem {
    /// It as an issue of an `OperationOutcome`: with 403 what the caller may not write, with 422 what nobody may.
    pub fn issue(&self) -> (u16, Issue) {
        let (status, fault) = match self.reason {
            FactReason::NotYours => (403, Fault::Forbidden),
            _ => (422, Fault::ConsentNotEnforceable),
        };
        (status, Issue::error(fault).at(self.expression.clone()))
    }
}

/// No end.
fn forever() -> Instant {
    Instant::from_microseconds(i64::MAX)
}

impl Policy {
    /// What a version of a resource says about access: its visit, its labels, grants and denials. It is refused when
    /// it is a consent that the gate could not enforce as a whole.
    pub fn facts(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
        node: &Node<'_>,
        context: &WriteContext,
    ) -> Result<Facts, FactProblem> {
        let document = self.document();
        let mut facts = Facts { labels: labels::labels(document, resource_type, node), ..Facts::default() };
        let shield = document.labels().shield();
        facts.shielded = resource_type == ResourceType::PATIENT && !(facts.labels & shield).is_empty();
        facts.named_visits = visit::named(resource_type, node);
        match facts.named_visits.as_slice() {
            [] if resource_type.as_str() == "Encounter" => facts.visit = Some(id.clone()),
            [] => {}
            [visit] => facts.visit = Some(visit.clone()),
            // It would carry the labels of one of them only.
            _ => facts.labels = facts.labels | restricted(document),
        }
        let reader = Reader { document, at: context.at };
        match resource_type.as_str() {
            "Encounter" => {
                facts.finished = node.text("status") == Some("finished");
                facts.grants.extend(relations::encounter(&reader, node));
                if let Some(finished) = context.finished {
                    self.end_visit(&mut facts, finished);
                }
            }
            "ServiceRequest" => facts.grants.extend(relations::referrals(&reader, node)),
            "Appointment" => facts.grants.extend(relations::appointments(&reader, node)),
            "Patient" => {
                facts.grants.extend(relations::home_station(&reader, node));
                facts.merge = relations::merge(node);
            }
            "Task" => facts.grants.extend(relations::review(&reader, resource_type, node)),
            "Consent" => {
                let (grants, denials) = consent::consent(&reader, node)?;
                facts.grants = grants;
                facts.denials = denials;
            }
            _ => {}
        }
        Ok(facts)
    }

    /// Ends what a visit entitles to when its clock has run since it was finished, whatever later versions say.
    pub fn end_visit(&self, facts: &mut Facts, finished: Instant) {
        let Some(ends) = self.document().ends(Authority::Encounter, finished) else { return };
        for grant in facts.grants.iter_mut().filter(|grant| grant.authority == Authority::Encounter) {
            grant.ends = grant.ends.min(ends);
        }
        facts.grants.retain(|grant| grant.begins < grant.ends);
    }

    /// The grant that the first version of a `Patient` gives to the facility that writes it. It stays through later
    /// versions. The author of a version is known to who stores it, so this is no part of [`facts`](Self::facts).
    pub fn registration(&self, author: &Author, at: Instant) -> Option<GrantFact> {
        let Author::Facility(organization) = author else { return None };
        let ends = self.document().ends(Authority::Registration, at)?;
        let grantee = Grantee::Organization(organization.clone());
        Some(GrantFact {
            source: GrantSource::GranteeOrServer,
            ..grant(grantee, Authority::Registration, at, ends)
        })
    }
}

/// The label of what belongs to several visits: the label `RESTRICTED`, else the one that nobody knows.
fn restricted(document: &PolicyDocument) -> Labels {
    document.labels().label("RESTRICTED").map_or(Labels::UNKNOWN, |label| label.labels)
}

/// What reading needs.
struct Reader<'a> {
    document: &'a PolicyDocument,
    /// When the version is stored.
    at: Instant,
}

impl Reader<'_> {
    fn zone(&self) -> &TimeZone {
        self.document.zone()
    }

    /// The time that a date covers.
    fn range(&self, text: &str) -> Option<DateRange> {
        DateRange::parse(text, self.zone()).ok()
    }
}

/// A grant of the whole book for every purpose, by the word of anyone who could write it.
fn grant(grantee: Grantee, authority: Authority, begins: Instant, ends: Instant) -> GrantFact {
    GrantFact {
        grantee,
        authority,
        source: GrantSource::Anyone,
        begins,
        ends,
        purpose: None,
        resource_type: None,
        labels: Labels::NONE,
        visit: None,
    }
}

/// The id of a literal reference to a type at this server.
fn reference(node: &Node<'_>, wanted: &str) -> Option<LogicalId> {
    match ReferenceText::parse(node.text("reference")?) {
        ReferenceText::Literal { base: None, resource_type, id, .. } if resource_type.as_str() == wanted => {
            Some(id)
        }
        _ => None,
    }
}
