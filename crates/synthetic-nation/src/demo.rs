//! Whom to look at first: a readable choice of citizens, with a line on each, and the facilities with their systems.

use serde::Serialize;

use crate::allergy::is_allergic_to_penicillin;
use crate::calendar::age;
use crate::chronic_care::is_in_care;
use crate::household::Household;
use crate::maternity::pregnancy;
use crate::names::ethnic_group_name;
use crate::nation::Nation;
use crate::people::{Person, Sex};
use crate::plan::Role;

/// Households that are looked through for the stories; a small nation has fewer.
const HOUSEHOLDS_TO_SEARCH: usize = 3000;

/// What a demonstration needs to know of a nation.
#[derive(Debug, Serialize)]
pub struct Demo {
    /// A choice of people with a story.
    pub citizens: Vec<DemoCitizen>,
    /// Every facility of the nation.
    pub facilities: Vec<DemoFacility>,
    /// One client system for each facility.
    pub clients: Vec<DemoClient>,
}

/// A citizen worth a look.
#[derive(Debug, Serialize)]
pub struct DemoCitizen {
    /// The citizen number, in the test range 099.
    pub number: String,
    /// Id of the Patient.
    pub patient_id: String,
    /// The full name.
    pub name: String,
    /// Date of birth, `YYYY-MM-DD`.
    pub birth_date: String,
    /// `male` or `female`.
    pub gender: &'static str,
    /// Commune and province of residence.
    pub commune: String,
    /// What there is to see.
    pub story: Story,
}

/// One short line in two languages.
#[derive(Debug, Serialize)]
pub struct Story {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

/// A facility of the nation.
#[derive(Debug, Serialize)]
pub struct DemoFacility {
    /// The facility code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Id of the Organization.
    pub organization_id: String,
    /// `commune-health-station`, `regional-health-centre`, `general-hospital` or `private-clinic`.
    pub kind: &'static str,
}

/// A client system of a facility.
#[derive(Debug, Serialize)]
pub struct DemoClient {
    /// `facility-` and the facility code.
    pub id: String,
    /// The facility code.
    pub facility: String,
    /// Name of the system.
    pub name: String,
    /// The kind of the facility.
    pub kind: &'static str,
}

/// A kind of life worth showing.
struct Tale {
    fits: fn(&Person, &Household) -> bool,
    vi: &'static str,
    en: &'static str,
}

const TALES: [Tale; 11] = [
    Tale {
        fits: |person, _| person.age() >= 60 && cared_for(person, "I10") && cared_for(person, "E11.9"),
        vi: "người cao tuổi, tăng huyết áp và đái tháo đường type 2, khám định kỳ mỗi quý",
        en: "elderly, with hypertension and type 2 diabetes, seen every quarter",
    },
    Tale {
        fits: |person, _| (1..6).contains(&person.age()) && person.role == Role::Child,
        vi: "trẻ nhỏ, có lịch sử tiêm chủng và theo dõi tăng trưởng",
        en: "small child with vaccinations and growth visits",
    },
    Tale {
        fits: |person, household| pregnancy(person.role, &household.births, person.until).is_some(),
        vi: "đang mang thai, khám thai định kỳ",
        en: "pregnant, with prenatal visits",
    },
    Tale {
        fits: |person, _| (18..33).contains(&person.age()) && person.illnesses.is_empty(),
        vi: "người trẻ khỏe mạnh, không có bệnh mạn tính",
        en: "young healthy adult without a long illness",
    },
    Tale {
        fits: |person, household| person.role == Role::Mother && children(household) >= 2,
        vi: "mẹ của nhiều con, xem được sổ của các con",
        en: "mother of several children, may see their books",
    },
    Tale {
        fits: |person, household| person.role == Role::Father && children(household) >= 1,
        vi: "cha có con dưới 16 tuổi trong cùng hộ",
        en: "father with a child under 16 at home",
    },
    Tale {
        fits: |person, _| {
            (35..60).contains(&person.age()) && person.occupation.is_employed() && has(person, "I10")
        },
        vi: "người đi làm, tăng huyết áp",
        en: "employee with hypertension",
    },
    Tale {
        fits: |person, _| (8..16).contains(&person.age()),
        vi: "học sinh, có lịch sử tiêm chủng từ khi sinh",
        en: "pupil with vaccinations since birth",
    },
    Tale {
        fits: |person, _| cared_for(person, "J45.9") || cared_for(person, "J44.9"),
        vi: "bệnh phổi mạn tính, dùng thuốc xịt",
        en: "chronic lung disease, with inhalers",
    },
    Tale {
        fits: |person, _| is_allergic_to_penicillin(person) && person.age() >= 25,
        vi: "dị ứng penicilin",
        en: "allergic to penicillin",
    },
    Tale {
        fits: |person, _| person.age() < 1 && person.role == Role::Child,
        vi: "trẻ sơ sinh, sổ sức khỏe mới mở",
        en: "newborn whose book has just been opened",
    },
];

fn has(person: &Person, code: &str) -> bool {
    person.has(code, person.until)
}

/// Whether somebody is in regular care for an illness, so that the book shows it.
fn cared_for(person: &Person, code: &str) -> bool {
    person.illnesses.iter().any(|long| long.illness.code == code && is_in_care(long))
}

fn children(household: &Household) -> usize {
    household.members.iter().filter(|member| member.role == Role::Child && member.age() < 16).count()
}

impl Nation {
    /// A choice of `citizens` people, those with a special story first, and all facilities with their systems.
    pub fn demo(&self, citizens: usize) -> Demo {
        let facilities: Vec<DemoFacility> = self
            .facilities_by_province()
            .into_values()
            .flatten()
            .map(|facility| DemoFacility {
                code: facility.code(),
                name: facility.name(),
                organization_id: facility.id().to_string(),
                kind: facility.kind.word(),
            })
            .collect();
        let clients = facilities
            .iter()
            .map(|facility| DemoClient {
                id: format!("facility-{}", facility.code),
                facility: facility.code.clone(),
                name: format!("Phần mềm của {}", facility.name),
                kind: facility.kind,
            })
            .collect();
        Demo { citizens: self.demo_citizens(citizens), facilities, clients }
    }

