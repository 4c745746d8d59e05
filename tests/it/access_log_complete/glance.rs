//! What is asked of a book as a whole, of somebody who stands at a desk, of old versions and whence they come.

use serde_json::{Value, json};

use super::run::{Caller, FORM, Run};
use crate::support::{encode, text, value};

impl Run<'_> {
    /// Summaries and what happened, page by page.
    pub(super) fn glance(&mut self, caller: &Caller, patient: &str) {
        match self.chance.below(4) {
            0 => drop(self.get(caller, &format!("/fhir/{patient}/$summary"))),
            1 => {
                let path = format!("/fhir/{patient}/$summary");
                drop(self.send(caller, "POST", &path, &[("Content-Type", FORM)], ""));
            }
            2 => {
                let answer = self.get(caller, &format!("/fhir/{patient}/$timeline?_count=2"));
                self.go_on(caller, &answer);
            }
            _ => drop(self.get(caller, &format!("/fhir/{patient}/$timeline"))),
        }
    }

    /// As a desk asks: with a name and a day of birth, of somebody or of nobody.
    pub(super) fn find_somebody(&mut self, caller: &Caller) {
        let known = self.chance.pick(&self.pool.people).clone();
        let name = match self.chance.below(4) {
            0 => "Nobody Iscalledso",
            _ => known["name"][0]["text"].as_str().expect("everybody has a name"),
        };
        let day = &known["birthDate"];
        let patient = json!({"resourceType": "Patient", "name": [{"text": name}], "birthDate": day});
        let asked = json!([{"name": "resource", "resource": patient}, {"name": "count", "valueInteger": 3}]);
        let asked = json!({"resourceType": "Parameters", "parameter": asked}).to_string();
        let _ = self.send(caller, "POST", "/fhir/Patient/$match", &[], &asked);
    }

    /// Who wrote what there is.
    pub(super) fn ask_whence(&mut self, caller: &Caller, patient: &str) {
        let id = patient.split('/').nth(1).unwrap();
        let any = self.chance.pick(&self.pool.resources).clone();
        let queries = [
            format!("Provenance?patient={id}&_count=2"),
            format!("{patient}/Provenance?_count=3"),
            format!("Provenance?target={}&_count=4", encode(&any)),
            format!("Provenance?target={any}/_history/1"),
            format!("Observation?patient={id}&_count=2&_revinclude=Provenance:target"),
            format!("Patient?_id={id}&_revinclude=Provenance:target"),
        ];
        let query = self.chance.pick(&queries).clone();
        let answer = self.get(caller, &format!("/fhir/{query}"));
        self.go_on(caller, &answer);
        self.read_whence(caller, &answer_of(answer.text()));
    }

    /// What a page has told, one by one.
    fn read_whence(&self, caller: &Caller, page: &Value) {
        let told = page["entry"].as_array().map_or(&[][..], Vec::as_slice).iter().map(|it| &it["resource"]);
        for one in told.filter(|it| it["resourceType"] == "Provenance") {
            let _ = self.get(caller, &format!("/fhir/Provenance/{}", text(&one["id"])));
        }
    }

    /// Each version of something that was moved, perhaps, in each way in which old versions are told.
    pub(super) fn look_back(&self, caller: &Caller, path: &str) {
        let name = path.trim_start_matches("/fhir/");
        for version in ["1", "2"] {
            let one = format!("{path}/_history/{version}");
            let _ = self.get(caller, &one);
            let _ = self.send(caller, "HEAD", &one, &[], "");
            let known = format!("W/\"{version}\"");
            let _ = self.send(caller, "GET", &one, &[("If-None-Match", &known)], "");
            let _ = self.get(caller, &format!("/fhir/Provenance?target={name}/_history/{version}"));
        }
        let _ = self.get(caller, &format!("{path}/_history?_count=1"));
        let whence = self.get(caller, &format!("/fhir/Provenance?target={name}"));
        self.read_whence(caller, &answer_of(whence.text()));
        let _ = self.get(caller, &format!("/fhir/Observation?_id={}", name.split('/').nth(1).unwrap()));
    }
}

/// A body, which may be empty.
fn answer_of(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { value(text) }
}
