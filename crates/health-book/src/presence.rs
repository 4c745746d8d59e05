//! Relations by what the citizen shows at a facility: a one-time code, or the code of a prescription.
//!
//! | act | who |
//! |---|---|
//! | make a code | citizen, guardian |
//! | redeem a presence code | physician, nurse, pharmacist, laboratory, registrar, station-head, system |
//! | redeem a prescription code | pharmacist, physician, station-head, system |

use access::{Authority, Caller, Grantee, Purpose, StaffRole};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::Problem;
use record_store::{SecurityChange, SecurityKind, SecurityRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::HealthBook;
use crate::consent::{Evidence, Provision, Relation, consent};
use crate::grants::denials;
use crate::ledger::{Entry, facility, find, new_id, read, referred, text, write};
use crate::moment::{DAY, birth_date, plus};
use crate::noted::{concerns, done};
use crate::refusal::{Rule, internal, wrong};
use crate::secret::{digits, hashed, letters, plain};
use crate::settings::{
    CODES_OF_ACCOUNT, CODES_OF_FACILITY, Limit, PRESCRIPTION, PRESCRIPTIONS_OF_FACILITY, clock,
};
use crate::vocabulary::PRESCRIPTION_CODE;
use crate::who::{self, Staff};
use crate::{gate, input, throttle, turn};

const BY_PRESENCE: [StaffRole; 7] = [
    StaffRole::Physician,
    StaffRole::Nurse,
    StaffRole::Pharmacist,
    StaffRole::Laboratory,
    StaffRole::Registrar,
    StaffRole::StationHead,
    StaffRole::System,
];
const BY_PRESCRIPTION: [StaffRole; 4] =
    [StaffRole::Pharmacist, StaffRole::Physician, StaffRole::StationHead, StaffRole::System];

/// What a code is kept under.
const CODE: &str = "presence-code";
/// How often other digits are tried when a code of these lives.
const ROUNDS: usize = 8;

/// `POST /access/presence-codes`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRequest {
    /// Only for this facility, by code.
    pub facility: Option<String>,
    /// How long the relation lasts.
    pub days: Option<i64>,
    /// Labels that it opens beyond the policy.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The book, when it is not the own one.
    pub patient: Option<String>,
}

/// What a kept code opens.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    patient: String,
    citizen: String,
    account: String,
    facility: Option<String>,
    /// How long, from when it is redeemed.
    seconds: i64,
    labels: Vec<String>,
    /// The other form of the same code.
    twin: String,
}

/// Makes a code.
pub async fn make_code(
    book: &HealthBook,
    caller: &Caller,
    request: CodeRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let patient = request.patient.as_deref().map(LogicalId::try_from).transpose();
    let patient = patient.map_err(|_| Problem::not_found())?;
    let (service, settings) = (book.service(), book.settings());
    let open = gate::book(service, caller, patient.as_ref(), now).await?;
    // What the citizen says, else what the policy gives.
    if request.days.is_some_and(|days| !(1..=settings.presence_days).contains(&days)) {
        return Err(wrong("days"));
    }
    let ends = match request.days {
        Some(days) => plus(now, days.saturating_mul(DAY)),
        None => clock(&service.policy(), Authority::Presence, now),
    };
    let seconds = ends.microseconds().saturating_sub(now.microseconds()) / 1_000_000;
    input::labels(service, &request.labels)?;
    // What is closed to a guardian is not the guardian's to open.
    if !open.is_own() && !request.labels.is_empty() {
        return Err(Rule::NotPossible.into());
    }
    let only = match &request.facility {
        Some(code) => Some(facility(service, code).await?.ok_or(Rule::NoSuchFacility)?.id()?.to_string()),
        None => None,
    };
    let store = service.store();
    let owner = open.patient.to_string();
    let _turn = turn::wait(store, CODE, &owner).await?;
    let living = store.security_records(SecurityKind::SharingCode, Some(&owner), now).await?;
    // Each code is kept in two forms.
    if living.len() / 2 >= settings.most_codes {
        return Err(Rule::TooManyCodes.into());
    }
    let expires = plus(now, settings.code_life);
    for _ in 0..ROUNDS {
        let (long, short) = (letters()?, digits()?);
        let ids = [hashed(store, CODE, &long), hashed(store, CODE, &short)];
        let record = |id: &str, twin: &str| {
            let kept = Kept {
                patient: owner.clone(),
                citizen: open.citizen.to_string(),
                account: open.account.clone(),
                facility: only.clone(),
                seconds,
                labels: request.labels.clone(),
                twin: twin.to_owned(),
            };
            let value = serde_json::to_string(&kept).map_err(|_| internal())?;
            let record = SecurityRecord::new(SecurityKind::SharingCode, id, value).of(owner.clone());
            Ok::<_, Problem>(record.until(expires))
        };
        let [long_id, short_id] = &ids;
        // Only the short form can be there already: the claim is about it.
        let claim = SecurityChange::Insert(record(short_id, long_id)?);
        let other = SecurityChange::Put(record(long_id, short_id)?);
        if store.change_security(claim, vec![other], now).await? {
            done(&open.patient, "access/presence-codes");
            return Ok(
                json!({"code": long, "digits": short, "expires": expires.to_string(), "days": seconds.saturating_add(DAY - 1) / DAY}),
            );
        }
    }
    Err(internal())
}

