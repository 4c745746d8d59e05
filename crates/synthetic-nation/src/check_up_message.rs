//! The yearly check-ups of the people as messages (`KHAMSUCKHOE`), for all three age groups and years back: one each year.

use exchange::check_up::CheckUp;
use jiff::civil::Date;

use crate::body::{height, weight};
use crate::calendar::{age, day_of};
use crate::chance::{Chance, Key};
use crate::check_up_findings::{write_adult, write_child, write_pupil};
use crate::facility::{Facility, Network};
use crate::household::Household;
use crate::nation::Nation;
use crate::people::{Occupation, Person, Sex};
use crate::plan::Role;

/// A check-up of somebody of the nation.
#[derive(Clone, Debug)]
pub struct NationCheckUp {
    /// What the message tells.
    pub check_up: CheckUp,
    /// Id of the Patient.
    pub patient: String,
    /// Id of the Organization of the facility.
    pub organization: String,
}

/// Texts of fields while a message is made: part, field, text.
pub(crate) struct Form<'a> {
    pub(crate) person: &'a Person,
    pub(crate) date: Date,
    pub(crate) chance: Chance,
    pub(crate) texts: Vec<(&'static str, &'static str, String)>,
    pub(crate) rows: Vec<Vec<(&'static str, String)>>,
}

impl Form<'_> {
    pub(crate) fn put(&mut self, part: &'static str, field: &'static str, text: impl Into<String>) {
        self.texts.push((part, field, text.into()));
    }

    /// A result of the laboratory.
    pub(crate) fn result(&mut self, service: &str, index: &str, value: String, unit: &str, conclusion: &str) {
        let row =
            [("MA_DICH_VU", service), ("MA_CHI_SO", index), ("DON_VI_DO", unit), ("KET_LUAN", conclusion)];
        let mut row: Vec<(&'static str, String)> = row.map(|(field, text)| (field, text.to_owned())).into();
        row.push(("GIA_TRI", value));
        self.rows.push(row);
    }

    pub(crate) fn centimetres(&self) -> f64 {
        height(self.person, self.date)
    }

    pub(crate) fn kilograms(&self) -> f64 {
        weight(self.person, self.date)
    }
}

impl Nation {
    /// The check-ups of everybody over so many years, the last one included; household by household, each made when it is
    /// asked for.
    pub fn check_ups(&self, years: u32) -> impl Iterator<Item = NationCheckUp> + '_ {
        self.household_list().flat_map(move |household| {
            let network = Network::of(household.place);
            let of = |person: &Person| check_ups_of(&household, network, person, years);
            household.members.iter().flat_map(of).collect::<Vec<_>>()
        })
    }
}

fn check_ups_of(household: &Household, network: Network, person: &Person, years: u32) -> Vec<NationCheckUp> {
    let last = i64::from(person.until.year());
    let made = (0..i64::from(years)).rev().filter_map(|back| {
        let year = last - back;
        let key = person.key.child("check-up message", year.unsigned_abs());
        let date = day_of(year, key.draw("day").between(15, 345));
        if date < person.born || date > person.until {
            return None;
        }
        make(household, network, person, key, date)
    });
    made.collect()
}

fn make(
    household: &Household,
    network: Network,
    person: &Person,
    key: Key,
    date: Date,
) -> Option<NationCheckUp> {
    let years = age(person.born, date);
    let facility =
        if person.occupation.is_employed() && years >= 18 { network.centre } else { network.station };
    let mut form = Form { person, date, chance: key.chance(), texts: Vec::new(), rows: Vec::new() };
    administration(&mut form, household, years);
    visit(&mut form, facility, years);
    match years {
        ..6 => write_child(&mut form),
        6..18 => write_pupil(&mut form),
        _ => write_adult(&mut form, years),
    }
    // A message that breaks a rule would be a fault of this generator, which a test finds by the number of messages.
    let check_up = CheckUp::of_fields(Some(date), form.texts, form.rows).ok()?;
    let (patient, organization) = (person.id.to_string(), facility.id().to_string());
    Some(NationCheckUp { check_up, patient, organization })
}

