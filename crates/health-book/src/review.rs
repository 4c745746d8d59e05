//! The review of emergency accesses by the officer of the facility.
//!
//! | act | who |
//! |---|---|
//! | list, review | facility-officer, the tasks of the own facility that the server has made |
//!
//! A block of the citizen does not end the duty of the facility to account for what it did: the tasks are looked up by the
//! server, and nothing else of the book is told.

use access::{Authority, Caller, StaffRole};
use fhir::{Instant, LogicalId};
use interactions::Problem;
use notices::{Texts, for_people};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::gate;
use crate::input;
use crate::ledger::{Entry, Found, find_made_here, is_made_here, items, new_id, read, referred, text, write};
use crate::moment::end_of;
use crate::noted::{concerns, told_by, told_of_nobody};
use crate::notice::{Notice, NoticeKind, communication};
use crate::refusal::Rule;
use crate::vocabulary::{ACCOUNT, ACT, kind};
use crate::who;

/// Reviews of one answer.
const MOST: usize = 100;
/// Open tasks that are looked at for it.
const MOST_LOOKED_AT: usize = 1_000;
/// How the log of accesses names it.
const PLACE: &str = "access/emergency/reviews";

/// `POST /access/emergency/reviews/{id}/review`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReviewRequest {
    /// Whether there was a good reason.
    pub justified: bool,
    /// The finding in words.
    pub text: String,
}

/// Whom a review is about.
fn patient_of(review: &Found) -> Option<LogicalId> {
    referred(&review.resource, "/for/reference", "Patient")
}

/// The open reviews of the facility.
pub async fn list(book: &HealthBook, caller: &Caller, now: Instant) -> Result<Value, Problem> {
    let staff = who::staff(caller, &[StaffRole::FacilityOfficer])?;
    let service = book.service();
    let access = gate::of_reviews(service, caller)?;
    let pairs = [
        ("owner", format!("Organization/{}", staff.organization)),
        ("code", format!("{ACT}|emergency-review")),
        ("status", "requested".to_owned()),
        ("_sort", "authored-on".to_owned()),
    ];
    let mut found = find_made_here(service, "Task", &pairs, MOST_LOOKED_AT).await?;
    found.retain(|found| access.within().is_none_or(|only| patient_of(found).as_ref() == Some(only)));
    found.truncate(MOST);
    if found.is_empty() {
        told_of_nobody(PLACE);
    }
    let (mut shown, mut late) = (Vec::new(), 0_u32);
    for found in found {
        let patient = patient_of(&found);
        if let Some(patient) = &patient {
            told_by(patient, PLACE, Authority::Review.code());
        }
        let due = end_of(text(&found.resource, "/restriction/period/end"));
        let overdue = due.is_some_and(|due| due <= now);
        late = late.saturating_add(u32::from(overdue));
        shown.push(json!({
            "id": found.id()?.as_str(),
            "patient": patient.map(|id| id.to_string()),
            "at": text(&found.resource, "/authoredOn"),
            "due": due.map(|due| due.to_string()),
            "overdue": overdue,
            "reason": text(&found.resource, "/reasonCode/coding/0/code"),
        }));
    }
    Ok(json!({"items": shown, "overdue": late}))
}

/// Reviews one.
pub async fn review(
    book: &HealthBook,
    caller: &Caller,
    id: &str,
    request: ReviewRequest,
    now: Instant,
) -> Result<Value, Problem> {
    let now = now.truncated_to_millis();
    let id = LogicalId::try_from(id).map_err(|_| Problem::not_found())?;
    concerns(kind("Task")?, &id);
    let staff = who::staff(caller, &[StaffRole::FacilityOfficer])?;
    let service = book.service();
    let access = gate::of_reviews(service, caller)?;
    let found = read(service, "Task", &id).await?.ok_or_else(Problem::not_found)?;
    let patient = patient_of(&found);
    let codes = items(&found.resource, "/code/coding");
    let is_review =
        codes.iter().any(|code| text(code, "/system") == ACT && text(code, "/code") == "emergency-review");
    let owner = referred(&found.resource, "/owner/reference", "Organization");
    let reaches = access.within().is_none_or(|only| patient.as_ref() == Some(only));
    let is_own = reaches && owner.as_ref() == Some(staff.organization);
    if !is_review || !is_own || !is_made_here(service, "Task", &id).await? {
        return Err(Problem::not_found());
    }
    if text(&found.resource, "/status") != "requested" {
        return Err(Rule::Reviewed.into());
    }
    let words = input::words("text", &request.text, 10, 2_000)?;
    let mut task = found.resource.clone();
    if let Some(members) = task.as_object_mut() {
        let finding = json!({"coding": [{"system": ACT, "code": "justified"}]});
        let account = json!({"system": ACCOUNT, "value": staff.identity.subject});
        members.insert("status".to_owned(), json!("completed"));
        members.insert("lastModified".to_owned(), json!(now.to_string()));
        members.insert("output".to_owned(), json!([{"type": finding, "valueBoolean": request.justified}]));
        members.insert(
            "note".to_owned(),
            json!([{"authorReference": {"identifier": account}, "time": now.to_string(), "text": words}]),
        );
    }
    let mut entries = vec![Entry::instead(&found, &task)];
    let mut notices = Vec::new();
    if let (false, Some(patient)) = (request.justified, patient) {
        let at = end_of(text(&found.resource, "/authoredOn")).map(for_people);
        let (at_vi, at_en) = at.map(|at| (at.vietnamese, at.english)).unwrap_or_default();
        let texts = Texts {
            vietnamese: format!(
                "Việc mở sổ sức khỏe của bạn trong tình huống cấp cứu lúc {at_vi} đã được rà soát và bị xác định là không có lý \
                 do chính đáng. Cơ sở sẽ xử lý theo quy định; bạn có quyền khiếu nại."
            ),
            english: format!(
                "The emergency access to your health book on {at_en} was reviewed and found not to be justified. The facility \
                 will act on it; you have the right to complain."
            ),
        };
        let kind = NoticeKind::EmergencyNotJustified;
        let notice = Notice { kind, patient, communication: new_id()? };
        let about = text(&found.resource, "/focus/reference");
        let about = if about.is_empty() { Vec::new() } else { vec![about.to_owned()] };
        entries.push(Entry::new(communication(&notice, Some(staff.organization), &about, &texts, now)));
        notices.push(notice);
    }
    write(service, entries).await?;
    book.tell(&notices);
    Ok(json!({"id": id.as_str(), "justified": request.justified}))
}
