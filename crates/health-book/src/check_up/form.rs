//! The form by which a commune station records the check-up of an adult: what it asks, and what the book says already.

use access::{Access, Authority, Caller, Denied, Grantee, Interaction, Purpose, StaffRole};
use audit_log::Action;
use exchange::check_up::{AgeGroup, texts_of_patient};
use fhir::{Instant, LogicalId, ResourceType};
use interactions::{DuePerson, Problem, Service};
use record_store::Showing;
use serde_json::Value;

use super::due::{listed, of_station};
use crate::HealthBook;
use crate::grants::{denials, grants};
use crate::ledger::{items, read, text};
use crate::moment::{day, for_people};
use crate::noted::concerns;
use crate::refusal::{Rule, internal};
use crate::vocabulary::kind;
use crate::who::Staff;

/// Part and field of what the form asks, in its order. Name, sex, day of birth and number are those of the book.
pub const ASKED: [(&str, &str); 34] = [
    ("XML2", "NGAY_VAO"),
    ("XML2", "DOI_TUONG"),
    ("XML2", "NGUON_CHI_TRA"),
    ("XML2", "MA_LOAI_KCB"),
    ("XML2", "MA_GTIN_CSKCB"),
    ("XML1", "LY_DO_VV"),
    ("XML1", "MA_DAN_TOC"),
    ("XML1", "MA_NGHE_NGHIEP"),
    ("XML1", "DIA_CHI"),
    ("XML1", "MATINH_CU_TRU"),
    ("XML1", "MAXA_CU_TRU"),
    ("XML10", "CHIEU_CAO"),
    ("XML10", "CAN_NANG"),
    ("XML10", "CHI_SO_BMI"),
    ("XML10", "MACH"),
    ("XML10", "HUYET_AP"),
    ("XML10", "KHAM_THE_LUC_PL"),
    ("XML7", "NOI_KHOA_TUAN_HOAN"),
    ("XML7", "NOI_KHOA_TUAN_HOAN_PL"),
    ("XML7", "NOI_KHOA_HO_HAP"),
    ("XML7", "NOI_KHOA_HO_HAP_PL"),
    ("XML7", "NOI_KHOA_TIEU_HOA"),
    ("XML7", "NOI_KHOA_TIEU_HOA_PL"),
    ("XML7", "KHONG_KINH_MAT_PHAI"),
    ("XML7", "KHONG_KINH_MAT_TRAI"),
    ("XML7", "KHAM_MAT_PL"),
    ("XML7", "KHAM_TAI_MUI_HONG_PL"),
    ("XML7", "KHAM_RANG_HAM_MAT_PL"),
    ("XML9", "TSBT_TANG_HUYET_AP"),
    ("XML9", "TSBT_DAI_THAO_DUONG"),
    ("XML9", "TSBT_TEN_THUOC_LIEU_LUONG"),
    ("XML12", "PHAN_LOAI_SK"),
    ("XML12", "KET_LUAN_BENH"),
    ("XML12", "CAC_BENH_TAT_NEU_CO"),
];

/// What the form begins with.
#[derive(Debug)]
pub struct Begun {
    /// The name of the person.
    pub name: String,
    /// Texts that are known: part, field, text.
    pub texts: Vec<(&'static str, &'static str, String)>,
}

/// Somebody who may record for somebody.
pub(super) struct Recorder<'c> {
    pub(super) staff: Staff<'c>,
    pub(super) access: Access,
    pub(super) person: DuePerson,
    /// Code of the facility.
    pub(super) code: &'c str,
}

/// Who may record: physicians and heads of stations, in a book in which the gate lets them write what was found, for people of
/// their list, adults.
pub(super) async fn recorder<'c>(
    service: &Service,
    caller: &'c Caller,
    patient: &LogicalId,
    now: Instant,
) -> Result<Recorder<'c>, Problem> {
    concerns(ResourceType::PATIENT, patient);
    let (staff, access) = of_station(service, caller)?;
    let rights: &[Authority] = match staff.role {
        StaffRole::StationHead => &[Authority::HomeStation],
        StaffRole::Physician => &[
            Authority::Presence,
            Authority::Encounter,
            Authority::Referral,
            Authority::Appointment,
            Authority::HomeStation,
        ],
        _ => return Err(Denied::Forbidden.into()),
    };
    service.decide(caller, Interaction::Create, Some(kind("Composition")?))?;
    let person = listed(service, &access, staff.organization, patient, now).await?;
    let facility = Grantee::Organization(staff.organization.clone());
    let number = service.store().grantee_number(&facility);
    let is_open = grants(service, patient, now).await?.iter().any(|grant| {
        rights.contains(&grant.authority) && grant.number == number && grant.begins <= now && now < grant.ends
    });
    if !is_open || denials(service, patient, now).await?.close(&facility, Some(Purpose::Treatment), now) {
        return Err(Denied::Forbidden.into());
    }
    if person.judged.group.is_some_and(|group| group != AgeGroup::Adult) {
        return Err(Rule::NotPossible.into());
    }
    let access::Caller::Authenticated(identity) = caller else { return Err(internal()) };
    let access::Actor::Facility { code, .. } = &identity.actor else { return Err(internal()) };
    Ok(Recorder { staff, access, person, code })
}

/// What the book and the directory say for the message.
pub(super) async fn known(
    service: &Service,
    recorder: &Recorder<'_>,
    patient: &str,
) -> Result<Vec<(&'static str, &'static str, String)>, Problem> {
    let node = json::parse(patient.as_bytes(), &json::Limits::default()).map_err(|_| internal())?;
    let mut texts = texts_of_patient(&node);
    texts.push(("XML2", "MA_CSKCB", recorder.code.to_owned()));
    if let Some(facility) = read(service, "Organization", recorder.staff.organization).await? {
        let numbers = items(&facility.resource, "/identifier").iter();
        let mut locations = numbers.filter(|it| text(it, "/system") == "https://www.gs1.org/gln");
        let location = locations.next().map(|it| text(it, "/value").to_owned());
        texts.extend(location.map(|location| ("XML2", "MA_GTIN_CSKCB", location)));
    }
    Ok(texts)
}

/// The form for somebody. That the `Patient` is read is noted.
pub async fn begin(
    book: &HealthBook,
    caller: &Caller,
    patient: &LogicalId,
    now: Instant,
) -> Result<Begun, Problem> {
    let service = book.service();
    let recorder = recorder(service, caller, patient, now).await?;
    let showing = Showing::begin(&recorder.access, Action::Read, "")?;
    let shown = recorder.person.record.show(&showing)?.ok_or_else(Problem::not_found)?;
    let mut texts = known(service, &recorder, &shown).await?;
    let today = day(now).map(|day| day.strftime("%Y%m%d").to_string()).unwrap_or_default();
    // `28/11/2026 19:05`: the minute is that of Vietnam.
    let time = for_people(now).get(11..).unwrap_or_default().replace(':', "");
    texts.push(("XML2", "NGAY_VAO", format!("{today}{time}")));
    texts.push(("XML1", "LY_DO_VV", "Khám sức khỏe định kỳ".to_owned()));
    let person: Value = serde_json::from_str(&shown).map_err(|_| internal())?;
    Ok(Begun { name: text(&person, "/name/0/text").to_owned(), texts })
}
