//! Diagnoses, the history of the person and of the family, and signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use json::Node;

use super::observations::code_of;
use super::parts::{Object, coding, concept, identifier};
use super::*;
use crate::check_up::table::{self, FIELDS, Field, Place};

/// The signature of an author (ASTM E1762).
const AUTHOR: &str = "1.2.840.10065.1.12.1.1";

impl Maker<'_> {
    pub(super) fn conditions(&mut self) {
        for field in FIELDS.iter() {
            let (is_diagnosis, codes) = match (field.place, self.check_up.of(field)) {
                (Place::Diagnosis, Some(codes)) => (true, codes),
                (Place::History, Some(codes)) => (false, codes),
                _ => continue,
            };
            for code in codes.split(';') {
                let id = self.id(&format!("{}.{code}", field.code()));
                let node = self.condition(field, code, &id, is_diagnosis);
                self.enter(field.part, "Condition", id, node);
            }
        }
    }

    /// What a person tells of earlier years is not confirmed, and nobody said whether it goes on.
    fn condition(&self, field: &Field, code: &str, id: &str, is_diagnosis: bool) -> Node<'static> {
        let (category, verification) = match is_diagnosis {
            true => ("encounter-diagnosis", "confirmed"),
            false => ("problem-list-item", "unconfirmed"),
        };
        let clinical = is_diagnosis.then(|| concept(vec![coding(CLINICAL, "active")], None));
        let categories = vec![concept(vec![coding(CONDITION_CATEGORY, category)], None)];
        Object::resource("Condition", id)
            .meta(is_diagnosis.then_some(DIAGNOSIS_PROFILE), &[])
            .list("identifier", vec![identifier(FIELD, &field.code())])
            .maybe("clinicalStatus", clinical)
            .with("verificationStatus", concept(vec![coding(VERIFICATION, verification)], None))
            .list("category", categories)
            .with("code", concept(vec![coding(ICD_10, code)], None))
            .with("subject", self.patient())
            .with("encounter", self.encounter())
            .text("recordedDate", self.when())
            .node()
    }

    pub(super) fn family(&mut self) {
        for field in FIELDS.iter().filter(|field| field.place == Place::Family) {
            let Some(codes) = self.check_up.of(field) else { continue };
            let illness =
                |code: &str| Object::default().with("code", concept(vec![coding(ICD_10, code)], None)).node();
            let id = self.id(&field.code());
            let node = Object::resource("FamilyMemberHistory", &id)
                .list("identifier", vec![identifier(FIELD, &field.code())])
                .text("status", "partial")
                .with("patient", self.patient())
                .text("date", self.when())
                .with("relationship", concept(vec![coding(ROLE_CODE, "FAMMEMB")], None))
                .list("condition", codes.split(';').map(illness).collect())
                .node();
            self.enter(field.part, "FamilyMemberHistory", id, node);
        }
    }

    pub(super) fn signatures(&mut self) {
        for field in FIELDS.iter().filter(|field| field.place == Place::Signature) {
            let Some(signature) = self.check_up.of(field) else { continue };
            let id = self.id(&field.code());
            let target = self.link("Composition", &self.id("Composition"));
            let node = self.signature(field, signature, &id, &target);
            self.put("Provenance", id, node);
        }
        let Some(field) = table::find(table::ROWS, "CKDT_KET_QUA_CLS") else { return };
        for row in 0..self.check_up.rows() {
            let Some(signature) = self.check_up.row_value(row, field.name) else { continue };
            let targets = self.entries.iter().filter(|(part, _)| *part == table::ROWS);
            let Some((_, target)) = targets.clone().nth(row) else { continue };
            let id = self.id(&format!("{}|{target}", field.code()));
            let node = self.signature(field, signature, &id, &target.clone());
            self.put("Provenance", id, node);
        }
    }

    /// The text of a signature as it was sent; nobody has verified it.
    fn signature(&self, field: &Field, signature: &str, id: &str, target: &str) -> Node<'static> {
        let signature = Object::default()
            .list("type", vec![coding(SIGNATURE_TYPE, AUTHOR)])
            .text("when", self.when())
            .with("who", self.organization())
            .text("sigFormat", "text/plain")
            .text("data", STANDARD.encode(signature));
        let agent = Object::default().with("who", self.organization()).node();
        Object::resource("Provenance", id)
            .list("target", vec![reference(target)])
            .text("recorded", self.when())
            .with("activity", code_of(field))
            .list("agent", vec![agent])
            .list("signature", vec![signature.node()])
            .node()
    }
}
