//! How clients and accounts are called, for the log of accesses: a client as it was registered, staff by their login.

use auth::Auth;
use auth::account::Account;
use fhir::{Fault, Instant};
use interactions::{FindingName, KnownNames, Problem};

/// Asks what signing in keeps.
pub struct Registered(pub Auth);

impl KnownNames for Registered {
    fn name_of<'a>(&'a self, reference: &'a str) -> FindingName<'a> {
        Box::pin(async move {
            let now = Instant::now();
            let failed = || Problem::new(500, Fault::Internal);
            match reference.split_once('/') {
                Some(("Device", id)) => {
                    let client = self.0.client(id, now).await.map_err(|_| failed())?;
                    Ok(client.map(|client| client.name))
                }
                Some(("Account", id)) => {
                    let account = Account::find(self.0.store(), id, now).await.map_err(|_| failed())?;
                    Ok(account.and_then(|account| account.login().map(str::to_owned)))
                }
                _ => Ok(None),
            }
        })
    }
}
