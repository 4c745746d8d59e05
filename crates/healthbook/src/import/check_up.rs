//! Messages of check-ups (`docs/check-up.md`) among the files: each becomes a transaction into the book of its person.

use std::path::Path;

use exchange::check_up::{self, CheckUp, Format, Raw};
use fhir::Instant;
use health_book::HealthBook;
use health_book::check_up::{Person, Unverified, person, write};
use interactions::{Problem, organization_of_facility};

use super::load::{CALLER, Loaded};
use super::report::{Counts, Failed, Place};

/// Whether a file holds a message and no resource: it is XML, or its beginning names the message.
pub fn is_message(head: &[u8]) -> bool {
    let names = |name: &[u8]| head.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name));
    Format::of(head) == Format::Xml
        || (names(b"\"khamsuckhoe\"") || names(b"\"thongtinhoso\"")) && !names(b"\"resourceType\"")
}

/// Loads a message: all its faults, or each of its records for itself.
pub async fn load(book: &HealthBook, path: &Path, text: Vec<u8>) -> Loaded {
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
                ..Failed::of_file(path, Place::of_record(fault.record, 2), fault.code(), fault.rule.english())
            });
            return Loaded { failed: failed.collect(), ..Loaded::default() };
        }
    };
    let mut loaded = Loaded { again_counts_all: true, ..Loaded::default() };
    for (index, check_up) in check_ups.iter().enumerate() {
        let raw = Raw::of(&text, format, &check_ups);
        match record(book, check_up, &raw).await {
            Ok(counts) => loaded.counts.add(counts),
            Err(refused) => {
                loaded.failed.push(refused.at(path, Place::of_record(index + 1, check_ups.len())));
            }
        }
    }
    loaded
}

/// Why a check-up was not written.
enum Refused {
    /// It is not known whose it is.
    Person(Unverified),
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
            Self::Person(reason) => Failed {
                expression: Some(reason.place().to_owned()),
                // The person may come with a later file.
                again: reason == Unverified::Unknown,
                ..Failed::of_file(path, place, reason.code(), reason.words().0)
            },
            Self::Problem(problem) => Failed::refused(path, place, &problem),
        }
    }
}

async fn record(book: &HealthBook, check_up: &CheckUp, raw: &Raw<'_>) -> Result<Counts, Refused> {
    let patient = match person(book, &check_up.identity(), Instant::now()).await? {
        Person::Is(patient) => patient,
        Person::Nobody(reason, _) => return Err(Refused::Person(reason)),
        Person::Later => return Err(Problem::new(503, fhir::Fault::RegistryUnavailable).into()),
    };
    let organization = organization_of_facility(book.service(), check_up.facility()).await?;
    let done = write(book.service(), &CALLER, &patient, organization.as_ref(), check_up, raw).await?;
    Ok(Counts::of(&done))
}
