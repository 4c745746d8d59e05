//! Whose books a citizen may open besides the own one: those whose `Patient` the gate shows to the citizen.

use access::{Actor, Caller, Identity, Interaction};
use auth::{AuthError, EntrustedBook, EntrustedBooks, FindingBooks};
use fhir::{LogicalId, ResourceType};
use interactions::{Problem, SearchRequest, Service};
use record_store::Journal;
use serde_json::Value;

/// Most people on one page: the list is for reading.
const MOST: &str = "50";

/// Asks the gate.
pub struct Gate(pub Service);

impl EntrustedBooks for Gate {
    fn of<'a>(&'a self, citizen: &'a LogicalId) -> FindingBooks<'a> {
        Box::pin(async move {
            let found = find(&self.0, citizen).await.map_err(|problem| {
                tracing::warn!(status = problem.status, "it cannot be found which books are entrusted");
                AuthError::Books
            })?;
            let bundle: Value = serde_json::from_str(&found).map_err(|_| AuthError::Books)?;
            let entries =
                bundle.get("entry").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let books = entries.iter().filter_map(book);
            Ok(books.filter(|book| book.patient != *citizen).collect())
        })
    }
}

/// All that a citizen sees of persons, with the reach of the citizen and not of an app. The page on which the citizen chooses
/// tells no log who asks: in the books of others it is the citizen who looked.
async fn find(service: &Service, citizen: &LogicalId) -> Result<String, Problem> {
    let actor = Actor::Citizen { patient: citizen.clone() };
    // The page is ours: there is no client.
    let identity = Identity { client: String::new(), ..Identity::new(citizen.as_str(), actor) };
    let caller = Caller::Authenticated(identity.into());
    if let Some(journal) = Journal::current() {
        journal.asked_by(interactions::origin_of(&caller));
    }
    let access = service.decide(&caller, Interaction::Search, Some(ResourceType::PATIENT))?;
    let request = SearchRequest {
        resource_type: Some(ResourceType::PATIENT),
        pairs: vec![("_count".to_owned(), MOST.to_owned())],
        ..SearchRequest::default()
    };
    interactions::search(service, &access, request).await
}

fn book(entry: &Value) -> Option<EntrustedBook> {
    let patient = entry.get("resource")?;
    let id = LogicalId::try_from(patient.get("id")?.as_str()?).ok()?;
    Some(EntrustedBook { name: name(patient).unwrap_or_else(|| id.to_string()), patient: id })
}

/// The name as it is written, else put together from its parts: in Vietnam the family stands first.
fn name(patient: &Value) -> Option<String> {
    let name = patient.get("name")?.get(0)?;
    if let Some(text) = name.get("text").and_then(Value::as_str) {
        return Some(text.to_owned());
    }
    let family = name.get("family").and_then(Value::as_str);
    let given = name.get("given").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let parts: Vec<&str> = family.into_iter().chain(given.iter().filter_map(Value::as_str)).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_person_is_called_by_the_name_or_by_the_id() {
        let named = |name: Value| book(&json!({"resource": {"id": "p-1", "name": name}})).unwrap().name;
        assert_eq!(named(json!([{"text": "Trần Văn An"}])), "Trần Văn An");
        assert_eq!(named(json!([{"family": "Trần", "given": ["Văn", "An"]}])), "Trần Văn An");
        assert_eq!(named(json!([{}])), "p-1");
        assert!(book(&json!({"resource": {}})).is_none());
    }
}
