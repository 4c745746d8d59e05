//! What of a `CoverageEligibilityRequest` is read: whose card, and which number it has.

use access::{Caller, Interaction};
use fhir::{Fault, LogicalId};
use interactions::{Problem, Service};
use serde_json::Value;

use super::CARD;
use crate::ledger::{items, read_as, referred, text};
use crate::noted::concerns;
use crate::vocabulary::{CITIZEN_NUMBER, kind};

/// A question about a card, as it was sent.
pub struct Submitted {
    pub(super) patient: LogicalId,
    card: Named,
}

/// How the card is named.
enum Named {
    Number(String),
    /// A `Coverage` that is in the book.
    Coverage(LogicalId),
    /// Not at all: by the citizen number.
    Person,
}

fn wrong(name: &str) -> Problem {
    Problem::bad_request(Fault::OperationParameterValue { name: name.to_owned() })
}

fn missing(name: &str) -> Problem {
    Problem::bad_request(Fault::OperationParameterMissing { name: name.to_owned() })
}

impl Submitted {
    /// From the request itself, or from `Parameters` that hold it as `resource`.
    pub fn read(body: &[u8]) -> Result<Self, Problem> {
        // The size is bounded by whoever reads the body, the depth by this reader.
        let sent: Value = serde_json::from_slice(body).map_err(|_| wrong("resource"))?;
        let inner = items(&sent, "/parameter").iter().find(|it| text(it, "/name") == "resource");
        let request = match (text(&sent, "/resourceType"), inner) {
            ("Parameters", Some(inner)) => inner.get("resource").ok_or_else(|| missing("resource"))?,
            ("Parameters", None) => return Err(missing("resource")),
            _ => &sent,
        };
        if text(request, "/resourceType") != "CoverageEligibilityRequest" {
            return Err(wrong("resource"));
        }
        if request.pointer("/patient/reference").is_none() {
            return Err(missing("patient"));
        }
        let patient = referred(request, "/patient/reference", "Patient").ok_or_else(|| wrong("patient"))?;
        Ok(Self { patient, card: named(request)? })
    }

    /// The number under which the card is looked for.
    pub(super) async fn number(
        &self,
        service: &Service,
        caller: &Caller,
        person: &Value,
    ) -> Result<String, Problem> {
        let number = match &self.card {
            Named::Number(number) => number.clone(),
            Named::Coverage(id) => {
                // Whose it is may be told to who sees it; to others it is none.
                concerns(kind("Coverage")?, id);
                let found = match service.decide(caller, Interaction::Read, Some(kind("Coverage")?)) {
                    Ok(access) => read_as(service, &access, kind("Coverage")?, id).await?,
                    Err(_) => None,
                };
                let of_person = found.filter(|found| {
                    referred(&found.resource, "/beneficiary/reference", "Patient").as_ref()
                        == Some(&self.patient)
                });
                let found = of_person.ok_or_else(|| wrong("insurance.coverage"))?;
                number_of(&found.resource).ok_or_else(|| wrong("insurance.coverage"))?.to_owned()
            }
            Named::Person => citizen_number(person).ok_or_else(|| missing("insurance.coverage"))?.to_owned(),
        };
        if is_number(&number) { Ok(number) } else { Err(wrong("insurance.coverage")) }
    }
}

fn named(request: &Value) -> Result<Named, Problem> {
    let Some(coverage) = items(request, "/insurance").first().and_then(|it| it.get("coverage")) else {
        return Ok(Named::Person);
    };
    let reference = text(coverage, "/reference");
    if let Some(contained) = reference.strip_prefix('#') {
        let found = items(request, "/contained").iter().find(|it| text(it, "/id") == contained);
        let number = found.and_then(number_of).ok_or_else(|| wrong("insurance.coverage"))?;
        return Ok(Named::Number(number.to_owned()));
    }
    if !reference.is_empty() {
        let id = referred(coverage, "/reference", "Coverage").ok_or_else(|| wrong("insurance.coverage"))?;
        return Ok(Named::Coverage(id));
    }
    match text(coverage, "/identifier/value") {
        "" => Ok(Named::Person),
        number => Ok(Named::Number(number.to_owned())),
    }
}

/// The number of a `Coverage`.
pub(super) fn number_of(coverage: &Value) -> Option<&str> {
    let card = items(coverage, "/identifier").iter().find(|it| text(it, "/system") == CARD);
    let number = card.map(|it| text(it, "/value")).filter(|number| !number.is_empty());
    number.or_else(|| Some(text(coverage, "/subscriberId")).filter(|number| !number.is_empty()))
}

fn citizen_number(person: &Value) -> Option<&str> {
    let all = items(person, "/identifier").iter();
    let mut current = all.filter(|it| text(it, "/system") == CITIZEN_NUMBER && text(it, "/use") != "old");
    current.next().map(|it| text(it, "/value"))
}

/// A card of fifteen characters, the ten digits of social insurance, or the twelve of a citizen.
fn is_number(text: &str) -> bool {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        10 | 12 => is_digits(text),
        15 => match text.split_at_checked(2) {
            Some((group, rest)) => group.bytes().all(|byte| byte.is_ascii_uppercase()) && is_digits(rest),
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_fifteen_ten_or_twelve_places() {
        for good in ["GD4990990000011", "9900000001", "099190000001"] {
            assert!(is_number(good), "{good}");
        }
        for bad in
            ["", "gd4990990000011", "GD499099000001é", "99000000012", "éé49909900001", "TE1&x=9900000001"]
        {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
