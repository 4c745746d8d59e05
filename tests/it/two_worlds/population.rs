//! The world with everything: books with visits, measurements, secrets, relations, consents, moves, deletions.

use serde_json::{Value, json};

use super::bodies::{self, COMMON, MEASURED, SECRET, Said, clinical, coded, condition, encounter, reference};
use super::dice::Dice;

/// People and places that the demo of every world has: the only ones for whom there are tokens.
#[derive(Debug, Clone)]
pub struct Cast {
    /// Citizen number and `Patient`.
    pub citizens: Vec<(String, String)>,
    /// Code, `Organization`, client system.
    pub facilities: Vec<(String, String, String)>,
}

impl Cast {
    pub fn new(description: &Value) -> Self {
        let list = |name: &str, keys: &[&str]| -> Vec<Vec<String>> {
            let members = description[name].as_array().expect("demo.json has it").iter();
            let part = |member: &Value, key: &&str| member[*key].as_str().expect("a string").to_owned();
            members.map(|member| keys.iter().map(|key| part(member, key)).collect()).collect()
        };
        let citizens = list("citizens", &["number", "patient_id"]);
        let clients = list("clients", &["facility", "id"]);
        let facilities =
            list("facilities", &["code", "organization_id"]).into_iter().filter_map(|facility| {
                let client = clients.iter().find(|client| client[0] == facility[0])?;
                Some((facility[0].clone(), facility[1].clone(), client[1].clone()))
            });
        Self {
            citizens: citizens.into_iter().map(|citizen| (citizen[0].clone(), citizen[1].clone())).collect(),
            facilities: facilities.collect(),
        }
    }

    pub fn organization(&self, index: usize) -> &str {
        &self.facilities[index].1
    }

    pub fn citizen(&self, index: usize) -> &str {
        &self.citizens[index].1
    }
}

/// One step in the making of a world; everything is written by the server itself.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Put(Value),
    Delete {
        kind: String,
        id: String,
    },
    /// From here on it is later: a moment that queries may name.
    Mark,
}

/// Type and id of a resource.
pub fn identity(resource: &Value) -> (String, String) {
    let part = |name: &str| resource[name].as_str().expect("a resource has it").to_owned();
    (part("resourceType"), part("id"))
}

/// The Patients of the population that are not in the demo: `tw-p0` to `tw-p5`.
pub const OWN_PATIENTS: usize = 6;

pub fn own_patient(index: usize) -> String {
    format!("tw-p{index}")
}

/// Makes the steps.
pub fn population(dice: &mut Dice, cast: &Cast) -> Vec<Step> {
    let mut maker = Maker { dice, cast, steps: Vec::new(), written: Vec::new() };
    let books: Vec<String> =
        (0..OWN_PATIENTS).map(own_patient).chain(cast.citizens.iter().map(|one| one.1.clone())).collect();
    for index in 0..OWN_PATIENTS {
        let mut patient = bodies::patient(maker.dice, 700 + index as u64);
        if index == 2 {
            patient["managingOrganization"] = reference("Organization", cast.organization(0));
        }
        maker.put_at(patient, own_patient(index));
    }
    maker.put(json!({"resourceType": "Organization", "name": "Phòng khám Hoa Sen", "active": true}));
    maker.relations();
    for book in &books {
        maker.fill(book);
    }
    maker.steps.push(Step::Mark);
    maker.change(&books);
    maker.steps.push(Step::Mark);
    maker.steps
}

struct Maker<'a> {
    dice: &'a mut Dice,
    cast: &'a Cast,
    steps: Vec<Step>,
    /// What was put last, of the types that may be changed.
    written: Vec<Value>,
}

