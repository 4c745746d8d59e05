//! Requests of every interaction by several kinds of callers, in an order by chance.

use std::sync::Mutex;

use serde_json::{Value, json};
use test_support::{HttpClient, Response};

use super::model::OWN;
use crate::support::bodies::{bundle, entry, entry_with, observation};
use crate::support::program::Demo;
use crate::support::{FHIR_JSON, encode, text, value};

pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody with a token, and as what the log must know them.
#[derive(Debug, Clone)]
pub struct Caller {
    pub token: String,
    pub role: String,
    /// The own book; empty for who has none.
    pub patient: String,
    /// As whom: of staff that signs in through a client only that it is somebody.
    pub agent: Option<String>,
    /// Of whom the name is in the entry, too; empty for who is of no facility.
    pub facility: String,
}

/// The people of a run. Tokens live ten minutes.
pub fn callers(demo: &Demo) -> Vec<Caller> {
    let client = text(&demo.description["clients"][0]["id"]);
    let facility = text(&demo.description["clients"][0]["facility"]);
    let facilities = demo.description["facilities"].as_array().unwrap();
    let own = facilities.iter().find(|it| it["code"] == facility.as_str()).expect("it is one of them");
    let organization = format!("Organization/{}", text(&own["organization_id"]));
    let mut all: Vec<Caller> = (0..3)
        .map(|place| {
            let (number, patient) = demo.citizen(place);
            let patient = format!("Patient/{patient}");
            let (token, agent) = (demo.token(&["--citizen", number]), Some(patient.clone()));
            Caller { token, role: "citizen".to_owned(), patient, agent, facility: String::new() }
        })
        .collect();
    let staff = |role: &str| {
        let as_role = ["--client", &client, "--facility", &facility, "--role", role];
        let (token, patient) = (demo.token(&as_role), String::new());
        Caller { token, role: role.to_owned(), patient, agent: None, facility: organization.clone() }
    };
    all.extend(["physician", "nurse", "registrar", "facility-officer"].map(staff));
    let token = demo.token(&["--client", &client]);
    let (patient, agent) = (String::new(), Some(format!("Device/{client}")));
    let of_system = organization.clone();
    all.push(Caller { token, role: "system".to_owned(), patient, agent, facility: of_system });
    let (token, patient) = (demo.token(&["--officer", "auditor"]), String::new());
    all.push(Caller { token, role: "auditor".to_owned(), patient, agent: None, facility: String::new() });
    all
}

/// Numbers by chance, the same for the same seed.
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What requests name.
pub struct Pool {
    pub patients: Vec<String>,
    /// `Type/id` of anything.
    pub resources: Vec<String>,
    /// Each `Patient`, as it was stored.
    pub people: Vec<Value>,
}

/// One after the other's requests, through the proxy.
pub struct Run<'a> {
    pub client: &'a HttpClient,
    pub pool: &'a Pool,
    pub chance: Chance,
    /// Codes of presence that wait for somebody of the facility.
    pub codes: &'a Mutex<Vec<String>>,
}

