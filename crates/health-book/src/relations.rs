//! Who may see a book by which relation, and an end of it: listed, ended, shortened, extended by the citizen.
//!
//! | act | who |
//! |---|---|
//! | list, end, shorten, extend | citizen, guardian |
//! | list the own ones | registrar, station-head, physician, system |

use access::{Actor, Caller, Grantee, StaffRole};
use fhir::{Instant, LogicalId};
use interactions::{PAGE_PARAMETER, Problem};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::blocks::{self, Close};
use crate::consent::{Evidence, Provision, Relation, Terms, consent};
use crate::gate::{self, Book};
use crate::grants::{Denials, Entitled, denials, grants};
use crate::ledger::{Entry, Found, find, is_made_here, items, new_id, patch, read, read_as, text, write};
use crate::moment::{NEVER, plus, written_end};
use crate::noted::{concerns, told, told_of_nobody};
use crate::refusal::{Rule, wrong};
use crate::vocabulary::{RELATION, kind};
use crate::{input, who};

const OF_FACILITY: [StaffRole; 4] =
    [StaffRole::Registrar, StaffRole::StationHead, StaffRole::Physician, StaffRole::System];

const PLACE: &str = "access/relations";

/// `GET /access/relations`
#[derive(Debug, Default)]
pub struct ListRequest {
    /// The book, when it is not the own one.
    pub patient: Option<String>,
    /// `page`
    pub page: Option<String>,
    /// `count`
    pub count: Option<String>,
}

/// `POST /access/relations/{id}/shorten`, `extend`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEnd {
    /// The new end.
    pub ends: String,
}

/// A page of relations.
pub async fn list(
    book: &HealthBook,
    caller: &Caller,
    request: ListRequest,
    now: Instant,
) -> Result<Value, Problem> {
    // A citizen is shown all at once; what is no number is refused all the same.
    let count = match request.count.as_deref().map(str::parse::<u32>) {
        None => 20,
        Some(Ok(count)) if (1..=100).contains(&count) => count,
        Some(_) => return Err(wrong("count")),
    };
    if let Caller::Authenticated(identity) = caller
        && matches!(identity.actor, Actor::Facility { .. })
    {
        return list_of_facility(book, caller, request, count, now).await;
    }
    let patient = request.patient.as_deref().map(LogicalId::try_from).transpose();
    let patient = patient.map_err(|_| Problem::not_found())?;
    let service = book.service();
    let open = gate::book(service, caller, patient.as_ref(), now).await?;
    let closed = denials(service, &open.patient, now).await?;
    let mut shown = Vec::new();
    for grant in grants(service, &open.patient, now).await? {
        // A visit that is closed to a guardian is not told by who is entitled through it.
        if !open.tells(service, grant.source.0, &grant.source.1).await? {
            continue;
        }
        shown.push(show(book, &open, &grant, &closed, now).await?);
    }
    told(&open.patient, PLACE);
    Ok(json!({"items": shown}))
}

async fn show(
    book: &HealthBook,
    open: &Book,
    grant: &Entitled,
    denials: &Denials,
    now: Instant,
) -> Result<Value, Problem> {
    let (member, id, name) = match &grant.grantee {
        // That a facility has registered the person says no resource by name.
        None => ("facility", None, None),
        // The facility of a visit, or of the home, of whom the location shield protects.
        Some(Grantee::Organization(_)) if open.hides(grant.source.0) => ("facility", None, None),
        Some(Grantee::Organization(id)) => {
            let there = read_as(book.service(), &open.access, kind("Organization")?, id).await?;
            let name = there.map(|found| text(&found.resource, "/name").to_owned());
            ("facility", Some(id), name)
        }
        // The name of another person is that person's: the number of the relation must do.
        Some(Grantee::Patient(id)) => ("person", Some(id), None),
    };
    let mut shown = json!({
        "id": format!("{}.{}.{}", grant.authority.code(), grant.source.0, grant.source.1),
        "authority": grant.authority.code(),
        "source": format!("{}/{}", grant.source.0, grant.source.1),
        "begins": grant.begins.to_string(),
        "labels": grant.labels,
        "closed": denials.close_to(grant.number, grant.purpose, now),
    });
    if let Some(members) = shown.as_object_mut() {
        members.insert(member.to_owned(), json!({"id": id.map(LogicalId::as_str), "name": name}));
        if grant.ends < NEVER {
            members.insert("ends".to_owned(), json!(grant.ends.to_string()));
        }
        if let Some(purpose) = grant.purpose {
            members.insert("purpose".to_owned(), json!(purpose.code()));
        }
    }
    Ok(shown)
}

