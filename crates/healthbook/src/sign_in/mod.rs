//! What the server needs for signing in by browser: accounts, the provider, and the accounts of a demo.

mod entrusted;
mod names;

use std::sync::Arc;

use access::{OfficerRole, StaffRole};
use auth::EntrustedBooks;
use auth::account::passkey::Site;
use auth::account::provider::{Provider, ProviderSettings};
use auth::account::{
    AccountKind, Accounts, DemoAccount, GatewaySender, LogSender, NoSender, Sender, Work, make_demo_accounts,
};
use fhir::Instant;
use healthbook_http::SignIn;
use interactions::{Service, organization_of_facility};
use outbound::Outbound;

use crate::configuration::Configuration;
use crate::demo::Description;
use crate::failure::Failure;
use crate::provider_simulator;

/// Puts it together. Of a demo, accounts are made and, where it is asked for, the simulated provider is started.
pub async fn prepare(
    configuration: &Configuration,
    service: &Service,
    demo: Option<&Description>,
    local_peers: bool,
) -> Result<Arc<SignIn>, Failure> {
    let outbound = Arc::new(Outbound::new(local_peers));
    let sender: Box<dyn Sender> = match (configuration.code_gateway.as_ref(), demo) {
        (Some(url), _) => {
            may_be_asked(&outbound, "code_gateway", &url.0)?;
            Box::new(GatewaySender { url: url.0.clone(), outbound: outbound.clone() })
        }
        // Codes are written to the log for invented people only.
        (None, Some(_)) => Box::new(LogSender),
        (None, None) => Box::new(NoSender),
    };
    let places = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let accounts = Accounts::new(service.store().clone(), Work::default(), places, sender);
    let accounts = accounts.map_err(Failure::because)?;
    if let Some(demo) = demo {
        let wanted = demo_accounts(service, demo).await?;
        make_demo_accounts(&accounts, wanted, Instant::now()).await.map_err(Failure::because)?;
    }
    let issuer = match (configuration.provider.as_ref(), demo) {
        (Some(provider), _) => {
            may_be_asked(&outbound, "provider", &provider.0)?;
            Some(provider.0.clone())
        }
        (None, Some(demo)) if *configuration.provider_simulator => Some(start_simulator(demo)?),
        (None, _) => None,
    };
    let base = service.base();
    Ok(Arc::new(SignIn {
        accounts,
        provider: issuer.map(|issuer| provider(configuration, issuer, base, outbound)),
        site: Site::of(base),
        trusted_proxies: *configuration.trusted_proxies,
        plain_loopback: SignIn::is_plain_loopback(base),
    }))
}

/// Said at the start, and not when the first person wants to sign in.
pub fn may_be_asked(outbound: &Outbound, key: &str, url: &str) -> Result<(), Failure> {
    outbound.check(url).map(drop).map_err(|_| {
        Failure::saying(format!(
            "key `{key}`: only https addresses with a public name and the usual port are asked; this machine by a sandbox \
             that listens on loopback"
        ))
    })
}

/// Who knows how clients and accounts are called, for the log of accesses.
pub fn names(auth: &auth::Auth) -> Arc<dyn interactions::KnownNames> {
    Arc::new(names::Registered(auth.clone()))
}

/// Who knows which books are entrusted to a citizen.
pub fn entrusted_books(service: &Service) -> Arc<dyn EntrustedBooks> {
    Arc::new(entrusted::Gate(service.clone()))
}

fn provider(configuration: &Configuration, issuer: String, base: &str, outbound: Arc<Outbound>) -> Provider {
    let settings = ProviderSettings {
        issuer,
        client_id: configuration.provider_client_id.0.clone(),
        client_secret: configuration.provider_client_secret.as_ref().map(|secret| secret.0.clone()),
        redirect_uri: format!("{}/auth/provider/callback", base.strip_suffix("/fhir").unwrap_or(base)),
        level: configuration.provider_level.0.clone(),
        number_claim: configuration.provider_number_claim.0.clone(),
    };
    Provider::new(settings, outbound)
}

/// Starts the simulated provider on a free port; it ends with the program.
fn start_simulator(demo: &Description) -> Result<String, Failure> {
    let (listener, issuer) = provider_simulator::bind(([127, 0, 0, 1], 0).into())?;
    let simulator = provider_simulator::simulator(issuer.clone(), demo, None)?;
    tokio::spawn(healthbook_http::serve_provider_simulator(listener, simulator, std::future::pending()));
    tracing::info!(issuer, "the simulated provider is listening");
    Ok(issuer)
}

/// An account for each citizen of `demo.json`, one for each role at its first facility, and one for each office.
async fn demo_accounts(service: &Service, demo: &Description) -> Result<Vec<DemoAccount>, Failure> {
    let mut accounts: Vec<DemoAccount> = demo
        .people()
        .map(|(number, patient, _)| DemoAccount {
            name: number.to_owned(),
            kind: AccountKind::Citizen { patient },
        })
        .collect();
    for role in OfficerRole::ALL {
        let kind = AccountKind::Officer { role };
        accounts.push(DemoAccount { name: role.code().to_owned(), kind });
    }
    let Some(client) = demo.first_client() else { return Ok(accounts) };
    let organization = organization_of_facility(service, &client.facility).await;
    let organization = organization.map_err(|problem| Failure::saying(problem.to_string()))?;
    let Some(organization) = organization else { return Ok(accounts) };
    for role in StaffRole::ALL.into_iter().filter(|role| *role != StaffRole::System) {
        let kind = AccountKind::Staff {
            practitioner: None,
            code: client.facility.clone(),
            organization: organization.clone(),
            roles: vec![role],
        };
        accounts.push(DemoAccount { name: role.code().to_owned(), kind });
    }
    Ok(accounts)
}