fn administration(form: &mut Form<'_>, household: &Household, years: i64) {
    let (person, place) = (form.person, household.place);
    form.put("XML1", "HO_TEN", person.name.text());
    form.put("XML1", "GIOI_TINH", if person.sex == Sex::Male { "1" } else { "2" });
    let hour = if years < 6 { form.chance.below(24) } else { 0 };
    form.put("XML1", "NGAY_SINH", format!("{}{hour:02}00", digits(person.born)));
    form.put("XML1", "MA_DAN_TOC", person.ethnic_group);
    form.put("XML1", "SO_CCCD", person.number.clone());
    form.put("XML1", "DIA_CHI", format!("{}, {}, {}", household.line, place.ward.name, place.province.name));
    form.put("XML1", "MATINH_CU_TRU", place.province.code);
    form.put("XML1", "MAXA_CU_TRU", place.ward.code);
    if years >= 6
        && let Some(phone) = &person.phone
    {
        form.put("XML1", "DIEN_THOAI", phone.clone());
    }
    if years >= 18 {
        form.put("XML1", "MA_NGHE_NGHIEP", occupation(person.occupation));
    }
    if years >= 6 {
        let reason = if years < 18 {
            "Khám sức khỏe học sinh đầu năm học"
        } else {
            "Khám sức khỏe định kỳ"
        };
        form.put("XML1", "LY_DO_VV", reason);
    }
    // Whoever lives with a child came with it; a child that lives alone here came with itself, so to say.
    let parent = [Role::Mother, Role::Father, Role::Grandmother, Role::Grandfather]
        .into_iter()
        .find_map(|role| household.member(role).map(|parent| (role, parent)))
        .unwrap_or((Role::Single, person));
    if years < 18 {
        guardian(form, years, parent);
    }
}

fn guardian(form: &mut Form<'_>, years: i64, (role, parent): (Role, &Person)) {
    let name = parent.name.text().to_uppercase();
    if years >= 6 {
        form.put("XML1", "NGUOI_GIAM_HO", name);
        form.put("XML1", "SO_CCCD_NGH", parent.number.clone());
        return;
    }
    let relation = match role {
        Role::Father => "1",
        Role::Mother => "2",
        Role::Grandmother | Role::Grandfather => "3",
        _ => "9",
    };
    form.put("XML1", "HO_TEN_NGUOI_DI_CUNG", name);
    form.put("XML1", "SO_CCCD_NGUOI_DI_CUNG", parent.number.clone());
    form.put("XML1", "MOI_QUAN_HE_VOI_TRE", relation);
}

fn visit(form: &mut Form<'_>, facility: Facility, years: i64) {
    let (person, date) = (form.person, form.date);
    let code = facility.code();
    form.put("XML2", "MA_LK", format!("KSK{}{:09}", digits(date), person.serial));
    form.put("XML2", "MA_GTIN_CSKCB", location_number(&code));
    form.put("XML2", "MA_CSKCB", code);
    let group = match years {
        ..6 => "10",
        6..18 => "11",
        60.. => "01",
        _ if person.occupation.is_employed() => "13",
        // Decision 1551 had no informal workers: 14 was "other" until decision 2062.
        _ => "14",
    };
    form.put("XML2", "DOI_TUONG", group);
    form.put("XML2", "NGUON_CHI_TRA", if group == "13" { "4" } else { "2" });
    form.put("XML2", "MA_LOAI_KCB", if group == "11" { "99" } else { "15" });
    let (hour, minute) = (form.chance.between(7, 15), form.chance.between(0, 59));
    form.put("XML2", "NGAY_VAO", format!("{}{hour:02}{minute:02}", digits(date)));
}

/// `yyyyMMdd`.
fn digits(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// A location number of 13 digits with the check digit of GS1, in a range that no facility has.
pub(crate) fn location_number(code: &str) -> String {
    let number = format!("2000000{code}");
    let sum: u32 = number
        .bytes()
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    format!("{number}{}", (10 - sum % 10) % 10)
}

/// Level 2 of the list of occupations.
fn occupation(of: Occupation) -> &'static str {
    match of {
        Occupation::Soldier => "01",
        Occupation::Health => "22",
        Occupation::Professional => "21",
        Occupation::Administration => "33",
        Occupation::Worker => "81",
        Occupation::Farmer => "61",
        Occupation::Services => "51",
        _ => "00",
    }
}
