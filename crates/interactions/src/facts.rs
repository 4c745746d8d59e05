//! What a resource says about access, asked of the policy when it is made ready to be stored.

use std::sync::Arc;
use std::time::Duration;

use access::{Access, Caller, Facts, Interaction, WriteContext};
use fhir::{LogicalId, ReferenceText, ResourceType};
use json::Node;
use record_store::{ReadFacts, Rechecker};

use crate::{Problem, Service};

/// Whose facts are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) id: &'a LogicalId,
    /// Whether it is going to be the first version.
    pub(crate) first: bool,
}

/// The facts of a resource that is about to be written under an access.
pub(crate) fn facts(
    _service: &Service,
    access: &Access,
    resource_type: ResourceType,
    subject: Subject<'_>,
    resource: &Node<'_>,
) -> Result<Facts, Problem> {
    let context = WriteContext { at: access.at(), first: subject.first };
    Ok(visit_alone(resource_type, subject.id, resource, &context))
}

/// STUB: the name of the rules by which facts are read, to be replaced by the version of the policy. Another name starts a
/// walk over everything that is stored.
const RULES: &str = "visits";

/// How long a walk that has nothing to do, or has failed, waits.
const PAUSE: Duration = Duration::from_secs(5);

/// Reads the facts of what is stored by the rules in force.
#[derive(Debug)]
struct InForce;

impl ReadFacts for InForce {
    fn facts(
        &self,
        resource_type: ResourceType,
        id: &LogicalId,
        resource: &Node<'_>,
        context: &WriteContext,
    ) -> Option<Facts> {
        Some(visit_alone(resource_type, id, resource, context))
    }
}

/// Reads what is stored again when the rules have changed, as far as no other process does; ends when all is read.
pub async fn work_at_facts(service: Service) -> Result<(), Problem> {
    let access = service.decide(&Caller::Background { job: "facts" }, Interaction::Update, None)?;
    let mut begun = false;
    let mut walker = Rechecker::new(service.store().clone(), RULES, Arc::new(InForce));
    loop {
        let step = async {
            if !begun {
                service.store().begin_recheck(&access, RULES).await?;
            }
            walker.step(&access).await
        };
        match step.await {
            Ok(step) => {
                begun = true;
                match step {
                    record_store::Walked::Finished => return Ok(()),
                    record_store::Walked::Some => continue,
                    record_store::Walked::Elsewhere => {}
                }
            }
            Err(error) => tracing::warn!(error = %error, "reading facts again failed and is tried again"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

// STUB until the policy reads facts: to be replaced by `Policy::facts(resource_type, id, node, &context)`, whose
// `FactProblem` becomes a refusal with 422. Only the visit is read; there are no labels, grants and denials.
pub(crate) fn visit_alone(
    resource_type: ResourceType,
    id: &LogicalId,
    resource: &Node<'_>,
    _context: &WriteContext,
) -> Facts {
    let named = |element: &str| {
        let text = resource.get(element)?.text("reference")?;
        match ReferenceText::parse(text) {
            ReferenceText::Literal { base: None, resource_type, id, .. }
                if resource_type.as_str() == "Encounter" =>
            {
                Some(id)
            }
            _ => None,
        }
    };
    let visit = if resource_type.as_str() == "Encounter" {
        Some(id.clone())
    } else {
        named("encounter").or_else(|| named("context"))
    };
    Facts { visit, ..Facts::default() }
}
