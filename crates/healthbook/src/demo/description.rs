//! What is known of the demo in a database.

use access::StaffRole;
use auth::Grant;
use fhir::LogicalId;
use healthbook_http::{DemoCaller, DemoInfo};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use synthetic_nation::{Demo, Settings};

use crate::trial;

/// Citizens and client systems that the home page shows.
const SHOWN: usize = 3;

/// What is known of the demo in a database. Stored there as JSON; what another version of the program wrote
/// into it and this one does not know is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Description {
    /// How many people were asked for.
    pub people: u32,
    /// The seed.
    pub seed: u64,
    /// The day on which the people are as old as they are.
    pub today: jiff::civil::Date,
    /// Whether all of them are loaded.
    pub complete: bool,
    /// People worth a look.
    citizens: Vec<Citizen>,
    /// Their facilities.
    facilities: Vec<Facility>,
    /// The client systems of the facilities.
    clients: Vec<Client>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Citizen {
    number: String,
    patient_id: String,
    name: String,
    story: Story,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Story {
    vi: String,
    en: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Facility {
    code: String,
    organization_id: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

/// A client system of the demo.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub id: String,
    /// Code of its facility.
    pub facility: String,
    name: String,
    #[serde(flatten)]
    rest: serde_json::Map<String, Value>,
}

impl Description {
    /// Of a nation that is still to be loaded.
    pub fn new(settings: Settings, demo: &Demo) -> serde_json::Result<Self> {
        let mut value = serde_json::to_value(demo)?;
        if let Value::Object(members) = &mut value {
            members.insert("people".to_owned(), settings.people.into());
            members.insert("seed".to_owned(), settings.seed.into());
            members.insert("today".to_owned(), settings.today.to_string().into());
            members.insert("complete".to_owned(), false.into());
        }
        serde_json::from_value(value)
    }

    /// From what the database holds.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }

    /// For the database.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// For `demo.json`.
    pub fn to_file(&self) -> serde_json::Result<String> {
        let mut value = serde_json::to_value(self)?;
        if let Value::Object(members) = &mut value {
            members.retain(|name, _| matches!(name.as_str(), "citizens" | "facilities" | "clients"));
        }
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }

    /// How the nation was made.
    pub fn settings(&self) -> Settings {
        Settings { people: self.people, seed: self.seed, today: self.today }
    }

    /// The patient of a citizen number.
    pub fn patient(&self, number: &str) -> Option<LogicalId> {
        let citizen = self.citizens.iter().find(|citizen| citizen.number == number)?;
        LogicalId::try_from(citizen.patient_id.as_str()).ok()
    }

    /// A client system by its id.
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    /// The client system to try first.
    pub fn first_client(&self) -> Option<&Client> {
        self.clients.first()
    }

    /// All client systems.
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// The facility of a code.
    pub fn facility(&self, code: &str) -> Option<auth::Facility> {
        let facility = self.facilities.iter().find(|facility| facility.code == code)?;
        let organization = LogicalId::try_from(facility.organization_id.as_str()).ok()?;
        Some(auth::Facility { code: facility.code.clone(), organization })
    }

    /// What a token of a client system is for.
    pub fn grant(&self, client: &Client) -> Option<Grant> {
        Some(trial::of_client(&client.id, self.facility(&client.facility)?, StaffRole::System))
    }

    /// Number, `Patient` and name of the citizens.
    pub fn people(&self) -> impl Iterator<Item = (&str, LogicalId, &str)> {
        self.citizens.iter().filter_map(|citizen| {
            let patient = LogicalId::try_from(citizen.patient_id.as_str()).ok()?;
            Some((citizen.number.as_str(), patient, citizen.name.as_str()))
        })
    }

    /// For the home page.
    pub fn info(&self) -> DemoInfo {
        let clients = self.clients.iter().take(SHOWN).filter_map(|client| {
            Some(DemoCaller {
                vietnamese: format!("Hệ thống của {}", client.name),
                english: format!("The system of {} (client {})", client.name, client.id),
                grant: self.grant(client)?,
                path: "Patient?_count=3".to_owned(),
            })
        });
        let citizens = self.citizens.iter().take(SHOWN).filter_map(|citizen| {
            let patient = LogicalId::try_from(citizen.patient_id.as_str()).ok()?;
            Some(DemoCaller {
                vietnamese: format!("{} ({}): {}", citizen.name, citizen.number, citizen.story.vi),
                english: format!("{} ({}): {}", citizen.name, citizen.number, citizen.story.en),
                path: format!("Patient/{patient}/$everything?_count=20"),
                grant: trial::of_citizen(patient),
            })
        });
        DemoInfo { callers: citizens.chain(clients).collect() }
    }
}

impl Client {
    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use synthetic_nation::Nation;

    use super::*;

    fn description() -> Description {
        let settings = Settings { people: 60, seed: 7, today: jiff::civil::date(2026, 11, 25) };
        Description::new(settings, &Nation::new(settings).demo(5)).unwrap()
    }

    #[test]
    fn what_is_stored_is_read_again_in_full() {
        let description = description();
        let text = description.to_json().unwrap();
        let again = Description::parse(&text).unwrap();
        assert_eq!(again.to_json().unwrap(), text);
        assert_eq!((again.people, again.seed, again.complete), (60, 7, false));
        assert_eq!(again.settings().today, jiff::civil::date(2026, 11, 25));
    }

    #[test]
    fn the_file_holds_citizens_facilities_and_clients() {
        let file: Value = serde_json::from_str(&description().to_file().unwrap()).unwrap();
        let names: Vec<_> = file.as_object().unwrap().keys().collect();
        assert_eq!(names, ["citizens", "facilities", "clients"]);
        let citizen = &file["citizens"][0];
        assert!(citizen["number"].as_str().unwrap().starts_with("099"));
        assert!(citizen["patient_id"].is_string() && citizen["birth_date"].is_string());
    }

    #[test]
    fn people_and_clients_are_found() {
        let description = description();
        let citizen = description.citizens[0].clone();
        assert_eq!(description.patient(&citizen.number).unwrap().as_str(), citizen.patient_id);
        assert!(description.patient("000").is_none());
        let client = description.first_client().unwrap();
        assert_eq!(description.facility(&client.facility).unwrap().code, client.facility);
        assert_eq!(description.client(&client.id).unwrap().facility, client.facility);
        assert!(!description.info().callers.is_empty());
    }
}