    fn demo_citizens(&self, wanted: usize) -> Vec<DemoCitizen> {
        let mut told: Vec<Option<DemoCitizen>> = TALES.iter().map(|_| None).collect();
        let mut others: Vec<DemoCitizen> = Vec::new();
        for household in self.household_list().take(HOUSEHOLDS_TO_SEARCH.max(wanted)) {
            for person in household.members.iter().filter(|person| person.died.is_none()) {
                let tale = TALES
                    .iter()
                    .zip(&told)
                    .position(|(tale, citizen)| citizen.is_none() && (tale.fits)(person, &household));
                match tale {
                    Some(number) => {
                        let tale = &TALES[number];
                        let story = introduce(person, self, tale.vi, tale.en);
                        told[number] = Some(citizen(person, &household, story));
                    }
                    None if others.len() < wanted => {
                        let story = ordinary_story(person, self);
                        others.push(citizen(person, &household, story));
                    }
                    None => {}
                }
            }
            if others.len() >= wanted && told.iter().all(Option::is_some) {
                break;
            }
        }
        told.into_iter().flatten().chain(others).take(wanted).collect()
    }
}

fn introduce(person: &Person, nation: &Nation, vi: &str, en: &str) -> Story {
    let years = age(person.born, nation.today);
    let (sex_vi, sex_en) = match person.sex {
        Sex::Male => ("Nam", "Male"),
        Sex::Female => ("Nữ", "Female"),
    };
    let (age_vi, age_en) = match years {
        0 => ("dưới 1 tuổi".to_owned(), "under 1".to_owned()),
        _ => (format!("{years} tuổi"), format!("{years}")),
    };
    Story { vi: format!("{sex_vi}, {age_vi}: {vi}."), en: format!("{sex_en}, {age_en}: {en}.") }
}

fn ordinary_story(person: &Person, nation: &Nation) -> Story {
    let group = ethnic_group_name(person.ethnic_group);
    let codes: Vec<&str> = person.illnesses.iter().map(|long| long.illness.code).collect();
    let names: Vec<&str> = person.illnesses.iter().take(3).map(|long| long.illness.name).collect();
    match names.is_empty() {
        true => introduce(
            person,
            nation,
            &format!("dân tộc {group}, không có bệnh mạn tính"),
            &format!("ethnic group {group}, no long illness"),
        ),
        false => introduce(
            person,
            nation,
            &format!("dân tộc {group}; {}", names.join("; ")),
            &format!("ethnic group {group}; ICD-10 {}", codes.join(", ")),
        ),
    }
}

fn citizen(person: &Person, household: &Household, story: Story) -> DemoCitizen {
    DemoCitizen {
        number: person.number.clone(),
        patient_id: person.id.to_string(),
        name: person.name.text(),
        birth_date: person.born.to_string(),
        gender: person.sex.code(),
        commune: format!("{}, {}", household.place.ward.name, household.place.province.name),
        story,
    }
}