impl Maker<'_> {
    fn put(&mut self, body: Value) -> String {
        let kind = body["resourceType"].as_str().unwrap().to_lowercase();
        let id = format!("tw-{}-{}", &kind[..kind.len().min(6)], self.steps.len());
        self.put_at(body, id.clone());
        id
    }

    fn put_at(&mut self, mut body: Value, id: String) {
        body["id"] = id.into();
        self.steps.push(Step::Put(body));
    }

    /// How the facility 0 and the citizens 1 and 2 come to books.
    fn relations(&mut self) {
        let cast = self.cast;
        let (here, there) = (cast.organization(0), cast.organization(1));
        let [visited, referred, _home, booked, agreed, present] = [0, 1, 2, 3, 4, 5].map(own_patient);
        let visit = encounter(self.dice, &visited, here, false);
        self.put(visit);
        for (book, to, status) in
            [(&referred, here, "active"), (&agreed, here, "revoked"), (&agreed, there, "active")]
        {
            let body = bodies::referral(self.dice, book, to, status);
            self.put(body);
        }
        for (book, to, status, year) in [
            (&booked, here, "booked", "2090"),
            (&agreed, here, "booked", "2019"),
            (&agreed, there, "booked", "2090"),
        ] {
            self.put(bodies::appointment(book, to, status, year));
        }
        for (book, owner) in [(&agreed, here), (&agreed, there), (&visited, there)] {
            self.put(bodies::review(book, owner));
        }
        let always = (2020, 2098);
        let facility = Some(("Organization", here));
        let other = Some(("Organization", there));
        let plain = Said { actor: facility, years: always, ..Said::default() };
        let own = cast.citizen(0);
        let by_emergency = Said { relation: "emergency", purpose: Some("BTG"), ..plain.clone() };
        let by_delegation = Said {
            relation: "delegation",
            actor: Some(("Patient", cast.citizen(1))),
            years: always,
            ..Said::default()
        };
        let consents: [(&str, Said<'_>); 19] = [
            (
                &agreed,
                Said { classes: &["Patient", "Observation", "Condition"], labels: &["HIV"], ..plain.clone() },
            ),
            (&agreed, Said { actor: other, ..plain.clone() }),
            (&present, Said { relation: "presence", ..plain.clone() }),
            (
                &present,
                Said { deny: true, relation: "block", classes: &["MedicationRequest"], ..plain.clone() },
            ),
            (&visited, Said { deny: true, labels: &["PSY"], ..plain.clone() }),
            (
                &referred,
                Said { deny: true, classes: &["Immunization"], purpose: Some("TREAT"), ..plain.clone() },
            ),
            (&booked, Said { deny: true, actor: None, classes: &["Procedure"], ..plain.clone() }),
            (
                &visited,
                Said { deny: true, classes: &["Observation"], purpose: Some("ERESRCH"), ..plain.clone() },
            ),
            (&visited, Said { deny: true, years: (2010, 2019), ..plain.clone() }),
            (own, Said { years: (2010, 2019), ..plain.clone() }),
            (own, Said { years: (2090, 2095), ..plain.clone() }),
            (own, Said { deny: true, actor: None, ..plain.clone() }),
            (cast.citizen(1), Said { deny: true, relation: "block", ..plain.clone() }),
            (cast.citizen(1), by_emergency.clone()),
            (&agreed, by_emergency),
            (cast.citizen(2), Said { relation: "prescription", ..plain.clone() }),
            (
                &visited,
                Said { classes: &["Patient", "Observation", "Immunization"], ..by_delegation.clone() },
            ),
            (&referred, Said { years: (2010, 2019), ..by_delegation.clone() }),
            (
                &present,
                Said { relation: "guardian", actor: Some(("Patient", cast.citizen(2))), ..by_delegation },
            ),
        ];
        for (book, said) in consents {
            self.put(bodies::consent(book, &said));
        }
        let visit = encounter(self.dice, cast.citizen(1), here, false);
        self.put(visit);
    }

    /// Visits and what was found at them, and what belongs to no visit.
    fn fill(&mut self, book: &str) {
        let relative = bodies::related_person(self.dice, book);
        self.put(relative);
        for number in 0..2 + self.dice.below(2) {
            let at = self.cast.organization(1 + self.dice.below(self.cast.facilities.len() - 1)).to_owned();
            let visit = encounter(self.dice, book, &at, true);
            let visit = self.put(visit);
            if number == 0 || self.dice.chance(30) {
                let (code, _) = *self.dice.pick(&SECRET);
                let mut secret = condition(book, code, &bodies::day(self.dice));
                secret["encounter"] = reference("Encounter", &visit);
                self.put(secret);
            }
            for _ in 0..2 + self.dice.below(3) {
                self.clinical(book, Some(&visit));
            }
        }
        for _ in 0..3 + self.dice.below(3) {
            self.clinical(book, None);
        }
        let alone = condition(book, self.dice.pick(&SECRET).0, &bodies::day(self.dice));
        self.put(alone);
    }

    fn clinical(&mut self, book: &str, visit: Option<&str>) {
        let mut body = clinical(self.dice, book, visit);
        let observations: Vec<String> = self
            .written
            .iter()
            .filter(|one| one["resourceType"] == "Observation")
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        match body["resourceType"].as_str().unwrap() {
            // Mostly of other books: a link must not show what it leads to.
            "Observation" if !observations.is_empty() && self.dice.chance(30) => {
                body["hasMember"] =
                    vec![reference("Observation", self.dice.pick::<String>(&observations))].into();
            }
            "DiagnosticReport" if !observations.is_empty() => {
                let last = observations.last().unwrap();
                body["result"] = vec![
                    reference("Observation", last),
                    reference("Observation", self.dice.pick::<String>(&observations)),
                ]
                .into();
            }
            _ => {}
        }
        if self.dice.chance(6) {
            let system = "http://terminology.hl7.org/CodeSystem/v3-Confidentiality";
            body["meta"]["security"] = coded(system, "V")["coding"].clone();
        }
        let id = self.put(body.clone());
        body["id"] = id.into();
        self.written.push(body);
    }

    /// New versions, moves to other people, deletions.
    fn change(&mut self, books: &[String]) {
        for round in 0..46 {
            let place = self.dice.below(self.written.len());
            let mut body = self.written[place].clone();
            let (kind, id) = identity(&body);
            if round % 4 == 3 {
                self.written.remove(place);
                self.steps.push(Step::Delete { kind, id });
                continue;
            }
            if let ("Observation" | "Condition", true) = (kind.as_str(), self.dice.chance(60)) {
                // To somebody else, out of its visit.
                body["subject"] = reference("Patient", self.dice.pick::<String>(books));
                body.as_object_mut().unwrap().remove("encounter");
            }
            match kind.as_str() {
                "Observation" => {
                    body["code"] = coded("http://loinc.org", self.dice.pick(&MEASURED).0);
                    body["valueQuantity"]["value"] = self.dice.below(200).into();
                }
                "Condition" => body["code"] = coded(bodies::ICD10, self.dice.pick(&COMMON).0),
                _ => body["language"] = self.dice.word(&["vi", "en"]).into(),
            }
            self.steps.push(Step::Put(body.clone()));
            self.written[place] = body;
        }
    }
}
