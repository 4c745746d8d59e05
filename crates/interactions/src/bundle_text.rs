//! Writing Bundles of answers as text: bodies are copied as they are, never parsed.

use std::sync::Arc;

use fhir::{Fault, Issue, LogicalId, ResourceType, Subset, VersionId, outcome_json};
use json::write_string;
use record_store::{Change, Record, Showing};
use search::Shown;

use crate::Problem;

/// A Bundle that is being written.
pub(crate) struct BundleText {
    out: String,
    entries: usize,
}

impl BundleText {
    /// Starts a Bundle of a type, with its total and its links (relation, url).
    pub(crate) fn new(kind: &str, total: Option<u64>, links: &[(&str, String)]) -> Self {
        let now = fhir::Instant::now();
        let mut out = format!(
            "{{\"resourceType\":\"Bundle\",\"id\":\"{}\",\"meta\":{{\"lastUpdated\":\"{now}\"}},\"type\":\"{kind}\"",
            uuid::Uuid::now_v7()
        );
        if let Some(total) = total {
            out.push_str(&format!(",\"total\":{total}"));
        }
        for (index, (relation, url)) in links.iter().enumerate() {
            out.push_str(if index == 0 { ",\"link\":[" } else { "," });
            out.push_str(&format!("{{\"relation\":\"{relation}\",\"url\":"));
            write_string(url, &mut out);
            out.push('}');
        }
        if !links.is_empty() {
            out.push(']');
        }
        Self { out, entries: 0 }
    }

    /// Starts a document: what it is, under a name of its own and with its time.
    pub(crate) fn document(profile: &str, now: fhir::Instant) -> Self {
        let id = uuid::Uuid::now_v7();
        let out = format!(
            "{{\"resourceType\":\"Bundle\",\"id\":\"{id}\",\"meta\":{{\"lastUpdated\":\"{now}\",\"profile\":[\"{profile}\"]}},\
             \"identifier\":{{\"system\":\"urn:ietf:rfc:3986\",\"value\":\"urn:uuid:{id}\"}},\"type\":\"document\",\"timestamp\":\"{now}\""
        );
        Self { out, entries: 0 }
    }

    /// A resource of a document.
    pub(crate) fn part_of_document(&mut self, url: &str, resource: &str) {
        self.begin();
        self.out.push_str("\"fullUrl\":");
        write_string(url, &mut self.out);
        self.out.push_str(",\"resource\":");
        self.out.push_str(resource);
        self.out.push('}');
    }

    /// A resource that was found, with what is told beside it: an `extension` as JSON.
    pub(crate) fn found_as(
        &mut self,
        base: &str,
        record: &Record,
        extension: &str,
        showing: &Showing,
    ) -> Result<(), Problem> {
        let Some(resource) = record.show(showing)? else { return Ok(()) };
        self.begin();
        self.out.push_str("\"extension\":[");
        self.out.push_str(extension);
        self.out.push_str("],");
        self.full_url(base, record.resource_type, &record.id);
        self.out.push_str(",\"resource\":");
        self.out.push_str(&resource);
        self.out.push_str(",\"search\":{\"mode\":\"match\"}}");
        Ok(())
    }

    fn begin(&mut self) {
        self.out.push_str(if self.entries == 0 { ",\"entry\":[{" } else { ",{" });
        self.entries += 1;
    }

    fn full_url(&mut self, base: &str, resource_type: ResourceType, id: &LogicalId) {
        self.out.push_str("\"fullUrl\":");
        write_string(&format!("{base}/{resource_type}/{id}"), &mut self.out);
    }

    /// A resource that was found: `match` or `include`.
    pub(crate) fn found(
        &mut self,
        base: &str,
        record: &Record,
        mode: &str,
        shown: &Shown,
        showing: &Showing,
    ) -> Result<(), Problem> {
        let Some(resource) = record.show(showing)? else { return Ok(()) };
        let resource = part(record.resource_type, resource, shown)?;
        self.resource(base, record, &resource, mode);
        Ok(())
    }

    /// A resource of which it is noted elsewhere that it is shown, by its text.
    pub(crate) fn resource(&mut self, base: &str, record: &Record, text: &str, mode: &str) {
        self.begin();
        self.full_url(base, record.resource_type, &record.id);
        self.out.push_str(",\"resource\":");
        self.out.push_str(text);
        self.out.push_str(",\"search\":{\"mode\":\"");
        self.out.push_str(mode);
        self.out.push_str("\"}}");
    }

