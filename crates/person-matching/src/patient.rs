//! A person from a FHIR `Patient`: `docs/matching.md`, section 9, says which element is what.

use jiff::civil::Date;
use json::Node;
use search::canonical_system;

use crate::date::BirthDate;
use crate::name::Name;
use crate::number::{Number, NumberKind};
use crate::person::{Death, Person, Sex};

/// The extension of a `Patient` that the population register has verified.
pub const VERIFIED: &str = "urn:healthbook:registry";
/// The extension of a `Patient` in a query that was read from a chip or a seal (`valueCode`).
pub const READ_FROM: &str = "urn:healthbook:read-from";

const CITIZEN: &str = "http://fhir.hl7.org.vn/core/sid/cccd";
const OLD_IDENTITY: &str = "http://fhir.hl7.org.vn/core/sid/cmnd";
const INSURANCE: &str = "http://fhir.hl7.org.vn/core/sid/bhyt";
/// Ends of the urls of the extensions that code a place; both guides end so.
const PROVINCE: &str = "-province";
const WARD: &str = "-ward";
const MOTHERS_NAME: &str = "http://hl7.org/fhir/StructureDefinition/patient-mothersMaidenName";
/// What a contact is, in `v3-RoleCode`.
const MOTHERS: [&str; 2] = ["MTH", "NMTH"];
const FATHERS: [&str; 2] = ["FTH", "NFTH"];
/// Most elements of a list that are looked at.
const MOST: usize = 32;

impl Person {
    /// The person of a `Patient` that a store holds.
    pub fn of_record(patient: &Node<'_>) -> Person {
        read(patient, has_extension(patient, VERIFIED))
    }

    /// The person of a `Patient` that is looked for, with what a card reader may have said.
    pub fn of_query(patient: &Node<'_>) -> Person {
        read(patient, has_extension(patient, VERIFIED) || has_extension(patient, READ_FROM))
    }
}

fn read(patient: &Node<'_>, is_verified: bool) -> Person {
    let mut names: Vec<&Node<'_>> = items(patient, "name").collect();
    // The official one first, what was before last.
    names.sort_by_key(|name| match name.text("use") {
        Some("official") => 0,
        Some("old" | "maiden") => 2,
        _ => 1,
    });
    let addresses = || items(patient, "address");
    let telephones =
        items(patient, "telecom").filter(|it| matches!(it.text("system"), Some("phone" | "sms")));
    let telephones = telephones.filter_map(|it| Number::new(NumberKind::Phone, it.text("value")?));
    let identifiers = items(patient, "identifier").filter_map(|it| number(it, is_verified));
    let mother = items(patient, "extension").find(|it| it.text("url") == Some(MOTHERS_NAME));
    let mother = mother.and_then(|it| it.text("valueString")).map(Name::whole);
    Person {
        names: names.into_iter().map(name).filter(|name| !name.is_empty()).collect(),
        birth_date: patient.text("birthDate").and_then(birth_date),
        sex: match patient.text("gender") {
            Some("male") => Some(Sex::Male),
            Some("female") => Some(Sex::Female),
            _ => None,
        },
        numbers: identifiers.chain(telephones).collect(),
        province: addresses().find_map(|address| place(address, PROVINCE)),
        ward: addresses().find_map(|address| place(address, WARD)),
        mother: mother.or_else(|| relative(patient, MOTHERS)),
        father: relative(patient, FATHERS),
        death: patient
            .text("deceasedDateTime")
            .and_then(|text| text.get(..10)?.parse().ok())
            .map(|date| Death { date, is_verified }),
        is_verified,
    }
}

fn items<'n>(node: &'n Node<'n>, name: &str) -> impl Iterator<Item = &'n Node<'n>> {
    node.get(name).map(Node::items).unwrap_or_default().iter().take(MOST)
}

fn has_extension(node: &Node<'_>, url: &str) -> bool {
    items(node, "extension").any(|it| it.text("url") == Some(url))
}

fn name(name: &Node<'_>) -> Name {
    if let Some(text) = name.text("text") {
        return Name::whole(text);
    }
    let given: Vec<&str> = items(name, "given").filter_map(Node::as_str).collect();
    Name::parts(name.text("family").unwrap_or_default(), &given.join(" "))
}

fn number(identifier: &Node<'_>, is_verified: bool) -> Option<Number> {
    let value = identifier.text("value")?;
    // The register vouches for the numbers that it gives out, not for insurance cards.
    let vouched = |number: Number| if is_verified { number.verified() } else { number };
    match canonical_system(identifier.text("system")?) {
        CITIZEN => Number::new(NumberKind::Citizen, value).map(vouched),
        // The last identity cards bore the twelve digits of the citizen number.
        OLD_IDENTITY if value.bytes().filter(u8::is_ascii_digit).count() >= 12 => {
            Number::new(NumberKind::Citizen, value).map(vouched)
        }
        OLD_IDENTITY => Number::new(NumberKind::OldIdentity, value).map(vouched),
        INSURANCE => Number::insurance_card(value),
        _ => None,
    }
}

