//! From a text to check-ups: the envelope, the parts of each record, then every field by the table. All faults are told.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::civil::Date;
use xml::Element;

use super::fault::{ENVELOPE, Fault, Rule};
use super::record::{Values, day_of, years};
use super::table::{self, FIELDS, Field, Kind, Part};
use super::{AgeGroup, CheckUp, Format, json_read, limits, value, xml_read};

/// Senders pad or do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Elements of rows that hold rows, and the number of a row, which says nothing.
const LISTS: [&str; 3] = ["DANH_SACH_CLS", "CHI_TIET_CLS", table::ROWS_ROOT];
const NUMBER: &str = "STT";

/// Reads a message. Either every record is valid, or all faults are told (at most 200).
pub fn read(text: &[u8], format: Format) -> Result<Vec<CheckUp>, Vec<Fault>> {
    if text.len() > limits::BYTES {
        return Err(vec![Fault::of_message(Rule::TooLarge)]);
    }
    let envelope = match format {
        Format::Xml => xml_read::envelope(text),
        Format::Json => json_read::envelope(text),
    };
    let envelope = envelope.map_err(|rule| vec![Fault::of_message(rule)])?;
    let mut faults = Vec::new();
    let check_ups = message(&envelope, &mut faults);
    faults.truncate(limits::FAULTS);
    if faults.is_empty() { Ok(check_ups) } else { Err(faults) }
}

/// What the envelope says of all its records.
struct Envelope<'a> {
    location: Option<&'a str>,
    drawn_up: Option<Date>,
    signatures: Values,
}

fn message(envelope: &Element, faults: &mut Vec<Fault>) -> Vec<CheckUp> {
    let about = envelope.child("THONGTINHOSO");
    let records: Vec<&Element> = about
        .and_then(|about| about.child("DANHSACHHOSO"))
        .map(|list| list.children.iter().filter(|child| child.name == "HOSO").collect())
        .unwrap_or_default();
    if envelope.name != ENVELOPE || records.is_empty() {
        faults.push(Fault::of_message(Rule::Structure));
        return Vec::new();
    }
    if records.len() > limits::RECORDS {
        faults.push(Fault::of_message(Rule::TooLarge));
        return Vec::new();
    }
    let told = |name| about.and_then(|about| about.child_text(name));
    if told("SOLUONGHOSO").is_some_and(|count| count.parse() != Ok(records.len())) {
        faults.push(Fault { field: "SOLUONGHOSO", ..Fault::of_message(Rule::Count) });
    }
    let drawn_up = told("NGAYLAP").and_then(|text| match value::day(text) {
        Ok(day) => Some(day),
        Err(rule) => {
            faults.push(Fault { field: "NGAYLAP", ..Fault::of_message(rule) });
            None
        }
    });
    let common = Envelope {
        location: envelope.child("THONGTINDONVI").and_then(|facility| facility.child_text("MACSKCB")),
        drawn_up,
        signatures: signatures(envelope.child(table::SIGNATURES), faults),
    };
    let mut check_ups = Vec::new();
    for (index, element) in records.into_iter().enumerate() {
        if faults.len() >= limits::FAULTS {
            break;
        }
        let mut record = Record::new(index + 1, &common);
        record.read(element);
        check_ups.extend(record.finish(faults));
    }
    check_ups
}

fn signatures(element: Option<&Element>, faults: &mut Vec<Fault>) -> Values {
    let mut found = Values::new();
    for child in element.map(|element| element.children.as_slice()).unwrap_or_default() {
        let Some(field) = table::find(table::SIGNATURES, &child.name) else { continue };
        // A signature of XML is told by its value; the message itself is kept as it came.
        let text =
            if child.text.is_empty() { signature_value(child).unwrap_or_default() } else { &child.text };
        match value::canonical(field, text, Date::default()) {
            Ok(Some(text)) => drop(found.insert(field.index, text)),
            Ok(None) => {}
            Err(rule) => faults.push(Fault::of_field(0, field, None, rule)),
        }
    }
    found
}

fn signature_value(element: &Element) -> Option<&str> {
    element.children.iter().find_map(|child| match child.name.as_str() {
        "SignatureValue" | "SIGNATUREVALUE" => Some(child.text.as_str()),
        _ => signature_value(child),
    })
}

