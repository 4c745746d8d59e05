//! `X-Provenance`: a `Provenance` that comes with a resource and is stored in the same transaction
//! (<https://hl7.org/fhir/R4/provenance.html#header>).

use std::borrow::Cow;
use std::sync::Arc;

use access::Caller;
use fhir::{Fault, Issue, LogicalId, ResourceType, VersionId};
use json::{Limits, Node, Span, Value};

use super::PROVENANCE;
use crate::bundle::{Action, Entry, Identities, Outcome, run_transaction};
use crate::{Problem, Service, Stored};

/// The name of the header.
const HEADER: &str = "X-Provenance";
/// Most bytes of it.
const LONGEST: usize = 16 << 10;
/// What the resource is called within the transaction.
const SUBJECT: &str = "urn:uuid:0b1c9d4e-7f0a-4c57-9a39-5d1d2f6f1c01";

/// `POST [type]` with a `Provenance`.
pub async fn create_with_provenance(
    service: &Service,
    caller: &Caller,
    resource_type: ResourceType,
    body: &[u8],
    header: &str,
) -> Result<Stored, Problem> {
    let action = Action::Create { resource_type, criteria: None };
    write(service, caller, action, body, header, Some(1)).await
}

/// `PUT [type]/[id]` with a `Provenance`. Its target has a version where the caller names the one before it.
pub async fn update_with_provenance(
    service: &Service,
    caller: &Caller,
    (resource_type, id): (ResourceType, &LogicalId),
    body: &[u8],
    if_match: Option<VersionId>,
    header: &str,
) -> Result<Stored, Problem> {
    let next = if_match.and_then(|version| version.get().checked_add(1));
    let action = Action::Update { resource_type, id: id.clone(), if_match };
    write(service, caller, action, body, header, next).await
}

/// Runs both as a transaction: each asks the gate by itself, and both are stored or neither.
async fn write(
    service: &Service,
    caller: &Caller,
    action: Action,
    body: &[u8],
    header: &str,
    version: Option<u32>,
) -> Result<Stored, Problem> {
    let provenance = with_target(header, version)?;
    let behind = |length: usize| u32::try_from(length).map_err(|_| invalid());
    let (middle, end) = (behind(body.len())?, behind(body.len().saturating_add(provenance.len()))?);
    let text = [body, provenance.as_bytes()].concat();
    let kind = PROVENANCE.parse().map_err(|_| invalid())?;
    let entries = vec![
        Entry {
            index: 0,
            full_url: Some(SUBJECT.to_owned()),
            resource: Some(Span { start: 0, end: middle }),
            action: Ok(action),
        },
        Entry {
            index: 1,
            full_url: None,
            resource: Some(Span { start: middle, end }),
            action: Ok(Action::Create { resource_type: kind, criteria: None }),
        },
    ];
    let outcomes = run_transaction(service, caller, Arc::new(text), Arc::new(entries), Identities::New).await;
    match outcomes.map_err(as_one)?.into_iter().next() {
        Some(Outcome::Stored(stored)) => Ok(stored),
        _ => Err(Problem::new(500, Fault::Internal)),
    }
}

fn invalid() -> Problem {
    Problem::bad_request(Fault::InvalidHeader { name: HEADER.to_owned() })
}

/// The resource of the header with its target, which it must not have: the server says what was written.
fn with_target(header: &str, version: Option<u32>) -> Result<String, Problem> {
    if header.len() > LONGEST {
        return Err(invalid());
    }
    let mut resource = json::parse(header.as_bytes(), &Limits::default()).map_err(|_| invalid())?;
    if resource.text("resourceType") != Some(PROVENANCE) || resource.get("target").is_some() {
        return Err(invalid());
    }
    let target =
        version.map_or_else(|| SUBJECT.to_owned(), |version| format!("{SUBJECT}/_history/{version}"));
    let reference = vec![(Cow::from("reference"), Node::string(&target))];
    let targets = Node::new(Value::Array(vec![Node::new(Value::Object(reference))]));
    if let Value::Object(members) = &mut resource.value {
        members.push((Cow::from("target"), targets));
    }
    let mut text = String::with_capacity(header.len() + 100);
    resource.write(&mut text);
    Ok(text)
}

/// A refusal as one of the resource: nobody has sent a Bundle.
fn as_one(problem: Problem) -> Problem {
    let place = |issue: Issue| {
        let expression = issue.expression.as_deref().unwrap_or_default();
        let expression = match (expression.strip_prefix("Bundle.entry["), expression.contains("[1]")) {
            (Some(_), true) => Some(HEADER.to_owned()),
            (Some(rest), false) => rest.split_once("].resource").map(|(_, rest)| format!("Resource{rest}")),
            (None, _) => issue.expression.clone(),
        };
        Issue { expression, ..issue }
    };
    Problem { issues: problem.issues.into_iter().map(place).collect(), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_says_what_was_written() {
        let header = r#"{"resourceType":"Provenance","recorded":"2026-11-29T08:00:00+07:00"}"#;
        let text = with_target(header, Some(3)).unwrap();
        assert!(text.contains(&format!(r#""target":[{{"reference":"{SUBJECT}/_history/3"}}]"#)), "{text}");
        let long = format!(r#"{{"resourceType":"Provenance","id":"{}"}}"#, "x".repeat(LONGEST));
        for refused in [
            "",
            "{",
            "[]",
            "1",
            r#"{"resourceType":"Patient"}"#,
            r#"{"resourceType":"Provenance","target":[]}"#,
            &long,
        ] {
            assert_eq!(with_target(refused, None).unwrap_err().status, 400, "{refused}");
        }
    }

    #[test]
    fn a_refusal_speaks_of_the_resource_or_of_the_header() {
        let at = |place: &str| {
            let issue = Issue::error(Fault::MissingId).at(place);
            as_one(Problem::from_issue(400, issue)).issues[0].expression.clone()
        };
        assert_eq!(at("Bundle.entry[0].resource.status").as_deref(), Some("Resource.status"));
        assert_eq!(at("Bundle.entry[1].resource.agent").as_deref(), Some(HEADER));
    }
}
