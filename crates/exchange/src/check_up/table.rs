//! The table of the fields of the message (`definitions/check-up-fields.tsv`), which drives reading, checking, writing and both
//! directions of FHIR.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{AgeGroup, limits};

/// A part of the message: one file of a record, with the element that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// `LOAIHOSO`: `XML1` to `XML12`; `CHUKYDONVI` stands in the envelope.
    pub name: &'static str,
    /// The element that holds its fields.
    pub root: &'static str,
    /// What it is called in Vietnamese.
    pub vietnamese: &'static str,
    /// What it is called in English.
    pub english: &'static str,
}

const fn part(
    name: &'static str,
    root: &'static str,
    vietnamese: &'static str,
    english: &'static str,
) -> Part {
    Part { name, root, vietnamese, english }
}

/// The parts in their order.
pub const PARTS: [Part; 13] = [
    part("XML1", "THONG_TIN_HANH_CHINH", "Thông tin hành chính", "About the person"),
    part("XML2", "THONG_TIN_CHUNG_VE_LAN_KHAM", "Thông tin chung về lần khám", "About the visit"),
    part("XML3", "DANH_GIA_DAU_HIEU_SINH_TON", "Đánh giá dấu hiệu sinh tồn", "Vital signs"),
    part("XML4", "DANH_GIA_DINH_DUONG", "Đánh giá dinh dưỡng", "Nutrition"),
    part(
        "XML5",
        "DANH_GIA_PHAT_TRIEN_TINH_THAN_VAN_DONG",
        "Đánh giá phát triển tinh thần, vận động",
        "Mental and motor development",
    ),
    part("XML6", "DANH_GIA_TIEM_CHUNG", "Đánh giá tiêm chủng", "Vaccinations"),
    part("XML7", "KHAM_LAM_SANG", "Khám lâm sàng", "Clinical examination"),
    part("XML8", "KET_LUAN_VA_TU_VAN", "Kết luận và tư vấn", "Conclusion and advice"),
    part("XML9", "TIEN_SU_BENH_TAT", "Tiền sử bệnh tật", "Medical history"),
    part("XML10", "KHAM_THE_LUC", "Khám thể lực", "Physique"),
    part("XML11", ROWS_ROOT, "Khám cận lâm sàng", "Laboratory and imaging"),
    part("XML12", "KET_LUAN", "Kết luận", "Conclusion"),
    part(SIGNATURES, SIGNATURES, "Chữ ký đơn vị", "Signatures of the facility"),
];

/// The part whose fields repeat in rows.
pub const ROWS: &str = "XML11";
/// The element of the part with rows.
pub(super) const ROWS_ROOT: &str = "KHAM_CAN_LAM_SANG";
/// The part of the envelope.
pub(super) const SIGNATURES: &str = "CHUKYDONVI";

/// What the text of a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// The name of the person, in capitals.
    Name,
    /// A decimal number.
    Number,
    /// A number where it is one, else any text: the decision calls these fields texts.
    Measure,
    /// A number of one digit.
    Digit,
    /// 0 or 1.
    Flag,
    /// A code of the list of the field.
    Code,
    /// A code of `DOI_TUONG`, whose list depends on the day of the message.
    Subject,
    /// A day.
    Day,
    /// A day with hour and minute.
    Time,
    /// A personal identification number.
    Citizen,
    /// A facility code.
    Facility,
    /// A location number of 13 digits.
    Location,
    /// A code of a visit.
    Visit,
    /// Codes of ICD-10, apart by `;`.
    Icd,
    /// A blood pressure, as `120/80`.
    Pressure,
    /// A signature.
    Signature,
}

/// Where a field stands in FHIR (`docs/check-up.md`, section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Patient(&'static str),
    Guardian(&'static str),
    Companion(&'static str),
    Encounter(&'static str),
    Observation(&'static str),
    Component(&'static str),
    History,
    Diagnosis,
    Family,
    Signature,
    Row(&'static str),
}

/// A field of the message.
#[derive(Debug)]
pub struct Field {
    /// Its place in the table.
    pub(super) index: usize,
    /// The part that it stands in.
    pub part: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whom it is for.
    pub groups: Vec<AgeGroup>,
    /// What its text is.
    pub kind: Kind,
    /// The most characters; `None` where the decision was not readable.
    pub length: Option<usize>,
    /// For whom it must be there; with a field, only where that is not there either.
    pub required: Vec<(AgeGroup, Option<&'static str>)>,
    /// The list that its codes are of.
    pub list: &'static str,
    pub(super) place: Place,
    pub(super) loinc: &'static str,
    pub(super) unit: &'static str,
    pub(super) label: &'static str,
    /// What it is called in Vietnamese.
    pub vietnamese: &'static str,
    /// What it is called in English.
    pub english: &'static str,
}

impl Field {
    /// The most characters that are taken.
    pub fn most(&self) -> usize {
        self.length.unwrap_or(match self.kind {
            Kind::Signature => limits::SIGNATURE,
            _ => limits::TEXT,
        })
    }

    /// `XML10.CHIEU_CAO`: the code of the field in FHIR.
    pub(super) fn code(&self) -> String {
        format!("{}.{}", self.part, self.name)
    }
}

/// The fields in the order of the message.
pub static FIELDS: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let lines = include_str!("../../definitions/check-up-fields.tsv").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .enumerate()
        .filter_map(|(index, line)| field(index, line))
        .collect()
});

static BY_NAME: LazyLock<HashMap<(&'static str, &'static str), usize>> =
    LazyLock::new(|| FIELDS.iter().map(|field| ((field.part, field.name), field.index)).collect());

/// The field of this name in a part.
pub(super) fn find(part: &str, name: &str) -> Option<&'static Field> {
    BY_NAME.get(&(part, name)).and_then(|index| FIELDS.get(*index))
}

/// The field of a code in FHIR.
pub(super) fn of_code(code: &str) -> Option<&'static Field> {
    let (part, name) = code.split_once('.')?;
    find(part, name)
}

/// The part of this name.
pub(super) fn find_part(name: &str) -> Option<&'static Part> {
    PARTS.iter().find(|part| part.name == name)
}

/// The fields of a part.
pub(super) fn fields_of(part: &str) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| field.part == part)
}

