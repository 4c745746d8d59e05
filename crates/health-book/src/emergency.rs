//! Emergency access: breaking the glass, with a reason, a notice to the citizen and a review.
//!
//! | act | who |
//! |---|---|
//! | open | physician, station-head; nurse where configured. Never a system |

use access::{Authority, Caller, Grantee, Purpose, StaffRole, role_in_words};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::Problem;
use notices::{Texts, for_people};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::consent::{Evidence, Provision, Relation, Terms, consent, period};
use crate::ledger::{Entry, Found, citizen, find_made_here, items, new_id, read, text, write};
use crate::moment::plus;
use crate::noted::concerns;
use crate::notice::{Notice, NoticeKind, communication};
use crate::refusal::{Rule, missing, wrong};
use crate::relations::of_relation;
use crate::settings::{EMERGENCIES, clock};
use crate::vocabulary::{ACCOUNT, ACT, EMERGENCY_REASON, EVIDENCE};
use crate::who::{self, Staff};
use crate::{gate, input, throttle, turn};

/// The reasons with their texts: English, Vietnamese.
pub const REASONS: [(&str, &str, &str); 6] = [
    ("unconscious", "the person is unconscious", "người bệnh bất tỉnh"),
    ("life-threatening", "the condition threatens life", "tình trạng đe doạ tính mạng"),
    ("no-consent-possible", "the person cannot consent", "người bệnh không thể đồng ý"),
    ("urgent-childbirth", "urgent childbirth", "sinh con khẩn cấp"),
    ("poisoning", "poisoning", "ngộ độc"),
    ("disaster", "disaster or many victims", "thảm hoạ hoặc nhiều nạn nhân"),
];

/// Emergency consents of one book that are looked at.
const MOST: usize = 500;
/// What is added to the text of the evidence.
const RENEWALS: &str = "renewals";

/// `POST /access/emergency`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmergencyRequest {
    /// The `Patient`, by id.
    pub patient: Option<String>,
    /// Or the citizen number.
    pub citizen_number: Option<String>,
    /// A code of [`REASONS`].
    pub reason: String,
    /// Why, in words.
    pub text: String,
}

/// What came of it.
#[derive(Debug)]
pub struct Opened {
    /// Whether it is new, or a living one was renewed.
    pub is_new: bool,
    /// The answer.
    pub answer: Value,
}

/// Opens a book.
pub async fn open(
    book: &HealthBook,
    caller: &Caller,
    request: EmergencyRequest,
    now: Instant,
) -> Result<Opened, Problem> {
    let now = now.truncated_to_millis();
    let roles = [StaffRole::Physician, StaffRole::StationHead, StaffRole::Nurse];
    let allowed = if book.settings().emergency_by_nurse { 3 } else { 2 };
    if let Some(Ok(id)) = request.patient.as_deref().map(LogicalId::try_from) {
        concerns(ResourceType::PATIENT, &id);
    }
    let staff = who::staff(caller, roles.get(..allowed).unwrap_or_default())?;
    let service = book.service();
    gate::of_facility(service, caller)?;
    let reason = REASONS.iter().find(|(code, ..)| *code == request.reason).ok_or_else(|| wrong("reason"))?;
    let words = input::words("text", &request.text, 10, 500)?;
    throttle::enter(service.store(), EMERGENCIES, &staff.identity.subject, now).await?;
    let person = match (&request.patient, &request.citizen_number) {
        (Some(id), None) => match LogicalId::try_from(id.as_str()) {
            Ok(id) => read(service, "Patient", &id).await?,
            Err(_) => None,
        },
        (None, Some(number)) => citizen(service, number).await?,
        (Some(_), Some(_)) => return Err(wrong("citizen_number")),
        (None, None) => return Err(missing("patient")),
    };
    let patient = person.ok_or_else(Problem::not_found)?.id()?;
    if request.patient.is_none() {
        concerns(ResourceType::PATIENT, &patient);
    }
    let ends = clock(&service.policy(), Authority::Emergency, now);
    // Two at once are one access that is renewed.
    let whose = format!("{patient} {}", staff.organization);
    let _turn = turn::wait(service.store(), "emergency", &whose).await?;
    let act = Act { staff: &staff, patient: &patient, reason, words: &words, now, ends };
    match living(book, &act).await? {
        None => first(book, &act).await,
        Some((found, terms)) => again(book, &act, found, &terms).await,
    }
}

