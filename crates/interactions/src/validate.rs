//! `$validate`: <https://hl7.org/fhir/R4/resource-operation-validate.html>.

use access::Access;
use audit_log::Action;
use fhir::{Fault, Issue, LogicalId, ResourceType};
use json::{Node, Value};
use record_store::{Journal, Showing};

use crate::bundle::blocking;
use crate::judge::{Verdict, judge};
use crate::prepare::{LARGE, parse};
use crate::refusals::{Refused, note_refusal};
use crate::{Problem, Service};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct ValidateRequest {
    /// The type in the URL.
    pub resource_type: Option<ResourceType>,
    /// The id in the URL.
    pub id: Option<LogicalId>,
    /// `mode` of the URL.
    pub mode: Option<String>,
    /// `profile` of the URL.
    pub profile: Option<String>,
    /// A resource, or Parameters with one.
    pub body: Vec<u8>,
}

/// What a write would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Create,
    Update,
    Delete,
}

/// The OperationOutcome: errors and advice, or that there is nothing to say. Nothing is stored.
pub async fn validate(
    service: &Service,
    access: &Access,
    request: ValidateRequest,
) -> Result<Vec<Issue>, Problem> {
    let (mut issues, existing) = if request.body.len() < LARGE {
        judged(service, access, &request)?
    } else {
        let (service, access) = (service.clone(), access.clone());
        blocking(move || judged(&service, &access, &request)).await?
    };
    if let Some((resource_type, id)) = existing
        && let Err(problem) = is_there(service, access, resource_type, &id).await
    {
        issues.extend(problem.issues);
    }
    Ok(issues)
}

/// Whether what is to be deleted is there. Who asks is told it, and so the log of accesses is.
async fn is_there(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<(), Problem> {
    let action = Action::Operation;
    match crate::read(service, access, resource_type, id).await {
        Ok(record) => {
            record.confirm(&Showing::begin(access, action, format!("{resource_type}/{id}/$validate"))?);
            Ok(())
        }
        Err(problem) => {
            if let Some(journal) = Journal::current() {
                let id = Some(id.clone());
                note_refusal(&journal, problem.status, Refused { action, resource_type, id });
            }
            Err(problem)
        }
    }
}

type Existing = Option<(ResourceType, LogicalId)>;

/// What is wrong with the body, and what must exist besides.
fn judged(
    service: &Service,
    access: &Access,
    request: &ValidateRequest,
) -> Result<(Vec<Issue>, Existing), Problem> {
    if request.body.iter().all(u8::is_ascii_whitespace) {
        let mode = mode(request.mode.as_deref())?;
        if mode != Some(Mode::Delete) {
            return Err(Problem::bad_request(Fault::EmptyBody));
        }
        return Ok((Vec::new(), existing(request, mode, None)?));
    }
    let root = request.resource_type.map_or("Resource", |resource_type| resource_type.as_str());
    match parse(&request.body, root) {
        Ok(node) => of_body(service, access, request, &node),
        Err(problem) => Ok((problem.issues, None)),
    }
}

fn of_body(
    service: &Service,
    access: &Access,
    request: &ValidateRequest,
    node: &Node<'_>,
) -> Result<(Vec<Issue>, Existing), Problem> {
    let parameters = Parameters::read(node);
    let (resource, given_mode, given_profile) = match &parameters {
        Some(parameters) => (parameters.resource, parameters.mode, parameters.profile),
        None => (Some(node), None, None),
    };
    let mode = mode(given_mode.or(request.mode.as_deref()))?;
    let profile = given_profile.or(request.profile.as_deref());
    let Some(resource) = resource else {
        if mode != Some(Mode::Delete) {
            let fault = Fault::OperationParameterMissing { name: "resource".to_owned() };
            return Err(Problem::bad_request(fault));
        }
        return Ok((Vec::new(), existing(request, mode, None)?));
    };
    let wanted = request.resource_type;
    let mut issues = match judge(service, resource, access.facility(), profile) {
        Verdict::Broken(issues) => issues,
        Verdict::Sound(found, mut issues) => {
            if let Some(wanted) = wanted.filter(|wanted| *wanted != found) {
                let fault = Fault::WrongResourceType { expected: wanted.to_string() };
                issues.push(Issue::error(fault).at("resourceType"));
            }
            issues
        }
    };
    if mode == Some(Mode::Update) {
        let name = wanted.map_or("Resource", |wanted| wanted.as_str());
        let place = format!("{name}.id");
        match (&request.id, resource.text("id")) {
            (_, None) => issues.push(Issue::error(Fault::MissingId).at(place)),
            (Some(id), Some(given)) if id.as_str() != given => {
                issues.push(Issue::error(Fault::WrongId).at(place));
            }
            _ => {}
        }
    }
    let own_id = resource.text("id").and_then(|id| LogicalId::try_from(id).ok());
    Ok((issues, existing(request, mode, own_id)?))
}

/// What must exist for a deletion. An update of what is not there creates it.
fn existing(
    request: &ValidateRequest,
    mode: Option<Mode>,
    own_id: Option<LogicalId>,
) -> Result<Existing, Problem> {
    if mode != Some(Mode::Delete) {
        return Ok(None);
    }
    match (request.resource_type, request.id.clone().or(own_id)) {
        (Some(resource_type), Some(id)) => Ok(Some((resource_type, id))),
        _ => Err(Problem::bad_request(Fault::MissingId)),
    }
}

fn mode(code: Option<&str>) -> Result<Option<Mode>, Problem> {
    match code {
        None | Some("profile") => Ok(None),
        Some("create") => Ok(Some(Mode::Create)),
        Some("update") => Ok(Some(Mode::Update)),
        Some("delete") => Ok(Some(Mode::Delete)),
        Some(_) => {
            let fault = Fault::OperationParameterValue { name: "mode".to_owned() };
            Err(Problem::bad_request(fault))
        }
    }
}

struct Parameters<'n> {
    resource: Option<&'n Node<'n>>,
    mode: Option<&'n str>,
    profile: Option<&'n str>,
}

impl<'n> Parameters<'n> {
    /// The parameters of the operation; `None` when the body is the resource itself.
    fn read(node: &'n Node<'n>) -> Option<Self> {
        if node.text("resourceType") != Some("Parameters") {
            return None;
        }
        let items = node.get("parameter").map(Node::items)?;
        let named = |name: &str| items.iter().find(|parameter| parameter.text("name") == Some(name));
        let value = |name: &str| {
            let (_, value) = named(name)?.members().iter().find(|(member, _)| member.starts_with("value"))?;
            match &value.value {
                Value::String(text) => Some(&**text),
                _ => None,
            }
        };
        let resource = named("resource").and_then(|parameter| parameter.get("resource"));
        let found = Self { resource, mode: value("mode"), profile: value("profile") };
        let is_request = found.resource.is_some() || found.mode.is_some() || found.profile.is_some();
        is_request.then_some(found)
    }
}
