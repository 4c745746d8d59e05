//! What is wrong with a message: part, field and rule, in two languages, without any value of the record.

use std::fmt;

use super::table::Field;

/// The rule that was broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// The message is no XML or JSON that is read here.
    Syntax,
    /// The envelope is not that of a check-up message.
    Structure,
    /// More bytes, elements, records, parts or rows than are read.
    TooLarge,
    /// `SOLUONGHOSO` is not the number of records.
    Count,
    /// `LOAIHOSO` is none of the parts.
    UnknownPart,
    /// A part that stands there twice.
    RepeatedPart,
    /// The content of a part is neither its element nor base64 of it.
    PartContent,
    /// A field that the decision does not have here, with a value.
    UnknownField,
    /// A field that stands there twice.
    RepeatedField,
    /// A field with elements in it.
    NotText,
    /// A mandatory field is missing.
    Missing,
    /// More characters than the field has.
    TooLong,
    /// A code that is not in the list of the field.
    Code,
    /// Not a number.
    Number,
    /// Not a day.
    Date,
    /// A day that can be read in more than one way.
    AmbiguousDate,
    /// The day of birth lies after the visit.
    DateOrder,
    /// Not a personal identification number.
    CitizenNumber,
    /// Not a facility code.
    FacilityCode,
    /// Not a location number.
    LocationNumber,
    /// The facility of the envelope is another one than that of the visit.
    FacilityDiffers,
    /// Not a code of ICD-10.
    Icd,
}

impl Rule {
    /// The name of the rule, the same in every language and version.
    pub fn code(self) -> &'static str {
        match self {
            Self::Syntax => "check-up-syntax",
            Self::Structure => "check-up-structure",
            Self::TooLarge => "check-up-too-large",
            Self::Count => "check-up-count",
            Self::UnknownPart => "check-up-part-unknown",
            Self::RepeatedPart => "check-up-part-repeated",
            Self::PartContent => "check-up-part-content",
            Self::UnknownField => "check-up-field-unknown",
            Self::RepeatedField => "check-up-field-repeated",
            Self::NotText => "check-up-not-text",
            Self::Missing => "check-up-missing",
            Self::TooLong => "check-up-too-long",
            Self::Code => "check-up-code",
            Self::Number => "check-up-number",
            Self::Date => "check-up-date",
            Self::AmbiguousDate => "check-up-date-ambiguous",
            Self::DateOrder => "check-up-date-order",
            Self::CitizenNumber => "check-up-citizen-number",
            Self::FacilityCode => "check-up-facility-code",
            Self::LocationNumber => "check-up-location-number",
            Self::FacilityDiffers => "check-up-facility-differs",
            Self::Icd => "check-up-icd-10",
        }
    }

    /// The rule for people who read English.
    pub fn english(self) -> &'static str {
        self.words().0
    }

    /// The rule for people who read Vietnamese.
    pub fn vietnamese(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Syntax => ("the message is not well-formed", "thông điệp không đúng cú pháp"),
            Self::Structure => {
                ("the envelope is not that of KHAMSUCKHOE", "cấu trúc thông điệp KHAMSUCKHOE không đúng")
            }
            Self::TooLarge => {
                ("more than is accepted in one message", "vượt quá giới hạn của một thông điệp")
            }
            Self::Count => {
                ("SOLUONGHOSO is not the number of records", "SOLUONGHOSO không khớp với số hồ sơ")
            }
            Self::UnknownPart => {
                ("LOAIHOSO is not one of XML1 to XML12", "LOAIHOSO không thuộc XML1 đến XML12")
            }
            Self::RepeatedPart => ("the part stands there twice", "phần này bị lặp lại"),
            Self::PartContent => (
                "the content is neither the element of the part nor base64 of it",
                "nội dung không phải là phần tử quy định hoặc base64 của nó",
            ),
            Self::UnknownField => (
                "the part has a field that the decision does not know",
                "có trường không được quy định trong phần này",
            ),
            Self::RepeatedField => ("the field stands there twice", "trường này bị lặp lại"),
            Self::NotText => ("the field must be a text", "trường này phải là văn bản"),
            Self::Missing => ("the field is mandatory", "trường này là bắt buộc"),
            Self::TooLong => ("the text is longer than the field", "nội dung dài hơn độ dài cho phép"),
            Self::Code => ("the code is not in the list of the field", "mã không thuộc danh mục quy định"),
            Self::Number => ("the text is not a number of the field", "giá trị không phải là số hợp lệ"),
            Self::Date => (
                "the text is not a day: yyyyMMddHHmm or yyyyMMdd is expected",
                "ngày không hợp lệ: cần dạng yyyyMMddHHmm hoặc yyyyMMdd",
            ),
            Self::AmbiguousDate => (
                "the day can be read in more than one way: yyyyMMddHHmm or yyyyMMdd is expected",
                "ngày có thể hiểu theo nhiều cách: cần dạng yyyyMMddHHmm hoặc yyyyMMdd",
            ),
            Self::DateOrder => ("the day of birth lies after the visit", "ngày sinh sau ngày khám"),
            Self::CitizenNumber => {
                ("a personal identification number has 12 digits", "số định danh cá nhân gồm 12 chữ số")
            }
            Self::FacilityCode => (
                "a facility code has 5 characters: two digits, then digits or capital letters",
                "mã cơ sở gồm 5 ký tự: hai chữ số, sau đó là chữ số hoặc chữ in hoa",
            ),
            Self::LocationNumber => ("a location number (GLN) has 13 digits", "mã GLN gồm 13 chữ số"),
            Self::FacilityDiffers => {
                ("MACSKCB is not the facility of the visit", "MACSKCB không phải là cơ sở của lần khám")
            }
            Self::Icd => (
                "a code is not of the form of ICD-10; codes are set apart by ;",
                "mã bệnh không đúng dạng ICD-10; các mã cách nhau bằng dấu ;",
            ),
        }
    }
}