struct Act<'a> {
    staff: &'a Staff<'a>,
    patient: &'a LogicalId,
    reason: &'a (&'static str, &'static str, &'static str),
    words: &'a str,
    now: Instant,
    ends: Instant,
}

impl Act<'_> {
    fn reason(&self) -> Value {
        json!({"coding": [{"system": EMERGENCY_REASON, "code": self.reason.0}], "text": self.words})
    }
}

async fn living(book: &HealthBook, act: &Act<'_>) -> Result<Option<(Found, Terms)>, Problem> {
    let pairs = [
        ("patient", act.patient.to_string()),
        ("actor", format!("Organization/{}", act.staff.organization)),
        ("status", "active".to_owned()),
        of_relation(Relation::Emergency),
    ];
    let found = find_made_here(book.service(), "Consent", &pairs, MOST).await?;
    let living = found.into_iter().filter_map(|found| {
        let terms = Terms::read(&found.resource)?;
        terms.holds(act.now).then_some((found, terms))
    });
    Ok(living.max_by_key(|(_, terms)| terms.ends))
}

async fn first(book: &HealthBook, act: &Act<'_>) -> Result<Opened, Problem> {
    let (id, task) = (new_id()?, new_id()?);
    let grantee = Grantee::Organization(act.staff.organization.clone());
    let mut provision = Provision::permit(grantee, act.now, act.ends);
    provision.purpose = Some(Purpose::BreakTheGlass);
    let mut evidence = Evidence::new("emergency", "api", &act.staff.identity.subject);
    evidence.organization = Some(act.staff.organization.clone());
    let mut resource =
        consent(&id, act.patient, Relation::Emergency, "active", &provision, &evidence, act.now);
    add_to_evidence(&mut resource, json!({"url": "reason", "valueCodeableConcept": act.reason()}));
    let (notice, told) = tell(book, act, &id).await?;
    let review = review_task(book, act, &id, &task);
    write(book.service(), vec![Entry::new(resource), Entry::new(told), Entry::new(review)]).await?;
    book.tell(&[notice]);
    Ok(Opened { is_new: true, answer: answer(act, &id, act.now, 0, Some(&task)) })
}

async fn again(book: &HealthBook, act: &Act<'_>, found: Found, terms: &Terms) -> Result<Opened, Problem> {
    let renewals = renewals(&found.resource);
    if renewals >= book.settings().emergency_renewals {
        return Err(Rule::NoRenewal.into());
    }
    let id = found.id()?;
    let act = &Act { ends: act.ends.max(terms.ends), ..*act };
    let mut resource = found.resource.clone();
    if let Some(provision) = resource.get_mut("provision").and_then(Value::as_object_mut) {
        provision.insert("period".to_owned(), period(terms.begins, act.ends));
    }
    let mut evidence =
        Evidence::new("emergency-renewal", "api", &act.staff.identity.subject).to_value(act.now);
    if let Some(parts) = evidence.get_mut("extension").and_then(Value::as_array_mut) {
        parts.push(json!({"url": "reason", "valueCodeableConcept": act.reason()}));
        parts.push(json!({"url": RENEWALS, "valueInteger": renewals.saturating_add(1)}));
    }
    if let Some(extensions) = resource.get_mut("extension").and_then(Value::as_array_mut) {
        extensions.push(evidence);
    }
    let (notice, told) = tell(book, act, &id).await?;
    // The version is a premise: of two who renew at once one does.
    write(book.service(), vec![Entry::instead(&found, &resource), Entry::new(told)]).await?;
    book.tell(&[notice]);
    let renewals = renewals.saturating_add(1);
    Ok(Opened { is_new: false, answer: answer(act, &id, terms.begins, renewals, None) })
}

