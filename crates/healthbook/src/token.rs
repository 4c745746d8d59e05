//! `healthbook token`: an access token for trying things out. For demo databases only: whoever can run this
//! command would otherwise be any citizen.

use auth::{LONGEST_LIFETIME, Subject, Tokens};
use fhir::Instant;
use record_store::Store;

use crate::cli::Token;
use crate::configuration::Configuration;
use crate::demo::{self, Description};
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// Issuer and audience of the tokens of this server. The key is the database's own, so a token of one
/// database is worth nothing at another.
const ISSUER: &str = "urn:healthbook";

/// The tokens of a database.
pub fn tokens(store: &Store) -> Tokens {
    Tokens::from_database_key(store.link_key(), ISSUER.to_owned())
}

/// Prints a token and nothing else.
pub async fn run(configuration: Configuration, command: Token) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open_existing(&configuration).await?;
    let token = make(&store, &configuration, &command).await;
    store.close().await;
    print(&format!("{}\n", token?))
}

async fn make(store: &Store, configuration: &Configuration, command: &Token) -> Result<String, Failure> {
    let Some(demo) = demo::find(store).await? else {
        return Err(Failure::saying(format!(
            "{} is not a demo database: tokens are printed for invented people only",
            *configuration.database
        )));
    };
    let subject = subject(&demo, command)?;
    tokens(store).issue(&subject, Instant::now(), LONGEST_LIFETIME).map_err(Failure::because)
}

fn subject(demo: &Description, command: &Token) -> Result<Subject, Failure> {
    if let Some(number) = &command.citizen {
        return match demo.patient(number) {
            Some(patient) => Ok(Subject::Citizen { patient }),
            None => Err(Failure::saying("no citizen of demo.json has this number")),
        };
    }
    let id = command.client.as_deref().unwrap_or_default();
    let client = demo.client(id).ok_or_else(|| Failure::saying("no client of demo.json has this id"))?;
    let facility = command.facility.as_ref().unwrap_or(&client.facility);
    if !demo.has_facility(facility) {
        return Err(Failure::saying("no facility of demo.json has this code"));
    }
    Ok(Subject::ClientSystem {
        client: client.id.clone(),
        facility: Some(facility.clone()),
        role: command.role.clone(),
    })
}
