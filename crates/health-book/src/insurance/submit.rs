//! `CoverageEligibilityRequest/$submit`: social insurance is asked, and the book has its answer.

use access::Caller;
use fhir::{Fault, Instant, LogicalId, ResourceType};
use interactions::{Problem, Service};
use population_registry::{
    BirthDate, CardDirectory, CardQuestion, CardReport, Freshness, RequestId, Staleness,
};
use serde_json::Value;

use super::coverage::{of_number, wanted};
use super::response::{is_answer, make_stale, request, response};
use super::submitted::Submitted;
use crate::HealthBook;
use crate::ledger::{Entry, Found, find, find_all, items, new_id, read, referred, text, write};
use crate::noted::concerns;
use crate::refusal::{internal, wrong};
use crate::registry::{may_change, note};
use crate::turn;

/// How often an answer is written anew when others write the same `Coverage`.
const ROUNDS: usize = 8;
/// Most cards of one person, and answers that are looked through.
const MOST: usize = 200;
/// What the operation is called in the log.
const NAME: &str = "CoverageEligibilityRequest/$submit";

/// Asks for a card, and answers a `CoverageEligibilityResponse`.
pub async fn submit(
    book: &HealthBook,
    cards: &dyn CardDirectory,
    caller: &Caller,
    submitted: &Submitted,
    now: Instant,
) -> Result<String, Problem> {
    let service = book.service();
    let patient = &submitted.patient;
    concerns(ResourceType::PATIENT, patient);
    let access = may_change(service, caller, patient).await?;
    let person = read(service, "Patient", patient).await?.ok_or_else(Problem::not_found)?;
    let card = submitted.number(service, caller, &person.resource).await?;
    let question = CardQuestion {
        card: card.clone(),
        name: name_of(&person.resource).ok_or_else(|| wrong("patient"))?,
        birth_date: BirthDate::try_from(text(&person.resource, "/birthDate"))
            .map_err(|_| wrong("patient"))?,
    };
    let id = RequestId::drawn(uuid::Uuid::now_v7().as_u64_pair().1);
    let answer = match cards.card(id, &question).await {
        Ok(answer) => kept(service, patient, &card, &answer.value, answer.asked_at).await?,
        Err(error) => {
            tracing::warn!(error = %error, "social insurance did not answer");
            let unavailable = || Problem::new(503, Fault::RegistryUnavailable);
            last_known(service, patient, &card, now).await?.ok_or_else(unavailable)?
        }
    };
    note(book, &access, &person, NAME).await?;
    Ok(answer.to_string())
}

/// The name that the registry has, else the first.
fn name_of(person: &Value) -> Option<String> {
    let names = items(person, "/name");
    let name = names.iter().find(|it| text(it, "/use") == "official").or(names.first())?;
    let whole = text(name, "/text");
    if !whole.is_empty() {
        return Some(whole.to_owned());
    }
    let given = items(name, "/given").iter().filter_map(Value::as_str);
    let parts: Vec<&str> = std::iter::once(text(name, "/family")).chain(given).collect();
    Some(parts.join(" ").trim().to_owned()).filter(|name| !name.is_empty())
}

/// Writes question, answer and cards in one transaction, and gives the answer.
async fn kept(
    service: &Service,
    patient: &LogicalId,
    card: &str,
    report: &CardReport,
    asked_at: Instant,
) -> Result<Value, Problem> {
    // Of two questions at one time both would make the same card.
    let _turn = turn::wait(service.store(), "card", patient.as_str()).await?;
    for _ in 0..ROUNDS {
        let known = find_all(service, "Coverage", &[("beneficiary", patient.to_string())], MOST).await?;
        let (mut entries, mut coverages) = (Vec::new(), Vec::new());
        for wanted in wanted(patient.as_str(), card, report, &known) {
            let before = of_number(&known, &wanted.number);
            let (id, entry) = entry(before, wanted.resource)?;
            coverages.push((id, wanted.is_in_force));
            entries.extend(entry);
        }
        let (asked, told) = (new_id()?, new_id()?);
        let answer = response(&told, (&asked, patient), report, &coverages, asked_at);
        entries.push(Entry::new(request(&asked, patient, card, asked_at)));
        entries.push(Entry::new(answer));
        match write(service, entries).await {
            Ok(()) => {
                let found = read(service, "CoverageEligibilityResponse", &told).await?;
                return found.map(|found| found.resource).ok_or_else(internal);
            }
            // Somebody else wrote one of the cards.
            Err(problem) if problem.status == 412 => {}
            Err(problem) => return Err(problem),
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// The id of a card in the book, and its write where there is something to write.
fn entry(before: Option<&Found>, mut resource: Value) -> Result<(LogicalId, Option<Entry>), Problem> {
    let Some(found) = before else {
        let id = new_id()?;
        if let Some(members) = resource.as_object_mut() {
            members.insert("id".to_owned(), Value::from(id.as_str()));
        }
        return Ok((id, Some(Entry::new(resource))));
    };
    let id = found.id()?;
    let content = |value: &Value| {
        let mut content = value.clone();
        content.as_object_mut().map(|members| members.remove("meta"));
        content
    };
    let is_same = content(&found.resource) == content(&resource);
    Ok((id, (!is_same).then(|| Entry::instead(found, &resource))))
}

/// The last answer about this card, with its age, while it may stand in for another.
async fn last_known(
    service: &Service,
    patient: &LogicalId,
    card: &str,
    now: Instant,
) -> Result<Option<Value>, Problem> {
    let pairs =
        [("patient", patient.to_string()), ("_sort", "-created".to_owned()), ("_count", MOST.to_string())];
    let (answers, _) = find(service, "CoverageEligibilityResponse", &pairs).await?;
    for mut found in answers.into_iter().filter(|found| is_answer(&found.resource)) {
        let asked = referred(&found.resource, "/request/reference", "CoverageEligibilityRequest");
        let Some(asked) = asked else { continue };
        let Some(asked) = read(service, "CoverageEligibilityRequest", &asked).await? else { continue };
        let known = items(&asked.resource, "/insurance").first();
        if known.is_none_or(|known| text(known, "/coverage/identifier/value") != card) {
            continue;
        }
        let Ok(at) = Instant::try_from(text(&found.resource, "/created")) else { continue };
        if matches!(Staleness::default().judge(at, now), Freshness::Expired) {
            return Ok(None);
        }
        let age = now.microseconds().saturating_sub(at.microseconds()) / 1_000_000;
        make_stale(&mut found.resource, u64::try_from(age).unwrap_or_default());
        return Ok(Some(found.resource));
    }
    Ok(None)
}
