//! Messages of check-ups (`docs/check-up.md`) among the files: each becomes a transaction into the book of its person.

use std::path::Path;

use exchange::check_up::{self, CheckUp, Format, Places, Raw};
use fhir::{LogicalId, ResourceType};
use interactions::{Problem, Service, import_bundle, organization_of_facility, patient_of_citizen};
use json::{Limits, Node};

use super::load::{CALLER, Loaded};
use super::report::{Counts, Failed, Place};

/// Whether a file holds a message and no resource: it is XML, or its beginning names the message.
pub fn is_message(head: &[u8]) -> bool {
    let names = |name: &[u8]| head.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name));
    Format::of(head) == Format::Xml
        || (names(b"\"khamsuckhoe\"") || names(b"\"thongtinhoso\"")) && !names(b"\"resourceType\"")
}

/// Loads a message: all its faults, or each of its records for itself.
pub async fn load(service: &Service, path: &Path, text: Vec<u8>) -> Loaded {
    let reading = tokio::task::spawn_blocking(move || {
        let format = Format::of(&text);
        (check_up::read(&text, format), text, format)
    });
    let (read, text, format) = match reading.await {
        Ok(read) => read,
        Err(error) => {
            let text = format!("an internal mistake, see the log: {error}");
            return Loaded::only(Failed::of_file(path, Place::Whole, "internal", text));
        }
    };
    let check_ups = match read {
        Ok(check_ups) => check_ups,
        Err(faults) => {
            let failed = faults.iter().map(|fault| Failed {
                expression: Some(fault.place()),
                ..Failed::of_file(path, place(fault.record, 2), fault.code(), fault.rule.english())
            });
            return Loaded { failed: failed.collect(), ..Loaded::default() };
        }
    };
    let mut loaded = Loaded { again_counts_all: true, ..Loaded::default() };
    for (index, check_up) in check_ups.iter().enumerate() {
        let raw = Raw::of(&text, format, &check_ups);
        match write(service, check_up, &raw).await {
            Ok(counts) => loaded.counts.add(counts),
            Err(refused) => loaded.failed.push(refused.at(path, place(index + 1, check_ups.len()))),
        }
    }
    loaded
}

/// The record of that number, from 1; of a message with one record all of it.
fn place(record: usize, records: usize) -> Place {
    match record {
        record if record > 0 && records > 1 => Place::Record(record),
        _ => Place::Whole,
    }
}

/// Why a check-up was not written.
enum Refused {
    /// Nobody in the database has the number, or the message has none.
    UnknownPerson,
    /// Whoever has the number was born on another day.
    OtherPerson,
    Problem(Problem),
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl Refused {
    fn at(self, path: &Path, place: Place) -> Failed {
        match self {
            // The person may come with a later file.
            Self::UnknownPerson => Failed {
                again: true,
                ..Failed::of_file(
                    path,
                    place,
                    "check-up-person-unknown",
                    "no book has the number of the person",
                )
            },
            Self::OtherPerson => {
                let text = "the book of the number is of somebody who was born on another day";
                Failed::of_file(path, place, "check-up-person-differs", text)
            }
            Self::Problem(problem) => Failed::refused(path, place, &problem),
        }
    }
}

async fn write(service: &Service, check_up: &CheckUp, raw: &Raw<'_>) -> Result<Counts, Refused> {
    let identity = check_up.identity();
    let number = identity.number.ok_or(Refused::UnknownPerson)?;
    let patient = patient_of_citizen(service, &number).await?.ok_or(Refused::UnknownPerson)?;
    let known = stored(service, ResourceType::PATIENT, &patient).await?;
    let born = known.as_ref().and_then(|known| known.text("birthDate")).map(str::to_owned);
    // A book may know the year alone, or nothing.
    let day = identity.birth_date.to_string();
    if born.is_some_and(|born| !day.starts_with(&born)) {
        return Err(Refused::OtherPerson);
    }
    let organization = organization_of_facility(service, check_up.facility()).await?;
    let composition = "Composition"
        .parse::<ResourceType>()
        .ok()
        .zip(LogicalId::try_from(check_up.composition_id().as_str()).ok());
    let former = match composition {
        Some((kind, id)) => stored(service, kind, &id).await?,
        None => None,
    };
    let places = Places {
        patient: Some(format!("Patient/{patient}")),
        organization: organization.map(|organization| format!("Organization/{organization}")),
        former: former.as_ref().map(check_up::entries).unwrap_or_default(),
    };
    let bundle = check_up.transaction(&places, Some(raw)).to_json().into_bytes();
    let mut outcome = import_bundle(service, &CALLER, bundle).await?;
    match outcome.failed.pop() {
        None => Ok(Counts::of(&outcome)),
        Some((_, problem)) => Err(problem.into()),
    }
}

/// A resource as it is stored, for what the import itself has to know.
async fn stored(
    service: &Service,
    kind: ResourceType,
    id: &LogicalId,
) -> Result<Option<Node<'static>>, Problem> {
    let access = service.decide(&CALLER, access::Interaction::Read, Some(kind))?;
    let Some(record) = service.store().read(&access, kind, id).await? else { return Ok(None) };
    let text = record.inspect()?;
    Ok(text
        .and_then(|text| json::parse(text.as_bytes(), &Limits::default()).ok().map(|node| node.to_static())))
}
