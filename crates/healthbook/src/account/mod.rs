//! `healthbook admin`, `healthbook staff`, `healthbook account`: accounts from the command line of the operator.
//!
//! Whoever can run these commands can open the database, so they ask nobody who is there.

mod arguments;

use access::{OfficerRole, StaffRole};
use auth::account::{AccountKind, AccountStatus, NameId, activation_code, set_contact, set_status};
use fhir::{Instant, LogicalId};
use interactions::{Problem, Service, ServiceSettings, organization_of_facility, patient_of_citizen};
use record_store::{Deed, Store};

pub use arguments::{Account, Admin, Staff};
use arguments::{AccountCommand, AdminCommand, StaffAdd, StaffCommand};

use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::{logging, opening};

/// Runs `healthbook admin`.
pub async fn run_admin(configuration: Configuration, command: Admin) -> Result<(), Failure> {
    let AdminCommand::Create(create) = command.command;
    let role = OfficerRole::from_code(&create.role).ok_or_else(|| Failure::saying("unknown role"))?;
    with_store(configuration, async |store| {
        let kind = AccountKind::Officer { role };
        logged(&store, "admin create", async {
            let account = with_login(&store, &create.name, kind).await?;
            show_code(&store, &account).await
        })
        .await
    })
    .await
}

/// Runs `healthbook staff`.
pub async fn run_staff(configuration: Configuration, command: Staff) -> Result<(), Failure> {
    with_store(configuration, async |store| match command.command {
        StaffCommand::Add(add) => logged(&store, "staff add", add_staff(store.clone(), add)).await,
        StaffCommand::List(_) => print(&logged(&store, "staff list", list(&store)).await?),
        StaffCommand::Block(block) => {
            let status = if block.not { AccountStatus::Active } else { AccountStatus::Blocked };
            let command = if block.not { "staff unblock" } else { "staff block" };
            logged(&store, command, change(&store, &block.named.name, status)).await
        }
        StaffCommand::Remove(named) => {
            logged(&store, "staff remove", change(&store, &named.name, AccountStatus::Closed)).await
        }
    })
    .await
}

/// Runs `healthbook account`.
pub async fn run_account(configuration: Configuration, command: Account) -> Result<(), Failure> {
    with_store(configuration, async |store| match command.command {
        AccountCommand::Activate(activate) => {
            logged(&store, "account activate", async {
                let account = citizen(store.clone(), &activate.citizen.citizen).await?;
                if let Some(contact) = &activate.contact {
                    let set = set_contact(&store, &account, contact, Instant::now());
                    set.await.map_err(Failure::because)?;
                }
                show_code(&store, &account).await
            })
            .await
        }
        AccountCommand::Block(block) => {
            let status = if block.not { AccountStatus::Active } else { AccountStatus::Blocked };
            let command = if block.not { "account unblock" } else { "account block" };
            logged(&store, command, change(&store, &block.citizen.citizen, status)).await
        }
        AccountCommand::Close(citizen) => {
            logged(&store, "account close", change(&store, &citizen.citizen, AccountStatus::Closed)).await
        }
    })
    .await
}

async fn with_store(
    configuration: Configuration,
    work: impl AsyncFnOnce(Store) -> Result<(), Failure>,
) -> Result<(), Failure> {
    logging::start(&configuration);
    let store = opening::open_existing(&configuration).await?;
    let result = work(store.clone()).await;
    store.close().await;
    result
}

async fn with_login(store: &Store, name: &str, kind: AccountKind) -> Result<String, Failure> {
    let account = auth::account::Account::with_login(store, name, kind, Instant::now()).await;
    Ok(account.map_err(Failure::because)?.id)
}

/// The account of a citizen number, made if needed.
async fn citizen(store: Store, number: &str) -> Result<String, Failure> {
    let service = Service::new(store.clone(), ServiceSettings::default());
    let patient = patient_of_citizen(&service, number).await.map_err(problem)?;
    let patient = patient.ok_or_else(|| Failure::saying("no Patient has this citizen number"))?;
    Deed::concerns(&patient);
    let account = auth::account::Account::for_citizen(&store, number, patient, Instant::now()).await;
    Ok(account.map_err(Failure::because)?.id)
}

async fn add_staff(store: Store, add: StaffAdd) -> Result<(), Failure> {
    let service = Service::new(store.clone(), ServiceSettings::default());
    let organization = organization_of_facility(&service, &add.facility).await.map_err(problem)?;
    let organization =
        organization.ok_or_else(|| Failure::saying("no Organization has this facility code"))?;
    let practitioner = match &add.practitioner {
        Some(id) => Some(
            LogicalId::try_from(id.as_str())
                .map_err(|_| Failure::saying("this is no id of a Practitioner"))?,
        ),
        None => None,
    };
    let roles = add.role.iter().filter_map(|role| StaffRole::from_code(role)).collect();
    let kind = AccountKind::Staff { practitioner, code: add.facility, organization, roles };
    let account = with_login(&store, &add.name, kind).await?;
    show_code(&store, &account).await
}

async fn show_code(store: &Store, account: &str) -> Result<(), Failure> {
    let code = activation_code(store, account, Instant::now()).await.map_err(Failure::because)?;
    print(&format!("{code}\n"))
}

async fn change(store: &Store, name: &str, status: AccountStatus) -> Result<(), Failure> {
    let now = Instant::now();
    let account = auth::account::Account::of_name(store, &NameId::typed(store, name), now).await;
    let account = account.map_err(Failure::because)?;
    let account = account.ok_or_else(|| Failure::saying("there is no such account"))?;
    if let AccountKind::Citizen { patient } = &account.kind {
        Deed::concerns(patient);
    }
    set_status(store, &account.id, status, now).await.map_err(Failure::because)?;
    print(&format!("{} {}\n", account.id, status.code()))
}

async fn list(store: &Store) -> Result<String, Failure> {
    let accounts = auth::account::Account::all_with_login(store, Instant::now()).await;
    let mut text = String::new();
    for account in accounts.map_err(Failure::because)? {
        let what = match &account.kind {
            AccountKind::Staff { code, roles, .. } => {
                let roles: Vec<&str> = roles.iter().map(|role| role.code()).collect();
                format!("{code} {}", roles.join(","))
            }
            AccountKind::Officer { role } => role.code().to_owned(),
            AccountKind::Citizen { .. } => continue,
        };
        let login = account.login().unwrap_or("(closed)");
        text.push_str(&format!("{} {login} {what} {}\n", account.id, account.status.code()));
    }
    Ok(text)
}

fn problem(problem: Problem) -> Failure {
    Failure::saying(problem.to_string())
}
