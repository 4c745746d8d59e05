//! What the server writes in place of somebody, asked of the gate before as if that somebody wrote it: whoever may not put it
//! there has it put there by nobody.

use std::collections::HashSet;

use access::Access;
use fhir::{Fault, LogicalId, ResourceType};
use json::{Node, Value};
use record_store::{Body, Content, Manner};
use search::IndexRows;

use crate::facts::Subject;
use crate::permission::{NewOnes, check_put};
use crate::prepare::content;
use crate::write::new_id;
use crate::{Problem, Service};

/// Refuses who may put nothing of one of these types into a book now, whatever it says.
pub async fn check_may_fill(
    service: &Service,
    access: &Access,
    patient: &LogicalId,
    kinds: &[ResourceType],
) -> Result<(), Problem> {
    for kind in kinds {
        let bare = Node::new(Value::Object(vec![("resourceType".into(), Node::string(kind.as_str()))]));
        let content = Content {
            resource_type: *kind,
            body: Body::from_node(&bare)?,
            rows: IndexRows::default(),
            mark: service.store().registry().mark(),
            patient: Some(patient.clone()),
            facts: access::Facts::default(),
            manner: Manner::default(),
        };
        check_put(service, access, &new_id()?, &content, &NewOnes::default()).await?;
    }
    Ok(())
}

/// Refuses who may not put one of the resources of a Bundle where it says that it belongs, with the labels that it gives. Visits
/// of the Bundle are those that it makes; what they carry already counts.
pub async fn check_may_put(service: &Service, access: &Access, bundle: &Node<'_>) -> Result<(), Problem> {
    let failed = || Problem::new(500, Fault::Internal);
    let entries = bundle.get("entry").map(Node::items).unwrap_or_default();
    let mut resources = Vec::with_capacity(entries.len());
    for resource in entries.iter().filter_map(|entry| entry.get("resource")) {
        let kind = resource.text("resourceType").unwrap_or_default();
        let kind: ResourceType = kind.parse().map_err(|_| failed())?;
        let id = LogicalId::try_from(resource.text("id").unwrap_or_default()).map_err(|_| failed())?;
        resources.push((kind, id, resource));
    }
    let visits = resources.iter().filter(|(kind, ..)| kind.as_str() == "Encounter");
    let made = NewOnes::of_visits(visits.map(|(_, id, _)| id.clone()).collect::<HashSet<_>>());
    for (kind, id, resource) in resources {
        let content = content(service, access, kind, Subject { id: &id, first: true }, resource)?;
        check_put(service, access, &id, &content, &made).await?;
    }
    Ok(())
}
