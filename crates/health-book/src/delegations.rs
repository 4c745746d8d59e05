//! A citizen entrusts the own book to another citizen, who must accept.
//!
//! | act | who |
//! |---|---|
//! | give | citizen, own book only: who was entrusted with a book cannot pass it on |
//! | accept | the citizen who is named |
//! | end, list | either |

use access::{Caller, Grantee, Purpose};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::Problem;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::ages::majority;
use crate::consent::{Evidence, Provision, Relation, Terms, consent};
use crate::ledger::{
    Entry, Found, citizen, find_made_here, is_made_here, new_id, patch, read, referred, text, write,
};
use crate::moment::{birth_date, is_of_age, plus};
use crate::noted::{concerns, done, told};
use crate::refusal::{Rule, wrong};
use crate::relations::{end_consent, of_relation};
use crate::settings::PEOPLE;
use crate::vocabulary::kind;
use crate::{gate, input, throttle, turn, who};

const MOST: usize = 500;
/// As the log of accesses calls these acts.
const PLACE: &str = "access/delegations";

/// `POST /access/delegations`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationRequest {
    /// Citizen number of the other.
    pub citizen_number: String,
    /// Birth date of the other.
    pub birth_date: String,
    /// Only these types.
    #[serde(default)]
    pub types: Vec<String>,
    /// Labels that are open, too.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Until when.
    pub ends: String,
}

/// Gives.
pub async fn give(
    book: &HealthBook,
    caller: &Caller,
    request: DelegationRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    let (service, settings) = (book.service(), book.settings());
    let open = gate::own_book(service, caller, now).await?;
    input::types(service, &request.types)?;
    input::labels(service, &request.labels)?;
    let birth = birth_date(&request.birth_date).ok_or_else(|| wrong("birth_date"))?;
    let ends = input::moment("ends", &request.ends)?;
    if ends <= now || ends > plus(now, settings.longest) {
        return Err(Rule::TooLong.into());
    }
    throttle::enter(service.store(), PEOPLE, open.patient.as_str(), now).await?;
    let other = citizen(service, &request.citizen_number).await?;
    if let Some(other) = &other {
        // Who guesses at somebody's birth date is seen by that person, not only in the own book.
        concerns(ResourceType::PATIENT, &other.id()?);
    }
    let other = other.filter(|found| text(&found.resource, "/birthDate") == request.birth_date);
    let other = other.ok_or(Rule::NoSuchPerson)?.id()?;
    throttle::forgive(service.store(), PEOPLE, open.patient.as_str(), now).await?;
    if other == open.patient || !is_of_age(birth, majority(service.policy().document()), now) {
        return Err(Rule::NotPossible.into());
    }
    let _turn = turn::wait(service.store(), "delegation", open.patient.as_str()).await?;
    let given = given(book, &open.patient).await?;
    let living = given.iter().filter(|(_, terms)| waits(terms, now) || terms.lives(now)).count();
    if living >= settings.most_delegations {
        return Err(Rule::TooManyDelegations.into());
    }
    let named = other.clone();
    let mut provision = Provision::permit(Grantee::Patient(other), now, ends);
    provision.purpose = Some(Purpose::PatientRequest);
    (provision.types, provision.labels) = (request.types, request.labels);
    let mut evidence = Evidence::new("delegation", "api", &open.account);
    evidence.citizen = Some(open.citizen.clone());
    let id = new_id()?;
    let resource = consent(&id, &open.patient, Relation::Delegation, "proposed", &provision, &evidence, now);
    write(service, vec![Entry::new(resource)]).await?;
    // That the number and the birth date are those of one person was told.
    told(&named, PLACE);
    Ok(json!({"id": id.as_str(), "status": "waiting"}))
}

fn waits(terms: &Terms, now: Instant) -> bool {
    terms.status == "proposed" && now < terms.ends
}

async fn given(book: &HealthBook, patient: &LogicalId) -> Result<Vec<(Found, Terms)>, Problem> {
    let pairs = [("patient", patient.to_string()), of_relation(Relation::Delegation)];
    found(book, &pairs).await
}

/// What is entrusted to a citizen, by whomever.
pub(crate) async fn taken(book: &HealthBook, patient: &LogicalId) -> Result<Vec<(Found, Terms)>, Problem> {
    let pairs = [("actor", format!("Patient/{patient}")), of_relation(Relation::Delegation)];
    found(book, &pairs).await
}

