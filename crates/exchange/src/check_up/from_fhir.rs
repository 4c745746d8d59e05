//! From the FHIR document back to a check-up: every resource tells by the codes of fields in it which texts it holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use json::Node;

use super::fault::{Fault, Rule};
use super::table::{self, Field, Kind, Place};
use super::to_fhir::{
    BIRTH_TIME, CITIZEN, DIASTOLIC, ETHNICITY, FACILITY, FIELD, FUNDING, ICD_10, INDEX, LOCATION, OCCUPATION,
    PROVINCE, SERVICE, SUBJECT, SYSTOLIC, VISIT, WARD, WORKPLACE, system,
};
use super::{CheckUp, days, limits, lists, read};

type Texts = Vec<(&'static Field, String)>;

/// The check-up of a document Bundle, by the same rules as one of a message.
pub fn from_bundle(bundle: &Node<'_>) -> Result<CheckUp, Vec<Fault>> {
    let resources: Vec<&Node<'_>> =
        items(bundle, "entry").iter().filter_map(|entry| entry.get("resource")).take(10_000).collect();
    let is_document = bundle.text("type") == Some("document")
        && resources.first().is_some_and(|first| first.text("resourceType") == Some("Composition"));
    if !is_document {
        return Err(vec![Fault::of_message(Rule::Structure)]);
    }
    let mut found = Found::default();
    for resource in &resources {
        found.take(resource);
    }
    if found.rows.len() > limits::ROWS {
        return Err(vec![Fault::of_part(1, table::ROWS, Rule::TooLarge)]);
    }
    // Signatures name the rows, so these must be known.
    for resource in resources.iter().filter(|resource| resource.text("resourceType") == Some("Provenance")) {
        found.provenance(resource);
    }
    found.subject_as_sent()?;
    let rows = found.rows.into_iter().map(|(_, texts)| texts).collect();
    read::from_values(found.drawn_up, found.texts, rows)
}

/// What a `Patient` says of the fields of a message: part, field and text. Nothing is judged here.
pub fn texts_of_patient(patient: &Node<'_>) -> Vec<(&'static str, &'static str, String)> {
    let mut found = Found::default();
    found.patient(patient);
    let mut texts: Vec<_> =
        found.texts.into_iter().map(|(field, text)| (field.part, field.name, text)).collect();
    if !texts.iter().any(|(_, field, _)| *field == "HO_TEN")
        && let Some(name) = items(patient, "name").first()
    {
        let given = items(name, "given").iter().filter_map(Node::as_str);
        let words: Vec<&str> = name.text("family").into_iter().chain(given).collect();
        texts.extend((!words.is_empty()).then(|| ("XML1", "HO_TEN", words.join(" "))));
    }
    texts
}

/// What the Composition of a check-up in a book names as its entries: `Type/id`. A correction needs it
/// (`Places::former`).
pub fn entries(composition: &Node<'_>) -> Vec<String> {
    let sections = items(composition, "section").iter();
    let links =
        sections.flat_map(|section| items(section, "entry")).filter_map(|entry| entry.text("reference"));
    links.map(str::to_owned).collect()
}

fn items<'n, 'a>(node: &'n Node<'a>, name: &str) -> &'n [Node<'a>] {
    node.get(name).map(Node::items).unwrap_or_default()
}

/// The telephone of somebody: not what another system of contact says.
fn phone<'n>(person: &'n Node<'_>) -> Option<&'n str> {
    let points = items(person, "telecom").iter();
    let mut phones = points.filter(|point| matches!(point.text("system"), None | Some("phone" | "sms")));
    phones.find_map(|phone| phone.text("value"))
}

/// The code of a system in a CodeableConcept.
fn code<'n>(concept: Option<&'n Node<'_>>, system: &str) -> Option<&'n str> {
    let coding = items(concept?, "coding").iter().find(|coding| coding.text("system") == Some(system))?;
    coding.text("code").or_else(|| coding.text("display"))
}