/// `review` is named by the first answer only: a renewal has no review of its own.
fn answer(act: &Act<'_>, id: &LogicalId, begins: Instant, renewals: u32, task: Option<&LogicalId>) -> Value {
    let mut answer = json!({
        "id": format!("emergency.Consent.{id}"),
        "patient": act.patient.as_str(),
        "begins": begins.to_string(),
        "ends": act.ends.to_string(),
        "renewals": renewals,
        "token_purpose": Purpose::BreakTheGlass.code(),
    });
    if let (Some(task), Some(members)) = (task, answer.as_object_mut()) {
        members.insert("review".to_owned(), json!(format!("Task/{task}")));
    }
    answer
}

/// How often a living access was renewed.
fn renewals(resource: &Value) -> u32 {
    let parts = items(resource, "/extension").iter().flat_map(|extension| items(extension, "/extension"));
    let counts = parts.filter(|part| text(part, "/url") == RENEWALS);
    let count = counts.filter_map(|part| part.get("valueInteger")?.as_u64()).max().unwrap_or(0);
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn add_to_evidence(resource: &mut Value, part: Value) {
    let evidence = resource.get_mut("extension").and_then(Value::as_array_mut);
    let ours = evidence.and_then(|all| all.iter_mut().find(|extension| text(extension, "/url") == EVIDENCE));
    if let Some(parts) =
        ours.and_then(|extension| extension.get_mut("extension")).and_then(Value::as_array_mut)
    {
        parts.push(part);
    }
}

/// The notice: who, where, why, when, until.
async fn tell(book: &HealthBook, act: &Act<'_>, id: &LogicalId) -> Result<(Notice, Value), Problem> {
    let facility = read(book.service(), "Organization", act.staff.organization).await?;
    let name = facility.map(|found| text(&found.resource, "/name").to_owned()).unwrap_or_default();
    let name = if name.is_empty() { act.staff.organization.to_string() } else { name };
    let code = act.staff.role.code();
    let (role_vi, role_en) = role_in_words(code).unwrap_or((code, code));
    let (begins, ends) = (for_people(act.now), for_people(act.ends));
    let (_, english, vietnamese) = act.reason;
    let words = act.words;
    let texts = Texts {
        vietnamese: format!(
            "{name} ({role_vi}) đã mở sổ sức khỏe của bạn trong tình huống cấp cứu lúc {}, đến {}. Lý do: {vietnamese}. {words}. \
             Việc này sẽ được rà soát. Bạn có thể kết thúc quyền truy cập này trong mục “Ai được xem”.",
            begins.vietnamese, ends.vietnamese
        ),
        english: format!(
            "{name} ({role_en}) opened your health book in an emergency on {}, until {}. Reason: {english}. {words}. This will \
             be reviewed. You can end this access under “Who may look”.",
            begins.english, ends.english
        ),
    };
    let notice =
        Notice { kind: NoticeKind::Emergency, patient: act.patient.clone(), communication: new_id()? };
    let about = [format!("Consent/{id}")];
    let told = communication(&notice, Some(act.staff.organization), &about, &texts, act.now);
    Ok((notice, told))
}

fn review_task(book: &HealthBook, act: &Act<'_>, id: &LogicalId, task: &LogicalId) -> Value {
    let owner = json!({"reference": format!("Organization/{}", act.staff.organization)});
    json!({
        "resourceType": "Task",
        "id": task.as_str(),
        "status": "requested",
        "intent": "order",
        "priority": "urgent",
        "code": {"coding": [{"system": ACT, "code": "emergency-review"}]},
        "focus": {"reference": format!("Consent/{id}")},
        "for": {"reference": format!("Patient/{}", act.patient)},
        "authoredOn": act.now.to_string(),
        "requester": {"identifier": {"system": ACCOUNT, "value": act.staff.identity.subject}},
        "owner": owner,
        "reasonCode": act.reason(),
        "restriction": {"period": period(act.now, plus(act.now, book.settings().review))},
    })
}
