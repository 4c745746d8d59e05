//! The log of accesses, seen from the interactions: who a caller is in its words, and keeping a journal with the names
//! of those who asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use access::{Actor, Caller, Identity};
use fhir::{LogicalId, ResourceType};
use jiff::civil::Date;
use json::Node;
use quick_cache::sync::Cache;
use record_store::{ANONYMOUS, Journal, LogPeriod, Origin};

use crate::access_log_wanted::dates;
use crate::search::with_resource;
use crate::{Problem, Service};

/// How long a name is believed.
const BELIEVED: Duration = Duration::from_secs(300);

/// Names that are remembered.
const MOST: usize = 20_000;

/// Names of people, facilities and devices by their references.
pub(crate) struct Names(Cache<String, (Arc<str>, Instant)>);

impl Default for Names {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

/// Keeps what a request has shown. When this has succeeded its answer may leave.
pub async fn keep(service: &Service, journal: &Journal) -> Result<(), Problem> {
    if journal.is_empty() {
        return Ok(());
    }
    name_asker(service, journal).await?;
    for reference in journal.unnamed() {
        journal.name(&reference, &name_of(service, &reference).await?);
    }
    Ok(service.store().keep(journal).await?)
}

/// Looks up how those who ask are called, and notes the version of the policy. Before a write: its entry is made within the
/// transaction that writes.
pub async fn name_asker(service: &Service, journal: &Journal) -> Result<(), Problem> {
    let mut origin = journal.origin();
    for (reference, name) in
        [(&origin.agent, &mut origin.agent_name), (&origin.organization, &mut origin.organization_name)]
    {
        if name.is_empty() && !reference.is_empty() {
            *name = name_of(service, reference).await?.to_string();
        }
    }
    service.policy().version().clone_into(&mut origin.policy);
    journal.asked_by(origin);
    Ok(())
}

/// The part of the log of a person that lies between two days, both included, in the server's zone, and before a position.
pub fn log_period(service: &Service, from: Option<Date>, to: Option<Date>, before: Option<u64>) -> LogPeriod {
    let moment = |microseconds: Option<i64>| microseconds.map(fhir::Instant::from_microseconds);
    let bounds =
        |prefix: &str, day: Option<Date>| day.and_then(|day| dates(service, &format!("{prefix}{day}")));
    LogPeriod {
        from: moment(bounds("ge", from).and_then(|(from, _)| from)),
        until: moment(bounds("le", to).and_then(|(_, until)| until)),
        before,
    }
}

/// Who a caller is, as far as the caller itself tells. Where staff sit there instead of a citizen it is the staff.
pub fn origin_of(caller: &Caller) -> Origin {
    let server = |what: &str| Origin { agent: what.to_owned(), ..Origin::default() };
    let identity = match caller {
        Caller::Anonymous => return server(ANONYMOUS),
        Caller::Unrestricted => return server("unrestricted"),
        Caller::Background { job } => return Origin { role: (*job).to_owned(), ..server("server") },
        Caller::Authenticated(identity) => identity,
    };
    let named = Origin {
        client: identity.client.clone(),
        purpose: identity.purpose.code().to_owned(),
        ..Origin::default()
    };
    match (&identity.actor, &identity.assisted_by) {
        (Actor::Citizen { patient }, Some(assistant)) => Origin {
            beside: format!("{}/{patient}", ResourceType::PATIENT),
            client: named.client,
            purpose: named.purpose,
            ..Origin::from(assistant)
        },
        (Actor::Citizen { patient }, None) => Origin {
            agent: format!("{}/{patient}", ResourceType::PATIENT),
            role: "citizen".to_owned(),
            ..named
        },
        (Actor::Facility { organization, role, .. }, _) => Origin {
            agent: agent_of(identity),
            role: role.code().to_owned(),
            organization: format!("{}/{organization}", ResourceType::ORGANIZATION),
            ..named
        },
        (Actor::Officer { role }, _) => {
            Origin { agent: agent_of(identity), role: role.code().to_owned(), ..named }
        }
    }
}

/// Staff and officers are known by their `Practitioner`, else by their account; a system is a `Device` by its client.
fn agent_of(identity: &Identity) -> String {
    match (&identity.practitioner, identity.subject == identity.client) {
        (Some(practitioner), _) => format!("Practitioner/{practitioner}"),
        (None, true) => format!("Device/{}", identity.client),
        (None, false) => format!("Account/{}", identity.subject),
    }
}

/// The name of a person, facility or device, as its resource tells it; empty when there is none.
pub(crate) async fn name_of(service: &Service, reference: &str) -> Result<Arc<str>, Problem> {
    let names = service.names();
    if let Some((name, asked)) = names.0.get(reference)
        && asked.elapsed() < BELIEVED
    {
        return Ok(name);
    }
    let name = read_name(service, reference).await?;
    names.0.insert(reference.to_owned(), (Arc::clone(&name), Instant::now()));
    Ok(name)
}

async fn read_name(service: &Service, reference: &str) -> Result<Arc<str>, Problem> {
    let Some((kind, id)) = reference.split_once('/') else { return Ok(Arc::from("")) };
    if kind == "Device" || kind == "Account" {
        let name = match service.known_names() {
            Some(names) => names.name_of(reference).await?,
            None => None,
        };
        return Ok(name.unwrap_or_default().into());
    }
    let (Ok(kind), Ok(id)) = (kind.parse::<ResourceType>(), LogicalId::try_from(id)) else {
        return Ok(Arc::from(""));
    };
    let job = Caller::Background { job: "access-log" };
    let access = service.decide(&job, access::Interaction::Read, Some(kind))?;
    let Some(record) = service.store().read(&access, kind, &id).await? else { return Ok(Arc::from("")) };
    if record.is_deleted() {
        return Ok(Arc::from(""));
    }
    Ok(with_resource(&record, display)?.into())
}

/// `name` as a text, or the first `HumanName` in the order of this country: family, then given names.
fn display(resource: &Node<'_>) -> String {
    if let Some(name) = resource.text("name") {
        return name.to_owned();
    }
    let Some(name) = resource.get("name").and_then(|names| names.items().first()) else {
        return String::new();
    };
    if let Some(text) = name.text("text") {
        return text.to_owned();
    }
    let given = name.get("given").into_iter().flat_map(|given| given.items()).filter_map(Node::as_str);
    name.text("family").into_iter().chain(given).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use access::Assistant;

    use super::*;

    fn id(text: &str) -> LogicalId {
        LogicalId::try_from(text).unwrap()
    }

    #[test]
    fn in_an_assisted_session_the_staff_are_named_and_the_citizen_beside_them() {
        let citizen = Identity::new("account-1", Actor::Citizen { patient: id("p-1") });
        let assistant = |practitioner: Option<&str>| Assistant {
            account: "account-2".to_owned(),
            practitioner: practitioner.map(id),
            organization: Some(id("o-1")),
        };
        let origin = |assisted_by: Option<Assistant>| {
            origin_of(&Caller::Authenticated(Identity { assisted_by, ..citizen.clone() }.into()))
        };
        let alone = origin(None);
        assert_eq!((alone.agent.as_str(), alone.role.as_str()), ("Patient/p-1", "citizen"));
        assert_eq!((alone.organization.as_str(), alone.beside.as_str()), ("", ""));
        for (practitioner, agent) in [(Some("d-1"), "Practitioner/d-1"), (None, "Account/account-2")] {
            let assisted = origin(Some(assistant(practitioner)));
            assert_eq!((assisted.agent.as_str(), assisted.role.as_str()), (agent, "assisted"));
            assert_eq!(assisted.organization, "Organization/o-1");
            assert_eq!(assisted.beside, "Patient/p-1");
            // What was asked with and what for is the same.
            assert_eq!((assisted.client, assisted.purpose), (alone.client.clone(), "PATRQT".to_owned()));
        }
    }
}
