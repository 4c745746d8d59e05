//! What a draft `Consent` would do, told before it is confirmed. Nothing is stored.
//!
//! | act | who |
//! |---|---|
//! | effects | citizen, for the own book |

use access::{Caller, Grantee, Interaction, Purpose};
use fhir::{Fault, Instant, Issue, ResourceType};
use interactions::{Problem, ValidateRequest};
use notices::for_people;
use serde_json::{Value, json};

use crate::HealthBook;
use crate::consent::Terms;
use crate::gate;
use crate::ledger::{items, read, referred, text};
use crate::moment::{DAY, plus};
use crate::noted::told;
use crate::preview::counts;
use crate::refusal::wrong;
use crate::vocabulary::kind;

/// The largest draft.
const LARGEST: usize = 256 << 10;
/// What the gate cannot enforce.
const UNENFORCED: [&str; 3] = ["action", "code", "dataPeriod"];

/// An effect in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Effect {
    code: &'static str,
    vietnamese: String,
    english: String,
}

impl Effect {
    fn new(code: &'static str, vietnamese: impl Into<String>, english: impl Into<String>) -> Self {
        Self { code, vietnamese: vietnamese.into(), english: english.into() }
    }
}

/// Lists them.
pub async fn effects(
    book: &HealthBook,
    caller: &Caller,
    draft: &[u8],
    now: Instant,
) -> Result<Value, Problem> {
    let service = book.service();
    let open = gate::own_book(service, caller, now).await?;
    if draft.len() > LARGEST {
        return Err(Problem::new(413, Fault::BodyTooLarge { limit: LARGEST.to_string() }));
    }
    let reading = service.decide(caller, Interaction::ReadOperation, Some(kind("Consent")?))?;
    let request = ValidateRequest {
        resource_type: Some(kind("Consent")?),
        body: draft.to_vec(),
        ..ValidateRequest::default()
    };
    let issues = interactions::validate(service, &reading, request).await?;
    let errors: Vec<Issue> =
        issues.into_iter().filter(|issue| issue.severity == fhir::Severity::Error).collect();
    if !errors.is_empty() {
        return Err(Problem::from_issues(422, errors));
    }
    let draft: Value = serde_json::from_slice(draft).map_err(|_| wrong("body"))?;
    if referred(&draft, "/patient/reference", "Patient").as_ref() != Some(&open.patient) {
        return Err(wrong("patient"));
    }
    for name in UNENFORCED {
        if names(draft.get("provision"), name, 8) {
            return Err(wrong(name));
        }
    }
    let terms = Terms::read(&draft).ok_or_else(|| wrong("provision.period"))?;
    let whom = match &terms.grantee {
        Some(Grantee::Organization(id)) => {
            let found = read(service, "Organization", id).await?.ok_or_else(|| wrong("actor"))?;
            Some(text(&found.resource, "/name").to_owned())
        }
        Some(Grantee::Patient(_)) => Some(String::new()),
        None if terms.permit || !items(&draft, "/provision/actor").is_empty() => return Err(wrong("actor")),
        None => None,
    };
    let own = service.decide(caller, Interaction::Read, Some(ResourceType::PATIENT))?;
    let counts = counts(service, &own, &open.patient).await?;
    let counted =
        counts.iter().filter(|(name, _)| terms.types.is_empty() || terms.types.iter().any(|it| it == *name));
    let entries = counted.map(|(_, count)| count).sum::<u64>();
    let effects = list(&terms, whom.as_deref(), entries);
    let shown: Vec<Value> = effects
        .iter()
        .map(|effect| json!({"code": effect.code, "vi": effect.vietnamese, "en": effect.english}))
        .collect();
    told(&open.patient, "access/effects");
    Ok(json!({"effects": shown, "reversible": true, "ends": terms.ends.to_string()}))
}

/// Whether an element of this name stands anywhere in a provision, or data that is no visit.
fn names(provision: Option<&Value>, name: &str, depth: u8) -> bool {
    let Some(provision) = provision else { return false };
    let Some(depth) = depth.checked_sub(1) else { return true };
    let visits = items(provision, "/data").iter().all(|data| {
        text(data, "/meaning") == "related" && referred(data, "/reference/reference", "Encounter").is_some()
    });
    !visits
        || provision.get(name).is_some()
        || items(provision, "/provision").iter().any(|nested| names(Some(nested), name, depth))
}