async fn list_of_facility(
    book: &HealthBook,
    caller: &Caller,
    request: ListRequest,
    count: u32,
    now: Instant,
) -> Result<Value, Problem> {
    let staff = who::staff(caller, &OF_FACILITY)?;
    let service = book.service();
    gate::of_facility(service, caller)?;
    let pairs = match request.page {
        Some(page) => vec![(PAGE_PARAMETER, page)],
        None => vec![
            ("actor", format!("Organization/{}", staff.organization)),
            ("status", "active".to_owned()),
            ("_count", count.to_string()),
        ],
    };
    let (found, next) = find(service, "Consent", &pairs).await?;
    let me = Grantee::Organization(staff.organization.clone());
    let mut shown = Vec::new();
    for found in found {
        let Some(terms) = Terms::read(&found.resource) else { continue };
        // A page link may have been made for another facility.
        if terms.grantee.as_ref() != Some(&me) || !terms.permit || !terms.lives(now) {
            continue;
        }
        if terms.relation != Relation::Consent && !is_made_here(service, "Consent", &found.id()?).await? {
            continue;
        }
        let Some(patient) = crate::ledger::referred(&found.resource, "/patient/reference", "Patient") else {
            continue;
        };
        if denials(service, &patient, now).await?.close(&me, terms.purpose(), now) {
            continue;
        }
        told(&patient, PLACE);
        shown.push(json!({
            "id": format!("{}.Consent.{}", terms.relation.code(), found.id()?),
            "authority": terms.relation.code(),
            "patient": patient.as_str(),
            "begins": terms.begins.to_string(),
            "ends": terms.ends.to_string(),
        }));
    }
    if shown.is_empty() {
        told_of_nobody(PLACE);
    }
    Ok(match next {
        Some(next) => json!({"items": shown, "next": next}),
        None => json!({"items": shown}),
    })
}

/// A relation that a citizen wants to change.
struct Chosen {
    open: Book,
    grant: Entitled,
    /// The `Consent` that it comes from, if it comes from one.
    consent: Option<(Found, Terms)>,
}

async fn choose(book: &HealthBook, caller: &Caller, id: &str, now: Instant) -> Result<Chosen, Problem> {
    let missing = Problem::not_found;
    let mut parts = id.splitn(3, '.');
    let named = (parts.next(), parts.next(), parts.next().map(LogicalId::try_from));
    if let (_, Some(name), Some(Ok(source))) = &named
        && let Ok(resource_type) = name.parse()
    {
        concerns(resource_type, source);
    }
    // Asked before anything is looked up, so that a facility learns nothing.
    who::citizen(caller)?;
    let (Some(authority), Some(name), Some(source)) = named else { return Err(missing()) };
    let source = source.map_err(|_| missing())?;
    let service = book.service();
    let resource = read(service, name, &source).await.ok().flatten().ok_or_else(missing)?;
    let subject = ["/patient/reference", "/subject/reference", "/for/reference"];
    let patient = match name {
        "Patient" => Some(source.clone()),
        _ => subject.iter().find_map(|place| crate::ledger::referred(&resource.resource, place, "Patient")),
    };
    let patient = patient.ok_or_else(missing)?;
    // Whose book it is decides; what is not the caller's is not there.
    let open = gate::book(service, caller, Some(&patient), now).await?;
    let grant = grants(service, &open.patient, now).await?.into_iter().find(|grant| {
        grant.authority.code() == authority && grant.source.0.as_str() == name && grant.source.1 == source
    });
    let grant = grant.ok_or_else(missing)?;
    if !open.tells(service, grant.source.0, &grant.source.1).await? {
        return Err(missing());
    }
    // What changes it would name the facility that the location shield hides.
    if open.hides(grant.source.0) {
        return Err(Rule::NotPossible.into());
    }
    let consent = match (name, Terms::read(&resource.resource)) {
        ("Consent", Some(terms)) => Some((resource, terms)),
        _ => None,
    };
    Ok(Chosen { open, grant, consent })
}

/// Ends a relation now.
pub async fn end(book: &HealthBook, caller: &Caller, id: &str, now: Instant) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    let chosen = choose(book, caller, id, now).await?;
    // Who bears a child's care is decided elsewhere.
    if chosen.grant.authority == access::Authority::Guardian {
        return Err(Rule::NotPossible.into());
    }
    match &chosen.consent {
        Some((found, terms)) => {
            let evidence = evidence(&chosen.open, "end");
            end_consent(book, found, terms, &evidence, now).await?;
        }
        None => close(book, &chosen, now, "end", now).await?,
    }
    Ok(json!({"id": id, "ends": now.to_string()}))
}