fn birth_date(text: &str) -> Option<BirthDate> {
    match text.len() {
        4 => text.parse().ok().map(BirthDate::Year),
        7 => {
            let first: Date = format!("{text}-01").parse().ok()?;
            Some(BirthDate::Month(first.year(), first.month()))
        }
        10 => text.parse().ok().map(BirthDate::Day),
        _ => None,
    }
}

fn place(address: &Node<'_>, end: &str) -> Option<String> {
    let coded =
        items(address, "extension").find(|it| it.text("url").is_some_and(|url| url.ends_with(end)))?;
    coded.get("valueCoding")?.text("code").filter(|code| !code.is_empty()).map(str::to_owned)
}

fn relative(patient: &Node<'_>, roles: [&str; 2]) -> Option<Name> {
    let is_one = |contact: &&Node<'_>| {
        let codings = items(contact, "relationship").flat_map(|it| items(it, "coding"));
        codings.filter_map(|it| it.text("code")).any(|code| roles.contains(&code))
    };
    let found = items(patient, "contact").find(is_one)?.get("name").map(name)?;
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(text: &str) -> Person {
        Person::of_record(&json::parse(text.as_bytes(), &json::Limits::default()).unwrap())
    }

    fn numbers(person: &Person) -> Vec<(NumberKind, &str, bool)> {
        person.numbers.iter().map(|it| (it.kind(), it.digits(), it.is_verified())).collect()
    }

    #[test]
    fn each_number_is_of_its_kind_under_either_name_of_its_system() {
        let identifier = |system: &str, value: &str| {
            format!(r#"{{"identifier":[{{"system":"{system}","value":"{value}"}}]}}"#)
        };
        for (core, ministry, value, kind, digits) in [
            ("cccd", "national_id", "099 085 123456", NumberKind::Citizen, "099085123456"),
            ("cmnd", "citizen_id", "099123456", NumberKind::OldIdentity, "099123456"),
            ("cmnd", "citizen_id", "099085123456", NumberKind::Citizen, "099085123456"),
            ("bhyt", "insurance_number", "GD 4 01 9123456789", NumberKind::SocialInsurance, "9123456789"),
            ("bhyt", "insurance_number", "9123456789", NumberKind::SocialInsurance, "9123456789"),
            ("bhyt", "insurance_number", "099085123456", NumberKind::Citizen, "099085123456"),
        ] {
            for system in [
                format!("http://fhir.hl7.org.vn/core/sid/{core}"),
                format!("http://fhir.ehealth.gov.vn/core/sid/{ministry}"),
            ] {
                assert_eq!(
                    numbers(&person(&identifier(&system, value))),
                    [(kind, digits, false)],
                    "{system} {value}"
                );
            }
        }
        assert!(person(&identifier("urn:x", "099085123456")).numbers.is_empty());
    }

    #[test]
    fn only_what_the_register_gives_out_is_verified_and_only_by_its_extension() {
        let text = r#"{"extension":[{"url":"urn:healthbook:URL"}],"identifier":[
            {"system":"http://fhir.hl7.org.vn/core/sid/cccd","value":"099085123456"},
            {"system":"http://fhir.hl7.org.vn/core/sid/bhyt","value":"9123456789"}]}"#;
        let verified = |url: &str| {
            let text = text.replace("URL", url);
            let node = json::parse(text.as_bytes(), &json::Limits::default()).unwrap();
            let count = |person: Person| person.numbers.iter().filter(|it| it.is_verified()).count();
            (count(Person::of_record(&node)), count(Person::of_query(&node)))
        };
        assert_eq!(verified("registry"), (1, 1));
        assert_eq!(verified("read-from"), (0, 1), "a stored mark of a reader vouches for nothing");
        assert_eq!(verified("other"), (0, 0));
    }

    #[test]
    fn everything_is_read_and_nothing_has_to_be_there() {
        let found = person(
            r#"{"name":[{"use":"old","text":"Lê An"},{"use":"official","family":"Nguyễn","given":["Văn","An"]}],
            "birthDate":"1985-03","gender":"male","deceasedDateTime":"2020-01-02T03:04:05Z",
            "telecom":[{"system":"email","value":"0990000001"},{"system":"phone","value":"0990000002"}],
            "address":[{"extension":[{"url":"http://a/vn-ext-ward","valueCoding":{"code":"00004"}}]}],
            "contact":[{"relationship":[{"coding":[{"code":"MTH"}]}],"name":{"text":"Trần Thị Hoa"}}]}"#,
        );
        assert_eq!(found.names, [Name::parts("Nguyễn", "Văn An"), Name::whole("Lê An")]);
        assert_eq!(found.birth_date, Some(BirthDate::Month(1985, 3)));
        assert_eq!((found.sex, found.ward.as_deref()), (Some(Sex::Male), Some("00004")));
        assert_eq!(numbers(&found), [(NumberKind::Phone, "0990000002", false)]);
        assert_eq!(found.mother, Some(Name::whole("Trần Thị Hoa")));
        assert!(found.death.is_some() && found.father.is_none() && !found.is_verified);
        let nothing = person(r#"{"name":"x","identifier":{},"birthDate":"1985-13-40","telecom":[1]}"#);
        assert!(nothing.names.is_empty() && nothing.birth_date.is_none() && nothing.numbers.is_empty());
    }
}