/// What an emergency opens: the class `emergency` of the policy, in Vietnamese and in English.
const EMERGENCY: (&str, &str) = (
    "tên và ngày sinh, dị ứng, chẩn đoán, thuốc, tiêm chủng, nhóm máu, thiết bị cấy ghép, thủ thuật",
    "name and birth date, allergies, diagnoses, medicines, vaccinations, blood group, devices, procedures",
);

/// Seconds after which an end is as good as none: fifty years.
const LONG: i64 = 50 * 365 * DAY;

/// The effects of terms on somebody: `None` is everybody, an empty name a person.
fn list(terms: &Terms, whom: Option<&str>, entries: u64) -> Vec<Effect> {
    let (whom_vi, whom_en) = match whom {
        None => {
            ("mọi cơ sở và mọi người khác".to_owned(), "every facility and every other person".to_owned())
        }
        Some("") => ("người được nêu".to_owned(), "the person who is named".to_owned()),
        Some(name) => (name.to_owned(), name.to_owned()),
    };
    let mut effects = Vec::new();
    let mut add =
        |code, vietnamese: String, english: String| effects.push(Effect::new(code, vietnamese, english));
    if terms.permit {
        add("opens", format!("Mở sổ cho: {whom_vi}."), format!("Opens the book to: {whom_en}."));
    } else {
        add("closes", format!("Đóng sổ với: {whom_vi}."), format!("Closes the book to: {whom_en}."));
    }
    if terms.types.is_empty() {
        add("all-types", "Áp dụng cho mọi loại dữ liệu.".to_owned(), "For data of every type.".to_owned());
    } else {
        let names = terms.types.join(", ");
        add("types", format!("Chỉ áp dụng cho: {names}."), format!("Only for: {names}."));
    }
    let labels = terms.labels.join(", ");
    match (terms.permit, terms.labels.is_empty()) {
        (true, true) => add(
            "no-labels",
            "Dữ liệu có nhãn bảo mật đặc biệt vẫn đóng.".to_owned(),
            "What carries a label of special secrecy stays closed.".to_owned(),
        ),
        (true, false) => add(
            "labels",
            format!("Mở cả dữ liệu có nhãn: {labels}."),
            format!("Opens what carries these labels, too: {labels}."),
        ),
        (false, false) => add(
            "labels",
            format!("Chỉ đóng dữ liệu có nhãn: {labels}."),
            format!("Closes only what carries these labels: {labels}."),
        ),
        (false, true) => {}
    }
    add(
        "entries",
        format!("Hiện có nhiều nhất {entries} mục trong sổ chịu ảnh hưởng."),
        format!("At present this concerns at most {entries} entries of the book."),
    );
    if !terms.purposes.is_empty() {
        let codes = terms.purposes.iter().map(|purpose| purpose.code()).collect::<Vec<_>>().join(", ");
        add("purpose", format!("Chỉ cho mục đích: {codes}."), format!("Only for these purposes: {codes}."));
    }
    let end = for_people(terms.ends);
    if !terms.permit && plus(terms.begins, LONG) < terms.ends {
        let (vietnamese, english) = ("Có hiệu lực đến khi bạn gỡ bỏ.", "It holds until you undo it.");
        add("ends", vietnamese.to_owned(), english.to_owned());
    } else {
        add("ends", format!("Kết thúc lúc {}.", end.vietnamese), format!("Ends on {}.", end.english));
    }
    if terms.permit {
        add(
            "seen-stays-seen",
            "Có thể rút lại bất cứ lúc nào; những gì đã được xem thì không thể thu hồi.".to_owned(),
            "It can be withdrawn at any time; what was seen by then stays seen.".to_owned(),
        );
        return effects;
    }
    if terms.in_emergency() {
        add(
            "emergency-closed",
            format!("Trong cấp cứu cũng không xem được: {}. Điều này có thể nguy hiểm cho bạn.", EMERGENCY.0),
            format!("It holds in an emergency, too: {} are not seen. This can endanger you.", EMERGENCY.1),
        );
    } else {
        add(
            "emergency-keeps",
            format!("Trong cấp cứu bác sĩ, điều dưỡng vẫn xem được: {}; bạn sẽ được báo.", EMERGENCY.0),
            format!("In an emergency physicians and nurses still see: {}; you are told.", EMERGENCY.1),
        );
    }
    if terms.purposes.is_empty() || terms.purposes.contains(&Purpose::Treatment) {
        add(
            "treatment-risk",
            "Bác sĩ điều trị có thể thiếu thông tin và không biết là có điều bị ẩn.".to_owned(),
            "Those who treat you may lack information and do not learn that something is hidden.".to_owned(),
        );
    }
    add(
        "can-be-undone",
        "Có thể gỡ bỏ bất cứ lúc nào.".to_owned(),
        "It can be undone at any time.".to_owned(),
    );
    effects
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::Relation;

    fn terms(permit: bool) -> Terms {
        Terms {
            relation: if permit { Relation::Consent } else { Relation::Block },
            status: "active".to_owned(),
            permit,
            grantee: None,
            purposes: Vec::new(),
            types: Vec::new(),
            labels: Vec::new(),
            begins: Instant::from_microseconds(0),
            ends: Instant::from_microseconds(86_400_000_000),
        }
    }

    fn codes(terms: &Terms) -> Vec<&'static str> {
        list(terms, Some("A"), 3).iter().map(|effect| effect.code).collect()
    }

    #[test]
    fn a_denial_says_what_an_emergency_keeps_and_what_treatment_loses() {
        let plain = codes(&terms(false));
        assert_eq!(
            plain,
            ["closes", "all-types", "entries", "ends", "emergency-keeps", "treatment-risk", "can-be-undone"]
        );
        let all = codes(&Terms { purposes: Purpose::ALL.to_vec(), ..terms(false) });
        assert!(all.contains(&"emergency-closed") && !all.contains(&"emergency-keeps"));
        let research = codes(&Terms { purposes: vec![Purpose::Research], ..terms(false) });
        assert!(!research.contains(&"treatment-risk") && research.contains(&"purpose"));
    }

    #[test]
    fn what_an_emergency_keeps_is_what_the_policy_opens() {
        let policy = access::Policy::built_in();
        let named = [
            "Patient",
            "AllergyIntolerance",
            "Condition",
            "MedicationRequest",
            "MedicationStatement",
            "Immunization",
            "Observation",
            "Device",
            "Procedure",
        ];
        let opened = policy.document().class("emergency").unwrap();
        let all = ResourceType::all().filter(|kind| opened.contains(*kind));
        let mut names: Vec<&str> = all.map(ResourceType::as_str).collect();
        let mut expected = named.to_vec();
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected, "the words of an emergency name what is in the class");
    }

    #[test]
    fn a_block_without_an_end_names_no_day_in_a_hundred_years() {
        let said = |years: i64| {
            let ends = plus(Instant::from_microseconds(0), years * 365 * DAY);
            let all = list(&Terms { ends, ..terms(false) }, Some("A"), 3);
            all.into_iter().find(|effect| effect.code == "ends").unwrap().english
        };
        assert_eq!(said(100), "It holds until you undo it.");
        assert_eq!(said(1), "Ends on 1 January 1971, 07:00.");
    }

    #[test]
    fn a_permit_says_that_what_was_seen_stays_seen() {
        let codes = codes(&terms(true));
        assert!(
            codes.contains(&"opens") && codes.contains(&"no-labels") && codes.contains(&"seen-stays-seen")
        );
        assert!(!codes.contains(&"can-be-undone"), "not wholly");
    }

    #[test]
    fn every_effect_is_told_in_both_languages() {
        for permit in [true, false] {
            for effect in list(&Terms { labels: vec!["HIV".to_owned()], ..terms(permit) }, None, 1) {
                assert!(!effect.vietnamese.is_empty() && !effect.english.is_empty());
                assert_ne!(effect.vietnamese, effect.english, "{}", effect.code);
            }
        }
    }

    #[test]
    fn what_cannot_be_enforced_is_found_however_deep() {
        let deep = json!({"provision": [{"provision": [{"action": []}]}]});
        assert!(names(Some(&deep), "action", 8) && !names(Some(&deep), "code", 8));
        let data = |meaning: &str| json!({"data": [{"meaning": meaning, "reference": {"reference": "Encounter/v"}}]});
        assert!(names(Some(&data("instance")), "code", 8) && !names(Some(&data("related")), "code", 8));
        assert!(names(Some(&deep), "code", 2), "too deep to be read");
    }
}
