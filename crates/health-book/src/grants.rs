//! What is granted and denied in a book now.
//!
//! SEAM: the store keeps these as rows (`Store::grants`, `Store::denials`). Until they can be asked, this module reads
//! them from the `Consent`s of the book and from the home station, with the same result type. Nothing else here depends
//! on where they come from: replace the two functions, keep their signatures.

use access::{Authority, Grantee, Purpose};
use fhir::{Instant, LogicalId};
use interactions::{Problem, Service};

use crate::consent::{Relation, Terms};
use crate::ledger::{find_all, read, referred};
use crate::moment::NEVER;

/// Consents of a book that are looked at.
const MOST_CONSENTS: usize = 2_000;

/// Somebody is entitled to the book.
#[derive(Debug, Clone)]
pub(crate) struct StoredGrant {
    pub(crate) authority: Authority,
    pub(crate) grantee: Grantee,
    /// Type and id of the resource that says so.
    pub(crate) source: (String, LogicalId),
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) labels: Vec<String>,
}

/// Something of the book is closed.
#[derive(Debug, Clone)]
pub(crate) struct StoredDenial {
    /// `None` for everybody.
    pub(crate) grantee: Option<Grantee>,
    pub(crate) begins: Instant,
    pub(crate) ends: Instant,
    /// For which purposes; none stands for every one but the emergency.
    pub(crate) purposes: Vec<Purpose>,
    /// Whether it closes all of the book: every type and label.
    pub(crate) whole: bool,
}

impl StoredDenial {
    /// Whether it closes all of the book to somebody for a purpose at a moment.
    pub(crate) fn closes(&self, grantee: &Grantee, purpose: Option<Purpose>, now: Instant) -> bool {
        let meant = self.grantee.as_ref().is_none_or(|denied| denied == grantee);
        let counts = match purpose {
            Some(Purpose::BreakTheGlass) => self.purposes.contains(&Purpose::BreakTheGlass),
            Some(purpose) => self.purposes.is_empty() || self.purposes.contains(&purpose),
            None => self.purposes.is_empty(),
        };
        self.whole && meant && counts && self.begins <= now && now < self.ends
    }
}

async fn terms(service: &Service, patient: &LogicalId) -> Result<Vec<(LogicalId, Terms)>, Problem> {
    let pairs = [("patient", patient.to_string()), ("status", "active".to_owned())];
    let found = find_all(service, "Consent", &pairs, MOST_CONSENTS).await?;
    let read = |found: &crate::ledger::Found| Some((found.id().ok()?, Terms::read(&found.resource)?));
    Ok(found.iter().filter_map(read).collect())
}

/// All grants of a book that are not over.
pub(crate) async fn grants(
    service: &Service,
    patient: &LogicalId,
    now: Instant,
) -> Result<Vec<StoredGrant>, Problem> {
    let consents = terms(service, patient).await?.into_iter();
    let mut grants: Vec<StoredGrant> = consents
        .filter(|(_, terms)| terms.permit && terms.lives(now))
        .filter_map(|(id, terms)| {
            Some(StoredGrant {
                authority: authority(terms.relation)?,
                purpose: terms.purpose(),
                grantee: terms.grantee?,
                source: ("Consent".to_owned(), id),
                begins: terms.begins,
                ends: terms.ends,
                labels: terms.labels,
            })
        })
        .collect();
    let home = read(service, "Patient", patient).await?;
    let home =
        home.and_then(|found| referred(&found.resource, "/managingOrganization/reference", "Organization"));
    grants.extend(home.map(|station| StoredGrant {
        authority: Authority::HomeStation,
        grantee: Grantee::Organization(station),
        source: ("Patient".to_owned(), patient.clone()),
        begins: Instant::from_microseconds(0),
        ends: NEVER,
        purpose: None,
        labels: Vec::new(),
    }));
    Ok(grants)
}

/// All denials of a book that are not over.
pub(crate) async fn denials(
    service: &Service,
    patient: &LogicalId,
    now: Instant,
) -> Result<Vec<StoredDenial>, Problem> {
    let consents = terms(service, patient).await?.into_iter();
    let denials =
        consents.filter(|(_, terms)| !terms.permit && terms.lives(now)).map(|(_, terms)| StoredDenial {
            whole: terms.types.is_empty() && terms.labels.is_empty(),
            purposes: terms.purposes,
            grantee: terms.grantee,
            begins: terms.begins,
            ends: terms.ends,
        });
    Ok(denials.collect())
}

fn authority(relation: Relation) -> Option<Authority> {
    match relation {
        Relation::Delegation => Some(Authority::Delegation),
        Relation::Guardian => Some(Authority::Guardian),
        Relation::Presence => Some(Authority::Presence),
        Relation::Prescription => Some(Authority::Prescription),
        Relation::Emergency => Some(Authority::Emergency),
        Relation::Consent => Some(Authority::Consent),
        Relation::Block => None,
    }
}
