//! Questions: written by the adapter, read by the simulator.

use xml::write_text_element;

use super::NAMESPACE;
use super::envelope::{body_of, enveloped};
use crate::names::folded;
use crate::{BirthDate, PersonalNumber, RegistryError};

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    /// The whole record.
    LookUp,
    /// Whether it is so.
    Verify,
}

impl Operation {
    fn element(self) -> &'static str {
        match self {
            Self::LookUp => "TraCuuThongTinCongDan",
            Self::Verify => "XacThucThongTinCongDan",
        }
    }
}

/// Who asks.
pub(crate) struct Asker<'a> {
    pub(crate) unit: &'a str,
    pub(crate) integration: &'a str,
    pub(crate) officer: &'a str,
}

/// About whom.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct AskedFor {
    pub(crate) number: PersonalNumber,
    pub(crate) name: Option<String>,
    pub(crate) birth_date: Option<BirthDate>,
}

/// The envelope of a question.
pub(crate) fn write_question(operation: Operation, id: &str, asker: &Asker<'_>, about: &AskedFor) -> String {
    let element = operation.element();
    let mut out = format!("<dan:{element} xmlns:dan=\"{NAMESPACE}\">");
    write_text_element("dan:MaYeuCau", id, &mut out);
    write_text_element("dan:MaDVC", asker.unit, &mut out);
    write_text_element("dan:MaTichHop", asker.integration, &mut out);
    write_text_element("dan:MaCanBo", asker.officer, &mut out);
    write_text_element("dan:SoDinhDanh", about.number.as_str(), &mut out);
    if let Some(name) = &about.name {
        write_text_element("dan:HoVaTen", &folded(name), &mut out);
    }
    if let Some(date) = about.birth_date {
        let element = match date {
            BirthDate::Day(_) => "dan:NgayThangNam",
            BirthDate::Year(_) => "dan:Nam",
        };
        out.push_str("<dan:NgayThangNamSinh>");
        write_text_element(element, &date.digits(), &mut out);
        out.push_str("</dan:NgayThangNamSinh>");
    }
    out.push_str("</dan:");
    out.push_str(element);
    out.push('>');
    enveloped(&out)
}

/// What somebody asks.
pub(crate) fn read_question(input: &[u8]) -> Result<(Operation, AskedFor), RegistryError> {
    let wrong = RegistryError::Malformed;
    let content = body_of(input)?;
    let operation = match content.name.as_str() {
        "TraCuuThongTinCongDan" => Operation::LookUp,
        "XacThucThongTinCongDan" => Operation::Verify,
        _ => return Err(wrong("no operation")),
    };
    let number = content.child_text("SoDinhDanh").and_then(|text| PersonalNumber::try_from(text).ok());
    let birth_date = content.child("NgayThangNamSinh").map(|date| {
        let text = date.child_text("NgayThangNam").or(date.child_text("Nam")).unwrap_or(&date.text);
        BirthDate::from_digits(text).ok_or(wrong("no birth date"))
    });
    Ok((
        operation,
        AskedFor {
            number: number.ok_or(wrong("no number"))?,
            name: content.child_text("HoVaTen").map(str::to_owned),
            birth_date: birth_date.transpose()?,
        },
    ))
}
