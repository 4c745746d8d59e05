//! A check-up in FHIR: the document that stands for the message, and the transaction that writes it into a book.

mod conditions;
mod names;
mod observations;
mod parts;
mod people;
mod transaction;
mod values;

use json::Node;

pub(super) use names::{
    ABSENT, BIRTH_TIME, CITIZEN, COMPUTED_VISIT, ETHNICITY, FACILITY, FIELD, FUNDING, ICD_10, INDEX,
    LOCATION, OCCUPATION, PROVINCE, SERVICE, SUBJECT, VISIT, WARD, WORKPLACE, system,
};
use names::{
    ACT_CODE, BUNDLE_PROFILE, CATEGORY, CLINICAL, CONDITION_CATEGORY, DIAGNOSIS_PROFILE, ENCOUNTER_PROFILE,
    IDENTIFIER_TYPE, LAB_PROFILE, LOINC, PATIENT_PROFILE, ROLE_CODE, SIGNATURE_TYPE, UCUM, VERIFICATION,
    VITAL_PROFILE, ucum,
};
pub use names::{CHECK_UP_VISIT, CLASS_PROFILE, COMPOSITION_PROFILE, VISIT_KIND};
pub(super) use observations::{DIASTOLIC, SYSTOLIC};
use parts::{Object, coding, concept, identifier, reference};
pub use transaction::{ENTERED, Raw, WRITTEN};

use super::table::PARTS;
use super::{AgeGroup, CheckUp, days, identity};

/// Where the person and the facility of a check-up already are, and what was written of it before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// `Patient/..`; without it a document holds the `Patient` as the message tells it.
    pub patient: Option<String>,
    /// `Organization/..`; without it a document holds the `Organization`, and a transaction names it by its code.
    pub organization: Option<String>,
    /// `Type/id` of what the last version of this check-up wrote (the entries of its `Composition`): a transaction deletes
    /// of it what the new version does not have.
    pub former: Vec<String>,
}

/// How entries refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `urn:uuid:..`
    Document,
    /// `Type/id`
    Transaction,
}

/// A resource that was made.
struct Made {
    kind: &'static str,
    id: String,
    node: Node<'static>,
}

/// What makes the resources of one check-up.
struct Maker<'a> {
    check_up: &'a CheckUp,
    places: &'a Places,
    style: Style,
    facility: &'a str,
    visit: String,
    made: Vec<Made>,
    /// The part that each entry of the Composition belongs to, with the reference to it.
    entries: Vec<(&'static str, String)>,
    labels: Vec<&'static str>,
}

impl<'a> Maker<'a> {
    fn new(check_up: &'a CheckUp, places: &'a Places, style: Style) -> Self {
        Self {
            check_up,
            places,
            style,
            facility: check_up.facility(),
            visit: check_up.visit_code(),
            made: Vec::new(),
            entries: Vec::new(),
            labels: Vec::new(),
        }
    }

    fn id(&self, place: &str) -> String {
        identity::id(self.facility, &self.visit, place)
    }

    fn link(&self, kind: &str, id: &str) -> String {
        match self.style {
            Style::Document => format!("urn:uuid:{id}"),
            Style::Transaction => format!("{kind}/{id}"),
        }
    }