fn kind(word: &str) -> Option<Kind> {
    Some(match word {
        "text" => Kind::Text,
        "name" => Kind::Name,
        "number" => Kind::Number,
        "measure" => Kind::Measure,
        "digit" => Kind::Digit,
        "flag" => Kind::Flag,
        "code" => Kind::Code,
        "subject" => Kind::Subject,
        "day" => Kind::Day,
        "time" => Kind::Time,
        "citizen" => Kind::Citizen,
        "facility" => Kind::Facility,
        "location" => Kind::Location,
        "visit" => Kind::Visit,
        "icd" => Kind::Icd,
        "pressure" => Kind::Pressure,
        "signature" => Kind::Signature,
        _ => return None,
    })
}

fn place(text: &'static str) -> Option<Place> {
    let (kind, what) = text.split_once(' ').unwrap_or((text, ""));
    Some(match kind {
        "patient" => Place::Patient(what),
        "guardian" => Place::Guardian(what),
        "companion" => Place::Companion(what),
        "encounter" => Place::Encounter(what),
        "observation" => Place::Observation(what),
        "component" => Place::Component(what),
        "condition" if what == "history" => Place::History,
        "condition" => Place::Diagnosis,
        "family" => Place::Family,
        "signature" => Place::Signature,
        "row" => Place::Row(what),
        _ => return None,
    })
}

/// `None` for a line that cannot be read; a test sees to it that there is none.
fn field(index: usize, line: &'static str) -> Option<Field> {
    let cells: Vec<&'static str> = line.split('\t').collect();
    let [part, name, groups, of_kind, length, required, list, at, loinc, unit, label, vietnamese, english] =
        <[&'static str; 13]>::try_from(cells).ok()?;
    let required = required.split_whitespace().map(|word| match word.split_once('/') {
        Some((word, unless)) => Some((AgeGroup::of_word(word)?, Some(unless))),
        None => Some((AgeGroup::of_word(word)?, None)),
    });
    Some(Field {
        index,
        part: find_part(part)?.name,
        name,
        groups: groups.split(' ').map(AgeGroup::of_word).collect::<Option<_>>()?,
        kind: kind(of_kind)?,
        length: if length.is_empty() { None } else { Some(length.parse().ok()?) },
        required: required.collect::<Option<_>>()?,
        list,
        place: place(at)?,
        loinc,
        unit,
        label,
        vietnamese,
        english,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_the_decision_is_there_once() {
        assert_eq!(FIELDS.len(), 247);
        assert_eq!(BY_NAME.len(), 247);
        for (index, field) in FIELDS.iter().enumerate() {
            assert_eq!(field.index, index);
            let listed = matches!(field.kind, Kind::Code | Kind::Subject);
            assert_eq!(listed, !field.list.is_empty(), "{}", field.code());
            assert!(!listed || super::super::lists::has_list(field.list), "{}", field.list);
        }
    }

    #[test]
    fn a_group_has_one_value() {
        let mut seen = std::collections::HashSet::new();
        for field in FIELDS.iter() {
            if let Place::Observation(group) = field.place {
                assert!(seen.insert((field.part, group)), "{}", field.code());
            }
        }
    }

    #[test]
    fn seventeen_fields_are_mandatory_and_the_companion_of_a_child() {
        // Decision 2062: 17 for everybody or a group; and what the tables of the young require besides.
        let required: Vec<&str> =
            FIELDS.iter().filter(|field| !field.required.is_empty()).map(|field| field.name).collect();
        for name in [
            "HO_TEN",
            "GIOI_TINH",
            "NGAY_SINH",
            "MA_DAN_TOC",
            "SO_CCCD",
            "DIA_CHI",
            "MATINH_CU_TRU",
            "MAXA_CU_TRU",
            "MA_NGHE_NGHIEP",
            "LY_DO_VV",
            "MA_CSKCB",
            "MA_GTIN_CSKCB",
            "DOI_TUONG",
            "NGUON_CHI_TRA",
            "MA_LOAI_KCB",
            "NGAY_VAO",
            "PHAN_LOAI_SK",
        ] {
            assert!(required.contains(&name), "{name}");
        }
        assert_eq!(required.len(), 17 + 5);
    }
}
