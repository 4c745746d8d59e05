//! Candidates of a description, graded: the one look-up that `$match` and the work list of doubtful people share.

use access::{Caller, Interaction};
use fhir::{Fault, LogicalId, ReferenceText, ResourceType};
use json::Node;
use person_matching::{Evidence, Grade, Matcher, Person, Query, Rule, query_keys};
use record_store::Record;

use crate::search::with_resource;
use crate::{Problem, Service};

/// The server when it looks people up for somebody.
const MATCHING: Caller = Caller::Background { job: "matching" };
/// Most links from a record to the one that replaced it.
const MOST_LINKS: usize = 4;

/// A person of the store and how well a description fits.
#[derive(Debug, Clone)]
pub struct GradedPerson {
    /// The `Patient`, without places where its book is under the location shield.
    pub record: Record,
    /// The grade.
    pub grade: Grade,
    /// The chance that this is the person: 0 to 1.
    pub score: f64,
    /// Every comparison, without values.
    pub evidence: Vec<Evidence>,
    /// The rules that held the grade down.
    pub rules: Vec<Rule>,
}

/// A person with all records that lead to it.
struct Candidate {
    record: Record,
    person: Person,
    is_active: bool,
}

/// Everybody who may be the person of a query, graded, the best first; who is certainly not is among them. The query of a
/// stored `Patient` is made by [`Person::of_query`]; that `Patient` is found, too.
///
/// # Errors
/// 422 when there is nothing to look up by, or when too many people share everything that is known; 503 while the keys of
/// a database from before are being made.
pub async fn graded_people(service: &Service, query: &Query) -> Result<Vec<GradedPerson>, Problem> {
    let store = service.store();
    if !store.people_have_keys().await? {
        return Err(Problem::new(503, Fault::MatchNotReady));
    }
    let keys = query_keys(store.registry().hasher(), query);
    if keys.is_empty() {
        return Err(Problem::new(422, Fault::MatchTooLittle));
    }
    let access = service.decide(&MATCHING, Interaction::Search, Some(ResourceType::PATIENT))?;
    let found = store.people_of_keys(&access, &keys).await?;
    if found.people.is_empty() && found.passed_over {
        return Err(Problem::new(422, Fault::MatchTooWide));
    }
    let mut candidates: Vec<Candidate> = Vec::with_capacity(found.people.len());
    for record in found.people {
        let (person, mut next, mut is_active) = read(&record)?;
        // What a replaced record knows is known of the one that replaced it.
        let mut last = record;
        for _ in 0..MOST_LINKS {
            let Some(id) = next.take() else { break };
            let survivor = store.person_of_id(&access, &id).await?;
            let Some(survivor) = survivor.filter(|survivor| !survivor.is_deleted()) else { break };
            (_, next, is_active) = read(&survivor)?;
            last = survivor;
        }
        match candidates.iter_mut().find(|known| known.record.id == last.id) {
            Some(known) => known.person.learn(person),
            None => {
                let (own, ..) = read(&last)?;
                let mut candidate = Candidate { record: last, person: own, is_active };
                candidate.person.learn(person);
                candidates.push(candidate);
            }
        }
    }
    let matcher = Matcher::new(store.count_people().await?);
    let people: Vec<Person> = candidates.iter().map(|candidate| candidate.person.clone()).collect();
    let mut graded = Vec::with_capacity(candidates.len());
    for one in matcher.rank(query, &people) {
        let Some(candidate) = candidates.get(one.candidate) else { continue };
        // Nobody may be led to a record that is out of use without a look.
        let grade = if candidate.is_active { one.grade } else { one.grade.min(Grade::Probable) };
        let (record, score) = (candidate.record.clone(), one.score);
        graded.push(GradedPerson { record, grade, score, evidence: one.evidence, rules: one.rules });
    }
    Ok(graded)
}

/// The person of a record, whose record replaced it, and whether it is in use.
fn read(record: &Record) -> Result<(Person, Option<LogicalId>, bool), Problem> {
    with_resource(record, |patient| {
        let is_active = patient.get("active").and_then(Node::as_bool) != Some(false);
        (Person::of_record(patient), replaced_by(patient), is_active)
    })
}

fn replaced_by(patient: &Node<'_>) -> Option<LogicalId> {
    let links = patient.get("link").map(Node::items).unwrap_or_default();
    let link = links.iter().find(|link| link.text("type") == Some("replaced-by"))?;
    match ReferenceText::parse(link.get("other")?.text("reference")?) {
        ReferenceText::Literal { base: None, resource_type, id, .. }
            if resource_type == ResourceType::PATIENT =>
        {
            Some(id)
        }
        _ => None,
    }
}
