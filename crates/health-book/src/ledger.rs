//! What the server itself reads and writes in books, as a background job: whole resources, in one transaction.

use access::{Access, Caller, Interaction, Shield};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fhir::{LogicalId, ResourceType, VersionId};
use interactions::{
    PAGE_PARAMETER, PatchDocument, PatchFormat, Problem, Return, SearchRequest, Service, Stored,
};
use record_store::{Journal, Record};
use serde_json::{Value, json};

use crate::refusal::internal;
use crate::vocabulary::{CITIZEN_NUMBER, FACILITY_CODE, kind};

/// The server acts for the citizen.
pub(crate) const SERVER: Caller = Caller::Background { job: "sharing" };

/// A resource with the version that was read.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) version: VersionId,
    pub(crate) resource: Value,
}

impl Found {
    pub(crate) fn id(&self) -> Result<LogicalId, Problem> {
        LogicalId::try_from(text(&self.resource, "/id")).map_err(|_| internal())
    }
}

/// Something that is to be written.
pub(crate) enum Entry {
    New(Value),
    /// Operations of JSON Patch on a version: all else of it stays to the letter, whoever has written it.
    Changed {
        url: String,
        version: VersionId,
        operations: Vec<Value>,
    },
}

impl Entry {
    /// Under a new id.
    pub(crate) fn new(resource: Value) -> Self {
        Self::New(resource)
    }

    /// In place of a version.
    pub(crate) fn instead(found: &Found, resource: &Value) -> Self {
        let operations = differences(&found.resource, resource);
        Self::Changed { url: url(&found.resource), version: found.version, operations }
    }

    fn into_json(self) -> Result<Value, Problem> {
        Ok(match self {
            Self::New(resource) => {
                let request = json!({"method": "PUT", "url": url(&resource)});
                json!({"resource": resource, "request": request})
            }
            Self::Changed { url, version, operations } => {
                let operations = serde_json::to_vec(&operations).map_err(|_| internal())?;
                let patch = json!({"resourceType": "Binary", "contentType": "application/json-patch+json",
                    "data": STANDARD.encode(operations)});
                let request = json!({"method": "PATCH", "url": url, "ifMatch": format!("W/\"{version}\"")});
                json!({"resource": patch, "request": request})
            }
        })
    }
}

fn url(resource: &Value) -> String {
    format!("{}/{}", text(resource, "/resourceType"), text(resource, "/id"))
}

/// What makes one resource of another one, member by member. Where nothing does, the version is checked all the same.
fn differences(before: &Value, after: &Value) -> Vec<Value> {
    let path = |name: &str| format!("/{}", name.replace('~', "~0").replace('/', "~1"));
    let members = |resource: &Value| resource.as_object().cloned().unwrap_or_default();
    let (before, after) = (members(before), members(after));
    let mut operations = vec![json!({"op": "test", "path": "/id", "value": before.get("id")})];
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    operations.extend(gone.map(|name| json!({"op": "remove", "path": path(name)})));
    let new = after.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    operations.extend(new.map(|(name, value)| json!({"op": "add", "path": path(name), "value": value})));
    operations
}

/// The text at a JSON pointer; empty when there is none.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of an array at a JSON pointer.
pub(crate) fn items<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The id in a reference of a type: `Patient/1`.
pub(crate) fn referred(value: &Value, pointer: &str, of: &str) -> Option<LogicalId> {
    let id = text(value, pointer).strip_prefix(of)?.strip_prefix('/')?;
    LogicalId::try_from(id).ok()
}

/// A new id. Version 7: ids of one time lie together.
pub(crate) fn new_id() -> Result<LogicalId, Problem> {
    LogicalId::try_from(uuid::Uuid::now_v7().to_string().as_str()).map_err(|_| internal())
}

fn everything(service: &Service) -> Result<Access, Problem> {
    Ok(service.decide(&SERVER, Interaction::Update, None)?)
}

