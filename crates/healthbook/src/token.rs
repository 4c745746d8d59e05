//! `healthbook token`: an access token for trying things out. For databases of invented people only: whoever can run
//! this command would otherwise be any citizen.

use access::{OfficerRole, Purpose, StaffRole};
use auth::{Auth, AuthSettings, Grant, LONGEST_LIFETIME};
use fhir::{Instant, LogicalId};
use record_store::Store;

use crate::cli::Token;
use crate::configuration::Configuration;
use crate::demo::{self, Description};
use crate::failure::{Failure, print};
use crate::{logging, opening, trial};

/// Prints a token and nothing else.
pub async fn run(configuration: Configuration, command: Token) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open_existing(&configuration).await?;
    let token = make(&store, &configuration, &command).await;
    store.close().await;
    print(&format!("{}\n", token?))
}

async fn make(store: &Store, configuration: &Configuration, command: &Token) -> Result<String, Failure> {
    if !store.is_sandbox().await.map_err(Failure::because)? {
        return Err(Failure::saying(format!(
            "{} is neither a demo nor a sandbox: tokens are printed for invented people only",
            *configuration.database
        )));
    }
    let now = Instant::now();
    let auth = Auth::open(store.clone(), AuthSettings::trial(), now).await.map_err(Failure::because)?;
    let demo = demo::find(store).await?;
    let office = command.officer.as_deref().and_then(OfficerRole::from_code);
    let mut grant = match (&command.citizen, office) {
        (Some(number), _) => of_citizen(demo.as_ref(), number)?,
        (None, Some(role)) => trial::of_officer(role),
        (None, None) => of_client(&auth, demo.as_ref(), command, now).await?,
    };
    if let Some(purpose) = command.purpose.as_deref().and_then(Purpose::from_code) {
        grant.purpose = purpose;
    }
    if let Some(scope) = &command.scope {
        grant.scope.clone_from(scope);
    }
    if let Some(patient) = &command.patient {
        let patient = LogicalId::try_from(patient.as_str());
        grant.patient = Some(patient.map_err(|_| Failure::saying("--patient is the id of a Patient"))?);
    }
    auth.open_trial_session(&grant, now).await.map_err(Failure::because)?;
    let token = auth.issue(&grant, now, LONGEST_LIFETIME).map_err(Failure::because)?;
    let holds = auth.recognises(&token, now);
    holds
        .map_err(|_| Failure::saying("a scope cannot be read, or scopes of different contexts are mixed"))?;
    Ok(token)
}

fn of_citizen(demo: Option<&Description>, number: &str) -> Result<Grant, Failure> {
    if let Some(patient) = demo.and_then(|demo| demo.patient(number)) {
        return Ok(trial::of_citizen(patient));
    }
    // In a sandbox nobody keeps a list of its people: the id of the Patient will do.
    match (demo, LogicalId::try_from(number)) {
        (None, Ok(patient)) => Ok(trial::of_citizen(patient)),
        (None, Err(_)) => Err(Failure::saying("in a sandbox a citizen is named by the id of the Patient")),
        (Some(_), _) => Err(Failure::saying("no citizen of demo.json has this number")),
    }
}

async fn of_client(
    auth: &Auth,
    demo: Option<&Description>,
    command: &Token,
    now: Instant,
) -> Result<Grant, Failure> {
    let id = command.client.as_deref().unwrap_or_default();
    let registered = auth.client(id, now).await.map_err(Failure::because)?;
    let in_demo = demo.and_then(|demo| demo.client(id));
    if registered.is_none() && in_demo.is_none() {
        return Err(Failure::saying("there is no client of this id"));
    }
    let named = command.facility.as_deref();
    let facility = match (named, demo) {
        (Some(code), Some(demo)) => Some(
            demo.facility(code).ok_or_else(|| Failure::saying("no facility of demo.json has this code"))?,
        ),
        (Some(code), None) => {
            let own = registered.as_ref().and_then(auth::Client::facility);
            Some(own.filter(|own| own.code == code).ok_or_else(|| {
                Failure::saying("in a sandbox a client works for the facility that it is registered for")
            })?)
        }
        (None, _) => registered
            .as_ref()
            .and_then(auth::Client::facility)
            .or_else(|| in_demo.and_then(|client| demo.and_then(|demo| demo.facility(&client.facility)))),
    };
    let facility = facility.ok_or_else(|| Failure::saying("this client belongs to no facility"))?;
    let usual = registered.as_ref().and_then(|client| client.role.clone());
    let role = command.role.clone().or(usual);
    let role = role.as_deref().and_then(StaffRole::from_code).unwrap_or(StaffRole::System);
    Ok(trial::of_client(id, facility, role))
}