/// A fault of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Number of the record in the message, from 1; 0 for the message itself.
    pub record: usize,
    /// The part: `XML1` to `XML12`, or `KHAMSUCKHOE` for the envelope.
    pub part: &'static str,
    /// The field, or an empty text for the part itself.
    pub field: &'static str,
    /// Number of the row, from 1, where the part has rows.
    pub row: Option<usize>,
    /// The rule that was broken.
    pub rule: Rule,
}

/// The part of what is wrong with the envelope.
pub(super) const ENVELOPE: &str = "KHAMSUCKHOE";

impl Fault {
    pub(super) fn of_message(rule: Rule) -> Self {
        Self { record: 0, part: ENVELOPE, field: "", row: None, rule }
    }

    pub(super) fn of_part(record: usize, part: &'static str, rule: Rule) -> Self {
        Self { record, part, field: "", row: None, rule }
    }

    pub(super) fn of_field(record: usize, field: &Field, row: Option<usize>, rule: Rule) -> Self {
        Self { record, part: field.part, field: field.name, row, rule }
    }

    /// The visit lies after the day on which its check-up is recorded.
    pub fn not_yet() -> Self {
        Self { record: 1, part: "XML2", field: "NGAY_VAO", row: None, rule: Rule::Date }
    }

    /// The stable code of the rule.
    pub fn code(&self) -> &'static str {
        self.rule.code()
    }

    /// `XML1.HO_TEN`, `XML11[2].GIA_TRI`, `XML7`, `KHAMSUCKHOE`.
    pub fn place(&self) -> String {
        let row = self.row.map_or_else(String::new, |row| format!("[{row}]"));
        let dot = if self.field.is_empty() { "" } else { "." };
        format!("{}{row}{dot}{}", self.part, self.field)
    }

    /// For people who read English.
    pub fn english(&self) -> String {
        let english = self.rule.english();
        match self.record {
            0 => format!("{}: {english}", self.place()),
            record => format!("record {record}, {}: {english}", self.place()),
        }
    }

    /// For people who read Vietnamese, with what the field is called.
    pub fn vietnamese(&self) -> String {
        let vietnamese = self.rule.vietnamese();
        let place = self.place();
        let name = super::table::find(self.part, self.field)
            .map_or_else(String::new, |field| format!(" ({})", field.vietnamese));
        match self.record {
            0 => format!("{place}{name}: {vietnamese}"),
            record => format!("Hồ sơ {record}, {place}{name}: {vietnamese}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.english())
    }
}

impl std::error::Error for Fault {}