/// A resource as an access sees it; `None` when it is not there, or deleted.
pub(crate) async fn read_as(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<Option<Found>, Problem> {
    let Some(record) = service.store().read(access, resource_type, id).await? else { return Ok(None) };
    found_of(&record)
}

/// A record that was read; `None` when it is deleted.
pub(crate) fn found_of(record: &Record) -> Result<Option<Found>, Problem> {
    let Some(json) = record.inspect()? else { return Ok(None) };
    let resource = serde_json::from_str(&json).map_err(|_| internal())?;
    Ok(Some(Found { version: record.version, resource }))
}

/// A resource as the server sees it.
pub(crate) async fn read(service: &Service, name: &str, id: &LogicalId) -> Result<Option<Found>, Problem> {
    read_as(service, &everything(service)?, kind(name)?, id).await
}

/// A page of a search by an access, and the link to the next one.
pub(crate) async fn find_as(
    service: &Service,
    access: &Access,
    name: &str,
    pairs: &[(&str, String)],
) -> Result<(Vec<Found>, Option<String>), Problem> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let request =
        SearchRequest { resource_type: Some(kind(name)?), pairs, strict: true, ..SearchRequest::default() };
    let bundle = interactions::search(service, access, request).await?;
    let bundle: Value = serde_json::from_str(&bundle).map_err(|_| internal())?;
    let next = items(&bundle, "/link").iter().find(|link| text(link, "/relation") == "next");
    let next = next.and_then(|link| {
        let (_, query) = text(link, "/url").split_once('?')?;
        let pairs = interactions::pairs(query).ok()?;
        pairs.into_iter().find(|(name, _)| name == PAGE_PARAMETER).map(|(_, value)| value)
    });
    let matches = items(&bundle, "/entry").iter().filter(|entry| text(entry, "/search/mode") == "match");
    let found = matches.filter_map(|entry| {
        let resource = entry.get("resource")?.clone();
        let version = VersionId::try_from(text(&resource, "/meta/versionId")).ok()?;
        Some(Found { version, resource })
    });
    Ok((found.collect(), next))
}

/// A page of a search by the server. What it finds is shown to nobody: who asks for an act learns what the act tells, and
/// that is noted by the act.
pub(crate) async fn find(
    service: &Service,
    name: &str,
    pairs: &[(&str, String)],
) -> Result<(Vec<Found>, Option<String>), Problem> {
    let access = service.decide(&SERVER, Interaction::Search, None)?;
    // Boxed: a search is a large future, and the acts hold several.
    Journal::new(uuid::Uuid::nil()).scope(Box::pin(find_as(service, &access, name, pairs))).await
}

/// All pages of a search by the server, up to a bound.
pub(crate) async fn find_all(
    service: &Service,
    name: &str,
    pairs: &[(&str, String)],
    most: usize,
) -> Result<Vec<Found>, Problem> {
    let mut pairs = pairs.to_vec();
    pairs.push(("_count", "200".to_owned()));
    let (mut all, mut next) = find(service, name, &pairs).await?;
    while let Some(page) = next.take().filter(|_| all.len() < most) {
        let (more, after) = find(service, name, &[(PAGE_PARAMETER, page)]).await?;
        all.extend(more);
        next = after;
    }
    all.truncate(most);
    Ok(all)
}

/// Whether a resource (a `Consent`, a `Task`) is the word of the server. What somebody writes by FHIR under a relation that has
/// an act of its own grants nothing, and no act may make it its own.
pub(crate) async fn is_made_here(service: &Service, name: &str, id: &LogicalId) -> Result<bool, Problem> {
    Ok(service.store().is_word_of_server(kind(name)?, id).await?)
}

/// Those of a page of which that holds.
async fn made_here(service: &Service, name: &str, page: Vec<Found>) -> Result<Vec<Found>, Problem> {
    let ids = page.iter().map(Found::id).collect::<Result<Vec<_>, _>>()?;
    let ours = service.store().words_of_server(kind(name)?, &ids).await?;
    let found = page.into_iter().zip(ids).filter(|(_, id)| ours.contains(id));
    Ok(found.map(|(found, _)| found).collect())
}

/// The resources of a type of which that holds, up to a bound. What somebody else has written does not count: it hides none.
pub(crate) async fn find_made_here(
    service: &Service,
    name: &str,
    pairs: &[(&str, String)],
    most: usize,
) -> Result<Vec<Found>, Problem> {
    let mut pairs = pairs.to_vec();
    pairs.push(("_count", "200".to_owned()));
    let (page, mut next) = find(service, name, &pairs).await?;
    let mut all = made_here(service, name, page).await?;
    while let Some(page) = next.take().filter(|_| all.len() < most) {
        let (more, after) = find(service, name, &[(PAGE_PARAMETER, page)]).await?;
        all.extend(made_here(service, name, more).await?);
        next = after;
    }
    all.truncate(most);
    Ok(all)
}

/// The `Patient` of a citizen number; `None` when there is none, or more than one.
pub(crate) async fn citizen(service: &Service, number: &str) -> Result<Option<Found>, Problem> {
    if number.len() != 12 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    only(service, "Patient", &format!("{CITIZEN_NUMBER}|{number}")).await
}

/// The `Organization` of a facility code or id.
pub(crate) async fn facility(service: &Service, code: &str) -> Result<Option<Found>, Problem> {
    let Ok(id) = LogicalId::try_from(code) else { return Ok(None) };
    match only(service, "Organization", &format!("{FACILITY_CODE}|{code}")).await? {
        Some(found) => Ok(Some(found)),
        None => read(service, "Organization", &id).await,
    }
}