/// Gives a relation an earlier end.
pub async fn shorten(
    book: &HealthBook,
    caller: &Caller,
    id: &str,
    request: NewEnd,
    now: Instant,
) -> Result<Value, Problem> {
    let ends = input::moment("ends", &request.ends)?;
    let chosen = choose(book, caller, id, now).await?;
    if chosen.grant.authority == access::Authority::Guardian {
        return Err(Rule::NotPossible.into());
    }
    if ends <= now || ends >= chosen.grant.ends || ends <= chosen.grant.begins {
        return Err(Rule::NotShorter.into());
    }
    match &chosen.consent {
        Some(consent) => move_end(book, consent, &evidence(&chosen.open, "shorten"), ends, now).await?,
        None => close(book, &chosen, ends, "shorten", now).await?,
    }
    Ok(json!({"id": id, "ends": ends.to_string()}))
}

/// Gives a relation a later end.
pub async fn extend(
    book: &HealthBook,
    caller: &Caller,
    id: &str,
    request: NewEnd,
    now: Instant,
) -> Result<Value, Problem> {
    let ends = input::moment("ends", &request.ends)?;
    let chosen = choose(book, caller, id, now).await?;
    if ends <= chosen.grant.ends || ends > plus(now, book.settings().longest) {
        return Err(Rule::TooLong.into());
    }
    match &chosen.consent {
        Some(consent) if matches!(consent.1.relation, Relation::Presence | Relation::Consent) => {
            move_end(book, consent, &evidence(&chosen.open, "extend"), ends, now).await?;
            Ok(json!({"id": id, "ends": ends.to_string()}))
        }
        Some(_) => Err(Rule::NotExtendable.into()),
        None => {
            let new = new_id()?;
            let now = now.truncated_to_millis();
            let grantee = chosen.grant.grantee.clone().ok_or(Rule::NotPossible)?;
            let mut provision = Provision::permit(grantee, now, ends);
            provision.purpose = Some(access::Purpose::Treatment);
            let evidence = evidence(&chosen.open, "extend");
            let patient = &chosen.open.patient;
            let resource = consent(&new, patient, Relation::Consent, "active", &provision, &evidence, now);
            write(book.service(), vec![Entry::new(resource)]).await?;
            Ok(json!({"id": format!("consent.Consent.{new}"), "ends": ends.to_string()}))
        }
    }
}

fn evidence(open: &Book, act: &'static str) -> Evidence {
    let mut evidence = Evidence::new(act, "api", &open.account);
    evidence.citizen = Some(open.citizen.clone());
    evidence
}

/// Closes the book to the grantee from a moment until the relation would have ended.
async fn close(
    book: &HealthBook,
    chosen: &Chosen,
    from: Instant,
    act: &'static str,
    now: Instant,
) -> Result<(), Problem> {
    let latest = plus(now, book.settings().longest_block);
    // Never without a name: that would close the book to everybody.
    let grantee = chosen.grant.grantee.clone().ok_or(Rule::NotPossible)?;
    let close = Close {
        grantee: Some(grantee),
        begins: from,
        ends: chosen.grant.ends.min(latest),
        ..Close::default()
    };
    blocks::write(book, &chosen.open, close, act, now).await.map(drop)
}

fn added_evidence(found: &Found, evidence: &Evidence, at: Instant) -> Value {
    let extension = evidence.to_value(at);
    match items(&found.resource, "/extension") {
        [] => json!({"op": "add", "path": "/extension", "value": [extension]}),
        _ => json!({"op": "add", "path": "/extension/-", "value": extension}),
    }
}

/// Ends a `Consent`: one that has not begun ends where it begins.
pub(crate) async fn end_consent(
    book: &HealthBook,
    found: &Found,
    terms: &Terms,
    evidence: &Evidence,
    now: Instant,
) -> Result<(), Problem> {
    let ends = now.max(terms.begins).min(terms.ends).truncated_to_millis();
    let operations = [
        json!({"op": "replace", "path": "/status", "value": "inactive"}),
        json!({"op": "replace", "path": "/provision/period/end", "value": written_end(terms.begins, ends)}),
        added_evidence(found, evidence, now),
    ];
    patch(book.service(), "Consent", found, &operations).await.map(drop)
}

async fn move_end(
    book: &HealthBook,
    (found, terms): &(Found, Terms),
    evidence: &Evidence,
    ends: Instant,
    now: Instant,
) -> Result<(), Problem> {
    let operations = [
        json!({"op": "replace", "path": "/provision/period/end", "value": written_end(terms.begins, ends)}),
        added_evidence(found, evidence, now),
    ];
    patch(book.service(), "Consent", found, &operations).await.map(drop)
}

/// The criteria of consents of a relation.
pub(crate) fn of_relation(relation: Relation) -> (&'static str, String) {
    ("category", format!("{RELATION}|{}", relation.code()))
}
