//! One check-up: the fields of a record in the form of the decision, and what others ask of it.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};

use super::fault::{Fault, Rule};
use super::table::{self, Field};
use super::{days, identity, read};

/// For whom a form of the check-up is (circular 32/2023, forms 01 to 03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AgeGroup {
    /// Below 6 years.
    Child,
    /// 6 to 17 years.
    Pupil,
    /// 18 years and more.
    Adult,
}

impl AgeGroup {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Child, Self::Pupil, Self::Adult];

    /// The group of an age in whole years.
    pub fn of_years(years: i16) -> Self {
        match years {
            ..6 => Self::Child,
            6..18 => Self::Pupil,
            _ => Self::Adult,
        }
    }

    /// The group by the texts of `NGAY_SINH` and `NGAY_VAO`; none where one of them is no day.
    pub fn of_texts(birth: &str, visit: &str) -> Option<Self> {
        let (birth, visit) = (days::read(birth.trim()).ok()?, days::read(visit.trim()).ok()?);
        (birth <= visit).then(|| Self::of_years(years(birth.date(), visit.date())))
    }

    /// The group of a word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.word() == word)
    }

    /// A word for it, in small letters.
    pub fn word(self) -> &'static str {
        match self {
            Self::Child => "child",
            Self::Pupil => "pupil",
            Self::Adult => "adult",
        }
    }
}

/// `GIOI_TINH`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 1
    Male,
    /// 2
    Female,
    /// 3
    Undetermined,
}

/// Whom a check-up is of, as the message tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The personal identification number; a child may have none.
    pub number: Option<String>,
    /// That of the guardian, or of the adult who came with the child.
    pub guardian_number: Option<String>,
    /// The name, in capitals.
    pub name: String,
    /// The day of birth.
    pub birth_date: Date,
    /// The sex.
    pub sex: Sex,
}

/// The texts of fields, in the order of the table.
pub(super) type Values = BTreeMap<usize, String>;

/// One check-up of one person, all of it valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUp {
    /// `NGAYLAP` of the message.
    pub(super) drawn_up: Option<Date>,
    pub(super) values: Values,
    /// The rows of `XML11`.
    pub(super) rows: Vec<Values>,
    pub(super) birth: DateTime,
    pub(super) visit: DateTime,
}

impl CheckUp {
    /// A check-up of texts that come from a form and not from a message, by the same rules: part, field and text of each; of
    /// each row of results field and text. `drawn_up` is `NGAYLAP`.
    pub fn of_fields<'a>(
        drawn_up: Option<Date>,
        texts: impl IntoIterator<Item = (&'a str, &'a str, String)>,
        rows: impl IntoIterator<Item = Vec<(&'a str, String)>>,
    ) -> Result<Self, Vec<Fault>> {
        let unknown = || vec![Fault::of_message(Rule::UnknownField)];
        let named = |part: &str, field: &str, text| Some((table::find(part, field)?, text));
        let texts = texts.into_iter().map(|(part, field, text)| named(part, field, text));
        let texts = texts.collect::<Option<Vec<_>>>().ok_or_else(unknown)?;
        let row = |row: Vec<(&str, String)>| {
            row.into_iter().map(|(field, text)| named(table::ROWS, field, text)).collect::<Option<Vec<_>>>()
        };
        let rows = rows.into_iter().map(row).collect::<Option<Vec<_>>>().ok_or_else(unknown)?;
        read::from_values(drawn_up, texts, rows)
    }

    /// Day and time of the text of a visit; none where it is no day.
    pub fn time_of(visit: &str) -> Option<DateTime> {
        days::read(visit.trim()).ok()
    }

    /// The text of a field that does not repeat; none when it is not told.
    pub fn value(&self, part: &str, field: &str) -> Option<&str> {
        self.of(table::find(part, field)?)
    }

    pub(super) fn of(&self, field: &Field) -> Option<&str> {
        self.values.get(&field.index).map(String::as_str)
    }

    /// The text of a field of the row of that number, from 0.
    pub fn row_value(&self, row: usize, field: &str) -> Option<&str> {
        let field = table::find(table::ROWS, field)?;
        self.rows.get(row)?.get(&field.index).map(String::as_str)
    }

    /// How many rows of results it has.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The facility code (`MA_CSKCB`).
    pub fn facility(&self) -> &str {
        self.value("XML2", "MA_CSKCB").unwrap_or_default()
    }

    /// The location number of the facility (`MA_GTIN_CSKCB`).
    pub fn location_number(&self) -> &str {
        self.value("XML2", "MA_GTIN_CSKCB").unwrap_or_default()
    }

    /// The code of the visit in the facility: `MA_LK`, which the decision does not demand. Without it one is computed of
    /// facility, person and time, so that the same check-up has the same code again.
    pub fn visit_code(&self) -> String {
        match self.value("XML2", "MA_LK") {
            Some(code) => code.to_owned(),
            None => identity::visit_code(self),
        }
    }

    /// The same with a code of the visit, where it has none. Whoever records by form knows whose book it is, and two children
    /// without a number may have all else in common that a code is computed of.
    #[must_use]
    pub fn with_visit_code(mut self, code: String) -> Self {
        if let Some(field) = table::find("XML2", "MA_LK") {
            self.values.entry(field.index).or_insert(code);
        }
        self
    }

    /// Whom it is of.
    pub fn identity(&self) -> Identity {
        let text = |part, field| self.value(part, field).map(str::to_owned);
        Identity {
            number: text("XML1", "SO_CCCD"),
            guardian_number: text("XML1", "SO_CCCD_NGH").or_else(|| text("XML1", "SO_CCCD_NGUOI_DI_CUNG")),
            name: text("XML1", "HO_TEN").unwrap_or_default(),
            birth_date: self.birth.date(),
            sex: match self.value("XML1", "GIOI_TINH") {
                Some("1") => Sex::Male,
                Some("2") => Sex::Female,
                _ => Sex::Undetermined,
            },
        }
    }

    /// The group by the age on the day of the visit.
    pub fn age_group(&self) -> AgeGroup {
        AgeGroup::of_years(years(self.birth.date(), self.visit.date()))
    }

    /// The day of the visit (`NGAY_VAO`).
    pub fn date(&self) -> Date {
        self.visit.date()
    }

    /// Day and time of the visit, as clocks in Vietnam show it.
    pub fn time(&self) -> DateTime {
        self.visit
    }

    /// The class of health, 1 to 5 (`PHAN_LOAI_SK`).
    pub fn class(&self) -> &str {
        self.value("XML12", "PHAN_LOAI_SK").unwrap_or_default()
    }

    /// The day of the message: `NGAYLAP`, else that of the visit.
    pub(super) fn day_of_message(&self) -> Date {
        self.drawn_up.unwrap_or_else(|| self.visit.date())
    }

    /// The text of a field as a message of this day has it.
    pub(super) fn written<'a>(&self, field: &Field, text: &'a str) -> &'a str {
        match field.kind {
            table::Kind::Subject => super::lists::subject_of_day(text, self.day_of_message()).unwrap_or(text),
            _ => text,
        }
    }
}

/// Whole years between two days.
pub(super) fn years(from: Date, to: Date) -> i16 {
    let before = (to.month(), to.day()) < (from.month(), from.day());
    to.year() - from.year() - i16::from(before)
}

/// The texts of a check-up, judged before they become one: days that are needed everywhere.
pub(super) fn day_of(values: &Values, part: &str, field: &str) -> Option<DateTime> {
    let field = table::find(part, field)?;
    days::read(values.get(&field.index)?).ok()
}
