//! Merging: both `Patient`s say so in one transaction, and from then on the books are one.

use access::MERGE;
use fhir::{Fault, LogicalId};
use interactions::Problem;
use serde_json::{Map, Value, json};

use super::{Word, replaced_by, replacing_numbers};
use crate::HealthBook;
use crate::ledger::{Entry, Found, items, read, text, write};
use crate::refusal::{Rule, internal};
use crate::turn;

/// People who can be one.
const MOST: usize = 16;
/// How often it is judged again when others write the same people.
const ROUNDS: usize = 16;
/// Merges take turns: that none closes a circle is looked at before it is written.
pub(super) const TURN: (&str, &str) = ("merging", "people");

/// Makes one of two people. Again it changes nothing. `false`, and nothing is done, when it is the word of the registry and
/// that has taken it back.
pub(super) async fn join(
    book: &HealthBook,
    survivor: &LogicalId,
    other: &LogicalId,
    word: Word,
) -> Result<bool, Problem> {
    // Who is told again what is done already waits for nobody.
    let people = pair(book, survivor, other).await?;
    if let Some(is_done) = settled(book, (survivor, &people.0), (other, &people.1), word).await? {
        return Ok(is_done);
    }
    let _turn = turn::wait(book.service().store(), TURN.0, TURN.1).await?;
    for _ in 0..ROUNDS {
        let (stays, goes) = pair(book, survivor, other).await?;
        if let Some(is_done) = settled(book, (survivor, &stays), (other, &goes), word).await? {
            return Ok(is_done);
        }
        check(book, (survivor, &stays), (other, &goes)).await?;
        let entries = vec![
            Entry::instead(&stays, &replacing(&stays.resource, other)),
            Entry::instead(&goes, &replaced(&goes.resource, survivor, word)),
        ];
        match write(book.service(), entries).await {
            // Somebody was quicker.
            Err(problem) if problem.status == 412 => {}
            done => return done.map(|()| true),
        }
    }
    Err(Problem::new(409, Fault::ConditionUnstable))
}

/// Whether there is nothing to do: `true` when it is done, `false` when the registry has taken its word back.
async fn settled(
    book: &HealthBook,
    (survivor, stays): (&LogicalId, &Found),
    (other, goes): (&LogicalId, &Found),
    word: Word,
) -> Result<Option<bool>, Problem> {
    if word == Word::Registry && !is_replaced(&goes.resource, &stays.resource) {
        return Ok(Some(false));
    }
    let is_done = Word::of(&goes.resource) == Some(word) && is_joined(book, survivor, other).await?;
    Ok(is_done.then_some(true))
}

/// Whether the registry says still that one has the number that replaces the other's.
fn is_replaced(goes: &Value, stays: &Value) -> bool {
    let is_number = |it: &&Value| interactions::is_citizen_number(text(it, "/system"));
    let numbers = || items(stays, "/identifier").iter().filter(is_number).map(|it| text(it, "/value"));
    replacing_numbers(goes).any(|number| numbers().any(|its| its == number))
}

/// Both people; 404 when one is not there.
pub(super) async fn pair(
    book: &HealthBook,
    survivor: &LogicalId,
    other: &LogicalId,
) -> Result<(Found, Found), Problem> {
    let read = async |id| read(book.service(), "Patient", id).await?.ok_or_else(Problem::not_found);
    Ok((read(survivor).await?, read(other).await?))
}

/// Whether one replaces the other directly.
pub(super) async fn is_joined(
    book: &HealthBook,
    survivor: &LogicalId,
    other: &LogicalId,
) -> Result<bool, Problem> {
    let merge = book.service().store().merge_of(other, survivor).await?;
    Ok(merge.is_some_and(|merge| merge.ended.is_none()))
}

async fn check(
    book: &HealthBook,
    (survivor, stays): (&LogicalId, &Found),
    (other, goes): (&LogicalId, &Found),
) -> Result<(), Problem> {
    let store = book.service().store();
    if survivor == other || store.replacing(survivor).await?.contains(other) {
        return Err(Rule::NotPossible.into());
    }
    if replaced_by(&goes.resource).is_some_and(|by| by != *survivor) {
        return Err(Rule::AlreadyMerged.into());
    }
    if store.one_person(survivor).await?.len() + store.one_person(other).await?.len() > MOST {
        return Err(Rule::NotPossible.into());
    }
    if is_shielded(book, &stays.resource) != is_shielded(book, &goes.resource) {
        return Err(Rule::ShieldDiffers.into());
    }
    Ok(())
}

/// Whether the `Patient` carries the label of the location shield.
fn is_shielded(book: &HealthBook, patient: &Value) -> bool {
    let policy = book.service().policy();
    let table = policy.document().labels();
    items(patient, "/meta/security").iter().any(|coding| {
        let part = |name: &str| coding.get(name).and_then(Value::as_str);
        table.of_security(part("system"), part("code"), true) == table.shield()
    })
}

fn link_to(other: &LogicalId, kind: &str) -> Value {
    json!({"other": {"reference": format!("Patient/{other}")}, "type": kind})
}

pub(super) fn is_link_to(link: &Value, other: &LogicalId, kind: &str) -> bool {
    text(link, "/type") == kind && text(link, "/other/reference") == format!("Patient/{other}")
}

/// The `Patient` that replaces another.
fn replacing(patient: &Value, other: &LogicalId) -> Value {
    let mut links = items(patient, "/link").to_vec();
    if !links.iter().any(|link| is_link_to(link, other, "replaces")) {
        links.push(link_to(other, "replaces"));
    }
    with(patient, |members| put_list(members, "link", links))
}

/// The `Patient` that is replaced. Whether it was active before is kept, to be told again.
fn replaced(patient: &Value, survivor: &LogicalId, word: Word) -> Value {
    let mut links = items(patient, "/link").to_vec();
    if !links.iter().any(|link| is_link_to(link, survivor, "replaced-by")) {
        links.push(link_to(survivor, "replaced-by"));
    }
    let mut parts = vec![
        json!({"url": "into", "valueId": survivor.as_str()}),
        json!({"url": "word", "valueCode": word.code()}),
    ];
    if let Some(active) = patient.get("active").and_then(Value::as_bool).filter(|_| word != Word::Registry) {
        parts.push(json!({"url": "active", "valueBoolean": active}));
    }
    with(patient, |members| {
        put_list(members, "link", links);
        put_merge(members, json!({"url": MERGE, "extension": parts}));
        members.insert("active".to_owned(), json!(false));
    })
}

/// Puts what is told of being replaced in the place of what was told before.
pub(super) fn put_merge(members: &mut Map<String, Value>, merge: Value) {
    let whole = Value::Object(members.clone());
    let mut extensions: Vec<Value> =
        items(&whole, "/extension").iter().filter(|it| text(it, "/url") != MERGE).cloned().collect();
    extensions.push(merge);
    put_list(members, "extension", extensions);
}

pub(super) fn put_list(members: &mut Map<String, Value>, name: &str, values: Vec<Value>) {
    if values.is_empty() {
        members.remove(name);
    } else {
        members.insert(name.to_owned(), Value::Array(values));
    }
}

pub(super) fn with(patient: &Value, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut patient = patient.clone();
    if let Some(members) = patient.as_object_mut() {
        change(members);
    }
    patient
}

/// What is kept as JSON.
pub(super) fn kept<T: serde::Serialize>(value: &T) -> Result<String, Problem> {
    serde_json::to_string(value).map_err(|_| internal())
}
