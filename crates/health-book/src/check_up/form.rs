//! The form by which a commune station records the check-up of an adult: what it asks, and what the book says already.

use access::{Access, Caller};
use audit_log::Action;
use exchange::check_up::texts_of_patient;
use fhir::{Instant, LogicalId};
use interactions::{DuePerson, Problem, Service, vietnamese_time};
use record_store::Showing;

use super::due::{listed, of_station};
use super::rights::{check_book, is_adult, to_record};
use crate::HealthBook;
use crate::ledger::{items, read, text};
use crate::name::name_of;
use crate::noted::told;
use crate::refusal::{Rule, internal};
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

/// How the log of accesses names it.
pub(super) const PLACE: &str = "station/check-up";

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
    /// By which a check-up is put into the book.
    pub(super) put: Access,
    pub(super) person: DuePerson,
    /// Code of the facility.
    pub(super) code: &'c str,
}

impl Recorder<'_> {
    /// The `Patient` for a page. That it is shown is noted.
    pub(super) fn show(&self) -> Result<String, Problem> {
        let showing = Showing::begin(&self.access, Action::Read, "")?;
        self.person.record.show(&showing)?.ok_or_else(Problem::not_found)
    }

    /// The name for a page, with the same note.
    pub(super) fn show_name(&self) -> Result<String, Problem> {
        name_in(&self.show()?)
    }
}

fn name_in(patient: &str) -> Result<String, Problem> {
    Ok(name_of(&serde_json::from_str(patient).map_err(|_| internal())?))
}

/// Who may record: whom the gate lets write all that a check-up is into this book, for adults of the own list.
pub(super) async fn recorder<'c>(
    service: &Service,
    caller: &'c Caller,
    patient: &LogicalId,
    now: Instant,
) -> Result<Recorder<'c>, Problem> {
    let (staff, access) = of_station(service, caller)?;
    let put = to_record(service, caller)?;
    let person = listed(service, &access, staff.organization, patient, now).await?;
    check_book(service, &put, patient).await?;
    if !is_adult(&person) {
        told(patient, PLACE);
        return Err(Rule::NotPossible.into());
    }
    let access::Actor::Facility { code, .. } = &staff.identity.actor else { return Err(internal()) };
    Ok(Recorder { staff, access, put, person, code })
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
    let shown = recorder.show()?;
    let mut texts = known(service, &recorder, &shown).await?;
    let time = vietnamese_time(service, now).map(|time| time.strftime("%Y%m%d%H%M").to_string());
    texts.push(("XML2", "NGAY_VAO", time.unwrap_or_default()));
    texts.push(("XML1", "LY_DO_VV", "Khám sức khỏe định kỳ".to_owned()));
    Ok(Begun { name: name_in(&shown)?, texts })
}
