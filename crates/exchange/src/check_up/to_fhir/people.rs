//! The person, the facility and the visit.

use json::Node;

use super::parts::{Object, coding, concept, extension, identifier};
use super::*;
use crate::check_up::{Sex, lists};

impl Maker<'_> {
    /// A coding of a list with the words for it as text.
    fn coded(list: &str, code: &str) -> Node<'static> {
        concept(vec![coding(system(list), code)], lists::words(list, code))
    }

    pub(super) fn patient_resource(&self) -> Node<'static> {
        let identity = self.check_up.identity();
        let text = |field| self.value("XML1", field);
        let mut extensions = Vec::new();
        if let Some(code) = text("MA_DAN_TOC") {
            extensions.push(extension(ETHNICITY, "valueCodeableConcept", Self::coded("ethnic-group", code)));
        }
        if let Some(code) = text("MA_NGHE_NGHIEP") {
            extensions.push(extension(OCCUPATION, "valueCodeableConcept", Self::coded("occupation", code)));
        }
        if let Some(place) = text("NOI_LAM_VIEC_HOC_TAP") {
            extensions.push(extension(WORKPLACE, "valueString", Node::string(place.to_owned())));
        }
        let sex = match identity.sex {
            Sex::Male => "male",
            Sex::Female => "female",
            Sex::Undetermined => "unknown",
        };
        let birth = self.check_up.birth;
        let birth_time = (birth.hour() != 0 || birth.minute() != 0).then(|| {
            let time = extension(BIRTH_TIME, "valueDateTime", Node::string(days::fhir_time(birth)));
            Object::default().list("extension", vec![time]).node()
        });
        Object::resource("Patient", &self.id("Patient"))
            .meta(Some(PATIENT_PROFILE), &[])
            .list("extension", extensions)
            .list("identifier", vec![self.citizen_identifier()])
            .list("name", vec![person_name(&identity.name)])
            .list("telecom", phone(text("DIEN_THOAI")))
            .text("gender", sex)
            .text("birthDate", days::fhir_day(birth.date()))
            .maybe("_birthDate", birth_time)
            .list("address", vec![self.address()])
            .node()
    }

    /// The number, or why there is none: a child may have none yet.
    fn citizen_identifier(&self) -> Node<'static> {
        let text = |field| self.value("XML1", field);
        let number = text("SO_CCCD").map(|number| Node::string(number.to_owned()));
        let absent = text("SO_CCCD").is_none().then(|| {
            let reason = extension(ABSENT, "valueCode", Node::string("unknown"));
            Object::default().list("extension", vec![reason]).node()
        });
        let issued = text("NGAYCAP_CCCD")
            .and_then(|day| days::read(day).ok())
            .map(|day| Object::default().text("start", days::fhir_day(day.date())).node());
        let issuer = text("NOICAP_CCCD").map(|issuer| Object::default().text("display", issuer).node());
        Object::default()
            .text("use", "official")
            .with("type", concept(vec![coding(IDENTIFIER_TYPE, "CCCD")], None))
            .text("system", CITIZEN)
            .maybe("value", number)
            .maybe("_value", absent)
            .maybe("period", issued)
            .maybe("assigner", issuer)
            .node()
    }

    fn address(&self) -> Node<'static> {
        let units = [("MATINH_CU_TRU", PROVINCE, "province"), ("MAXA_CU_TRU", WARD, "ward")];
        let units = units.into_iter().filter_map(|(field, url, list)| {
            let code = self.value("XML1", field)?;
            Some(extension(url, "valueCoding", coding(system(list), code)))
        });
        let address = Object::default().list("extension", units.collect()).text("use", "home");
        let text = self.value("XML1", "DIA_CHI").map(|text| Node::string(text.to_owned()));
        address.maybe("text", text).text("country", "VN").node()
    }

    pub(super) fn organization_resource(&self) -> Node<'static> {
        let numbers =
            vec![identifier(FACILITY, self.facility), identifier(LOCATION, self.check_up.location_number())];
        Object::resource("Organization", &self.id("Organization")).list("identifier", numbers).node()
    }

    pub(super) fn encounter_resource(&self) -> Node<'static> {
        let text = |field| self.value("XML2", field);
        let extensions = [("DOI_TUONG", SUBJECT, "subject"), ("NGUON_CHI_TRA", FUNDING, "funding")];
        let extensions = extensions.into_iter().filter_map(|(field, url, list)| {
            Some(extension(url, "valueCodeableConcept", Self::coded(list, text(field)?)))
        });
        let related = self.related();
        let participants = related.iter().filter_map(|person| {
            let individual = reference(&format!("#{}", person.text("id")?));
            Some(Object::default().with("individual", individual).node())
        });
        let participants: Vec<Node<'static>> = participants.collect();
        let reason = self.value("XML1", "LY_DO_VV").map(|reason| concept(Vec::new(), Some(reason)));
        let visit_type = text("MA_LOAI_KCB").map(|code| Self::coded("visit-type", code)).into_iter();
        let kind = concept(vec![coding(VISIT_KIND, CHECK_UP_VISIT)], Some("Khám sức khỏe"));
        let class = Object::default().text("system", ACT_CODE).text("code", "AMB").node();
        let period = Object::default().text("start", self.when());
        Object::resource("Encounter", &self.id("Encounter"))
            .meta(Some(ENCOUNTER_PROFILE), &[])
            .list("contained", related)
            .list("extension", extensions.collect())
            .list("identifier", vec![self.visit_identifier()])
            .text("status", "finished")
            .with("class", class)
            .list("type", visit_type.chain([kind]).collect())
            .with("subject", self.patient())
            .list("participant", participants)
            .with("period", period.node())
            .list("reasonCode", reason.into_iter().collect())
            .with("serviceProvider", self.organization())
            .node()
    }

    /// Guardian and companion, contained in the visit: what a message says of them must not make them anybody who may open
    /// the book of the child.
    fn related(&self) -> Vec<Node<'static>> {
        let guardian = concept(vec![coding(ROLE_CODE, "GUARD")], None);
        let kin =
            self.value("XML1", "MOI_QUAN_HE_VOI_TRE").map(|code| Self::coded("relation-to-child", code));
        let people = [
            ("guardian", ["NGUOI_GIAM_HO", "SO_CCCD_NGH", "DIEN_THOAI_NGH"], Some(guardian), false),
            (
                "companion",
                ["HO_TEN_NGUOI_DI_CUNG", "SO_CCCD_NGUOI_DI_CUNG", "DIEN_THOAI_NGUOI_DI_CUNG"],
                kin.clone(),
                kin.is_some(),
            ),
        ];
        let person =
            |(id, fields, relationship, is_there): (&str, [&str; 3], Option<Node<'static>>, bool)| {
                let [name, number, telephone] = fields.map(|field| self.value("XML1", field));
                let is_there = is_there || name.or(number).or(telephone).is_some();
                let name = name.map(|name| Object::default().text("text", name).node());
                let person = Object::resource("RelatedPerson", id)
                    .list(
                        "identifier",
                        number.map(|number| identifier(CITIZEN, number)).into_iter().collect(),
                    )
                    .with("patient", self.patient())
                    .list("relationship", relationship.into_iter().collect())
                    .list("name", name.into_iter().collect())
                    .list("telecom", phone(telephone));
                is_there.then(|| person.node())
            };
        people.into_iter().filter_map(person).collect()
    }
}

/// Family name, then the others, in the usual letters: the message has capitals.
fn person_name(capitals: &str) -> Node<'static> {
    let words: Vec<String> = capitals.split(' ').map(capitalised).collect();
    let name = Object::default().text("use", "official").text("text", words.join(" "));
    match words.split_first() {
        Some((family, given)) => {
            let given = given.iter().map(|word| Node::string(word.clone())).collect();
            name.text("family", family.clone()).list("given", given).node()
        }
        None => name.node(),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_string() + &letters.as_str().to_lowercase(),
        None => String::new(),
    }
}

fn phone(number: Option<&str>) -> Vec<Node<'static>> {
    let point = |number: &str| Object::default().text("system", "phone").text("value", number).node();
    number.map(point).into_iter().collect()
}