async fn found(book: &HealthBook, pairs: &[(&str, String)]) -> Result<Vec<(Found, Terms)>, Problem> {
    let all = find_made_here(book.service(), "Consent", pairs, MOST).await?;
    Ok(all.into_iter().filter_map(|found| Terms::read(&found.resource).map(|terms| (found, terms))).collect())
}

/// A delegation of which the caller is one side, and whether it is the giver's.
async fn side(
    book: &HealthBook,
    caller: &Caller,
    id: &str,
) -> Result<(Found, Terms, bool, Evidence), Problem> {
    let me = who::citizen(caller)?;
    let id = LogicalId::try_from(id).map_err(|_| Problem::not_found())?;
    concerns(kind("Consent")?, &id);
    let found = read(book.service(), "Consent", &id).await?.ok_or_else(Problem::not_found)?;
    let terms = Terms::read(&found.resource).filter(|terms| terms.relation == Relation::Delegation);
    let terms = terms.ok_or_else(Problem::not_found)?;
    if !is_made_here(book.service(), "Consent", &id).await? {
        return Err(Problem::not_found());
    }
    let giver = referred(&found.resource, "/patient/reference", "Patient").as_ref() == Some(me.patient);
    // Who is named sees this one consent before the gate opens anything: it is an offer to exactly that person.
    if !giver && terms.grantee != Some(Grantee::Patient(me.patient.clone())) {
        return Err(Problem::not_found());
    }
    let mut evidence = Evidence::new("delegation", "api", &me.identity.subject);
    evidence.citizen = Some(me.patient.clone());
    Ok((found, terms, giver, evidence))
}

/// What is so already changes nothing, and tells how it is.
fn done_again(found: &Found) {
    if let Some(giver) = referred(&found.resource, "/patient/reference", "Patient") {
        done(&giver, PLACE);
    }
}

/// Accepts.
pub async fn accept(book: &HealthBook, caller: &Caller, id: &str, now: Instant) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    // A token that may not touch the own book may not take on another.
    gate::own_book(book.service(), caller, now).await?;
    let (found, terms, giver, evidence) = side(book, caller, id).await?;
    if giver {
        return Err(Rule::NotPossible.into());
    }
    if terms.lives(now) {
        done_again(&found);
        return Ok(json!({"id": id, "status": "active"}));
    }
    if !waits(&terms, now) {
        return Err(Problem::not_found());
    }
    let evidence = Evidence { act: "accept", ..evidence };
    let operations = [
        json!({"op": "replace", "path": "/status", "value": "active"}),
        json!({"op": "add", "path": "/extension/-", "value": evidence.to_value(now)}),
    ];
    patch(book.service(), "Consent", &found, &operations).await?;
    Ok(json!({"id": id, "status": "active"}))
}

/// Ends, or declines.
pub async fn end(book: &HealthBook, caller: &Caller, id: &str, now: Instant) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    gate::own_book(book.service(), caller, now).await?;
    let (found, terms, _, evidence) = side(book, caller, id).await?;
    if waits(&terms, now) || terms.lives(now) {
        end_consent(book, &found, &terms, &Evidence { act: "end", ..evidence }, now).await?;
    } else {
        done_again(&found);
    }
    Ok(json!({"id": id, "status": "ended"}))
}

/// Both what was given and what was taken.
pub async fn list(book: &HealthBook, caller: &Caller, now: Instant) -> Result<Value, Problem> {
    let open = gate::own_book(book.service(), caller, now).await?;
    told(&open.patient, PLACE);
    let mut shown = Vec::new();
    for (role, all) in
        [("giver", given(book, &open.patient).await?), ("taker", taken(book, &open.patient).await?)]
    {
        for (found, terms) in all {
            let giver = referred(&found.resource, "/patient/reference", "Patient");
            let person = match (role, terms.grantee.clone()) {
                ("giver", Some(Grantee::Patient(other))) => Some(other),
                ("giver", _) => None,
                _ => giver,
            };
            if let ("taker", Some(giver)) = (role, &person) {
                told(giver, PLACE);
            }
            let status = match () {
                () if terms.lives(now) => "active",
                () if waits(&terms, now) => "waiting",
                () => "ended",
            };
            shown.push(json!({
                "id": found.id()?.as_str(),
                "role": role,
                "person": person.map(|id| id.to_string()),
                "status": status,
                "types": terms.types,
                "labels": terms.labels,
                "begins": terms.begins.to_string(),
                "ends": terms.ends.to_string(),
            }));
        }
    }
    Ok(json!({"items": shown}))
}
