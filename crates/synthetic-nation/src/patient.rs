//! The Patient resource, and the parents of a child as RelatedPersons in the child's own book.

use crate::book::Book;
use crate::json_text::JsonText;
use crate::names::ethnic_group_name;
use crate::people::Person;
use crate::plan::Role;
use crate::systems;

/// Writes the Patient.
pub(crate) fn write_patient(book: &mut Book) {
    let person = book.person;
    let household = book.household;
    let station = book.network.station;
    let marital_status = marital_status(book);
    book.bundle.resource("Patient", person.id, |json| {
        json.test_data_claim(systems::PATIENT_PROFILE);
        json.list("extension", |json| {
            let (occupation, occupation_name) = person.occupation.coded();
            let group = ethnic_group_name(person.ethnic_group);
            for (url, system, code, display) in [
                (systems::ETHNICITY_EXTENSION, systems::ETHNICITY, person.ethnic_group, group),
                (systems::OCCUPATION_EXTENSION, systems::OCCUPATION, occupation, occupation_name),
            ] {
                json.item(|json| {
                    json.plain("url", url);
                    json.concept("valueCodeableConcept", system, code, display, "");
                });
            }
        });
        json.list("identifier", |json| {
            json.item(|json| json.citizen_number(&person.number));
            if let Some(card) = &person.card {
                json.item(|json| json.identifier(systems::INSURANCE_CARD, &card.number));
            }
        });
        json.number("active", true);
        json.list_of_one("name", |json| person.name.write(json));
        write_phone(json, person);
        json.plain("gender", person.sex.code());
        json.plain("birthDate", person.born);
        if let Some(died) = person.died {
            json.plain("deceasedDateTime", died);
        }
        json.list_of_one("address", |json| household.place.write_address(json, "home", &household.line));
        if let Some((code, display)) = marital_status {
            json.concept("maritalStatus", systems::MARITAL_STATUS, code, display, "");
        }
        json.list_of_one("communication", |json| {
            json.concept("language", "urn:ietf:bcp:47", "vi", "Vietnamese", "Tiếng Việt");
            json.number("preferred", true);
        });
        json.list_of_one("generalPractitioner", |json| {
            json.reference_members("Organization", station.id());
        });
        // The home station: the one facility that cares for a person without a visit.
        json.reference("managingOrganization", "Organization", station.id());
    });
}

fn write_phone(json: &mut JsonText, person: &Person) {
    if let Some(phone) = &person.phone {
        json.list_of_one("telecom", |json| {
            json.plain("system", "phone");
            json.plain("value", phone);
            json.plain("use", "mobile");
        });
    }
}

fn marital_status(book: &Book) -> Option<(&'static str, &'static str)> {
    let lives_with = |role| book.household.member(role).is_some_and(|other| other.died.is_none());
    let partner = match book.person.role {
        Role::Father => Role::Mother,
        Role::Mother => Role::Father,
        Role::Grandfather => Role::Grandmother,
        Role::Grandmother => Role::Grandfather,
        Role::Child | Role::Single => return None,
    };
    match lives_with(partner) {
        true => Some(("M", "Married")),
        false if book.person.age() >= 60 => Some(("W", "Widowed")),
        false => None,
    }
}

/// Writes who may act for a child: the parents, else the grandparents, who live with it.
pub(crate) fn write_guardians(book: &mut Book) {
    let (child, household) = (book.person, book.household);
    if child.role != Role::Child || child.age() >= 18 {
        return;
    }
    let living = |role: Role| household.member(role).filter(|other| other.died.is_none());
    let parents = [(Role::Mother, "MTH", "mother", "Mẹ"), (Role::Father, "FTH", "father", "Cha")]
        .map(|(role, code, display, name)| living(role).map(|parent| (parent, code, display, name)));
    let grandparents = [
        (Role::Grandmother, "GRMTH", "grandmother", "Bà"),
        (Role::Grandfather, "GRFTH", "grandfather", "Ông"),
    ]
    .map(|(role, code, display, name)| living(role).map(|parent| (parent, code, display, name)));
    let guardians = if parents.iter().any(Option::is_some) { parents } else { grandparents };
    for (number, (guardian, code, display, vietnamese)) in guardians.into_iter().flatten().enumerate() {
        let id = child.key.child("guardian", number as u64).id();
        book.bundle.resource("RelatedPerson", id, |json| {
            json.list_of_one("identifier", |json| json.citizen_number(&guardian.number));
            json.number("active", true);
            json.reference("patient", "Patient", child.id);
            json.concepts("relationship", systems::ROLE_CODE, code, display, vietnamese);
            json.list_of_one("name", |json| guardian.name.write(json));
            write_phone(json, guardian);
            json.plain("gender", guardian.sex.code());
            json.plain("birthDate", guardian.born);
        });
    }
}
