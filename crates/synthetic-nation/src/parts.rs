//! The data types that FHIR resources share: codings, references, quantities, identifiers.

use std::fmt::Display;

use crate::chance::Id;
use crate::decimal::Decimal;
use crate::json_text::JsonText;
use crate::systems;

impl JsonText {
    /// The members of a Coding.
    pub(crate) fn coding(&mut self, system: &str, code: &str, display: &str) {
        self.plain("system", system);
        self.plain("code", code);
        if !display.is_empty() {
            self.text("display", display);
        }
    }

    /// A CodeableConcept of one coding and, where it says more than the coding, a text.
    pub(crate) fn concept(&mut self, name: &str, system: &str, code: &str, display: &str, text: &str) {
        self.object(name, |json| json.concept_members(system, code, display, text));
    }

    /// A list of one CodeableConcept.
    pub(crate) fn concepts(&mut self, name: &str, system: &str, code: &str, display: &str, text: &str) {
        self.list_of_one(name, |json| json.concept_members(system, code, display, text));
    }

    fn concept_members(&mut self, system: &str, code: &str, display: &str, text: &str) {
        self.list_of_one("coding", |json| json.coding(system, code, display));
        if !text.is_empty() {
            self.text("text", text);
        }
    }

    /// A Reference to a resource of the nation.
    pub(crate) fn reference(&mut self, name: &str, kind: &str, id: Id) {
        self.object(name, |json| json.reference_members(kind, id));
    }

    /// The members of a Reference.
    pub(crate) fn reference_members(&mut self, kind: &str, id: Id) {
        self.plain("reference", format_args!("{kind}/{id}"));
    }

    /// A Quantity in a UCUM unit.
    pub(crate) fn quantity(&mut self, name: &str, value: Decimal, unit: &str, code: &str) {
        self.object(name, |json| {
            json.number("value", value);
            json.text("unit", unit);
            json.plain("system", systems::UCUM);
            json.plain("code", code);
        });
    }

    /// A Period; the end is left out while it is open.
    pub(crate) fn period(&mut self, name: &str, start: impl Display, end: Option<impl Display>) {
        self.object(name, |json| {
            json.plain("start", start);
            if let Some(end) = end {
                json.plain("end", end);
            }
        });
    }

    /// The members of an Identifier.
    pub(crate) fn identifier(&mut self, system: &str, value: impl Display) {
        self.plain("system", system);
        self.plain("value", value);
    }

    /// The members of the Identifier that carries a citizen number.
    pub(crate) fn citizen_number(&mut self, value: &str) {
        self.plain("use", "official");
        self.concept("type", systems::IDENTIFIER_TYPE, "CCCD", "Căn cước công dân", "");
        self.identifier(systems::CITIZEN_NUMBER, value);
    }

    /// `meta` of a person or a facility: says that this is test data, wherever the resource may travel.
    pub(crate) fn test_data_mark(&mut self) {
        self.object("meta", |json| json.test_data_tag());
    }

    /// `meta` of a Patient: the same, and that it holds to the profile.
    pub(crate) fn test_data_claim(&mut self, profile: &str) {
        self.object("meta", |json| {
            json.profile(profile);
            json.test_data_tag();
        });
    }

    /// `meta` of a resource that holds to a profile.
    pub(crate) fn claim(&mut self, profile: &str) {
        self.object("meta", |json| json.profile(profile));
    }

    fn profile(&mut self, profile: &str) {
        self.list("profile", |json| json.text_item(profile));
    }

    fn test_data_tag(&mut self) {
        self.list_of_one("tag", |json| json.coding(systems::ACT_REASON, "HTEST", "test health data"));
    }
}