/// `POST /access/relations`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RelationRequest {
    /// `presence` or `prescription`.
    pub kind: String,
    /// The code.
    pub code: String,
    /// Of a prescription: the birth date of the person.
    pub birth_date: Option<String>,
}

/// Redeems a code.
pub async fn redeem(
    book: &HealthBook,
    caller: &Caller,
    request: RelationRequest,
    now: Instant,
) -> Result<Value, Problem> {
    match request.kind.as_str() {
        "presence" => {
            let staff = who::staff(caller, &BY_PRESENCE)?;
            gate::of_facility(book.service(), caller)?;
            by_presence(book, staff, &plain(&request.code), now).await
        }
        "prescription" => {
            let staff = who::staff(caller, &BY_PRESCRIPTION)?;
            gate::of_facility(book.service(), caller)?;
            let birth = request.birth_date.as_deref().ok_or_else(|| crate::refusal::missing("birth_date"))?;
            let birth = birth_date(birth).ok_or_else(|| wrong("birth_date"))?;
            by_prescription(book, staff, request.code.trim(), &birth.to_string(), now).await
        }
        _ => Err(wrong("kind")),
    }
}

async fn by_presence(
    book: &HealthBook,
    staff: Staff<'_>,
    code: &str,
    now: Instant,
) -> Result<Value, Problem> {
    let store = book.service().store();
    let counts: [(Limit, &str); 2] =
        [(CODES_OF_FACILITY, staff.organization.as_str()), (CODES_OF_ACCOUNT, &staff.identity.subject)];
    for (limit, whose) in counts {
        throttle::enter(store, limit, whose, now).await?;
    }
    let id = hashed(store, CODE, code);
    let record = store.security_record(SecurityKind::SharingCode, &id, now).await?.ok_or(Rule::WrongCode)?;
    let kept: Kept = serde_json::from_str(&record.value).map_err(|_| internal())?;
    let patient = LogicalId::try_from(kept.patient.as_str()).map_err(|_| internal())?;
    concerns(ResourceType::PATIENT, &patient);
    if kept.facility.as_deref().is_some_and(|only| only != staff.organization.as_str()) {
        return Err(Rule::WrongCode.into());
    }
    if !lives(book, &patient).await? {
        return Err(Rule::WrongCode.into());
    }
    // From here on the code is gone, whatever comes: of several who show it one succeeds.
    let other = SecurityChange::Remove(SecurityKind::SharingCode, kept.twin.clone());
    if !store.change_security(SecurityChange::Remove(SecurityKind::SharingCode, id), vec![other], now).await?
    {
        return Err(Rule::WrongCode.into());
    }
    for (limit, whose) in counts {
        throttle::forgive(store, limit, whose, now).await?;
    }
    let mut provision = open_to(&staff, now, plus(now, kept.seconds));
    provision.labels = kept.labels;
    let mut evidence = Evidence::new("presence-code", "api", &kept.account);
    evidence.citizen = LogicalId::try_from(kept.citizen.as_str()).ok();
    relate(book, &staff, &patient, Relation::Presence, &provision, &evidence, service_moment(now)).await
}