/// The field that a CodeableConcept names.
fn named(concept: Option<&Node<'_>>) -> Option<&'static Field> {
    table::of_code(code(concept, FIELD)?)
}

fn extension<'n, 'a>(node: &'n Node<'a>, url: &str) -> Option<&'n Node<'a>> {
    items(node, "extension").iter().find(|extension| extension.text("url") == Some(url))
}

/// The value of an identifier of a system, in a list of them or alone.
fn identified<'n>(node: Option<&'n Node<'_>>, system: &str) -> Option<&'n str> {
    node?.each().iter().find(|identifier| identifier.text("system") == Some(system))?.text("value")
}

#[derive(Default)]
struct Found {
    drawn_up: Option<Date>,
    texts: Texts,
    /// The rows, with the ids of their Observations.
    rows: Vec<(String, Texts)>,
}

impl Found {
    fn put(&mut self, part: &str, field: &str, text: Option<impl Into<String>>) {
        if let (Some(field), Some(text)) = (table::find(part, field), text) {
            self.texts.push((field, text.into()));
        }
    }

    /// Codes of FHIR are of the list of decision 2062; the rules below read what a message of the day has.
    fn subject_as_sent(&mut self) -> Result<(), Vec<Fault>> {
        let start = self.texts.iter().find(|(field, _)| (field.part, field.name) == ("XML2", "NGAY_VAO"));
        let visit = start.and_then(|(_, text)| days::read(text).ok()).map(|time| time.date());
        let Some(day) = self.drawn_up.or(visit) else { return Ok(()) };
        for (field, text) in self.texts.iter_mut().filter(|(field, _)| field.kind == Kind::Subject) {
            match lists::subject_of_day(text, day) {
                Some(code) => *text = code.to_owned(),
                None => return Err(vec![Fault::of_field(1, field, None, Rule::Code)]),
            }
        }
        Ok(())
    }

    fn take(&mut self, resource: &Node<'_>) {
        match resource.text("resourceType") {
            Some("Composition") => self.composition(resource),
            Some("Patient") => self.patient(resource),
            Some("Encounter") => self.encounter(resource),
            Some("Observation") if identified(resource.get("identifier"), FIELD) == Some(table::ROWS) => {
                self.row(resource);
            }
            Some("Observation") => self.observation(resource),
            Some("Condition") => self.condition(resource),
            Some("FamilyMemberHistory") => self.family(resource),
            _ => {}
        }
    }

    fn composition(&mut self, composition: &Node<'_>) {
        self.put("XML2", "MA_LK", identified(composition.get("identifier"), VISIT));
        let custodian = composition.get("custodian").and_then(|custodian| custodian.get("identifier"));
        self.put("XML2", "MA_GTIN_CSKCB", identified(custodian, LOCATION));
        self.drawn_up =
            composition.text("date").filter(|date| date.len() == 10).and_then(|date| date.parse().ok());
    }

    fn patient(&mut self, patient: &Node<'_>) {
        let put = |found: &mut Self, field, text: Option<&str>| found.put("XML1", field, text);
        let name = items(patient, "name").first().and_then(|name| name.text("text"));
        put(self, "HO_TEN", name);
        let sex = patient.text("gender").map(|gender| match gender {
            "male" => "1",
            "female" => "2",
            _ => "3",
        });
        put(self, "GIOI_TINH", sex);
        let time = patient.get("_birthDate").and_then(|birth| extension(birth, BIRTH_TIME));
        let birth = time.and_then(|time| time.text("valueDateTime")).or_else(|| patient.text("birthDate"));
        self.put("XML1", "NGAY_SINH", birth.and_then(days::from_fhir).map(days::write_time));
        for (field, url, list) in
            [("MA_DAN_TOC", ETHNICITY, "ethnic-group"), ("MA_NGHE_NGHIEP", OCCUPATION, "occupation")]
        {
            let concept = extension(patient, url).and_then(|extension| extension.get("valueCodeableConcept"));
            put(self, field, code(concept, system(list)));
        }
        put(
            self,
            "NOI_LAM_VIEC_HOC_TAP",
            extension(patient, WORKPLACE).and_then(|place| place.text("valueString")),
        );
        let number =
            items(patient, "identifier").iter().find(|number| number.text("system") == Some(CITIZEN));
        if let Some(number) = number {
            put(self, "SO_CCCD", number.text("value"));
            let issued =
                number.get("period").and_then(|period| period.text("start")).and_then(days::from_fhir);
            self.put("XML1", "NGAYCAP_CCCD", issued.map(|day| days::write_day(day.date())));
            put(self, "NOICAP_CCCD", number.get("assigner").and_then(|assigner| assigner.text("display")));
        }
        put(self, "DIEN_THOAI", phone(patient));
        if let Some(address) = items(patient, "address").first() {
            put(self, "DIA_CHI", address.text("text"));
            for (field, url) in [("MATINH_CU_TRU", PROVINCE), ("MAXA_CU_TRU", WARD)] {
                let unit = extension(address, url).and_then(|unit| unit.get("valueCoding"));
                put(self, field, unit.and_then(|unit| unit.text("code")));
            }
        }
    }

    fn encounter(&mut self, encounter: &Node<'_>) {
        for (field, url, list) in [("DOI_TUONG", SUBJECT, "subject"), ("NGUON_CHI_TRA", FUNDING, "funding")] {
            let concept =
                extension(encounter, url).and_then(|extension| extension.get("valueCodeableConcept"));
            let written = code(concept, system(list)).map(str::to_owned);
            self.put("XML2", field, written);
        }
        self.put("XML2", "MA_LOAI_KCB", code(items(encounter, "type").first(), system("visit-type")));
        let start = encounter.get("period").and_then(|period| period.text("start"));
        self.put("XML2", "NGAY_VAO", start.and_then(days::from_fhir).map(days::write_time));
        let provider = encounter.get("serviceProvider").and_then(|provider| provider.get("identifier"));
        self.put("XML2", "MA_CSKCB", identified(provider, FACILITY));
        self.put(
            "XML1",
            "LY_DO_VV",
            items(encounter, "reasonCode").first().and_then(|reason| reason.text("text")),
        );
        for person in items(encounter, "contained") {
            let fields = match person.text("id") {
                Some("guardian") => ["NGUOI_GIAM_HO", "SO_CCCD_NGH", "DIEN_THOAI_NGH"],
                Some("companion") => {
                    ["HO_TEN_NGUOI_DI_CUNG", "SO_CCCD_NGUOI_DI_CUNG", "DIEN_THOAI_NGUOI_DI_CUNG"]
                }
                _ => continue,
            };
            let [name, number, phone_field] = fields;
            self.put("XML1", name, items(person, "name").first().and_then(|name| name.text("text")));
            self.put("XML1", number, identified(person.get("identifier"), CITIZEN));
            self.put("XML1", phone_field, phone(person));
            let relation = code(items(person, "relationship").first(), system("relation-to-child"));
            self.put("XML1", "MOI_QUAN_HE_VOI_TRE", relation);
        }
    }

    fn observation(&mut self, observation: &Node<'_>) {
        if let Some(field) =
            named(observation.get("code")).filter(|field| matches!(field.place, Place::Observation(_)))
        {
            let told = match field.kind {
                Kind::Pressure => pressure(observation).or_else(|| valued(field, observation)),
                _ => valued(field, observation),
            };
            self.texts.extend(told.map(|text| (field, text)));
        }
        for component in items(observation, "component") {
            let field =
                named(component.get("code")).filter(|field| matches!(field.place, Place::Component(_)));
            if let Some((field, text)) = field.and_then(|field| Some((field, valued(field, component)?))) {
                self.texts.push((field, text));
            }
        }
    }

    fn row(&mut self, observation: &Node<'_>) {
        let concept = observation.get("code");
        let quantity = observation.get("valueQuantity");
        let value = match quantity {
            Some(quantity) => quantity.get("value").and_then(Node::as_number),
            None => observation.text("valueString"),
        };
        let unit = quantity.and_then(|quantity| quantity.text("unit"));
        let unit = unit
            .or_else(|| items(observation, "component").first().and_then(|unit| unit.text("valueString")));
        let told = [
            ("MA_DICH_VU", code(concept, SERVICE)),
            ("MA_CHI_SO", code(concept, INDEX)),
            ("GIA_TRI", value),
            ("DON_VI_DO", unit),
            ("MO_TA", items(observation, "note").first().and_then(|note| note.text("text"))),
            ("KET_LUAN", items(observation, "interpretation").first().and_then(|text| text.text("text"))),
        ];
        let texts = told
            .into_iter()
            .filter_map(|(field, text)| Some((table::find(table::ROWS, field)?, text?.to_owned())));
        self.rows.push((observation.text("id").unwrap_or_default().to_owned(), texts.collect()));
    }

    /// Codes of one field stand in the order of their entries.
    fn codes(&mut self, field: &'static Field, code: &str) {
        match self.texts.iter_mut().find(|(other, _)| other.index == field.index) {
            Some((_, text)) => {
                text.push(';');
                text.push_str(code);
            }
            None => self.texts.push((field, code.to_owned())),
        }
    }

    fn condition(&mut self, condition: &Node<'_>) {
        let field = identified(condition.get("identifier"), FIELD).and_then(table::of_code);
        let field = field.filter(|field| matches!(field.place, Place::History | Place::Diagnosis));
        if let Some((field, code)) = field.zip(code(condition.get("code"), ICD_10)) {
            self.codes(field, code);
        }
    }

    fn family(&mut self, history: &Node<'_>) {
        let field = identified(history.get("identifier"), FIELD).and_then(table::of_code);
        let Some(field) = field.filter(|field| field.place == Place::Family) else { return };
        for illness in items(history, "condition") {
            if let Some(code) = code(illness.get("code"), ICD_10) {
                self.codes(field, code);
            }
        }
    }

    fn provenance(&mut self, provenance: &Node<'_>) {
        let Some(field) = named(provenance.get("activity")) else { return };
        let data = items(provenance, "signature").first().and_then(|signature| signature.text("data"));
        let text =
            data.and_then(|data| STANDARD.decode(data).ok()).and_then(|bytes| String::from_utf8(bytes).ok());
        let Some(text) = text else { return };
        match field.place {
            Place::Signature => self.texts.push((field, text)),
            Place::Row("signature") => {
                let target = items(provenance, "target").first().and_then(|target| target.text("reference"));
                let id = target.and_then(|target| target.rsplit([':', '/']).next()).unwrap_or_default();
                if let Some((_, texts)) = self.rows.iter_mut().find(|(row, _)| row == id) {
                    texts.push((field, text));
                }
            }
            _ => {}
        }
    }
}

/// The text of `value[x]` for a field.
fn valued(field: &Field, node: &Node<'_>) -> Option<String> {
    if let Some(quantity) = node.get("valueQuantity") {
        return quantity.get("value").and_then(Node::as_number).map(str::to_owned);
    }
    if let Some(concept) = node.get("valueCodeableConcept") {
        return code(Some(concept), system(field.list)).map(str::to_owned);
    }
    if let Some(flag) = node.get("valueBoolean").and_then(Node::as_bool) {
        return Some(if flag { "1" } else { "0" }.to_owned());
    }
    if let Some(number) = node.get("valueInteger").and_then(Node::as_number) {
        return Some(number.to_owned());
    }
    node.text("valueString").map(str::to_owned)
}

fn pressure(observation: &Node<'_>) -> Option<String> {
    let number = |loinc: &str| {
        let component = items(observation, "component").iter().find(|component| {
            items_of_code(component).iter().any(|coding| coding.text("code") == Some(loinc))
        })?;
        component.get("valueQuantity")?.get("value")?.as_number()
    };
    Some(format!("{}/{}", number(SYSTOLIC)?, number(DIASTOLIC)?))
}

fn items_of_code<'n, 'a>(component: &'n Node<'a>) -> &'n [Node<'a>] {
    component.get("code").map(|code| items(code, "coding")).unwrap_or_default()
}
