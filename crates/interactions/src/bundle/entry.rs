//! The entries of a Bundle: what each one asks for.

use fhir::{Fault, Instant, Issue, LogicalId, ResourceType, VersionId};
use json::{Node, Span};

use crate::{EntityTags, Problem, Service};

/// An entry of a batch or transaction.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its place in the Bundle.
    pub(crate) index: usize,
    pub(crate) full_url: Option<String>,
    /// Where its resource stands in the body.
    pub(crate) resource: Option<Span>,
    /// What it asks for, or why that cannot be told.
    pub(crate) action: Result<Action, Problem>,
}

/// What an entry asks for.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Create { resource_type: ResourceType, criteria: Option<String> },
    Update { resource_type: ResourceType, id: LogicalId, if_match: Option<VersionId> },
    ConditionalUpdate { resource_type: ResourceType, criteria: String, if_match: Option<VersionId> },
    Patch { resource_type: ResourceType, id: LogicalId, if_match: Option<VersionId> },
    ConditionalPatch { resource_type: ResourceType, criteria: String, if_match: Option<VersionId> },
    Delete { resource_type: ResourceType, id: LogicalId, if_match: Option<VersionId> },
    ConditionalDelete { resource_type: ResourceType, criteria: String },
    Get { url: String, versions: Option<EntityTags>, since: Option<Instant> },
}

impl Action {
    /// Whether it asks for criteria before it writes.
    pub(crate) fn asks(&self) -> bool {
        matches!(
            self,
            Self::Create { criteria: Some(_), .. }
                | Self::ConditionalUpdate { .. }
                | Self::ConditionalPatch { .. }
                | Self::ConditionalDelete { .. }
        )
    }

    /// The order in which the entries of a Bundle are processed (R4 `http.html#trules`).
    pub(crate) fn order(&self) -> u8 {
        match self {
            Self::Delete { .. } | Self::ConditionalDelete { .. } => 0,
            Self::Create { .. } => 1,
            Self::Update { .. }
            | Self::ConditionalUpdate { .. }
            | Self::Patch { .. }
            | Self::ConditionalPatch { .. } => 2,
            Self::Get { .. } => 3,
        }
    }
}

impl Entry {
    /// The place as an expression.
    pub(crate) fn place(&self) -> String {
        format!("Bundle.entry[{}]", self.index)
    }

    /// The text of the resource.
    pub(crate) fn text<'a>(&self, body: &'a [u8]) -> Result<&'a [u8], Problem> {
        let missing = || Problem::from_issue(400, Issue::error(Fault::NoEntryResource).at(self.place()));
        let Span { start, end } = self.resource.ok_or_else(missing)?;
        let start = usize::try_from(start).map_err(|_| missing())?;
        let end = usize::try_from(end).map_err(|_| missing())?;
        body.get(start..end).ok_or_else(missing)
    }
}

/// The entries of a Bundle in their order.
pub(crate) fn read_entries(service: &Service, bundle: &Node<'_>) -> Result<Vec<Entry>, Problem> {
    let entries = bundle.get("entry").map(Node::items).unwrap_or_default();
    let limit = service.settings().most_entries;
    if entries.len() > limit {
        let fault = Fault::TooManyEntries { limit: limit.to_string() };
        return Err(Problem::from_issue(413, Issue::error(fault).at("Bundle.entry")));
    }
    let read = |(index, entry): (usize, &Node<'_>)| {
        let place = format!("Bundle.entry[{index}]");
        let action = action(service, entry)
            .map_err(|fault| Problem::from_issue(400, Issue::error(fault).at(format!("{place}.request"))));
        let action = action.and_then(|action| {
            let needs_resource = matches!(action.order(), 1 | 2);
            if needs_resource && entry.get("resource").is_none() {
                return Err(Problem::from_issue(400, Issue::error(Fault::NoEntryResource).at(place)));
            }
            Ok(action)
        });
        Entry {
            index,
            full_url: entry.text("fullUrl").map(str::to_owned),
            resource: entry.get("resource").map(|resource| resource.span),
            action,
        }
    };
    Ok(entries.iter().enumerate().map(read).collect())
}

fn action(service: &Service, entry: &Node<'_>) -> Result<Action, Fault> {
    let request = entry.get("request").ok_or(Fault::NoRequest)?;
    let method = request.text("method").unwrap_or_default();
    let url = request.text("url").unwrap_or_default();
    let url = url.strip_prefix(service.base()).unwrap_or(url);
    let url = url.strip_prefix('/').unwrap_or(url);
    let if_match = match request.text("ifMatch") {
        None => None,
        Some(tag) => match EntityTags::parse(tag) {
            Some(EntityTags::Versions(versions)) if versions.len() == 1 => versions.first().copied(),
            _ => return Err(Fault::InvalidHeader { name: "ifMatch".to_owned() }),
        },
    };
    if method == "GET" {
        let versions = match request.text("ifNoneMatch") {
            None => None,
            Some(tag) => {
                let fault = Fault::InvalidHeader { name: "ifNoneMatch".to_owned() };
                Some(EntityTags::parse(tag).ok_or(fault)?)
            }
        };
        let since = request.text("ifModifiedSince").and_then(|text| Instant::try_from(text).ok());
        return Ok(Action::Get { url: url.to_owned(), versions, since });
    }
    let (path, query) = match url.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (url, None),
    };
    let mut segments = path.split('/');
    let name = segments.next().unwrap_or_default();
    let resource_type: ResourceType =
        name.parse().map_err(|_| Fault::UnknownResourceType { name: name.to_owned() })?;
    let id = segments.next().map(LogicalId::try_from).transpose().map_err(|_| Fault::InvalidId)?;
    if segments.next().is_some() {
        return Err(Fault::InvalidRequest);
    }
    match (method, id, query) {
        ("POST", None, None) => {
            let criteria = request.text("ifNoneExist").map(str::to_owned);
            Ok(Action::Create { resource_type, criteria })
        }
        ("PUT", Some(id), None) => Ok(Action::Update { resource_type, id, if_match }),
        ("PUT", None, Some(query)) => {
            Ok(Action::ConditionalUpdate { resource_type, criteria: query.to_owned(), if_match })
        }
        ("DELETE", Some(id), None) => Ok(Action::Delete { resource_type, id, if_match }),
        ("DELETE", None, Some(query)) => {
            Ok(Action::ConditionalDelete { resource_type, criteria: query.to_owned() })
        }
        ("PATCH", Some(id), None) => Ok(Action::Patch { resource_type, id, if_match }),
        ("PATCH", None, Some(query)) => {
            Ok(Action::ConditionalPatch { resource_type, criteria: query.to_owned(), if_match })
        }
        ("HEAD", ..) => Err(Fault::NotInBundle),
        _ => Err(Fault::InvalidRequest),
    }
}
