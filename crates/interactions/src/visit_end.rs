//! When a visit was finished: later versions of it keep nobody entitled for longer (`docs/access.md`, section 3). The facts
//! of a version are read from it alone, so what earlier versions said is looked up when a visit is replaced.

use access::{Access, Authority, Caller, Interaction};
use fhir::{Instant, LogicalId, ResourceType};
use record_store::{Content, HistoryScope, HistoryWindow, Record};

use crate::search::with_resource;
use crate::{Problem, Service};

/// Versions that are read at once.
const PAGE: u32 = 100;
/// Pages that are read. A visit with more versions counts as finished when the oldest of these was written.
const PAGES: usize = 10;

/// Whether what replaces a resource of this type has to look at earlier versions.
pub(crate) fn is_visit(resource_type: ResourceType) -> bool {
    resource_type.as_str() == "Encounter"
}

/// Ends what the next version of a visit entitles to in time.
pub(crate) async fn bound(service: &Service, id: &LogicalId, content: &mut Content) -> Result<(), Problem> {
    let entitles = content.facts.grants.iter().any(|grant| grant.authority == Authority::Encounter);
    if is_visit(content.resource_type)
        && entitles
        && let Some(finished) = finished(service, content.resource_type, id).await?
    {
        service.policy().end_visit(&mut content.facts, finished);
    }
    Ok(())
}

/// When the first version that is finished was stored.
async fn finished(
    service: &Service,
    resource_type: ResourceType,
    id: &LogicalId,
) -> Result<Option<Instant>, Problem> {
    let access: Access =
        service.decide(&Caller::Background { job: "visits" }, Interaction::History, Some(resource_type))?;
    let scope = HistoryScope::Instance(resource_type, id.clone());
    let mut window = HistoryWindow { count: PAGE, ..HistoryWindow::default() };
    let (mut first, mut oldest) = (None, None);
    for _ in 0..PAGES {
        let page = service.store().history(&access, &scope, &window).await?;
        for record in &page.records {
            oldest = Some(record.last_updated);
            if is_finished(record)? {
                first = oldest;
            }
        }
        match page.next {
            Some(next) => window.after = Some(next),
            None => return Ok(first),
        }
    }
    Ok(oldest)
}

fn is_finished(record: &Record) -> Result<bool, Problem> {
    if record.is_deleted() {
        return Ok(false);
    }
    with_resource(record, |visit| visit.text("status") == Some("finished"))
}