    /// A resource that is made for this answer and is stored nowhere.
    pub(crate) fn made(&mut self, url: &str, resource: &str, mode: &str) {
        self.begin();
        self.out.push_str("\"fullUrl\":");
        write_string(url, &mut self.out);
        self.out.push_str(",\"resource\":");
        self.out.push_str(resource);
        self.out.push_str(&format!(",\"search\":{{\"mode\":\"{mode}\"}}}}"));
    }

    /// The same with everything that is to be said about how it was found, as JSON.
    pub(crate) fn graded(&mut self, url: &str, resource: &str, search: &str) {
        self.begin();
        self.out.push_str("\"fullUrl\":");
        write_string(url, &mut self.out);
        self.out.push_str(&format!(",\"resource\":{resource},\"search\":{search}}}"));
    }

    /// What is to be said about a search.
    pub(crate) fn outcome(&mut self, issues: &[Issue]) {
        if !issues.is_empty() {
            self.begin();
            self.out.push_str("\"resource\":");
            self.out.push_str(&outcome_json(issues));
            self.out.push_str(",\"search\":{\"mode\":\"outcome\"}}");
        }
    }

    /// A version of a history.
    pub(crate) fn version(&mut self, base: &str, record: &Record, showing: &Showing) -> Result<(), Problem> {
        self.begin();
        self.full_url(base, record.resource_type, &record.id);
        if let Some(resource) = record.show(showing)? {
            self.out.push_str(",\"resource\":");
            self.out.push_str(&resource);
        }
        let (method, status) = match record.change {
            Change::Create => ("POST", "201 Created"),
            Change::UpdateAsCreate => ("PUT", "201 Created"),
            Change::Update | Change::Moved => ("PUT", "200 OK"),
            Change::Delete => ("DELETE", "204 No Content"),
        };
        let url = match record.change {
            Change::Create => record.resource_type.to_string(),
            Change::UpdateAsCreate | Change::Update | Change::Moved | Change::Delete => {
                format!("{}/{}", record.resource_type, record.id)
            }
        };
        self.out.push_str(&format!(
            ",\"request\":{{\"method\":\"{method}\",\"url\":\"{url}\"}},\"response\":{{\"status\":\"{status}\",\
             \"etag\":\"W/\\\"{}\\\"\",\"lastModified\":\"{}\"}}}}",
            record.version, record.last_updated
        ));
        Ok(())
    }

    /// An answer to an entry of a batch or transaction.
    pub(crate) fn response(&mut self, response: &EntryResponse) {
        self.begin();
        if let Some(resource) = &response.resource {
            self.out.push_str("\"resource\":");
            self.out.push_str(resource.as_ref());
            self.out.push(',');
        }
        let reason = reason(response.status);
        self.out.push_str(&format!("\"response\":{{\"status\":\"{} {reason}\"", response.status));
        if let Some(location) = &response.location {
            self.out.push_str(",\"location\":");
            write_string(location, &mut self.out);
        }
        if let Some((version, last_updated)) = &response.version {
            self.out
                .push_str(&format!(",\"etag\":\"W/\\\"{version}\\\"\",\"lastModified\":\"{last_updated}\""));
        }
        if let Some(outcome) = &response.outcome {
            self.out.push_str(",\"outcome\":");
            self.out.push_str(outcome);
        }
        self.out.push_str("}}");
    }

    pub(crate) fn finish(mut self) -> String {
        if self.entries > 0 {
            self.out.push(']');
        }
        self.out.push('}');
        self.out
    }
}

/// What of a resource is shown.
pub(crate) fn part(resource_type: ResourceType, resource: String, shown: &Shown) -> Result<String, Problem> {
    let wanted = match shown {
        Shown::Whole => return Ok(resource),
        Shown::Summary => Subset::Summary,
        Shown::Text => Subset::Text,
        Shown::Data => Subset::Data,
        Shown::Elements(names) => Subset::Elements(names),
    };
    let node = json::parse(resource.as_bytes(), &json::Limits { depth: usize::MAX })
        .map_err(|_| Problem::new(500, Fault::Internal))?;
    let mut text = String::with_capacity(resource.len());
    fhir::subset(&node, resource_type, &wanted).write(&mut text);
    Ok(text)
}

/// The answer to an entry of a batch or transaction.
#[derive(Debug, Clone, Default)]
pub(crate) struct EntryResponse {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) version: Option<(VersionId, fhir::Instant)>,
    pub(crate) resource: Option<Text>,
    pub(crate) outcome: Option<String>,
}

/// A resource as text: of this answer alone, or one that many share.
#[derive(Debug, Clone)]
pub(crate) enum Text {
    Own(String),
    Shared(Arc<str>),
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        match self {
            Self::Own(text) => text,
            Self::Shared(text) => text,
        }
    }
}

/// The reason phrase of a status.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        422 => "Unprocessable Entity",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Internal Server Error",
    }
}
