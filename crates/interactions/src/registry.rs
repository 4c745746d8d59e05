//! What of a `Patient` belongs to the population registry: nobody but the server itself writes it
//! (`docs/registry-sync.md`, sections 2 and 3).

use access::{Access, Caller};
use fhir::{Fault, Issue, ResourceType, VersionId};
use json::Node;
use record_store::{Precondition, Record, Seen, Write};

use crate::permission::{field_owned, is_free, text, with_content};
use crate::person::is_citizen_number;
use crate::search::with_resource;
use crate::{OLD_IDENTITY_CARD, Problem, Service};

/// The server when it writes what the registry says.
pub const REGISTRY: Caller = Caller::Background { job: "registry" };
/// The extension of a verified `Patient`.
pub const EXTENSION: &str = person_matching::VERIFIED;
/// The extension of an address that the registry gave.
pub const ADDRESS: &str = "urn:healthbook:registry-address";
/// The system of the tag that tells how far a `Patient` is verified.
pub const VERIFICATION: &str = "urn:healthbook:verification";

/// The old identity card under the name of the other guide.
const OLD_CARD_ALIAS: &str = "http://fhir.ehealth.gov.vn/core/sid/citizen_id";

/// Whole elements of a verified person that are the registry's.
const OWNED: [&str; 11] = [
    "name",
    "_name",
    "birthDate",
    "_birthDate",
    "gender",
    "deceasedBoolean",
    "_deceasedBoolean",
    "deceasedDateTime",
    "_deceasedDateTime",
    "active",
    "link",
];

/// What the registry owns of a `Patient`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Owned {
    is_verified: bool,
    numbers: Vec<String>,
    /// Name and text of each element or of the parts of one.
    parts: Vec<(&'static str, Option<String>)>,
}

impl Owned {
    fn of(patient: &Node<'_>) -> Self {
        let items = |name: &str| patient.get(name).map(Node::items).unwrap_or_default();
        let extensions = |node: &Node<'_>, url: &str| -> bool {
            let all = node.get("extension").map(Node::items).unwrap_or_default();
            all.iter().any(|extension| extension.text("url") == Some(url))
        };
        let joined = |parts: Vec<&Node<'_>>| {
            (!parts.is_empty()).then(|| parts.into_iter().map(text).collect::<Vec<_>>().join(" "))
        };
        let is_number = |it: &&Node<'_>| it.text("system").is_some_and(is_citizen_number);
        let is_card = |it: &&Node<'_>| matches!(it.text("system"), Some(OLD_IDENTITY_CARD | OLD_CARD_ALIAS));
        let identifiers = items("identifier");
        let numbers =
            identifiers.iter().filter(is_number).filter_map(|it| it.text("value")).map(str::to_owned);
        let numbers: Vec<String> = numbers.collect();
        let registry: Vec<&Node<'_>> =
            items("extension").iter().filter(|it| it.text("url") == Some(EXTENSION)).collect();
        let tags = patient.get("meta").and_then(|meta| meta.get("tag")).map(Node::items).unwrap_or_default();
        let tags = tags.iter().filter(|tag| tag.text("system") == Some(VERIFICATION)).collect();
        let addresses = items("address").iter().filter(|address| extensions(address, ADDRESS)).collect();
        let is_verified = !registry.is_empty();
        let mut parts = vec![("extension", joined(registry)), ("meta.tag", joined(tags))];
        if is_verified {
            let known = identifiers.iter().filter(|it| is_number(it) || is_card(it)).collect();
            parts.extend([("identifier", joined(known)), ("address", joined(addresses))]);
            parts.extend(OWNED.iter().map(|name| (*name, patient.get(name).map(text))));
        }
        Self { is_verified, numbers, parts }
    }

    /// The first part in which they differ.
    fn difference(&self, new: &Self) -> Option<&'static str> {
        // Who was not verified gains no mark of it by somebody's word, and who was keeps all of it.
        let mine = |owned: &Self, name: &str| owned.parts.iter().find(|(it, _)| *it == name).cloned();
        let names = if self.is_verified { &self.parts } else { &new.parts };
        let names = names.iter().map(|(name, _)| *name);
        let names = names.filter(|name| self.is_verified || matches!(*name, "extension" | "meta.tag"));
        names.into_iter().find(|name| {
            mine(self, name).and_then(|(_, text)| text) != mine(new, name).and_then(|(_, text)| text)
        })
    }
}

/// Whether nothing has to be decided of what somebody writes, not even whether it is the registry's.
pub(crate) fn is_unbound(service: &Service, access: &Access) -> bool {
    is_free(access) && (access.is_by_server() || !service.has_registry())
}

fn is_bound(service: &Service, access: &Access, resource_type: ResourceType) -> bool {
    resource_type == ResourceType::PATIENT && service.has_registry() && !access.is_by_server()
}

/// Refuses a write that changes what is the registry's. What was looked at goes with a write that nobody else decides.
pub(crate) async fn check(service: &Service, access: &Access, write: &mut Write) -> Result<(), Problem> {
    if !is_bound(service, access, write.resource_type) {
        return Ok(());
    }
    let Some(content) = &write.content else { return check_deleted(service, access, write).await };
    let found = match write.precondition {
        Precondition::New => None,
        _ => service.store().read(access, write.resource_type, &write.id).await?,
    };
    let before = match found.as_ref().filter(|found| !found.is_deleted()) {
        Some(found) => with_resource(found, Owned::of)?,
        None => Owned::default(),
    };
    let new = with_content(content, &write.id, Owned::of)?;
    if new.numbers.iter().any(|number| !before.numbers.contains(number)) {
        let issue = Issue::error(Fault::RegistryOwned).at("Patient.identifier");
        return Err(Problem::from_issue(422, issue));
    }
    if before.is_verified && write.precondition == Precondition::None {
        return Err(version_required(found.as_ref()));
    }
    if let Some(element) = before.difference(&new) {
        return Err(field_owned(element));
    }
    if is_free(access) && write.seen == Seen::Unchecked {
        match (&found, write.precondition) {
            (_, Precondition::New) => {}
            (Some(found), _) => write.seen = Seen::Version(found.version),
            (None, _) => write.seen = Seen::Absent,
        }
    }
    Ok(())
}

/// Nobody deletes a person whom the registry knows: the number would be free, and the book without its person.
async fn check_deleted(service: &Service, access: &Access, write: &mut Write) -> Result<(), Problem> {
    let found = service.store().read(access, write.resource_type, &write.id).await?;
    let Some(found) = found.filter(|found| !found.is_deleted()) else { return Ok(()) };
    if with_resource(&found, Owned::of)?.is_verified {
        return Err(field_owned("Patient"));
    }
    // A number that comes meanwhile changes the version.
    if is_free(access) && write.seen == Seen::Unchecked {
        write.seen = Seen::Version(found.version);
    }
    Ok(())
}

/// Refuses a patch of a verified person that names no version.
pub(crate) fn check_named(
    service: &Service,
    access: &Access,
    record: &Record,
    if_match: Option<VersionId>,
) -> Result<(), Problem> {
    if if_match.is_some() || !is_bound(service, access, record.resource_type) || record.is_deleted() {
        return Ok(());
    }
    if with_resource(record, Owned::of)?.is_verified { Err(version_required(Some(record))) } else { Ok(()) }
}

fn version_required(record: Option<&Record>) -> Problem {
    Problem { current: record.map(|record| record.version), ..Problem::new(428, Fault::VersionRequired) }
}