async fn only(service: &Service, name: &str, identifier: &str) -> Result<Option<Found>, Problem> {
    let pairs = [("identifier", identifier.to_owned()), ("_count", "2".to_owned())];
    let (mut found, _) = find(service, name, &pairs).await?;
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Writes all of it or nothing.
pub(crate) async fn write(service: &Service, entries: Vec<Entry>) -> Result<(), Problem> {
    let entries = entries.into_iter().map(Entry::into_json).collect::<Result<Vec<_>, _>>()?;
    let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": entries});
    let answer =
        interactions::process_bundle(service, &SERVER, bundle.to_string().into_bytes(), Return::Minimal)
            .await;
    match answer {
        Ok(_) => Ok(()),
        // A code that the policy does not know, such as a label, is the caller's: 422.
        Err(problem) if problem.status == 400 => {
            tracing::error!(issues = ?problem.issues.iter().map(|issue| issue.fault.code()).collect::<Vec<_>>(),
                "the server's own resource is refused");
            Err(internal())
        }
        // It was deleted since it was read: somebody was quicker.
        Err(problem) if problem.status == 410 => Err(Problem::version_conflict(None)),
        Err(problem) => Err(problem),
    }
}

/// Writes a resource under an id that nothing has; `false` when something has it.
pub(crate) async fn create(service: &Service, id: &LogicalId, resource: &Value) -> Result<bool, Problem> {
    let (access, kind) = (everything(service)?, kind(text(resource, "/resourceType"))?);
    let body = serde_json::to_vec(resource).map_err(|_| internal())?;
    Ok(interactions::create_under(service, &access, kind, id, &body).await?.is_some())
}

/// Changes parts of a resource and nothing else of it, on the condition that it is still this version.
pub(crate) async fn patch_as(
    service: &Service,
    access: &Access,
    name: &str,
    found: &Found,
    operations: &[Value],
) -> Result<Stored, Problem> {
    let text = serde_json::to_vec(operations).map_err(|_| internal())?;
    let document = PatchDocument { format: PatchFormat::JsonPatch, text: text.into() };
    interactions::patch(service, access, kind(name)?, &found.id()?, &document, Some(found.version)).await
}

/// The same by the server.
pub(crate) async fn patch(
    service: &Service,
    name: &str,
    found: &Found,
    operations: &[Value],
) -> Result<Stored, Problem> {
    patch_as(service, &everything(service)?, name, found, operations).await
}

/// Whether the location shield has taken something out of a resource.
pub(crate) fn is_redacted(resource: &Value) -> bool {
    let marks =
        |coding: &Value| text(coding, "/system") == Shield::SYSTEM && text(coding, "/code") == Shield::CODE;
    items(resource, "/meta/security").iter().any(marks)
}

/// The operation that puts a coding into `meta.security`; `None` when it is there.
pub(crate) fn with_label(resource: &Value, system: &str, code: &str) -> Option<Value> {
    let there = items(resource, "/meta/security");
    if there.iter().any(|coding| text(coding, "/system") == system && text(coding, "/code") == code) {
        return None;
    }
    let coding = json!({"system": system, "code": code});
    Some(match there {
        [] => json!({"op": "add", "path": "/meta/security", "value": [coding]}),
        _ => json!({"op": "add", "path": "/meta/security/-", "value": coding}),
    })
}

/// The operation that takes out every coding that `is_meant`, by system and code; `None` when there is none.
pub(crate) fn without_labels(
    resource: &Value,
    is_meant: impl Fn(Option<&str>, Option<&str>) -> bool,
) -> Option<Value> {
    let there = items(resource, "/meta/security");
    let part = |coding: &'_ Value, name: &str| coding.get(name).and_then(Value::as_str).map(str::to_owned);
    let has = |coding: &Value| is_meant(part(coding, "system").as_deref(), part(coding, "code").as_deref());
    let kept: Vec<&Value> = there.iter().filter(|coding| !has(coding)).collect();
    match kept.len() {
        left if left == there.len() => None,
        0 => Some(json!({"op": "remove", "path": "/meta/security"})),
        _ => Some(json!({"op": "replace", "path": "/meta/security", "value": kept})),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_member_by_member() {
        let before = json!({"id": "a", "same": [{"value": 1}], "changed": 1, "gone": true});
        let after = json!({"id": "a", "same": [{"value": 1}], "changed": 2, "new/~": {}});
        let wanted = json!([
            {"op": "test", "path": "/id", "value": "a"},
            {"op": "remove", "path": "/gone"},
            {"op": "add", "path": "/changed", "value": 2},
            {"op": "add", "path": "/new~1~0", "value": {}},
        ]);
        assert_eq!(Value::from(differences(&before, &after)), wanted);
    }
}