async fn by_prescription(
    book: &HealthBook,
    staff: Staff<'_>,
    code: &str,
    birth: &str,
    now: Instant,
) -> Result<Value, Problem> {
    let (service, store) = (book.service(), book.service().store());
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if code.len() != 14 || !code.bytes().all(is_letter) {
        return Err(Rule::WrongCode.into());
    }
    // The code is printed on paper that many see: the birth date must not be guessed for it, from anywhere.
    let counts: [(Limit, &str); 2] =
        [(PRESCRIPTIONS_OF_FACILITY, staff.organization.as_str()), (PRESCRIPTION, code)];
    for (limit, whose) in counts {
        throttle::enter(store, limit, whose, now).await?;
    }
    let pairs = [("identifier", format!("{PRESCRIPTION_CODE}|{code}")), ("_count", "50".to_owned())];
    let (found, _) = find(service, "MedicationRequest", &pairs).await?;
    // All medicines of one prescription carry its code: they must agree on the person and the visit.
    let place = |found: &crate::ledger::Found| {
        let patient = referred(&found.resource, "/subject/reference", "Patient")?;
        Some((patient, referred(&found.resource, "/encounter/reference", "Encounter")?))
    };
    let mut places: Vec<_> = found.iter().map(place).collect();
    places.dedup();
    let [Some((patient, visit))] = places.as_slice() else { return Err(Rule::WrongCode.into()) };
    concerns(ResourceType::PATIENT, patient);
    let person = read(service, "Patient", patient).await?.ok_or(Rule::WrongCode)?;
    if text(&person.resource, "/birthDate") != birth || is_dead(&person.resource) {
        return Err(Rule::WrongCode.into());
    }
    for (limit, whose) in counts {
        throttle::forgive(store, limit, whose, now).await?;
    }
    let mut provision = open_to(&staff, now, clock(&service.policy(), Authority::Prescription, now));
    provision.visit = Some(visit.clone());
    let mut evidence = Evidence::new("prescription-code", "api", &staff.identity.subject);
    evidence.organization = Some(staff.organization.clone());
    relate(book, &staff, patient, Relation::Prescription, &provision, &evidence, service_moment(now)).await
}

/// Moments in resources are written to the millisecond.
fn service_moment(now: Instant) -> Instant {
    now.truncated_to_millis()
}

fn open_to(staff: &Staff<'_>, begins: Instant, ends: Instant) -> Provision {
    let grantee = Grantee::Organization(staff.organization.clone());
    let mut provision = Provision::permit(grantee, begins.truncated_to_millis(), ends.truncated_to_millis());
    provision.purpose = Some(Purpose::Treatment);
    provision
}

async fn relate(
    book: &HealthBook,
    staff: &Staff<'_>,
    patient: &LogicalId,
    relation: Relation,
    provision: &Provision,
    evidence: &Evidence,
    now: Instant,
) -> Result<Value, Problem> {
    let service = book.service();
    let me = Grantee::Organization(staff.organization.clone());
    if denials(service, patient, now).await?.close(&me, provision.purpose, now) {
        return Err(Rule::Blocked.into());
    }
    let id = new_id()?;
    let resource = consent(&id, patient, relation, "active", provision, evidence, now);
    write(service, vec![Entry::new(resource)]).await?;
    Ok(json!({
        "id": format!("{}.Consent.{id}", relation.code()),
        "patient": patient.as_str(),
        "kind": relation.code(),
        "begins": provision.begins.to_string(),
        "ends": provision.ends.to_string(),
    }))
}

fn is_dead(person: &Value) -> bool {
    person.get("deceasedDateTime").is_some() || person.get("deceasedBoolean") == Some(&Value::Bool(true))
}

async fn lives(book: &HealthBook, patient: &LogicalId) -> Result<bool, Problem> {
    Ok(read(book.service(), "Patient", patient).await?.is_some_and(|found| !is_dead(&found.resource)))
}