impl Run<'_> {
    pub(super) fn send(
        &self,
        caller: &Caller,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &str,
    ) -> Response {
        let authorization = format!("Bearer {}", caller.token);
        let own = if caller.patient.is_empty() { &caller.facility } else { &caller.patient };
        let mut headers = vec![("Authorization", authorization.as_str()), (OWN, own)];
        headers.extend(more);
        if !body.is_empty() && !more.iter().any(|(name, _)| *name == "Content-Type") {
            headers.push(("Content-Type", FHIR_JSON));
        }
        let number = super::new_number().to_string();
        // Half of them say their number themselves.
        if self.chance.0 >> 40 & 1 == 0 {
            headers.push(("X-Request-Id", &number));
        }
        let answer = self.client.request(method, path, &headers, body.as_bytes());
        // A machine with too much to do refuses rather than show what it could not log or whom it could not check.
        let is_busy = answer.status == super::BUSY && answer.header("Retry-After").is_some();
        assert!(
            answer.status < 500 || is_busy,
            "{} {method} {path}: {:?} {}",
            answer.status,
            answer.headers,
            answer.text()
        );
        answer
    }

    pub(super) fn get(&self, caller: &Caller, path: &str) -> Response {
        self.send(caller, "GET", path, &[], "")
    }

    /// One of everything that there is, by somebody.
    pub fn step(&mut self, callers: &[Caller]) {
        let caller = self.chance.pick(callers).clone();
        // Mostly about the own book, where there is one.
        let own = caller.patient.clone();
        let patient = if own.is_empty() || self.chance.below(4) == 0 {
            self.chance.pick(&self.pool.patients).clone()
        } else {
            own
        };
        match self.chance.below(10) {
            0..=1 => self.read(&caller, &patient),
            2..=3 => self.search(&caller, &patient),
            4 => self.history(&caller, &patient),
            5 => self.operate(&caller, &patient),
            6 => self.write(&caller, &patient),
            7 => self.bundle(&caller, &patient),
            8 => self.share(&caller, callers, &patient),
            _ => self.log(&caller, &patient),
        }
    }

    fn read(&mut self, caller: &Caller, patient: &str) {
        let any = self.chance.pick(&self.pool.resources).clone();
        let name = if self.chance.below(2) == 0 { patient } else { &any };
        let path = format!("/fhir/{name}");
        match self.chance.below(9) {
            0 => drop(self.send(caller, "HEAD", &path, &[], "")),
            1 => drop(self.send(caller, "GET", &path, &[("If-None-Match", "W/\"1\"")], "")),
            2 => drop(self.get(caller, &format!("{path}?_format=xml"))),
            3 => drop(self.get(caller, &format!("{path}?_summary=true"))),
            4 => drop(self.get(caller, &format!("{path}?_elements=status"))),
            5 => drop(self.get(caller, &format!("{path}/_history/1"))),
            6 => drop(self.get(caller, &format!("{path}/_history/77"))),
            7 => drop(self.get(caller, "/fhir/Observation/nobody")),
            _ => drop(self.get(caller, &path)),
        }
    }

    fn search(&mut self, caller: &Caller, patient: &str) {
        let id = patient.split('/').nth(1).unwrap();
        let any = self.chance.pick(&self.pool.resources).clone();
        let (kind, other) = any.split_once('/').unwrap();
        let nobody = "00000000-0000-4000-8000-000000000000";
        let queries = [
            format!("Observation?patient={id}&_count=3"),
            format!(
                "Observation?subject={}&_count=1&_format=xml&_include=Observation:subject",
                encode(patient)
            ),
            format!(
                "Encounter?patient={id}&_include=Encounter:subject&_include=Encounter:service-provider&_count=4"
            ),
            format!("Patient?_id={id}&_revinclude=Observation:subject&_revinclude=Encounter:subject"),
            "Patient?_count=5&_has:Observation:patient:status=final".to_owned(),
            "Observation?subject:Patient.gender=female&_count=4&_sort=-date".to_owned(),
            format!("Observation?patient={id}&_summary=count"),
            format!("Observation?patient={id}&status=cancelled"),
            format!("Observation?patient={id}&_summary=true&_count=2"),
            format!("Observation?patient={id}&_elements=status&_count=2"),
            "Patient?name=nobody-is-called-so".to_owned(),
            "Organization?_count=3".to_owned(),
            "Organization?_count=1".to_owned(),
            "Patient?birthdate=gt1900-01-01&_total=accurate&_count=50".to_owned(),
            format!("{patient}/Observation?_count=3"),
            format!("{patient}/*?_count=4"),
            format!("?_type=Patient,Observation&_id={id}"),
            "Observation?no-such-parameter=1&_count=1".to_owned(),
            format!("Observation?patient={id}&_elements=status,nosuchelement&no-such-parameter=x"),
            // What is named without being shown.
            format!("{kind}?_id={other}&_summary=count"),
            format!("{kind}?_id={other},{nobody}"),
            format!(
                "Observation?patient={id},{}&_total=accurate&_count=2",
                self.chance.pick(&self.pool.patients)
            ),
            format!("Observation?subject={id}&_count=0"),
            format!("Observation?performer={}&_summary=count", encode(patient)),
            format!("Patient?_has:Observation:patient:patient={id}&_count=1"),
            format!("Observation?encounter={}&_count=1", if kind == "Encounter" { other } else { nobody }),
            format!("Encounter/{}/Observation?_count=2", if kind == "Encounter" { other } else { nobody }),
            "Observation?date=not-a-date".to_owned(),
        ];
        let query = self.chance.pick(&queries).clone();
        if self.chance.below(3) > 0 {
            let answer = self.get(caller, &format!("/fhir/{query}"));
            self.go_on(caller, &answer);
            return;
        }
        let (place, form) = query.split_once('?').unwrap();
        let path = format!("/fhir/{place}/_search").replace("//", "/");
        let _ = self.send(caller, "POST", &path, &[("Content-Type", FORM)], form);
    }

    /// The next page, if there is one.
    pub(super) fn go_on(&self, caller: &Caller, answer: &Response) {
        if answer.status != 200 || answer.text().starts_with('<') {
            return;
        }
        if let Some(next) = crate::support::link(&value(answer.text()), "next") {
            let _ = self.get(caller, &crate::support::path_of(&next));
        }
    }

    fn history(&mut self, caller: &Caller, patient: &str) {
        let any = self.chance.pick(&self.pool.resources).clone();
        let paths = [
            format!("{patient}/_history"),
            format!("{any}/_history?_count=5"),
            "Observation/_history?_count=4".to_owned(),
            "Patient/_history?_count=2".to_owned(),
            "_history?_count=6".to_owned(),
        ];
        let path = format!("/fhir/{}", self.chance.pick(&paths));
        let answer = self.get(caller, &path);
        self.go_on(caller, &answer);
    }

    fn operate(&mut self, caller: &Caller, patient: &str) {
        let id = patient.split('/').nth(1).unwrap();
        match self.chance.below(10) {
            0 => {
                let answer = self.get(caller, &format!("/fhir/{patient}/$everything?_count=10"));
                self.go_on(caller, &answer);
            }
            1 => {
                let path = format!("/fhir/{patient}/$everything");
                let _ = self.send(caller, "POST", &path, &[("Content-Type", FORM)], "_count=7");
            }
            2 => drop(self.get(caller, &format!("/fhir/Observation/$lastn?patient={id}&max=1"))),
            3 => {
                let form = format!("patient={id}");
                drop(self.send(caller, "POST", "/fhir/Observation/$lastn", &[("Content-Type", FORM)], &form));
            }
            4 => drop(self.send(
                caller,
                "POST",
                "/fhir/Observation/$validate",
                &[],
                &measurement(patient, "v"),
            )),
            5 => drop(self.get(caller, "/fhir/metadata")),
            6 => self.glance(caller, patient),
            7 => self.find_somebody(caller),
            8 => self.ask_whence(caller, patient),
            _ => drop(self.send(caller, "DELETE", &format!("/fhir/{patient}/_history"), &[], "")),
        }
    }

    fn bundle(&mut self, caller: &Caller, patient: &str) {
        let id = patient.split('/').nth(1).unwrap();
        let any = self.chance.pick(&self.pool.resources).clone();
        let sent = measurement(patient, "in-a-bundle");
        let create = entry_with("POST", "Observation", &sent);
        let batch = [
            entry("GET", patient),
            entry("GET", &any),
            entry("GET", &format!("{any}/_history/1")),
            entry("GET", &format!("Observation?patient={id}&_count=2&_include=Observation:subject")),
            entry("GET", &format!("Observation?patient={id}&_summary=count")),
            entry("GET", &format!("Observation?patient={id}&status=cancelled")),
            entry("GET", patient),
            entry("GET", &format!("{patient}/_history")),
            entry("GET", &format!("{patient}/$everything?_count=3")),
            create.clone(),
        ];
        let body = match self.chance.below(3) {
            0 => bundle("batch", &batch),
            1 => bundle("transaction", &[create, entry("GET", patient)]),
            _ => bundle("transaction", &[create.clone(), create]),
        };
        let _ = self.send(caller, "POST", "/fhir", &[], &body);
    }

    fn act(&self, caller: &Caller, path: &str, body: &Value) -> Option<Value> {
        let answer = self.send(caller, "POST", &format!("/access/{path}"), &[], &body.to_string());
        (answer.status < 300).then(|| value(answer.text()))
    }

    fn share(&mut self, caller: &Caller, callers: &[Caller], patient: &str) {
        let id = patient.split('/').nth(1).unwrap();
        match self.chance.below(5) {
            0 => {
                if let Some(made) = self.act(caller, "presence-codes", &json!({})) {
                    self.codes.lock().unwrap().push(text(&made["digits"]));
                }
                let code = self.codes.lock().unwrap().pop();
                let staff = callers.iter().find(|one| one.role == "physician").expect("there is one");
                let wish = json!({"kind": "presence", "code": code.unwrap_or_else(|| "0".to_owned())});
                if let Some(relation) = self.act(staff, "relations", &wish) {
                    let giver = format!("Patient/{}", text(&relation["patient"]));
                    let giver = callers.iter().find(|one| one.patient == giver).expect("who made the code");
                    let _ = self.act(giver, &format!("relations/{}/end", text(&relation["id"])), &json!({}));
                }
            }
            1 => {
                let wish = json!({"types": ["Immunization"], "text_version": "1"});
                if let Some(block) = self.act(caller, "blocks", &wish) {
                    let path = format!("/access/blocks/{}", text(&block["id"]));
                    let _ = self.send(caller, "DELETE", &path, &[], "").expect_status(204);
                }
            }
            2 => {
                let wish =
                    json!({"patient": id, "reason": "unconscious", "text": "found without consciousness"});
                // Twice: the second one renews, which a short run would hardly meet by chance.
                let _ = self.act(caller, "emergency", &wish);
                let _ = self.act(caller, "emergency", &wish);
            }
            3 => {
                let path = "/access/notices/preferences";
                let _ = self.get(caller, path);
                let _ = self.send(caller, "PUT", path, &[], r#"{"off": ["night"]}"#);
            }
            _ => {
                let _ = self.get(caller, "/access/blocks");
            }
        }
    }

    fn log(&mut self, caller: &Caller, patient: &str) {
        if caller.role == "auditor" {
            // Whose log an auditor reads is said in the query; that is compared elsewhere.
            let _ = self.get(caller, "/fhir/Patient?_count=1");
            return;
        }
        match self.chance.below(4) {
            0 => drop(self.get(caller, "/fhir/AuditEvent?_count=5")),
            1 => drop(self.get(caller, &format!("/fhir/AuditEvent/log-{}", self.chance.0 >> 40 & 1023))),
            2 => drop(self.get(caller, "/transparency")),
            _ => {
                let citizen = caller.role == "citizen" && caller.patient == patient;
                let path = if citizen { "/transparency/extract" } else { "/transparency/checkpoint" };
                // Nothing is signed in the first seconds: then it is 503.
                let authorization = format!("Bearer {}", caller.token);
                let headers = [("Authorization", authorization.as_str()), (OWN, &caller.patient)];
                let _ = self.client.request("GET", path, &headers, b"");
            }
        }
    }
}

/// What citizens and staff may write, with an identifier.
pub fn measurement(patient: &str, mark: &str) -> String {
    let mut body = value(&observation(patient));
    let category = "http://terminology.hl7.org/CodeSystem/observation-category";
    body["category"] = json!([{"coding": [{"system": category, "code": "vital-signs"}]}]);
    body["identifier"] = json!([{"value": mark}]);
    body.to_string()
}