/// A record while it is read.
struct Record<'a> {
    number: usize,
    envelope: &'a Envelope<'a>,
    texts: Vec<(&'static Field, String)>,
    rows: Vec<Vec<(&'static Field, String)>>,
    parts: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl<'a> Record<'a> {
    fn new(number: usize, envelope: &'a Envelope<'a>) -> Self {
        Self { number, envelope, texts: Vec::new(), rows: Vec::new(), parts: Vec::new(), faults: Vec::new() }
    }

    fn fail(&mut self, part: &'static str, rule: Rule) {
        self.faults.push(Fault::of_part(self.number, part, rule));
    }

    fn read(&mut self, element: &Element) {
        let files: Vec<&Element> = element.children.iter().filter(|child| child.name == "FILEHOSO").collect();
        if files.len() > limits::PARTS {
            return self.fail(ENVELOPE, Rule::TooLarge);
        }
        if files.is_empty() {
            return self.fail(ENVELOPE, Rule::Structure);
        }
        for file in files {
            let name = file.child_text("LOAIHOSO").unwrap_or_default().to_uppercase();
            let part = table::find_part(&name).filter(|part| part.name != table::SIGNATURES);
            let Some(part) = part else {
                self.fail(ENVELOPE, Rule::UnknownPart);
                continue;
            };
            if self.parts.contains(&part.name) && part.name != table::ROWS {
                self.fail(part.name, Rule::RepeatedPart);
                continue;
            }
            self.parts.push(part.name);
            match file.child("NOIDUNGFILE").map(|content| unpack(part, content)) {
                None | Some(Ok(None)) => {}
                Some(Ok(Some(content))) => self.part(part, &content),
                Some(Err(rule)) => self.fail(part.name, rule),
            }
        }
    }

    /// The content of a part: its element, or an element without a name in which it or its fields stand.
    fn part(&mut self, part: &'static Part, content: &Element) {
        if part.name == table::ROWS {
            if !LISTS.contains(&content.name.as_str()) && !content.name.is_empty() {
                return self.fail(part.name, Rule::PartContent);
            }
            return self.rows(part, content);
        }
        let element = match content.name.as_str() {
            name if name == part.root => content,
            "" => content.child(part.root).unwrap_or(content),
            _ => return self.fail(part.name, Rule::PartContent),
        };
        let texts = self.fields(part, element, None);
        self.texts.extend(texts);
    }

    fn rows(&mut self, part: &'static Part, element: &Element) {
        let is_row = |child: &&Element| LISTS.contains(&child.name.as_str()) || child.name.is_empty();
        let mut inner = element.children.iter().filter(is_row).peekable();
        if inner.peek().is_some() {
            inner.for_each(|child| self.rows(part, child));
            return;
        }
        if self.rows.len() >= limits::ROWS {
            if self.faults.last().is_none_or(|fault| fault.rule != Rule::TooLarge) {
                self.fail(part.name, Rule::TooLarge);
            }
            return;
        }
        let row = self.rows.len() + 1;
        let texts = self.fields(part, element, Some(row));
        if texts.iter().any(|(_, text)| !text.is_empty()) {
            self.rows.push(texts);
        }
    }

    fn fields(
        &mut self,
        part: &'static Part,
        element: &Element,
        row: Option<usize>,
    ) -> Vec<(&'static Field, String)> {
        let mut texts: Vec<(&'static Field, String)> = Vec::new();
        let mut unknown = false;
        for child in &element.children {
            let Some(field) = table::find(part.name, &child.name) else {
                let says = !child.text.is_empty() || !child.children.is_empty();
                unknown |= says && !(row.is_some() && child.name == NUMBER);
                continue;
            };
            let rule = if texts.iter().any(|(other, _)| other.index == field.index) {
                Rule::RepeatedField
            } else if field.kind == Kind::Signature && !child.children.is_empty() {
                texts.push((field, signature_value(child).unwrap_or_default().to_owned()));
                continue;
            } else if !child.children.is_empty() {
                Rule::NotText
            } else {
                texts.push((field, child.text.clone()));
                continue;
            };
            self.faults.push(Fault::of_field(self.number, field, row, rule));
        }
        if unknown || !element.text.is_empty() {
            self.faults.push(Fault { row, ..Fault::of_part(self.number, part.name, Rule::UnknownField) });
        }
        texts
    }

    /// Judges the fields and what they are together.
    fn finish(mut self, faults: &mut Vec<Fault>) -> Option<CheckUp> {
        let raw =
            |name: &str| self.texts.iter().find(|(field, _)| field.part == "XML2" && field.name == name);
        let visit = raw("NGAY_VAO").and_then(|(_, text)| value::day(text.trim()).ok());
        // Without any day the list in force holds.
        let day = self.envelope.drawn_up.or(visit).unwrap_or(super::lists::NEW_SUBJECTS);
        let texts = std::mem::take(&mut self.texts);
        let mut values = self.canonical(texts, None, day);
        let mut rows = Vec::new();
        for (index, texts) in std::mem::take(&mut self.rows).into_iter().enumerate() {
            let row = self.canonical(texts, Some(index + 1), day);
            if !row.is_empty() {
                rows.push(row);
            }
        }
        values.extend(self.envelope.signatures.clone());
        let check_up = self.whole(values, rows);
        faults.append(&mut self.faults);
        check_up
    }

    fn canonical(&mut self, texts: Vec<(&'static Field, String)>, row: Option<usize>, day: Date) -> Values {
        let mut values = Values::new();
        for (field, text) in texts {
            match value::canonical(field, &text, day) {
                Ok(Some(text)) => drop(values.insert(field.index, text)),
                Ok(None) => {}
                Err(rule) => self.faults.push(Fault::of_field(self.number, field, row, rule)),
            }
        }
        values
    }

    fn whole(&mut self, values: Values, rows: Vec<Values>) -> Option<CheckUp> {
        let birth = day_of(&values, "XML1", "NGAY_SINH");
        let visit = day_of(&values, "XML2", "NGAY_VAO");
        let group =
            birth.zip(visit).map(|(birth, visit)| AgeGroup::of_years(years(birth.date(), visit.date())));
        let has = |faults: &[Fault], field: &Field| {
            values.contains_key(&field.index)
                || faults.iter().any(|fault| (fault.part, fault.field) == (field.part, field.name))
        };
        for field in FIELDS.iter() {
            let demands = |unless: &Option<&'static str>| {
                let other = unless.and_then(|name| table::find(field.part, name));
                other.is_none_or(|other| !has(&self.faults, other))
            };
            // Without an age what every group must have is missed all the same.
            let needed = match group {
                Some(group) => field.required.iter().any(|(of, unless)| *of == group && demands(unless)),
                None => {
                    field.required.len() == AgeGroup::ALL.len()
                        && field.required.iter().all(|(_, unless)| demands(unless))
                }
            };
            if needed && !has(&self.faults, field) {
                self.faults.push(Fault::of_field(self.number, field, None, Rule::Missing));
            }
        }
        let of =
            |part, name| table::find(part, name).and_then(|field| Some((field, values.get(&field.index)?)));
        if let Some(told) = self.envelope.location
            && let (Some((field, location)), Some((_, facility))) =
                (of("XML2", "MA_GTIN_CSKCB"), of("XML2", "MA_CSKCB"))
            && told != location
            && told != facility
        {
            self.faults.push(Fault::of_field(self.number, field, None, Rule::FacilityDiffers));
        }
        let (birth, visit) = birth.zip(visit)?;
        if birth > visit
            && let Some(field) = table::find("XML1", "NGAY_SINH")
        {
            self.faults.push(Fault::of_field(self.number, field, None, Rule::DateOrder));
        }
        Some(CheckUp { drawn_up: self.envelope.drawn_up, values, rows, birth, visit })
            .filter(|_| self.faults.is_empty())
    }
}

/// The content of a part, whatever it is wrapped in; none where it is empty.
fn unpack(part: &Part, content: &Element) -> Result<Option<Element>, Rule> {
    if !content.children.is_empty() {
        return Ok(Some(Element { name: String::new(), ..content.clone() }));
    }
    let text = content.text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = if text.starts_with(['<', '{', '[']) {
        text.as_bytes().to_vec()
    } else {
        // A third more than what comes out, and white space.
        if text.len() > limits::PART * 2 {
            return Err(Rule::TooLarge);
        }
        let packed: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        BASE64.decode(packed).map_err(|_| Rule::PartContent)?
    };
    let tree = match Format::of(&bytes) {
        Format::Xml => xml_read::part(part.name, &bytes),
        Format::Json => json_read::part(&bytes),
    };
    tree.map(Some).map_err(|rule| if rule == Rule::Syntax { Rule::PartContent } else { rule })
}

/// The check-up of texts that need not be read from a message, by the same rules: texts of fields, rows of `XML11`.
pub(super) fn from_values(
    drawn_up: Option<Date>,
    texts: Vec<(&'static Field, String)>,
    rows: Vec<Vec<(&'static Field, String)>>,
) -> Result<CheckUp, Vec<Fault>> {
    let (own, envelope): (Vec<_>, Vec<_>) =
        texts.into_iter().partition(|(field, _)| field.part != table::SIGNATURES);
    let mut faults = Vec::new();
    let mut signatures = Values::new();
    for (field, text) in envelope {
        match value::canonical(field, &text, Date::default()) {
            Ok(Some(text)) => drop(signatures.insert(field.index, text)),
            Ok(None) => {}
            Err(rule) => faults.push(Fault::of_field(1, field, None, rule)),
        }
    }
    let envelope = Envelope { location: None, drawn_up, signatures };
    let mut record = Record::new(1, &envelope);
    (record.texts, record.rows) = (own, rows);
    match record.finish(&mut faults) {
        Some(check_up) if faults.is_empty() => Ok(check_up),
        _ => Err(faults),
    }
}
