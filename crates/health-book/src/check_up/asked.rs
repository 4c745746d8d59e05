//! What the form by which a station records a check-up asks: the fields of the message for the age, but what the book says and
//! what no form can give.

use exchange::check_up::{AgeGroup, FIELDS, Field, Kind, PARTS, ROWS};

/// Name, sex, day of birth and number are those of the book, with what the registry says of the number; the facility is that of
/// the session, and the code of the visit is computed.
const KNOWN: [(&str, &str); 8] = [
    ("XML1", "HO_TEN"),
    ("XML1", "GIOI_TINH"),
    ("XML1", "NGAY_SINH"),
    ("XML1", "SO_CCCD"),
    ("XML1", "NGAYCAP_CCCD"),
    ("XML1", "NOICAP_CCCD"),
    ("XML2", "MA_LK"),
    ("XML2", "MA_CSKCB"),
];

/// Part, field and text.
pub(super) type Text = (&'static str, &'static str, String);

/// How many rows of results the form has.
pub const ROW_COUNT: usize = 8;

/// A place in the form.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The field as the message knows it.
    pub field: &'static Field,
    /// The number of the row, from 1, where the field repeats.
    pub row: Option<usize>,
}

impl Asked {
    /// Its name, the same by which a fault names it: `XML10.CHIEU_CAO`, `XML11[2].GIA_TRI`.
    pub fn name(&self) -> String {
        let Field { part, name, .. } = self.field;
        match self.row {
            Some(row) => format!("{part}[{row}].{name}"),
            None => format!("{part}.{name}"),
        }
    }
}

/// What the form for an age asks, part by part as the message has them, row by row where a part has rows.
pub fn asked(group: AgeGroup) -> impl Iterator<Item = Asked> {
    PARTS.iter().flat_map(move |part| {
        let rows = if part.name == ROWS { (1..=ROW_COUNT).map(Some).collect() } else { vec![None] };
        rows.into_iter().flat_map(move |row| of_part(group, part.name).map(move |field| Asked { field, row }))
    })
}

/// What the message demands of the book and the texts do not have. The form cannot ask it: it is of the `Patient`.
pub(super) fn lacking(group: AgeGroup, texts: &[Text]) -> Vec<&'static Field> {
    let is_told =
        |field: &Field| texts.iter().any(|(part, name, _)| (*part, *name) == (field.part, field.name));
    // What may stand in for it the form asks.
    let is_demanded = |field: &Field| field.required.contains(&(group, None));
    let known = FIELDS.iter().filter(|field| KNOWN.contains(&(field.part, field.name)));
    let lacking: Vec<&Field> = known.filter(|field| is_demanded(field) && !is_told(field)).collect();
    // What is demanded besides depends on the age.
    match lacking.iter().find(|field| field.name == "NGAY_SINH") {
        Some(birth) => vec![*birth],
        None => lacking,
    }
}

fn of_part(group: AgeGroup, part: &'static str) -> impl Iterator<Item = &'static Field> {
    FIELDS.iter().filter(move |field| {
        field.part == part
            && field.groups.contains(&group)
            && field.kind != Kind::Signature
            && !KNOWN.contains(&(part, field.name))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_field_of_the_age_is_asked_or_known_or_a_signature() {
        for group in AgeGroup::ALL {
            let names: Vec<String> = asked(group).map(|asked| asked.name()).collect();
            let apart: BTreeSet<&String> = names.iter().collect();
            assert_eq!(apart.len(), names.len(), "no name stands there twice");
            for field in FIELDS.iter().filter(|field| field.groups.contains(&group)) {
                let name = match field.part {
                    ROWS => format!("{}[{ROW_COUNT}].{}", field.part, field.name),
                    part => format!("{part}.{}", field.name),
                };
                let is_beside = field.kind == Kind::Signature || KNOWN.contains(&(field.part, field.name));
                assert_ne!(apart.contains(&name), is_beside, "{group:?}: {name}");
            }
        }
        assert!(KNOWN.iter().all(|known| FIELDS.iter().any(|field| (field.part, field.name) == *known)));
    }
}
