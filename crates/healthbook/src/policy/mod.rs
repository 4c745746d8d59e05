//! `healthbook policy`: the rules of the gate, shown, checked, put in force and explained.

mod arguments;

use access::{Actor, Caller, Denied, Identity, Interaction, Purpose, Role, Scopes};
use anyhow::Context as _;
use fhir::{Instant, LogicalId};

use crate::command_log::logged;
use crate::configuration::Configuration;
use crate::failure::{Failure, print};
use crate::{logging, opening};

pub use arguments::{Policy, PolicyCommand};

/// Runs one of the commands.
pub async fn run(configuration: Configuration, command: Policy) -> Result<(), Failure> {
    logging::start(&configuration);
    match command.command {
        PolicyCommand::Show(source) => print(policy(&configuration, &source).await?.document().text()),
        PolicyCommand::Matrix(source) => print(&policy(&configuration, &source).await?.matrix()),
        PolicyCommand::Check(command) => {
            let policy = read(&command.file)?;
            let rules = policy.document().rules().count();
            print(&format!(
                "{} can be used: version {}, {rules} rules\n",
                command.file.display(),
                policy.version()
            ))
        }
        PolicyCommand::Use(command) => put_in_force(&configuration, &command).await,
        PolicyCommand::Explain(command) => {
            let policy = policy(&configuration, &command.source).await?;
            print(&explained(&policy, &command)?)
        }
    }
}

fn read(file: &std::path::Path) -> Result<access::Policy, Failure> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(access::Policy::from_text(&text).with_context(|| format!("{} is no policy", file.display()))?)
}

/// The policy that is meant.
async fn policy(
    configuration: &Configuration,
    source: &arguments::Source,
) -> Result<access::Policy, Failure> {
    if let Some(file) = &source.file {
        return read(file);
    }
    if !source.in_use {
        return Ok(access::Policy::built_in());
    }
    let store = opening::open_existing(configuration).await?;
    let text = store.policy_text().await;
    store.close().await;
    match text.map_err(Failure::because)? {
        None => Ok(access::Policy::built_in()),
        Some(text) => {
            Ok(access::Policy::from_text(&text).context("the policy of the database cannot be used")?)
        }
    }
}

async fn put_in_force(configuration: &Configuration, command: &arguments::Use) -> Result<(), Failure> {
    let (policy, text) = match &command.file {
        None => (access::Policy::built_in(), None),
        Some(file) => {
            let policy = read(file)?;
            let text = policy.document().text().to_owned();
            (policy, Some(text))
        }
    };
    let store = opening::open_existing(configuration).await?;
    let caller = Caller::Background { job: "policy" };
    let set = match policy.decide(&caller, Interaction::Update, None, Instant::now()) {
        Ok(access) => {
            let set = async { store.set_policy(&access, text.as_deref()).await.map_err(Failure::because) };
            logged(&store, "policy use", set).await
        }
        Err(denied) => Err(Failure::because(denied)),
    };
    store.close().await;
    set?;
    print(&format!("policy {} is in force; servers that run follow within a second\n", policy.version()))
}

/// What the policy decides for somebody of a role, with invented names.
fn explained(policy: &access::Policy, command: &arguments::Explain) -> Result<String, Failure> {
    let unknown = || Failure::saying("there is no such role, purpose or interaction");
    let role = Role::from_code(&command.role).ok_or_else(unknown)?;
    let purpose = Purpose::from_code(&command.purpose).ok_or_else(unknown)?;
    let interaction = Interaction::from_code(&command.interaction).ok_or_else(unknown)?;
    let somebody = LogicalId::try_from("example").map_err(Failure::because)?;
    let actor = match role {
        Role::Citizen => Actor::Citizen { patient: somebody.clone() },
        Role::Staff(role) => {
            Actor::Facility { code: "example".to_owned(), organization: somebody.clone(), role }
        }
        Role::Officer(role) => Actor::Officer { role },
    };
    let mut identity = Identity { purpose, patient: Some(somebody), ..Identity::new("example", actor) };
    if let Some(scopes) = &command.scopes {
        identity.scopes = Scopes::parse(scopes).map_err(Failure::usage)?.0;
    }
    let caller = Caller::Authenticated(identity.into());
    Ok(match policy.decide(&caller, interaction, command.resource_type, Instant::now()) {
        Ok(access) => access.explanation(policy),
        Err(Denied::InsufficientScope) => "forbidden: the scopes do not cover it\n".to_owned(),
        Err(_) => format!("forbidden: no rule of policy {} permits it\n", policy.version()),
    })
}