    fn value(&self, part: &str, field: &str) -> Option<&'a str> {
        self.check_up.value(part, field)
    }

    fn patient(&self) -> Node<'static> {
        match &self.places.patient {
            Some(patient) => reference(patient),
            None => reference(&self.link("Patient", &self.id("Patient"))),
        }
    }

    fn encounter(&self) -> Node<'static> {
        reference(&self.link("Encounter", &self.id("Encounter")))
    }

    /// The facility, always by its code too.
    fn organization(&self) -> Node<'static> {
        let link = match (&self.places.organization, self.style) {
            (Some(organization), _) => Some(organization.clone()),
            (None, Style::Document) => Some(self.link("Organization", &self.id("Organization"))),
            (None, Style::Transaction) => None,
        };
        let object = Object::default().maybe("reference", link.map(Node::string));
        object.with("identifier", identifier(FACILITY, self.facility)).node()
    }

    fn when(&self) -> String {
        days::fhir_time(self.check_up.visit)
    }

    fn put(&mut self, kind: &'static str, id: String, node: Node<'static>) {
        self.made.push(Made { kind, id, node });
    }

    /// Puts a resource that the Composition names under a part.
    fn enter(&mut self, part: &'static str, kind: &'static str, id: String, node: Node<'static>) {
        self.entries.push((part, self.link(kind, &id)));
        self.put(kind, id, node);
    }

    fn label(&mut self, label: &'static str) -> Vec<&'static str> {
        if label.is_empty() {
            return Vec::new();
        }
        if !self.labels.contains(&label) {
            self.labels.push(label);
        }
        vec![label]
    }

    /// Everything, the Composition first.
    fn all(mut self) -> (Vec<Made>, Vec<&'static str>) {
        if self.style == Style::Document {
            if self.places.patient.is_none() {
                let (id, patient) = (self.id("Patient"), self.patient_resource());
                self.put("Patient", id, patient);
            }
            if self.places.organization.is_none() {
                let (id, organization) = (self.id("Organization"), self.organization_resource());
                self.put("Organization", id, organization);
            }
        }
        let (id, encounter) = (self.id("Encounter"), self.encounter_resource());
        self.put("Encounter", id, encounter);
        self.observations();
        self.rows();
        self.conditions();
        self.family();
        self.signatures();
        let composition = self.composition();
        self.made.insert(0, Made { kind: "Composition", id: self.id("Composition"), node: composition });
        (self.made, self.labels)
    }

    /// The code of the visit: that of the message, or the computed one under a system of its own.
    fn visit_identifier(&self) -> Node<'static> {
        let system = if self.value("XML2", "MA_LK").is_some() { VISIT } else { COMPUTED_VISIT };
        identifier(system, &self.visit)
    }

    fn composition(&self) -> Node<'static> {
        let sections = PARTS.iter().filter_map(|part| {
            let entries: Vec<Node<'static>> = self
                .entries
                .iter()
                .filter(|(of, _)| *of == part.name)
                .map(|(_, link)| reference(link))
                .collect();
            let code = concept(vec![coding(FIELD, part.name)], Some(part.vietnamese));
            let section = Object::default().text("title", part.vietnamese).with("code", code);
            (!entries.is_empty()).then(|| section.list("entry", entries).node())
        });
        let form = match self.check_up.age_group() {
            AgeGroup::Child => "Khám sức khỏe trẻ em dưới 6 tuổi",
            AgeGroup::Pupil => "Khám sức khỏe từ 6 đến dưới 18 tuổi",
            AgeGroup::Adult => "Khám sức khỏe từ đủ 18 tuổi",
        };
        // The day alone is NGAYLAP; with a time it is that of the visit.
        let date = self.check_up.drawn_up.map_or_else(|| self.when(), days::fhir_day);
        let custodian =
            Object::default().with("identifier", identifier(LOCATION, self.check_up.location_number()));
        Object::resource("Composition", &self.id("Composition"))
            .meta(Some(COMPOSITION_PROFILE), &self.labels)
            .with("identifier", self.visit_identifier())
            .text("status", "final")
            .with("type", concept(Vec::new(), Some(form)))
            .with("subject", self.patient())
            .with("encounter", self.encounter())
            .text("date", date)
            .list("author", vec![self.organization()])
            .text("title", "Khám sức khỏe")
            .with("custodian", custodian.node())
            .list("section", sections.collect())
            .node()
    }
}

impl CheckUp {
    /// The check-up as a FHIR document: a Bundle, its Composition first. What refers to each other does so by `urn:uuid`,
    /// computed of facility, visit and place: a second message of the same visit gives the same ids.
    pub fn to_bundle(&self, places: &Places) -> Node<'static> {
        let maker = Maker::new(self, places, Style::Document);
        let identifier = maker.visit_identifier();
        let (made, labels) = maker.all();
        let entries = made.into_iter().map(|made| {
            let url = format!("urn:uuid:{}", made.id);
            Object::default().text("fullUrl", url).with("resource", made.node).node()
        });
        let drawn_up = days::fhir_time(self.drawn_up.map_or(self.visit, |day| day.at(0, 0, 0, 0)));
        Object::default()
            .text("resourceType", "Bundle")
            .meta(Some(BUNDLE_PROFILE), &labels)
            .with("identifier", identifier)
            .text("type", "document")
            .text("timestamp", drawn_up)
            .list("entry", entries.collect())
            .node()
    }
}
