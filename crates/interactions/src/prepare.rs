//! From the bytes of a body to content that can be stored: parsed, checked, references made local, index
//! rows extracted, compressed.

use access::{Access, Facts};
use fhir::{Fault, Issue, LogicalId, ReferenceText, ResourceType, rewrite_references};
use json::{Limits, Node, ParseError};
use record_store::{Body, Content, Manner};

use crate::facts::{Subject, facts};

use crate::bundle::blocking;
use crate::judge::refuse_invalid;
use crate::structure::check_structure;
use crate::{Problem, Service};

/// Parses a body that is to hold a resource of the type `root`.
pub(crate) fn parse<'a>(body: &'a [u8], root: &str) -> Result<Node<'a>, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(Problem::bad_request(Fault::EmptyBody));
    }
    json::parse(body, &Limits::default()).map_err(|error| parse_problem(error, root))
}

fn parse_problem(error: ParseError, root: &str) -> Problem {
    let place = format!("{}:{}", error.line, error.column);
    let issue = Issue::error(Fault::InvalidJson { rule: error.kind.code().to_owned(), place });
    let path = error.path;
    // The operations of a patch have no name: `[3].value`.
    let dot = if path.starts_with('[') { "" } else { "." };
    Problem::from_issue(400, if path.is_empty() { issue } else { issue.at(format!("{root}{dot}{path}")) })
}

/// What the URL or the entry says about a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) resource_type: ResourceType,
    /// The id that the resource must carry: an update. `None`: its id is ignored.
    pub(crate) id: Option<&'a LogicalId>,
    /// Who it is going to be.
    pub(crate) subject: Subject<'a>,
}

/// Bodies from this size on are judged away from the threads that serve requests.
pub(crate) const LARGE: usize = 32 << 10;

/// A body, checked and ready to be stored.
pub(crate) async fn prepare(
    service: &Service,
    access: &Access,
    body: &[u8],
    expected: Expected<'_>,
) -> Result<Content, Problem> {
    Ok(prepare_with_id(service, access, body, expected).await?.0)
}

/// The same with the id that the resource carries.
pub(crate) async fn prepare_with_id(
    service: &Service,
    access: &Access,
    body: &[u8],
    expected: Expected<'_>,
) -> Result<(Content, Option<LogicalId>), Problem> {
    if body.len() < LARGE {
        return prepare_here(service, access, body, expected);
    }
    let (service, access, body) = (service.clone(), access.clone(), body.to_vec());
    let (resource_type, id) = (expected.resource_type, expected.id.cloned());
    let (own, first) = (expected.subject.id.clone(), expected.subject.first);
    blocking(move || {
        let subject = Subject { id: &own, first };
        prepare_here(&service, &access, &body, Expected { resource_type, id: id.as_ref(), subject })
    })
    .await
}

/// The same on this thread.
pub(crate) fn prepare_here(
    service: &Service,
    access: &Access,
    body: &[u8],
    expected: Expected<'_>,
) -> Result<(Content, Option<LogicalId>), Problem> {
    let mut resource = parse(body, expected.resource_type.as_str())?;
    check(&resource, expected.resource_type, expected.id)?;
    localise(service, &mut resource)?;
    refuse_invalid(service, access, &resource, expected.resource_type)?;
    let own_id = resource.text("id").and_then(|id| LogicalId::try_from(id).ok());
    Ok((content(service, access, expected.resource_type, expected.subject, &resource)?, own_id))
}

/// The structure of a resource and its narratives, its type and its id.
fn check(resource: &Node<'_>, wanted: ResourceType, id: Option<&LogicalId>) -> Result<(), Problem> {
    let (resource_type, issues) = check_structure(resource);
    if !issues.is_empty() {
        return Err(Problem::from_issues(400, issues));
    }
    if resource_type != Some(wanted) {
        let fault = Fault::WrongResourceType { expected: wanted.to_string() };
        return Err(Problem::from_issue(400, Issue::error(fault).at("resourceType")));
    }
    if let Some(id) = id {
        let fault = match resource.text("id") {
            None => Fault::MissingId,
            Some(given) if given != id.as_str() => Fault::WrongId,
            Some(_) => return Ok(()),
        };
        return Err(Problem::from_issue(400, Issue::error(fault).at(format!("{wanted}.id"))));
    }
    Ok(())
}

/// Makes absolute references to this server relative, so that they hold under another address, and refuses
/// conditional ones, which only a transaction resolves.
pub(crate) fn localise(service: &Service, resource: &mut Node<'_>) -> Result<(), Problem> {
    let mut conditional = false;
    rewrite_references(resource, &mut |text| {
        match ReferenceText::parse(text) {
            ReferenceText::Conditional { .. } => conditional = true,
            ReferenceText::Literal { base: Some(base), .. } if base == service.base() => {
                return text.get(base.len() + 1..).map(str::to_owned);
            }
            _ => {}
        }
        None
    });
    if conditional { Err(Problem::bad_request(Fault::ConditionalReferenceHere)) } else { Ok(()) }
}

/// Index rows, book, facts and packed body of a checked resource.
pub(crate) fn content(
    service: &Service,
    access: &Access,
    resource_type: ResourceType,
    subject: Subject<'_>,
    resource: &Node<'_>,
) -> Result<Content, Problem> {
    let facts = facts(service, access, resource_type, subject, resource)?;
    packed(service, resource_type, resource, facts)
}

/// The same where the facts are known.
pub(crate) fn packed(
    service: &Service,
    resource_type: ResourceType,
    resource: &Node<'_>,
    facts: Facts,
) -> Result<Content, Problem> {
    let registry = service.store().registry();
    let extracted = record_store::extract(&registry, resource_type, resource);
    let body = Body::from_node(resource)?;
    let (rows, patient, mark) = (extracted.rows, extracted.patient, registry.mark());
    Ok(Content { resource_type, body, rows, mark, patient, facts, manner: Manner::default() })
}
