//! The message as XML: what the decision writes, the parts as base64 in the envelope.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::table::{self, FIELDS, PARTS, Part};
use super::{AgeGroup, CheckUp, days};
use xml::write_text_element;

/// How every text begins.
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";

impl CheckUp {
    /// The message of this one check-up as XML.
    pub fn to_xml(&self) -> String {
        let mut out = format!("{DECLARATION}<KHAMSUCKHOE>\n<THONGTINDONVI>");
        write_text_element("MACSKCB", self.location_number(), &mut out);
        out.push_str("</THONGTINDONVI>\n<THONGTINHOSO>");
        if let Some(day) = self.drawn_up {
            write_text_element("NGAYLAP", &days::write_day(day), &mut out);
        }
        out.push_str("<SOLUONGHOSO>1</SOLUONGHOSO><DANHSACHHOSO><HOSO>\n");
        for part in self.parts() {
            out.push_str("<FILEHOSO>");
            write_text_element("LOAIHOSO", part.name, &mut out);
            write_text_element("NOIDUNGFILE", &STANDARD.encode(self.part_xml(part)), &mut out);
            out.push_str("</FILEHOSO>\n");
        }
        out.push_str("</HOSO></DANHSACHHOSO></THONGTINHOSO>\n<CHUKYDONVI>");
        for field in table::fields_of(table::SIGNATURES) {
            write_text_element(field.name, self.of(field).unwrap_or_default(), &mut out);
        }
        out.push_str("</CHUKYDONVI>\n</KHAMSUCKHOE>\n");
        out
    }

    /// The parts that a message of this age has, and those that have something to say.
    pub(super) fn parts(&self) -> impl Iterator<Item = &'static Part> {
        let group = self.age_group();
        PARTS.iter().filter(move |part| part.name != table::SIGNATURES && self.has_part(part, group))
    }

    fn has_part(&self, part: &Part, group: AgeGroup) -> bool {
        let for_group = table::fields_of(part.name).any(|field| field.groups.contains(&group));
        for_group || table::fields_of(part.name).any(|field| self.of(field).is_some())
    }

    /// One part as its own document.
    fn part_xml(&self, part: &Part) -> String {
        let mut out = DECLARATION.to_owned();
        let open = |out: &mut String, name: &str| out.push_str(&format!("<{name}>\n"));
        let close = |out: &mut String, name: &str| out.push_str(&format!("</{name}>\n"));
        open(&mut out, part.root);
        if part.name == table::ROWS && self.rows.len() > 1 {
            open(&mut out, "DANH_SACH_CLS");
            for row in 0..self.rows.len() {
                open(&mut out, "CHI_TIET_CLS");
                self.each_field(part, Some(row), |name, text| {
                    write_text_element(name, text, &mut out);
                    out.push('\n');
                });
                close(&mut out, "CHI_TIET_CLS");
            }
            close(&mut out, "DANH_SACH_CLS");
        } else {
            self.each_field(part, Some(0), |name, text| {
                write_text_element(name, text, &mut out);
                out.push('\n');
            });
        }
        close(&mut out, part.root);
        out
    }

    /// The fields that a part of this age has, in their order, with their texts; those that are not told are empty.
    pub(super) fn each_field(
        &self,
        part: &Part,
        row: Option<usize>,
        mut with: impl FnMut(&'static str, &str),
    ) {
        let group = self.age_group();
        for field in FIELDS.iter().filter(|field| field.part == part.name) {
            let text = match row.filter(|_| part.name == table::ROWS) {
                Some(row) => self.row_value(row, field.name),
                None => self.of(field),
            };
            if text.is_some() || field.groups.contains(&group) {
                with(field.name, text.map_or("", |text| self.written(field, text)));
            }
        }
    }
}
