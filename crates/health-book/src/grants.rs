//! What is granted and denied in a book now or later: the rows of the store, with names instead of numbers.

use std::collections::HashMap;

use access::{Access, Authority, Grantee, Interaction, Labels, Purpose};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{Problem, Service};
use record_store::{Store, StoredTerms};
use serde_json::Value;

use crate::ledger::{SERVER, read};
use crate::moment::NEVER;

/// How deep a reference may stand in what grants something.
const DEEPEST: u8 = 64;

/// Somebody is entitled to the book: all that one resource grants to one by one right.
#[derive(Debug, Clone)]
pub(crate) struct Entitled {
    pub(crate) authority: Authority,
    /// `None` where no resource of the book names who it is.
    pub(crate) grantee: Option<Grantee>,
    /// The same as the store knows it.
    pub(crate) number: i64,
    /// Type and id of the resource that says so.
    pub(crate) source: (ResourceType, LogicalId),
    /// When the first of it begins.
    pub(crate) begins: Instant,
    /// When the last of it ends.
    pub(crate) ends: Instant,
    /// The only purpose, where there is one.
    pub(crate) purpose: Option<Purpose>,
    /// Codes of the labels that it opens now, or where it begins later, then.
    pub(crate) labels: Vec<String>,
}

/// What is closed in a book.
pub(crate) struct Denials {
    store: Store,
    rows: Vec<record_store::StoredDenial>,
}

impl Denials {
    /// Whether all of the book is closed to somebody for a purpose at a moment.
    pub(crate) fn close(&self, grantee: &Grantee, purpose: Option<Purpose>, now: Instant) -> bool {
        self.close_to(self.store.grantee_number(grantee), purpose, now)
    }

    /// The same of somebody as the store knows them. What is granted for every purpose is closed when it is closed for
    /// treatment.
    pub(crate) fn close_to(&self, number: i64, purpose: Option<Purpose>, now: Instant) -> bool {
        let purpose = purpose.unwrap_or(Purpose::Treatment);
        self.rows.iter().any(|row| {
            let terms = &row.terms;
            let whole = terms.resource_type.is_none() && !terms.one_visit && terms.labels == Labels::NONE;
            let meant = terms.grantee == 0 || terms.grantee == number;
            let counts = terms.purpose.is_none_or(|denied| denied == purpose);
            let in_time = terms.begins <= now && now < terms.ends;
            let emergency = purpose == Purpose::BreakTheGlass;
            whole && meant && counts && in_time && (row.in_emergency || !emergency)
        })
    }
}

/// The server's access at a moment: what has ended before is left out by it.
fn everything(service: &Service, now: Instant) -> Result<Access, Problem> {
    Ok(service.policy().decide(&SERVER, Interaction::Read, None, now)?)
}

/// All grants of a book that are not over, the first to begin first. The right to review an emergency is none of them: it
/// opens only the task that the facility must answer, which nobody may end but by answering.
pub(crate) async fn grants(
    service: &Service,
    patient: &LogicalId,
    now: Instant,
) -> Result<Vec<Entitled>, Problem> {
    let policy = service.policy();
    let codes = |labels: Labels| -> Vec<String> {
        policy.document().labels().codes(labels).into_iter().map(str::to_owned).collect()
    };
    let rows = service.store().grants(&everything(service, now)?, patient).await?;
    let mut groups: Vec<(Authority, Vec<StoredTerms>)> = Vec::new();
    for row in rows.into_iter().filter(|row| row.authority != Authority::Review) {
        let same = |(authority, terms): &(Authority, Vec<StoredTerms>)| {
            *authority == row.authority
                && terms.first().is_some_and(|first| {
                    (first.grantee, &first.source) == (row.terms.grantee, &row.terms.source)
                })
        };
        match groups.iter().position(same).and_then(|place| groups.get_mut(place)) {
            Some((_, terms)) => terms.push(row.terms),
            None => groups.push((row.authority, vec![row.terms])),
        }
    }
    let names = names(service, groups.iter().flat_map(|(_, terms)| terms.first())).await?;
    let entitled = groups.into_iter().filter_map(|(authority, terms)| {
        let first = terms.first()?;
        let purposes = || terms.iter().map(|row| row.purpose);
        let open = |row: &&StoredTerms| row.begins <= now || row.begins == first.begins;
        let labels = terms.iter().filter(open).fold(Labels::NONE, |all, row| all | row.labels);
        Some(Entitled {
            authority,
            grantee: names.get(&first.grantee).cloned(),
            number: first.grantee,
            source: first.source.clone(),
            begins: terms.iter().map(|row| row.begins).min().unwrap_or(first.begins),
            ends: terms.iter().map(|row| row.ends).max().unwrap_or(NEVER),
            purpose: first.purpose.filter(|_| purposes().all(|purpose| purpose == first.purpose)),
            labels: codes(labels),
        })
    });
    Ok(entitled.collect())
}

/// All denials of a book that are not over.
pub(crate) async fn denials(
    service: &Service,
    patient: &LogicalId,
    now: Instant,
) -> Result<Denials, Problem> {
    let store = service.store().clone();
    let rows = store.denials(&everything(service, now)?, patient).await?;
    Ok(Denials { store, rows })
}

/// Who the numbers are, as far as the sources of the grants name them. A facility that registered a person is not named
/// there, but by the visits that follow.
async fn names<'t>(
    service: &Service,
    terms: impl Iterator<Item = &'t StoredTerms>,
) -> Result<HashMap<i64, Grantee>, Problem> {
    let mut names = HashMap::new();
    for row in terms {
        if names.contains_key(&row.grantee) {
            continue;
        }
        let (resource_type, id) = &row.source;
        if let Some(found) = read(service, resource_type.as_str(), id).await? {
            named(&found.resource, DEEPEST, &mut |grantee| {
                names.insert(service.store().grantee_number(&grantee), grantee);
            });
        }
    }
    Ok(names)
}

/// Every facility and person that a reference anywhere in a resource names.
fn named(value: &Value, depth: u8, found: &mut impl FnMut(Grantee)) {
    let Some(depth) = depth.checked_sub(1) else { return };
    match value {
        Value::Array(items) => items.iter().for_each(|item| named(item, depth, found)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if name == "reference" => {
                        if let Some(grantee) = grantee_of(text) {
                            found(grantee);
                        }
                    }
                    member => named(member, depth, found),
                }
            }
        }
        _ => {}
    }
}

fn grantee_of(reference: &str) -> Option<Grantee> {
    let (rest, id) = reference.rsplit_once('/')?;
    let id = LogicalId::try_from(id).ok()?;
    match rest.rsplit('/').next()? {
        "Organization" => Some(Grantee::Organization(id)),
        "Patient" => Some(Grantee::Patient(id)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whoever_is_named_is_found_wherever_it_stands() {
        let id = |text: &str| LogicalId::try_from(text).unwrap();
        let resource = json!({
            "patient": {"reference": "Patient/a"},
            "organization": [{"reference": "https://book.example/fhir/Organization/b"}],
            "provision": {"provision": [{"actor": [{"reference": {"reference": "Patient/c"}}]}]},
            "performer": [{"reference": "Practitioner/d"}, {"reference": "#e"}, {"reference": "Patient/"}],
        });
        let mut all = Vec::new();
        named(&resource, DEEPEST, &mut |grantee| all.push(grantee));
        assert_eq!(all.len(), 3, "{all:?}");
        for expected in [Grantee::Patient(id("a")), Grantee::Organization(id("b")), Grantee::Patient(id("c"))]
        {
            assert!(all.contains(&expected), "{expected:?}");
        }
    }
}
